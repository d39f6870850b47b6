import JSONCore

/// Pass 7: system text in its place, turns in an order that the target accepts.
enum RoleRepair {
    static func apply(to conversation: inout Conversation, profile: TargetProfile, context: inout TranslationContext) {
        // Directives of one dialect mean nothing to another.
        conversation.turns.removeAll { $0.directive != nil && $0.parts.isEmpty }
        if conversation.turns.isEmpty { promoteSystem(in: &conversation) }
        placeSystem(in: &conversation.turns, profile: profile, context: &context)
        if !profile.systemRole { foldSystem(into: &conversation) }
        if profile.alternatingTurns {
            mergeNeighbours(&conversation.turns, acrossResults: profile.resultsInUserTurns)
        }
        if profile.userTurnFirst { requireUserFirst(&conversation.turns) }
        finishPrefill(&conversation.turns, profile: profile, context: &context)
    }

    /// A request of system text only: its last block is what the user wants.
    private static func promoteSystem(in conversation: inout Conversation) {
        guard let last = conversation.system.popLast() else { return }
        conversation.turns = [Turn(.user, [.text(TextPart(text: last.text, cache: last.cache))])]
    }

    // MARK: - System text in mid-conversation

    static func reminder(_ texts: [JSONText]) -> JSONText {
        JSONText.joined(
            ["<system-reminder>\n", JSONText.joined(texts, separator: "\n\n"), "\n</system-reminder>"],
            separator: ""
        )
    }

    private static func placeSystem(
        in turns: inout [Turn],
        profile: TargetProfile,
        context: inout TranslationContext
    ) {
        guard turns.contains(where: { $0.role == .system }) else { return }
        var out: [Turn] = []
        var waiting: [Part] = []
        for (place, turn) in turns.enumerated() {
            guard turn.role == .system else {
                out.append(turn)
                if turn.role == .user, !waiting.isEmpty {
                    let results = turn.parts.prefix(while: \.isToolResult).count
                    out[out.count - 1].parts.insert(contentsOf: waiting, at: results)
                    waiting = []
                }
                continue
            }
            if mayStay(at: place, in: turns, profile: profile) {
                out.append(turn)
                continue
            }
            let texts = turn.parts.compactMap { if case .text(let part) = $0 { part.text } else { nil } }
            guard !texts.isEmpty else { continue }
            context.lose(.systemPosition)
            let part = Part.text(TextPart(text: reminder(texts), cache: turn.parts.last?.cache))
            if !profile.resultsInUserTurns {
                out.append(Turn(.user, [part]))
            } else if out.last?.role == .user {
                out[out.count - 1].parts.append(part)
            } else {
                waiting.append(part)  // behind an assistant turn: in front of what the user says next
            }
        }
        if !waiting.isEmpty { out.append(Turn(.user, waiting)) }
        turns = out
    }

    private static func mayStay(at place: Int, in turns: [Turn], profile: TargetProfile) -> Bool {
        if profile.systemAnywhere { return profile.systemRole && !profile.systemOnlyFirst }
        guard profile.systemInConversation, place > 0, turns[place - 1].role == .user else { return false }
        let isText = turns[place].parts.allSatisfy { if case .text = $0 { true } else { false } }
        return isText && (place == turns.count - 1 || turns[place + 1].role == .assistant)
    }

    /// For targets without a system role: the text stands in front of what the user says first.
    private static func foldSystem(into conversation: inout Conversation) {
        guard !conversation.system.isEmpty else { return }
        let text = JSONText.joined(conversation.system.map(\.text), separator: "\n\n")
        conversation.system = []
        guard let first = conversation.turns.firstIndex(where: { $0.role == .user && !$0.hasResults }) else {
            return conversation.turns.insert(Turn(.user, [.text(text)]), at: 0)
        }
        if case .text(var part) = conversation.turns[first].parts.first {
            part.text = JSONText.joined([text, part.text], separator: "\n\n")
            conversation.turns[first].parts[0] = .text(part)
        } else {
            conversation.turns[first].parts.insert(.text(text), at: 0)
        }
    }

    // MARK: - Order

    private static func mergeNeighbours(_ turns: inout [Turn], acrossResults: Bool) {
        var out: [Turn] = []
        for turn in turns {
            let isSame = out.last?.role == turn.role && turn.role != .system
            guard isSame, acrossResults || !(turn.hasResults || out.last?.hasResults == true) else {
                out.append(turn)
                continue
            }
            out[out.count - 1].parts += turn.parts
        }
        for place in out.indices where out[place].role == .user && out[place].hasResults {
            let parts = out[place].parts
            out[place].parts = parts.filter(\.isToolResult) + parts.filter { !$0.isToolResult }
        }
        turns = out
    }

    private static func requireUserFirst(_ turns: inout [Turn]) {
        if turns.first?.role != .user { turns.insert(Turn(.user, [.text("(conversation continues)")]), at: 0) }
    }

    /// A conversation that ends with the assistant asks for a continuation; not every target can.
    private static func finishPrefill(
        _ turns: inout [Turn],
        profile: TargetProfile,
        context: inout TranslationContext
    ) {
        guard let last = turns.indices.last, turns[last].role == .assistant else { return }
        guard profile.prefill else {
            context.lose(.prefill)
            return turns.append(Turn(.user, [.text("(continue)")]))
        }
        guard case .text(var part) = turns[last].parts.last else { return }
        var text = part.text.string
        guard text.last?.isWhitespace == true else { return }
        while text.last?.isWhitespace == true { text.removeLast() }
        part.text = JSONText(text)
        turns[last].parts[turns[last].parts.count - 1] = .text(part)
        if text.isEmpty { turns[last].parts.removeLast() }
        if turns[last].parts.isEmpty { turns.removeLast() }
    }
}
