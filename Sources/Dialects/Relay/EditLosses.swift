import JSONCore

/// What is lost of a request that is edited for a target of its own dialect, or by members that a target does not take.
///
/// The members that the edits remove because of the profile, under the names that all dialects use.
struct EditLosses {
    private let root: JSONValue
    private let profile: TargetProfile
    private var losses: [Loss] = []

    static func note(_ root: JSONValue, profile: TargetProfile, in context: inout TranslationContext) {
        var notes = EditLosses(root: root, profile: profile)
        notes.noteFields(of: root, profile.stripFields.sorted())
        notes.noteSampling()
        notes.noteLimit()
        notes.noteTools()
        for loss in notes.losses { context.lose(loss.feature, loss.detail) }
    }

    /// Notes which of the members of an object that are taken out ask for something.
    static func noteStripped(
        _ names: [String],
        of object: JSONValue,
        profile: TargetProfile,
        in context: inout TranslationContext
    ) {
        var notes = EditLosses(root: object, profile: profile)
        notes.noteFields(of: object, names)
        for loss in notes.losses { context.lose(loss.feature, loss.detail) }
    }

    private init(root: JSONValue, profile: TargetProfile) {
        (self.root, self.profile) = (root, profile)
    }

    // MARK: - Members

    private mutating func noteFields(of object: JSONValue, _ names: [String]) {
        for name in names {
            guard let value = object.member(name), Self.asks(name, value) else { continue }
            losses.append(Self.known[name] ?? Loss(.field, name))
        }
    }

    private static let known: [String: Loss] = [
        "temperature": Loss(.temperature), "top_p": Loss(.topP), "top_k": Loss(.topK), "min_p": Loss(.minP),
        "repeat_penalty": Loss(.penalty, "repeat"), "presence_penalty": Loss(.penalty, "presence"),
        "frequency_penalty": Loss(.penalty, "frequency"), "seed": Loss(.seed), "logit_bias": Loss(.logitBias),
        "logprobs": Loss(.logprobs), "top_logprobs": Loss(.logprobs), "service_tier": Loss(.serviceTier),
        "metadata": Loss(.metadata), "user": Loss(.user), "store": Loss(.store),
        "prompt_cache_key": Loss(.promptCacheKey), "prompt_cache_retention": Loss(.cacheRetention),
        "reasoning": Loss(.reasoning), "reasoning_effort": Loss(.reasoning), "thinking": Loss(.reasoning),
        "max_output_tokens": Loss(.maxOutput), "truncation": Loss(.truncation),
        "background": Loss(.background), "prompt": Loss(.serverState, "prompt"),
        "response_format": Loss(.structuredOutput), "verbosity": Loss(.verbosity), "modalities": Loss(.modalities),
    ]

    private static let defaults: [String: Double] = [
        "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "repeat_penalty": 1, "min_p": 0, "n": 1,
        "top_logprobs": 0,
    ]

    private static let defaultWords: Set<String> = ["", "auto", "default", "standard", "standard_only", "none"]

    /// Whether a member asks for something; what only repeats a default does not.
    private static func asks(_ name: String, _ value: JSONValue) -> Bool {
        switch value.kind {
        case .null: false
        case .bool: value.bool == true
        case .number: value.double != defaults[name] || defaults[name] == nil
        case .string: name == "truncation" ? value.equals("auto") : !defaultWords.contains(value.string ?? "")
        case .array: value.count > 0
        case .object: value.count > 0 && value["type"]?.equals("disabled") != true
        }
    }

    // MARK: - Sampling and limits

    /// Where the dialect puts numbers.
    private var settings: JSONValue? {
        switch profile.dialect {
        case .openAIChat, .openAIResponses, .anthropicMessages: root
        case .gemini: root.present("generationConfig", or: "generation_config")
        case .ollama: root.present("options")
        }
    }

    private mutating func noteSampling() {
        // The edits leave Gemini's numbers as they are.
        guard profile.dialect != .gemini, let settings, settings.isObject else { return }
        if !profile.samplingAllowed { noteFields(of: settings, Self.sampling) }
        if !profile.seed { noteFields(of: settings, ["seed"]) }
        guard profile.dialect != .ollama else { return }
        if !profile.tempAndTopP, settings.present("temperature") != nil { noteFields(of: settings, ["top_p"]) }
        guard profile.dialect == .openAIChat else { return }
        if !profile.penalties { noteFields(of: settings, ["presence_penalty", "frequency_penalty"]) }
        if !profile.logitBias { noteFields(of: settings, ["logit_bias"]) }
        if !profile.logprobs { noteFields(of: settings, ["logprobs", "top_logprobs"]) }
    }

    private static let sampling = [
        "temperature", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty", "logprobs",
        "top_logprobs", "logit_bias",
    ]

    private mutating func noteLimit() {
        guard let most = profile.maxOutput, let settings, settings.isObject else { return }
        let limit: JSONValue? =
            switch profile.dialect {
            case .openAIChat:
                settings.present("max_completion_tokens") ?? settings.present("max_tokens")
                    ?? settings.present("max_output_tokens")
            case .openAIResponses: settings.present("max_output_tokens")
            case .anthropicMessages: settings.present("max_tokens")
            case .gemini: settings.present("maxOutputTokens", or: "max_output_tokens")
            case .ollama: settings.present("num_predict")
            }
        if let wanted = limit?.int, wanted > most { losses.append(Loss(.maxOutput)) }
    }

    // MARK: - Tools

    private mutating func noteTools() {
        // The edits of the other dialects' tools note their own.
        guard profile.dialect == .openAIChat || profile.dialect == .openAIResponses,
            let tools = root.present("tools"), tools.isArray, tools.count > 0
        else { return }
        if profile.dialect == .openAIChat, tools.count > profile.maxTools {
            losses.append(Loss(.toolLimit, String(profile.maxTools)))
        }
        if !profile.parallelToolCallsField, root["parallel_tool_calls"]?.bool == false {
            losses.append(Loss(.parallelTools))
        }
        if !profile.toolChoiceForced, let choice = root.present("tool_choice"),
            ChatToolChoice.read(choice)?.isForced == true
        {
            losses.append(Loss(.toolChoice))
        }
    }
}

extension TargetProfile {
    /// A request's body without the members that the target does not take.
    func strippingFields(of body: [UInt8], noting context: inout TranslationContext) -> [UInt8] {
        guard !stripFields.isEmpty || onlyFields != nil, let document = try? JSONDocument.parse(body) else {
            return body
        }
        let names = document.root.members.map(\.key.string).filter { name in
            stripFields.contains(name) || !(onlyFields?.contains(name) ?? true)
        }
        guard !names.isEmpty else { return body }
        EditLosses.noteStripped(names.sorted(), of: document.root, profile: self, in: &context)
        var editor = JSONEditor(document)
        for name in names { editor.removeMember(name, of: document.root) }
        return editor.finish()
    }
}
