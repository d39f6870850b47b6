import Dialects
import EventLoop
import HTTPCore
import JSONCore
import Store
import Synchronization
import Testing

@testable import Gateway

/// What an open stream holds, and what it has let go of.
@Suite(.timeLimit(.minutes(1))) struct StreamReleaseTests {
    /// What led to a stream.
    private struct Origin {
        weak var attempt: AttemptRunner?
        weak var request: ChatRequest?
        weak var document: JSONDocument?

        init(_ attempt: AttemptRunner) {
            self.attempt = attempt
            request = attempt.request
            document = attempt.question.document
        }

        var isGone: Bool { attempt == nil && request == nil && document == nil }
    }

    /// Relays an answer up to its first content.
    private static func begin(
        _ source: ScriptedSource,
        in world: World,
        to sink: RecordingSink
    ) async throws -> (Origin, AttemptOutcome) {
        let attempt = try world.attempt(Scene(client: .anthropicMessages), to: sink)
        let origin = Origin(attempt)
        #expect(!origin.isGone)
        return (origin, await StreamDelivery(attempt, source: source, relay: world.relay(of: attempt)).run())
    }

    @Test func `a stream that has begun holds neither its request nor the attempts`() async throws {
        try await withWorld { world async throws in
            let sink = RecordingSink()
            let source = ScriptedSource([
                .bytes(Dialect.openAIChat.opening("a")), .bytes(Chat.text("b")), .bytes(Chat.finish() + Chat.done),
            ])
            let (origin, outcome) = try await Self.begin(source, in: world, to: sink)
            guard case .begun(let stream) = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(origin.isGone)
            #expect(sink.text.contains("a") && !sink.isFinished)
            #expect(Ending(await stream.relayRest()).word == "delivered")
            #expect(sink.isFinished && sink.misuses.isEmpty)
            #expect(try await world.usage().first?.status == 200)
        }
    }

    @Test func `a request is answered for as long as its stream lasts, whoever relays it`() async throws {
        try await withWorld { world async throws in
            let sink = TakingSink(on: world.loop)
            let body = #"{"model":"demo/echo","stream":true,"messages":[{"role":"user","content":"a b c d e f"}]}"#
            try await world.gateway.answer(world.request(body), to: sink)
            #expect(!sink.isFinished)
            #expect(world.gateway.activeAttempts.all.count == 1)
            #expect(world.gateway.counters.active.load(ordering: .relaxed) == 1)
            await sink.rest?.value
            sink.rest = nil
            #expect(sink.isFinished)
            #expect(world.gateway.activeAttempts.all.isEmpty)
            #expect(world.gateway.counters.active.load(ordering: .relaxed) == 0)
            #expect(try await world.usage().count == 1)
        }
    }
}

/// Relays what it is handed in a task of its own, as the server does.
private final class TakingSink: AnswerSink {
    private let loop: EventLoop
    private(set) var isFinished = false
    var rest: Task<Void, Never>?

    init(on loop: EventLoop) { self.loop = loop }

    var isClientGone: Bool { false }
    var isWritable: Bool { true }

    func respond(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) {}
    func startStream(_ status: HTTPStatus, _ headers: HTTPHeaders) {}
    func write(_ bytes: [UInt8]) {}
    func waitUntilWritable() async throws {}
    func handOver(_ rest: @escaping @Sendable () async -> Void) async {
        self.rest = Task(executorPreference: loop) { await rest() }
    }
    func finish(_ trailers: HTTPHeaders) { isFinished = true }
    func abort() {}
}
