/// Prices of one model in US dollars per million tokens; nil is unknown.
package struct Price: Sendable, Equatable {
    package var input: Double?
    package var output: Double?
    package var cachedInput: Double?
    package var cacheCreation: Double?
    package var reasoning: Double?

    package init(
        input: Double?,
        output: Double?,
        cachedInput: Double? = nil,
        cacheCreation: Double? = nil,
        reasoning: Double? = nil
    ) {
        self.input = input
        self.output = output
        self.cachedInput = cachedInput
        self.cacheCreation = cacheCreation
        self.reasoning = reasoning
    }

    /// Nothing costs anything: local servers and free services.
    package static let free = Price(input: 0, output: 0, cachedInput: 0, cacheCreation: 0, reasoning: 0)

    /// The price with every 0 taken for the placeholder it is in the catalogue; nil when nothing remains.
    var withoutPlaceholders: Price? {
        func known(_ value: Double?) -> Double? { value == 0 ? nil : value }
        let price = Price(
            input: known(input),
            output: known(output),
            cachedInput: known(cachedInput),
            cacheCreation: known(cacheCreation),
            reasoning: known(reasoning)
        )
        return price.input == nil && price.output == nil ? nil : price
    }
}

/// The list prices of one provider.
package struct PriceList: Sendable {
    /// Prices as the catalogue spells them, zeros included.
    package let byModel: [String: Price]
    /// Prices by folded spelling; nil where spellings of one model disagree on the price.
    private let bySpelling: [String: Price?]

    package init(_ byModel: [String: Price]) {
        self.byModel = byModel
        var bySpelling: [String: Price?] = [:]
        for (model, price) in byModel {
            let spelling = ModelSpelling.folded(model)
            if let earlier = bySpelling[spelling], earlier != price {
                bySpelling[spelling] = .some(nil)
            } else {
                bySpelling[spelling] = price
            }
        }
        self.bySpelling = bySpelling
    }

    /// The entry for a model: its exact id, the id without a vendor path, then other spellings that agree on the price.
    package func entry(for model: String) -> Price? {
        if byModel.isEmpty { return nil }
        if let exact = byModel[model] { return exact }
        let bare = ModelSpelling.withoutVendor(model)
        if let vendorless = byModel[bare] { return vendorless }
        if let spelled = bySpelling[ModelSpelling.folded(model)] { return spelled }
        return bySpelling[ModelSpelling.folded(bare)] ?? nil
    }
}
