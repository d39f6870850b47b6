/// Where the parts of a head lie, as offsets into its bytes.
struct HeadSpans {
    struct Field {
        var name: Range<Int>
        var value: Range<Int>
    }

    var target = 0..<0
    var fields: [Field] = []
}

/// Takes what the parser finds in a message (spans of the head, data of the body) and refuses what is above a limit.
///
/// A struct behind a pointer, because the parser calls it some forty times for each request: stored properties of a class
/// would be checked for overlapping access, and the class be retained, each time.
struct HeadCollector {
    struct Limits {
        var requestLine: Int
        var block: Int
        var field: Int
        var count: Int
    }

    /// What the parser stopped at.
    enum Event {
        case none, headersComplete, chunkHeader, messageComplete
    }

    private let limits: Limits
    /// The first byte of the head; spans count from it.
    var base: UnsafePointer<CChar>?
    var event = Event.none
    private(set) var refusal: Refusal?
    private(set) var spans = HeadSpans()
    private var lastWasValue = false

    /// The head is over: fields that follow are trailers.
    var isInBody = false
    /// The data that the last step in a chunked body took.
    var data = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var trailerCount = 0

    init(limits: Limits) {
        self.limits = limits
    }

    /// Forgets a message, but keeps the storage of the spans.
    mutating func reset() {
        base = nil
        event = .none
        refusal = nil
        spans.target = 0..<0
        spans.fields.removeAll(keepingCapacity: true)
        lastWasValue = false
        isInBody = false
        data = UnsafeRawBufferPointer(start: nil, count: 0)
        trailerCount = 0
    }

    // MARK: - What the parser found; false stops it

    /// A part of the target; `isSimple` if the request line ends with it.
    mutating func target(_ at: UnsafePointer<CChar>, _ length: Int, isSimple: Bool) -> Bool {
        guard let base else { return false }
        let offset = at - base
        let begin = spans.target.isEmpty ? offset : spans.target.lowerBound
        spans.target = begin..<offset + length
        // Blank and version follow: the line is known to be too long before its end arrives.
        guard offset + length + 9 <= limits.requestLine else { return refuse(414, "The request line is too long.") }
        // Without a version there are no headers, so nothing would end the wait for them.
        return isSimple ? refuse(505, "HTTP/0.9 is not supported.") : true
    }

    /// A part of a field's name.
    mutating func fieldName(_ at: UnsafePointer<CChar>, _ length: Int) -> Bool {
        if isInBody {
            trailerCount += lastWasValue || trailerCount == 0 ? 1 : 0
            lastWasValue = false
            return true
        }
        guard let base else { return false }
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

    /// A part of a field's value.
    mutating func fieldValue(_ at: UnsafePointer<CChar>, _ length: Int) -> Bool {
        if isInBody {
            lastWasValue = true
            return true
        }
        guard let base, !spans.fields.isEmpty else { return false }
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

    private mutating func checkField(end: Int) -> Bool {
        guard let first = spans.fields.first, let last = spans.fields.last else { return false }
        if end - last.name.lowerBound > limits.field { return refuse(431, "A header field is too large.") }
        // The line's end is still to come.
        if end + 2 - first.name.lowerBound > limits.block { return refuse(431, "The header is too large.") }
        return true
    }

    /// Looks for floods that the parser has nothing to say about: blanks in the request line, padding before a value.
    mutating func checkLength(_ count: Int) -> Bool {
        if spans.target.isEmpty, count > limits.requestLine { return refuse(414, "The request line is too long.") }
        if count > limits.requestLine + limits.block { return refuse(431, "The header is too large.") }
        return true
    }

    private mutating func refuse(_ status: Int, _ reason: String) -> Bool {
        refusal = Refusal(status: status, reason: reason)
        return false
    }
}
