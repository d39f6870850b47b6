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
        let cacheWrite = (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0)
        let output = max(0, usage.output ?? 0)
        let reasoning = min(max(0, usage.reasoning ?? 0), output)
        let lines: [(tokens: Int, price: Double?)] = [
            (max(0, usage.input ?? 0), price.input),
            (max(0, usage.cacheRead ?? 0), price.cachedInput ?? price.input),
            (max(0, cacheWrite), price.cacheCreation ?? price.input),
            (output - reasoning, price.output),
            (reasoning, price.reasoning ?? price.output),
        ]
        var dollars = 0.0
        for line in lines where line.tokens > 0 {
            guard let price = line.price else { return nil }
            dollars += Double(line.tokens) * price / 1_000_000
        }
        return dollars
    }
}
