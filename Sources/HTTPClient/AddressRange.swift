import HTTPCore

/// An address as a number, cheap to compare.
struct NumericAddress: Hashable, Sendable {
    let isV4: Bool
    let bits: UInt128

    init(isV4: Bool, bits: UInt128) {
        self.isV4 = isV4
        self.bits = bits
    }

    init(_ address: IPAddress) {
        self.init(isV4: address.isV4, bits: address.bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }

    /// The IPv4 address inside an IPv6 one that stands for it: mapped, compatible, NAT64 or 6to4.
    var embedded: NumericAddress? {
        guard !isV4, let range = AddressRange.embeddingV4.first(where: { $0.range.contains(self) }) else { return nil }
        return NumericAddress(isV4: true, bits: bits >> range.shift & 0xFFFF_FFFF)
    }
}

/// A block of addresses with a common prefix.
struct AddressRange: Sendable {
    private let first: NumericAddress
    private let mask: UInt128

    /// Reads `address/length`; nil when it is not that.
    init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]) else { return nil }
        let first = NumericAddress(address)
        let width = first.isV4 ? 32 : 128
        guard (0...width).contains(length) else { return nil }
        self.first = first
        mask = length == 0 ? 0 : ~UInt128(0) << (width - length)
    }

    func contains(_ address: NumericAddress) -> Bool {
        address.isV4 == first.isV4 && (address.bits ^ first.bits) & mask == 0
    }
}

extension AddressRange {
    /// Link-local addresses, where clouds serve credentials, further addresses that do so, "this host", multicast,
    /// and what can never be a server.
    static let neverPermitted: [AddressRange] = [
        "0.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::254/128", "100::/64",
    ].compactMap(AddressRange.init)

    /// This machine, private networks, and what IANA set aside for tests and documentation.
    static let permittedWhenPrivate: [AddressRange] = [
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "::1/128", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "3fff::/20", "fc00::/7",
    ].compactMap(AddressRange.init)

    /// IPv6 blocks that carry an IPv4 address, and how far its lowest bit is from the right.
    static let embeddingV4: [(range: AddressRange, shift: Int)] = [
        ("::ffff:0:0/96", 0), ("64:ff9b::/96", 0), ("2002::/16", 80),
    ].compactMap { text, shift in AddressRange(text).map { ($0, shift) } }
}
