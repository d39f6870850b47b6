import HTTPCore

/// An http(s) address split into its parts, checked before any credential goes near it.
///
/// Refused: other schemes, user information, fragments, characters that URL parsers read differently from each other
/// (`\`, blanks, controls, non-ASCII), hosts that are numbers in disguise (`127.1`, `0x7f000001`), low ports other
/// than 80 and 443.
package struct UpstreamURL: Sendable, Equatable {
    package enum Problem: String, Error, Sendable {
        case scheme = "the address must start with http:// or https://"
        case character = "the address contains a character that does not belong into one"
        case userInformation = "the address must not contain a user name or password"
        case fragment = "the address must not contain a # part"
        case host = "the address has no valid host name"
        case port = "the port must be 80, 443, or between 1024 and 65535"
    }

    package let scheme: String
    /// Lower case; an IPv6 address without its brackets.
    package let host: String
    package let port: Int?
    /// Starts with `/`, or is empty.
    package var path: String
    /// Without the question mark.
    package var query: String?

    package init(_ text: String) throws(Problem) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw .character
        }
        guard let mark = text.range(ofText: "://") else { throw .scheme }
        scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw .scheme }
        var rest = text[mark.upperBound...]
        if rest.contains("#") { throw .fragment }
        if let question = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: question)...])
            rest = rest[..<question]
        } else {
            query = nil
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...])
        (host, port) = try Self.authority(rest[..<slash])
    }

    /// Scheme, host and port, as far as credentials are concerned.
    package var origin: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(scheme)://\(shown):\($0)" } ?? "\(scheme)://\(shown)"
    }

    package var text: String { origin + path + (query.map { "?" + $0 } ?? "") }

    /// What is known about the host before it is resolved.
    package var reach: HostReach {
        if let address = IPAddress(host) {
            if address.isMetadata || address.isLinkLocal || address.isMulticast || address.isUnspecified {
                return .forbidden
            }
            return address.isPublic ? .unknown : .privateNetwork
        }
        return host == "localhost" || host.hasSuffix(".localhost") ? .privateNetwork : .unknown
    }

    private static func authority(_ text: Substring) throws(Problem) -> (String, Int?) {
        if text.contains("@") { throw .userInformation }
        var host = text
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw .host }
            host = text[text.index(after: text.startIndex)..<close]
            guard host.contains(":"), !host.contains("%"), IPAddress(host) != nil else { throw .host }
            let tail = text[text.index(after: close)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw .host }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        let name = host.hasSuffix(".") ? host.dropLast().lowercased() : host.lowercased()
        guard name.contains(":") || isHostName(name) else { throw .host }
        guard let portText else { return (name, nil) }
        guard let port = Int(portText), portText.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
            port == 80 || port == 443 || (1_024...65_535).contains(port)
        else { throw .port }
        return (name, port)
    }

    /// Letters, digits, `-`, `_` and dots in their places; all-numeric last labels only as a proper IPv4 address.
    private static func isHostName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 253 else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isSound = labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
                }
        }
        guard isSound, let last = labels.last else { return false }
        let isNumeric = last.utf8.allSatisfy { (0x30...0x39).contains($0) } || last.hasPrefix("0x")
        return !isNumeric || IPAddress(name) != nil
    }
}

/// What the text of a host says about where it is.
package enum HostReach: Sendable, Equatable {
    /// A name or a public address: known for certain only once connected.
    case unknown
    /// This machine or a private network.
    case privateNetwork
    /// Link-local, metadata and other addresses that no provider has.
    case forbidden
}

extension String {
    /// The first occurrence of a non-empty text.
    func range(ofText text: String) -> Range<String.Index>? {
        let needle = Array(text.utf8)
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: needle) {
                return start..<utf8.index(start, offsetBy: needle.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }

    /// The text without any `/` at its end.
    var withoutTrailingSlashes: String {
        var end = utf8.endIndex
        while end > utf8.startIndex, utf8[utf8.index(before: end)] == UInt8(ascii: "/") {
            end = utf8.index(before: end)
        }
        return String(self[..<end])
    }
}
