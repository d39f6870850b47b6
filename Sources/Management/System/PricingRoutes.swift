import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Providers
import Store

/// `GET /api/pricing` and `GET /api/pricing/defaults`: US dollars per million tokens.
struct PricingRoutes: Sendable {
    let catalogue: Catalogue

    var routes: [Route] {
        [
            .answering(.get, "/api/pricing", access: .management, with: merged),
            .answering(.get, "/api/pricing/defaults", access: .management, with: defaults),
        ]
    }

    private func merged(_ call: Call) async throws -> Response {
        let overrides = call.configuration.pricingOverrides
        let tables = table(overrides: overrides)
        guard call.request.head.target.queryValue("includeSources") == "1" else {
            return .object { Self.write(tables, to: &$0) }
        }
        return .object { writer in
            writer.object("pricing") { Self.write(tables, to: &$0) }
            writer.object("sourceMap") { writer in
                for (provider, prices) in tables {
                    writer.key(JSONText(provider))
                    writer.beginObject()
                    for (model, _) in prices {
                        writer.key(JSONText(model))
                        writer.string(overrides[provider]?[model] == nil ? "default" : "user")
                    }
                    writer.endObject()
                }
            }
        }
    }

    private func defaults(_ call: Call) async throws -> Response {
        .object { Self.write(table(overrides: [:]), to: &$0) }
    }

    private typealias Table = [(provider: String, prices: [(model: String, price: Price)])]

    /// Models whose price is known; figures that are not are `null`, never 0.
    private func table(overrides: [String: [String: PriceOverride]]) -> Table {
        let listed = Dictionary(catalogue.all.map { ($0.id, $0) }) { first, _ in first }
        let priced = catalogue.all.filter { !$0.pricing.byModel.isEmpty }
        let providers = Set(priced.map(\.id)).union(overrides.keys)
        return providers.sorted().compactMap { id in
            let mine = overrides[id] ?? [:]
            let models = Set(listed[id]?.pricing.byModel.keys.map { $0 } ?? []).union(mine.keys)
            let prices = models.sorted().compactMap { model -> (model: String, price: Price)? in
                let price = catalogue.price(provider: id, model: model)
                if let override = mine[model] { return (model, override.laid(over: price)) }
                return price.map { (model, $0) }
            }
            return prices.isEmpty ? nil : (id, prices)
        }
    }

    private static func write(_ table: Table, to writer: inout JSONWriter) {
        for (provider, prices) in table {
            writer.key(JSONText(provider))
            writer.beginObject()
            for (model, price) in prices {
                writer.key(JSONText(model))
                writer.beginObject()
                let members: [(StaticString, Double?)] = [
                    ("input", price.input), ("output", price.output), ("cached", price.cachedInput),
                    ("reasoning", price.reasoning), ("cache_creation", price.cacheCreation),
                ]
                for (name, value) in members { writer.nullable(name, value) }
                writer.endObject()
            }
            writer.endObject()
        }
    }
}

extension PriceOverride {
    /// The user's figures, and the catalogue's where the user gave none.
    fileprivate func laid(over price: Price?) -> Price {
        Price(
            input: input ?? price?.input,
            output: output ?? price?.output,
            cachedInput: cached ?? price?.cachedInput,
            cacheCreation: cacheCreation ?? price?.cacheCreation,
            reasoning: reasoning ?? price?.reasoning
        )
    }
}
