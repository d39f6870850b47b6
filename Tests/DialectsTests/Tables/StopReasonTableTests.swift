import JSONCore
import Testing

@testable import Dialects

/// Why answers end: every provider's word read, and every reason in each client's words.
@Suite struct `Table of stop reasons` {
    enum Content: Sendable { case text, call, refusal, nothing }

    struct Reading: Sendable, CustomTestStringConvertible {
        var provider: Dialect
        /// The members that tell the reason.
        var members: String
        var content = Content.text
        var reason: StopReason

        init(_ provider: Dialect, _ members: String, _ reason: StopReason, _ content: Content = .text) {
            (self.provider, self.members, self.content, self.reason) = (provider, members, content, reason)
        }

        var testDescription: String { "\(provider): \(members) with \(content)" }
    }

    // MARK: - Reading

    private static func chat(_ word: String, _ reason: StopReason, _ content: Content = .text) -> Reading {
        Reading(.openAIChat, #""finish_reason":"\#(word)""#, reason, content)
    }

    static let chatRows = [
        chat("stop", .stop), chat("eos", .stop), chat("end_turn", .stop), chat("length", .length),
        chat("max_tokens", .length), chat("tool_calls", .toolCalls, .call), chat("function_call", .toolCalls, .call),
        chat("content_filter", .contentFilter(nil)), chat("sensitive", .contentFilter(nil)),
        chat("stop", .refusal(nil), .refusal), chat("odd", .other("odd")),
        // What providers get wrong.
        chat("stop", .toolCalls, .call), chat("odd", .toolCalls, .call), chat("tool_calls", .stop),
        chat("length", .length, .call), chat("content_filter", .contentFilter(nil), .call),
        // T012: vLLM's and SGLang's stop sequences; numbers are token ids.
        Reading(.openAIChat, #""finish_reason":"stop","stop_reason":"END""#, .stopSequence("END")),
        Reading(.openAIChat, #""finish_reason":"stop","matched_stop":"END""#, .stopSequence("END")),
        Reading(.openAIChat, #""finish_reason":"stop","stop_reason":128001"#, .stop),
        Reading(.openAIChat, #""finish_reason":"stop","matched_stop":128001"#, .stop),
        Reading(.openAIChat, #""finish_reason":"length","stop_reason":"END""#, .length),
    ]

    private static func incomplete(_ reason: String) -> String {
        #""status":"incomplete","incomplete_details":{"reason":"\#(reason)"}"#
    }

    static let responsesRows = [
        Reading(.openAIResponses, #""status":"completed""#, .stop),
        Reading(.openAIResponses, #""status":"completed""#, .toolCalls, .call),
        Reading(.openAIResponses, #""status":"completed""#, .refusal(nil), .refusal),
        Reading(.openAIResponses, incomplete("max_output_tokens"), .length),
        Reading(.openAIResponses, incomplete("max_output_tokens"), .length, .call),
        Reading(.openAIResponses, incomplete("content_filter"), .contentFilter(nil)),
        Reading(.openAIResponses, incomplete("odd"), .other("odd")),
        Reading(.openAIResponses, #""status":"incomplete","incomplete_details":null"#, .length),
    ]

    private static func anthropic(_ word: String, _ reason: StopReason, _ content: Content = .text) -> Reading {
        Reading(.anthropicMessages, #""stop_reason":"\#(word)","stop_sequence":null"#, reason, content)
    }

    static let anthropicRows = [
        anthropic("end_turn", .stop), anthropic("max_tokens", .length), anthropic("stop_sequence", .stopSequence(nil)),
        Reading(
            .anthropicMessages,
            #""stop_reason":"stop_sequence","stop_sequence":"END""#,
            .stopSequence("END")
        ),
        anthropic("tool_use", .toolCalls, .call), anthropic("pause_turn", .pause), anthropic("refusal", .refusal(nil)),
        Reading(
            .anthropicMessages,
            #""stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":"No."}"#,
            .refusal("No.")
        ),
        anthropic("model_context_window_exceeded", .contextLength), anthropic("odd", .other("odd")),
        anthropic("end_turn", .toolCalls, .call), anthropic("tool_use", .stop),
        anthropic("max_tokens", .length, .call),
    ]

    private static func gemini(_ word: String, _ reason: StopReason, _ content: Content = .text) -> Reading {
        Reading(.gemini, #""finishReason":"\#(word)""#, reason, content)
    }

    private static let filters = [
        "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION", "IMAGE_OTHER", "IMAGE_SOMETHING_NEW",
    ]
    private static let unreadable = [
        "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE",
    ]

    private static let geminiFilterRows = filters.flatMap { word in
        [gemini(word, .contentFilter(word)), gemini(word, .contentFilter(word), .nothing)]
    }
    private static let geminiOtherRows =
        unreadable.map { gemini($0, .malformedToolCall) }
        + ["LANGUAGE", "OTHER", "NO_IMAGE"].map { gemini($0, .other($0)) }

    static let geminiRows: [Reading] =
        [
            gemini("STOP", .stop), gemini("FINISH_REASON_UNSPECIFIED", .stop), gemini("MAX_TOKENS", .length),
            gemini("STOP", .toolCalls, .call), gemini("OTHER", .toolCalls, .call), gemini("MAX_TOKENS", .length, .call),
        ] + geminiFilterRows + geminiOtherRows

    static let ollamaRows = [
        Reading(.ollama, #""done":true,"done_reason":"stop""#, .stop),
        Reading(.ollama, #""done":true"#, .stop),
        Reading(.ollama, #""done":true,"done_reason":"length""#, .length),
        Reading(.ollama, #""done":true,"done_reason":"stop""#, .toolCalls, .call),
        Reading(.ollama, #""done":true,"done_reason":"load""#, .other("load")),
        Reading(.ollama, #""done":true,"done_reason":"unload""#, .other("unload")),
        Reading(.ollama, #""done":true,"done_reason":"length""#, .length, .call),
    ]

    @Test(arguments: chatRows + responsesRows + anthropicRows + geminiRows + ollamaRows)
    func `every provider's reason is understood`(row: Reading) throws {
        for client in Dialect.spoken {
            for isStream in [false, true] {
                let text = isStream ? row.stream : row.body
                let type = isStream ? row.provider.streamType : "application/json"
                let got = relay(text, makeContext(client, row.provider, streams: isStream), contentType: type)
                #expect(got.stopReason == row.reason, "\(client), \(isStream ? "stream" : "body")")
                #expect(got.isComplete && got.failure == nil, "\(client), \(isStream ? "stream" : "body")")
            }
        }
    }

    @Test func `a prompt that Gemini blocks is a filter's work`() {
        let body = #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}"#
        for text in [body, "data: \(body)\r\n\r\n"] {
            let type = text == body ? "application/json" : "text/event-stream"
            let got = relay(text, makeContext(.openAIChat, .gemini), contentType: type)
            #expect(got.stopReason == .contentFilter("SAFETY") && got.isComplete)
        }
    }

    @Test(arguments: unreadable)
    func `T133: a call that nobody could read, and nothing else, is an error that another try may mend`(
        word: String
    ) {
        let row = Self.gemini(word, .malformedToolCall, .nothing)
        for client in Dialect.spoken {
            let got = relay(row.stream, makeContext(client, .gemini))
            #expect(got.failure?.status == 502 && got.failure?.isRetryable == true, "\(client)")
            #expect(got.failure?.code == "malformed_function_call" && !got.isComplete, "\(client)")
        }
    }

    // MARK: - Writing

    /// A reason, and what stands for it: Chat, Responses (the status, or why it is incomplete), Anthropic, Gemini, Ollama
    /// and legacy completions.
    struct Writing: Sendable, CustomTestStringConvertible {
        var reason: StopReason
        var content = Content.text
        var words: [String]

        init(_ reason: StopReason, _ content: Content = .text, _ words: String...) {
            (self.reason, self.content, self.words) = (reason, content, words)
        }

        var testDescription: String { "\(reason) with \(content)" }
    }

    static let writings = [
        Writing(.stop, .text, "stop", "completed", "end_turn", "STOP", "stop", "stop"),
        Writing(.stopSequence("END"), .text, "stop", "completed", "stop_sequence", "STOP", "stop", "stop"),
        Writing(.stopSequence(nil), .text, "stop", "completed", "end_turn", "STOP", "stop", "stop"),
        Writing(.length, .text, "length", "max_output_tokens", "max_tokens", "MAX_TOKENS", "length", "length"),
        Writing(
            .contextLength,
            .text,
            "length",
            "max_output_tokens",
            "model_context_window_exceeded",
            "MAX_TOKENS",
            "length",
            "length"
        ),
        Writing(.toolCalls, .call, "tool_calls", "completed", "tool_use", "STOP", "stop", "stop"),
        Writing(
            .contentFilter("SAFETY"),
            .text,
            "content_filter",
            "content_filter",
            "refusal",
            "SAFETY",
            "stop",
            "content_filter"
        ),
        Writing(.refusal(nil), .refusal, "stop", "completed", "refusal", "SAFETY", "stop", "content_filter"),
        // Without a text of its own a refusal would look like any other answer.
        Writing(
            .refusal("No."),
            .text,
            "content_filter",
            "content_filter",
            "refusal",
            "SAFETY",
            "stop",
            "content_filter"
        ),
        Writing(.pause, .text, "stop", "completed", "pause_turn", "STOP", "stop", "stop"),
        Writing(
            .malformedToolCall,
            .text,
            "stop",
            "completed",
            "end_turn",
            "MALFORMED_FUNCTION_CALL",
            "stop",
            "stop"
        ),
        Writing(.other("odd"), .text, "stop", "completed", "end_turn", "OTHER", "stop", "stop"),
    ]

    private static let clients: [(Dialect, AnswerLayout)] = [
        (.openAIChat, .standard), (.openAIResponses, .standard), (.anthropicMessages, .standard), (.gemini, .standard),
        (.ollama, .standard), (.openAIChat, .textCompletion),
    ]

    @Test(arguments: writings) func `every reason is told in each client's words`(row: Writing) throws {
        try #require(row.words.count == Self.clients.count)
        for ((client, layout), word) in zip(Self.clients, row.words) {
            var context = makeContext(client, client == .openAIChat ? .gemini : .openAIChat)
            context.layout = layout
            var out: [UInt8] = []
            let encoder = client.codec.makeAnswerEncoder(context: context)
            for event in row.events { encoder.write(event, into: &out) }
            let stream = try Self.told(in: String(decoding: out, as: UTF8.self), client)
            #expect(stream == word, "\(client), \(layout), stream")
            let collector = AnswerCollector()
            for event in row.events { collector.add(event) }
            let body = client.codec.encodeAnswer(collector.answer, context: context)
            #expect(try Self.word(in: try JSONDocument.parse(body).root, client) == word, "\(client), \(layout), body")
        }
    }

    /// The word in the last event of a stream that has one.
    private static func told(in stream: String, _ client: Dialect) throws -> String? {
        let events = stream.split(whereSeparator: \.isNewline).map { $0.hasPrefix("data: ") ? $0.dropFirst(6) : $0 }
        let words = try events.filter { $0.hasPrefix("{") }.compactMap {
            try word(in: try JSONDocument.parse(text: String($0)).root, client)
        }
        return words.last
    }

    private static func word(in root: JSONValue, _ client: Dialect) throws -> String? {
        switch client {
        case .openAIChat: return root["choices"]?.first?["finish_reason"]?.string
        case .openAIResponses:
            let response = root["response"] ?? root
            guard let status = response["status"]?.string else { return nil }
            guard status == "incomplete" else { return status }
            return response["incomplete_details"]?["reason"]?.string
        case .anthropicMessages: return (root["delta"] ?? root)["stop_reason"]?.string
        case .gemini: return root["candidates"]?.first?["finishReason"]?.string
        case .ollama: return root["done_reason"]?.string
        }
    }

    @Test func `Anthropic's clients are told the sequence and what was refused`() throws {
        func message(_ reason: StopReason) throws -> JSONValue {
            let collector = AnswerCollector()
            for event in Writing(reason, .text).events { collector.add(event) }
            let context = makeContext(.anthropicMessages, .openAIChat)
            return try JSONDocument.parse(MessagesCodec.encodeAnswer(collector.answer, context: context)).root
        }
        #expect(try message(.stopSequence("END"))["stop_sequence"]?.string == "END")
        #expect(try message(.stop)["stop_sequence"]?.isNull == true && message(.stop)["stop_details"] == nil)
        #expect(
            try message(.contentFilter("SAFETY")).lines(at: ["stop_details"])
                == #"stop_details: {"type":"refusal","category":null,"explanation":"SAFETY"}"#
        )
        #expect(
            try message(.refusal(nil)).lines(at: ["stop_details"])
                == #"stop_details: {"type":"refusal","category":null,"explanation":null}"#
        )
    }

    @Test func `clients of the old functions are told of a function call`() throws {
        var context = makeContext(.openAIChat, .gemini)
        context.legacyFunctions = true
        let collector = AnswerCollector()
        for event in Writing(.toolCalls, .call).events { collector.add(event) }
        let body = try JSONDocument.parse(ChatCodec.encodeAnswer(collector.answer, context: context)).root
        #expect(try Self.word(in: body, .openAIChat) == "function_call")
    }
}

extension `Table of stop reasons`.Writing {
    /// An answer with the content, that ends for the reason.
    var events: [AnswerEvent] {
        var events: [AnswerEvent] = [.start(AnswerStart())]
        switch content {
        case .text: events += [.open(block: 0, choice: 0, .text), .text(0, "a"), .close(0)]
        case .refusal: events += [.open(block: 0, choice: 0, .refusal), .refusal(0, "No."), .close(0)]
        case .call:
            events += [
                .open(block: 0, choice: 0, .toolCall(id: "c", name: "f", .function)), .arguments(0, "{}"), .close(0),
            ]
        case .nothing: break
        }
        return events + [.finish(choice: 0, reason), .end]
    }
}

extension `Table of stop reasons`.Reading {
    /// The answer as one body.
    var body: String {
        switch provider {
        case .openAIChat: #"{"id":"c","choices":[{"index":0,"message":{"role":"assistant",\#(message)},\#(members)}]}"#
        case .openAIResponses: #"{"id":"resp_1","object":"response",\#(members),"output":[\#(message)]}"#
        case .anthropicMessages:
            #"{"id":"msg_1","type":"message","role":"assistant","content":[\#(message)],\#(members),"usage":{"output_tokens":1}}"#
        case .gemini: #"{"candidates":[{"content":{"role":"model","parts":[\#(message)]},\#(members),"index":0}]}"#
        case .ollama: #"{"model":"m","message":{"role":"assistant",\#(message)},\#(members)}"#
        }
    }

    /// The answer as a stream.
    var stream: String {
        switch provider {
        case .openAIChat:
            #"data: {"id":"c","choices":[{"index":0,"delta":{\#(message)},\#(members)}]}"# + "\n\ndata: [DONE]\n\n"
        case .openAIResponses:
            event(
                members.contains("incomplete") ? "response.incomplete" : "response.completed",
                #""response":\#(body)"#
            )
        case .anthropicMessages:
            messageStart + event("content_block_start", #""index":0,"content_block":\#(message)"#)
                + event("content_block_stop", #""index":0"#)
                + event("message_delta", #""delta":{\#(members)},"usage":{"output_tokens":1}"#) + event("message_stop")
        case .gemini: "data: \(body)\r\n\r\n"
        case .ollama: body + "\n"
        }
    }

    /// What the model says, in the provider's form.
    private var message: String {
        switch (provider, content) {
        case (_, .nothing): ""
        case (.openAIChat, .text): #""content":"a""#
        case (.openAIChat, .refusal): #""content":null,"refusal":"No.""#
        case (.openAIChat, .call):
            #""tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]"#
        case (.openAIResponses, .text):
            #"{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]}]}"#
        case (.openAIResponses, .refusal):
            #"{"type":"message","id":"m","role":"assistant","content":[{"type":"refusal","refusal":"No."}]}"#
        case (.openAIResponses, .call):
            #"{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{}"}"#
        case (.anthropicMessages, .call): #"{"type":"tool_use","id":"toolu_1","name":"f","input":{}}"#
        case (.anthropicMessages, _): #"{"type":"text","text":"a"}"#
        case (.gemini, .call): #"{"functionCall":{"name":"f","args":{}}}"#
        case (.gemini, _): #"{"text":"a"}"#
        case (.ollama, .call): #""content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]"#
        case (.ollama, _): #""content":"a""#
        }
    }
}
