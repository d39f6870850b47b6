/// Pass 10: tools, their names and the choice between them agree with each other and with the target.
enum ToolRepair {
    static func apply(
        to conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) throws(DialectError) {
        var seen: Set<String> = []
        conversation.tools.removeAll { !seen.insert($0.name).inserted }
        try dropServerTools(from: &conversation, profile: profile, context: &context)
        context.citesSources = !conversation.serverTools.isEmpty
        try checkChoice(&conversation, profile: profile)
        limit(&conversation, to: profile.maxTools, context: &context)
        if conversation.tools.isEmpty, conversation.serverTools.isEmpty {
            conversation.toolChoice = nil
            conversation.parallelTools = nil
            if profile.toolsForHistory { synthesise(for: &conversation) }
        }
        if profile.toolNameRule != .any { rename(&conversation, profile: profile, context: &context) }
        relaxForcedChoice(&conversation, profile: profile, context: &context)
        relaxHostedChoice(&conversation, profile: profile, context: &context)
    }

    // MARK: - Tools

    private static func dropServerTools(
        from conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) throws(DialectError) {
        guard !conversation.serverTools.isEmpty else { return }
        let hasFunctions = !conversation.tools.isEmpty
        conversation.serverTools.removeAll { tool in
            if case .webSearch = tool.kind, profile.hostedWebSearch != .none,
                profile.searchWithFunctions || !hasFunctions
            {
                return false
            }
            context.lose(.hostedTool, tool.name ?? tool.kind.type)
            return true
        }
        guard conversation.tools.isEmpty, conversation.serverTools.isEmpty,
            conversation.toolChoice?.isForced == true
        else { return }
        throw DialectError(
            .unsupported,
            "tool_choice demands a tool, and this model has none of the hosted tools in tools",
            param: "tool_choice",
            code: "unsupported_parameter"
        )
    }

    /// Those that the choice or the history names come first.
    private static func limit(_ conversation: inout Conversation, to limit: Int, context: inout TranslationContext) {
        guard conversation.tools.count > limit else { return }
        context.lose(.toolLimit, String(limit))
        var wanted = Set(conversation.turns.flatMap { $0.calls.map(\.name) })
        wanted.formUnion(conversation.toolChoice?.names ?? [])
        let ranked = conversation.tools.enumerated().sorted { a, b in
            let first = wanted.contains(a.element.name)
            return first == wanted.contains(b.element.name) ? a.offset < b.offset : first
        }
        conversation.tools = ranked.prefix(limit).sorted { $0.offset < $1.offset }.map(\.element)
    }

    private static func synthesise(for conversation: inout Conversation) {
        var seen: Set<String> = []
        let names = conversation.turns.flatMap { $0.calls.map(\.name) }.filter { seen.insert($0).inserted }
        guard !names.isEmpty else { return }
        conversation.tools = names.map { .synthesised($0) }
        conversation.toolChoice = ToolChoice.none
    }

    // MARK: - Choice

    private static func checkChoice(_ conversation: inout Conversation, profile: TargetProfile) throws(DialectError) {
        let names = Set(conversation.tools.map(\.name))
        switch conversation.toolChoice {
        case .named(let name):
            let isHosted = conversation.serverTools.contains { $0.name == name }
            guard names.contains(name) || isHosted || names.isEmpty && conversation.serverTools.isEmpty else {
                throw DialectError(
                    "tool_choice names the tool \"\(name)\", which tools does not have",
                    param: "tool_choice"
                )
            }
        case .allowed(let mustCall, let allowed) where !names.isEmpty || !conversation.serverTools.isEmpty:
            try choose(allowed, mustCall: mustCall, in: &conversation, profile: profile)
        default: break
        }
    }

    /// Leaves only the allowed tools, unless the target can be told which they are.
    ///
    /// Gemini can for demanded calls alone, and is shown only the allowed tools as all others are.
    private static func choose(
        _ allowed: [String],
        mustCall: Bool,
        in conversation: inout Conversation,
        profile: TargetProfile
    ) throws(DialectError) {
        let allowed = Set(allowed)
        let tools = conversation.tools.filter { allowed.contains($0.name) }
        let serverTools = conversation.serverTools.filter { $0.name.map(allowed.contains) ?? false }
        guard !tools.isEmpty || !serverTools.isEmpty else {
            throw DialectError("tool_choice allows only tools which tools does not have", param: "tool_choice")
        }
        let searches = profile.hostedWebSearch == .responses ? serverTools.compactMap(\.name) : []
        let names = tools.map(\.name) + searches
        if profile.customTools, !names.isEmpty {
            conversation.toolChoice = .allowed(mustCall: mustCall, names: names)
        } else {
            (conversation.tools, conversation.serverTools) = (tools, serverTools)
            conversation.toolChoice = mustCall ? .required : .auto
        }
    }

    /// Where the search of the web is a setting and no tool, no choice can force it.
    private static func relaxHostedChoice(
        _ conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) {
        guard profile.hostedWebSearch == .gemini || profile.hostedWebSearch == .options,
            !conversation.serverTools.isEmpty, let choice = conversation.toolChoice, choice.isForced
        else { return }
        if case .named(let name) = choice {
            guard !conversation.tools.contains(where: { $0.name == name }) else { return }
        } else {
            guard conversation.tools.isEmpty else { return }
        }
        context.lose(.toolChoice)
        conversation.toolChoice = .auto
    }

    private static func relaxForcedChoice(
        _ conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) {
        guard conversation.toolChoice?.isForced == true else { return }
        if !profile.toolChoiceForced {
            context.lose(.toolChoice)
            conversation.toolChoice = .auto
        }
        guard profile.thinkingForbidsForcedChoice, conversation.toolChoice?.isForced == true,
            let reasoning = conversation.reasoning, thinks(conversation, profile)
        else { return }
        if reasoning.isExplicit {
            context.lose(.toolChoice)
            conversation.toolChoice = .auto
        } else {
            conversation.reasoning = nil
        }
    }

    /// Whether the wish to think comes to anything: a model may be unable to, or have no room for it.
    private static func thinks(_ conversation: Conversation, _ profile: TargetProfile) -> Bool {
        let limit = conversation.maxOutput.map { min($0, profile.maxOutput ?? .max) }
        return ThinkingPlan(conversation.reasoning, maxOutput: limit, profile: profile).isThinking
    }

    // MARK: - Names

    private static func rename(
        _ conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) {
        let (limit, rule) = (profile.toolNameLimit, profile.toolNameRule)
        let declared = Set(conversation.tools.map(\.name))
        var taken: Set<String> = []
        func register(_ name: String) {
            guard context.toolNames.upstream(name) == name, !taken.contains(name) else { return }
            var safe = SafeNames.toolName(name, limit: limit, rule: rule)
            if safe != name, taken.contains(safe) || declared.contains(safe) {
                safe = SafeNames.distinctToolName(name, limit: limit, rule: rule)
            }
            taken.insert(safe)
            if safe != name { context.toolNames.add(client: name, upstream: safe) }
        }
        for tool in conversation.tools { register(tool.name) }
        for turn in conversation.turns { for call in turn.calls { register(call.name) } }
        guard !context.toolNames.isEmpty else { return }
        apply(context.toolNames, to: &conversation)
    }

    private static func apply(_ names: NameMap, to conversation: inout Conversation) {
        for place in conversation.tools.indices {
            conversation.tools[place].name = names.upstream(conversation.tools[place].name)
        }
        for turn in conversation.turns.indices {
            for part in conversation.turns[turn].parts.indices {
                guard case .toolCall(var call) = conversation.turns[turn].parts[part] else { continue }
                call.name = names.upstream(call.name)
                conversation.turns[turn].parts[part] = .toolCall(call)
            }
        }
        switch conversation.toolChoice {
        case .named(let name): conversation.toolChoice = .named(names.upstream(name))
        case .allowed(let mustCall, let allowed):
            conversation.toolChoice = .allowed(mustCall: mustCall, names: allowed.map(names.upstream))
        default: break
        }
    }
}
