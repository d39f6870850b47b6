/// Base 64 with the URL-safe alphabet and without padding (RFC 4648 §5), as tokens use it.
public enum Base64URL {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// Four characters for every three bytes, fewer at the end.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        bytes.withBytes { start, count in
            String(unsafeUninitializedCapacity: (count * 4 + 2) / 3) { text in
                var position = 0
                var pending: UInt32 = 0
                var bits: UInt32 = 0
                for index in 0..<count {
                    pending = pending << 8 | UInt32(start[index])
                    bits += 8
                    while bits >= 6 {
                        bits -= 6
                        text[position] = alphabet.utf8Start[Int(pending >> bits & 63)]
                        position += 1
                    }
                }
                if bits > 0 {
                    text[position] = alphabet.utf8Start[Int(pending << (6 - bits) & 63)]
                    position += 1
                }
                return position
            }
        }
    }

    /// Reads unpadded text; nil for other characters, an impossible length, or unused bits that are not zero.
    ///
    /// Strictness matters: a token must have one spelling only.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let length = text.utf8.count
        guard length % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length * 3 / 4)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for character in text.utf8 {
            guard let value = value(of: character) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
        }
        guard pending & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
