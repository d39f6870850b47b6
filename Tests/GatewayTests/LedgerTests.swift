import Dialects
import EventLoop
import Providers
import Store
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct LedgerTests {
    private static func usage(_ input: Int?, _ output: Int?) -> Usage {
        var usage = Usage()
        (usage.input, usage.output) = (input, output)
        return usage
    }

    @Test func `a request is settled once`() async throws {
        try await withWorld { world async throws in
            let ledger = try world.attempt(Scene(), to: RecordingSink()).ledger
            ledger.settle(status: 200, usage: Self.usage(1, 2), reportedCost: nil)
            ledger.settle(failure: Failure(.server, "later"))
            ledger.settleGone()
            #expect(ledger.isSettled)
            #expect(try await world.usage().map(\.status) == [200])
        }
    }

    @Test func `the cost is what the provider says, else tokens by price, else unknown`() async throws {
        try await withWorld { world async throws in
            let priced = try world.attempt(Scene(price: Price(input: 1, output: 2)), to: RecordingSink()).ledger
            let used = Self.usage(1_000_000, 500_000)
            #expect(priced.cost(of: used, reported: nil) == 2)
            #expect(priced.cost(of: used, reported: 0.25) == 0.25)
            #expect(priced.cost(of: used, reported: 0) == 0)
            #expect(priced.cost(of: used, reported: -1) == 2)
            #expect(priced.cost(of: used, reported: .nan) == 2)
            let unpriced = try world.attempt(Scene(price: nil), to: RecordingSink()).ledger
            #expect(unpriced.cost(of: used, reported: nil) == nil)
            #expect(unpriced.cost(of: used, reported: 0.25) == 0.25)
            unpriced.settle(status: 200, usage: used, reportedCost: nil)
            #expect(try await world.usage().first?.costUSD == nil)
        }
    }

    @Test func `a cost that the provider reports in its stream wins`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let end = Chat.finish() + Chat.usage(10, 5, more: #","cost":0.5"#) + Chat.done
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening("a") + end)])
            _ = try await world.deliver(source, to: sink)
            #expect(try await world.usage().first?.costUSD == 0.5)
            #expect(sink.text.contains("response-cost=0.5000000000"))
        }
    }

    @Test func `absurd figures are brought within bounds`() async throws {
        var absurd = Usage()
        (absurd.input, absurd.output, absurd.reasoning) = (.max, -5, .min)
        (absurd.cacheRead, absurd.cacheWrite5m, absurd.cacheWrite1h) = (.max, .max, .max)
        let bounded = absurd.bounded
        #expect(bounded.input == 1 << 40 && bounded.output == 0 && bounded.reasoning == 0)
        #expect(bounded.totalInput == 4 << 40)
        #expect(Usage().bounded == Usage())
        let used = absurd
        try await withWorld { world async throws in
            let ledger = try world.attempt(Scene(), to: RecordingSink()).ledger
            ledger.settle(status: 200, usage: used, reportedCost: .infinity)
            let record = try #require(try await world.usage().first)
            #expect(record.output == 0 && record.costUSD?.isFinite == true)
        }
    }

    @Test func `a stream with absurd figures is delivered`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let end = Chat.finish() + Chat.usage(.max, .max, more: #","total_tokens":9223372036854775807"#) + Chat.done
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening("a") + end)])
            #expect(try await world.deliver(source, to: sink).word == "delivered")
            #expect(try await world.usage().first?.output == 1 << 40)
        }
    }

    @Test func `a request that reached no provider is listed and not counted`() async throws {
        try await withWorld { world async throws in
            let ledger = try world.attempt(Scene(), to: RecordingSink()).ledger
            ledger.target = nil
            ledger.settle(failure: Failure(.notFound, "no such model", code: "model_not_found"))
            #expect(try await world.usage().isEmpty)
            let listed = try await world.store.callLogs()
            #expect(listed.map(\.status) == [404] && listed.first?.error == "no such model")
        }
    }
}
