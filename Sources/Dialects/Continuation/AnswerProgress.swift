import JSONCore

/// What the client of a stream has been sent so far, as far as another target needs it to go on.
struct AnswerProgress {
    /// A call that was begun, perhaps finished.
    struct Call {
        let block: Int
        let name: String
        /// As plain text.
        var arguments: [UInt8] = []
        var isClosed = false
    }

    /// Of longer answers nothing is kept, and nobody goes on with them.
    static let sizeLimit = 1 << 20

    private enum Open { case none, text(Int), thinking(Int), call }

    /// The visible text in plain UTF-8.
    private(set) var text: [UInt8] = []
    private(set) var calls: [Call] = []
    /// The number that no block has had yet.
    private(set) var nextBlock = 0
    private var open = Open.none
    /// Something was sent that no other answer can go on from.
    private var isUnique = false
    private var isFinished = false
    private var size = 0

    /// About so many tokens are in the calls, which must come again.
    var callTokens: Int { calls.reduce(0) { $0 + ($1.name.utf8.count + $1.arguments.count + 3) / 4 } }

    /// The text block that is still open.
    var openText: Int? { if case .text(let block) = open { block } else { nil } }

    mutating func note(_ event: AnswerEvent) {
        switch event {
        case .open(let block, let choice, let kind):
            nextBlock = max(nextBlock, block + 1)
            if choice > 0 { isUnique = true }
            note(kind, block)
        case .text(_, let piece):
            if hasRoom(for: piece) { piece.appendUnescaped(to: &text) }
        case .arguments(let block, let piece):
            guard hasRoom(for: piece), let place = calls.lastIndex(where: { $0.block == block }) else { return }
            piece.appendUnescaped(to: &calls[place].arguments)
        case .close(let block):
            if let place = calls.lastIndex(where: { $0.block == block }) { calls[place].isClosed = true }
            open = .none
        case .refusal: isUnique = true
        case .finish: isFinished = true
        case .start, .thinking, .signature, .citation, .logprobs, .usage, .error, .ping, .end: break
        }
    }

    private mutating func hasRoom(for piece: JSONText) -> Bool {
        size += piece.utf8Count
        guard size > Self.sizeLimit else { return true }
        isUnique = true
        (text, calls) = ([], [])
        return false
    }

    private mutating func note(_ kind: BlockKind, _ block: Int) {
        switch kind {
        case .text: open = .text(block)
        case .thinking: open = .thinking(block)
        case .redactedThinking: break
        case .toolCall(_, let name, let kind):
            open = .call
            if kind != .function { isUnique = true }
            calls.append(Call(block: block, name: name))
        case .refusal, .media, .webSearch, .opaque: isUnique = true
        }
    }

    /// Whether another target may go on: thinking is never continued, calls only if the policy says so.
    func isContinuable(_ policy: StreamContinuation) -> Bool {
        if case .thinking = open { return false }
        guard !isUnique, !isFinished else { return false }
        switch policy {
        case .never: return false
        case .text: return calls.isEmpty
        case .textAndTools: return true
        }
    }
}
