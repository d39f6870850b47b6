import Dialects
import JSONCore

/// Changes to a translated request body that a provider or a connection wants, beyond what a profile can say.
///
/// Empty for almost every call: then the body is sent as it is, without being parsed again.
package struct BodyRules: Sendable, Equatable {
    /// Output limit for requests that state none.
    package var defaultMaxTokens: Int?
    package var defaultTemperature: Double?
    /// `thinking` for requests that state none, as JSON text.
    package var defaultThinking: String?
    /// Effort named by the model's suffix: wins over the client's.
    package var effort: String?
    /// Effort of the connection for requests that state none.
    package var defaultEffort: String?
    package var defaultServiceTier: String?
    /// The effort is a member of `reasoning`, as Responses has it.
    package var nestsEffort = false
    /// Effort levels under the names the provider knows.
    package var effortNames: [String: String] = [:]
    /// Members that are always set, as JSON text.
    package var fixed: [String: String] = [:]
    /// Sets `tool_stream` when the request streams and has tools.
    package var streamsTools = false
    /// Sets `jsonMode` when the request asks for JSON.
    package var flagsJSONMode = false
    /// Sets `thinking.keep` to null, creating `thinking` if there is none.
    package var keepsThinking = false
    /// Joins message content into one string; anything but text is refused.
    package var flattensContent = false

    /// No changes.
    package init() {}

    /// Whether the body can be sent as it is.
    package var isEmpty: Bool {
        var none = BodyRules()
        none.nestsEffort = nestsEffort
        return self == none
    }

    /// The connection's own defaults; used alone for user-defined nodes.
    init(dialect: Dialect, options: ConnectionOptions) {
        guard dialect == .openAIChat || dialect == .openAIResponses else { return }
        nestsEffort = dialect == .openAIResponses
        defaultEffort = options.reasoningEffort
        // `fast` is Codex's word for the tier that the API calls `priority`.
        defaultServiceTier = options.serviceTier == "fast" ? "priority" : options.serviceTier
    }

    init(provider: Provider, model: ModelRoute, dialect: Dialect, options: ConnectionOptions) {
        self.init(dialect: dialect, options: options)
        effort = model.effort
        if let variant = model.variant {
            fixed["effort"] = #""\#(variant.effort)""#
            fixed["thinking"] = #"{"type":"enabled"}"#
        }
        for rule in BodyRuleTable.rules where rule.applies(provider: provider, model: model, dialect: dialect) {
            rule.change(&self, provider)
        }
    }
}

/// The peculiarities of providers that only touch the request body.
enum BodyRuleTable {
    struct Rule: Sendable {
        let name: String
        let providers: Set<String>
        var models: [String] = []
        var dialect: Dialect? = .openAIChat
        let change: @Sendable (inout BodyRules, Provider) -> Void

        func applies(provider: Provider, model: ModelRoute, dialect: Dialect) -> Bool {
            guard providers.contains(provider.id), self.dialect == nil || self.dialect == dialect else { return false }
            let family = ModelSpelling.withoutVendor(model.upstreamID).lowercased()
            return models.isEmpty || models.contains { Glob.matches($0, family) }
        }
    }

    private static let glm: Set<String> = ["glm", "glm-cn", "glmt"]

    static let rules: [Rule] = [
        Rule(name: "GLM limits its output low unless asked", providers: glm, dialect: nil) { rules, provider in
            rules.defaultMaxTokens = provider.chat?.requestDefaults.maxTokens
            rules.defaultTemperature = provider.chat?.requestDefaults.temperature
            rules.defaultThinking = provider.chat?.requestDefaults.thinking
        },
        // Reasoning and answer share one budget there.
        Rule(
            name: "GLM 5.2 and later need room",
            providers: ["glm", "glm-cn"],
            models: ["glm-5.2*", "glm-5.3*", "glm-5.4*", "glm-6*"],
            dialect: nil
        ) {
            rules,
            _ in
            rules.defaultMaxTokens = 131_072
        },
        Rule(name: "GLM streams calls only when told", providers: glm) { rules, _ in rules.streamsTools = true },
        Rule(
            name: "DeepSeek knows the efforts high and max",
            providers: ["deepseek"],
            models: ["deepseek-v4*"]
        ) { rules, _ in
            rules.effortNames = ["minimal": "high", "low": "high", "medium": "high", "xhigh": "max"]
        },
        Rule(
            name: "Kimi Code keeps thinking of earlier turns",
            providers: ["kimi-coding-apikey", "kimi-coding"],
            dialect: .anthropicMessages
        ) { rules, _ in
            rules.keepsThinking = true
        },
        Rule(name: "Pollinations names JSON mode its own way", providers: ["pollinations"]) { rules, _ in
            rules.flagsJSONMode = true
        },
        Rule(name: "Cloudflare takes content as one string", providers: ["cloudflare-ai"]) { rules, _ in
            rules.flattensContent = true
        },
    ]
}

extension RequestDefaults {
    /// The `thinking` member, as JSON text.
    fileprivate var thinking: String? {
        guard let thinkingType else { return nil }
        guard let thinkingBudgetTokens else { return #"{"type":"\#(thinkingType)"}"# }
        return #"{"type":"\#(thinkingType)","budget_tokens":\#(thinkingBudgetTokens)}"#
    }
}
