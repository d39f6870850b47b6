import JSONCore
private import Glibc

/// Pass 1: no empty text, no turns without content, no characters that providers refuse.
enum TextRepair {
    static func apply(to conversation: inout Conversation, body: JSONDocument) {
        let mustClean = hasBadEscapes(body.bytes)
        conversation.system = conversation.system.compactMap { block in
            guard !block.text.isEmpty else { return nil }
            return mustClean ? SystemBlock(text: clean(block.text), cache: block.cache) : block
        }
        let users = conversation.turns.count { $0.role == .user }
        for place in conversation.turns.indices {
            repair(&conversation.turns[place].parts, mustClean: mustClean)
            if users == 1, conversation.turns[place].role == .user, conversation.turns[place].parts.isEmpty {
                conversation.turns[place].parts = [.text(".")]
            }
        }
        conversation.turns.removeAll { $0.parts.isEmpty && $0.directive == nil }
    }

    private static func repair(_ parts: inout [Part], mustClean: Bool) {
        // A mark on an empty text belongs to what comes before it.
        var moved: [(place: Int, mark: CacheMark)] = []
        var kept = 0
        for part in parts {
            if isEmpty(part) {
                if let mark = part.cache, kept > 0 { moved.append((kept - 1, mark)) }
            } else {
                kept += 1
            }
        }
        if kept < parts.count { parts.removeAll(where: isEmpty) }
        for (place, mark) in moved where parts[place].cache == nil { parts[place].cache = mark }
        for place in parts.indices {
            if case .toolResult(var result) = parts[place] {
                repair(&result.parts, mustClean: mustClean)
                parts[place] = .toolResult(result)
            } else if mustClean {
                parts[place] = cleaned(parts[place])
            }
        }
    }

    private static func isEmpty(_ part: Part) -> Bool {
        switch part {
        case .text(let part): part.text.isEmpty
        case .refusal(let text): text.isEmpty
        default: false
        }
    }

    private static func cleaned(_ part: Part) -> Part {
        switch part {
        case .text(var part):
            part.text = clean(part.text)
            return .text(part)
        case .refusal(let text): return .refusal(clean(text))
        default: return part
        }
    }

    /// Decoding replaces unpaired surrogates; NUL goes.
    private static func clean(_ text: JSONText) -> JSONText {
        JSONText(String(text.string.unicodeScalars.filter { $0.value != 0 }))
    }

    /// Whether a body has an escaped surrogate or NUL anywhere; most have none, which is found out at once.
    static func hasBadEscapes(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            var place = 0
            while place < buffer.count - 5, let found = memchr(base + place, 0x5C, buffer.count - place) {
                place = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                guard place < buffer.count - 5 else { return false }
                if buffer[place + 1] == UInt8(ascii: "u"), isBad(buffer, place + 2) { return true }
                place += 2
            }
            return false
        }
    }

    /// Whether four hex digits name a surrogate or NUL.
    private static func isBad(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
        if bytes[place] | 0x20 == UInt8(ascii: "d") { return bytes[place + 1] >= UInt8(ascii: "8") }
        return bytes[place..<place + 4].allSatisfy { $0 == UInt8(ascii: "0") }
    }
}
