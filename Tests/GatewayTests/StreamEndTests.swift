import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import JSONCore
import Store
import Testing

@testable import Gateway

/// How streams end, properly and otherwise.
@Suite(.timeLimit(.minutes(1))) struct StreamEndTests {
    /// A way in which an upstream breaks off after its first content.
    struct Cut: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rest: @Sendable () -> [ScriptedSource.Step]
        var isDelimitedByClose = false
        var lenientEnd = false
    }

    static let cuts = [
        Cut(testDescription: "the connection breaks") { [.fail(.closedEarly)] },
        Cut(testDescription: "the connection breaks within an event") {
            [.bytes("data: {\"choices\":[{\"del"), .fail(.closedEarly)]
        },
        Cut(testDescription: "silence") { [.fail(.timeout(.idle))] },
        Cut(testDescription: "a proper end of the body") { [] },
        Cut(testDescription: "half an event at the end") {
            [.bytes(#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"st"#)]
        },
        Cut(testDescription: "half of an Anthropic event at the end") {
            [.bytes("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_t")]
        },
        Cut(testDescription: "half of a Gemini event at the end") {
            [.bytes(#"data: {"candidates":[{"content":{"parts":[]},"finishReason":"ST"#)]
        },
        Cut(testDescription: "half a line at the end") { [.bytes(#"{"message":{"content":""},"done":tr"#)] },
        Cut(testDescription: "half an end mark") { [.bytes("data: [DON")] },
        Cut(testDescription: "a body that ends with the connection", rest: { [] }, isDelimitedByClose: true),
        Cut(
            testDescription: "a body that ends with the connection, of a provider that never says it is done",
            rest: { [] },
            isDelimitedByClose: true,
            lenientEnd: true
        ),
        Cut(testDescription: "garbage") { [.bytes("data: {]\n\ndata: {]\n\ndata: {]\n\n"), .wait] },
    ]

    @Test(arguments: cuts, Dialect.allCases)
    func `a cut answer ends with an error event, never like a complete one`(cut: Cut, client: Dialect) async throws {
        try await withWorld { world async throws in
            for upstream in Dialect.allCases {
                let sink = RecordingSink()
                let opening = upstream.opening("Once upon a time")
                let source = ScriptedSource.stream(
                    upstream,
                    [.bytes(opening)] + cut.rest(),
                    isDelimitedByClose: cut.isDelimitedByClose
                )
                let scene = Scene(client: client, upstream: upstream, lenientEnd: cut.lenientEnd)
                let ending = try await world.deliver(source, scene, to: sink)
                #expect(ending.word == "broken", "\(upstream): \(ending)")
                #expect(sink.text.contains("Once upon a time") && sink.text.contains(client.errorEvent))
                #expect(!sink.text.contains(client.cleanEnd))
                #expect(sink.text.contains(#""retryable":true,"reason":""#))
                #expect(sink.isFinished && sink.misuses.isEmpty)
                let record = try #require(try await world.usage().first)
                #expect(!record.success && record.status == ending.failure?.status)
                #expect(record.output == 4 && record.estimated, "\(upstream): \(record.output ?? -1)")
            }
        }
    }

    @Test func `an error event of the provider becomes the client's`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let error = #"data: {"error":{"message":"overloaded today","type":"overloaded_error"}}"# + "\n\n"
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening("a")), .bytes(error), .wait])
            let ending = try await world.deliver(source, Scene(client: .anthropicMessages), to: sink)
            #expect(ending.word == "broken" && ending.failure?.status == 529)
            #expect(sink.text.contains("event: error") && sink.text.contains("overloaded today"))
            #expect(source.isCancelled)
            let record = try #require(try await world.store.callLogs().first)
            #expect(record.status == 529 && record.error == "overloaded today")
        }
    }

    @Test(arguments: Dialect.allCases)
    func `T145: a Responses client's stream is over with its failure, though the provider's is not`(
        upstream: Dialect
    ) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource.stream(
                upstream,
                [.bytes(upstream.opening("a")), .bytes(upstream.failing("boom")), .wait]
            )
            let ending = try await world.deliver(source, Scene(client: .openAIResponses, upstream: upstream), to: sink)
            #expect(ending.word == "broken" && source.isCancelled)
            #expect(sink.isFinished && sink.misuses.isEmpty)
            let last = try JSONDocument.parse(text: try #require(sink.events.last)).root
            #expect(last["type"]?.string == "response.failed")
            #expect(last["response"]?["error"]?["message"]?.string == "boom")
        }
    }

    @Test func `a provider that never says that it is done may just end`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening("a"))])
            #expect(try await world.deliver(source, Scene(lenientEnd: true), to: sink).word == "delivered")
            #expect(sink.text.contains(#""finish_reason":"stop""#) && sink.text.hasSuffix(Chat.done))
        }
    }

    @Test func `a missing end mark after the reason for the end holds nobody up`() async throws {
        try await withWorld(.quiet(finishGrace: .milliseconds(20))) { world async throws in
            for dialect in Dialect.allCases where dialect.hasSeparateEnd {
                let sink = RecordingSink()
                let source = ScriptedSource.stream(
                    dialect,
                    [.bytes(dialect.opening("a")), .bytes(dialect.finish(output: 7)), .wait]
                )
                let scene = Scene(client: dialect, upstream: dialect)
                #expect(try await world.deliver(source, scene, to: sink).word == "delivered")
                #expect(source.isCancelled && sink.text.contains(dialect.cleanEnd))
                #expect(try await world.usage().first?.output == 7)
            }
        }
    }

    @Test func `comments do not prolong the time for the end mark`() async throws {
        try await withWorld(.quiet(finishGrace: .milliseconds(50))) { world async throws in
            for streams in [true, false] {
                let sink = RecordingSink()
                let pings = (0..<200).flatMap { _ in
                    [ScriptedSource.Step.bytes(": ping\n\n"), .pause(.milliseconds(10))]
                }
                let source = ScriptedSource(
                    [.bytes(Dialect.openAIChat.opening("a")), .bytes(Chat.finish())] + pings
                )
                #expect(try await world.deliver(source, Scene(streams: streams), to: sink).word == "delivered")
                #expect(source.isCancelled)
            }
        }
    }

    @Test func `a choice that begins after another's end has its time`() async throws {
        try await withWorld(.quiet(finishGrace: .milliseconds(50))) { world async throws in
            let sink = RecordingSink()
            let second = Chat.text("b").replacing(#""index":0"#, with: #""index":1"#)
            let end = Chat.finish().replacing(#""index":0"#, with: #""index":1"#)
            let source = ScriptedSource([
                .bytes(Dialect.openAIChat.opening("a") + Chat.finish()), .bytes(second), .pause(.milliseconds(120)),
                .bytes(second + end + Chat.done),
            ])
            #expect(try await world.deliver(source, to: sink).word == "delivered")
            #expect(!source.isCancelled && sink.text.hasSuffix(Chat.done))
        }
    }

    @Test func `the time for the end mark also runs when there is no content`() async throws {
        try await withWorld(.quiet(finishGrace: .milliseconds(20))) { world async throws in
            let sink = RecordingSink()
            let cutShort = ScriptedSource([.bytes(Chat.role + Chat.finish("length")), .wait])
            #expect(try await world.deliver(cutShort, Scene(readiness: .seconds(50)), to: sink).word == "delivered")
            #expect(sink.text.contains(#""finish_reason":"length""#))
            let empty = ScriptedSource([.bytes(Chat.role + Chat.finish()), .wait])
            let other = RecordingSink()
            let ending = try await world.deliver(empty, Scene(readiness: .seconds(50)), to: other)
            #expect(ending.failure?.cause == .emptyAnswer && other.isUntouched)
        }
    }

    @Test func `the client has its end before the upstream's connection has`() async throws {
        try await withWorld(.quiet(heartbeat: .milliseconds(20))) { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([
                .bytes(Dialect.openAIChat.opening("a")), .bytes(Chat.finish() + Chat.done),
                .act { #expect(sink.isFinished) }, .wait,
            ])
            #expect(try await world.deliver(source, to: sink).word == "delivered")
            #expect(source.isCancelled && sink.text.hasSuffix(Chat.done))
            #expect(sink.misuses.isEmpty)
        }
    }

    @Test(arguments: Dialect.allCases)
    func `figures stand in comments before the last event`(dialect: Dialect) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource.stream(
                dialect,
                [.bytes(dialect.opening("a")), .bytes(dialect.ending(output: 1_000))]
            )
            _ = try await world.deliver(source, Scene(client: dialect, upstream: dialect), to: sink)
            if dialect.takesComments {
                let comments = try #require(sink.text.split(separator: "\n\n").dropLast().last)
                #expect(comments.split(separator: "\n").allSatisfy { $0.hasPrefix(": x-omniroute-") })
                #expect(comments.contains(": x-omniroute-tokens-in=12") && comments.contains("tokens-out=1000"))
                #expect(comments.contains(": x-omniroute-response-cost=0.0020120000"))
                #expect(comments.contains(": x-omniroute-stream=whole"))
                #expect(sink.headers["trailer"] == nil && sink.trailers.fields.isEmpty)
            } else {
                // Their clients take every line for data.
                #expect(!sink.text.contains("x-omniroute"))
                #expect(sink.headers["trailer"] == "X-OmniRoute-Stream")
                #expect(sink.trailers["x-omniroute-stream"] == "whole" && sink.trailers.fields.count == 1)
            }
            let lines = sink.text.split(whereSeparator: \.isNewline)
            #expect(lines.suffix(2).contains { $0.contains(dialect.lastEvent) })
            let record = try #require(try await world.usage().first)
            #expect(record.input == 12 && record.output == 1_000 && !record.estimated)
            #expect(record.status == 200 && record.success && record.ttftMs != nil)
            #expect(record.costUSD.map { abs($0 - 0.002012) < 1e-12 } == true)
        }
    }

    @Test func `an array of Gemini's is one, however it ends`() async throws {
        try await withWorld(.quiet(heartbeat: .milliseconds(10))) { world async throws in
            let ends: [[ScriptedSource.Step]] = [
                [.bytes(Dialect.gemini.ending(output: 3))], [.fail(.closedEarly)],
                [.bytes(#"data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"# + "\n\n")],
            ]
            for (number, end) in ends.enumerated() {
                let sink = RecordingSink()
                let opening: [ScriptedSource.Step] = [.bytes(Dialect.gemini.opening("a")), .pause(.milliseconds(40))]
                let source = ScriptedSource.stream(.gemini, opening + end)
                let scene = Scene(client: .gemini, upstream: .gemini, layout: .jsonArray)
                let ending = try await world.deliver(source, scene, to: sink)
                #expect(ending.word == (number == 0 ? "delivered" : "broken"))
                #expect(sink.headers["content-type"] == "application/json; charset=utf-8")
                let elements = Array(try JSONDocument.parse(text: sink.text).root.elements)
                #expect(elements.first?["candidates"] != nil)
                #expect((elements.last?["error"]?["retryable"]?.bool == true) == (number > 0))
            }
        }
    }

    @Test func `usage is counted here when the provider gives none`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let text = String(repeating: "word", count: 25)
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening(text) + Chat.finish() + Chat.done)])
            _ = try await world.deliver(source, to: sink)
            let record = try #require(try await world.usage().first)
            #expect(record.output == 25 && record.estimated)
        }
    }
}
