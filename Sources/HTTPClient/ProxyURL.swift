import HTTPCore

/// A proxy and how to sign in to it: `http://`, `https://`, `socks5://` (names resolved here) or `socks5h://` (by the proxy).
public struct ProxyURL: Sendable, Hashable, CustomStringConvertible {
    /// How the proxy is spoken to.
    public enum Scheme: String, Sendable {
        /// HTTP: `CONNECT` for `https:` targets, absolute form for `http:` ones.
        case http
        /// HTTP within TLS.
        case https
        /// SOCKS 5; the target's name is resolved by us.
        case socks5
        /// SOCKS 5; the target's name is resolved by the proxy.
        case socks5h
    }

    /// How the proxy is spoken to.
    public let scheme: Scheme
    /// Name or address; IPv6 in brackets.
    public let host: String
    /// TCP port.
    public let port: Int
    /// User name, decoded; nil to sign in as nobody.
    public let username: String?
    /// Password, decoded.
    public let password: String?

    /// Reads `scheme://[user[:password]@]host[:port]`; nil when it is anything else.
    ///
    /// Without a scheme, HTTP is meant.
    public init?(_ text: String) {
        var rest = Substring(text)
        var scheme = Scheme.http
        if let mark = rest.firstRange(of: "://") {
            guard let known = Scheme(rawValue: rest[..<mark.lowerBound].lowercased()) else { return nil }
            scheme = known
            rest = rest[mark.upperBound...]
        }
        if rest.hasSuffix("/") { rest.removeLast() }
        var credentials: [Substring] = []
        if let sign = rest.lastIndex(of: "@") {
            credentials = rest[..<sign].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            rest = rest[rest.index(after: sign)...]
        }
        guard let authority = Authority(rest) else { return nil }
        self.scheme = scheme
        host = authority.host
        port = authority.port ?? (scheme == .http || scheme == .https ? 8080 : 1080)
        guard let user = Self.credential(credentials.first), let word = Self.credential(credentials.dropFirst().first)
        else { return nil }
        username = credentials.isEmpty ? nil : user
        password = credentials.isEmpty ? nil : word
    }

    /// Decodes one part of the user information; nil when it cannot be sent.
    private static func credential(_ text: Substring?) -> String? {
        guard let decoded = Percent.decode(text ?? ""), !decoded.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { return nil }
        return decoded
    }

    /// Scheme, host and port, as libcurl wants them.
    var address: String { "\(scheme.rawValue)://\(host):\(port)" }

    /// The proxy without its credentials.
    public var description: String { username == nil ? address : "\(scheme.rawValue)://***@\(host):\(port)" }
}
