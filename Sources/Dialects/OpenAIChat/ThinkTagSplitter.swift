import JSONCore

/// Separates reasoning that a server leaves in its text between tags (`<think>…</think>`).
///
/// A tag is recognised only at the very beginning of the message. What may still become a tag is held back. If the
/// closing tag never comes, the model forgot it and the reasoning was the answer too: it is repeated as text.
struct ThinkTagSplitter {
    struct Piece {
        var isThinking: Bool
        var text: JSONText
    }

    private enum State {
        /// Before the first character that is not white space.
        case beginning
        /// Inside the tags; the closing tag is known.
        case thinking(close: String)
        /// Right behind the closing tag, where white space is not part of the answer.
        case gap
        /// In the answer, or there were no tags.
        case text
    }

    private static let names = ["think", "thinking", "thought", "internal_thought", "reasoning"]

    private var state = State.beginning
    private var held = ""
    /// Everything inside the tags so far.
    private var thought = ""

    mutating func feed(_ text: JSONText) -> [Piece] {
        if case .text = state { return [Piece(isThinking: false, text: text)] }
        held += text.string
        return advance()
    }

    /// What is still held back when the message ends; a message that was cut off needs no answer text.
    mutating func finish(isCutOff: Bool) -> [Piece] {
        defer {
            held = ""
            state = .text
        }
        switch state {
        case .beginning: return Self.pieces(held, isThinking: false)
        case .thinking:
            return Self.pieces(held, isThinking: true)
                + (isCutOff ? [] : Self.pieces(thought + held, isThinking: false))
        case .gap, .text: return []
        }
    }

    private static func pieces(_ text: some StringProtocol, isThinking: Bool) -> [Piece] {
        text.isEmpty ? [] : [Piece(isThinking: isThinking, text: JSONText(String(text)))]
    }

    private mutating func advance() -> [Piece] {
        switch state {
        case .beginning: return readOpeningTag()
        case .thinking(let close): return readThought(until: close)
        case .gap, .text:
            let rest = held.drop { $0.isWhitespace }
            held = ""
            if !rest.isEmpty { state = .text }
            return Self.pieces(rest, isThinking: false)
        }
    }

    private mutating func readOpeningTag() -> [Piece] {
        let body = held.drop { $0.isWhitespace }
        guard !body.isEmpty else { return [] }
        for name in Self.names {
            let tag = "<\(name)>"
            if body.hasPrefix(tag) {
                held = String(body.dropFirst(tag.count))
                state = .thinking(close: "</\(name)>")
                return advance()
            }
            if tag.hasPrefix(body) { return [] }
        }
        return release(held)
    }

    private mutating func readThought(until close: String) -> [Piece] {
        guard let range = held.firstRange(of: close) else {
            // Keep as many characters as the closing tag could have begun with.
            let keep = Self.overlap(of: held, with: close)
            let news = held.dropLast(keep)
            thought += news
            let pieces = Self.pieces(news, isThinking: true)
            held = String(held.suffix(keep))
            return pieces
        }
        let last = held[..<range.lowerBound]
        let pieces = Self.pieces(last, isThinking: true)
        held = String(held[range.upperBound...])
        state = .gap
        return pieces + advance()
    }

    private mutating func release(_ text: String) -> [Piece] {
        state = .text
        held = ""
        return Self.pieces(text, isThinking: false)
    }

    /// The length of the longest end of `text` that `tag` begins with.
    private static func overlap(of text: String, with tag: String) -> Int {
        var length = min(text.count, tag.count - 1)
        while length > 0, !tag.hasPrefix(text.suffix(length)) { length -= 1 }
        return length
    }
}
