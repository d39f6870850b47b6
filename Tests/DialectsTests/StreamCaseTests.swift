import JSONCore
import Testing

@testable import Dialects

/// Cases of the specification about the parts of an answer and the order of their events.
@Suite struct `Cases of streams` {
    private static let done = "data: [DONE]\n\n"

    /// `start 0 text`, `delta 0 text_delta`, `stop 0` … of a stream that an Anthropic client gets.
    private func blocks(_ out: String) throws -> [String] {
        try out.events().compactMap { event in
            let index = event["index"]?.int ?? -1
            return switch event["type"]?.string {
            case "content_block_start": "start \(index) \(event["content_block"]?["type"]?.string ?? "")"
            case "content_block_delta": "delta \(index) \(event["delta"]?["type"]?.string ?? "")"
            case "content_block_stop": "stop \(index)"
            default: nil
            }
        }
    }

    // MARK: - Chat's deltas

    @Test(arguments: Dialect.spoken, [#""tool_calls":[]"#, #""tool_calls":null"#])
    func `T002: an empty list of calls beside text is no call`(client: Dialect, list: String) throws {
        func answer(_ list: String) -> String {
            chunk(#"{"role":"assistant"\#(list),"content":"a"}"#) + chunk(#"{"content":"b"\#(list)}"#)
                + chunk(#"{"content":""\#(list)}"#, finish: "stop") + Self.done
        }
        for streams in [true, false] {
            let context = makeContext(client, .openAIChat, streams: streams)
            let got = relay(answer("," + list), context)
            #expect(got.isComplete && got.stopReason == .stop && got.calls == nil)
            guard client != .openAIChat || !streams else {
                #expect(got.out == answer("," + list).passedOn)
                continue
            }
            #expect(got.out == relay(answer(""), context).out)
            guard client == .anthropicMessages, streams else { continue }
            let expected = ["start 0 text", "delta 0 text_delta", "delta 0 text_delta", "stop 0"]
            #expect(try blocks(got.out) == expected)
        }
    }

    private static func call(_ index: Int, _ rest: String) -> String {
        chunk(#"{"tool_calls":[{"index":\#(index),\#(rest)}]}"#)
    }
    private static let begin = call(
        0,
        #""id":"run:0","type":"function","function":{"name":"run","arguments":"{\"c\":"}"#
    )
    private static let rest = call(0, #""function":{"arguments":"\"ls\"}"}"#)
    private static let another = call(1, #""id":"run:1","type":"function","function":{"name":"run","arguments":"{}"}"#)
    private static let (before, after) = (chunk(#"{"content":"Let me see."}"#), chunk(#"{"content":"Done."}"#))
    private static let text = ["start 0 text", "delta 0 text_delta", "stop 0"]
    private static let run = ["start 1 tool_use", "delta 1 input_json_delta", "delta 1 input_json_delta", "stop 1"]

    @Test(
        arguments: [
            ([before, begin, rest, after], text + run + ["start 2 text", "delta 2 text_delta", "stop 2"]),
            // What comes while the arguments are not whole waits.
            ([before, begin, after, rest], text + run + ["start 2 text", "delta 2 text_delta", "stop 2"]),
            (
                [before, begin, after, another, rest],
                text + run + [
                    "start 2 text", "delta 2 text_delta", "stop 2", "start 3 tool_use", "delta 3 input_json_delta",
                    "stop 3",
                ]
            ),
        ]
    )
    func `T015: Anthropic's blocks follow each other, each with an index of its own`(
        answer: [String],
        expected: [String]
    ) throws {
        let stream = answer.joined() + chunk("{}", finish: "tool_calls") + Self.done
        let got = relay(stream, makeContext(.anthropicMessages, .openAIChat))
        #expect(try blocks(got.out) == expected)
        let complaints = Complaints()
        #expect(Dialect.anthropicMessages.validator.checkStream(got.out, complaints) == .clean)
        #expect(complaints.texts.isEmpty)
    }

    // MARK: - Responses

    private static func item(_ type: String, _ index: Int, _ item: String) -> String {
        event("response.output_item.\(type)", #""output_index":\#(index),"item":\#(item)"#)
    }

    /// A message in the events that OpenAI sends for one.
    private static func message(_ index: Int, _ text: String, phase: String = "") -> String {
        let place = #""item_id":"msg_\#(index)","output_index":\#(index),"content_index":0"#
        let part = #"{"type":"output_text","text":"\#(text)","annotations":[]}"#
        return item("added", index, message(index, "in_progress", phase, []))
            + event(
                "response.content_part.added",
                place + #","part":{"type":"output_text","text":"","annotations":[]}"#
            )
            + event("response.output_text.delta", place + #","delta":"\#(text)""#)
            + event("response.output_text.done", place + #","text":"\#(text)""#)
            + event("response.content_part.done", place + #","part":"# + part)
            + item("done", index, message(index, "completed", phase, [part]))
    }

    private static func message(_ index: Int, _ status: String, _ phase: String, _ parts: [String]) -> String {
        #"{"id":"msg_\#(index)","type":"message","status":"\#(status)","role":"assistant","content":[\#(parts.joined())]\#(phase)}"#
    }

    private static func call(_ index: Int) -> String {
        func item(_ arguments: String) -> String {
            #"{"id":"fc_\#(index)","type":"function_call","status":"completed","call_id":"c","name":"run","arguments":"\#(arguments)"}"#
        }
        let place = #""item_id":"fc_\#(index)","output_index":\#(index)"#
        return Self.item("added", index, item(""))
            + event("response.function_call_arguments.delta", place + #","delta":"{}""#)
            + event("response.function_call_arguments.done", place + #","arguments":"{}""#)
            + Self.item("done", index, item("{}"))
    }

    private static func response(_ status: String, _ more: String = "") -> String {
        #""response":{"id":"resp_up","object":"response","created_at":1754000000,"status":"\#(status)","model":"up-model","output":[]\#(more)}"#
    }
    private static let created = event("response.created", response("in_progress"))
    private static let completed = event(
        "response.completed",
        response("completed", #","usage":{"input_tokens":25,"output_tokens":15,"total_tokens":40}"#)
    )

    @Test(
        arguments: [
            (message(0, "Hi") + completed, "end_turn"), (call(0) + completed, "tool_use"),
            (message(0, "Hi") + call(1) + completed, "tool_use"),
            (
                message(0, "Hi")
                    + event(
                        "response.incomplete",
                        response("incomplete", #","incomplete_details":{"reason":"max_output_tokens"}"#)
                    ), "max_tokens"
            ),
        ]
    )
    func `T017: a finished response ends an Anthropic stream with both last events, once`(
        answer: String,
        reason: String
    ) throws {
        // What comes after the end changes nothing.
        let got = relay(Self.created + answer + Self.completed, makeContext(.anthropicMessages, .openAIResponses))
        let events = try got.out.events()
        let ends = events.filter { ["message_delta", "message_stop"].contains($0["type"]?.string) }
        #expect(ends.map { $0["type"]?.string } == ["message_delta", "message_stop"])
        #expect(ends.first?["delta"]?["stop_reason"]?.string == reason)
        #expect(events.last?["type"]?.string == "message_stop")
    }

    /// Codex's narration between a thought, a call and the answer.
    private static let narrated: String = {
        let commentary = #","phase":"commentary""#
        let thought = #""item_id":"rs_0","output_index":0,"summary_index":0"#
        let frames =
            created + item("added", 0, #"{"id":"rs_0","type":"reasoning","summary":[]}"#)
            + event("response.reasoning_summary_text.delta", thought + #","delta":"Hm.""#)
            + event("response.reasoning_summary_text.done", thought + #","text":"Hm.""#)
            + item("done", 0, #"{"id":"rs_0","type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}]}"#)
            + message(1, "I look around", phase: commentary) + call(2) + message(3, "I answer now", phase: commentary)
            + message(4, "Done.", phase: #","phase":"final_answer""#) + completed
        return frames.frames.enumerated().map { number, frame in
            frame.replacing("data: {", with: #"data: {"sequence_number":\#(number),"#) + "\n\n"
        }.joined()
    }()

    @Test(arguments: Dialect.spoken)
    func `T029: the narration of Codex is no part of the answer`(client: Dialect) throws {
        for streams in [true, false] {
            var context = makeContext(client, .openAIResponses, streams: streams)
            context.dropsCommentary = true
            let got = relay(Self.narrated, context) { $0.dropsCommentary = true }
            #expect(got.isComplete && got.stopReason == .toolCalls && got.usage.output == 15)
            #expect(!got.out.contains("I look around") && !got.out.contains("I answer now"))
            for kept in ["Hm.", "run", "Done."] { #expect(got.out.contains(kept), "\(kept)") }
            // A client of Responses gets the provider's events as they are.
            guard client != .openAIResponses else { continue }
            let complaints = Complaints()
            guard streams else {
                let root = try #require(Node(parsing: got.out.utf8, "body", complaints))
                client.validator.checkBody(root)
                #expect(complaints.texts.isEmpty)
                continue
            }
            #expect(client.validator.checkStream(got.out, complaints) == .clean)
            #expect(complaints.texts.isEmpty)
        }
    }

    @Test func `T029: what is left has numbers without gaps`() throws {
        var context = makeContext(.openAIResponses, .openAIResponses)
        context.dropsCommentary = true
        let events = try relay(Self.narrated, context) { $0.dropsCommentary = true }.out.events()
        #expect(events.map { $0["sequence_number"]?.int } == Array(0..<events.count))
        let added = events.filter { $0["type"]?.string == "response.output_item.added" }
        #expect(added.map { $0["output_index"]?.int } == [0, 1, 2])
        let output = events.last?["response"]?["output"]
        #expect(output?.elements.map { $0["id"]?.string } == ["rs_0", "fc_2", "msg_4"])
        let blocks = try blocks(
            relay(Self.narrated, makeContext(.anthropicMessages, .openAIResponses)) { $0.dropsCommentary = true }.out
        )
        #expect(blocks.filter { $0.hasPrefix("start") } == ["start 0 thinking", "start 1 tool_use", "start 2 text"])
    }

    @Test func `T029: Codex itself gets its narration`() {
        let got = relay(Self.narrated, makeContext(.openAIResponses, .openAIResponses))
        #expect(got.out.contains("I look around") && got.out.contains("I answer now"))
    }

    // MARK: - Passing on

    private static func thinking(_ deltas: [String]) -> String {
        let frames = deltas.map { event("content_block_delta", #""index":0,"delta":{\#($0)}"#) }
        return messageStart
            + event(
                "content_block_start",
                #""index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
            )
            + frames.joined() + event("content_block_stop", #""index":0"#) + textBlock(1, ["Hi"])
            + messageEnd("end_turn")
    }

    private static let signature = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds/+=="

    @Test(arguments: [#""type":"thinking_delta","thinking":"Hm.""#, nil])
    func `T109: a signature reaches Anthropic's clients, with its thinking or without`(thought: String?) throws {
        let stream = Self.thinking(
            [thought, #""type":"signature_delta","signature":"\#(Self.signature)""#].compactMap { $0 }
        )
        let context = makeContext(.anthropicMessages, .anthropicMessages)
        #expect(relay(stream, context).out == stream.passedOn)
        // The same when something has to be looked for in the text, so that the events are written anew.
        let written = relay(stream, context) { $0.thinkTags = true }
        let signatures = try written.out.events().compactMap { $0["delta"]?["signature"]?.string }
        #expect(written.isComplete && signatures == [Self.signature])
        var whole = context
        whole.wantsStream = false
        let block = try json(relay(stream, whole).out).root["content"]?.first
        #expect(block?["type"]?.string == "thinking" && block?["signature"]?.string == Self.signature)
        #expect(block?["thinking"]?.string == (thought == nil ? "" : "Hm."))
    }

    @Test(arguments: Dialect.spoken)
    func `T139: the tokens of a stream that is passed on are known`(dialect: Dialect) throws {
        let text = dialect.stream(saying: ["a", "b"])
        let stream =
            switch dialect {
            case .openAIChat:
                text.replacing(
                    Self.done,
                    with:
                        #"data: {"choices":[],"usage":{"prompt_tokens":25,"completion_tokens":15,"total_tokens":40}}"#
                        + "\n\n" + Self.done
                )
            case .openAIResponses:
                text.replacing(
                    #""usage":null"#,
                    with: #""usage":{"input_tokens":25,"output_tokens":15,"total_tokens":40}"#
                )
            case .gemini:
                text.replacing(
                    #""finishReason":"STOP"}]"#,
                    with:
                        #""finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":25,"candidatesTokenCount":15,"totalTokenCount":40}"#
                )
            case .anthropicMessages, .ollama: text
            }
        var context = makeContext(dialect, dialect)
        context.includeUsage = true
        let got = relay(stream, context, contentType: dialect.streamType)
        #expect(got.isComplete && !got.usage.estimated)
        #expect(got.usage.input == 25 && got.usage.output == 15)
        // Nothing was rewritten for that.
        #expect(got.out.replacing("\r\n", with: "\n") == stream.passedOn.replacing("\r\n", with: "\n"))
    }
}
