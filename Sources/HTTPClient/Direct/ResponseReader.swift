import CHTTPParser

/// Reads responses with http-parser; one serves all direct connections of a client, each of which keeps the state of its own.
final class ResponseReader {
    /// What a step ended with.
    enum Step {
        /// All bytes were taken; more are needed.
        case needsMore
        /// The response ended after so many of the bytes.
        case ended(Int)
        case failed(TransferError.Code)
    }

    // Both are allocated once and freed with us: the parser is given the collector's address, and its callbacks change the
    // collector while we are inside `execute`.
    private let settings = UnsafeMutablePointer<http_parser_settings>.allocate(capacity: 1)
    private let collector = UnsafeMutablePointer<ResponseCollector>.allocate(capacity: 1)

    init() {
        collector.initialize(to: ResponseCollector())
        http_parser_settings_init(settings)
        settings.pointee.on_message_begin = onBegin
        settings.pointee.on_header_field = onFieldName
        settings.pointee.on_header_value = onFieldValue
        settings.pointee.on_headers_complete = onHeadersComplete
        settings.pointee.on_body = onBody
        settings.pointee.on_message_complete = onMessageComplete
    }

    deinit {
        settings.deallocate()
        collector.deinitialize(count: 1).deallocate()
    }

    /// What is kept of a connection's response between two steps.
    struct State {
        fileprivate var parser = http_parser()
        fileprivate var head = PartialHead()

        init() {
            http_parser_init(&parser, HTTP_RESPONSE)
            omni_http_be_lenient(&parser)
        }

        /// Whether the connection may carry another request after this response.
        var keepsAlive: Bool {
            var copy = parser
            return http_should_keep_alive(&copy) != 0
        }
    }

    /// Reads on; no bytes at all mean that the connection has ended.
    func read(_ bytes: UnsafeRawBufferPointer, _ state: inout State, for receiver: DirectConnection) -> Step {
        collector.pointee.begin(bytes, receiver, &state.head)
        state.parser.data = UnsafeMutableRawPointer(collector)
        let taken = http_parser_execute(
            &state.parser,
            settings,
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            bytes.count
        )
        state.parser.data = nil
        collector.pointee.end(&state.head)
        if let failure = collector.pointee.failure { return .failed(failure) }
        if collector.pointee.isComplete { return .ended(min(taken, bytes.count)) }
        return switch omni_http_error(&state.parser) {
        case HPE_OK: .needsMore
        case HPE_INVALID_EOF_STATE: .failed(.closedEarly)
        case HPE_HEADER_OVERFLOW: .failed(.tooLarge)
        default: .failed(.protocolViolation)
        }
    }
}

/// A header of which more is to come.
struct PartialHead {
    var head = ResponseHead()
    /// The last part was one of a value.
    var lastWasValue = false
    /// That part ended where the bytes ended, so the next one may go on with it.
    var isCut = false
    /// Nothing but blanks has come of a folded line.
    var isAtFold = false
}

/// Takes what the parser finds in a response.
///
/// A struct behind a pointer, because the parser calls it some twenty times for each response: stored properties of a class
/// would be checked for overlapping access each time.
private struct ResponseCollector {
    /// Lives as long as the step: it is the one that made it.
    unowned(unsafe) var receiver: DirectConnection?
    var limits = TransferLimits()
    var partial = PartialHead()
    var failure: TransferError.Code?
    var isComplete = false
    /// Fields belong to the head, not to the trailers.
    var isInHead = false
    private var first: UnsafeRawPointer?
    private var end: UnsafeRawPointer?
    /// The last part before these bytes ended with the bytes before.
    private var mayContinue = false

    /// Prepares for a step.
    mutating func begin(_ bytes: UnsafeRawBufferPointer, _ receiver: DirectConnection, _ kept: inout PartialHead) {
        self.receiver = receiver
        limits = receiver.limits
        swap(&partial, &kept)
        isInHead = !receiver.hasHead
        (failure, isComplete) = (nil, false)
        first = bytes.baseAddress
        end = first.map { $0 + bytes.count }
        mayContinue = partial.isCut
        partial.isCut = false
    }

    mutating func end(_ kept: inout PartialHead) {
        swap(&partial, &kept)
        receiver = nil
    }

    // MARK: - What the parser found; false stops it

    mutating func name(_ part: UnsafeBufferPointer<UInt8>) -> Bool {
        let begins = partial.lastWasValue
        partial.lastWasValue = false
        guard isInHead else { return trailer(part.count, beginsField: begins) }
        if begins, !partial.head.endField(limits: limits) { return fail(.tooLarge) }
        return partial.head.append(part, limits: limits) || fail(.tooLarge)
    }

    mutating func value(_ part: UnsafeBufferPointer<UInt8>) -> Bool {
        let continues = partial.lastWasValue
        partial.lastWasValue = true
        guard isInHead else { return trailer(part.count, beginsField: false) }
        partial.isCut = part.baseAddress.map { UnsafeRawPointer($0 + part.count) } == end
        if !continues {
            partial.isAtFold = false
            partial.head.append(separator: UInt8(ascii: ":"))
        } else if !(mayContinue && UnsafeRawPointer(part.baseAddress) == first) {
            // Not cut by the end of what had arrived, so by a line end: a folded line.
            partial.isAtFold = true
            partial.head.append(separator: 0x20)
        }
        // As libcurl does; other control characters make a field that is left out.
        guard !part.contains(0) else { return fail(.protocolViolation) }
        let text = partial.isAtFold ? UnsafeBufferPointer(rebasing: part.drop { $0 == 0x20 || $0 == 0x09 }) : part
        if !text.isEmpty { partial.isAtFold = false }
        return partial.head.append(text, limits: limits) || fail(.tooLarge)
    }

    private mutating func trailer(_ size: Int, beginsField: Bool) -> Bool {
        guard let receiver, receiver.countTrailer(size, beginsField: beginsField) else { return fail(.tooLarge) }
        return true
    }

    /// The header is complete; the result is what the parser wants to hear.
    mutating func headEnded(status: Int, isChunked: Bool, contentLength: Int64) -> Int32 {
        if partial.lastWasValue, !partial.head.endField(limits: limits) { return fail(.tooLarge) ? 0 : -1 }
        partial.lastWasValue = false
        switch partial.head.endResponse(status: status) {
        case .more: return Self.hasNoContent
        case .tooLarge: return fail(.tooLarge) ? 0 : -1
        case .violation: return fail(.protocolViolation) ? 0 : -1
        case .complete: break
        }
        isInHead = false
        var head = ResponseHead()
        swap(&head, &partial.head)
        guard let receiver else { return -1 }
        let framing = DirectConnection.Framing(
            isChunked: isChunked,
            contentLength: contentLength < 0 ? nil : Int(contentLength)
        )
        guard receiver.headEnded(head, framing) else { return -1 }
        return receiver.expectsNoContent(status) ? Self.hasNoContent : 0
    }

    /// Tells the parser that no content follows, whatever the header says.
    private static let hasNoContent: Int32 = 1

    private mutating func fail(_ code: TransferError.Code) -> Bool {
        failure = code
        return false
    }
}

// MARK: - C callbacks
//
// The parser's `data` is the collector of the reader that called `execute`, which is alive until that returns. A result other
// than 0 stops the parser.

private typealias Parser = UnsafeMutablePointer<http_parser>?

private func collector(_ parser: Parser) -> UnsafeMutablePointer<ResponseCollector>? {
    parser?.pointee.data?.assumingMemoryBound(to: ResponseCollector.self)
}

private func bytes(_ at: UnsafePointer<CChar>?, _ length: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: UnsafeRawPointer(at)?.assumingMemoryBound(to: UInt8.self), count: length)
}

private func onBegin(_ parser: Parser) -> Int32 {
    guard let collector = collector(parser) else { return 1 }
    collector.pointee.partial.head.beginResponse()
    return 0
}

private func onFieldName(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let collector = collector(parser) else { return 1 }
    return collector.pointee.name(bytes(at, length)) ? 0 : 1
}

private func onFieldValue(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let collector = collector(parser) else { return 1 }
    return collector.pointee.value(bytes(at, length)) ? 0 : 1
}

private func onHeadersComplete(_ parser: Parser) -> Int32 {
    guard let parser, let collector = collector(parser) else { return -1 }
    return collector.pointee.headEnded(
        status: Int(omni_http_status(parser)),
        isChunked: omni_http_is_chunked(parser) != 0,
        contentLength: omni_http_content_length(parser)
    )
}

private func onBody(_ parser: Parser, _ at: UnsafePointer<CChar>?, _ length: Int) -> Int32 {
    guard let collector = collector(parser), let receiver = collector.pointee.receiver else { return 1 }
    return receiver.received(UnsafeRawBufferPointer(bytes(at, length))) ? 0 : 1
}

private func onMessageComplete(_ parser: Parser) -> Int32 {
    guard let parser, let collector = collector(parser) else { return 1 }
    // An interim response is over; the one that counts follows.
    guard !collector.pointee.isInHead else { return 0 }
    collector.pointee.isComplete = true
    // Bytes behind the response are not to be read as another one.
    omni_http_pause(parser)
    return 0
}
