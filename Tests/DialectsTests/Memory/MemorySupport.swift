import JSONCore
import Synchronization
import Testing

@testable import Dialects

/// A memory of a test; counts what it is asked.
final class TestMemory: ReasoningMemory {
    private struct State {
        var kept: [ReasoningKey: RememberedReasoning] = [:]
        var questions = 0
        var answers = 0
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.kept.isEmpty } }
    var count: Int { state.withLock { Set($0.kept.values.map(\.bytes)).count } }
    var keyCount: Int { state.withLock { $0.kept.count } }
    var questions: Int { state.withLock { $0.questions } }
    var hits: Int { state.withLock { $0.answers } }

    func recall(_ key: ReasoningKey) -> RememberedReasoning? {
        state.withLock { state in
            state.questions += 1
            if state.kept[key] != nil { state.answers += 1 }
            return state.kept[key]
        }
    }

    func remember(_ reasoning: RememberedReasoning, for keys: [ReasoningKey]) {
        state.withLock { state in for key in keys { state.kept[key] = reasoning } }
    }
}

/// A client and the gateway in front of its providers, which share a memory.
struct Talk {
    var client: Dialect
    var memory: TestMemory? = TestMemory()
    var owner = "key-1"
    var account = "account-1"

    func context(_ upstream: Dialect, streams: Bool = false) -> TranslationContext {
        var context = makeContext(client, upstream, streams: streams)
        (context.memory, context.owner, context.account) = (memory, owner, account)
        return context
    }

    /// The request that the provider gets.
    func send(
        _ body: String,
        to upstream: Dialect,
        streams: Bool = false,
        profile change: (inout TargetProfile) -> Void = { _ in }
    ) throws -> Translated {
        var profile = TargetProfile(upstream)
        change(&profile)
        var context = context(upstream, streams: streams)
        let bytes = try RequestTranslator.translate(
            try json(body),
            profile: profile,
            context: &context,
            upstreamStreams: streams
        )
        return Translated(bytes: bytes, context: context)
    }

    /// Sends a request and relays the provider's answer to it.
    @discardableResult
    func ask(
        _ body: String,
        of upstream: Dialect,
        answering answer: String,
        streams: Bool = false,
        cleanEnd: Bool = true,
        profile change: (inout TargetProfile) -> Void = { _ in }
    ) throws -> Relayed {
        let sent = try send(body, to: upstream, streams: streams, profile: change)
        let type = answer.hasPrefix("{") ? "application/json" : "text/event-stream"
        return relay(answer, sent.context, contentType: type, cleanEnd: cleanEnd, profile: change)
    }

    /// A request of the client with this history, as far as its dialect can say it.
    func request(_ turns: [Turn], thinks: Bool = true) throws -> String {
        var conversation = Conversation()
        conversation.turns = turns
        conversation.maxOutput = 4_096
        conversation.tools = [ToolDefinition(name: "read_file")]
        if thinks { conversation.reasoning = ReasoningRequest(mode: .effort(.medium)) }
        var context = makeContext(client, client, streams: false)
        var profile = TargetProfile(client)
        if client == .openAIChat { profile.reasoningStyle = .effort }
        let bytes = try client.codec.encodeRequest(conversation, profile: profile, context: &context, streams: false)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Turn {
    static func user(_ text: String) -> Turn { Turn(.user, [.text(JSONText(text))]) }

    static func assistant(_ text: String) -> Turn { Turn(.assistant, [.text(JSONText(text))]) }

    static func calling(_ list: [(id: String, arguments: String)], saying text: String? = nil) -> Turn {
        let calls = list.map { call in
            Part.toolCall(ToolCall(id: call.id, name: "read_file", arguments: .text(JSONText(call.arguments))))
        }
        return Turn(.assistant, (text.map { [.text(JSONText($0))] } ?? []) + calls)
    }

    static func answering(_ results: [(id: String, text: String)]) -> Turn {
        Turn(
            .user,
            results.map { .toolResult(ToolResult(callID: $0.id, name: "read_file", parts: [.text(JSONText($0.text))])) }
        )
    }
}

/// Anthropic's answer of thinking, text and a call.
func claudeAnswer(thinking: String = "let me see", signature: String = "EsigXyz0/+aB==") -> String {
    #"""
    {"id":"msg_1","type":"message","role":"assistant","model":"up-model","content":[
    {"type":"thinking","thinking":"\#(thinking)","signature":"\#(signature)"},
    {"type":"redacted_thinking","data":"EredactedAA=="},
    {"type":"text","text":"I read it."},
    {"type":"tool_use","id":"toolu_1","name":"read_file","input":{"path":"a.txt","lines":[1,2.5]}}],
    "stop_reason":"tool_use","usage":{"input_tokens":5,"output_tokens":7}}
    """#
}
