private import CHTTPParser

/// Splits a request's head and decodes its chunks with http-parser.
///
/// One instance reads one message at a time and is reused; the bytes of a head must stay contiguous, so that spans are
/// offsets into them.
final class HeadParser {
    /// What a step of the parser ended with.
    enum Step {
        /// All bytes were taken; more are needed.
        case needsMore
        /// The head ended, after so many bytes in all.
        case headEnded(Int)
        /// A chunk of this size begins after so many bytes of this step.
        case chunkBegan(size: Int, after: Int)
        /// The message ended after so many bytes of this step.
        case messageEnded(after: Int)
        case refused(Refusal)
    }

    // All three are allocated once and freed with us. The parser keeps the collector's address, and callbacks change it while
    // we are inside `execute`, so neither may be a stored struct.
    private let parser = UnsafeMutablePointer<http_parser>.allocate(capacity: 1)
    private let settings = UnsafeMutablePointer<http_parser_settings>.allocate(capacity: 1)
    private let collector = UnsafeMutablePointer<HeadCollector>.allocate(capacity: 1)
    /// Whether anything has been read since the last reset.
    private var isUsed = true

    init(limits: HeadCollector.Limits) {
        collector.initialize(to: HeadCollector(limits: limits))
        http_parser_settings_init(settings)
        settings.pointee.on_url = onTarget
        settings.pointee.on_header_field = onFieldName
        settings.pointee.on_header_value = onFieldValue
        settings.pointee.on_headers_complete = onHeadersComplete
        settings.pointee.on_body = onBody
        settings.pointee.on_chunk_header = onChunkHeader
        settings.pointee.on_message_complete = onMessageComplete
        reset()
    }

    deinit {
        parser.deallocate()
        settings.deallocate()
        collector.deinitialize(count: 1).deallocate()
    }

    /// Prepares for the next message.
    func reset() {
        guard isUsed else { return }
        isUsed = false
        http_parser_init(parser, HTTP_REQUEST)
        parser.pointee.data = UnsafeMutableRawPointer(collector)
        collector.pointee.reset()
    }

    /// The method's token, once the target has begun.
    var method: String { String(cString: omni_http_method(parser)) }

    /// Where the parts of the head lie, once it has ended.
    var spans: HeadSpans { collector.pointee.spans }

    /// The data that the last step in a chunked body took; valid as long as the bytes given to the step.
    var data: UnsafeRawBufferPointer { collector.pointee.data }

    /// Trailer fields seen so far.
    var trailerCount: Int { collector.pointee.trailerCount }

    /// Reads on in a head, given from its first byte to the last that has arrived, of which `parsed` were read before.
    func readHead(_ bytes: UnsafeRawBufferPointer, from parsed: Int) -> Step {
        guard let first = bytes.baseAddress else { return .needsMore }
        collector.pointee.base = first.assumingMemoryBound(to: CChar.self)
        let taken = execute(UnsafeRawBufferPointer(rebasing: bytes[parsed...]))
        if let refusal = collector.pointee.refusal { return .refused(refusal) }
        // The parser stops on the head's last line feed without taking it.
        if collector.pointee.event == .headersComplete { return .headEnded(parsed + taken + 1) }
        guard omni_http_error(parser) == HPE_OK else { return .refused(headRefusal()) }
        if !collector.pointee.checkLength(bytes.count), let refusal = collector.pointee.refusal {
            return .refused(refusal)
        }
        return .needsMore
    }

    /// Enters a chunked body: gives the parser the line feed that it stopped on.
    func beginChunks() {
        collector.pointee.isInBody = true
        var lineFeed: UInt8 = 0x0A
        withUnsafeBytes(of: &lineFeed) { _ = execute($0) }
    }

    /// Reads on in a chunked body, at most to the next chunk's beginning; `data` is what it took of the body.
    func readChunks(_ bytes: UnsafeRawBufferPointer) -> Step {
        collector.pointee.data = UnsafeRawBufferPointer(start: nil, count: 0)
        let taken = execute(bytes)
        switch collector.pointee.event {
        case .chunkHeader: return .chunkBegan(size: Int(clamping: omni_http_chunk_size(parser)), after: taken)
        case .messageComplete: return .messageEnded(after: taken)
        case .none, .headersComplete: break
        }
        guard omni_http_error(parser) == HPE_OK else { return .refused(.badRequest("The chunked body is malformed.")) }
        return .needsMore
    }

    private func execute(_ bytes: UnsafeRawBufferPointer) -> Int {
        isUsed = true
        collector.pointee.event = .none
        if omni_http_error(parser) == HPE_PAUSED { omni_http_resume(parser) }
        return http_parser_execute(
            parser,
            settings,
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            bytes.count
        )
    }

    private func headRefusal() -> Refusal {
        switch omni_http_error(parser) {
        case HPE_HEADER_OVERFLOW: Refusal(status: 431, reason: "The header is too large.")
        case HPE_INVALID_TRANSFER_ENCODING: Refusal(status: 501, reason: "The transfer coding is not supported.")
        case HPE_UNEXPECTED_CONTENT_LENGTH: .badRequest("The length of the body is ambiguous.")
        case HPE_INVALID_CONTENT_LENGTH: .badRequest("Content-Length is not a number.")
        case HPE_INVALID_METHOD: .badRequest("The method is not known.")
        default: .badRequest("The request head is malformed.")
        }
    }
}

// MARK: - C callbacks
//
// The parser's `data` is the collector of the HeadParser that called `execute`, which is alive until that returns. A result
// other than 0 stops the parser for good.

private typealias Parser = UnsafeMutablePointer<http_parser>?

private func collector(_ parser: Parser) -> UnsafeMutablePointer<HeadCollector>? {
    parser?.pointee.data?.assumingMemoryBound(to: HeadCollector.self)
}

private func onTarget(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let parser, let collector = collector(parser), let at else { return 1 }
    // So the parser marks a request line that ends with the target.
    let isSimple = parser.pointee.http_major == 0 && parser.pointee.http_minor == 9
    return collector.pointee.target(at, length, isSimple: isSimple) ? 0 : 1
}

private func onFieldName(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let collector = collector(parser), let at else { return 1 }
    return collector.pointee.fieldName(at, length) ? 0 : 1
}

private func onFieldValue(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let collector = collector(parser), let at else { return 1 }
    return collector.pointee.fieldValue(at, length) ? 0 : 1
}

private func onBody(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let collector = collector(parser) else { return 1 }
    collector.pointee.data = UnsafeRawBufferPointer(start: at, count: length)
    return 0
}

private func onHeadersComplete(_ parser: Parser) -> Int32 { stop(parser, .headersComplete) }

private func onChunkHeader(_ parser: Parser) -> Int32 { stop(parser, .chunkHeader) }

private func onMessageComplete(_ parser: Parser) -> Int32 { stop(parser, .messageComplete) }

/// Makes `execute` return here, to be called again with what follows.
private func stop(_ parser: Parser, _ event: HeadCollector.Event) -> Int32 {
    // 1 and 2 have a meaning of their own when the headers are complete.
    guard let parser, let collector = collector(parser) else { return -1 }
    collector.pointee.event = event
    omni_http_pause(parser)
    return 0
}
