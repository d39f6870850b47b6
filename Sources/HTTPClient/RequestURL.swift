import HTTPCore
private import CCurl  // declares in_addr too; an optimised build takes its declaration
private import Glibc

/// The parts of a request's URL the client needs to know itself; libcurl reads the rest.
///
/// Strict on purpose: what two readers might understand differently (user information, percent-encoded hosts, other than
/// ASCII characters, fragments) is refused instead of normalised.
struct RequestURL: Sendable {
    let text: String
    let isSecure: Bool
    let authority: Authority
    /// Path and query as written; may be empty or begin with the query.
    let path: String

    /// Reads an absolute URL; nil when it may not be requested.
    init?(_ text: String) {
        guard text.utf8.count <= 64 << 10, text.utf8.allSatisfy(Self.isPermitted) else { return nil }
        guard let mark = text.firstRange(of: "://") else { return nil }
        switch text[..<mark.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        let rest = text[mark.upperBound...]
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        guard let authority = Authority(rest[..<end]) else { return nil }
        self.text = text
        self.authority = authority
        path = String(rest[end...])
    }

    /// Printable ASCII without what RFC 3986 has no place for; no fragment.
    private static func isPermitted(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "#"):
            false
        default: (0x21...0x7E).contains(byte)
        }
    }
}

/// Host and port of a URL.
struct Authority: Sendable, Hashable {
    /// As written; IPv6 in brackets.
    let host: String
    let port: Int?

    /// Reads `host[:port]`; nil when there is anything else, such as user information, escapes or a zone.
    init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        let end: String.Index
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            end = text.index(after: bracket)
            guard text[..<end].utf8.dropFirst().dropLast().allSatisfy(Self.isInAddress), IPAddress(text[..<end]) != nil
            else { return nil }
        } else {
            end = text.firstIndex(of: ":") ?? text.endIndex
            guard end > text.startIndex, text[..<end].utf8.allSatisfy(Self.isInName) else { return nil }
        }
        host = String(text[..<end])
        guard end < text.endIndex else {
            port = nil
            return
        }
        let digits = text[text.index(after: end)...]
        guard text[end] == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits), (1...65535).contains(number)
        else { return nil }
        port = number
    }

    /// The addresses the host names by itself, in any of the spellings libcurl takes (`127.1`, `0x7f000001`, `localhost`);
    /// empty for a name that has to be resolved.
    var literalAddresses: [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var name = host.lowercased()
        while name.hasSuffix(".") { name.removeLast() }
        if name == "localhost" || name.hasSuffix(".localhost") {
            return ["127.0.0.1", "::1"].compactMap { IPAddress($0) }
        }
        var number = in_addr()
        guard inet_aton(name, &number) == 1 else { return [] }
        return withUnsafeBytes(of: number) { IPAddress(bytes: Array($0)).map { [$0] } ?? [] }
    }

    private static func isInName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isInAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66, UInt8(ascii: ":"), UInt8(ascii: "."): true
        default: false
        }
    }
}
