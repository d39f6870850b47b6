import JSONCore

/// What a client may ask for and not every target has a place for.
enum Wish: CaseIterable {
    case temperature, topP, topK, minP, repeatPenalty, presencePenalty, frequencyPenalty, seed, logitBias, logprobs
    case verbosity, modalities, serviceTier, metadata, user, promptCacheKey, cacheRetention, store
    case imageDetail, documentDetails, documentTitles, documentImages, citations, messageNames, textOrder
    case toolStrict, toolGrammar, parallelTools, reasoningDisplay
}

extension Wish {
    /// How the loss is told.
    fileprivate var loss: (feature: Loss.Feature, detail: String?) {
        switch self {
        case .temperature: (.temperature, nil)
        case .topP: (.topP, nil)
        case .topK: (.topK, nil)
        case .minP: (.minP, nil)
        case .repeatPenalty: (.penalty, "repeat")
        case .presencePenalty: (.penalty, "presence")
        case .frequencyPenalty: (.penalty, "frequency")
        case .seed: (.seed, nil)
        case .logitBias: (.logitBias, nil)
        case .logprobs: (.logprobs, nil)
        case .verbosity: (.verbosity, nil)
        case .modalities: (.modalities, nil)
        case .serviceTier: (.serviceTier, nil)
        case .metadata: (.metadata, nil)
        case .user: (.user, nil)
        case .promptCacheKey: (.promptCacheKey, nil)
        case .cacheRetention: (.cacheRetention, nil)
        case .store: (.store, nil)
        case .imageDetail: (.imageDetail, nil)
        case .documentDetails, .documentTitles: (.documentTitle, nil)
        case .documentImages: (.media, Media.Kind.image.rawValue)
        case .citations: (.documentCitations, nil)
        case .messageNames: (.messageName, nil)
        case .textOrder: (.textOrder, nil)
        case .toolStrict: (.toolStrict, nil)
        case .toolGrammar: (.toolGrammar, nil)
        case .parallelTools: (.parallelTools, nil)
        case .reasoningDisplay: (.reasoningDisplay, nil)
        }
    }

    /// Whether a conversation asks for it; what only repeats a default asks for nothing.
    fileprivate func isIn(_ conversation: Conversation) -> Bool {
        let sampling = conversation.sampling
        let metadata = conversation.metadata
        return switch self {
        case .temperature: sampling.temperature != nil
        case .topP: sampling.topP.map { $0.value != 1 } ?? false
        case .topK: sampling.topK.map { $0.value > 0 } ?? false
        case .minP: sampling.minP.map { $0.value != 0 } ?? false
        case .repeatPenalty: sampling.repeatPenalty.map { $0.value != 1 } ?? false
        case .presencePenalty: sampling.presencePenalty.map { $0.value != 0 } ?? false
        case .frequencyPenalty: sampling.frequencyPenalty.map { $0.value != 0 } ?? false
        case .seed: sampling.seed != nil
        case .logitBias: sampling.logitBias?.count ?? 0 > 0
        case .logprobs: sampling.logprobs == true
        case .verbosity: metadata.verbosity.map { !$0.equals("medium") } ?? false
        case .modalities: metadata.modalities?.contains { $0 != "text" } ?? false
        case .serviceTier:
            metadata.serviceTier.map { !["auto", "default", "standard", "standard_only"].contains($0) } ?? false
        case .metadata: metadata.pairs?.count ?? 0 > 0
        case .user: metadata.user?.isEmpty == false
        case .promptCacheKey: metadata.promptCacheKey?.isEmpty == false
        case .cacheRetention: metadata.cacheRetention?.isEmpty == false
        case .store: metadata.store == true
        case .imageDetail: conversation.hasMedia { $0.kind == .image && $0.detail != nil && $0.detail != "auto" }
        case .documentDetails: conversation.hasMedia(where: \.hasDetails)
        case .documentTitles: conversation.hasMedia { $0.kind == .document && $0.isFile && $0.title?.isEmpty == false }
        case .documentImages: conversation.hasMedia(where: \.hasImagesInside)
        case .citations: conversation.contains(where: \.wantsCitations)
        case .messageNames: conversation.turns.contains { $0.name?.isEmpty == false }
        case .textOrder: conversation.turns.contains(where: \.hasTextBehindCalls)
        case .toolStrict: conversation.tools.contains { $0.strict == true }
        case .toolGrammar: conversation.tools.contains(where: \.hasGrammar)
        case .parallelTools: conversation.parallelTools == false && !conversation.tools.isEmpty
        case .reasoningDisplay: conversation.reasoning?.display != nil
        }
    }
}

/// Notes what a conversation asks for and the request written from it does not.
struct LossNotes {
    private let conversation: Conversation
    private let profile: TargetProfile
    private let kept: Set<Wish>

    /// `kept` are the wishes that the target's encoder writes down.
    init(_ conversation: Conversation, profile: TargetProfile, kept: Set<Wish>) {
        self.conversation = conversation
        self.profile = profile
        self.kept = kept
    }

    func note(in context: inout TranslationContext) {
        for wish in Wish.allCases where !kept.contains(wish) && wish.isIn(conversation) {
            context.lose(wish.loss.feature, wish.loss.detail)
        }
        noteTemperature(in: &context)
        noteReasoning(in: &context)
    }

    /// That the target goes only so far: `temperature:1.7->1`.
    private func noteTemperature(in context: inout TranslationContext) {
        guard kept.contains(.temperature), let wanted = conversation.sampling.temperature,
            let most = profile.dialect.mostTemperature, wanted.value > Double(most)
        else { return }
        let spelled = wanted.spelling.map { String(decoding: $0.raw, as: UTF8.self) } ?? String(wanted.value)
        context.lose(.temperature, "\(spelled)->\(most)")
    }

    /// That the model thinks, or how much, where the target cannot be told.
    private func noteReasoning(in context: inout TranslationContext) {
        guard let reasoning = conversation.reasoning, reasoning.isExplicit else { return }
        guard !reasoning.isOff else {
            // The least that such a model can think is not nothing.
            let cannotSay = profile.reasoningStyle == .effortNoNone || !profile.canSkipThinking
            if cannotSay, profile.reasoningStyle != .none { context.lose(.reasoning, "off") }
            return
        }
        switch profile.reasoningStyle {
        case .none: context.lose(.reasoning)
        case .ollamaFlag: if reasoning.level != nil { context.lose(.reasoning, "effort") }
        case .thinkingType: if reasoning.level != nil, profile.efforts == nil { context.lose(.reasoning, "effort") }
        default: break
        }
    }

    /// Notes the settings of a hosted search that the target's own does not have.
    static func noteSearch(_ tool: ServerTool, kept: Set<String>, in context: inout TranslationContext) {
        guard case .webSearch(let settings) = tool.kind else { return }
        var asked: [String] = []
        if let size = settings.contextSize, !size.equals("medium") { asked.append("search_context_size") }
        if settings.location != nil { asked.append("user_location") }
        if settings.allowedDomains?.count ?? 0 > 0 { asked.append("allowed_domains") }
        for (key, value) in tool.raw?.members ?? JSONDocument.emptyObject.root.members where !value.isNull {
            if !readSettings.contains(key.string) { asked.append(key.string) }
            guard key.equals("filters") else { continue }
            for (filter, value) in value.members where value.asks && !filter.equals("allowed_domains") {
                asked.append(filter.string)
            }
        }
        for setting in asked where !kept.contains(setting) { context.lose(.hostedToolSetting, setting) }
    }

    /// Members of a search tool that are read, or say nothing about the search.
    private static let readSettings: Set<String> = [
        "type", "name", "cache_control", "search_context_size", "user_location", "allowed_domains", "filters",
    ]
}

extension TranslationContext {
    /// Notes the members of a request that no other dialect knows.
    mutating func loseFields(of object: JSONValue, except known: Set<String>) {
        for (key, value) in object.members where !value.isNull {
            let name = key.string
            if !known.contains(name) { lose(.field, name) }
        }
    }

    /// Notes the members of an object inside a request that no other dialect knows and that ask for something.
    mutating func loseFields(of object: JSONValue?, in place: String, except known: [StaticString]) {
        guard let object, object.isObject else { return }
        for (key, value) in object.members where value.asks && !known.contains(where: { key.equals($0) }) {
            lose(.field, "\(place).\(key.string)")
        }
    }
}

extension JSONValue {
    /// Whether a setting is more than the word for having none.
    var asks: Bool {
        switch kind {
        case .null: false
        case .bool: bool == true
        case .number: true
        case .string: text?.isEmpty == false
        case .array, .object: count > 0
        }
    }
}

extension Conversation {
    fileprivate func contains(where isWanted: (Part) -> Bool) -> Bool {
        turns.contains { turn in
            turn.parts.contains { part in
                if case .toolResult(let result) = part {
                    result.parts.contains(where: isWanted)
                } else {
                    isWanted(part)
                }
            }
        }
    }

    fileprivate func hasMedia(where isWanted: (Media) -> Bool) -> Bool {
        contains { if case .media(let media) = $0 { isWanted(media) } else { false } }
    }
}

extension Part {
    /// Whether the answer is to cite it.
    fileprivate var wantsCitations: Bool {
        switch self {
        case .media(let media): media.wantsCitations
        case .searchResult(let hit): hit["citations"]?["enabled"]?.bool == true
        default: false
        }
    }
}

extension Media {
    /// Whether a document says more of itself than a name for its file; the details of plain text stand in its text.
    fileprivate var hasDetails: Bool {
        guard isFile, kind == .document else { return false }
        return context?.isEmpty == false || title?.isEmpty == false && filename?.isEmpty == false
    }

    fileprivate var isFile: Bool {
        switch source {
        case .text, .blocks: false
        case .base64, .url, .file: true
        }
    }

    /// Whether a document of blocks has more than text.
    fileprivate var hasImagesInside: Bool {
        guard case .blocks(let blocks, _) = source else { return false }
        return blocks.elements.contains { $0["type"]?.equals("image") == true }
    }
}

extension Turn {
    fileprivate var hasTextBehindCalls: Bool {
        guard role == .assistant, let call = parts.firstIndex(where: \.isToolCall) else { return false }
        return parts[call...].contains { $0.plainText?.isEmpty == false }
    }
}

extension ToolDefinition {
    fileprivate var hasGrammar: Bool {
        guard case .custom(let format?) = kind else { return false }
        return format["type"]?.equals("text") != true
    }
}
