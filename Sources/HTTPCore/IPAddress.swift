private import Glibc

/// An IPv4 or IPv6 address.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    public let bytes: [UInt8]

    /// Takes 4 or 16 bytes in network order.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads dotted decimal or RFC 4291 text, with or without brackets; a zone is dropped.
    ///
    /// Odd spellings that `inet_aton` takes (`127.1`, `0x7f000001`) are refused.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        if let zone = text.firstIndex(of: "%") { text = String(text[..<zone]) }
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            bytes = Array(buffer.prefix(4))
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            bytes = buffer
        } else {
            return nil
        }
    }

    /// Whether this is an IPv4 address.
    public var isV4: Bool { bytes.count == 4 }

    /// The IPv4 address inside a mapped (`::ffff:a.b.c.d`), translated (`64:ff9b::`) or 6to4 address, else the address itself.
    public var unmapped: IPAddress {
        guard bytes.count == 16 else { return self }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let isTranslated = bytes[..<12].elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
        if isMapped || isTranslated { return IPAddress(bytes: Array(bytes[12...])) ?? self }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return IPAddress(bytes: Array(bytes[2..<6])) ?? self }
        return self
    }

    /// `127.0.0.0/8` or `::1`, also mapped.
    public var isLoopback: Bool {
        let address = unmapped
        return address.isV4
            ? address.bytes[0] == 127 : address.bytes[..<15].allSatisfy { $0 == 0 } && address.bytes[15] == 1
    }

    /// `0.0.0.0/8` or `::`.
    public var isUnspecified: Bool {
        let address = unmapped
        return address.isV4 ? address.bytes[0] == 0 : address.bytes.allSatisfy { $0 == 0 }
    }

    /// `169.254.0.0/16` or `fe80::/10`.
    public var isLinkLocal: Bool {
        let address = unmapped
        return address.isV4
            ? address.bytes[0] == 169 && address.bytes[1] == 254
            : address.bytes[0] == 0xFE && address.bytes[1] & 0xC0 == 0x80
    }

    /// An address where a cloud hands its credentials to virtual machines: link-local ones, and those of Alibaba, Oracle and AWS.
    public var isMetadata: Bool {
        let address = unmapped
        if address.isV4 {
            return address.isLinkLocal || address.bytes == [100, 100, 100, 200] || address.bytes == [192, 0, 0, 192]
        }
        return address == IPAddress("fd00:ec2::254")
    }

    /// Private networks: RFC 1918, shared address space (RFC 6598), benchmarking (RFC 2544), unique local IPv6 (RFC 4193), and
    /// what IANA reserves or keeps for documentation.
    public var isPrivate: Bool {
        let address = unmapped
        let (a, b) = (address.bytes[0], address.bytes[1])
        guard address.isV4 else {
            return a & 0xFE == 0xFC || (a == 0xFE && b & 0xC0 == 0xC0)
                || address.bytes[..<4].elementsEqual([0x20, 0x01, 0x0D, 0xB8])
        }
        let c = address.bytes[2]
        return switch a {
        case 10: true
        case 172: (16...31).contains(b)
        case 192: b == 168 || (b == 0 && (c == 0 || c == 2))
        case 100: (64...127).contains(b)
        case 198: b == 18 || b == 19 || (b == 51 && c == 100)
        case 203: b == 0 && c == 113
        case 240...255: true
        default: false
        }
    }

    /// `224.0.0.0/4` or `ff00::/8`.
    public var isMulticast: Bool {
        let address = unmapped
        return address.isV4 ? address.bytes[0] & 0xF0 == 0xE0 : address.bytes[0] == 0xFF
    }

    /// Whether the address is on the public internet: none of the special ranges above.
    public var isPublic: Bool {
        !(isLoopback || isUnspecified || isLinkLocal || isMetadata || isPrivate || isMulticast)
    }

    /// Dotted decimal or RFC 5952 text.
    public var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isV4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "?" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The other end of a connection.
public enum PeerAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host and its port.
    case ip(IPAddress, port: Int)
    /// A process on this machine, with its user id if the kernel tells.
    case unix(uid: Int?)

    /// Whether the other end is on this machine.
    public var isLocal: Bool {
        switch self {
        case .ip(let address, _): address.isLoopback
        case .unix: true
        }
    }

    /// The address without its port, as logs and lockouts name it.
    public var host: String {
        switch self {
        case .ip(let address, _): address.unmapped.description
        case .unix: "local"
        }
    }

    /// Address and port.
    public var description: String {
        switch self {
        case .ip(let address, let port): address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        case .unix(let uid): "unix:\(uid.map(String.init) ?? "?")"
        }
    }
}
