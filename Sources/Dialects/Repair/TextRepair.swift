import JSONCore
private import Glibc

/// Pass 1: nothing that the target has no form for, no empty text, no turns without content, no characters that providers
/// refuse.
enum TextRepair {
    static func apply(
        to conversation: inout Conversation,
        body: JSONDocument,
        target: Dialect,
        context: inout TranslationContext
    ) {
        let mustClean = hasBadEscapes(body.bytes)
        conversation.system = conversation.system.compactMap { block in
            guard !block.text.isEmpty else { return nil }
            return mustClean ? SystemBlock(text: clean(block.text), cache: block.cache) : block
        }
        let users = conversation.turns.count { $0.role == .user }
        for place in conversation.turns.indices {
            dropForeign(from: &conversation.turns[place].parts, target: target, context: &context)
            repair(&conversation.turns[place].parts, mustClean: mustClean)
            if users == 1, conversation.turns[place].role == .user, conversation.turns[place].parts.isEmpty {
                conversation.turns[place].parts = [.text(".")]
            }
        }
        conversation.turns.removeAll { $0.parts.isEmpty && $0.directive == nil }
    }

    /// Drops the pieces that only another dialect can express: a message of nothing else would be an empty one.
    private static func dropForeign(
        from parts: inout [Part],
        target: Dialect,
        context: inout TranslationContext
    ) {
        for place in parts.indices {
            guard case .toolResult(var result) = parts[place],
                result.parts.contains(where: { isForeign($0, to: target) })
            else { continue }
            dropForeign(from: &result.parts, target: target, context: &context)
            parts[place] = .toolResult(result)
        }
        parts.removeAll { part in
            guard case .opaque(let json, _) = part, isForeign(part, to: target) else { return false }
            context.lose(.contentPart, json["type"]?.string)
            return true
        }
    }

    private static func isForeign(_ part: Part, to target: Dialect) -> Bool {
        if case .opaque(_, let dialect) = part { dialect != target } else { false }
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
