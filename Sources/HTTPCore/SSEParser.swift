/// Reads server-sent events from the bytes a provider sends, tolerating what providers get wrong.
///
///     parser.append(chunk)
///     while let event = try parser.next() { … }
///
/// At the end of the stream call ``finish()`` until it returns `nil`. Events do not depend on how the bytes are cut into
/// chunks. Tolerated: a byte order mark; LF, CR and CRLF; lines that begin with `{` without a field name; missing blank
/// lines (a `data:` line behind complete JSON begins a new event); a missing end of the last line.
public struct SSEParser: Sendable {
    private var lines = SSELines()
    private let maximumLine: Int
    private let maximumEvent: Int
    private var failure: SSEError?
    /// Whether a line of JSON is an event as it stands (`application/x-ndjson`) and waits for no blank line.
    public var isLineDelimited = false

    // The event being collected.
    private var data: [UInt8] = []
    private var hasData = false
    private var name: String?
    /// The name from an `event:` line behind complete JSON: of this event if a blank line follows, else of the next.
    private var lateName: String?
    private var extent = SSEDataExtent()
    /// The name decoded last; streams repeat few names very often.
    private var knownName = ""

    /// Creates a parser that refuses longer lines and larger events.
    public init(maximumLine: Int = 8 << 20, maximumEvent: Int = 32 << 20) {
        self.maximumLine = maximumLine
        self.maximumEvent = maximumEvent
    }

    /// Adds bytes of the stream.
    public mutating func append(_ bytes: [UInt8]) {
        guard failure == nil, !bytes.isEmpty else { return }
        lines.append(bytes)
    }

    /// The next complete event or comment; `nil` when more bytes are needed.
    ///
    /// Once an error was thrown every further call throws it again.
    public mutating func next() throws(SSEError) -> SSEEvent? {
        if let failure { throw failure }
        while let line = lines.next() {
            if let event = try take(line) { return event }
        }
        try check(lines.pendingCount, maximumLine, .lineTooLong)
        return nil
    }

    /// The events that are left at the end of the stream, one per call.
    ///
    /// Data without its blank line counts if it is complete: a JSON object or array, `[DONE]`, `null`.
    public mutating func finish() throws(SSEError) -> SSEEvent? {
        if let event = try next() { return event }
        if let rest = lines.takeRest(), let event = try take(rest) { return event }
        guard isDataComplete() else { return nil }
        return dispatch()
    }

    // MARK: - Lines

    private mutating func take(_ line: Range<Int>) throws(SSEError) -> SSEEvent? {
        try check(line.count, maximumLine, .lineTooLong)
        guard let first = line.first.map({ lines.bytes[$0] }) else { return endEvent() }
        switch first {
        case UInt8(ascii: "d"):
            guard let value = value(of: "data", in: line) else { return nil }
            return try addData(value)
        case UInt8(ascii: "{"):
            guard isLineDelimited, !hasData else { return try addData(line) }
            try check(line.count, maximumEvent, .eventTooLarge)
            return SSEEvent(data: [UInt8](lines.bytes[line]))
        case UInt8(ascii: "e"):
            guard let value = value(of: "event", in: line) else { return nil }
            setName(value)
        case UInt8(ascii: ":"):
            let text = withoutSpace(line.lowerBound + 1..<line.upperBound)
            return SSEEvent(data: [UInt8](lines.bytes[text]), isComment: true)
        default:
            break  // id, retry and fields nobody defined
        }
        return nil
    }

    /// The value if the line is that field; a line without a colon is a field with an empty value.
    private func value(of field: StaticString, in line: Range<Int>) -> Range<Int>? {
        guard lines.starts(line, with: field) else { return nil }
        let end = line.lowerBound + field.utf8CodeUnitCount
        if end == line.upperBound { return end..<end }
        guard lines.bytes[end] == UInt8(ascii: ":") else { return nil }
        return withoutSpace(end + 1..<line.upperBound)
    }

    private func withoutSpace(_ value: Range<Int>) -> Range<Int> {
        guard let first = value.first, lines.bytes[first] == UInt8(ascii: " ") else { return value }
        return first + 1..<value.upperBound
    }

    private mutating func addData(_ value: Range<Int>) throws(SSEError) -> SSEEvent? {
        guard hasData else { return try firstData(value) }
        if isDataComplete() {
            let next = lateName
            lateName = nil
            let event = dispatch()
            name = next
            try startData(value)
            return event
        }
        try check(data.count + 1 + value.count, maximumEvent, .eventTooLarge)
        data.append(UInt8(ascii: "\n"))
        data.append(contentsOf: lines.bytes[value])
        return nil
    }

    /// The usual event is one line and the blank line behind it: then it is complete without being collected.
    private mutating func firstData(_ value: Range<Int>) throws(SSEError) -> SSEEvent? {
        guard lines.takeBlankLine() else {
            try startData(value)
            return nil
        }
        try check(value.count, maximumEvent, .eventTooLarge)
        defer { name = nil }
        return SSEEvent(name: name, data: [UInt8](lines.bytes[value]))
    }

    private mutating func startData(_ value: Range<Int>) throws(SSEError) {
        try check(value.count, maximumEvent, .eventTooLarge)
        data = [UInt8](lines.bytes[value])
        hasData = true
    }

    private mutating func setName(_ value: Range<Int>) {
        let isKnown = knownName.utf8.withContiguousStorageIfAvailable { lines.equal(value, $0) } ?? false
        if !isKnown {
            knownName = String(decoding: lines.bytes[value], as: UTF8.self)
        }
        if isDataComplete() { lateName = knownName } else { name = knownName }
    }

    // MARK: - Events

    /// A blank line: an event without data is none, and its name is forgotten.
    private mutating func endEvent() -> SSEEvent? {
        if hasData { return dispatch() }
        name = nil
        return nil
    }

    private mutating func dispatch() -> SSEEvent {
        let event = SSEEvent(name: lateName ?? name, data: data)
        data = []
        hasData = false
        name = nil
        lateName = nil
        extent = SSEDataExtent()
        return event
    }

    private mutating func isDataComplete() -> Bool {
        hasData && extent.isComplete(data)
    }

    private mutating func check(_ count: Int, _ limit: Int, _ code: SSEError.Code) throws(SSEError) {
        guard count > limit else { return }
        let error = SSEError(code: code, limit: limit)
        failure = error
        throw error
    }
}
