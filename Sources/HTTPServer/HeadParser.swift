private import CHTTPParser

/// Where the parts of a head lie, as offsets into its bytes.
struct HeadSpans {
    struct Field {
        var name: Range<Int>
        var value: Range<Int>
    }

    var target = 0..<0
    var fields: [Field] = []

    mutating func reset() {
        target = 0..<0
        fields.removeAll(keepingCapacity: true)
    }
}

/// Splits a request's head and decodes its chunks with http-parser.
///
/// One instance reads one message at a time and is reused; the bytes of a head must stay contiguous, so that spans are
/// offsets into them. A callback that finds a limit exceeded leaves the refusal behind and stops the parser.
final class HeadParser {
    struct Limits {
        var requestLine: Int
        var block: Int
        var field: Int
        var count: Int
    }

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

    // Allocated once: the parser keeps our address in `data`, and callbacks run while we are inside `execute`, so neither may
    // be a stored struct that is being modified.
    private let parser = UnsafeMutablePointer<http_parser>.allocate(capacity: 1)
    private let settings = UnsafeMutablePointer<http_parser_settings>.allocate(capacity: 1)
    private let limits: Limits

    private(set) var spans = HeadSpans()
    /// The data that the last step in a chunked body took; valid as long as the bytes given to the step.
    private(set) var data = UnsafeRawBufferPointer(start: nil, count: 0)

    private var base: UnsafePointer<CChar>?
    private var lastWasValue = false
    private var refusal: Refusal?
    private var event = Event.none
    private(set) var trailerCount = 0
    private var isInBody = false

    fileprivate enum Event {
        case none, headersComplete, chunkHeader, messageComplete
    }

    init(limits: Limits) {
        self.limits = limits
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
    }

    /// Prepares for the next message.
    func reset() {
        http_parser_init(parser, HTTP_REQUEST)
        // Unretained: the parser is ours and calls back only from inside our own `execute`.
        parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        spans.reset()
        data = UnsafeRawBufferPointer(start: nil, count: 0)
        base = nil
        lastWasValue = false
        refusal = nil
        event = .none
        trailerCount = 0
        isInBody = false
    }

    /// The method's token, once the target has begun.
    var method: String { String(cString: omni_http_method(parser)) }

    // MARK: - Steps

    /// Reads on in a head, given from its first byte to the last that has arrived, of which `parsed` were read before.
    func readHead(_ bytes: UnsafeRawBufferPointer, from parsed: Int) -> Step {
        guard let first = bytes.baseAddress else { return .needsMore }
        base = first.assumingMemoryBound(to: CChar.self)
        let taken = execute(UnsafeRawBufferPointer(rebasing: bytes[parsed...]))
        if let refusal { return .refused(refusal) }
        // The parser stops on the head's last line feed without taking it.
        if event == .headersComplete { return .headEnded(parsed + taken + 1) }
        guard omni_http_error(parser) == HPE_OK else { return .refused(headRefusal()) }
        return overLimit(bytes.count) ?? .needsMore
    }

    /// Enters a chunked body: gives the parser the line feed that it stopped on.
    func beginChunks() {
        isInBody = true
        var lineFeed: UInt8 = 0x0A
        withUnsafeBytes(of: &lineFeed) { _ = execute($0) }
    }

    /// Reads on in a chunked body, at most to the next chunk's beginning; `data` is what it took of the body.
    func readChunks(_ bytes: UnsafeRawBufferPointer) -> Step {
        data = UnsafeRawBufferPointer(start: nil, count: 0)
        let taken = execute(bytes)
        if let refusal { return .refused(refusal) }
        switch event {
        case .chunkHeader: return .chunkBegan(size: Int(clamping: omni_http_chunk_size(parser)), after: taken)
        case .messageComplete: return .messageEnded(after: taken)
        case .none, .headersComplete: break
        }
        guard omni_http_error(parser) == HPE_OK else { return .refused(.badRequest("The chunked body is malformed.")) }
        return .needsMore
    }

    private func execute(_ bytes: UnsafeRawBufferPointer) -> Int {
        event = .none
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

    /// Floods that trigger no callback: blanks in the request line, padding before a value.
    private func overLimit(_ count: Int) -> Step? {
        if spans.target.isEmpty, count > limits.requestLine {
            return .refused(Refusal(status: 414, reason: "The request line is too long."))
        }
        guard count > limits.requestLine + limits.block else { return nil }
        return .refused(Refusal(status: 431, reason: "The header is too large."))
    }

    // MARK: - Callbacks

    fileprivate func target(_ at: UnsafePointer<CChar>, _ length: Int) -> Int32 {
        guard let base else { return 1 }
        let offset = at - base
        let begin = spans.target.isEmpty ? offset : spans.target.lowerBound
        spans.target = begin..<offset + length
        // Blank and version follow: the line is known to be too long before its end arrives.
        guard offset + length + 9 <= limits.requestLine else {
            return refuse(414, "The request line is too long.")
        }
        // A request line that ends here is HTTP/0.9; without a version there are no headers, so do not wait for them.
        let isSimple = parser.pointee.http_major == 0 && parser.pointee.http_minor == 9
        return isSimple ? refuse(505, "HTTP/0.9 is not supported.") : 0
    }

    fileprivate func fieldName(_ at: UnsafePointer<CChar>, _ length: Int) -> Int32 {
        if isInBody {
            trailerCount += lastWasValue || trailerCount == 0 ? 1 : 0
            lastWasValue = false
            return 0
        }
        guard let base else { return 1 }
        let offset = at - base
        if lastWasValue || spans.fields.isEmpty {
            guard spans.fields.count < limits.count else { return refuse(431, "There are too many header fields.") }
            spans.fields.append(.init(name: offset..<offset + length, value: 0..<0))
            lastWasValue = false
        } else {
            let last = spans.fields.count - 1
            spans.fields[last].name = spans.fields[last].name.lowerBound..<offset + length
        }
        return checkField(end: offset + length)
    }

    fileprivate func fieldValue(_ at: UnsafePointer<CChar>, _ length: Int) -> Int32 {
        if isInBody {
            lastWasValue = true
            return 0
        }
        guard let base, !spans.fields.isEmpty else { return 1 }
        let offset = at - base
        let last = spans.fields.count - 1
        if lastWasValue {
            // Bytes that arrive later continue the value; a gap is a folded line, which RFC 9112 §5.2 lets us refuse.
            guard offset == spans.fields[last].value.upperBound else {
                return refuse(400, "Folded header lines are not accepted.")
            }
            spans.fields[last].value = spans.fields[last].value.lowerBound..<offset + length
        } else {
            spans.fields[last].value = offset..<offset + length
            lastWasValue = true
        }
        return checkField(end: offset + length)
    }

    private func checkField(end: Int) -> Int32 {
        guard let first = spans.fields.first, let last = spans.fields.last else { return 1 }
        if end - last.name.lowerBound > limits.field { return refuse(431, "A header field is too large.") }
        // The line's end is still to come.
        if end + 2 - first.name.lowerBound > limits.block { return refuse(431, "The header is too large.") }
        return 0
    }

    fileprivate func stop(_ event: Event) -> Int32 {
        self.event = event
        omni_http_pause(parser)
        return 0
    }

    fileprivate func body(_ at: UnsafePointer<CChar>, _ length: Int) -> Int32 {
        data = UnsafeRawBufferPointer(start: at, count: length)
        return 0
    }

    private func refuse(_ status: Int, _ reason: String) -> Int32 {
        refusal = Refusal(status: status, reason: reason)
        return 1
    }
}

// MARK: - C callbacks: the parser's `data` is the reader that called `execute` and is alive until that returns.

private typealias Parser = UnsafeMutablePointer<http_parser>?

private func owner(_ parser: Parser) -> HeadParser? {
    guard let data = parser?.pointee.data else { return nil }
    return Unmanaged<HeadParser>.fromOpaque(data).takeUnretainedValue()
}

private func onTarget(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let owner = owner(parser), let at else { return 1 }
    return owner.target(at, length)
}

private func onFieldName(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let owner = owner(parser), let at else { return 1 }
    return owner.fieldName(at, length)
}

private func onFieldValue(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let owner = owner(parser), let at else { return 1 }
    return owner.fieldValue(at, length)
}

private func onBody(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let owner = owner(parser), let at else { return 1 }
    return owner.body(at, length)
}

private func onHeadersComplete(_ parser: Parser) -> Int32 {
    owner(parser)?.stop(.headersComplete) ?? -1
}

private func onChunkHeader(_ parser: Parser) -> Int32 {
    owner(parser)?.stop(.chunkHeader) ?? 1
}

private func onMessageComplete(_ parser: Parser) -> Int32 {
    owner(parser)?.stop(.messageComplete) ?? 1
}
