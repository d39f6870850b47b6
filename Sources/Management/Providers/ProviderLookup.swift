import Gate
import HTTPCore
import JSONCore
import Providers
import Store

/// What the `provider` of a connection can be: one of the catalogue, or a node of the user's own.
enum ProviderLookup {
    case catalogue(Provider)
    case node(ProviderNode)

    /// Finds it by id or alias; the refusals are those of the original.
    init(_ name: String, catalogue: Catalogue, configuration: Configuration) throws(Refusal) {
        if let node = configuration.node(name) {
            self = .node(node)
        } else if name.hasPrefix("openai-compatible-") {
            throw Refusal(.notFound, "OpenAI Compatible node not found")
        } else if name.hasPrefix("anthropic-compatible-cc-") {
            throw Refusal(.notFound, "CC Compatible node not found")
        } else if name.hasPrefix("anthropic-compatible-") {
            throw Refusal(.notFound, "Anthropic Compatible node not found")
        } else if let provider = catalogue.provider(name) {
            self = .catalogue(provider)
        } else {
            throw Refusal(.badRequest, "Invalid provider")
        }
    }

    /// The id that connections are stored under.
    var id: String {
        switch self {
        case .catalogue(let provider): provider.id
        case .node(let node): node.id
        }
    }

    /// Whether a connection may have no key.
    var isKeyOptional: Bool {
        switch self {
        case .catalogue(let provider):
            provider.isKeyOptional || provider.category == .local
        case .node: true
        }
    }

    /// Why the connection will not work, although it can be stored.
    var warning: String? {
        guard case .catalogue(let provider) = self else { return nil }
        return provider.unsupportedReason
    }

    /// The connection's own data, with what it repeats of its node.
    func completed(_ data: JSONDocument) -> JSONDocument {
        guard case .node(let node) = self else { return data }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("prefix", node.prefix)
        writer.optional("apiType", node.apiType)
        writer.optional("baseUrl", node.baseURL)
        writer.member("nodeName", node.name)
        writer.optional("chatPath", node.chatPath)
        writer.optional("modelsPath", node.modelsPath)
        writer.endObject()
        guard let repeated = try? JSONDocument.parse(writer.bytes) else { return data }
        return ProviderData.merged(repeated, with: data.root)
    }
}
