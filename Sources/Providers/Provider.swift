/// One upstream service of the catalogue: how it is addressed, what it speaks, what it offers.
///
/// A class because a request passes it around by reference; every property is fixed after loading.
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
    package let status: ProviderStatus
    /// The vendor is said to have a free allowance; not verified.
    package let freeTier: Bool
    /// Connecting may be against the vendor's terms: the interface shows a notice first.
    package let subscriptionRisk: Bool
    /// No public API stands behind it.
    package let unofficial: Bool
    package let website: String?
    /// Wire format of the chat service; nil without chat.
    package let format: WireFormat?
    /// Name of the calling procedure: `default`, or a special one of the vendor.
    package let executor: String
    package let auth: ProviderAuth
    /// Headers every call needs; values may hold placeholders.
    package let headers: [HeaderTemplate]
    /// Headers that would name the vendor's own program; sent only when a connection asks for them.
    package let clientIdentityHeaders: [HeaderTemplate]
    /// Base address of a local server, for the user interface.
    package let baseURL: String?
    package let chat: ChatService?
    /// Services other than chat, in the order of the file.
    package let services: [OtherService]
    /// List prices by model id, as the file spells it; see ``Catalogue/price(provider:model:override:)``.
    package let pricing: PriceList
    /// Environment variables in which users of the vendor's tools usually keep this key.
    package let keyEnvironment: [String]
    package let notes: [String]
    /// Works without a login for the free models.
    package let anonymousFallback: Bool

    /// Why chat cannot be used through this gateway, or nil when it can.
    package let unsupportedReason: String?

    init(_ draft: ProviderDraft) {
        id = draft.id
        alias = draft.alias
        aliases = draft.aliases
        name = draft.name
        category = draft.category
        status = draft.status
        freeTier = draft.freeTier
        subscriptionRisk = draft.subscriptionRisk
        unofficial = draft.unofficial
        website = draft.website
        format = draft.format
        executor = draft.executor
        auth = draft.auth
        headers = draft.headers
        clientIdentityHeaders = draft.clientIdentityHeaders
        baseURL = draft.baseURL
        chat = draft.chat
        services = draft.services
        pricing = draft.pricing
        keyEnvironment = draft.keyEnvironment
        notes = draft.notes
        anonymousFallback = draft.anonymousFallback
        unsupportedReason = ExecutorSupport.unsupportedReason(of: draft)
    }

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
    case claude, gemini, antigravity, kiro, cursor
    case geminiCLI = "gemini-cli"
    case bedrockConverse = "bedrock-converse"
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
