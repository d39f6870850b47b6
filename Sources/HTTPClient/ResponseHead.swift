import HTTPCore

/// The status line and fields of the response, gathered line by line from libcurl, part by part from http-parser.
///
/// Both hand over interim responses, the final one and trailers alike; only the final response's fields are kept. They
/// stay bytes until somebody asks: most of an upstream's header is never looked at.
struct ResponseHead: Sendable {
    /// What a line meant.
    enum Progress {
        /// More lines follow.
        case more
        /// The final response's header is complete.
        case complete
        /// The header exceeds its limits.
        case tooLarge
        /// The server switched to a protocol nobody asked for.
        case violation
    }

    private(set) var status = 0
    private(set) var isHTTP2 = false
    /// The final response's field lines, one after the other, continuations joined.
    private var lines: [UInt8] = []
    /// Where each of them ends.
    private var ends: [Int] = []
    /// Whether a field of that name was seen; spares the search in the common case.
    private var namesCoding = false
    private var byteCount = 0
    private var fieldCount = 0
    private var isInBlock = false
    private var isComplete = false

    // MARK: - Line by line

    /// Takes one line with its line end.
    mutating func receive(_ line: UnsafeBufferPointer<UInt8>, limits: TransferLimits) -> Progress {
        byteCount += line.count
        guard byteCount <= limits.headerBytes else { return .tooLarge }
        guard !isComplete else { return count(limits) }  // a trailer: never merged
        var end = line.count
        while end > 0, line[end - 1] == 0x0A || line[end - 1] == 0x0D { end -= 1 }
        let line = UnsafeBufferPointer(rebasing: line[..<end])
        guard isInBlock else { return beginBlock(line) }
        guard end > 0 else { return endBlock() }
        append(line)
        return count(limits)
    }

    private mutating func count(_ limits: TransferLimits) -> Progress {
        fieldCount += 1
        return fieldCount <= limits.headerCount ? .more : .tooLarge
    }

    private mutating func beginBlock(_ line: UnsafeBufferPointer<UInt8>) -> Progress {
        // "HTTP/1.1 200 OK", "HTTP/2 200"; libcurl has checked the form.
        guard var digit = line.firstIndex(of: 0x20) else { return .violation }
        isHTTP2 = digit == 6 && line[5] == UInt8(ascii: "2")
        while digit < line.count, line[digit] == 0x20 { digit += 1 }
        let digits = line[digit...].prefix { $0 != 0x20 }
        guard digits.count == 3 else { return .violation }
        var number = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return .violation }
            number = 10 * number + Int(digit - 0x30)
        }
        status = number
        clear()
        isInBlock = true
        return number == 101 ? .violation : .more
    }

    private mutating func clear() {
        lines.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        namesCoding = false
    }

    private mutating func endBlock() -> Progress {
        isInBlock = false
        guard status >= 200 else { return .more }
        isComplete = true
        return .complete
    }

    private mutating func append(_ line: UnsafeBufferPointer<UInt8>) {
        reserve()
        let isFolded = line.first == 0x20 || line.first == 0x09
        guard isFolded, !ends.isEmpty else {
            lines.append(contentsOf: line)
            return endField()
        }
        // Obsolete line folding (RFC 9112 §5.2): the line goes on, after a blank.
        ends.removeLast()
        lines.append(0x20)
        let text = line.drop { $0 == 0x20 || $0 == 0x09 }
        lines.append(contentsOf: UnsafeBufferPointer(rebasing: text))
        ends.append(lines.count)
    }

    private mutating func reserve() {
        guard lines.isEmpty else { return }
        lines.reserveCapacity(512)
        ends.reserveCapacity(16)
    }

    /// Ends the line that was begun; the fields it holds have to be counted by the caller.
    private mutating func endField() {
        let start = ends.last ?? 0
        ends.append(lines.count)
        guard !namesCoding, lines.count - start > 17, lines[start] | 0x20 == UInt8(ascii: "c") else { return }
        namesCoding = Self.equals(lines.span.extracting(start..<start + 17), "content-encoding:")
    }

    // MARK: - Part by part

    /// A response begins; those before it were interim ones.
    mutating func beginResponse() {
        clear()
        // The status line, which is not handed over.
        byteCount += 17
        reserve()
    }

    /// Takes a part of a field, or what stands between parts; false when the limits are exceeded.
    mutating func append(_ part: UnsafeBufferPointer<UInt8>, limits: TransferLimits) -> Bool {
        byteCount += part.count
        guard byteCount <= limits.headerBytes else { return false }
        lines.append(contentsOf: part)
        return true
    }

    /// The colon between name and value, or the blank for a folded line.
    mutating func append(separator: UInt8) {
        byteCount += 1
        lines.append(separator)
    }

    /// A field is complete; false when there are too many.
    mutating func endField(limits: TransferLimits) -> Bool {
        endField()
        byteCount += 2
        return count(limits) == .more
    }

    /// The response's header is complete.
    mutating func endResponse(status: Int) -> Progress {
        self.status = status
        byteCount += 2
        return status == 101 ? .violation : endBlock()
    }

    /// Counts a part of a trailer field, which is not kept.
    mutating func countTrailer(_ size: Int, beginsField: Bool, limits: TransferLimits) -> Bool {
        byteCount += size
        if beginsField { fieldCount += 1 }
        return byteCount <= limits.headerBytes && fieldCount <= limits.headerCount
    }

    // MARK: - Reading

    /// Where a field's name and value are.
    private struct Place {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// The field in a line; nil when there is none.
    private static func field(in lines: Span<UInt8>, _ line: Range<Int>) -> Place? {
        var colon = line.lowerBound
        while colon < line.upperBound, lines[colon] != 0x3A { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound else { return nil }
        var (first, end) = (colon + 1, line.upperBound)
        while first < end, isBlank(lines[first]) { first += 1 }
        while first < end, isBlank(lines[end - 1]) { end -= 1 }
        return Place(name: line.lowerBound..<colon, value: first..<end)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    /// Whether a field cannot break out of its line further down the road: others are not passed on.
    private static func isWellFormed(_ field: Place, in lines: Span<UInt8>) -> Bool {
        for index in field.name where !HeaderBytes.isToken(lines[index]) { return false }
        for index in field.value where !HeaderBytes.isInValue(lines[index]) { return false }
        return true
    }

    /// Where the first well-formed field of that name is; the others are skipped over.
    private func find(_ name: StaticString) -> Place? {
        let lines = lines.span
        var start = 0
        for end in ends {
            let line = start..<end
            start = end
            guard line.count > name.utf8CodeUnitCount, lines[line.lowerBound + name.utf8CodeUnitCount] == 0x3A,
                Self.equals(lines.extracting(line.lowerBound..<line.lowerBound + name.utf8CodeUnitCount), name),
                let field = Self.field(in: lines, line), Self.isWellFormed(field, in: lines)
            else { continue }
            return field
        }
        return nil
    }

    /// The first value of a field, read without building the others; the name is given in lower case.
    func value(_ name: StaticString) -> String? {
        find(name).map { text($0.value) }
    }

    /// All values of a field as one list (RFC 9110 §5.3); the name is given in lower case.
    func list(_ name: StaticString) -> String? {
        var list: String?
        let lines = lines.span
        var start = 0
        for end in ends {
            let line = start..<end
            start = end
            guard let field = Self.field(in: lines, line), Self.equals(lines.extracting(field.name), name),
                Self.isWellFormed(field, in: lines)
            else { continue }
            list = list.map { $0 + "," + text(field.value) } ?? text(field.value)
        }
        return list
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: lines[range], as: UTF8.self)
    }

    /// The codings that the content arrives under, and that are undone; nil if there are none.
    var codings: String? {
        guard namesCoding, let codings = list("content-encoding") else { return nil }
        return codings.listedTokens.contains { $0 != "identity" && $0 != "none" } ? codings : nil
    }

    /// Whether the content arrives under a coding, which is undone.
    var isEncoded: Bool { codings != nil }

    /// Whether nothing but the end of the connection marks the end of the content.
    var isDelimitedByClose: Bool {
        guard !isHTTP2, status != 204, status != 304, find("content-length") == nil else { return false }
        let coding = value("transfer-encoding")?.lowercased() ?? ""
        return !coding.hasSuffix("chunked")
    }

    /// All fields; those that describe the content's encoded form are left out when it was decoded.
    var headers: HTTPHeaders {
        let omitsCoding = isEncoded
        var headers = HTTPHeaders()
        headers.fields.reserveCapacity(fieldCount)
        let lines = lines.span
        var start = 0
        for end in ends {
            let line = start..<end
            start = end
            guard let field = Self.field(in: lines, line), Self.isWellFormed(field, in: lines) else { continue }
            let name = lines.extracting(field.name)
            if omitsCoding, Self.equals(name, "content-encoding") || Self.equals(name, "content-length") { continue }
            headers.add(text(field.name), text(field.value))
        }
        return headers
    }

    /// Compares a field name with one in lower case.
    private static func equals(_ name: Span<UInt8>, _ other: StaticString) -> Bool {
        guard name.count == other.utf8CodeUnitCount else { return false }
        return other.withUTF8Buffer { expected in
            for index in expected.indices {
                let byte = name[index]
                let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
                guard lower == expected[index] else { return false }
            }
            return true
        }
    }
}

extension String {
    /// The tokens of a comma-separated field value, in lower case.
    var listedTokens: [String] {
        split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }.filter { !$0.isEmpty }
    }
}
