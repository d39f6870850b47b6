import CryptoCore
import Dialects
import HTTPServer
import JSONCore
import Store
import TestSupport
import Testing
import TimeCore

@testable import Gateway

/// Reasoning that clients drop, through the whole gateway, with two providers on this machine.
@Suite(.timeLimit(.minutes(1))) struct ReasoningMemoryTests {
    private static let thinking = #"{"type":"thinking","thinking":"let me see","signature":"EsigXyz0/+aB=="}"#
    private static let answer =
        #"{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[\#(thinking),"#
        + #"{"type":"tool_use","id":"toolu_1","name":"read","input":{"path":"a"}}],"stop_reason":"tool_use","#
        + #""usage":{"input_tokens":5,"output_tokens":7}}"#
    private static let stream =
        Messages.start
        + Messages.event("content_block_start", #""index":0,"content_block":{"type":"thinking","thinking":""}"#)
        + Messages.event("content_block_delta", #""index":0,"delta":{"type":"thinking_delta","thinking":"let me see"}"#)
        + Messages.event(
            "content_block_delta",
            #""index":0,"delta":{"type":"signature_delta","signature":"EsigXyz0/+aB=="}"#
        ) + Messages.close
        + Messages.event(
            "content_block_start",
            #""index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"read","input":{"path":"a"}}"#
        ) + Messages.event("content_block_stop", #""index":1"#)
    private static let streamEnd =
        Messages.event("message_delta", #""delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}"#)
        + Messages.stop

    private static let tools =
        #""tools":[{"type":"function","function":{"name":"read","parameters":{"type":"object"}}}]"#
    private static let question = #"{"role":"user","content":"read a"}"#
    /// What a Chat client sends back of the answer: no thinking.
    private static let call =
        #"{"role":"assistant","content":null,"tool_calls":[{"id":"toolu_1","type":"function","function":"#
        + #"{"name":"read","arguments":"{\"path\":\"a\"}"}}]},{"role":"tool","tool_call_id":"toolu_1","content":"one"}"#

    private static func body(_ model: String, _ messages: [String], streams: Bool = false) -> String {
        #"{"model":"\#(model)","max_tokens":9000,"reasoning_effort":"medium","stream":\#(streams),\#(tools),"#
            + #""messages":[\#(messages.joined(separator: ","))]}"#
    }

    private static func claude() throws -> Upstream {
        try Upstream { $0.body.contains(#""stream":true"#) ? .stream(stream + streamEnd) : .json(Array(answer.utf8)) }
    }

    private static func key(_ id: String, noLog: Bool = false) -> APIKey {
        APIKey(id: id, name: id, digest: nil, noLog: noLog, createdAt: WallTime.now())
    }

    /// Asks as a Chat client, with a key.
    private static func ask(
        _ world: World,
        _ model: String,
        _ messages: [String],
        streams: Bool = false,
        key: APIKey = key("k1")
    ) async throws -> RecordingSink {
        let sink = RecordingSink()
        try await world.gateway.answer(world.request(body(model, messages, streams: streams), key: key), to: sink)
        return sink
    }

    @Test(arguments: [true, false])
    func `thinking comes back after a visit at another provider`(streams: Bool) async throws {
        let claude = try Self.claude()
        let other = try Upstream { _ in .chat("between") }
        try await withWorld { world async throws in
            try await world.connect(claude, as: "claude", type: .anthropicCompatible)
            try await world.connect(other, as: "other")
            let first = try await Self.ask(world, "claude/c", [Self.question], streams: streams)
            #expect(first.isFinished && first.text.contains("toolu_1"))
            let history = [Self.question, Self.call]
            _ = try await Self.ask(world, "other/m", history)
            #expect(other.calls.first?.body.contains("let me see") == false)
            let more = history + [#"{"role":"assistant","content":"between"}"#, #"{"role":"user","content":"and?"}"#]
            _ = try await Self.ask(world, "claude/c", more)
            #expect(claude.calls.last?.body.contains(Self.thinking) == true)
            #expect(claude.calls.first?.body.contains("Esig") == false)
            let figures = world.store.reasoning.figures
            // The answer to the last question was the same call once more, at another place.
            #expect(figures.entries == 2 && figures.remembered == 2 && figures.recalled == 1 && figures.bytes > 0)
        }
    }

    @Test func `it is there after a restart, encrypted, but not for keys that leave no trace`() async throws {
        let claude = try Self.claude()
        let directory = try TemporaryDirectory()
        try await withWorld(in: directory) { world async throws in
            try await world.connect(claude, as: "claude", type: .anthropicCompatible)
            for (id, noLog) in [("k1", false), ("k2", true)] {
                _ = try await Self.ask(world, "claude/c", [Self.question], key: Self.key(id, noLog: noLog))
            }
            #expect(world.store.reasoning.figures.entries == 2)
        }
        try await withWorld(in: directory) { world async throws in
            await world.gateway.prepareReasoning()
            #expect(world.store.reasoning.figures.entries == 1)
            for (id, isKnown) in [("k1", true), ("k2", false)] {
                _ = try await Self.ask(world, "claude/c", [Self.question, Self.call], key: Self.key(id))
                #expect(claude.calls.last?.body.contains(Self.thinking) == isKnown)
            }
        }
        var settings = GatewaySettings.quiet()
        settings.reasoningMemory = .memory
        try await withWorld(settings, in: directory) { world async throws in await world.gateway.prepareReasoning() }
        try await withWorld(in: directory) { world async throws in
            await world.gateway.prepareReasoning()
            #expect(world.store.reasoning.figures.entries == 0)
        }
    }

    @Test func `keys do not share, and a broken stream leaves nothing`() async throws {
        let claude = try Upstream {
            $0.body.contains("toolu_1") ? .json(Array(Self.answer.utf8)) : .stream(Self.stream)
        }
        try await withWorld { world async throws in
            try await world.connect(claude, as: "claude", type: .anthropicCompatible)
            _ = try await Self.ask(world, "claude/c", [Self.question], streams: true)
            #expect(world.store.reasoning.figures.entries == 0)
            let whole = try Self.claude()
            try await world.connect(whole, as: "whole", type: .anthropicCompatible)
            _ = try await Self.ask(world, "whole/c", [Self.question])
            _ = try await Self.ask(world, "claude/c", [Self.question, Self.call], key: Self.key("k2"))
            #expect(claude.calls.last?.body.contains("Esig") == false)
            _ = try await Self.ask(world, "claude/c", [Self.question, Self.call])
            #expect(claude.calls.last?.body.contains(Self.thinking) == true)
        }
    }

    @Test func `it can be switched off at the start and at any time`() async throws {
        let claude = try Self.claude()
        var settings = GatewaySettings.quiet()
        settings.reasoningMemory = .off
        try await withWorld(settings) { world async throws in
            try await world.connect(claude, as: "claude", type: .anthropicCompatible)
            _ = try await Self.ask(world, "claude/c", [Self.question])
            #expect(world.store.reasoning.figures.remembered == 0 && world.store.reasoning.isEmpty)
        }
        try await withWorld { world async throws in
            try await world.connect(claude, as: "claude", type: .anthropicCompatible)
            _ = try await Self.ask(world, "claude/c", [Self.question])
            try await world.store.setSettings(["reasoningMemory": Array("false".utf8)])
            _ = try await Self.ask(world, "claude/c", [Self.question, Self.call])
            #expect(claude.calls.last?.body.contains("Esig") == false)
            #expect(world.store.reasoning.figures.remembered == 1)
        }
    }
}
