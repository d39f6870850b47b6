import JSONCore

/// Pass 11: numbers within the target's limits, stop sequences that it takes, marks for the prompt cache.
enum LimitRepair {
    static func apply(
        to conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) throws(DialectError) {
        if let choices = conversation.sampling.choices, choices > 1, !profile.givesSeveralAnswers {
            let field = context.clientDialect == .gemini ? "candidateCount" : "n"
            throw DialectError(
                .unsupported,
                "this model gives one answer per request: \(field) must be 1",
                param: "n",
                code: "unsupported_parameter"
            )
        }
        context.choices = max(1, conversation.sampling.choices ?? 1)
        if let limit = profile.maxOutput, let wanted = conversation.maxOutput {
            conversation.maxOutput = min(wanted, limit)
            if wanted > limit { context.lose(.maxOutput) }
        }
        limitStops(&conversation.sampling, profile: profile, context: &context)
        CacheMarkRepair.apply(to: &conversation, profile: profile)
    }

    private static func limitStops(
        _ sampling: inout Sampling,
        profile: TargetProfile,
        context: inout TranslationContext
    ) {
        let wanted = sampling.stop.filter { !$0.isEmpty }
        sampling.stop = profile.blankStops ? wanted : wanted.filter { !$0.string.allSatisfy(\.isWhitespace) }
        let taken = min(sampling.stop.count, profile.stopSequences ? profile.maxStop ?? .max : 0)
        sampling.stop.removeLast(sampling.stop.count - taken)
        guard wanted.count > taken else { return }
        context.stopEmulation = wanted.map(\.string).filter { text in !sampling.stop.contains { $0.string == text } }
    }
}

/// The marks that tell Anthropic where its prompt cache may end: at most four, the long-lived ones first.
enum CacheMarkRepair {
    private static let limit = 4

    /// Where a mark stands, in the order in which Anthropic reads a prompt.
    private enum Place {
        case tool(Int)
        case system(Int)
        case part(turn: Int, part: Int)
    }

    static func apply(to conversation: inout Conversation, profile: TargetProfile) {
        guard profile.cacheMarks else { return }
        var marks = marks(in: conversation)
        if marks.isEmpty {
            guard profile.automaticCacheMarks else { return }
            addMarks(to: &conversation)
            marks = self.marks(in: conversation)
        }
        if marks.count > limit {
            let kept = kept(marks)
            for (index, place) in marks.enumerated() where !kept.contains(index) {
                set(nil, at: place, in: &conversation)
            }
            marks = marks.indices.filter(kept.contains).map { marks[$0] }
        }
        var hasShort = false
        for place in marks {
            let mark = mark(at: place, in: conversation)
            if mark?.isOneHour == true, hasShort { set(CacheMark(), at: place, in: &conversation) }
            if mark?.isOneHour == false { hasShort = true }
        }
    }

    /// The last of the tools, the last of the system blocks, and the latest of the turns.
    private static func kept(_ marks: [Place]) -> Set<Int> {
        var kept: Set<Int> = []
        if let tool = marks.lastIndex(where: { if case .tool = $0 { true } else { false } }) { kept.insert(tool) }
        if let system = marks.lastIndex(where: { if case .system = $0 { true } else { false } }) { kept.insert(system) }
        for index in marks.indices.reversed() where kept.count < limit {
            if case .part = marks[index] { kept.insert(index) }
        }
        for index in marks.indices.reversed() where kept.count < limit { kept.insert(index) }
        return kept
    }

    private static func addMarks(to conversation: inout Conversation) {
        if !conversation.tools.isEmpty { conversation.tools[conversation.tools.count - 1].cache = CacheMark() }
        if !conversation.system.isEmpty { conversation.system[conversation.system.count - 1].cache = CacheMark() }
        let users = conversation.turns.indices.filter { conversation.turns[$0].role == .user }.dropLast().suffix(1)
        let last = conversation.turns.indices.suffix(1)
        for turn in users + last {
            guard let part = conversation.turns[turn].parts.lastIndex(where: \.canCarryMark) else { continue }
            conversation.turns[turn].parts[part].cache = CacheMark()
        }
    }

    private static func marks(in conversation: Conversation) -> [Place] {
        var places: [Place] = []
        for (index, tool) in conversation.tools.enumerated() where tool.cache != nil { places.append(.tool(index)) }
        for (index, block) in conversation.system.enumerated() where block.cache != nil {
            places.append(.system(index))
        }
        for (turn, content) in conversation.turns.enumerated() {
            for (part, value) in content.parts.enumerated() where value.cache != nil {
                places.append(.part(turn: turn, part: part))
            }
        }
        return places
    }

    private static func mark(at place: Place, in conversation: Conversation) -> CacheMark? {
        switch place {
        case .tool(let index): conversation.tools[index].cache
        case .system(let index): conversation.system[index].cache
        case .part(let turn, let part): conversation.turns[turn].parts[part].cache
        }
    }

    private static func set(_ mark: CacheMark?, at place: Place, in conversation: inout Conversation) {
        switch place {
        case .tool(let index): conversation.tools[index].cache = mark
        case .system(let index): conversation.system[index].cache = mark
        case .part(let turn, let part): conversation.turns[turn].parts[part].cache = mark
        }
    }
}

extension Part {
    var canCarryMark: Bool {
        switch self {
        case .text, .media, .toolCall, .toolResult: true
        case .thinking, .redactedThinking, .refusal, .searchResult, .opaque: false
        }
    }
}
