import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import Store
import Testing

@testable import Gateway

/// What a streaming client sees until the first content, and when there never is any.
@Suite(.timeLimit(.minutes(1))) struct StreamStartTests {
    @Test func `nothing reaches the client before the first content`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([
                .bytes(": PROCESSING\n\n"), .act { #expect(sink.isUntouched) },
                .bytes(Chat.role), .act { #expect(sink.isUntouched) },
                .bytes(Chat.text("Hi")), .act { #expect(sink.status == 200 && sink.text.contains("Hi")) },
                .bytes(Chat.finish() + Chat.done),
            ])
            #expect(try await world.deliver(source, to: sink).word == "delivered")
            #expect(sink.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(sink.text.contains(#""role":"assistant""#))
            #expect(sink.misuses.isEmpty && sink.isFinished)
        }
    }

    @Test(arguments: Dialect.allCases, Dialect.allCases)
    func `the head says what the stream is`(client: Dialect, upstream: Dialect) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource.stream(
                upstream,
                [
                    .act { #expect(sink.isUntouched) }, .bytes(upstream.opening("Hi")),
                    .act { #expect(sink.status == 200 && sink.text.contains("Hi")) },
                    .bytes(upstream.ending(output: 3)),
                ]
            )
            let ending = try await world.deliver(source, Scene(client: client, upstream: upstream), to: sink)
            #expect(ending.word == "delivered" && sink.misuses.isEmpty)
            let type = client == .ollama ? "application/x-ndjson" : "text/event-stream; charset=utf-8"
            #expect(sink.headers["content-type"] == type)
            #expect(sink.text.contains(client.cleanEnd))
            let data = client == .ollama ? sink.text : sink.events.joined()
            #expect(data.contains("my-model") && !data.contains("up-model"))
        }
    }

    @Test(arguments: Dialect.allCases)
    func `an answer that arrives at once leaves at once`(dialect: Dialect) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource.stream(dialect, [.bytes(dialect.opening("Hi") + dialect.ending(output: 3))])
            let ending = try await world.deliver(source, Scene(client: dialect, upstream: dialect), to: sink)
            #expect(ending.word == "delivered")
            #expect(sink.pieces.count == 1)
        }
    }

    struct EarlyFailure: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: @Sendable () -> [ScriptedSource.Step]
        var status = 502
        var contentType = "text/event-stream"
        var isDelimitedByClose = false
    }

    static let earlyFailures = [
        EarlyFailure(testDescription: "the connection breaks") { [.bytes(Chat.role), .fail(.closedEarly)] },
        EarlyFailure(testDescription: "nothing comes for too long", steps: { [.fail(.timeout(.idle))] }, status: 504),
        EarlyFailure(testDescription: "an end without anything") { [] },
        EarlyFailure(testDescription: "an end after the beginning") { [.bytes(Chat.role)] },
        EarlyFailure(testDescription: "an end mark without content") {
            [.bytes(Chat.role + Chat.finish() + Chat.done)]
        },
        EarlyFailure(testDescription: "half an event") { [.bytes(Chat.role + #"data: {"choices":[{"delta":{"con"#)] },
        EarlyFailure(testDescription: "an error event") {
            [.bytes(Chat.role + #"data: {"error":{"message":"boom","code":502}}"# + "\n\n")]
        },
        EarlyFailure(
            testDescription: "an error instead of a stream",
            steps: { [.bytes(#"{"error":{"message":"too many requests","type":"rate_limit_error"}}"#)] },
            status: 429
        ),
        EarlyFailure(
            testDescription: "a web page",
            steps: { [.bytes("<html><title>Sign in</title></html>")] },
            contentType: "text/html"
        ),
        EarlyFailure(
            testDescription: "an end of the connection",
            steps: { [.bytes(Chat.role)] },
            isDelimitedByClose: true
        ),
    ]

    @Test(arguments: earlyFailures)
    func `a failure before the first content leaves the client to another attempt`(failure: EarlyFailure) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource(
                failure.steps(),
                headers: [("content-type", failure.contentType)],
                isDelimitedByClose: failure.isDelimitedByClose
            )
            let ending = try await world.deliver(source, to: sink)
            #expect(ending.word == "failed" && ending.failure?.status == failure.status, "\(ending)")
            #expect(sink.isUntouched)
            #expect(try await world.usage().isEmpty)
        }
    }

    @Test func `a stream that does not begin in time is given up`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([.bytes(Chat.role), .wait])
            let ending = try await world.deliver(source, Scene(readiness: .milliseconds(20)), to: sink)
            #expect(ending.word == "failed" && ending.isReadinessTimeout)
            #expect(ending.failure?.status == 504 && ending.failure?.code == "STREAM_READINESS_TIMEOUT")
            #expect(source.isCancelled && sink.isUntouched)
        }
    }

    @Test func `comments and empty events do not count as a beginning`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let steps = (0..<200).flatMap { _ in
                [ScriptedSource.Step.bytes(": PROCESSING\n\n"), .pause(.milliseconds(5))]
            }
            let source = ScriptedSource(steps + [.bytes(Dialect.openAIChat.opening("late")), .wait])
            let ending = try await world.deliver(source, Scene(readiness: .milliseconds(30)), to: sink)
            #expect(ending.isReadinessTimeout && sink.isUntouched)
        }
    }

    @Test func `the readiness time does not limit an answer that has begun`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([
                .bytes(Dialect.openAIChat.opening("a")), .pause(.milliseconds(120)),
                .bytes(Chat.text("b") + Chat.finish() + Chat.done),
            ])
            let ending = try await world.deliver(source, Scene(readiness: .milliseconds(100)), to: sink)
            #expect(ending.word == "delivered")
        }
    }

    @Test func `the head tells provider, model and session, and no figures yet`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening("a") + Chat.finish() + Chat.done)])
            _ = try await world.deliver(source, to: sink)
            #expect(sink.headers["x-omniroute-provider"] == "near" && sink.headers["x-omniroute-model"] == "up-model")
            #expect(sink.headers["x-omniroute-session-id"]?.isEmpty == false)
            #expect(sink.headers["x-omniroute-tokens-out"] == "0")
            #expect(sink.headers["cache-control"] == "no-cache, no-transform")
            #expect(sink.headers["x-accel-buffering"] == "no")
        }
    }

    @Test func `a stream that turns out to be one body is streamed to the client`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let ending = try await world.deliver(ScriptedSource.json(Chat.whole("Hello")), to: sink)
            #expect(ending.word == "delivered")
            #expect(sink.isStream && sink.text.contains("Hello") && sink.text.hasSuffix(Chat.done))
        }
    }
}
