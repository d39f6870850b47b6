import CryptoCore

/// Names and identifiers rewritten so that a target accepts them: always in the same way, so that prompts stay cacheable.
enum SafeNames {
    /// The first eight hex digits of the text's SHA-256.
    static func digest(_ text: String) -> String { String(hexDigest(text).prefix(8)) }

    /// The SHA-256 of a text in hex.
    static func hexDigest(_ text: String) -> String { SHA256.hash(Array(text.utf8)).hex }

    /// A tool's name as a target accepts it, at most `limit` long.
    static func toolName(_ name: String, limit: Int, rule: TargetProfile.ToolNameRule = .openAI) -> String {
        if rule == .any, !name.isEmpty { return name }
        let legal = legalToolName(name, rule: rule)
        guard legal.utf8.count > limit else { return legal.isEmpty ? "_" : legal }
        return legal.prefix(max(1, limit - 9)) + "_" + digest(name)
    }

    /// The name with a digest, for names that would otherwise collide.
    static func distinctToolName(
        _ name: String,
        limit: Int,
        rule: TargetProfile.ToolNameRule = .openAI
    ) -> String {
        legalToolName(name, rule: rule).prefix(max(1, limit - 9)) + "_" + digest(name)
    }

    private static func legalToolName(_ name: String, rule: TargetProfile.ToolNameRule) -> String {
        switch rule {
        case .openAI, .any: return replacingIllegal(name)
        case .gemini, .wordCharacters:
            if isWord(name) { return name }
            let others: Set<Character> = rule == .gemini ? ["-", ".", ":"] : []
            let legal = name.map { isWordCharacter($0) || others.contains($0) ? $0 : "_" }
            let startsWell = legal.first.map { isWordCharacter($0) && !$0.isNumber } ?? true
            return (startsWell ? "" : "_") + String(legal)
        }
    }

    /// Whether a name is nothing but letters, digits and underscores, as most are, and begins with no digit.
    private static func isWord(_ name: String) -> Bool {
        guard let first = name.utf8.first, first > UInt8(ascii: "9") else { return false }
        return name.utf8.allSatisfy { isLegal($0) && $0 != UInt8(ascii: "-") }
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character == "_" || character.isASCII && (character.isLetter || character.isNumber)
    }

    static func callID(_ id: String, rule: TargetProfile.ToolIDRule) -> String {
        switch rule {
        case .none: return id
        case .openAI:
            let isPrintable = id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            return isPrintable && id.utf8.count <= 64 ? id : shortened(id)
        case .anthropic: return id.utf8.allSatisfy(isLegal) && id.utf8.count <= 64 ? id : shortened(id)
        case .mistral:
            let isAlphanumeric = id.utf8.allSatisfy {
                isLegal($0) && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-")
            }
            return isAlphanumeric && id.utf8.count == 9 ? id : String(base62(of: id).prefix(9))
        }
    }

    private static func shortened(_ id: String) -> String {
        replacingIllegal(id).prefix(40) + "_" + digest(id)
    }

    private static func replacingIllegal(_ text: String) -> String {
        if text.utf8.allSatisfy(isLegal) { return text }
        return String(text.unicodeScalars.map { $0.isASCII && isLegal(UInt8($0.value)) ? Character($0) : "_" })
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The digest in letters and digits: long division of its 256 bits.
    private static func base62(of text: String) -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var number = SHA256.hash(Array(text.utf8)).bytes
        var out: [UInt8] = []
        for _ in 0..<16 {
            var remainder = 0
            for place in number.indices {
                let value = remainder << 8 | Int(number[place])
                number[place] = UInt8(value / 62)
                remainder = value % 62
            }
            out.append(alphabet[remainder])
        }
        return String(decoding: out, as: UTF8.self)
    }
}
