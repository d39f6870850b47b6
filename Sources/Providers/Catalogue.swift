private import CResources
import Dialects
import JSONCore
import Synchronization

/// Every provider the product knows, found by id, alias or further prefix.
package final class Catalogue: Sendable {
    /// All providers: those of the file in its order, then the built-in ones.
    package let all: [Provider]

    private let byPrefix: [String: Provider]
    private let hosts: [String: [Provider]]
    private let profiles = Mutex<[ProfileKey: TargetProfile]>([:])

    private struct ProfileKey: Hashable {
        /// Id of the provider, or id and host of a node.
        let party: String
        let model: String
        let dialect: Dialect
    }

    /// A catalogue of the given providers.
    package init(_ providers: [Provider]) {
        all = providers
        var byPrefix: [String: Provider] = [:]
        var hosts: [String: [Provider]] = [:]
        for provider in providers { byPrefix[provider.id] = provider }
        for provider in providers {
            for prefix in provider.prefixes where byPrefix[prefix] == nil { byPrefix[prefix] = provider }
            guard let chat = provider.chat else { continue }
            for model in chat.models {
                hosts[model.id, default: []].append(provider)
                for alias in model.aliases { hosts[alias, default: []].append(provider) }
            }
        }
        self.byPrefix = byPrefix
        self.hosts = hosts
    }

    /// Reads the embedded files.
    package static func load() throws -> Catalogue {
        let reader = CatalogueReader()
        let document = try JSONDocument.parse(bytes(of: omni_resource_providers()))
        let builtin = try JSONDocument.parse(bytes(of: omni_resource_builtin()))
        return Catalogue(try reader.providers(of: document) + reader.providers(of: builtin))
    }

    /// The provider with this id, alias or further prefix (case-sensitive, as model names are).
    package func provider(_ prefix: String) -> Provider? { byPrefix[prefix] }

    /// Providers that list a chat model under exactly this id or alias, in the order of the file.
    package func providers(listing model: String) -> [Provider] { hosts[model] ?? [] }

    /// What the catalogue knows about a model of a provider, in any safe spelling.
    package func model(_ id: String, of provider: Provider) -> ProviderModel? {
        provider.chat?.models.model(like: id)
    }

    /// The price of a model: the user's own, else the list price, else zero for free and local services, else unknown.
    package func price(provider: String, model: String, override: Price? = nil) -> Price? {
        if let override { return override }
        guard let provider = byPrefix[provider] else { return nil }
        if provider.isFreeOfCharge { return provider.pricing.entry(for: model) ?? .free }
        return provider.pricing.entry(for: model)?.withoutPlaceholders
    }

    /// The switches for translating to a model, computed once per model.
    func profile(of provider: Provider, model: String, dialect: Dialect) -> TargetProfile {
        profile(ProfileKey(party: provider.id, model: model, dialect: dialect)) {
            ProfileSubject(provider: provider, model: model, dialect: dialect)
        }
    }

    /// The switches for translating to a model of a user-defined node.
    func profile(of node: UpstreamNode, host: String, model: String) -> TargetProfile {
        profile(ProfileKey(party: node.id + " " + host, model: model, dialect: node.dialect)) {
            ProfileSubject(node: node, host: host, model: model)
        }
    }

    private func profile(_ key: ProfileKey, of subject: () -> ProfileSubject) -> TargetProfile {
        if let known = profiles.withLock({ $0[key] }) { return known }
        let profile = ProfileRules.profile(for: subject())
        profiles.withLock { known in
            // Any model name can be asked for: bounded, so that made-up names cannot fill the memory.
            if known.count >= 2_048 { known.removeAll() }
            known[key] = profile
        }
        return profile
    }

    private static func bytes(of resource: omni_resource) -> [UInt8] {
        let padding = 64
        return [UInt8](unsafeUninitializedCapacity: resource.count + padding) { buffer, count in
            buffer.baseAddress?.initialize(from: resource.bytes, count: resource.count)
            count = resource.count
        }
    }
}
