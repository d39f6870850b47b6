/// Spellings of one and the same model id.
package enum ModelSpelling {
    /// A form in which spellings of the same model agree: lower case, `-` for the dot between digits, and no
    /// release date at the end of a Claude id (`claude-opus-4.5`, `claude-opus-4-5-20251101`).
    ///
    /// The vendor path stays: `a/x` and `b/x` may be priced and limited differently.
    package static func folded(_ id: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(id.utf8.count)
        let source = Array(id.utf8)
        for (index, byte) in source.enumerated() {
            let between = index > 0 && index + 1 < source.count
            if byte == UInt8(ascii: "."), between, isDigit(source[index - 1]), isDigit(source[index + 1]) {
                bytes.append(UInt8(ascii: "-"))
            } else if byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") {
                bytes.append(byte | 0x20)
            } else {
                bytes.append(byte)
            }
        }
        let folded = String(decoding: bytes, as: UTF8.self)
        return isClaude(folded) ? withoutDate(folded) : folded
    }

    /// The id without the vendor path: `c` for `a/b/c`.
    package static func withoutVendor(_ id: String) -> String {
        guard let slash = id.utf8.lastIndex(of: UInt8(ascii: "/")) else { return id }
        return String(id[id.utf8.index(after: slash)...])
    }

    /// Whether it names a model of Anthropic's Claude family, with or without a vendor path.
    package static func isClaude(_ id: String) -> Bool {
        withoutVendor(id).lowercased().hasPrefix("claude")
    }

    /// `x` for `x-20251101`.
    static func withoutDate(_ id: String) -> String {
        let suffix = id.utf8.suffix(9)
        guard id.utf8.count > 9, suffix.first == UInt8(ascii: "-"), suffix.dropFirst().allSatisfy(isDigit),
            suffix.dropFirst().starts(with: "20".utf8)
        else { return id }
        return String(id.dropLast(9))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
