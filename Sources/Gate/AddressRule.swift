package import HTTPCore

/// A set of addresses as an administrator writes it: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8` or `192.168.*.*`.
package struct AddressRule: Sendable, Hashable {
    private let prefix: [UInt8]
    private let bits: Int

    /// `nil` if the text is none of these.
    package init?(_ text: String) {
        let trimmed = text.trimmingBlanks
        guard !trimmed.contains("*") else {
            self.init(wildcard: trimmed)
            return
        }
        let parts = trimmed.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0])?.withoutMapping else { return nil }
        let length = address.bytes.count * 8
        guard parts.count == 2 else {
            self.init(prefix: address.bytes, bits: length)
            return
        }
        guard let bits = Int(parts[1]), (0...length).contains(bits) else { return nil }
        self.init(prefix: address.bytes, bits: bits)
    }

    private init(prefix: [UInt8], bits: Int) {
        self.prefix = prefix
        self.bits = bits
    }

    /// `1.2.*.*`: once a part is a star, so are all that follow.
    private init?(wildcard text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.prefix { $0 != "*" }
        guard parts.count == 4, parts.dropFirst(numbers.count).allSatisfy({ $0 == "*" }) else { return nil }
        let bytes = numbers.compactMap { UInt8($0) }
        guard bytes.count == numbers.count else { return nil }
        self.init(prefix: bytes + [UInt8](repeating: 0, count: 4 - bytes.count), bits: bytes.count * 8)
    }

    /// Whether the address belongs to the set.
    package func contains(_ address: IPAddress) -> Bool {
        let bytes = address.withoutMapping.bytes
        guard bytes.count == prefix.count else { return false }
        let whole = bits / 8
        guard bytes.prefix(whole).elementsEqual(prefix.prefix(whole)) else { return false }
        guard bits % 8 != 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (bits % 8))
        return bytes[whole] & mask == prefix[whole] & mask
    }
}
