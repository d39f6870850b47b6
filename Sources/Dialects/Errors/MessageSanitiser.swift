/// Makes an upstream's error text fit to be shown: one line, bounded, without paths, credentials or addresses.
enum MessageSanitiser {
    private static let limit = 4_096

    static func clean(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        var out = ""
        var word = ""
        var followsBearer = false
        for character in line.prefix(limit) where !isControl(character) {
            let isInData = word.hasPrefix("data:") && (character == ";" || character == ",")
            guard !isInData, delimiters.contains(character) || character.isWhitespace else {
                word.append(character)
                continue
            }
            append(word, to: &out, followsBearer: &followsBearer)
            word = ""
            out.append(character)
        }
        append(word, to: &out, followsBearer: &followsBearer)
        return out.trimmingBlanks()
    }

    private static func isControl(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy { $0.value < 0x20 || $0.value == 0x7F } && character != "\t"
    }

    private static let delimiters: Set<Character> = [
        "\"", "'", "`", "(", ")", "<", ">", "[", "]", "{", "}", ",", ";", "=",
    ]

    private static func append(_ word: String, to out: inout String, followsBearer: inout Bool) {
        guard !word.isEmpty else { return }
        if followsBearer, word.utf8.count >= 8 {
            out += "<redacted>"
            followsBearer = false
            return
        }
        followsBearer = word.lowercased() == "bearer"
        out += replacement(for: word) ?? word
    }

    private static func replacement(for word: String) -> String? {
        if word.hasPrefix("data:"), word.utf8.count > 32 { return "<data>" }
        if isCredential(word) { return "<redacted>" }
        if isAddress(word) { return "<email>" }
        return isPath(word) ? "<path>" : nil
    }

    private static let credentialPrefixes = [
        "sk-", "sk_", "pk-", "rk-", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "github_pat_", "xai-", "gsk_", "hf_",
        "nvapi-",
        "AKIA", "ya29.", "xoxb-", "xoxp-", "glpat-", "or-", "omr_",
    ]

    private static func isCredential(_ word: String) -> Bool {
        // A provider that quotes the key back often shortens it (`sk-ab***yz`), so short ones count too.
        if let prefix = credentialPrefixes.first(where: word.hasPrefix) {
            let rest = word.utf8.count - prefix.utf8.count
            let hasDigit = word.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return word.contains("*") || (rest >= 12 && hasDigit) || rest >= 20
        }
        return word.hasPrefix("eyJ") && word.split(separator: ".").count >= 2 && word.utf8.count > 40
    }

    private static func isAddress(_ word: String) -> Bool {
        guard let at = word.firstIndex(of: "@"), at != word.startIndex else { return false }
        let host = word[word.index(after: at)...]
        return host.contains(".") && !host.contains("/") && !host.contains("@")
    }

    private static let roots: Set<Substring> = [
        "home", "usr", "var", "opt", "root", "tmp", "etc", "app", "srv", "mnt", "Users", "workspace", "src", "data",
        "proc", "private", "code", "build", "node_modules", "nix", "lib",
    ]
    private static let extensions = [
        ".js", ".ts", ".mjs", ".cjs", ".py", ".go", ".rs", ".java", ".rb", ".php", ".swift", ".c", ".cpp", ".so",
    ]

    private static func isPath(_ word: String) -> Bool {
        if word.hasPrefix("file://") { return true }
        let letters = Array(word.utf8.prefix(3))
        if letters.count == 3, letters[1] == UInt8(ascii: ":"), letters[2] == UInt8(ascii: "\\") { return true }
        guard word.hasPrefix("/") else { return false }
        let segments = word.split(separator: "/")
        guard segments.count > 1, let first = segments.first, let last = segments.last else { return false }
        let file = last.prefix { $0 != ":" }
        return roots.contains(first) || extensions.contains { file.hasSuffix($0) }
    }
}

extension String {
    /// The text without white space at its ends.
    func trimmingBlanks() -> String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
