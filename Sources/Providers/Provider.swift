import Dialects
import JSONCore
import Synchronization

/// One upstream service of the catalogue: how it is addressed, what it speaks, what it offers.
///
/// A class because a request passes it around by reference. Only what identifies it is read when the program starts;
/// the rest is read when it is first asked for, since nobody uses more than a few of the providers.
package final class Provider: Sendable, Identifiable {
    /// Stable id, the first part of a qualified model name.
    package let id: String
    /// Short prefix that works like the id.
    package let alias: String
    /// Further accepted prefixes.
    package let aliases: [String]
    /// Name for people.
    package let name: String
    package let category: ProviderCategory
    /// Where the rest is read from.
    let source: JSONValue
    private let loaded = AtomicLazyReference<ProviderDetails>()

    init(id: String, alias: String, aliases: [String], name: String, category: ProviderCategory, source: JSONValue) {
        self.id = id
        self.alias = alias
        self.aliases = aliases
        self.name = name
        self.category = category
        self.source = source
    }

    private var details: ProviderDetails {
        if let known = loaded.load() { return known }
        // The embedded file is checked by a test; an entry that cannot be read counts as one without services.
        let read = (try? CatalogueReader().details(of: source, provider: id)) ?? ProviderDetails.unreadable
        return loaded.storeIfNil(read)
    }

    package var status: ProviderStatus { details.status }
    /// The vendor is said to have a free allowance; not verified.
    package var freeTier: Bool { details.freeTier }
    /// Connecting may be against the vendor's terms: the interface shows a notice first.
    package var subscriptionRisk: Bool { details.subscriptionRisk }
    /// No public API stands behind it.
    package var unofficial: Bool { details.unofficial }
    package var website: String? { details.website }
    /// Wire format of the chat service; nil without chat.
    package var format: WireFormat? { details.format }
    /// Name of the calling procedure: `default`, or a special one of the vendor.
    package var executor: String { details.executor }
    package var auth: ProviderAuth { details.auth }
    /// Headers every call needs; values may hold placeholders.
    package var headers: [HeaderTemplate] { details.headers }
    /// Headers that would name the vendor's own program; sent only when a connection asks for them.
    package var clientIdentityHeaders: [HeaderTemplate] { details.clientIdentityHeaders }
    /// Base address of a local server, for the user interface.
    package var baseURL: String? { details.baseURL }
    package var chat: ChatService? { details.chat }
    /// Services other than chat, in the order of the file.
    package var services: [OtherService] { details.services }
    /// List prices by model id, as the file spells it; see ``Catalogue/price(provider:model:override:)``.
    package var pricing: PriceList { details.pricing }
    /// Environment variables in which users of the vendor's tools usually keep this key.
    package var keyEnvironment: [String] { details.keyEnvironment }
    package var notes: [String] { details.notes }
    /// Works without a login for the free models.
    package var anonymousFallback: Bool { details.anonymousFallback }
    /// Why chat cannot be used through this gateway, or nil when it can.
    package var unsupportedReason: String? { details.unsupportedReason }

    /// Whether chat requests can be sent to it with an API key, an optional key or none.
    package var isSupported: Bool { unsupportedReason == nil }

    /// Every prefix under which its models can be addressed; the id first.
    package var prefixes: [String] { alias == id ? [id] + aliases : [id, alias] + aliases }

    /// Whether a connection may exist without a credential.
    package var isKeyOptional: Bool { auth.type == .none || auth.type == .optional || anonymousFallback }

    /// Whether its calls cost nothing by nature, so that a price of 0 is a fact and not a placeholder.
    package var isFreeOfCharge: Bool { category == .free || category == .local }
}

/// Where the user interface lists a provider; `local` and `free` also mean that calls cost nothing.
package enum ProviderCategory: String, Sendable, CaseIterable {
    case oauth, free, cheap, apikey, local, search, webfetch, audio, image, video, music
}

/// Whether the vendor still offers the service.
package enum ProviderStatus: String, Sendable {
    case active, discontinued, deprecated
    case removedUpstream = "removed-upstream"
}

/// Wire format of a chat service, as the catalogue names it.
package enum WireFormat: String, Sendable {
    case openAI = "openai"
    case openAIResponses = "openai-responses"
    case claude, gemini, ollama, antigravity, kiro, cursor
    case geminiCLI = "gemini-cli"
    case bedrockConverse = "bedrock-converse"

    /// The dialect that is spoken; nil for envelopes of single vendors.
    var dialect: Dialect? {
        switch self {
        case .openAI: .openAIChat
        case .openAIResponses: .openAIResponses
        case .claude: .anthropicMessages
        case .gemini: .gemini
        case .ollama: .ollama
        case .antigravity, .kiro, .cursor, .geminiCLI, .bedrockConverse: nil
        }
    }
}

/// A header with placeholders in its value: `{name}`, `{name|default}`, and ` (optional)` after it.
package struct HeaderTemplate: Sendable {
    package let name: String
    package let template: Template
    /// Left out, instead of an error, when a placeholder has no value.
    package let isOptional: Bool

    package init(name: String, value: String) {
        let mark = " (optional)"
        self.name = name
        isOptional = value.hasSuffix(mark)
        template = Template(isOptional ? String(value.dropLast(mark.count)) : value)
    }
}
