import Dialects

/// What a rule may ask about the target whose profile is being put together.
struct ProfileSubject: Sendable {
    /// Id of the catalogue provider; empty for a user-defined node.
    let provider: String
    let category: ProviderCategory?
    let dialect: Dialect
    /// The upstream id in lower case, without a vendor path.
    let family: String
    let facts: ProviderModel?
    let acceptsAnyModel: Bool
    /// Anthropic's own API.
    let isNativeAnthropic: Bool
    let isNode: Bool

    init(provider: Provider, model: String, dialect: Dialect) {
        self.provider = provider.id
        category = provider.category
        self.dialect = dialect
        family = ModelSpelling.withoutVendor(model).lowercased()
        facts = provider.chat?.models.model(like: model)
        acceptsAnyModel = provider.chat?.acceptsAnyModel ?? false
        isNativeAnthropic = NativeAnthropic.providers.contains(provider.id)
        isNode = false
    }

    init(node: UpstreamNode, host: String, model: String, dialect: Dialect) {
        provider = ""
        category = nil
        self.dialect = dialect
        family = ModelSpelling.withoutVendor(model).lowercased()
        facts = nil
        acceptsAnyModel = true
        isNativeAnthropic = NativeAnthropic.hosts.contains(host)
        isNode = true
    }
}

/// One documented peculiarity of a provider or a model family, as a change to the default profile.
struct ProfileRule: Sendable {
    /// What it is about; shown by tests.
    let name: String
    /// Ids of the providers it applies to; empty for all.
    var providers: Set<String> = []
    /// Patterns for ``ProfileSubject/family``; empty for all.
    var models: [String] = []
    var dialect: Dialect?
    let change: @Sendable (inout TargetProfile, ProfileSubject) -> Void

    func applies(to subject: ProfileSubject) -> Bool {
        if let dialect, dialect != subject.dialect { return false }
        if !providers.isEmpty, !providers.contains(subject.provider) { return false }
        return models.isEmpty || models.contains { Glob.matches($0, subject.family) }
    }
}

/// Puts profiles together from the tables; later rules see and override what earlier ones did.
enum ProfileRules {
    static let all: [ProfileRule] =
        commonRules + chatFamilyRules + chatProviderRules + anthropicRules + responsesRules + geminiRules + ollamaRules

    static func profile(for subject: ProfileSubject) -> TargetProfile {
        var profile = TargetProfile(subject.dialect)
        for rule in all where rule.applies(to: subject) { rule.change(&profile, subject) }
        return profile
    }

    /// Names of the rules that apply, in order.
    static func names(for subject: ProfileSubject) -> [String] {
        all.filter { $0.applies(to: subject) }.map(\.name)
    }
}

/// Rules for every target, taken from the catalogue's data.
private let commonRules: [ProfileRule] = [
    ProfileRule(name: "output limit of the model, else of the provider") { profile, subject in
        profile.maxOutput = subject.facts?.maxOutput ?? OutputLimits.limit(of: subject)
    },
    ProfileRule(name: "fields the catalogue says the model refuses") { profile, subject in
        profile.stripFields.formUnion(subject.facts?.dropParameters ?? [])
    },
    ProfileRule(name: "cache retention is OpenAI's own field") { profile, subject in
        if subject.provider != "openai" { profile.stripFields.insert("prompt_cache_retention") }
    },
    ProfileRule(name: "no effort above high where the model refuses it") { profile, subject in
        guard let facts = subject.facts else { return }
        let isSilent = facts.capabilities.isEmpty || subject.dialect == .anthropicMessages
        if facts.refusesXHighEffort || !(isSilent || facts.capabilities.contains(.xHighEffort)) {
            profile.efforts = [.minimal, .low, .medium, .high]
        } else if facts.capabilities.contains(.xHighEffort), subject.dialect == .openAIChat {
            profile.efforts = [.minimal, .low, .medium, .high, .xhigh]
        }
    },
    ProfileRule(name: "effort for models that are known to reason", dialect: .openAIChat) { profile, subject in
        if subject.facts?.capabilities.contains(.reasoning) == true { profile.reasoningStyle = .effortNoNone }
    },
]

/// Output caps of providers whose models do not state one.
enum OutputLimits {
    private static let byProvider: [String: Int] = [
        "groq": 16_384, "openai": 16_384, "anthropic": 65_536, "gemini": 65_536, "sensenova": 65_536,
    ]
    private static let other = 32_000

    /// Local servers, user-defined nodes and providers that take any model know their models' limits themselves: a cap
    /// from here would only cut answers short.
    static func limit(of subject: ProfileSubject) -> Int? {
        if let limit = byProvider[subject.provider] { return limit }
        return subject.isNode || subject.acceptsAnyModel || subject.category == .local ? nil : other
    }
}
