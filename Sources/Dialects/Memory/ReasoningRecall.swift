import CryptoCore
import JSONCore

/// Finds what was kept of the turns of a history.
struct ReasoningRecall {
    /// So many turns are looked for by their place: that costs reading what stands around them.
    private static let searchLimit = 64

    private let memory: any ReasoningMemory
    private let owner: String
    private let readTurns: () -> [Turn]
    private lazy var digests = TurnDigests(readTurns())
    private var searches = 0

    /// `nil` if there is nothing that the target could be given.
    ///
    /// The turns are read when the first one is looked for.
    init?(_ context: TranslationContext, _ profile: TargetProfile, _ turns: @escaping () -> [Turn]) {
        guard let memory = context.memory, profile.takesReasoningBack, !memory.isEmpty else { return nil }
        (self.memory, owner, readTurns) = (memory, context.owner, turns)
    }

    /// The reasoning of the turn with this content and an id that no other has, or with this content at this place.
    ///
    /// Clients that sum up what was said change the places, those with calls of their own the ids.
    mutating func record(of turn: Int) -> ReasoningRecord? {
        guard digests.turns.indices.contains(turn), let content = digests.content(of: turn) else { return nil }
        if let id = digests.turns[turn].firstCallID,
            let key = ReasoningKey(owner: owner, call: id, turn: content), let known = memory.recall(key)
        {
            return ReasoningRecord(known)
        }
        searches += 1
        guard searches <= Self.searchLimit, let place = digests.place(before: turn) else { return nil }
        return memory.recall(ReasoningKey(owner: owner, place: place, turn: content)).flatMap(ReasoningRecord.init)
    }
}

/// Puts back into a history what its client did not keep: thinking, signatures, and the ids of calls.
///
/// It runs between the passes over the text and over the ids of calls.
enum ReasoningMemoryPass {
    static func apply(to conversation: inout Conversation, profile: TargetProfile, context: inout TranslationContext) {
        guard context.memory != nil, profile.takesReasoningBack else { return }
        let mayThink = !profile.thinkingLeadsTurns || conversation.reasoning.map { !$0.isOff } ?? false
        guard mayThink else { return }
        var digests = TurnDigests(conversation.turns)
        context.remembersAnswer = true
        if conversation.turns.last?.role != .assistant {
            context.place = digests.place(before: conversation.turns.count)
        }
        let turns = conversation.turns
        guard var recall = ReasoningRecall(context, profile, { turns }) else { return }
        complete(&conversation.turns, &recall, profile, context)
        for place in conversation.turns.indices.reversed() where isLacking(conversation.turns[place], profile) {
            guard let record = recall.record(of: place) else { continue }
            restoreIDs(record.callIDs, of: place, in: &conversation.turns)
            insert(record, into: &conversation.turns[place], profile, context)
        }
    }

    /// Turns of the tool loop that goes on get back what their client dropped of several signatures: Gemini and Anthropic
    /// want to see all of them there.
    private static func complete(
        _ turns: inout [Turn],
        _ recall: inout ReasoningRecall,
        _ profile: TargetProfile,
        _ context: TranslationContext
    ) {
        guard !profile.replaysThinkingText else { return }
        for place in turns.indices.reversed() where turns[place].role != .system {
            guard turns[place].role == .assistant else {
                guard turns[place].hasResults else { return }
                continue
            }
            guard !isLacking(turns[place], profile), turns[place].hasCalls, let record = recall.record(of: place)
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
        guard let turns = clientDialect.codec.history(of: root)?.recent, turns.last?.role != .assistant else { return }
        var digests = TurnDigests(turns)
        place = digests.place(before: turns.count)
    }
}

extension Turn {
    fileprivate var firstCallID: String? {
        for call in calls { return call.id }
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
