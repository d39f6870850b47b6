import CryptoCore
import JSONCore

/// Puts back into a history what its client did not keep: thinking, signatures, and the ids of calls.
struct ReasoningRecall {
    private let memory: any ReasoningMemory
    private let owner: String

    /// `nil` if there is nothing that the target could be given.
    init?(_ context: TranslationContext, _ profile: TargetProfile) {
        guard let memory = context.memory, profile.takesReasoningBack, !memory.isEmpty else { return nil }
        (self.memory, owner) = (memory, context.owner)
    }

    /// The reasoning of the turn whose first call has this id.
    func record(ofCall id: String) -> ReasoningRecord? {
        memory.recall(ReasoningKey(owner: owner, call: id)).flatMap(ReasoningRecord.init)
    }

    /// The reasoning of the turn that says the same at the same place.
    fileprivate func record(ofTurn turn: Int, _ digests: inout TurnDigests) -> ReasoningRecord? {
        guard let content = digests.content(of: turn), let place = digests.place(before: turn) else { return nil }
        return memory.recall(ReasoningKey(owner: owner, place: place, turn: content)).flatMap(ReasoningRecord.init)
    }
}

/// The pass between the text of a history and the ids of its calls.
enum ReasoningMemoryPass {
    /// So many turns, the latest ones, are looked for by what they say: that costs reading them.
    private static let searchLimit = 16

    static func apply(to conversation: inout Conversation, profile: TargetProfile, context: inout TranslationContext) {
        guard context.memory != nil, profile.takesReasoningBack else { return }
        let mayThink = !profile.thinkingLeadsTurns || conversation.reasoning.map { !$0.isOff } ?? false
        guard mayThink else { return }
        var digests = TurnDigests(conversation.turns)
        context.remembersAnswer = true
        if conversation.turns.last?.role != .assistant {
            context.place = digests.place(before: conversation.turns.count)
        }
        guard let recall = ReasoningRecall(context, profile) else { return }
        complete(&conversation.turns, recall, profile, context)
        var searches = 0
        for place in conversation.turns.indices.reversed() where isLacking(conversation.turns[place], profile) {
            if let id = conversation.turns[place].firstCallID, let record = recall.record(ofCall: id) {
                insert(record, into: &conversation.turns[place], profile, context)
                continue
            }
            searches += 1
            guard searches <= searchLimit, let record = recall.record(ofTurn: place, &digests) else { continue }
            restoreIDs(record.callIDs, of: place, in: &conversation.turns)
            insert(record, into: &conversation.turns[place], profile, context)
        }
    }

    /// Turns of the tool loop that goes on get back what their client dropped of several signatures: Gemini and Anthropic
    /// want to see all of them there.
    private static func complete(
        _ turns: inout [Turn],
        _ recall: ReasoningRecall,
        _ profile: TargetProfile,
        _ context: TranslationContext
    ) {
        guard !profile.replaysThinkingText else { return }
        for place in turns.indices.reversed() where turns[place].role != .system {
            guard turns[place].role == .assistant else {
                guard turns[place].hasResults else { return }
                continue
            }
            guard !isLacking(turns[place], profile), let id = turns[place].firstCallID,
                let record = recall.record(ofCall: id)
            else { continue }
            let kept = signatures(of: turns[place], profile)
            let all = record.signatures(for: profile, context)
            if all.count > kept.count, kept.isSubset(of: all) { insert(record, into: &turns[place], profile, context) }
        }
    }

    /// What the target can verify of a turn.
    private static func signatures(of turn: Turn, _ profile: TargetProfile) -> Set<String> {
        let all = turn.parts.compactMap(\.signature) + turn.calls.compactMap(\.signature)
        return Set(all.filter { $0.family == profile.signatureFamily }.map(\.data.string))
    }

    /// Whether the target would get no reasoning with a turn although it takes it.
    private static func isLacking(_ turn: Turn, _ profile: TargetProfile) -> Bool {
        guard turn.role == .assistant else { return false }
        if profile.replaysThinkingText { return turn.hasCalls && !turn.parts.contains(where: \.isThinking) }
        return !turn.calls.contains { $0.signature?.family == profile.signatureFamily }
            && !turn.parts.contains { $0.signature?.family == profile.signatureFamily }
    }

    // MARK: - Thinking and signatures

    static func insert(
        _ record: ReasoningRecord,
        into turn: inout Turn,
        _ profile: TargetProfile,
        _ context: TranslationContext
    ) {
        let pieces = record.pieces.filter { piece in
            guard let part = piece.part else { return false }
            return ReasoningRepair.isKept(part, profile, context)
        }
        var signatures: [Int: Signature] = [:]
        for case .call(let number, let signature) in record.pieces.map(\.content)
        where signature.family == profile.signatureFamily {
            signatures[number] = signature
        }
        guard !pieces.isEmpty || !signatures.isEmpty else { return }
        // Gemini signs the end of a text; nobody else takes thinking behind everything else.
        let takesLast = profile.signatureFamily == .gemini
        turn.parts = merged(turn.parts.filter { !$0.isThinking }, with: pieces[...], signatures, takesLast: takesLast)
    }

    /// Every piece in front of what followed it.
    private static func merged(
        _ parts: [Part],
        with pieces: ArraySlice<ReasoningRecord.Piece>,
        _ signatures: [Int: Signature],
        takesLast: Bool
    ) -> [Part] {
        var (out, waiting): ([Part], ArraySlice<ReasoningRecord.Piece>) = ([], pieces)
        var (calls, hasText) = (0, false)
        for part in parts {
            while let piece = waiting.first, piece.callsBefore <= calls,
                !piece.followsText || hasText || part.isToolCall
            {
                if let restored = piece.part { out.append(restored) }
                waiting = waiting.dropFirst()
            }
            if case .toolCall(var call) = part {
                call.signature = signatures[calls] ?? call.signature
                out.append(.toolCall(call))
                calls += 1
            } else {
                out.append(part)
                if !part.isNote { hasText = true }
            }
        }
        return takesLast ? out + waiting.compactMap(\.part) : out
    }

    // MARK: - Ids

    /// Gives the calls of a turn, and their results, the ids that the provider gave them.
    private static func restoreIDs(_ ids: [String], of place: Int, in turns: inout [Turn]) {
        let calls = Array(turns[place].calls)
        guard ids.count == calls.count, !ids.contains(""), Set(ids).count == ids.count else { return }
        let names = Dictionary(zip(calls.map(\.id), ids)) { first, _ in first }
        guard names.count == ids.count else { return }
        rename(names, in: &turns[place])
        for next in turns.indices.dropFirst(place + 1) {
            if turns[next].hasCalls { return }
            rename(names, in: &turns[next])
        }
    }

    private static func rename(_ ids: [String: String], in turn: inout Turn) {
        for place in turn.parts.indices {
            switch turn.parts[place] {
            case .toolCall(var call):
                call.id = ids[call.id] ?? call.id
                turn.parts[place] = .toolCall(call)
            case .toolResult(var result):
                result.callID = ids[result.callID] ?? result.callID
                turn.parts[place] = .toolResult(result)
            default: break
            }
        }
    }
}

extension TranslationContext {
    /// Takes note of where the answer to a request stands that is passed on as it is.
    mutating func notePlace(of root: JSONValue, _ profile: TargetProfile) {
        guard memory != nil, profile.takesReasoningBack else { return }
        if profile.thinkingLeadsTurns {
            guard let type = root.present("thinking")?["type"], !type.equals("disabled") else { return }
        }
        remembersAnswer = true
        let turns = clientDialect.codec.recentTurns(of: root)
        guard turns.last?.role != .assistant else { return }
        var digests = TurnDigests(turns)
        place = digests.place(before: turns.count)
    }
}

extension Turn {
    /// What a turn with calls is known by.
    var firstCallID: String? {
        for call in calls { return call.id.isEmpty ? nil : call.id }
        return nil
    }
}

extension ReasoningRecord {
    /// What the target can verify.
    fileprivate func signatures(for profile: TargetProfile, _ context: TranslationContext) -> Set<String> {
        Set(
            pieces.compactMap { piece -> String? in
                if case .call(_, let signature) = piece.content {
                    return signature.family == profile.signatureFamily ? signature.data.string : nil
                }
                guard let part = piece.part, ReasoningRepair.isKept(part, profile, context) else { return nil }
                return part.signature?.data.string
            }
        )
    }
}

extension ReasoningRecord.Piece {
    /// The piece as a part of a turn; `nil` for what belongs to a call.
    var part: Part? {
        switch content {
        case .thinking(let thinking): .thinking(thinking)
        case .redacted(let signature): .redactedThinking(signature)
        case .call: nil
        }
    }
}

extension Part {
    /// The signature of thinking.
    fileprivate var signature: Signature? {
        switch self {
        case .thinking(let thinking): thinking.signature
        case .redactedThinking(let signature): signature
        default: nil
        }
    }
}
