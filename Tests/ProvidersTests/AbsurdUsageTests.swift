import Dialects
import Testing

@testable import Providers

@Suite struct AbsurdUsageTests {
    @Test func `figures that no answer can have used do not overflow the cost`() throws {
        var usage = Usage()
        usage.input = .max
        usage.output = .max
        usage.cacheRead = .max
        usage.cacheWrite5m = .max
        usage.cacheWrite1h = .max
        usage.reasoning = .max
        let price = Price(input: 3, output: 15)
        let cost = try #require(CostCalculator.cost(usage: usage, price: price, providerReported: nil))
        #expect(cost.isFinite && cost > 0)
    }
}
