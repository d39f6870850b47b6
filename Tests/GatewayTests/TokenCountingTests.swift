import Dialects
import EventLoop
import HTTPCore
import HTTPServer
import JSONCore
import Store
import Testing
import TimeCore

@testable import Gateway

/// Counts of input tokens for Anthropic's clients.
@Suite(.timeLimit(.minutes(1))) struct TokenCountingTests {
    private static let body = #"{"model":"near/m1","messages":[{"role":"user","content":"12345678"}]}"#

    private struct Count: Equatable {
        var tokens: Int?
        var source: String?
    }

    private static func count(_ world: World, _ body: String = body, key: APIKey? = nil) async throws -> Count {
        let request = world.request(body, .anthropicMessages, key: key)
        let root = try JSONDocument.parse(try await world.gateway.countTokens(request)).root
        return Count(tokens: root["input_tokens"]?.int, source: root["source"]?.string)
    }

    @Test func `a provider that can count is asked`() async throws {
        let upstream = try Upstream { _ in .json(Array(#"{"input_tokens":41}"#.utf8)) }
        try await withWorld { world async throws in
            try await world.connect(upstream, type: .anthropicCompatible)
            #expect(try await Self.count(world) == Count(tokens: 41, source: "provider"))
            let call = try #require(upstream.calls.first)
            #expect(call.path.hasSuffix("/messages/count_tokens") && call.model == "m1" && call.key == "a1")
            // A count is no use of the account.
            #expect(try await world.store.callLogs().isEmpty)
        }
    }

    @Test(arguments: [404, 500, 429])
    func `a provider that fails is replaced by an estimate, and not blamed`(status: Int) async throws {
        let upstream = try Upstream { _ in .failure(status, "no") }
        try await withWorld { world async throws in
            try await world.connect(upstream, type: .anthropicCompatible)
            #expect(try await Self.count(world) == Count(tokens: 5, source: "local"))
            #expect(try world.isReady("near/m1"))
        }
    }

    @Test func `a provider that answers nonsense is replaced by an estimate`() async throws {
        let upstream = try Upstream { _ in .json(Array("{}".utf8)) }
        try await withWorld { world async throws in
            try await world.connect(upstream, type: .anthropicCompatible)
            #expect(try await Self.count(world).source == "local")
        }
    }

    @Test func `a provider of the other dialect is not asked`() async throws {
        let upstream = try Upstream { _ in .chat() }
        try await withWorld { world async throws in
            try await world.connect(upstream)
            #expect(try await Self.count(world).source == "local")
            #expect(upstream.calls.isEmpty)
        }
    }

    @Test(arguments: ["{}", #"{"contents":[]}"#, #"{"systemInstruction":{"parts":[{"text":"1234"}]}}"#])
    func `a Gemini request without turns has a count, whatever its provider says`(body: String) async throws {
        for dialect in [Dialect.gemini, .anthropicMessages, .openAIChat] {
            let upstream = try Upstream { _ in .failure(400, "contents is not specified") }
            try await withWorld { world async throws in
                let prefix = try await world.connect(upstream, speaking: dialect)
                let address = RequestAddress(model: "\(prefix)/m1", streams: false)
                let counted = try await world.gateway.countTokens(world.request(body, .gemini, at: address))
                let tokens = try JSONDocument.parse(counted).root["totalTokens"]?.int
                #expect(tokens == (body.contains("1234") ? 1 : 0))
                #expect(try world.isReady("\(prefix)/m1"))
            }
        }
    }

    @Test func `a model that nobody knows is estimated, one that the key may not use is refused`() async throws {
        try await withWorld { world async throws in
            #expect(try await Self.count(world).source == "local")
            let key = APIKey(name: "k", digest: nil, allowedModels: ["other"], createdAt: WallTime.now())
            let failure = await #expect(throws: Failure.self) { try await Self.count(world, key: key) }
            #expect(failure?.status == 403)
            await #expect(throws: Failure.self) { try await Self.count(world, "{") }
        }
    }
}
