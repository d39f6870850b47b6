import JSONCore

/// Joins characters that a provider has cut in two: servers that count in UTF-16 spell the halves of one in the escapes
/// of two pieces, each of which says nothing by itself.
///
/// What ends in a first half is passed on without it; that goes with the block's next piece, or before its end.
struct SurrogateJoiner {
    private enum Kind { case text, thinking, refusal, arguments }

    /// The halves that wait, by their blocks, as they are spelled.
    private var halves: [Int: (kind: Kind, spelled: [UInt8])] = [:]
    private static let length = 6

    mutating func apply(to events: inout [AnswerEvent]) {
        guard !halves.isEmpty || events.contains(where: { Self.piece(of: $0)?.text.endsInHighSurrogate == true }) else {
            return
        }
        var out: [AnswerEvent] = []
        for event in events { apply(event, to: &out) }
        events = out
    }

    private mutating func apply(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        if let piece = Self.piece(of: event) { return join(piece.text, of: piece.block, piece.kind, to: &out) }
        switch event {
        case .close(let block): release(block, to: &out)
        case .end, .error: for block in halves.keys.sorted() { release(block, to: &out) }
        default: break
        }
        out.append(event)
    }

    private mutating func join(_ text: JSONText, of block: Int, _ kind: Kind, to out: inout [AnswerEvent]) {
        var spelled = halves.removeValue(forKey: block)?.spelled ?? []
        text.appendEscaped(to: &spelled)
        if text.endsInHighSurrogate {
            halves[block] = (kind, Array(spelled.suffix(Self.length)))
            spelled.removeLast(Self.length)
        }
        if !spelled.isEmpty { out.append(Self.event(kind, block, JSONText(rawEscaped: spelled))) }
    }

    private mutating func release(_ block: Int, to out: inout [AnswerEvent]) {
        guard let half = halves.removeValue(forKey: block) else { return }
        out.append(Self.event(half.kind, block, JSONText(rawEscaped: half.spelled)))
    }

    private static func piece(of event: AnswerEvent) -> (block: Int, kind: Kind, text: JSONText)? {
        switch event {
        case .text(let block, let text): (block, .text, text)
        case .thinking(let block, let text): (block, .thinking, text)
        case .refusal(let block, let text): (block, .refusal, text)
        case .arguments(let block, let text): (block, .arguments, text)
        default: nil
        }
    }

    private static func event(_ kind: Kind, _ block: Int, _ text: JSONText) -> AnswerEvent {
        switch kind {
        case .text: .text(block, text)
        case .thinking: .thinking(block, text)
        case .refusal: .refusal(block, text)
        case .arguments: .arguments(block, text)
        }
    }
}
