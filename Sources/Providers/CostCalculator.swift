package import Dialects

/// What one answer cost.
package enum CostCalculator {
    /// Cost in US dollars, or nil when it is not known.
    ///
    /// A cost the provider reported itself wins. Otherwise every kind of token is multiplied by its price: cached and
    /// cache-writing tokens by the input price where no own price is known, reasoning tokens (a part of the output)
    /// by the output price likewise. A kind of token that was used but has no price at all makes the cost unknown.
    package static func cost(usage: Usage, price: Price?, providerReported: Double?) -> Double? {
        if let providerReported, providerReported >= 0, providerReported.isFinite { return providerReported }
        guard let price, usage.input != nil || usage.output != nil else { return nil }
        // Figures come from outside: bounded, so that no sum overflows.
        func bound(_ tokens: Int?) -> Int { min(max(tokens ?? 0, 0), 1 << 40) }
        let output = bound(usage.output)
        let reasoning = min(bound(usage.reasoning), output)
        var dollars: Double? = 0
        func add(_ tokens: Int, at price: Double?) {
            guard tokens > 0 else { return }
            dollars = price.flatMap { price in dollars.map { $0 + Double(tokens) * price / 1_000_000 } }
        }
        add(bound(usage.input), at: price.input)
        add(bound(usage.cacheRead), at: price.cachedInput ?? price.input)
        add(bound(usage.cacheWrite5m) + bound(usage.cacheWrite1h), at: price.cacheCreation ?? price.input)
        add(output - reasoning, at: price.output)
        add(reasoning, at: price.reasoning ?? price.output)
        return dollars
    }
}
