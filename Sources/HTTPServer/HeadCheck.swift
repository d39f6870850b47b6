import HTTPCore

/// What follows a head on the wire, and what may follow the answer.
struct Framing {
    /// Declared size of the body; nil if there is no Content-Length.
    var contentLength: Int?
    var isChunked = false
    var asksToClose = false
    var asksToKeepAlive = false
    var expectsContinue = false
}

/// Reads a head a second time, byte by byte, after the parser has split it.
///
/// Debian builds http-parser without its strict mode, which lets blanks into field names, any letters pass for `HTTP`, and a
/// stray CR end a head. Here every byte between the first and the last must be accounted for by the grammar of RFC 9112:
///
///     method SP target SP HTTP/1.x EOL      EOL is CRLF or, as RFC 9112 §2.2 permits, a bare LF
///     *( name ":" OWS value OWS EOL )       names are tokens, values have no control characters but tabs
///     EOL
///
/// so a head is understood only if parser and check agree on it.
struct HeadCheck {
    let bytes: UnsafeRawBufferPointer
    let spans: HeadSpans
    let method: String
    let peer: PeerAddress
    /// See `ServerConfiguration`.
    let encodedSlashesBelow: [String]

    private var cursor = 0
    private var framing = Framing()
    private var version = HTTPVersion.http11
    private var headers = HTTPHeaders()
    private var host: UnsafeRawBufferPointer?
    private var transferCodings = 0

    /// Takes a head's bytes, and nothing behind them.
    init(
        _ bytes: UnsafeRawBufferPointer,
        spans: HeadSpans,
        method: String,
        peer: PeerAddress,
        encodedSlashesBelow: [String]
    ) {
        self.encodedSlashesBelow = encodedSlashesBelow
        self.bytes = bytes
        self.spans = spans
        self.method = method
        self.peer = peer
    }

    mutating func run() throws(Refusal) -> (RequestHead, Framing) {
        let target = try requestLine()
        headers.fields.reserveCapacity(spans.fields.count)
        for field in spans.fields { try readField(field) }
        guard skipLineEnd(), cursor == bytes.count else { throw .badRequest("The request head is malformed.") }
        try checkFraming()
        let path = try originForm(target)
        guard let parsed = try? RequestTarget.parse(path, encodedSlashesBelow: encodedSlashesBelow) else {
            throw .badRequest("The request target is malformed.")
        }
        let head = RequestHead(
            method: HTTPMethod(rawValue: method),
            target: parsed,
            version: version,
            headers: headers,
            peer: peer,
            contentLength: framing.contentLength,
            isChunked: framing.isChunked
        )
        return (head, framing)
    }

    // MARK: - Request line

    private mutating func requestLine() throws(Refusal) -> String {
        let malformed = Refusal.badRequest("The request line is malformed.")
        guard skip(method.utf8.span), skip(0x20), cursor == spans.target.lowerBound else { throw malformed }
        let raw = UnsafeRawBufferPointer(rebasing: bytes[spans.target])
        guard raw.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let target = text(raw) else {
            throw .badRequest("The request target is malformed.")
        }
        cursor = spans.target.upperBound
        guard skip(0x20), skip("HTTP/".utf8.span), cursor + 3 <= bytes.count else { throw malformed }
        let (major, dot, minor) = (bytes[cursor], bytes[cursor + 1], bytes[cursor + 2])
        cursor += 3
        guard (0x30...0x39).contains(major), dot == 0x2E, (0x30...0x39).contains(minor), skipLineEnd() else {
            throw malformed
        }
        guard major == 0x31, minor <= 0x31 else {
            throw Refusal(status: 505, reason: "The version of HTTP is not supported.")
        }
        version = minor == 0x31 ? .http11 : .http10
        return target
    }

    /// Turns `http://host/path` into `/path` when the host is the one of the Host field (RFC 9112 §3.2.2).
    private func originForm(_ target: String) throws(Refusal) -> String {
        guard target.utf8.first != 0x2F else { return target }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            guard let host, rest[..<end].equalsIgnoringASCIICase(String(decoding: host, as: UTF8.self)) else {
                throw .badRequest("The target's host and the Host field differ.")
            }
            let path = rest[end...]
            return path.hasPrefix("/") ? String(path) : "/" + path
        }
        throw .badRequest("The request target is malformed.")
    }

    // MARK: - Fields

    private mutating func readField(_ field: HeadSpans.Field) throws(Refusal) {
        let malformed = Refusal.badRequest("A header field is malformed.")
        let name = UnsafeRawBufferPointer(rebasing: bytes[field.name])
        guard cursor == field.name.lowerBound, !name.isEmpty, name.allSatisfy(HeaderBytes.isToken) else {
            throw malformed
        }
        cursor = field.name.upperBound
        guard skip(0x3A) else { throw malformed }
        skipBlanks()
        guard field.value.isEmpty || cursor == field.value.lowerBound else { throw malformed }
        var end = field.value.isEmpty ? cursor : field.value.upperBound
        let lineEnd = end
        while end > cursor, isBlank(bytes[end - 1]) { end -= 1 }
        let value = UnsafeRawBufferPointer(rebasing: bytes[cursor..<end])
        guard !hasControls(value) else { throw malformed }
        cursor = lineEnd
        guard skipLineEnd() else { throw malformed }
        try note(name, value)
        headers.fields.append(
            HTTPHeaders.Field(
                name: String(decoding: name, as: UTF8.self),
                value: String(decoding: value, as: UTF8.self)
            )
        )
    }

    /// Keeps what decides on framing; the length of the name is the cheapest test.
    private mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(Refusal) {
        switch name.count {
        case 4 where equals(name, "host"):
            guard host == nil else { throw .badRequest("There is more than one Host field.") }
            guard value.allSatisfy(isHostCharacter) else { throw .badRequest("The Host field is malformed.") }
            host = value
        case 6 where equals(name, "expect"):
            guard equals(value, "100-continue") else {
                throw Refusal(status: 417, reason: "The expectation is not known.")
            }
            framing.expectsContinue = true
        case 10 where equals(name, "connection"): noteConnection(value)
        case 14 where equals(name, "content-length"):
            guard framing.contentLength == nil else { throw .badRequest("There is more than one Content-Length.") }
            guard let length = decimal(value) else { throw .badRequest("Content-Length is not a number.") }
            framing.contentLength = length
        case 17 where equals(name, "transfer-encoding"):
            transferCodings += 1
            framing.isChunked = equals(value, "chunked")
        default: break
        }
    }

    /// Looks for the two options that we know in a comma-separated list.
    private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
        var start = 0
        while start <= value.count {
            var end = start
            while end < value.count, value[end] != 0x2C { end += 1 }
            var (first, last) = (start, end)
            while first < last, isBlank(value[first]) { first += 1 }
            while first < last, isBlank(value[last - 1]) { last -= 1 }
            let option = UnsafeRawBufferPointer(rebasing: value[first..<last])
            if equals(option, "close") { framing.asksToClose = true }
            if equals(option, "keep-alive") { framing.asksToKeepAlive = true }
            start = end + 1
        }
    }

    private func checkFraming() throws(Refusal) {
        if version == .http11, host == nil { throw .badRequest("The Host field is missing.") }
        guard transferCodings > 0 else { return }
        guard transferCodings == 1 else { throw .badRequest("There is more than one Transfer-Encoding.") }
        guard version == .http11 else { throw .badRequest("HTTP/1.0 has no Transfer-Encoding.") }
        guard framing.contentLength == nil else { throw .badRequest("The length of the body is ambiguous.") }
        guard framing.isChunked else { throw Refusal(status: 501, reason: "The transfer coding is not supported.") }
    }

    // MARK: - Bytes

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard cursor < bytes.count, bytes[cursor] == byte else { return false }
        cursor += 1
        return true
    }

    private mutating func skip(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            guard skip(text[index]) else { return false }
        }
        return true
    }

    private mutating func skipLineEnd() -> Bool {
        _ = skip(0x0D)
        return skip(0x0A)
    }

    private mutating func skipBlanks() {
        while cursor < bytes.count, isBlank(bytes[cursor]) { cursor += 1 }
    }
}

/// Bytes as text, nil if they are not UTF-8; the usual ASCII needs no second look.
private func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.allSatisfy({ $0 < 0x80 }) else { return String(validating: bytes, as: UTF8.self) }
    return String(decoding: bytes, as: UTF8.self)
}

/// Digits only, at most 18 of them: signs, lists and overflows are no lengths.
private func decimal(_ text: UnsafeRawBufferPointer) -> Int? {
    guard (1...18).contains(text.count) else { return nil }
    var number = 0
    for byte in text {
        guard (0x30...0x39).contains(byte) else { return nil }
        number = number * 10 + Int(byte - 0x30)
    }
    return number
}

/// Whether there is a control character other than tabs; without a branch, so that many bytes are looked at at once.
private func hasControls(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var found: UInt8 = 0
    for byte in bytes { found |= (byte < 0x20 ? 1 : 0) & (byte == 0x09 ? 0 : 1) | (byte == 0x7F ? 1 : 0) }
    return found != 0
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// What stands in a host and port: letters, digits and ``-._~:[]%!$&'()*+;=`` (RFC 3986 §3.2.2).
func isHostCharacter(_ byte: UInt8) -> Bool { HeaderBytes.isMember(byte, 0x2FFF6FF200000000, 0x47FFFFFEAFFFFFFE) }

/// Whether a text equals a word in lower case, its ASCII letters in either case.
private func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    for (index, byte) in text.enumerated() where byte != word.utf8Start[index] {
        guard (0x41...0x5A).contains(byte), byte | 0x20 == word.utf8Start[index] else { return false }
    }
    return true
}
