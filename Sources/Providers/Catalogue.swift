private import CResources
import Dialects
import JSONCore
import Synchronization

/// Every provider the product knows, found by id, alias or further prefix.
package final class Catalogue: Sendable {
    /// All providers: those of the file in its order, then the built-in ones.
    package let all: [Provider]

    private let byPrefix: [String: Provider]
    private let hosts = AtomicLazyReference<HostIndex>()
    private let profiles = Mutex<[ProfileKey: TargetProfile]>([:])
    private let prices = Mutex<[PriceKey: Price?]>([:])

    private struct PriceKey: Hashable {
        let provider: String
        let model: String
    }

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
        for provider in providers { byPrefix[provider.id] = provider }
        for provider in providers {
            for prefix in provider.prefixes where byPrefix[prefix] == nil { byPrefix[prefix] = provider }
        }
        self.byPrefix = byPrefix
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
    package func providers(listing model: String) -> [Provider] {
        let index = hosts.load() ?? hosts.storeIfNil(HostIndex(all))
        return index.providers[model] ?? []
    }

    /// What the catalogue knows about a model of a provider, in any safe spelling.
    package func model(_ id: String, of provider: Provider) -> ProviderModel? {
        provider.chat?.models.model(like: id)
    }

    /// The price of a model: figures of the user's own, else the list price, else zero for free and local services.
    ///
    /// Figures nobody knows stay nil; without any figure there is no price.
    package func price(provider: String, model: String, override: Price? = nil) -> Price? {
        let list = rememberedListPrice(provider: provider, model: model)
        return override.map { $0.completed(by: list) } ?? list
    }

    private func rememberedListPrice(provider: String, model: String) -> Price? {
        let key = PriceKey(provider: provider, model: model)
        if let known = prices.withLock({ $0[key] }) { return known }
        let price = listPrice(provider: provider, model: model)
        prices.withLock { known in
            if known.count >= Self.memory { known.removeAll() }
            known[key] = .some(price)
        }
        return price
    }

    private func listPrice(provider: String, model: String) -> Price? {
        guard let provider = byPrefix[provider] else { return nil }
        if provider.isFreeOfCharge { return provider.pricing.entry(for: model) ?? .free }
        return provider.pricing.entry(for: model)?.withoutPlaceholders
    }

    /// Any model name can be asked for: what is remembered is bounded, so that made-up names cannot fill the memory.
    private static let memory = 2_048

    /// The switches for translating to a model, computed once per model.
    func profile(of provider: Provider, model: String, dialect: Dialect) -> TargetProfile {
        profile(ProfileKey(party: provider.id, model: model, dialect: dialect)) {
            ProfileSubject(provider: provider, model: model, dialect: dialect)
        }
    }

    /// The switches for translating to a model of a user-defined node.
    func profile(of node: UpstreamNode, host: String, model: String, dialect: Dialect) -> TargetProfile {
        profile(ProfileKey(party: node.id + " " + host, model: model, dialect: dialect)) {
            ProfileSubject(node: node, host: host, model: model, dialect: dialect)
        }
    }

    private func profile(_ key: ProfileKey, of subject: () -> ProfileSubject) -> TargetProfile {
        if let known = profiles.withLock({ $0[key] }) { return known }
        let profile = ProfileRules.profile(for: subject())
        profiles.withLock { known in
            if known.count >= Self.memory { known.removeAll() }
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

/// Which providers list a model; made when a model is first named without a provider.
private final class HostIndex: Sendable {
    let providers: [String: [Provider]]

    init(_ all: [Provider]) {
        let reader = CatalogueReader()
        var providers: [String: [Provider]] = [:]
        for provider in all {
            for name in reader.chatModelNames(of: provider.source) { providers[name, default: []].append(provider) }
        }
        self.providers = providers
    }
}
