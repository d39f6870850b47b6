private import Glibc

/// An IPv4 or IPv6 address.
///
/// Two words instead of an array: peers and hosts are copied and judged for every request.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Whether this is an IPv4 address.
    public let isV4: Bool
    /// The first half of an IPv6 address; 0 for an IPv4 address.
    private let high: UInt64
    /// The second half of an IPv6 address; an IPv4 address is in its lower 32 bits.
    private let low: UInt64

    private init(v4: UInt64) {
        (isV4, high, low) = (true, 0, v4)
    }

    private init(high: UInt64, low: UInt64) {
        (isV4, self.high, self.low) = (false, high, low)
    }

    /// Takes 4 or 16 bytes in network order.
    public init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.init(v4: Self.number(bytes[...]))
        case 16: self.init(high: Self.number(bytes[..<8]), low: Self.number(bytes[8...]))
        default: return nil
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads dotted decimal or RFC 4291 text, with or without brackets; a zone is dropped.
    ///
    /// Odd spellings that `inet_aton` takes (`127.1`, `0x7f000001`) are refused.
    @inlinable
    public init?(_ text: some StringProtocol) {
        let bytes = Substring(text).utf8
        self.init(text: bytes.span)
    }

    /// Reads the same from bytes.
    public init?(text: Span<UInt8>) {
        var range = 0..<text.count
        if range.count >= 2, text[0] == UInt8(ascii: "["), text[range.upperBound - 1] == UInt8(ascii: "]") {
            range = 1..<range.upperBound - 1
        }
        let zone = firstIndex(of: UInt8(ascii: "%"), in: text.extracting(range))
        let address = text.extracting(range.lowerBound..<(zone.map { $0 + range.lowerBound } ?? range.upperBound))
        guard let parsed = Self.dotted(address) ?? Self.grouped(address) else { return nil }
        self = parsed
    }

    /// Four decimal numbers without leading zeros, as `inet_pton` takes them.
    private static func dotted(_ text: Span<UInt8>) -> IPAddress? {
        guard text.count <= 15 else { return nil }
        var (address, part, digits, dots) = (UInt64(0), UInt64(0), 0, 0)
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                part = part * 10 + UInt64(text[index] - UInt8(ascii: "0"))
                guard part <= 255, digits == 0 || part > 9 else { return nil }
                digits += 1
            case UInt8(ascii: "."):
                guard digits > 0, dots < 3 else { return nil }
                (address, part, digits, dots) = (address << 8 | part, 0, 0, dots + 1)
            default: return nil
            }
        }
        return digits > 0 && dots == 3 ? IPAddress(v4: address << 8 | part) : nil
    }

    private static func grouped(_ text: Span<UInt8>) -> IPAddress? {
        guard text.count < Int(INET6_ADDRSTRLEN), firstIndex(of: UInt8(ascii: ":"), in: text) != nil,
            firstIndex(of: 0, in: text) == nil
        else { return nil }
        var buffer = [UInt8](repeating: 0, count: 16)
        let text = text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        return inet_pton(AF_INET6, text, &buffer) == 1 ? IPAddress(bytes: buffer) : nil
    }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        let words = isV4 ? [] : [high.bigEndian]
        return words.flatMap(Self.octets) + Self.octets(low.bigEndian).suffix(isV4 ? 4 : 8)
    }

    private static func octets(_ word: UInt64) -> [UInt8] {
        withUnsafeBytes(of: word) { Array($0) }
    }

    /// The IPv4 address inside a mapped (`::ffff:a.b.c.d`), translated (`64:ff9b::`) or 6to4 address, else the address itself.
    public var unmapped: IPAddress {
        guard !isV4 else { return self }
        let isTranslated = high == 0x0064_FF9B_0000_0000 && low >> 32 == 0
        if isTranslated { return IPAddress(v4: low) }
        if high >> 48 == 0x2002 { return IPAddress(v4: high >> 16 & 0xFFFF_FFFF) }
        return withoutMapping
    }

    /// The IPv4 address of a dual-stack socket's peer.
    ///
    /// Unlike `unmapped`, which serves the egress guard, this leaves 6to4 and translated addresses alone: a neighbour
    /// may give itself `2002:7f00:1::1`, and that is not this machine.
    public var withoutMapping: IPAddress {
        let isMapped = !isV4 && high == 0 && low >> 32 == 0xFFFF
        return isMapped ? IPAddress(v4: low & 0xFFFF_FFFF) : self
    }

    /// `127.0.0.0/8` or `::1` itself, also mapped as a dual-stack socket does.
    public var isOwnLoopback: Bool { withoutMapping.isPlainLoopback }

    private var isPlainLoopback: Bool { isV4 ? low >> 24 == 127 : high == 0 && low == 1 }

    /// `127.0.0.0/8` or `::1`, also inside another address.
    public var isLoopback: Bool { unmapped.isPlainLoopback }

    /// `0.0.0.0/8` or `::`.
    public var isUnspecified: Bool {
        let address = unmapped
        return address.isV4 ? address.low >> 24 == 0 : address.high == 0 && address.low == 0
    }

    /// `169.254.0.0/16` or `fe80::/10`.
    public var isLinkLocal: Bool {
        let address = unmapped
        return address.isV4 ? address.low >> 16 == 0xA9FE : address.high >> 54 == 0xFE80 >> 6
    }

    /// An address where a cloud hands its credentials to virtual machines: link-local ones, and those of Alibaba, Oracle and AWS.
    public var isMetadata: Bool {
        let address = unmapped
        guard address.isV4 else { return address.high == 0xFD00_0EC2_0000_0000 && address.low == 0x254 }
        // 100.100.100.200 and 192.0.0.192.
        return address.isLinkLocal || address.low == 0x6464_64C8 || address.low == 0xC000_00C0
    }

    /// Private networks: RFC 1918, shared address space (RFC 6598), benchmarking (RFC 2544), unique local IPv6 (RFC 4193), and
    /// what IANA reserves or keeps for documentation.
    public var isPrivate: Bool {
        let address = unmapped
        guard address.isV4 else {
            let isUniqueLocal = address.high >> 57 == 0xFC >> 1
            let isSiteLocal = address.high >> 54 == 0xFEC0 >> 6
            return isUniqueLocal || isSiteLocal || address.high >> 32 == 0x2001_0DB8
        }
        let (a, b, c) = (address.low >> 24, address.low >> 16 & 0xFF, address.low >> 8 & 0xFF)
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
        return address.isV4 ? address.low >> 28 == 0xE : address.high >> 56 == 0xFF
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

private func firstIndex(of byte: UInt8, in text: Span<UInt8>) -> Int? {
    for index in text.indices where text[index] == byte { return index }
    return nil
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
