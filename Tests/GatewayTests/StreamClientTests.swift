import Dialects
import EventLoop
import HTTPClient
import Store
import Testing

@testable import Gateway

/// Streams whose client leaves or is slow, and streams that nobody reads to the end.
@Suite(.timeLimit(.minutes(1))) struct StreamClientTests {
    @Test(arguments: Dialect.allCases)
    func `a client that leaves ends the transfer and is accounted for`(upstream: Dialect) async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let text = String(repeating: "word", count: 100)
            let source = ScriptedSource.stream(
                upstream,
                [
                    .bytes(upstream.opening(text)), .act { sink.isClientGone = true }, .bytes(upstream.opening("b")),
                    .wait,
                ]
            )
            let ending = try await world.deliver(source, Scene(client: upstream, upstream: upstream), to: sink)
            #expect(ending.word == "gone" && source.isCancelled)
            #expect(!sink.isFinished)
            let record = try #require(try await world.usage().first)
            #expect(record.status == 499 && !record.success && record.errorCode == "client_gone")
            #expect(record.costUSD != nil)
            // Everything that was generated counts, not the figure with which Anthropic's streams begin.
            #expect((record.output ?? 0) >= 100 && record.estimated)
        }
    }

    @Test func `what the provider has reported counts when it is more than what came`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([
                .bytes(Dialect.anthropicMessages.opening("a")), .bytes(Messages.close + Messages.delta(output: 900)),
                .fail(.closedEarly),
            ])
            let scene = Scene(client: .anthropicMessages, upstream: .anthropicMessages)
            #expect(try await world.deliver(source, scene, to: sink).word == "broken")
            let record = try #require(try await world.usage().first)
            #expect(record.input == 12 && record.output == 900 && !record.estimated)
        }
    }

    @Test func `a cancelled task ends the transfer`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening("a")), .wait])
            let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
            sink.onWrite = { _ in hasBegun.yield() }
            let task = Task(executorPreference: world.loop) { try await world.deliver(source, to: sink) }
            for await _ in begun { break }
            task.cancel()
            #expect(try await task.value.word == "gone")
            #expect(source.isCancelled)
            #expect(try await world.usage().first?.errorCode == "client_gone")
        }
    }

    @Test func `a client that leaves before the first content is recorded once`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([.bytes(Chat.role), .act { sink.isClientGone = true }, .fail(.cancelled)])
            #expect(try await world.deliver(source, to: sink).word == "gone")
            #expect(sink.isUntouched)
            #expect(try await world.usage().map(\.status) == [499])
        }
    }

    @Test func `a slow client holds the upstream up`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([
                .bytes(Dialect.openAIChat.opening("a")), .bytes(Chat.text("b")), .bytes(Chat.finish() + Chat.done),
            ])
            sink.onWait = {
                let count = source.readCount
                try await world.loop.sleep(for: .milliseconds(20))
                #expect(source.readCount == count)
            }
            #expect(try await world.deliver(source, to: sink).word == "delivered")
            #expect(sink.waitCount == 2)
        }
    }

    @Test(arguments: Dialect.allCases)
    func `a fault of the gateway itself is told to the client as one`(client: Dialect) async throws {
        struct Odd: Error {}
        try await withWorld { world async throws in
            let sink = RecordingSink()
            sink.onWait = { throw Odd() }
            let source = ScriptedSource([.bytes(Dialect.openAIChat.opening("a")), .wait])
            let ending = try await world.deliver(source, Scene(client: client), to: sink)
            #expect(ending.word == "broken" && ending.failure?.status == 500)
            #expect(sink.text.contains(client.errorEvent) && !sink.text.contains("Odd"))
            #expect(source.isCancelled)
        }
    }
}
