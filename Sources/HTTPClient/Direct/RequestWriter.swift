import HTTPCore

/// Writes the head of a request as it goes over a direct connection, into memory that is kept for the next one.
struct RequestWriter {
    private(set) var bytes: [UInt8] = []

    /// Writes the head of a request with so many bytes of content, nil for none; false when it cannot be sent.
    mutating func write(_ request: borrowing ClientRequest, _ route: DirectRoute, contentCount: Int?) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        guard RequestRules.isMethod(request.method.rawValue) else { return false }
        bytes.append(contentsOf: request.method.rawValue.utf8)
        bytes.append(contentsOf: route.headStart)
        var (hasAccept, hasCoding) = (false, false)
        for field in request.headers.fields where !RequestRules.isFraming(field.name) {
            if field.name.utf8.count == 6 { hasAccept = hasAccept || field.name.equalsIgnoringASCIICase("accept") }
            if field.name.utf8.count == 15 {
                hasCoding = hasCoding || field.name.equalsIgnoringASCIICase("accept-encoding")
            }
            guard append(field) else { return false }
        }
        // As libcurl does.
        if !hasAccept { append("Accept: */*\r\n") }
        if !hasCoding, request.compression == .any { append("Accept-Encoding: gzip, deflate, br\r\n") }
        if let contentCount {
            append("Content-Length: ")
            append(decimal: contentCount)
            append("\r\n")
        }
        append("\r\n")
        return true
    }

    private mutating func append(_ field: HTTPHeaders.Field) -> Bool {
        let start = bytes.count
        bytes.append(contentsOf: field.name.utf8)
        let nameEnd = bytes.count
        append(field.value.isEmpty ? ":" : ": ")
        let valueStart = bytes.count
        bytes.append(contentsOf: field.value.utf8)
        let isSendable = nameEnd > start && isToken(start..<nameEnd) && isValue(valueStart..<bytes.count)
        append("\r\n")
        return isSendable
    }

    private func isToken(_ range: Range<Int>) -> Bool {
        for index in range where !HeaderBytes.isToken(bytes[index]) { return false }
        return true
    }

    private func isValue(_ range: Range<Int>) -> Bool {
        for index in range where !HeaderBytes.isInValue(bytes[index]) { return false }
        return true
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(decimal number: Int) {
        bytes.append(contentsOf: String(number).utf8)
    }
}

/// What may be sent in a request, and what is the client's own business.
enum RequestRules {
    /// Fields that frame a message or belong to one hop: taken over from a caller they could split the request in two.
    static func isFraming(_ name: String) -> Bool {
        let candidates: [String] =
            switch name.utf8.count {
            case 2: ["te"]
            case 4: ["host"]
            case 6: ["expect"]
            case 7: ["upgrade", "trailer"]
            case 10: ["connection", "keep-alive"]
            case 14: ["content-length"]
            case 16: ["proxy-connection"]
            case 17: ["transfer-encoding"]
            case 19: ["proxy-authorization"]
            default: []
            }
        return candidates.contains { name.equalsIgnoringASCIICase($0) }
    }

    /// Whether the text can be sent as a method; CONNECT would turn the connection into something else.
    static func isMethod(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 32 && name.utf8.allSatisfy(HeaderBytes.isToken) && name != "CONNECT"
    }

    /// Whether a request has content, were it empty: a length is expected with these methods (RFC 9110 §8.6).
    static func contentCount(_ method: HTTPMethod, _ content: [UInt8]?) -> Int? {
        content?.count ?? (method == .post || method == .put || method == .patch ? 0 : nil)
    }
}
