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

/// Requests through the whole gateway, with a provider on this machine.
@Suite(.timeLimit(.minutes(1))) struct PipelineTests {
    @Test(arguments: Dialect.allCases, Dialect.allCases)
    func `a request is answered and recorded`(client: Dialect, provider: Dialect) async throws {
        for streams in [true, false] {
            let upstream = try Upstream { .answer("Hello", provider, to: $0) }
            try await withWorld { world async throws in
                let prefix = try await world.connect(upstream, speaking: provider)
                let answer = await world.ask("\(prefix)/m1", client, streams: streams)
                #expect(answer.status == 200 && answer.sink.text.contains("Hello") && answer.sink.isStream == streams)
                #expect(upstream.asked == ["a1 m1"] && upstream.calls.first?.streams == streams)
                let record = try #require(try await world.usage().first)
                #expect(record.model == "m1" && record.requestedModel == "\(prefix)/m1")
                let account = try #require(world.store.configuration.connections.first)
                #expect(record.provider == account.provider && record.connectionID == account.id)
                #expect(try await world.store.callLogs().map(\.account) == ["a1"])
                #expect(record.sourceFormat == client.rawValue && record.targetFormat == provider.rawValue)
                #expect(record.output == 5 && record.stream == streams && !record.estimated)
                #expect(world.gateway.activeAttempts.all.isEmpty)
                #expect(world.gateway.counters.active.load(ordering: .relaxed) == 0)
            }
        }
    }

    @Test func `the next account answers when the first cannot`() async throws {
        let upstream = try Upstream { $0.key == "a1" ? .failure(500, "boom") : .chat("from \($0.key)") }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            let answer = await world.ask("near/m1")
            #expect(answer.status == 200 && answer.sink.text.contains("from a2"))
            #expect(upstream.asked == ["a1 m1", "a2 m1"])
            #expect(world.gateway.counters.fallbacks.load(ordering: .relaxed) == 1)
            #expect(try await world.store.callLogs().map(\.account) == ["a2"])
            // The failing account rests.
            _ = await world.ask("near/m1")
            #expect(upstream.asked.count == 3)
        }
    }

    @Test func `a stream that is empty is another account's chance`() async throws {
        let upstream = try Upstream { call in
            call.key == "a1"
                ? .stream(Chat.role + Chat.finish() + Chat.done)
                : .stream(Dialect.openAIChat.opening("from a2") + Chat.finish() + Chat.done)
        }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            let answer = await world.ask("near/m1", streams: true)
            #expect(answer.sink.text.contains("from a2") && answer.sink.misuses.isEmpty)
        }
    }

    @Test func `the next model of a combo answers when all accounts of the first fail`() async throws {
        let upstream = try Upstream { $0.model == "m1" ? .failure(503, "closed") : .chat("from \($0.model)") }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            let other = try Upstream { .chat("from \($0.key)") }
            try await world.connect(other, as: "far", accounts: ["b1"])
            try await world.addCombo("mix", ["near/m1", "far/m2"])
            let answer = await world.ask("mix")
            #expect(answer.sink.text.contains("from b1"))
            #expect(upstream.asked == ["a1 m1", "a2 m1"] && other.asked == ["b1 m2"])
            let record = try #require(try await world.store.callLogs().first)
            #expect(record.comboName == "mix" && record.comboStepID != nil && record.model == "m2")
        }
    }

    @Test func `a bad request is not repeated with other accounts, and harms none`() async throws {
        let upstream = try Upstream { _ in .failure(400, "messages: too odd") }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            let answer = await world.ask("near/m1")
            #expect(answer.status == 400 && answer.failure?.message.contains("too odd") == true)
            #expect(upstream.asked == ["a1 m1"] && answer.sink.isUntouched)
            #expect(try world.isReady("near/m1"))
            try await world.addCombo("mix", ["near/m1", "near/m2"])
            #expect(await world.ask("mix").status == 400)
            #expect(upstream.asked.dropFirst() == ["a1 m1", "a1 m2"])
        }
    }

    @Test(arguments: [301, 302, 307, 304, 204])
    func `a provider's redirect is a bad gateway`(status: Int) async throws {
        let upstream = try Upstream { _ in
            Response(
                HTTPStatus(rawValue: status),
                headers: HTTPHeaders([("location", "http://evil.test/"), ("retry-after", "7")])
            )
        }
        try await withWorld { world async throws in
            try await world.connect(upstream)
            for streams in [true, false] {
                let answer = await world.ask("near/m\(streams)", streams: streams)
                #expect(answer.status == 502 && answer.sink.isUntouched)
                #expect(answer.failure?.message.contains("evil") == false)
                world.gateway.health.forget(try #require(world.store.configuration.connections.first?.id))
            }
        }
    }

    @Test func `a rate limit passes on when to come back`() async throws {
        let upstream = try Upstream { _ in .failure(429, "slow down", headers: [("retry-after", "17")]) }
        try await withWorld { world async throws in
            try await world.connect(upstream)
            let answer = await world.ask("near/m1")
            #expect(answer.status == 429 && answer.failure?.retryAfter == 17)
            #expect(try await world.usage().map(\.status) == [429])
            #expect(try !world.isReady("near/m1"))
        }
    }

    @Test func `an unreachable provider is not named by its address`() async throws {
        try await withWorld { world async throws in
            do {
                let upstream = try Upstream { _ in .chat() }
                try await world.connect(upstream)
            }
            let answer = await world.ask("near/m1")
            #expect(answer.status == 502 && answer.failure?.code == "upstream_unreachable")
            #expect(answer.failure?.message.contains("127.0.0.1") == false)
        }
    }

    @Test func `a named account is the only one that is used`() async throws {
        let upstream = try Upstream { $0.key == "a2" ? .failure(500, "boom") : .chat("from \($0.key)") }
        try await withWorld { world async throws in
            let ids = try await world.connect(upstream, accounts: ["a1", "a2", "a3"])
            let third = await world.ask("near/m1", headers: [("x-omniroute-connection", try #require(ids["a3"]))])
            #expect(third.sink.text.contains("from a3"))
            let second = await world.ask("near/m1", headers: [("x-omniroute-connection", try #require(ids["a2"]))])
            #expect(second.status == 500)
            let nobody = await world.ask("near/m1", headers: [("x-omniroute-connection", "nobody")])
            #expect(nobody.status == 503)
            #expect(upstream.asked == ["a3 m1", "a2 m1"])
        }
    }

    @Test func `an answer that breaks in the middle is not tried again`() async throws {
        let upstream = try Upstream { _ in .stream(Dialect.openAIChat.opening("half")) }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            let answer = await world.ask("near/m1", .anthropicMessages, streams: true)
            #expect(answer.failure == nil && answer.sink.text.contains("event: error"))
            #expect(upstream.asked == ["a1 m1"])
            #expect(try await world.usage().map(\.status) == [502])
        }
    }
}
