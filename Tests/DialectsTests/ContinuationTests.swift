import Foundation
import JSONCore
import Testing

@testable import Dialects

@Suite struct `Continued answers` {
    /// Two answers of which the first breaks off, as the client sees them.
    private struct Joined {
        var out: String
        var failure: Failure?
        var isComplete: Bool
        var request: JSONDocument?
        var isContinuable: Bool
    }

    private static let question =
        #"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Tell me"}]}"#

    private func join(
        _ first: String,
        _ second: String,
        client: Dialect = .openAIChat,
        _ one: Dialect = .openAIChat,
        _ two: Dialect = .anthropicMessages,
        policy: StreamContinuation = .textAndTools,
        bytewise: Bool = false
    ) throws -> Joined {
        func context(_ upstream: Dialect) -> TranslationContext {
            var context = makeContext(client, upstream)
            context.continuation = policy
            return context
        }
        func pieces(_ text: String) -> [[UInt8]] { bytewise ? text.utf8.map { [$0] } : [Array(text.utf8)] }
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: context(one),
            profile: TargetProfile(one),
            upstreamContentType: "text/event-stream"
        )
        for piece in pieces(first) { relay.receive(piece, into: &out) }
        relay.finish(cleanEnd: false, into: &out)
        guard relay.isContinuable else {
            return Joined(
                out: String(decoding: out, as: UTF8.self),
                failure: relay.failure,
                isComplete: relay.isComplete,
                isContinuable: false
            )
        }
        let profile = TargetProfile(two)
        let request = relay.continuationRequest(try json(Self.question), profile: profile)
        var next = AnswerRelay(
            continuing: relay,
            context: context(two),
            profile: profile,
            upstreamContentType: "text/event-stream"
        )
        for piece in pieces(second) { next.receive(piece, into: &out) }
        next.finish(cleanEnd: true, into: &out)
        return Joined(
            out: String(decoding: out, as: UTF8.self),
            failure: next.failure,
            isComplete: next.isComplete,
            request: request,
            isContinuable: true
        )
    }

    private static let chatOpening = chunk(#"{"role":"assistant","content":""}"#)

    private func text(_ out: String) throws -> String {
        try out.frameData.filter { $0 != "[DONE]" }.map { data in
            let root = try json(data).root
            return root["choices"]?.first?["delta"]?["content"]?.string ?? root["delta"]?["text"]?.string ?? ""
        }.joined()
    }

    private static func chat(_ text: String) -> String {
        chatOpening + chunk(#"{"content":\#(String(decoding: JSONLiteral.string(text), as: UTF8.self))}"#)
    }

    private static func anthropic(_ pieces: [String]) -> String {
        messageStart + textBlock(0, pieces) + messageEnd("end_turn")
    }

    static let seams: [(before: String, after: [String], whole: String)] = [
        ("Once upon a ti", ["me there", " was"], "Once upon a time there was"),
        // The model repeats the last words.
        ("Once upon a time there", ["upon a time there", " was"], "Once upon a time there was"),
        // The model begins again.
        ("Once upon a time", ["Once upon", " a time there was"], "Once upon a time there was"),
        ("Hello", ["Hello", " world"], "Hello world"),
        // Chance, not repetition.
        ("The letter a", ["and b"], "The letter aand b"),
        ("Done. ", [" And more"], "Done. And more"),
        ("日本語の", ["テキスト 😀"], "日本語のテキスト 😀"),
        ("All of it.", [], "All of it."),
        ("All of it.", ["All of it."], "All of it."),
    ]

    @Test(arguments: seams, [Dialect.openAIChat, .anthropicMessages])
    func `text goes on where it stopped`(
        seam: (before: String, after: [String], whole: String),
        client: Dialect
    ) throws {
        for bytewise in [false, true] {
            let joined = try join(
                Self.chat(seam.before),
                Self.anthropic(seam.after),
                client: client,
                bytewise: bytewise
            )
            #expect(joined.isComplete && joined.failure == nil)
            #expect(try text(joined.out) == seam.whole)
            #expect(!joined.out.contains("error"))
            let starts = joined.out.components(separatedBy: #""type":"content_block_start""#).count - 1
            let stops = joined.out.components(separatedBy: #""type":"content_block_stop""#).count - 1
            #expect(client == .openAIChat || starts == 1 && stops == 1)
        }
    }

    @Test func `the next target is asked to go on`() throws {
        let prefilled = try #require(try join(Self.chat("Once upon"), Self.anthropic([" a time"])).request?.root)
        let turns = Array(try #require(prefilled["messages"]).elements)
        #expect(turns.count == 2)
        #expect(turns.last?["role"]?.string == "assistant" && turns.last?["content"]?.string == "Once upon")

        let asked = try join(
            messageStart + event("content_block_start", #""index":0,"content_block":{"type":"text","text":""}"#)
                + event("content_block_delta", #""index":0,"delta":{"type":"text_delta","text":"Once upon"}"#),
            Self.chat(" a time") + chunk("{}", finish: "stop") + "data: [DONE]\n\n",
            client: .anthropicMessages,
            .anthropicMessages,
            .openAIChat
        )
        let messages = Array(try #require(asked.request?.root["messages"]).elements)
        #expect(messages.map { $0["role"]?.string } == ["user", "assistant", "user"])
        #expect(messages.last?["content"]?.string?.contains("Continue it exactly") == true)
        #expect(try text(asked.out) == "Once upon a time")
        #expect(asked.out.hasSuffix("data: {\"type\":\"message_stop\"}\n\n"))
    }

    // MARK: - Calls

    private static func openCall(_ arguments: String) -> String {
        let text = String(decoding: JSONLiteral.string(arguments), as: UTF8.self)
        return chat("Let me look.")
            + chunk(
                #"{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get","arguments":""}}]}"#
            )
            + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":\#(text)}}]}"#)
    }

    private static func recalled(_ arguments: [String], name: String = "get", more: String = "") -> String {
        messageStart + toolBlock(0, id: "toolu_9", name: name, arguments) + more + messageEnd("tool_use")
    }

    private func arguments(_ out: String) throws -> String {
        try out.frameData.filter { $0 != "[DONE]" }.map { data in
            try json(data).root["choices"]?.first?["delta"]?["tool_calls"]?.first?["function"]?["arguments"]?.string
                ?? ""
        }.joined()
    }

    @Test func `an open call goes on only with the bytes that were sent`() throws {
        for bytewise in [false, true] {
            let joined = try join(
                Self.openCall(#"{"id": 1"#),
                Self.recalled([#"{"id"#, #"": 12, "b":"#, "2}"]),
                bytewise: bytewise
            )
            #expect(joined.isComplete)
            #expect(try arguments(joined.out) == #"{"id": 12, "b":2}"#)
            #expect(joined.out.contains(#""finish_reason":"tool_calls""#))
            #expect(joined.out.components(separatedBy: #""name":"get""#).count == 2)
        }
        let spaced = try join(Self.openCall(#"{"id": 1"#), Self.recalled([#"{"id":12}"#]))
        #expect(spaced.failure?.cause == .cutOff && !spaced.isComplete)
        let other = try join(Self.openCall("{"), Self.recalled(["{}"], name: "put"))
        #expect(other.failure != nil && !other.isComplete)
        let shorter = try join(Self.openCall(#"{"id": 1"#), Self.recalled([#"{"id""#]))
        #expect(shorter.failure != nil)
        let none = try join(Self.openCall("{"), Self.anthropic(["I would rather talk"]))
        #expect(none.failure != nil && !none.out.contains("rather"))
    }

    @Test func `further calls follow those that came again`() throws {
        let joined = try join(
            Self.openCall(#"{"id":"#),
            Self.recalled([#"{"id":1}"#], more: toolBlock(1, id: "toolu_10", name: "put", [#"{"x":2}"#]))
        )
        #expect(joined.isComplete)
        #expect(try arguments(joined.out) == #"{"id":1}{"x":2}"#)
        #expect(joined.out.contains(#""index":1,"id":"toolu_10""#))
    }

    // MARK: - What is never continued

    @Test func `policies and thinking set limits`() throws {
        #expect(try !join(Self.openCall("{"), "", policy: .text).isContinuable)
        let never = try join(Self.chat("Hello"), "", policy: .never)
        #expect(!never.isContinuable && never.out.contains(#""error""#) && never.out.contains(#""retryable":true"#))
        #expect(never.out.contains(#""reason":"upstream_cut_off""#))
        let thinking = Self.chatOpening + chunk(#"{"reasoning_content":"Hm"}"#)
        #expect(try !join(thinking, "").isContinuable)
        let thought = thinking + chunk(#"{"content":"Well, "}"#)
        let second =
            messageStart
            + event(
                "content_block_start",
                #""index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
            )
            + event("content_block_delta", #""index":0,"delta":{"type":"thinking_delta","thinking":"Again"}"#)
            + event("content_block_delta", #""index":0,"delta":{"type":"signature_delta","signature":"Esig"}"#)
            + event("content_block_stop", #""index":0"#) + textBlock(1, ["yes."]) + messageEnd("end_turn")
        let joined = try join(thought, second)
        #expect(joined.isComplete && !joined.out.contains("Again") && !joined.out.contains("Esig"))
        #expect(try text(joined.out) == "Well, yes.")
    }

    @Test func `a failure that nobody can mend is told once, at the end`() throws {
        var context = makeContext(.anthropicMessages, .openAIChat)
        context.continuation = .text
        var relay = AnswerRelay(
            context: context,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        var out: [UInt8] = []
        relay.receive(Array(Self.chat("Hello").utf8), into: &out)
        relay.finish(cleanEnd: false, into: &out)
        #expect(!String(decoding: out, as: UTF8.self).contains("event: error"))
        let failure = try #require(relay.failure)
        relay.fail(failure, into: &out)
        relay.fail(failure, into: &out)
        let frames = String(decoding: out, as: UTF8.self).frames
        #expect(frames.count { $0.hasPrefix("event: error") } == 1)
        #expect(frames.last?.hasPrefix("event: error") == true)
    }

    // MARK: - Wishes about the answer

    /// What another target is asked after `Hello, wonderful world!` was sent.
    private func request(_ client: Dialect, _ body: String, to target: Dialect) throws -> JSONValue? {
        var context = makeContext(client, .openAIChat)
        context.continuation = .text
        let profile = TargetProfile(.openAIChat)
        var relay = AnswerRelay(context: context, profile: profile, upstreamContentType: "text/event-stream")
        var out: [UInt8] = []
        relay.receive(Array(Self.chat("Hello, wonderful world!").utf8), into: &out)
        relay.finish(cleanEnd: false, into: &out)
        #expect(relay.isContinuable)
        return relay.continuationRequest(try json(body), profile: TargetProfile(target))?.root
    }

    private static let chatBody = #""model":"m","messages":[{"role":"user","content":"x"}]"#
    private static let geminiBody = #""contents":[{"role":"user","parts":[{"text":"x"}]}]"#

    @Test(arguments: [
        (Dialect.openAIChat, "{\(chatBody)}", true, true),
        (.openAIChat, #"{\#(chatBody),"response_format":{"type":"text"}}"#, true, true),
        (.openAIChat, #"{\#(chatBody),"response_format":{"type":"json_object"}}"#, false, true),
        (
            .openAIChat,
            #"{\#(chatBody),"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}}"#,
            false, false
        ),
        (.openAIResponses, #"{"model":"m","input":"x","text":{"format":{"type":"json_object"}}}"#, false, true),
        (
            .anthropicMessages,
            #"{\#(chatBody),"max_tokens":9,"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}}"#,
            false, false
        ),
        (.gemini, #"{\#(geminiBody),"generationConfig":{"responseMimeType":"application/json"}}"#, false, true),
        (.ollama, #"{\#(chatBody),"format":"json"}"#, false, true),
    ])
    func `an answer that must be JSON goes on from its last byte or not at all`(
        client: Dialect,
        body: String,
        isAsked: Bool,
        isPrefilled: Bool
    ) throws {
        #expect((try request(client, body, to: .openAIChat) != nil) == isAsked)
        let prefilled = try request(client, body, to: .anthropicMessages)
        #expect((prefilled != nil) == isPrefilled)
        let text = prefilled.map { String(decoding: $0.document.bytes, as: UTF8.self) }
        #expect(text?.contains("Continue it exactly") != true)
    }

    /// Six tokens were sent.
    @Test(arguments: [
        (
            Dialect.openAIChat, #"{\#(chatBody),"max_tokens":20,"max_completion_tokens":10}"#,
            #""max_tokens":14,"max_completion_tokens":4"#
        ),
        (.openAIResponses, #"{"model":"m","input":"x","max_output_tokens":20}"#, #""max_output_tokens":14"#),
        (.anthropicMessages, #"{\#(chatBody),"max_tokens":6}"#, #""max_tokens":1}"#),
        (.anthropicMessages, #"{\#(chatBody),"max_tokens":5}"#, #""max_tokens":1}"#),
        (.gemini, #"{\#(geminiBody),"generationConfig":{"maxOutputTokens":20}}"#, #""maxOutputTokens":14"#),
        (.ollama, #"{\#(chatBody),"options":{"num_predict":20}}"#, #""num_predict":14"#),
        (.ollama, #"{\#(chatBody),"options":{"num_predict":-1}}"#, #""num_predict":-1"#),
    ])
    func `the limit of an answer counts what was sent of it`(client: Dialect, body: String, limit: String) throws {
        let sent = try #require(try request(client, body, to: .openAIChat)).document
        #expect(String(decoding: sent.bytes, as: UTF8.self).contains(limit))
    }

    // MARK: - Odd streams

    @Test func `text behind calls goes on in its own block`() throws {
        let call = toolBlock(0, id: "toolu_1", name: "get", [#"{"id":1}"#])
        let first =
            messageStart + call + event("content_block_start", #""index":1,"content_block":{"type":"text","text":""}"#)
            + event("content_block_delta", #""index":1,"delta":{"type":"text_delta","text":"Let me"}"#)
        let second =
            messageStart + toolBlock(0, id: "toolu_2", name: "get", [#"{"id":1}"#]) + textBlock(1, [" see."])
            + messageEnd("tool_use")
        for bytewise in [false, true] {
            let joined = try join(
                first,
                second,
                client: .anthropicMessages,
                .anthropicMessages,
                .anthropicMessages,
                bytewise: bytewise
            )
            #expect(joined.isComplete)
            #expect(try text(joined.out) == "Let me see.")
            #expect(joined.out.components(separatedBy: #""type":"content_block_start""#).count == 3)
            #expect(joined.out.components(separatedBy: #""type":"content_block_stop""#).count == 3)
        }
    }

    @Test func `a question that is a single item is asked again`() throws {
        var context = makeContext(.openAIResponses, .openAIChat)
        context.continuation = .text
        let profile = TargetProfile(.openAIChat)
        var relay = AnswerRelay(context: context, profile: profile, upstreamContentType: "text/event-stream")
        var out: [UInt8] = []
        relay.receive(Array(Self.chat("Hello").utf8), into: &out)
        relay.finish(cleanEnd: false, into: &out)
        let request = try json(#"{"model":"m","input":{"role":"user","content":"Tell me"}}"#)
        let again = try #require(relay.continuationRequest(request, profile: profile))
        let input = try #require(again.root["input"])
        #expect(input.first?["content"]?.string == "Tell me" && input.count >= 2)
    }

    @Test func `answers side by side are not mixed`() throws {
        let second = #"data: {"id":"c","choices":[{"index":1,"delta":{"content":"other"},"finish_reason":null}]}"#
        let joined = try join(
            Self.chat("Hello"),
            Self.chat(" world") + second + "\n\n" + chunk("{}", finish: "stop") + "data: [DONE]\n\n",
            .openAIChat,
            .openAIChat
        )
        #expect(joined.failure?.cause == .cutOff && !joined.out.contains("other"))
    }

    @Test func `nobody goes on with an answer that is too long to be sent again`() throws {
        let long = Self.chat(String(repeating: "x", count: AnswerProgress.sizeLimit - 5))
        #expect(try join(long, "").isContinuable)
        #expect(try !join(long + chunk(#"{"content":"123456"}"#), "").isContinuable)
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages, .openAIResponses, .gemini, .ollama])
    func `a client is kept waiting, not kept in the dark, while another target is looked for`(client: Dialect) throws {
        var context = makeContext(client, .openAIChat)
        context.continuation = .text
        var relay = AnswerRelay(
            context: context,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        var out: [UInt8] = []
        relay.receive(Array(Self.chat("Hello").utf8), into: &out)
        var open: [UInt8] = []
        relay.writeKeepAlive(into: &open)
        relay.finish(cleanEnd: false, into: &out)
        var waiting: [UInt8] = []
        relay.writeKeepAlive(into: &waiting)
        #expect(waiting.isEmpty == open.isEmpty && relay.failure != nil)
        relay.fail(try #require(relay.failure), into: &out)
        var over: [UInt8] = []
        relay.writeKeepAlive(into: &over)
        #expect(over.isEmpty)
    }
}
