package import HTTPCore

/// A host with an optional port, as in a `Host` header or in an origin.
package struct Authority: Sendable, Hashable {
    /// Lower case, without brackets and without the dot of an absolute name.
    package let host: String
    package let port: Int?

    /// Reads `name`, `name:80`, `1.2.3.4:80` or `[::1]:80`; `nil` for anything else, so that a header with a path, a
    /// user or a blank in it is refused instead of guessed at.
    package init?(_ text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.count <= 300, text.utf8.allSatisfy(Authority.isAllowed) else { return nil }
        var name = Substring(text)
        var portText: Substring?
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return nil }
            let rest = name[name.index(after: end)...]
            name = name[name.index(after: name.startIndex)..<end]
            guard IPAddress(String(name)) != nil else { return nil }
            if !rest.isEmpty {
                guard rest.hasPrefix(":") else { return nil }
                portText = rest.dropFirst()
            }
        } else if let colon = name.firstIndex(of: ":") {
            portText = name[name.index(after: colon)...]
            name = name[..<colon]
        }
        if name.hasSuffix(".") { name = name.dropLast() }
        guard !name.isEmpty else { return nil }
        if let portText {
            guard portText.utf8.count <= 5, portText.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int(portText), number <= 65_535
            else { return nil }
            port = number
        } else {
            port = nil
        }
        host = name.lowercased()
    }

    /// The host as an address, when it is one.
    package var address: IPAddress? { IPAddress(host) }

    /// Whether the host is a name or address of this machine's loopback interface.
    package var isLoopbackName: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || address?.isLoopback == true
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

extension StaticString {
    /// The bytes of an ASCII literal.
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
