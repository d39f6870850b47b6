import Dialects
import HTTPCore
import HTTPServer
import JSONCore
import Routing
import Store
import Testing

@testable import Gateway

/// Streams whose upstream dies after content was sent, and what other targets make of them.
@Suite(.timeLimit(.minutes(1))) struct ContinuationTests {
    private static func settings(_ policy: StreamContinuation) -> GatewaySettings {
        var settings = GatewaySettings.quiet()
        settings.streamContinuation = policy
        return settings
    }

    /// A stream that ends in the middle of a sentence.
    private static let broken = Chat.role + Chat.text("Once upon") + Chat.text(" a ti")

    private func world(
        _ policy: StreamContinuation,
        _ answers: @escaping @Sendable (Upstream.Call) -> Response,
        _ body: @escaping @Sendable (World, Upstream) async throws -> Void
    ) async throws {
        let upstream = try Upstream(answers)
        try await withWorld(Self.settings(policy)) { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2", "a3"])
            try await body(world, upstream)
        }
    }

    @Test(arguments: Dialect.allCases)
    func `the next account goes on, and the client sees one answer`(client: Dialect) async throws {
        try await world(.text) { call in
            guard call.key != "a1" else { return .stream(Self.broken) }
            return .stream(Chat.role + Chat.text("me there was") + Chat.finish() + Chat.usage(20, 7) + Chat.done)
        } _: { world, upstream in
            let answer = await world.ask("near/m1", client, streams: true)
            #expect(answer.status == 200 && answer.sink.misuses.isEmpty && answer.sink.isFinished)
            #expect(client.text(in: answer.sink) == "Once upon a time there was")
            #expect(answer.sink.text.contains(client.cleanEnd))
            #expect(!answer.sink.text.contains(client.errorEvent))
            #expect(answer.sink.text.contains(": x-omniroute-stream=stitched(1)\n") == client.takesComments)
            #expect(answer.sink.trailers["x-omniroute-stream"] == (client.takesComments ? nil : "stitched(1)"))
            #expect(upstream.asked == ["a1 m1", "a2 m1"])
            let second = try #require(upstream.calls.last?.body)
            #expect(second.contains("Once upon a ti") && second.contains("Continue it exactly"))
            // Both answers are paid for: the first is an estimate, because it never came to its figures.
            let record = try #require(try await world.usage().first)
            #expect(record.status == 200 && record.output ?? 0 > 7 && record.estimated)
            let records = try await world.usage()
            #expect(records.count == 1)
        }
    }

    @Test(arguments: Dialect.allCases, Dialect.allCases)
    func `a target of another dialect goes on, whatever the client speaks`(
        client: Dialect,
        next: Dialect
    ) async throws {
        let dying = try Upstream { _ in .stream(Gemini.text("Once upon") + Gemini.text(" a ti"), of: .gemini) }
        let rest = next.opening("me there was") + next.ending(output: 7)
        let other = try Upstream { _ in .stream(rest, of: next) }
        try await withWorld(Self.settings(.text)) { world async throws in
            try await world.connect(dying, speaking: .gemini)
            var prefix = "gemini"
            if next == .gemini {
                // An account of the same provider at another address.
                let address = try JSONDocument.parse(text: #"{"baseUrl":"\#(other.origin)"}"#)
                try await world.addAccounts(["a2"], of: "gemini", address)
            } else {
                prefix = try await world.connect(other, speaking: next)
            }
            try await world.addCombo("mix", ["gemini/m1", "\(prefix)/m2"])
            let answer = await world.ask("mix", client, streams: true)
            #expect(answer.status == 200 && answer.sink.misuses.isEmpty && answer.sink.isFinished)
            #expect(client.text(in: answer.sink) == "Once upon a time there was")
            #expect(answer.sink.text.contains(client.cleanEnd) && !answer.sink.text.contains(client.errorEvent))
            #expect(answer.sink.text.contains(": x-omniroute-stream=stitched(1)\n") == client.takesComments)
            #expect(answer.sink.trailers["x-omniroute-stream"] == (client.takesComments ? nil : "stitched(1)"))
            #expect(dying.calls.count == 1 && other.calls.first?.body.contains("Once upon a ti") == true)
            let record = try #require(try await world.usage().first)
            #expect(record.status == 200 && record.output ?? 0 > 7 && record.targetFormat == next.rawValue)
            guard client == .openAIResponses else { return }
            let numbers = try answer.sink.events.map { try JSONDocument.parse(text: $0).root["sequence_number"]?.int }
            #expect(numbers == Array(0..<numbers.count))
            #expect(answer.sink.events.last?.contains("Once upon a time there was") == true)
        }
    }

    @Test func `a third target goes on when the second dies too`() async throws {
        try await world(.text) { call in
            switch call.key {
            case "a1": .stream(Self.broken)
            case "a2": .stream(Chat.role + Chat.text("me there"))
            default: .stream(Chat.role + Chat.text(" was a king.") + Chat.finish() + Chat.done)
            }
        } _: { world, upstream in
            let answer = await world.ask("near/m1", streams: true)
            #expect(answer.sink.text.contains("stitched(2)") && answer.sink.text.contains(" was a king."))
            #expect(upstream.calls.last?.body.contains("Once upon a time there") == true)
        }
    }

    @Test func `without a target the client is told, once`() async throws {
        try await world(.text) { call in
            call.key == "a1" ? .stream(Self.broken) : .failure(500, "boom")
        } _: { world, upstream in
            let answer = await world.ask("near/m1", streams: true)
            #expect(upstream.asked.count == 3)
            #expect(answer.sink.text.contains(#""retryable":true,"reason":"upstream_cut_off""#))
            #expect(answer.sink.text.contains(": x-omniroute-stream=failed\n"))
            #expect(!answer.sink.text.contains(Dialect.openAIChat.cleanEnd))
            #expect(answer.sink.isFinished && answer.sink.misuses.isEmpty)
            let record = try #require(try await world.usage().first)
            #expect(record.status == 502)
            // What was used is counted once, in the account and for the client.
            #expect(answer.sink.text.contains(": x-omniroute-tokens-out=\(record.output ?? -1)\n"))
            let records = try await world.usage().count
            #expect(records == 1)
        }
    }

    @Test(arguments: [Dialect.gemini, .ollama])
    func `clients without comments are told of a failed stream behind it`(client: Dialect) async throws {
        try await world(.text) { call in
            call.key == "a1" ? .stream(Self.broken) : .failure(500, "boom")
        } _: { world, _ in
            let answer = await world.ask("near/m1", client, streams: true)
            #expect(answer.sink.text.contains(client.errorEvent) && !answer.sink.text.contains("x-omniroute"))
            #expect(answer.sink.trailers["x-omniroute-stream"] == "failed")
        }
    }

    @Test(arguments: [StreamContinuation.never, .text])
    func `what the policy does not allow ends with an error`(policy: StreamContinuation) async throws {
        let call =
            #"{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{"}}]},"finish_reason":null}"#
        try await world(policy) { _ in
            .stream(policy == .never ? Self.broken : Chat.role + "data: {\"id\":\"c1\",\"choices\":[\(call)]}\n\n")
        } _: { world, upstream in
            let answer = await world.ask("near/m1", streams: true)
            #expect(upstream.asked.count == 1)
            #expect(answer.sink.text.contains(Dialect.openAIChat.errorEvent))
            #expect(answer.sink.text.contains("x-omniroute-stream=failed"))
        }
    }

    @Test func `an answer that must be JSON is not gone on with by asking`() async throws {
        try await world(.text) { call in
            call.key == "a1" ? .stream(Chat.role + Chat.text("{\\\"a\\\": 1,")) : .stream(Chat.role + Chat.text("{}"))
        } _: { world, upstream in
            let format = #","response_format":{"type":"json_object"}"#
            let question = ClientQuestion(dialect: .openAIChat, model: "near/m1", streams: true, more: format)
            let answer = await world.ask(question)
            #expect(upstream.asked == ["a1 m1"])
            #expect(answer.sink.text.contains(#""retryable":true,"reason":"upstream_cut_off""#))
            #expect(answer.sink.text.contains(": x-omniroute-stream=failed\n") && answer.sink.isFinished)
            let isReady = try world.isReady("near/m1")
            #expect(isReady)
        }
    }

    @Test func `a whole stream says so`() async throws {
        try await world(.text) { _ in
            .stream(Chat.role + Chat.text("Hi") + Chat.finish() + Chat.done)
        } _: { world, _ in
            let answer = await world.ask("near/m1", streams: true)
            #expect(answer.sink.text.contains(": x-omniroute-stream=whole\n"))
        }
    }

    @Test func `the key's word counts before the combo's, and the combo's before the server's`() {
        var combo = ComboSettings()
        var settings = GatewaySettings()
        settings.streamContinuation = .text
        #expect(AnswerPolicies(nil, nil, settings).continuation == .text)
        combo.streamContinuation = .never
        #expect(AnswerPolicies(nil, combo, settings).continuation == .never)
        #expect(AnswerPolicies(nil, combo, settings).toolCalls == .observe)
    }
}
