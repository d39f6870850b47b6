import HTTPCore

/// The status line and fields of the response, gathered line by line.
///
/// libcurl hands over interim responses, the final one and trailers alike; only the final response's fields are kept. They
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
    /// The final response's field lines, each ending in a line feed, continuations joined.
    private var lines: [UInt8] = []
    /// Whether a field of that name was seen; spares the search in the common case.
    private var namesCoding = false
    private var byteCount = 0
    private var fieldCount = 0
    private var isInBlock = false
    private var isComplete = false

    /// Takes one line with its line end.
    mutating func receive(_ line: UnsafeBufferPointer<UInt8>, limits: TransferLimits) -> Progress {
        byteCount += line.count
        guard byteCount <= limits.headerBytes else { return .tooLarge }
        var line = line[...]
        while let last = line.last, last == 0x0A || last == 0x0D { line.removeLast() }
        guard !isComplete else { return count(limits) }  // a trailer: never merged
        guard isInBlock else { return beginBlock(line) }
        guard !line.isEmpty else { return endBlock() }
        append(line)
        return count(limits)
    }

    private mutating func count(_ limits: TransferLimits) -> Progress {
        fieldCount += 1
        return fieldCount <= limits.headerCount ? .more : .tooLarge
    }

    private mutating func beginBlock(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Progress {
        // "HTTP/1.1 200 OK", "HTTP/2 200"; libcurl has checked the form.
        let parts = line.split(separator: 0x20, maxSplits: 2)
        guard parts.count >= 2, parts[1].count == 3 else { return .violation }
        var number = 0
        for digit in parts[1] {
            guard (0x30...0x39).contains(digit) else { return .violation }
            number = 10 * number + Int(digit - 0x30)
        }
        status = number
        isHTTP2 = parts[0].elementsEqual("HTTP/2".utf8)
        lines.removeAll(keepingCapacity: true)
        namesCoding = false
        isInBlock = true
        return number == 101 ? .violation : .more
    }

    private mutating func endBlock() -> Progress {
        isInBlock = false
        guard status >= 200 else { return .more }
        isComplete = true
        return .complete
    }

    private mutating func append(_ line: Slice<UnsafeBufferPointer<UInt8>>) {
        if let first = line.first, first == 0x20 || first == 0x09, lines.last == 0x0A {
            // Obsolete line folding (RFC 9112 §5.2): a blank takes the line end's place.
            lines[lines.count - 1] = 0x20
        }
        if let first = line.first, first | 0x20 == UInt8(ascii: "c"), line.count > 17 {
            namesCoding = namesCoding || Self.equals(line.prefix(17), "content-encoding:")
        }
        lines.append(contentsOf: line)
        lines.append(0x0A)
    }

    // MARK: - Reading

    /// Calls `body` with the name and value of each field that is well-formed, until it returns false.
    private func forEachField(_ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool) {
        var start = 0
        while start < lines.count {
            let end = lines[start...].firstIndex(of: 0x0A) ?? lines.count
            let line = lines[start..<end]
            start = end + 1
            guard let colon = line.firstIndex(of: 0x3A) else { continue }
            let name = line[..<colon]
            var value = line[(colon + 1)...]
            while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
            while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
            // A field that could break out of its line further down the road is not passed on.
            guard !name.isEmpty, name.allSatisfy(HeaderBytes.isToken), value.allSatisfy(HeaderBytes.isInValue)
            else { continue }
            guard body(name, value) else { return }
        }
    }

    /// The first value of a field, read without building the others; the name is given in lower case.
    func value(_ name: StaticString) -> String? {
        var found: String?
        forEachField { candidate, value in
            guard Self.equals(candidate, name) else { return true }
            found = String(decoding: value, as: UTF8.self)
            return false
        }
        return found
    }

    /// Whether the content arrives under a coding, which libcurl undoes.
    var isEncoded: Bool {
        guard namesCoding, let coding = value("content-encoding") else { return false }
        return coding.split(separator: ",").contains {
            let name = $0.filter { $0 != " " }.lowercased()
            return !name.isEmpty && name != "identity" && name != "none"
        }
    }

    /// Whether nothing but the end of the connection marks the end of the content.
    var isDelimitedByClose: Bool {
        guard !isHTTP2, status != 204, status != 304, value("content-length") == nil else { return false }
        let coding = value("transfer-encoding")?.lowercased() ?? ""
        return !coding.hasSuffix("chunked")
    }

    /// All fields; those that describe the content's encoded form are left out when it was decoded.
    var headers: HTTPHeaders {
        let omitsCoding = isEncoded
        var headers = HTTPHeaders()
        headers.fields.reserveCapacity(fieldCount)
        forEachField { name, value in
            if omitsCoding, Self.equals(name, "content-encoding") || Self.equals(name, "content-length") { return true }
            headers.add(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
            return true
        }
        return headers
    }

    /// Compares a field name with one in lower case.
    private static func equals(_ name: some Collection<UInt8>, _ other: StaticString) -> Bool {
        guard name.count == other.utf8CodeUnitCount else { return false }
        return other.withUTF8Buffer { expected in
            zip(name, expected).allSatisfy { $0 == $1 || ((0x41...0x5A).contains($0) && $0 | 0x20 == $1) }
        }
    }
}
