import CryptoCore
import Dialects
import EventLoop
import HTTPCore
import HTTPServer
import Routing
import Store
import Synchronization
import Testing
import TimeCore

@testable import Gateway
@testable import HTTPClient

/// Requests that are refused before a provider sees them, and failures that are nobody's but the gateway's.
@Suite(.timeLimit(.minutes(1))) struct PolicyTests {
    private func key(models: [String] = [], connections: [String] = []) -> APIKey {
        APIKey(
            name: "laptop",
            digest: nil,
            allowedModels: models,
            allowedConnections: connections,
            createdAt: WallTime.now()
        )
    }

    @Test func `a key that is limited to models may use no others`() async throws {
        let upstream = try Upstream { _ in .chat() }
        let key = key(models: ["near/m1", "mix"])
        try await withWorld { world async throws in
            try await world.connect(upstream)
            try await world.addCombo("mix", ["near/m2"])
            #expect(await world.ask("near/m1", key: key).status == 200)
            #expect(await world.ask("mix", key: key).status == 200)
            let refused = await world.ask("near/m2", key: key)
            #expect(refused.status == 403 && refused.failure?.code == "model_not_allowed")
            #expect(upstream.asked == ["a1 m1", "a1 m2"])
            let records = try await world.usage()
            #expect(records.count == 2 && records.allSatisfy { $0.apiKeyName == "laptop" })
        }
    }

    @Test func `a key that is limited to accounts uses those`() async throws {
        let upstream = try Upstream { .chat("from \($0.key)") }
        let keyOf = { @Sendable (id: String) in key(connections: [id]) }
        try await withWorld { world async throws in
            let ids = try await world.connect(upstream, accounts: ["a1", "a2"])
            let answer = await world.ask("near/m1", key: keyOf(try #require(ids["a2"])))
            #expect(answer.sink.text.contains("from a2"))
        }
    }

    @Test func `requests that reached no provider are listed and do not count`() async throws {
        try await withWorld { world async throws in
            let key = key(models: ["near/*"])
            #expect(await world.ask("nowhere/m1").status >= 400)
            #expect(await world.ask("far/m1", key: key).status == 403)
            #expect(try await world.usage().isEmpty)
            #expect(try await world.store.callLogs().count == 2)
        }
    }

    @Test(
        arguments: [
            ("", "invalid_json"), ("{", "invalid_json"), ("[]", nil), (#"{"model":"a","model":"b"}"#, nil), ("{}", nil),
            (#"{"model":7}"#, nil),
        ] as [(String, String?)]
    )
    func `a body that is no request is refused`(body: String, code: String?) async throws {
        try await withWorld { world async throws in
            let request = world.request(body)
            let failure = await #expect(throws: Failure.self) {
                try await world.gateway.answer(request, to: RecordingSink())
            }
            #expect(failure?.status == 400)
            if let code { #expect(failure?.code == code) }
            #expect(world.gateway.counters.active.load(ordering: .relaxed) == 0)
        }
    }

    @Test func `the demo answers before any provider is connected`() async throws {
        try await withWorld { world async throws in
            for streams in [true, false] {
                let answer = await world.ask("demo/echo", streams: streams)
                #expect(answer.status == 200 && answer.sink.text.contains("OmniRoute"))
            }
        }
    }

    // MARK: - The gateway's own faults

    private struct Odd: Error {}

    @Test(arguments: [true, false])
    func `a fault of the gateway ends the request and is not blamed on the account`(isDetached: Bool) async throws {
        let stream = Dialect.openAIChat.opening("a") + Chat.text("b")
        let upstream = try Upstream { _ in .stream(stream) }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            let sink = RecordingSink()
            if isDetached {
                world.gateway.detach(from: world.loop)
            } else {
                sink.onWait = { throw Odd() }
            }
            let answer = await world.ask("near/m1", streams: true, to: sink)
            #expect(upstream.calls.count == (isDetached ? 0 : 1))
            #expect(isDetached ? answer.status == 503 : sink.text.contains("Internal error"))
            #expect(world.gateway.counters.fallbacks.load(ordering: .relaxed) == 0)
            #expect(try await world.store.callLogs().map(\.status) == [isDetached ? 503 : 500])
            for account in ["a1", "a2"] { #expect(try world.rests(account) == false) }
        }
    }

    @Test func `an unexpected error becomes a 500 that harms nobody`() async throws {
        try await withWorld { world async throws in
            let outcome = world.gateway.outcome(of: Odd(), provider: "n1", RecordingSink())
            guard case .failed(let refusal) = outcome else {
                Issue.record("no failure")
                return
            }
            #expect(refusal.failure.status == 500 && refusal.failure.message == "Internal error")
            let evidence = FailureEvidence(refusal.failure, provider: "openai")
            #expect(FailureClassifier.verdict(on: evidence, kind: .apiKey) == FailureVerdict(.stop))
        }
    }

    @Test(
        arguments: [
            (.timeout(.firstByte), 504), (.connect, 502), (.closedEarly, 502), (.proxy, 503), (.tooLarge, 502),
            (.protocolViolation, 502), (.egressRefused, 502), (.closed, 503),
        ] as [(TransferError.Code, Int)]
    )
    func `a failed transfer has a status and names no address`(code: TransferError.Code, status: Int) {
        let failure = TransferError(code, host: "10.0.0.1").failure(provider: "near")
        #expect(failure.status == status && !failure.message.contains("10.0.0.1"))
    }
}

extension World {
    /// Whether an account rests, or worse.
    func rests(_ account: String) throws -> Bool {
        let id = try #require(store.configuration.connections.first { $0.name == account }?.id)
        let request = request("{}", headers: [("x-omniroute-connection", id)])
        let plan = gateway.makePlan(for: try gateway.resolve("near/m1", request), request)
        guard case .attempt = plan.next(at: .now()) else { return true }
        return false
    }
}
