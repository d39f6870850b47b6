import Dialects

/// The text of a request's `model`, checked and taken apart.
struct ModelName {
    /// Without blanks around it.
    let full: String
    /// `full` without the `[1m]` at its end.
    let bare: String
    let wantsLongContext: Bool

    private static let longContextMark = "[1m]"

    static func read(_ text: String) -> Result<ModelName, Failure> {
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            return .failure(invalid)
        }
        let full = text.trimmingSpaces
        guard !full.isEmpty else { return .failure(Failure(.invalidRequest, "Missing model", param: "model")) }
        guard full.utf8.count <= 1_024, !full.containsText("../"), !full.containsText("..\\") else {
            return .failure(invalid)
        }
        guard full.lowercased().hasSuffix(longContextMark) else {
            return .success(ModelName(full: full, bare: full, wantsLongContext: false))
        }
        let bare = String(full.dropLast(longContextMark.count)).trimmingSpaces
        guard !bare.isEmpty else { return .failure(invalid) }
        return .success(ModelName(full: full, bare: bare, wantsLongContext: true))
    }

    private static let invalid = Failure(.invalidRequest, "Invalid model format", param: "model")
}

extension String {
    /// What stands before and behind the first slash, unless one of them is empty.
    var splitAtSlash: (prefix: String, rest: String)? {
        guard let slash = utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let rest = self[utf8.index(after: slash)...]
        guard slash > startIndex, !rest.isEmpty else { return nil }
        return (String(self[..<slash]), String(rest))
    }

    /// What follows a beginning, unless it is empty.
    func rest(after beginning: String) -> String? {
        guard hasPrefix(beginning), utf8.count > beginning.utf8.count else { return nil }
        return String(dropFirst(beginning.count))
    }

    var trimmingSpaces: String {
        var text = self[...]
        while text.first == " " || text.first == "\u{A0}" { text = text.dropFirst() }
        while text.last == " " || text.last == "\u{A0}" { text = text.dropLast() }
        return String(text)
    }

    /// Whether a text occurs; bytes are compared.
    func containsText(_ text: String) -> Bool {
        let needle = Array(text.utf8)
        guard let first = needle.first else { return true }
        var rest = utf8[...]
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: needle) { return true }
            rest = rest[rest.index(after: start)...]
        }
        return false
    }
}
