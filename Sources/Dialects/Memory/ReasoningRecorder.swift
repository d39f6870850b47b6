import CryptoCore
import JSONCore

/// Gathers the reasoning of one answer, and what names its turn, from the answer's events.
final class ReasoningRecorder {
    private static let reasoningLimit = 64 << 10
    /// The reasoning of longer calls is not kept: they are not worth being compared.
    private static let argumentsLimit = 1 << 20

    private enum Block {
        case text(callsBefore: Int, followsText: Bool)
        case thinking(piece: Int)
        case call(Int)
    }

    private struct Call {
        var id: String
        var name: String
        var isCustom: Bool
        var arguments: [UInt8] = []
    }

    private struct Gathered {
        var piece: ReasoningRecord.Piece
        /// The text, escaped as inside a JSON string.
        var escaped: [UInt8] = []

        /// The piece with its text.
        var complete: ReasoningRecord.Piece {
            guard case .thinking(var thinking) = piece.content, !escaped.isEmpty else { return piece }
            thinking.text = JSONText(rawEscaped: escaped)
            var piece = piece
            piece.content = .thinking(thinking)
            return piece
        }
    }

    private let memory: any ReasoningMemory
    private let owner: String
    private let place: Digest?
    /// Whether thinking is of use without a signature.
    private let keepsUnsigned: Bool
    private var blocks: [Int: Block] = [:]
    private var gathered: [Gathered] = []
    private var calls: [Call] = []
    private var content = VisibleContent()
    private var hasText = false
    private var reasoningSize = 0
    private var argumentsSize = 0

    /// `nil` if the answer's reasoning is of no use later.
    static func make(for context: TranslationContext, _ profile: TargetProfile) -> ReasoningRecorder? {
        guard context.remembersAnswer, let memory = context.memory else { return nil }
        return ReasoningRecorder(memory, context.owner, context.place, keepsUnsigned: profile.replaysThinkingText)
    }

    private init(_ memory: any ReasoningMemory, _ owner: String, _ place: Digest?, keepsUnsigned: Bool) {
        (self.memory, self.owner, self.place, self.keepsUnsigned) = (memory, owner, place, keepsUnsigned)
    }

    // MARK: - Events

    func observe(_ event: AnswerEvent) {
        switch event {
        case .open(let block, choice: 0, let kind): open(block, kind)
        case .text(let block, let piece), .refusal(let block, let piece):
            if blocks[block] != nil { content.add(piece) }
        case .thinking(let block, let piece):
            guard case .thinking(let number) = blocks[block], hasRoom(for: piece.utf8Count) else { return }
            piece.appendEscaped(to: &gathered[number].escaped)
        case .arguments(let block, let piece):
            guard case .call(let number) = blocks[block] else { return }
            argumentsSize += piece.utf8Count
            if argumentsSize <= Self.argumentsLimit { piece.appendUnescaped(to: &calls[number].arguments) }
        case .signature(let block, let signature): add(signature, to: block)
        default: break
        }
    }

    private func open(_ block: Int, _ kind: BlockKind) {
        switch kind {
        case .text, .refusal:
            blocks[block] = .text(callsBefore: calls.count, followsText: hasText)
            hasText = true
        case .thinking:
            blocks[block] = .thinking(piece: gathered.count)
            gather(.thinking(Thinking(text: "", signature: nil)))
        case .redactedThinking(let signature):
            if signature.isSigned, hasRoom(for: signature.data.utf8Count) { gather(.redacted(signature)) }
        case .toolCall(let id, let name, let kind):
            blocks[block] = .call(calls.count)
            calls.append(Call(id: id, name: name, isCustom: kind == .custom))
        case .media, .webSearch, .opaque: break
        }
    }

    private func gather(_ content: ReasoningRecord.Piece.Content) {
        guard hasRoom(for: 1) else { return }
        let piece = ReasoningRecord.Piece(content: content, callsBefore: calls.count, followsText: hasText)
        gathered.append(Gathered(piece: piece))
    }

    private func add(_ signature: Signature, to block: Int) {
        guard let owner = blocks[block], hasRoom(for: signature.data.utf8Count) else { return }
        switch owner {
        case .thinking(let number):
            guard case .thinking(var thinking) = gathered[number].piece.content else { return }
            thinking.signature = signature
            gathered[number].piece.content = .thinking(thinking)
        case .call(let number): gather(.call(number, signature))
        case .text(let callsBefore, let followsText):
            // Signed text: the signature goes back in front of it.
            let content = ReasoningRecord.Piece.Content.thinking(Thinking(text: "", signature: signature))
            let piece = ReasoningRecord.Piece(content: content, callsBefore: callsBefore, followsText: followsText)
            gathered.append(Gathered(piece: piece))
        }
    }

    /// What is too long is not kept at all: half a signature is none.
    private func hasRoom(for count: Int) -> Bool {
        reasoningSize += count
        return reasoningSize <= Self.reasoningLimit
    }

    // MARK: - End

    /// Hands what was gathered to the memory; called when the answer is complete.
    func finish() {
        guard reasoningSize <= Self.reasoningLimit, argumentsSize <= Self.argumentsLimit else { return }
        let record = ReasoningRecord(callIDs: calls.map(\.id), pieces: gathered.map(\.complete))
        guard record.pieces.contains(where: isUseful) else { return }
        let keys = keys()
        if !keys.isEmpty { memory.remember(record.remembered, for: keys) }
    }

    private func isUseful(_ piece: ReasoningRecord.Piece) -> Bool {
        switch piece.content {
        case .thinking(let thinking): thinking.signature?.isSigned ?? (keepsUnsigned && !thinking.text.isEmpty)
        case .redacted(let signature), .call(_, let signature): signature.isSigned
        }
    }

    /// What the turn is known by, with its text and without.
    private func keys() -> [ReasoningKey] {
        for call in calls {
            let spelled = JSONText(String(decoding: call.arguments, as: UTF8.self))
            let arguments = JSONRepair.object(from: call.isCustom ? ChatCalls.wrapped(spelled) : spelled)
            content.add(call: call.name, arguments: arguments.root)
        }
        guard !content.isEmpty else { return [] }
        let contents = Set([content.digest, content.digestOfCalls].compactMap { $0 })
        return contents.flatMap { content in
            [
                calls.first.flatMap { ReasoningKey(owner: owner, call: $0.id, turn: content) },
                place.map { ReasoningKey(owner: owner, place: $0, turn: content) },
            ].compactMap { $0 }
        }
    }
}
