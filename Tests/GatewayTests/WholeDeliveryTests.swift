import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import Store
import Testing

@testable import Gateway

/// Answers in one piece.
@Suite(.timeLimit(.minutes(1))) struct WholeDeliveryTests {
    @Test(arguments: Dialect.allCases, Dialect.allCases)
    func `an answer is one body with its figures in the head`(client: Dialect, upstream: Dialect) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource.json(upstream.whole("Hello"), then: [.act { #expect(sink.isUntouched) }])
            let scene = Scene(client: client, upstream: upstream, streams: false)
            let ending = try await world.deliver(source, scene, to: sink)
            #expect(ending.word == "delivered")
            #expect(sink.status == 200 && !sink.isStream && sink.pieces.count == 1)
            #expect(sink.text.contains("Hello") && sink.text.contains("my-model") && !sink.text.contains("up-model"))
            #expect(sink.headers["content-type"] == "application/json")
            #expect(sink.headers["x-omniroute-tokens-in"] == "10" && sink.headers["x-omniroute-tokens-out"] == "5")
            #expect(sink.headers["x-omniroute-response-cost"] == "0.0000200000")
            let record = try #require(try await world.usage().first)
            #expect(record.input == 10 && record.output == 5 && record.status == 200 && !record.stream)
        }
    }

    @Test func `a cost that nobody knows is left out`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let scene = Scene(streams: false, price: nil)
            _ = try await world.deliver(ScriptedSource.json(Chat.whole()), scene, to: sink)
            #expect(sink.headers["x-omniroute-response-cost"] == nil)
            #expect(try await world.usage().first?.costUSD == nil)
        }
    }

    @Test(arguments: Dialect.allCases, Dialect.allCases)
    func `an upstream that streams although the client does not is gathered`(
        client: Dialect,
        upstream: Dialect
    ) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource.stream(
                upstream,
                [
                    .bytes(upstream.opening("Hel")), .bytes(upstream.more("lo")), .bytes(upstream.ending(output: 7)),
                ]
            )
            let scene = Scene(client: client, upstream: upstream, streams: false)
            #expect(try await world.deliver(source, scene, to: sink).word == "delivered")
            #expect(!sink.isStream && sink.text.contains(#""Hello""#))
            #expect(sink.headers["x-omniroute-tokens-out"] == "7")
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status = 502
        var source: @Sendable () -> ScriptedSource
    }

    static let bad = [
        Bad(testDescription: "an empty body") { .json("") },
        Bad(testDescription: "an empty answer") { .json(Chat.whole("")) },
        Bad(testDescription: "an answer without choices") { .json(#"{"id":"c1","choices":[]}"#) },
        Bad(testDescription: "an error inside of a 200", status: 429) {
            .json(#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#)
        },
        Bad(testDescription: "half a body") { .json(#"{"id":"c1","choices":[{"index":0,"message":{"role""#) },
        Bad(testDescription: "half a body, ended by the connection") {
            ScriptedSource(
                [.bytes(#"{"choices":[{"mess"#)],
                headers: [("content-type", "application/json")],
                isDelimitedByClose: true
            )
        },
        Bad(testDescription: "a broken connection") { .json(#"{"id":"#, then: [.fail(.closedEarly)]) },
        Bad(testDescription: "a web page") { .json("<html></html>") },
        Bad(testDescription: "a stream that is cut") { ScriptedSource([.bytes(Dialect.openAIChat.opening("a"))]) },
        Bad(testDescription: "an error event in a stream", status: 529) {
            let error = #"data: {"error":{"message":"busy","type":"overloaded_error"}}"# + "\n\n"
            return ScriptedSource([.bytes(Dialect.openAIChat.opening("a") + error), .wait])
        },
    ]

    @Test(arguments: bad)
    func `whatever fails before the end can still become another attempt`(bad: Bad) async throws {
        try await withWorld { world async throws in
            for client in Dialect.allCases {
                let sink = RecordingSink()
                let scene = Scene(client: client, streams: false)
                let ending = try await world.deliver(bad.source(), scene, to: sink)
                #expect(ending.word == "failed" && ending.failure?.status == bad.status, "\(ending)")
                #expect(sink.isUntouched)
                #expect(try await world.usage().isEmpty)
            }
        }
    }

    @Test func `a stream that stays open after its end is not waited for`() async throws {
        try await withWorld(.quiet(finishGrace: .milliseconds(20))) { world async throws in
            let sink = RecordingSink()
            let opening = Dialect.openAIChat.opening("a")
            let marked = ScriptedSource([.bytes(opening + Chat.finish() + Chat.done), .wait])
            #expect(try await world.deliver(marked, Scene(streams: false), to: sink).word == "delivered")
            let unmarked = ScriptedSource([.bytes(opening + Chat.finish()), .wait])
            let other = RecordingSink()
            #expect(try await world.deliver(unmarked, Scene(streams: false), to: other).word == "delivered")
            #expect(unmarked.isCancelled)
        }
    }

    @Test func `a client that leaves is accounted for`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let text = String(repeating: "word", count: 50)
            let source = ScriptedSource([
                .bytes(Dialect.anthropicMessages.opening(text)), .act { sink.isClientGone = true }, .fail(.cancelled),
            ])
            let scene = Scene(upstream: .anthropicMessages, streams: false)
            #expect(try await world.deliver(source, scene, to: sink).word == "gone")
            let record = try #require(try await world.usage().first)
            #expect(record.status == 499 && record.input == 12 && record.output == 50)
        }
    }
}
