import Foundation
import JSONCore
import Testing

@testable import Dialects

/// Cases of the specification that concern several dialects at once, each for all of them.
@Suite struct `Cases across dialects` {
    private static let others: [Dialect] = Dialect.spoken.filter { $0 != .openAIChat }
    private static let done = "data: [DONE]\n\n"

    private static func usage(_ text: String) -> String { #","usage":"# + text }

    // MARK: - Usage

    /// What each client reads as input, cached input, output and reasoning.
    private static func figures(_ body: String, _ client: Dialect) throws -> [Int] {
        let root = try json(body).root
        let usage = root["usage"] ?? root["usageMetadata"] ?? root
        func count(_ path: String...) -> Int {
            var value: JSONValue? = usage
            for key in path { value = value?.member(key) }
            return value?.int ?? 0
        }
        switch client {
        case .openAIChat:
            return [
                count("prompt_tokens"), count("prompt_tokens_details", "cached_tokens"), count("completion_tokens"),
                count("completion_tokens_details", "reasoning_tokens"),
            ]
        case .openAIResponses:
            return [
                count("input_tokens"), count("input_tokens_details", "cached_tokens"), count("output_tokens"),
                count("output_tokens_details", "reasoning_tokens"),
            ]
        case .anthropicMessages:
            return [
                count("input_tokens") + count("cache_read_input_tokens"), count("cache_read_input_tokens"),
                count("output_tokens"), count("output_tokens_details", "thinking_tokens"),
            ]
        case .gemini:
            return [
                count("promptTokenCount"), count("cachedContentTokenCount"),
                count("candidatesTokenCount") + count("thoughtsTokenCount"), count("thoughtsTokenCount"),
            ]
        case .ollama: return [count("prompt_eval_count"), 0, count("eval_count"), 0]
        }
    }

    @Test(arguments: Dialect.spoken)
    func `T004, T009, T126, T138: tokens are counted once, whoever reports them to whomever`(client: Dialect) throws {
        let answers: [(Dialect, String, String)] = [
            (
                .openAIChat,
                chunk(#"{"content":"a"}"#) + chunk("{}", finish: "stop")
                    + #"data: {"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":320,"total_tokens":1320,"prompt_tokens_details":{"cached_tokens":800},"completion_tokens_details":{"reasoning_tokens":300}}}"#
                    + "\n\n" + Self.done, "text/event-stream"
            ),
            (
                .openAIResponses,
                #"{"object":"response","id":"r","status":"completed","output":[{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"a"}]}],"usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":800},"output_tokens":320,"output_tokens_details":{"reasoning_tokens":300},"total_tokens":1320}}"#,
                "application/json"
            ),
            (
                .anthropicMessages,
                event(
                    "message_start",
                    #""message":{"id":"m","type":"message","role":"assistant","model":"x","content":[],"usage":{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}"#
                ) + textBlock(0, ["a"])
                    + event(
                        "message_delta",
                        #""delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":200,"cache_read_input_tokens":800,"output_tokens":320,"output_tokens_details":{"thinking_tokens":300}}"#
                    ) + event("message_stop"), "text/event-stream"
            ),
            (
                .gemini,
                geminiChunk(
                    #"{"text":"a"}"#,
                    #","finishReason":"STOP""#,
                    extra:
                        #","usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":800,"candidatesTokenCount":20,"thoughtsTokenCount":300,"totalTokenCount":1320}"#
                ), "text/event-stream"
            ),
        ]
        for (upstream, answer, type) in answers {
            let got = relay(answer, makeContext(client, upstream, streams: false), contentType: type)
            let expected = client == .ollama ? [1_000, 0, 320, 0] : [1_000, 800, 320, 300]
            // A body of the client's own dialect is passed on as it is.
            #expect(try Self.figures(got.out, client) == expected, "\(upstream) \(got.out)")
            #expect(got.usage.input == 200 && got.usage.cacheRead == 800, "\(upstream)")
        }
        let ollama = relay(
            line(#""content":"a""#)
                + line(#""content":"""#, #""done":true,"done_reason":"stop","prompt_eval_count":1000,"eval_count":320"#),
            makeContext(client, .ollama, streams: false),
            contentType: "application/x-ndjson"
        )
        #expect(try Self.figures(ollama.out, client) == [1_000, 0, 320, 0])
    }

    @Test func `T006, T024, T026: late usage is inside of the only end, and the numbers have no gap`() throws {
        let got = relay(
            chunk(#"{"content":"a"}"#) + chunk(#"{"content":"b"}"#) + chunk("{}", finish: "stop")
                + #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"# + "\n\n"
                + Self.done,
            makeContext(.openAIResponses, .openAIChat)
        )
        let events = try got.out.frameData.map { try json($0).root }
        #expect(events.map { $0["sequence_number"]?.int } == Array(0..<events.count))
        #expect(events.last?["type"]?.string == "response.completed")
        #expect(events.last?["response"]?["usage"]?["total_tokens"]?.int == 7)
        let ends = events.filter { $0["type"]?.string == "response.output_text.done" }
        #expect(ends.map { $0["text"]?.string } == ["ab"])
    }

    @Test func `T007: the input is estimated at the start and exact at the end`() throws {
        var context = makeContext(.anthropicMessages, .openAIChat)
        context.estimatedInputTokens = 42
        let got = relay(
            chunk(#"{"content":"a"}"#) + chunk("{}", finish: "stop")
                + #"data: {"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":4}}"# + "\n\n" + Self.done,
            context
        )
        let events = try got.out.frameData.map { try json($0).root }
        #expect(events.first?["message"]?["usage"]?["input_tokens"]?.int == 42)
        #expect(events.dropLast().last?["usage"]?["input_tokens"]?.int == 30)
    }

    @Test(arguments: others)
    func `T008, T010: Chat clients get usage where they asked for it`(upstream: Dialect) throws {
        let answer: String
        switch upstream {
        case .anthropicMessages: answer = messageStart + textBlock(0, ["a"]) + messageEnd("end_turn")
        case .gemini: answer = geminiChunk(#"{"text":"a"}"#, #","finishReason":"STOP""#)
        case .ollama: answer = line(#""content":"a""#) + line(#""content":"""#, #""done":true,"done_reason":"stop""#)
        default:
            answer = event(
                "response.completed",
                #""response":{"id":"r","status":"completed","output":[{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"a"}]}],"usage":null}"#
            )
        }
        let type = upstream == .ollama ? "application/x-ndjson" : "text/event-stream"
        for wish in [true, false, nil] as [Bool?] {
            var context = makeContext(.openAIChat, upstream)
            context.includeUsage = wish
            let frames = try relay(answer, context, contentType: type).out.frameData.dropLast().map {
                try json($0).root
            }
            #expect(frames.filter { $0["choices"]?.count == 0 }.count == (wish == true ? 1 : 0), "\(upstream)")
            #expect(frames.contains { $0["usage"]?.isObject == true } == (wish != false), "\(upstream)")
            // T003: who speaks is said once, first.
            #expect(frames.first?["choices"]?.first?["delta"]?["role"]?.string == "assistant")
            let later = frames.dropFirst().compactMap { $0["choices"]?.first?["delta"]?["role"] }
            #expect(later.isEmpty)
        }
    }

    // MARK: - Calls

    @Test(arguments: others)
    func `T011, T013, T022: pieces of two calls end up in two calls`(client: Dialect) throws {
        func piece(_ index: String, _ rest: String) -> String { chunk(#"{"tool_calls":[{"# + index + rest + "}]}") }
        let answer =
            chunk(#"{"tool_calls":[]}"#)
            + piece(#""index":0,"#, #""id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""}"#)
            + piece(#""index":1,"#, #""id":"b","type":"function","function":{"name":"g","arguments":"{\"y\""}"#)
            + piece(#""index":0,"#, #""function":{"arguments":":1}"}"#)
            + piece(#""id":"b","#, #""function":{"arguments":":2}"}"#)
            + chunk("{}", finish: "tool_calls") + Self.done
        let whole = relay(answer, makeContext(client, .openAIChat, streams: false))
        let compact = whole.out.replacing(#"\""#, with: "'")
        for arguments in client == .openAIResponses ? ["{'x':1}", "{'y':2}"] : [#"{"x":1}"#, #"{"y":2}"#] {
            #expect(compact.components(separatedBy: arguments).count == 2, "\(whole.out)")
        }
        #expect(whole.stopReason == .toolCalls)
        let stream = relay(answer, makeContext(client, .openAIChat))
        #expect(stream.isComplete)
        if client == .anthropicMessages {
            let starts = try stream.out.frameData.map { try json($0).root }.filter {
                $0["type"]?.string == "content_block_start"
            }
            #expect(starts.map { $0["index"]?.int } == [0, 1])
            #expect(starts.map { $0["content_block"]?["name"]?.string } == ["f", "g"])
        }
    }

    @Test(arguments: others)
    func `T021, T070: a late name and arguments as an object make one call`(client: Dialect) throws {
        let answer =
            chunk(#"{"tool_calls":[{"index":0,"id":"a","type":"function"}]}"#)
            + chunk(#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":{"x":1}}}]}"#)
            + chunk("{}", finish: "tool_calls") + Self.done
        let got = relay(answer, makeContext(client, .openAIChat, streams: false))
        #expect(got.out.contains(#""name":"f""#))
        #expect(got.out.contains(client == .openAIResponses ? #"{\"x\":1}"# : #"{"x":1}"#))
    }

    @Test(arguments: Dialect.spoken)
    func `T077: a name that the target refuses is the client's own again in its answer`(client: Dialect) throws {
        let name = "2.my tool/é"
        let tool = #""name":"2.my tool/é","description":"d""#
        let schema = #"{"type":"object","properties":{"x":{"type":"integer"}}}"#
        let body: String
        switch client {
        case .openAIChat:
            body =
                #"{"model":"m","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{\#(tool),"parameters":\#(schema)}}],"tool_choice":{"type":"function","function":{"name":"\#(name)"}}}"#
        case .openAIResponses:
            body =
                #"{"model":"m","input":"a","tools":[{"type":"function",\#(tool),"parameters":\#(schema)}],"tool_choice":{"type":"function","name":"\#(name)"}}"#
        case .anthropicMessages:
            body =
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"tools":[{\#(tool),"input_schema":\#(schema)}],"tool_choice":{"type":"tool","name":"\#(name)"}}"#
        case .gemini:
            body =
                #"{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{\#(tool),"parametersJsonSchema":\#(schema)}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["\#(name)"]}}}"#
        case .ollama:
            body =
                #"{"model":"m","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{\#(tool),"parameters":\#(schema)}}]}"#
        }
        for upstream in Dialect.spoken where upstream != client && upstream != .ollama {
            let sent = try translate(body, client, upstream)
            let safe = sent.context.toolNames.upstream(name)
            #expect(safe != name && !sent.text.contains(name), "\(upstream)")
            #expect(sent.text.contains(safe))
            for streams in [true, false] {
                var context = sent.context
                context.wantsStream = streams
                let got = relay(Self.call(of: safe, upstream), context)
                #expect(got.isComplete, "\(upstream)")
                #expect(got.out.contains(name) && !got.out.contains(safe), "\(upstream) \(got.out)")
            }
        }
    }

    /// A stream with one call.
    private static func call(of name: String, _ upstream: Dialect) -> String {
        switch upstream {
        case .openAIChat:
            chunk(
                #"{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"\#(name)","arguments":"{}"}}]}"#
            )
                + chunk("{}", finish: "tool_calls") + done
        case .openAIResponses:
            event(
                "response.output_item.added",
                #""output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"c","name":"\#(name)","arguments":""}"#
            )
                + event(
                    "response.completed",
                    #""response":{"id":"r","status":"completed","output":[{"type":"function_call","id":"fc_1","call_id":"c","name":"\#(name)","arguments":"{}"}]}"#
                )
        case .anthropicMessages: messageStart + toolBlock(0, id: "c", name: name, ["{}"]) + messageEnd("tool_use")
        case .gemini: geminiChunk(#"{"functionCall":{"name":"\#(name)","args":{}}}"#, #","finishReason":"STOP""#)
        case .ollama: ""
        }
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages, .gemini, .ollama])
    func `T078, T079, T080, T081: the tools of Codex come back as what they were`(target: Dialect) throws {
        let body =
            #"{"model":"m","input":[{"type":"tool_search_call","id":"t"},{"role":"user","content":"a"}],"tools":[{"type":"namespace","name":"mail","description":"d","tools":[{"type":"function","name":"send","parameters":{}},{"type":"function","name":"list","parameters":{}}]},{"type":"custom","name":"apply_patch"},{"type":"image_generation"},{"type":"tool_search"}]}"#
        let sent = try translate(body, .openAIResponses, target)
        for name in ["mail__send", "mail__list", "apply_patch"] { #expect(sent.text.contains("\"\(name)\"")) }
        #expect(sent.context.losses.map(\.name).contains("hosted-tool:image_generation"))
        guard target != .ollama else { return }
        for streams in [true, false] {
            var context = sent.context
            context.wantsStream = streams
            let got = relay(Self.call(of: "mail__send", target), context)
            #expect(got.out.contains(#""name":"send","namespace":"mail""#))
            #expect(!got.out.contains("mail__send"))
            let patch = relay(Self.call(of: "apply_patch", target), context)
            #expect(patch.out.contains(#""type":"custom_tool_call""#), "\(patch.out)")
        }
    }

    // MARK: - Ends

    @Test(arguments: Dialect.spoken)
    func `T016, T134, T143, T144: filters and errors are told in each dialect, and nothing follows`(
        client: Dialect
    ) throws {
        let filtered = relay(
            chunk(#"{"content":"a"}"#) + chunk("{}", finish: "content_filter") + Self.done,
            makeContext(client, .openAIChat)
        )
        let word =
            switch client {
            case .openAIChat: #""finish_reason":"content_filter""#
            case .openAIResponses: #""incomplete_details":{"reason":"content_filter"}"#
            case .anthropicMessages: #""stop_reason":"refusal""#
            case .gemini: #""finishReason":"SAFETY""#
            case .ollama: #""done_reason":"stop""#
            }
        #expect(filtered.out.contains(word))
        let broken = relay(
            geminiChunk(#"{"text":"a"}"#)
                + #"data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"# + "\r\n\r\n"
                + geminiChunk(#"{"text":"late"}"#, #","finishReason":"STOP""#),
            makeContext(client, .gemini)
        )
        #expect(broken.failure?.status == 503)
        #expect(!broken.out.contains("late"))
        let end =
            switch client {
            case .openAIChat: "[DONE]"
            case .openAIResponses: #""status":"failed""#
            case .anthropicMessages: #""type":"overloaded_error""#
            case .gemini: #""status":"UNAVAILABLE""#
            case .ollama: #"{"error":"busy""#
            }
        #expect(broken.out.contains(end), "\(broken.out)")
        for lie in [
            "message_stop", "response.completed", #""finish_reason":"stop""#, #""done":true"#, #""finishReason""#,
        ] {
            #expect(!broken.out.contains(lie), "\(lie)")
        }
    }

    @Test func `T012: a stop sequence that a server names is Anthropic's`() throws {
        let got = relay(
            chunk(#"{"content":"a"}"#)
                + #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop","stop_reason":"</block>"}]}"#
                + "\n\n"
                + Self.done,
            makeContext(.anthropicMessages, .openAIChat)
        )
        #expect(got.out.contains(#""stop_reason":"stop_sequence","stop_sequence":"</block>""#))
    }

    @Test func `T019, T020: an end without a reason is one where the profile says so`() throws {
        let text = chunk(#"{"content":"a"}"#)
        #expect(relay(text + Self.done, makeContext(.openAIChat, .openAIChat)).stopReason == .stop)
        let half = chunk(#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}"#)
        let cut = relay(text + half, makeContext(.openAIResponses, .openAIChat)) { $0.lenientEnd = true }
        #expect(cut.out.contains("response.failed"))
        #expect(!cut.out.contains("response.completed"))
        let rest = chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}"#)
        let lenient = relay(text + half + rest, makeContext(.openAIResponses, .openAIChat)) { $0.lenientEnd = true }
        #expect(lenient.out.contains("response.completed"))
        #expect(lenient.stopReason == .toolCalls)
    }

    @Test func `T027: thinking has ended before the message begins`() throws {
        let got = relay(
            chunk(#"{"reasoning_content":"hm"}"#) + chunk(#"{"content":"a"}"#) + chunk("{}", finish: "stop")
                + Self.done,
            makeContext(.openAIResponses, .openAIChat)
        )
        let types = try got.out.frameData.map { try json($0).root }.map {
            ($0["type"]?.string ?? "") + ":" + ($0["item"]?["type"]?.string ?? "")
        }
        let thought = try #require(types.firstIndex(of: "response.output_item.done:reasoning"))
        #expect(thought < (try #require(types.firstIndex(of: "response.output_item.added:message"))))
    }
}
