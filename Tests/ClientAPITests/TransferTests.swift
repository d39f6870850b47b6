import EventLoop
import HTTPCore
import HTTPServer
import Store
import Synchronization
import TestSupport
import Testing

@testable import ClientAPI

/// What happens to the bytes between a provider and a client, and when one of them leaves.
@Suite(.timeLimit(.minutes(1))) struct TransferTests {
    private static let stream = HTTPHeaders([("content-type", "text/event-stream")])

    // MARK: - Compressed answers

    @Test(arguments: Ask.all(streams: true) + Ask.all(streams: false))
    func `T147: an answer that came compressed goes out plain, under a length of its own`(ask: Ask) async throws {
        let surface = try Surface()
        let upstream = try Upstream { request, exchange in
            let body = String(decoding: (try? request.body.bytes(limit: 1 << 20)) ?? [], as: UTF8.self)
            let streams = body.contains(#""stream":true"#)
            let type = streams ? "text/event-stream" : "application/json"
            exchange.respond(
                Response(
                    .ok,
                    headers: HTTPHeaders([("content-type", type), ("content-encoding", "gzip")]),
                    body: .bytes(Array(Upstream.answer("Hello", streams: streams).utf8).gzipped)
                )
            )
        }
        try await surface.connect(upstream)
        let answer = try surface.send("POST", ask.path, ask.body, headers: ["Accept-Encoding": "gzip"])
        #expect(answer.status == 200 && answer.isComplete && answer.text.contains("Hello"))
        #expect(answer["content-encoding"] == nil && answer.body.first != 0x1F)
        let framing = answer.fields.filter { ["content-length", "transfer-encoding"].contains($0.name) }
        #expect(framing.count == 1)
        if let length = answer["content-length"] { #expect(Int(length) == answer.body.count) }
    }

    @Test(arguments: Ask.all(streams: true))
    func `what became of a stream stands where its client passes it over`(ask: Ask) async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let answer = try surface.send("POST", ask.path, ask.body)
        #expect(answer.status == 200 && answer.isComplete)
        let takesComments = answer.text.contains("\n: x-omniroute-stream=whole\n")
        #expect(takesComments != ["Gemini", "Ollama"].contains(ask.testDescription))
        #expect(answer["trailer"] == (takesComments ? nil : "X-OmniRoute-Stream"))
        #expect(answer.trailers.map(\.name) == (takesComments ? [] : ["x-omniroute-stream"]))
        #expect(answer.trailers.first?.value == (takesComments ? nil : "whole"))
    }

    // MARK: - Clients that leave

    /// Text, and the beginning of a call whose arguments are not whole.
    private static let unfinished: String = {
        let deltas = [
            #"{"role":"assistant","content":"I look."}"#,
            #"{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}}]}"#,
            #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"at\":"}}]}"#,
        ]
        return deltas.map {
            #"data: {"id":"c1","created":1,"model":"m1","object":"chat.completion.chunk","choices":[{"index":0,"delta":\#($0),"finish_reason":null}]}"#
                + "\n\n"
        }.joined()
    }()

    @Test(arguments: Ask.all(streams: true), [true, false])
    func `T165: a client that leaves amid a call's arguments ends the provider's work, and nobody is blamed`(
        ask: Ask,
        withReset: Bool
    ) async throws {
        let surface = try Surface()
        let count = Counter()
        let upstream = try Upstream { _, exchange in
            exchange.startStream(.ok, Self.stream)
            guard count.next() == 1 else {
                exchange.write(Array(Upstream.answer("Hello", streams: true).utf8))
                return exchange.finish()
            }
            exchange.write(Array(Self.unfinished.utf8))
            // Longer than the test may last; ended by the caller's leaving.
            try? await exchange.loop.sleep(for: .seconds(120))
        }
        try await surface.connect(upstream)
        try leave(surface, ask, withReset: withReset)
        let hasEnded = try await becomesTrue(within: .seconds(1)) { upstream.server.ended == 1 }
        #expect(hasEnded)
        var records: [UsageRecord] = []
        _ = try await becomesTrue(within: .seconds(5)) {
            records = try await surface.store.recentUsage()
            return !records.isEmpty
        }
        #expect(records.map(\.status) == [499] && records.first?.errorCode == "client_gone")
        // The only account is asked again at once.
        let next = try surface.send("POST", ask.path, ask.body)
        #expect(next.status == 200 && next.text.contains("Hello") && count.value == 2)
    }

    /// Asks, reads the text, and leaves.
    private func leave(_ surface: Surface, _ ask: Ask, withReset: Bool) throws {
        let client = try surface.open("POST", ask.path, ask.body)
        var got = ""
        while !got.contains("I look.") {
            let bytes = try client.receive()
            try #require(!bytes.isEmpty, "\(got)")
            got += String(decoding: bytes, as: UTF8.self)
        }
        if withReset { client.reset() }
    }

    private func becomesTrue(
        within limit: Duration,
        _ condition: () async throws -> Bool
    ) async throws -> Bool {
        let start = ContinuousClock.now
        while start.duration(to: .now) < limit {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

/// Counts requests.
private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}
