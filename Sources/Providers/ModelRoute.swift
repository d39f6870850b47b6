import Dialects

/// How one model of a provider is asked for: the id to send, its wire format, a hidden effort level.
struct ModelRoute {
    /// What the catalogue knows about the model that is sent.
    let facts: ProviderModel?
    /// Id in the upstream body.
    let upstreamID: String
    let format: WireFormat
    /// Effort named by a suffix of the model name.
    let effort: String?
    /// A virtual model that is another model called differently.
    let variant: ModelVariant?

    /// What is spoken to the model; formats without a dialect are refused when the route is made.
    var dialect: Dialect { format.dialect ?? .openAIChat }

    /// `client` is the client's dialect, which is spoken on where the provider has several.
    init(provider: Provider, requested: String, options: ConnectionOptions, client: Dialect?) throws(CallError) {
        guard let chat = provider.chat else { throw CallError(.unsupported, "\(provider.name) offers no chat") }
        variant = ModelVariant.of(requested, provider: provider)
        let suffix = variant == nil ? EffortSuffix.split(requested, provider: provider) : nil
        let wanted = variant?.sendAs ?? suffix?.model ?? requested
        let facts = chat.models.model(like: wanted)
        self.facts = facts
        effort = suffix?.effort
        upstreamID = Self.upstreamID(wanted, facts: facts, provider: provider, chat: chat)
        let stated = variant?.format ?? options.chatFormat(of: provider, model: wanted) ?? facts?.format
        format = stated ?? Self.format(of: wanted, provider: provider, options: options, client: client)
        guard format.dialect != nil else {
            throw CallError(
                .unsupported,
                "\(provider.alias)/\(requested) speaks \(format.rawValue), which this version cannot call yet"
            )
        }
    }

    private static func upstreamID(
        _ wanted: String,
        facts: ProviderModel?,
        provider: Provider,
        chat: ChatService
    ) -> String {
        if let sendAs = facts?.sendAs { return sendAs }
        // Gemini's model list names its models so; the path has the word already.
        if provider.format == .gemini, wanted.hasPrefix("models/") { return String(wanted.dropFirst("models/".count)) }
        if DashedClaudeIDs.providers.contains(provider.id) { return DashedClaudeIDs.dashed(wanted) }
        // An alias is sent as the id it stands for; another spelling stays as the user wrote it.
        let id = facts.map { $0.aliases.contains(wanted) ? $0.id : wanted } ?? wanted
        guard let prefix = chat.modelIDPrefix,
            !chat.acceptedModelIDPrefixes.contains(where: { id.hasPrefix($0) })
        else { return id }
        return prefix + id
    }

    private static func format(
        of model: String,
        provider: Provider,
        options: ConnectionOptions,
        client: Dialect?
    ) -> WireFormat {
        if ResponsesModels.isOne(model, of: provider) { return .openAIResponses }
        // At a base address of the user's own only the provider's usual dialect is certain.
        let hasChoice = ResponsesModels.providers.contains(provider.id) && options.baseURL == nil
        if client == .openAIResponses, hasChoice { return .openAIResponses }
        return NativeOllama.providers.contains(provider.id) ? .ollama : provider.format ?? .openAI
    }
}

extension ConnectionOptions {
    /// The account's choice, for providers that speak OpenAI's format at all.
    fileprivate func chatFormat(of provider: Provider, model: String) -> WireFormat? {
        provider.format == .openAI && !NativeOllama.providers.contains(provider.id) ? chatFormat(for: model) : nil
    }
}

/// Models that are spoken to through OpenAI's Responses API.
enum ResponsesModels {
    /// Providers that answer all their models there too, with everything that Responses can express.
    static let providers: Set<String> = ["openai", "xai"]

    /// OpenAI's models that its Chat API does not have.
    private static let only = ["*-pro", "*-pro-20??-??-??", "*codex*", "*deep-research*", "computer-use-preview*"]

    static func isOne(_ model: String, of provider: Provider) -> Bool {
        provider.id == "openai" && only.contains { Glob.matches($0, model) }
    }
}

/// Ollama's own dialect, which its OpenAI-style address, the one of the catalogue, is only a part of.
enum NativeOllama {
    static let providers: Set<String> = ["ollama-local", "ollama-cloud"]
}

/// Claude ids with dots, as the catalogue lists them, are not ids of Anthropic's own API, which has dashes.
enum DashedClaudeIDs {
    static let providers: Set<String> = ["anthropic", "claude"]

    /// `claude-opus-4-7` for `claude-opus-4.7`; anything else stays.
    static func dashed(_ id: String) -> String {
        guard id.hasPrefix("claude-") else { return id }
        return String(id.map { $0 == "." ? "-" : $0 })
    }
}

/// A model name that ends in an effort level (`grok-4.3-low`) where the vendor's ids have none.
enum EffortSuffix {
    private struct Rule {
        let providers: Set<String>
        /// The model without the suffix must match one of these patterns.
        let models: [String]
        let levels: [String]
    }

    private static let rules = [
        Rule(providers: ["xai"], models: ["grok-*"], levels: ["low", "medium", "high", "xhigh"]),
        Rule(
            providers: ["opencode", "opencode-zen", "opencode-go"],
            models: ["deepseek-v4-pro"],
            levels: ["low", "medium", "high", "xhigh", "max"]
        ),
    ]

    /// The model and the level, unless the catalogue lists the full name itself.
    static func split(_ model: String, provider: Provider) -> (model: String, effort: String)? {
        guard provider.chat?.models[model] == nil,
            let rule = rules.first(where: { $0.providers.contains(provider.id) })
        else { return nil }
        for level in rule.levels where model.hasSuffix("-" + level) {
            let base = String(model.dropLast(level.utf8.count + 1))
            guard rule.models.contains(where: { Glob.matches($0, base) }) else { continue }
            return (base, level)
        }
        return nil
    }
}

/// A listed model that does not exist upstream: the same model with other settings on another transport.
struct ModelVariant {
    let sendAs: String
    let format: WireFormat
    let betas: [String]
    /// Written to the top level of the body.
    let effort: String

    /// `glm-5.2-high` and `-max` are `glm-5.2` on Z.ai's Anthropic-style address with an effort.
    private static let glm: [String: ModelVariant] = [
        "glm-5.2-high": ModelVariant(
            sendAs: "glm-5.2",
            format: .claude,
            betas: ["effort-2025-11-24"],
            effort: "high"
        ),
        "glm-5.2-max": ModelVariant(
            sendAs: "glm-5.2",
            format: .claude,
            betas: ["effort-2025-11-24"],
            effort: "max"
        ),
    ]

    static func of(_ model: String, provider: Provider) -> ModelVariant? {
        provider.executor == "glm" ? glm[model] : nil
    }
}
