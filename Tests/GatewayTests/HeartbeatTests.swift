import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import JSONCore
import Testing

@testable import Gateway

/// Keep-alives towards streaming clients.
@Suite(.timeLimit(.minutes(1))) struct HeartbeatTests {
    @Test(arguments: Dialect.allCases, Dialect.allCases)
    func `keep-alives fill the silence`(client: Dialect, upstream: Dialect) async throws {
        try await withWorld(.quiet(heartbeat: .milliseconds(20))) { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource.stream(
                upstream,
                [
                    .bytes(upstream.opening("a")), .wait, .bytes(upstream.ending(output: 1)),
                ]
            )
            sink.onWrite = { _ in
                if sink.pieces.count(where: client.isKeepAlive) == 3 { source.resume() }
            }
            let ending = try await world.deliver(source, Scene(client: client, upstream: upstream), to: sink)
            #expect(ending.word == "delivered")
            #expect(sink.pieces.count(where: client.isKeepAlive) >= 3)
            #expect(sink.text.contains(client.cleanEnd))
            guard client == .openAIResponses else { return }
            let numbers = try sink.events.map { try JSONDocument.parse(text: $0).root["sequence_number"]?.int }
            #expect(numbers == Array(0..<numbers.count), "T024: keep-alives are numbered with the others")
        }
    }

    @Test func `nothing is sent to keep alive what has not begun`() async throws {
        try await withWorld(.quiet(heartbeat: .milliseconds(5))) { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([.bytes(Chat.role), .pause(.milliseconds(60)), .fail(.closedEarly)])
            #expect(try await world.deliver(source, to: sink).word == "failed")
            #expect(sink.isUntouched)
        }
    }

    @Test func `no keep-alive is sent while content flows`() async throws {
        try await withWorld(.quiet(heartbeat: .seconds(1))) { world async throws in
            let sink = RecordingSink()
            let words = (0..<12).flatMap { _ in
                [ScriptedSource.Step.bytes(Chat.text("a")), .pause(.milliseconds(100))]
            }
            let source = ScriptedSource([.bytes(Chat.role)] + words + [.bytes(Chat.finish() + Chat.done)])
            #expect(try await world.deliver(source, to: sink).word == "delivered")
            #expect(!sink.text.contains("keepalive"))
        }
    }

    @Test func `a heart that was stopped does not beat`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            sink.startStream(.ok, HTTPHeaders())
            let heartbeat = Heartbeat(
                loop: world.loop,
                interval: .milliseconds(10),
                sink: sink
            ) { Array("beat".utf8) }
            try await world.loop.sleep(for: .milliseconds(35))
            heartbeat.stop()
            let count = sink.pieces.count
            #expect(count >= 1)
            try await world.loop.sleep(for: .milliseconds(40))
            #expect(sink.pieces.count == count)
        }
    }

    @Test func `a heart goes with its owner`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            var heartbeat: Heartbeat? = Heartbeat(
                loop: world.loop,
                interval: .milliseconds(5),
                sink: sink
            ) { Array("beat".utf8) }
            weak let gone = heartbeat
            heartbeat = nil
            #expect(gone == nil)
            try await world.loop.sleep(for: .milliseconds(20))
            #expect(sink.pieces.isEmpty)
        }
    }
}
