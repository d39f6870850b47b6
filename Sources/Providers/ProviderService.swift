/// The chat service of a provider.
package struct ChatService: Sendable {
    /// Full address of the call, with placeholders.
    package var url: Template
    /// Address of the vendor's model list; nil when it has none.
    package var modelsURL: Template?
    /// The model list address was formed by convention and is unconfirmed.
    package var modelsURLIsDerived: Bool
    /// Address of the token count; nil means it is derived from `url`.
    package var countTokensURL: Template?
    /// Address of the Messages API on a provider whose main format is OpenAI's.
    package var messagesURL: Template?
    /// Address of the Responses API.
    package var responsesURL: Template?
    package var models: ModelList
    /// Any model id is accepted and forwarded unchanged.
    package var acceptsAnyModel: Bool
    /// Put in front of a model id that starts with none of `acceptedModelIDPrefixes`.
    package var modelIDPrefix: String?
    package var acceptedModelIDPrefixes: [String]
    /// Ask for a stream even if the client did not, and collect the answer.
    package var forceStream: Bool
    package var requestDefaults: RequestDefaults
    /// Context window of models that do not say.
    package var defaultContext: Int?
    /// Overrides the limit for the response headers.
    package var timeoutMilliseconds: Int?
    package var defaultAPIVersion: String?
    /// Key to send when the user has none.
    package var anonymousAPIKey: String?
    /// Base address whose model list tells whether a key works.
    package var testKeyBaseURL: String?
    /// The address could not be checked against a second source.
    package var isUnconfirmed: Bool
}

/// Values a provider wants when the client leaves them out.
package struct RequestDefaults: Sendable, Equatable {
    package var maxTokens: Int?
    package var temperature: Double?
    package var thinkingType: String?
    package var thinkingBudgetTokens: Int?

    package init() {}
}

/// A service other than chat: kept as far as listing and validation need it.
package struct OtherService: Sendable {
    package var kind: String
    package var url: String
    package var format: String?
    package var models: [ProviderModel]
}

/// One model of a service.
package struct ProviderModel: Sendable, Identifiable {
    package var id: String
    package var name: String
    /// Context window in tokens; nil is unknown.
    package var context: Int?
    package var maxOutput: Int?
    package var maxInput: Int?
    package var capabilities: ModelCapabilities
    /// It refuses the effort level `xhigh`.
    package var refusesXHighEffort: Bool
    /// Wire format where it differs from the provider's.
    package var format: WireFormat?
    /// Request fields to remove.
    package var dropParameters: [String]
    package var aliases: [String]
    /// Id to send upstream instead of `id`.
    package var sendAs: String?
    /// Message field in which earlier reasoning is given back.
    package var interleavedField: String?
    package var dimensions: Int?
    /// Known only to an older release, or only named by a reference document.
    package var legacy: String?

    package init(id: String, name: String) {
        self.id = id
        self.name = name
        capabilities = []
        refusesXHighEffort = false
        dropParameters = []
        aliases = []
    }
}

/// What the catalogue says a model can do; the lists are incomplete, a missing flag means unknown.
package struct ModelCapabilities: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let tools = ModelCapabilities(rawValue: 1)
    package static let reasoning = ModelCapabilities(rawValue: 2)
    package static let vision = ModelCapabilities(rawValue: 4)
    /// Takes the effort level `xhigh`.
    package static let xHighEffort = ModelCapabilities(rawValue: 8)
    /// Refuses a thinking budget; thinking is `adaptive` with an effort.
    package static let adaptiveThinkingOnly = ModelCapabilities(rawValue: 16)

    private static let names: [(String, ModelCapabilities)] = [
        ("tools", .tools), ("reasoning", .reasoning), ("vision", .vision), ("xhigh-effort", .xHighEffort),
        ("adaptive-thinking-only", .adaptiveThinkingOnly),
    ]

    /// The flag of a catalogue name, or nil for an unknown one.
    package init?(name: String) {
        guard let known = Self.names.first(where: { $0.0 == name }) else { return nil }
        self = known.1
    }

    /// Catalogue names of the set flags.
    package var list: [String] { Self.names.filter { contains($0.1) }.map(\.0) }
}

/// The models of a chat service, found by id, alias or a safe other spelling.
///
/// Searched from the front: the longest list has 69 entries, and what is found is remembered per model by the catalogue.
package struct ModelList: Sendable, RandomAccessCollection {
    private let models: [ProviderModel]

    package init(_ models: [ProviderModel]) {
        self.models = models
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { models.count }
    package subscript(position: Int) -> ProviderModel { models[position] }

    /// The model with exactly this id, else with this alias.
    package subscript(_ id: String) -> ProviderModel? {
        models.first { $0.id == id } ?? models.first { $0.aliases.contains(id) }
    }

    /// The model with this id, alias, or another spelling of the same id (`claude-opus-4-7`, `claude-opus-4.7-20260416`).
    package func model(like id: String) -> ProviderModel? {
        if let exact = self[id] { return exact }
        let folded = ModelSpelling.folded(id)
        return models.first { ModelSpelling.folded($0.id) == folded }
    }
}
