package import JSONCore

/// A user's price for a model, US dollars per million tokens; nil leaves the catalogue's figure.
package struct PriceOverride: Sendable, Hashable {
    package var input: Double?
    package var output: Double?
    package var cached: Double?
    package var reasoning: Double?
    package var cacheCreation: Double?

    /// Reads `{input, output, cached, reasoning, cache_creation}`.
    package init(_ value: JSONValue) {
        input = value.present("input")?.double
        output = value.present("output")?.double
        cached = value.present("cached")?.double
        reasoning = value.present("reasoning")?.double
        cacheCreation = value.present("cache_creation")?.double
    }
}

/// The contents of `key_value`, and what is made of it for requests.
struct ValueTable: Sendable {
    /// Namespace → key → JSON.
    let values: [String: [String: JSONDocument]]
    /// Feature flags as raw text.
    let featureFlags: [String: String]
    let settings: Settings
    /// Alias → `provider/model`.
    let modelAliases: [String: String]
    /// Provider → model → prices.
    let pricingOverrides: [String: [String: PriceOverride]]

    /// Caches and the like that requests never read from the snapshot.
    static let excludedNamespaces: Set<String> = [
        "secrets", "providerLimitsCache", "gemini_thought_signatures", "antigravityCreditBalance", "lkgp",
    ]

    init(values: [String: [String: JSONDocument]], featureFlags: [String: String]) {
        self.values = values
        self.featureFlags = featureFlags
        settings = Settings(values["settings"] ?? [:])
        modelAliases = (values["modelAliases"] ?? [:]).compactMapValues(\.root.string)
        pricingOverrides = (values["pricing"] ?? [:]).mapValues { document in
            var prices: [String: PriceOverride] = [:]
            guard document.root.isObject else { return prices }
            for (model, value) in document.root.members where value.isObject {
                prices[model.string] = PriceOverride(value)
            }
            return prices
        }
    }
}
