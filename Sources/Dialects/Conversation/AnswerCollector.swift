import JSONCore

/// A complete answer, put together from its events.
struct CollectedAnswer {
    struct Block {
        var kind: BlockKind
        var choice: Int
        /// Text, thinking, refusal or arguments, escaped as inside a JSON string.
        var escaped: [UInt8] = []
        var signature: Signature?
        var citations: [Citation] = []
        /// Probabilities of the tokens, as Chat spells them.
        var logprobs: [JSONValue] = []
    }

    var start = AnswerStart()
    var blocks: [Block] = []
    var finishes: [Int: StopReason] = [:]
    var usage = Usage()

    var stopReason: StopReason { finishes[0] ?? .stop }
}

/// Collects events into a complete answer.
final class AnswerCollector {
    private(set) var answer = CollectedAnswer()

    func add(_ event: AnswerEvent) {
        switch event {
        case .start(let start):
            answer.start = start
            if let usage = start.usage { answer.usage.merge(usage) }
        case .open(_, let choice, let kind):
            answer.blocks.append(CollectedAnswer.Block(kind: kind, choice: choice))
        case .text(let block, let text), .thinking(let block, let text), .refusal(let block, let text),
            .arguments(let block, let text):
            guard answer.blocks.indices.contains(block) else { return }
            text.appendEscaped(to: &answer.blocks[block].escaped)
        case .signature(let block, let signature):
            guard answer.blocks.indices.contains(block) else { return }
            answer.blocks[block].signature = signature
        case .citation(let block, let citation):
            guard answer.blocks.indices.contains(block) else { return }
            answer.blocks[block].citations.append(citation)
        case .logprobs(let block, let tokens):
            guard answer.blocks.indices.contains(block) else { return }
            answer.blocks[block].logprobs += tokens.elements
        case .usage(let usage): answer.usage.merge(usage)
        case .finish(let choice, let reason): answer.finishes[choice] = reason
        case .close, .error, .ping, .end: break
        }
    }
}
