package import HTTPCore

/// A host with an optional port, as in a `Host` header or in an origin.
package struct Authority: Sendable, Hashable {
    /// Lower case, without brackets and without the dot of an absolute name.
    package let host: String
    package let port: Int?
    /// The host as an address, when it is one.
    package let address: IPAddress?

    /// Reads `name`, `name:80`, `1.2.3.4:80` or `[::1]:80`; `nil` for anything else, so that a header with a path, a
    /// user or a blank in it is refused instead of guessed at.
    package init?(_ text: some StringProtocol) {
        let utf8 = Substring(text).utf8
        let bytes = utf8.span
        guard (1...300).contains(bytes.count) else { return nil }
        for index in bytes.indices where !Authority.isAllowed(bytes[index]) { return nil }
        guard let parts = Authority.split(bytes) else { return nil }
        var name = bytes.extracting(parts.name)
        if !parts.isBracketed, name.count > 0, name[name.count - 1] == UInt8(ascii: ".") {
            name = name.extracting(droppingLast: 1)
        }
        guard name.count > 0 else { return nil }
        address = IPAddress(text: name)
        if parts.isBracketed, address == nil { return nil }
        if let digits = parts.port {
            guard let number = Authority.port(bytes.extracting(digits)) else { return nil }
            port = number
        } else {
            port = nil
        }
        host = name.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }.lowercased()
    }

    /// Where host and port lie.
    private struct Parts {
        var name: Range<Int>
        var port: Range<Int>?
        var isBracketed = false
    }

    /// `nil` if there is something behind a bracket that is no port.
    private static func split(_ bytes: Span<UInt8>) -> Parts? {
        let isBracketed = bytes[0] == UInt8(ascii: "[")
        let mark = UInt8(ascii: isBracketed ? "]" : ":")
        var end = 0
        while end < bytes.count, bytes[end] != mark { end += 1 }
        guard isBracketed else {
            return Parts(name: 0..<end, port: end < bytes.count ? end + 1..<bytes.count : nil)
        }
        guard end < bytes.count else { return nil }
        let rest = end + 1..<bytes.count
        guard !rest.isEmpty else { return Parts(name: 1..<end, isBracketed: true) }
        guard bytes[rest.lowerBound] == UInt8(ascii: ":") else { return nil }
        return Parts(name: 1..<end, port: rest.dropFirst(), isBracketed: true)
    }

    /// One to five digits, at most 65,535.
    private static func port(_ digits: Span<UInt8>) -> Int? {
        guard (1...5).contains(digits.count) else { return nil }
        var number = 0
        for index in digits.indices {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digits[index]) else { return nil }
            number = number * 10 + Int(digits[index] - UInt8(ascii: "0"))
        }
        return number <= 65_535 ? number : nil
    }

    /// Whether the host is a name or address of this machine's loopback interface.
    package var isLoopbackName: Bool {
        if let address { return address.isLoopback }
        return host == "localhost" || host.hasSuffix(".localhost")
    }

    /// Letters, digits and the punctuation of host names, addresses and ports.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}

/// The origin of a page, as browsers write it into `Origin`.
package struct WebOrigin: Sendable, Hashable {
    package let scheme: String
    package let authority: Authority

    /// Reads `scheme://host[:port]`; `nil` for `null` and for schemes of apps without a host.
    package init?(_ text: some StringProtocol) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https", let authority = Authority(text[mark.upperBound...]) else {
            return nil
        }
        self.scheme = scheme
        self.authority = authority
    }

    /// The port in use, written or implied.
    package var port: Int { authority.port ?? (scheme == "https" ? 443 : 80) }

    /// Whether a page of this origin talks to the server it came from, judged by the request's `Host`.
    ///
    /// Without knowledge of TLS in front of us the scheme is taken from the origin; only then can the default ports
    /// of both sides be compared.
    func isSame(as host: Authority, isSecure: Bool) -> Bool {
        guard authority.host == host.host else { return false }
        if isSecure, scheme != "https" { return false }
        return port == host.port ?? (scheme == "https" ? 443 : 80)
    }
}
