/// Patterns of users: `*` is any run of characters, `?` is one; ASCII case does not matter; the whole text must match.
package enum Glob {
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var (p, t) = (0, 0)
        // Where to resume when the text after the last `*` does not fit: linear in practice, never exponential.
        var resume: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                resume = (p + 1, t)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || fold(pattern[p]) == fold(text[t]) {
                p += 1
                t = pattern[p - 1] == UInt8(ascii: "?") ? afterCharacter(t, text) : t + 1
            } else if let (star, from) = resume {
                resume = (star, from + 1)
                (p, t) = (star, from + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Whether the text holds a wildcard at all.
    package static func isPattern(_ text: String) -> Bool {
        text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    private static func fold(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    /// The start of the next UTF-8 character.
    private static func afterCharacter(_ index: Int, _ text: [UInt8]) -> Int {
        var next = index + 1
        while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
