import Dialects
import Testing

@testable import Providers

struct PriceTests {
    @Test func `a user's price comes first, zero included`() {
        let list = catalogue.price(provider: "openai", model: "gpt-4o")
        let own = catalogue.price(provider: "openai", model: "gpt-4o", override: Price(input: 0, output: nil))
        #expect(own?.input == 0 && own?.output != nil && own?.output == list?.output)
        let full = Price(input: 1, output: 2, cachedInput: 3, cacheCreation: 4, reasoning: 5)
        #expect(catalogue.price(provider: "nobody", model: "x", override: full) == full)
    }

    @Test func `a listed price is found by exact id, without the vendor, and in another spelling`() throws {
        let exact = try #require(catalogue.price(provider: "deepseek", model: "deepseek-v4-pro"))
        #expect(exact.input == 0.435)
        #expect(catalogue.price(provider: "deepseek", model: "vendor/deepseek-v4-pro") == exact)
        #expect(catalogue.price(provider: "deepseek", model: "DeepSeek-V4-Pro") == exact)
        let dotted = catalogue.price(provider: "anthropic", model: "claude-opus-4.5")
        #expect(dotted != nil)
        #expect(dotted == catalogue.price(provider: "anthropic", model: "claude-opus-4-5-20251101"))
    }

    @Test func `spellings that disagree on the price are not guessed`() {
        let prices = PriceList(["m-1.5": Price(input: 1, output: 2), "M-1-5": Price(input: 3, output: 4)])
        #expect(prices.entry(for: "m-1.5") == Price(input: 1, output: 2))
        #expect(prices.entry(for: "m-1-5") == nil)
    }

    @Test func `a zero is a placeholder, except for free and local providers`() {
        #expect(provider("groq").pricing.byModel["qwen/qwen3-32b"]?.input == 0)
        #expect(catalogue.price(provider: "groq", model: "qwen/qwen3-32b") == nil)
        #expect(catalogue.price(provider: "ollama-local", model: "llama3") == .free)
        #expect(catalogue.price(provider: "demo", model: "echo") == .free)
        #expect(catalogue.price(provider: "opencode", model: "big-pickle") == .free)
        for provider in catalogue.all where !provider.isFreeOfCharge {
            for model in provider.pricing.byModel.keys {
                guard let price = catalogue.price(provider: provider.id, model: model) else { continue }
                #expect(price.input != 0 && price.output != 0 && price.reasoning != 0 && price.cachedInput != 0)
            }
        }
    }

    @Test func `unknown models and providers have no price`() {
        #expect(catalogue.price(provider: "openai", model: "no-such-model") == nil)
        #expect(catalogue.price(provider: "openai-compatible-chat-1", model: "gpt-4o") == nil)
        #expect(catalogue.price(provider: "mistral", model: "mistral-large-latest") == nil)
    }
}

struct CostCalculatorTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var usage: Usage
        var price: Price?
        var reported: Double?
        let cost: Double?
    }

    private static func usage(
        _ input: Int?,
        _ output: Int?,
        cacheRead: Int? = nil,
        write5m: Int? = nil,
        write1h: Int? = nil,
        reasoning: Int? = nil
    ) -> Usage {
        var usage = Usage()
        usage.input = input
        usage.output = output
        usage.cacheRead = cacheRead
        usage.cacheWrite5m = write5m
        usage.cacheWrite1h = write1h
        usage.reasoning = reasoning
        return usage
    }

    private static let full = Price(input: 3, output: 15, cachedInput: 0.3, cacheCreation: 3.75, reasoning: 20)

    static let rows = [
        Row(testDescription: "plain", usage: usage(1_000_000, 100_000), price: full, cost: 4.5),
        Row(
            testDescription: "cached tokens have their own price",
            usage: usage(0, 0, cacheRead: 1_000_000),
            price: full,
            cost: 0.3
        ),
        Row(
            testDescription: "both cache lifetimes are written at the writing price",
            usage: usage(0, 0, write5m: 500_000, write1h: 500_000),
            price: full,
            cost: 3.75
        ),
        Row(
            testDescription: "reasoning is a part of the output",
            usage: usage(0, 1_000_000, reasoning: 400_000),
            price: full,
            cost: 0.6 * 15 + 0.4 * 20
        ),
        Row(
            testDescription: "reasoning without its own price costs as output",
            usage: usage(0, 1_000_000, reasoning: 400_000),
            price: Price(input: 1, output: 10),
            cost: 10
        ),
        Row(
            testDescription: "more reasoning than output is cut",
            usage: usage(0, 10, reasoning: 1_000_000),
            price: full,
            cost: 10 * 20 / 1_000_000
        ),
        Row(
            testDescription: "cached tokens without a price cost as input",
            usage: usage(0, 0, cacheRead: 1_000_000),
            price: Price(input: 2, output: 8),
            cost: 2
        ),
        Row(testDescription: "no price", usage: usage(10, 10), price: nil, cost: nil),
        Row(testDescription: "no usage", usage: usage(nil, nil), price: full, cost: nil),
        Row(
            testDescription: "a used kind without any price",
            usage: usage(10, 10),
            price: Price(input: 1, output: nil),
            cost: nil
        ),
        Row(
            testDescription: "an unused kind without a price does not matter",
            usage: usage(1_000_000, 0),
            price: Price(input: 1, output: nil),
            cost: 1
        ),
        Row(
            testDescription: "the provider's own figure wins",
            usage: usage(10, 10),
            price: full,
            reported: 0.5,
            cost: 0.5
        ),
        Row(testDescription: "a reported zero counts", usage: usage(10, 10), price: full, reported: 0, cost: 0),
        Row(
            testDescription: "a negative report is ignored",
            usage: usage(1_000_000, 0),
            price: full,
            reported: -1,
            cost: 3
        ),
        Row(testDescription: "free", usage: usage(10, 10), price: .free, cost: 0),
    ]

    @Test(arguments: rows) func `costs`(row: Row) throws {
        let cost = CostCalculator.cost(usage: row.usage, price: row.price, providerReported: row.reported)
        guard let expected = row.cost else {
            #expect(cost == nil)
            return
        }
        #expect(abs(try #require(cost) - expected) < 1e-9)
    }
}
