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

    /// The price with figures it does not have taken from another.
    func completed(by other: Price?) -> Price {
        Price(
            input: input ?? other?.input,
            output: output ?? other?.output,
            cachedInput: cachedInput ?? other?.cachedInput,
            cacheCreation: cacheCreation ?? other?.cacheCreation,
            reasoning: reasoning ?? other?.reasoning
        )
    }

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

    package init(_ byModel: [String: Price]) {
        self.byModel = byModel
    }

    /// The entry for a model: its exact id, the id without a vendor path, then other spellings that agree on the price.
    package func entry(for model: String) -> Price? {
        if byModel.isEmpty { return nil }
        if let exact = byModel[model] { return exact }
        let bare = ModelSpelling.withoutVendor(model)
        return byModel[bare] ?? entry(spelledLike: model) ?? entry(spelledLike: bare)
    }

    /// The price of the entries that are the same model in another spelling; nil when they disagree.
    private func entry(spelledLike model: String) -> Price? {
        let folded = ModelSpelling.folded(model)
        let prices = byModel.filter { ModelSpelling.folded($0.key) == folded }.values
        guard let first = prices.first, prices.allSatisfy({ $0 == first }) else { return nil }
        return first
    }
}
