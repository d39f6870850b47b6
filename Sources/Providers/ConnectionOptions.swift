package import JSONCore
import Synchronization

/// The parts of a connection's `providerSpecificData` that shape a call; unknown keys stay available for addresses.
///
/// A class because a request passes it around by reference.
package final class ConnectionOptions: Sendable {
    /// Base address that replaces the catalogue's.
    package let baseURL: String?
    package let customHeaders: [(name: String, value: String)]
    package let customUserAgent: String?
    /// Further keys of the same account, used in turn.
    package let extraKeys: [String]
    /// The owner of the account allows addresses on this machine or a private network.
    package let allowsPrivateNetwork: Bool
    /// Do not ask for usage figures inside streams.
    package let disablesStreamOptions: Bool
    /// Send the headers that name the vendor's own program.
    package let sendsClientIdentity: Bool
    /// Effort for requests that state none.
    package let reasoningEffort: String?
    package let serviceTier: String?
    package let wantsLongContext: Bool
    /// Models this account must not be used for; patterns with `*` and `?`.
    package let excludedModels: [String]
    /// Model failures concern the model, not the account.
    package let hasQuotaPerModel: Bool
    /// Wire format of the base address where it is not the provider's: `china` selects other hosts.
    package let region: String?
    /// OpenAI's dialect that the account's server speaks, if it says (`apiFormat`, or `apiType` as nodes call it).
    private let chatFormat: WireFormat?
    /// The same for single models, by patterns with `*` and `?` (`modelFormats`).
    private let modelFormats: [(pattern: String, format: WireFormat)]
    private let values: JSONDocument?
    /// The plan of the last call: an account is asked for the same one thousands of times.
    let recentCall = Mutex<CallCache.Recent?>(nil)

    /// No options.
    package convenience init() {
        self.init(nil)
    }

    /// Reads the object; anything of another type is ignored.
    package init(_ document: JSONDocument?) {
        let root = document?.root
        func text(_ key: StaticString) -> String? {
            root?.present(key)?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
        let defaults = root?.present("requestDefaults")
        baseURL = text("baseUrl")
        customHeaders = Self.headers(root?.present("customHeaders"))
        customUserAgent = text("customUserAgent")
        extraKeys = Self.list(root?.present("extraApiKeys"))
        allowsPrivateNetwork = root?.present("allowPrivateNetwork")?.bool ?? false
        disablesStreamOptions = root?.present("disableStreamOptions")?.bool ?? false
        sendsClientIdentity = root?.present("sendClientIdentity")?.bool ?? false
        reasoningEffort = defaults?.present("reasoningEffort")?.string
        serviceTier = defaults?.present("serviceTier")?.string
        wantsLongContext = defaults?.present("context1m")?.bool ?? false
        excludedModels = Self.list(root?.present("excludedModels"))
        hasQuotaPerModel = root?.present("passthroughModels")?.bool ?? false
        region = text("region") ?? text("apiRegion")
        chatFormat = (text("apiFormat") ?? text("apiType")).flatMap(Self.chatFormat)
        modelFormats = Self.formats(root?.present("modelFormats"))
        values = document
    }

    /// Which of OpenAI's two dialects the account wants for a model; nil when it does not say.
    func chatFormat(for model: String) -> WireFormat? {
        modelFormats.first { Glob.matches($0.pattern, model) }?.format ?? chatFormat
    }

    private static func formats(_ value: JSONValue?) -> [(pattern: String, format: WireFormat)] {
        guard let value, value.isObject else { return [] }
        var formats: [(pattern: String, format: WireFormat)] = []
        for member in value.members {
            guard let format = member.value.string.flatMap(chatFormat) else { continue }
            formats.append((member.key.string, format))
        }
        return formats
    }

    private static func chatFormat(_ word: String) -> WireFormat? {
        switch word {
        case "responses", "openai-responses": .openAIResponses
        case "chat", "chat-completions": .openAI
        default: nil
        }
    }

    /// Whether both were read from the same object, and therefore say the same.
    func isSame(as other: ConnectionOptions) -> Bool { self === other || values === other.values }

    /// A text or number of the object, for a placeholder of that name.
    package func value(_ key: String) -> String? {
        guard let member = values?.root.member(key) else { return nil }
        if let text = member.string { return text.isEmpty ? nil : text }
        return member.int.map(String.init)
    }

    /// Whether the account must not be used for this model.
    package func excludes(_ model: String) -> Bool {
        if excludedModels.isEmpty { return false }
        let bare = ModelSpelling.withoutVendor(model)
        return excludedModels.contains { Glob.matches($0, model) || Glob.matches($0, bare) }
    }

    /// An array of texts, or one text with commas.
    private static func list(_ value: JSONValue?) -> [String] {
        guard let value else { return [] }
        let items =
            value.isArray
            ? value.elements.compactMap(\.string)
            : (value.string ?? "").split(separator: ",").map(String.init)
        return items.map(\.trimmed).filter { !$0.isEmpty }
    }

    private static func headers(_ value: JSONValue?) -> [(name: String, value: String)] {
        guard let value, value.isObject else { return [] }
        var headers: [(name: String, value: String)] = []
        for member in value.members {
            if let text = member.value.string { headers.append((member.key.string, text)) }
        }
        return headers
    }
}

extension StringProtocol {
    /// The text without blanks and line ends around it.
    var trimmed: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = Array(utf8)
        let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end].drop(while: isBlank), as: UTF8.self)
    }
}
