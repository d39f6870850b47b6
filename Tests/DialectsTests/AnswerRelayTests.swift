import Foundation
import JSONCore
import Testing

@testable import Dialects

private let chatToMessages = makeContext(.anthropicMessages, .openAIChat)
private let messagesToChat = makeContext(.openAIChat, .anthropicMessages)

@Suite struct `Answer relay` {
    // MARK: - State

    @Test func `nothing meaningful has come before the first content`() {
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: messagesToChat,
            profile: TargetProfile(.anthropicMessages),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(Array(messageStart.utf8), into: &out)
        relay.receive(
            Array(event("content_block_start", #""index":0,"content_block":{"type":"text","text":""}"#).utf8),
            into: &out
        )
        #expect(relay.hasStarted)
        #expect(!relay.hasMeaningfulContent)
        #expect(relay.upstreamResponseModel == "up-model")
        relay.receive(
            Array(event("content_block_delta", #""index":0,"delta":{"type":"text_delta","text":"x"}"#).utf8),
            into: &out
        )
        #expect(relay.hasMeaningfulContent)
        #expect(!relay.isComplete)
        #expect(!relay.awaitsOnlyTheEnd)
    }

    @Test func `T018: after the finish reason only the end is awaited, and finishing then is clean`() {
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: chatToMessages,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(
            Array((chunk(#"{"role":"assistant","content":"a"}"#) + chunk("{}", finish: "stop")).utf8),
            into: &out
        )
        #expect(relay.awaitsOnlyTheEnd)
        #expect(!relay.isComplete)
        relay.finish(cleanEnd: true, into: &out)
        #expect(relay.isComplete)
        #expect(relay.failure == nil)
        #expect(
            String(decoding: out, as: UTF8.self).hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
        )
    }

    @Test func `a broken connection after the finish reason still is a complete answer`() {
        let stream = chunk(#"{"content":"a"}"#) + chunk("{}", finish: "stop")
        #expect(relay(stream, chatToMessages, cleanEnd: false).isComplete)
    }

    @Test(arguments: Direction.all)
    func `nothing is written after the end`(direction: Direction) throws {
        let type = direction.upstream.streamType
        let file = Golden.root.appending(path: direction.folder).appending(
            path: "text" + direction.upstream.streamSuffix
        )
        let bytes = [UInt8](try Data(contentsOf: file))
        let context = makeContext(direction.client, direction.upstream)
        let once = relay([bytes], context, contentType: type)
        let more = direction.upstream == .ollama ? "{\"error\":\"x\"}\n" : "data: {\"error\":{}}\n\n"
        #expect(relay([bytes, Array(more.utf8)], context, contentType: type) == once)
        // Gemini's streams have no end but that of the transfer.
        let end = direction.upstream == .gemini ? "data: [DONE]\n\n" : ""
        #expect(relay([bytes, Array(end.utf8), bytes, Array(more.utf8)], context, contentType: type) == once)
    }

    @Test func `figures that a provider reports on the way stay when its answer is cut off`() {
        let usage = #","usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}"#
        let text = String(repeating: "many words ", count: 40)
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: chatToMessages,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(Array((chunk(#"{"content":"\#(text)"}"#) + chunk("{}", extra: usage)).utf8), into: &out)
        #expect(relay.settledUsage.output == 2)
        #expect(!relay.settledUsage.estimated)
    }

    @Test func `the provider's usage, cost and model are known at the end`() {
        let usage = #","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cost":0.25}"#
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: chatToMessages,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(
            Array((chunk(#"{"content":"a"}"#) + chunk("{}", finish: "length", extra: usage) + "data: [DONE]\n\n").utf8),
            into: &out
        )
        #expect(relay.isComplete)
        #expect(relay.usage.input == 10)
        #expect(relay.usage.output == 5)
        #expect(!relay.usage.estimated)
        #expect(relay.providerReportedCost == 0.25)
        #expect(relay.stopReason == .length)
        #expect(relay.upstreamResponseModel == "up-model")
    }

    @Test func `usage that the provider does not report is estimated and says so`() {
        var context = chatToMessages
        context.estimatedInputTokens = 30
        let done = relay(
            chunk(#"{"content":"twelve chars"}"#) + chunk("{}", finish: "stop") + "data: [DONE]\n\n",
            context
        )
        #expect(done.usage.estimated)
        #expect(done.usage.input == 30)
        #expect(done.usage.output == 3)
        #expect(done.out.contains(#""estimated":true"#))
    }

    // MARK: - Failures

    @Test func `T141: an error as the first event writes nothing, so that another target can be tried`() {
        let failed = relay(
            event("error", #""error":{"type":"overloaded_error","message":"Overloaded"}"#),
            messagesToChat
        )
        #expect(failed.out.isEmpty)
        #expect(!failed.hasContent)
        #expect(failed.failure?.kind == .overloaded)
        #expect(failed.failure?.status == 529)
        #expect(failed.failure?.cause == .errorInAnswer)
    }

    @Test(arguments: Direction.all)
    func `T142: a connection that breaks in mid-answer ends with an error event and nothing else`(
        direction: Direction
    ) throws {
        let stream =
            switch direction.upstream {
            case .openAIChat: chunk(#"{"role":"assistant","content":"Half"}"#)
            case .gemini: geminiChunk(#"{"text":"Half"}"#)
            case .ollama: line(#""content":"Half""#)
            case .openAIResponses:
                event("response.output_text.delta", #""item_id":"m","output_index":0,"content_index":0,"delta":"Half""#)
            default:
                messageStart + event("content_block_start", #""index":0,"content_block":{"type":"text","text":""}"#)
                    + event("content_block_delta", #""index":0,"delta":{"type":"text_delta","text":"Half"}"#)
            }
        let context = makeContext(direction.client, direction.upstream)
        let cut = relay(stream, context, contentType: direction.upstream.streamType, cleanEnd: false)
        #expect(cut.failure?.cause == .cutOff)
        #expect(!cut.isComplete)
        let frames = cut.out.frames
        if direction.client == .ollama {
            let objects = try cut.out.objects()
            #expect(objects.last?["error"]?.string == "upstream closed the stream early")
            #expect(objects.allSatisfy { $0["done"]?.bool != true })
        } else if direction.client == .openAIChat {
            #expect(frames.last == "data: [DONE]")
            #expect(frames.dropLast().last?.hasPrefix(#"data: {"error":{"message":"#) == true)
            #expect(!cut.out.contains(#""finish_reason":"stop""#))
        } else if direction.client == .gemini {
            let last = cut.out.components(separatedBy: "\r\n\r\n").dropLast().last
            #expect(last?.hasPrefix(#"data: {"error":{"code":502,"message":"#) == true)
            #expect(!cut.out.contains("finishReason"))
        } else if direction.client == .openAIResponses {
            let last = try JSONDocument.parse(Array((cut.out.frameData.last ?? "").utf8)).root
            #expect(last["type"]?.string == "response.failed")
            #expect(last["sequence_number"]?.int != nil)
            #expect(last["response"]?["status"]?.string == "failed")
            #expect(last["response"]?["error"]?["code"]?.string == "server_error")
            #expect(!cut.out.contains("response.completed"))
        } else {
            #expect(frames.last?.hasPrefix("event: error\n") == true)
            #expect(!cut.out.contains("message_stop"))
        }
    }

    @Test func `the gateway's own failure is written in the client's dialect`() {
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: chatToMessages,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(Array(chunk(#"{"content":"a"}"#).utf8), into: &out)
        out = []
        relay.fail(Failure(.timeout, "the provider was silent for too long"), into: &out)
        #expect(
            String(decoding: out, as: UTF8.self)
                == "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"timeout_error\",\"message\":\"the provider was silent for too long\",\"retryable\":true,\"reason\":\"timeout\"}}\n\n"
        )
        #expect(relay.failure?.kind == .timeout)
    }

    @Test(arguments: [
        ("text/html", "<html><body>oops</body></html>"), ("text/event-stream", "<!doctype html>"),
        ("application/json", "upstream connect error"), ("application/json", "{\"choices\":"),
        ("text/plain", "Bad Gateway"),
    ])
    func `garbage with status 200 is a failure`(type: String, body: String) {
        let failed = relay(body, chatToMessages, contentType: type)
        #expect(failed.failure?.cause == .unreadable)
        #expect(failed.failure?.status == 502)
        #expect(failed.out.isEmpty)
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages], [1, 2, 3])
    func `two frames in a row that are no JSON are dropped, a third ends the stream with an error`(
        client: Dialect,
        count: Int
    ) {
        let broken = String(repeating: "data: {\"choices\":[{\"delta\":{\"content\":\"\u{0}\"}}]}\n\n", count: count)
        // The frame before is one that the others would fit but for their text.
        let stream =
            chunk(#"{"content":"a"}"#) + chunk(#"{"content":"b"}"#) + broken + chunk(#"{"content":"c"}"#)
            + chunk("{}", finish: "stop") + "data: [DONE]\n\n"
        let answer = relay(stream, makeContext(client, .openAIChat))
        #expect(answer.isComplete == (count < 3))
        #expect(answer.failure?.cause == (count < 3 ? nil : .unreadable))
        #expect(answer.out.contains("\"c\"") == (count < 3))
        #expect(answer.out.contains("\"error\"") == (count == 3))
        #expect(!answer.out.contains("\u{0}"))
    }

    @Test func `a body that is an error is a failure even when it came as an event stream`() {
        let body = "{\n \"error\": {\"message\": \"no such model\", \"code\": 404}\n}"
        let failed = relay(body, chatToMessages, contentType: "text/event-stream")
        #expect(failed.failure?.kind == .notFound)
    }

    @Test func `a body of JSON is replayed to a client that wants a stream, whatever the header says`() {
        let body =
            #"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#
        for type in ["application/json", "text/plain", nil] {
            let done = relay(body, chatToMessages, contentType: type)
            #expect(done.isComplete)
            #expect(done.out.contains(#""text_delta","text":"hi""#))
        }
    }

    @Test func `an event stream is recognised without its header`() {
        let stream = chunk(#"{"content":"hi"}"#) + chunk("{}", finish: "stop") + "data: [DONE]\n\n"
        for type in ["application/json", "application/octet-stream", nil] {
            #expect(relay("\u{FEFF}\n" + stream, chatToMessages, contentType: type).isComplete)
        }
    }

    @Test(arguments: [
        ("stop", false), ("length", true), ("content_filter", true), ("tool_calls", false), ("weird", false),
    ])
    func `an empty answer fails unless the provider says why it is empty`(reason: String, isFine: Bool) {
        let done = relay(
            chunk(#"{"role":"assistant","content":""}"#) + chunk("{}", finish: reason) + "data: [DONE]\n\n",
            chatToMessages
        )
        #expect(done.isComplete == isFine)
        #expect(done.hasContent == isFine)
        #expect((done.failure?.cause == .emptyAnswer) == !isFine)
    }

    @Test func `an answer of an empty body fails`() {
        #expect(relay("", chatToMessages, contentType: "application/json").failure?.cause == .emptyAnswer)
        #expect(relay("", chatToMessages).failure != nil)
        #expect(relay("{}", chatToMessages, contentType: "application/json").failure?.cause == .emptyAnswer)
    }

    @Test func `a whole answer is written only when it is complete`() {
        var context = messagesToChat
        context.wantsStream = false
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: context,
            profile: TargetProfile(.anthropicMessages),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(Array((messageStart + textBlock(0, ["a", "b"])).utf8), into: &out)
        #expect(out.isEmpty)
        relay.receive(Array(messageEnd("end_turn").utf8), into: &out)
        relay.finish(cleanEnd: true, into: &out)
        #expect(String(decoding: out, as: UTF8.self).contains(#""content":"ab""#))
    }

    // MARK: - Text

    @Test func `T033: characters cut by chunks arrive whole`() {
        let text = "日本語 😀 naïve"
        let stream = Array((chunk("{\"content\":\"\(text)\"}") + chunk("{}", finish: "stop") + "data: [DONE]\n\n").utf8)
        for size in 1...9 {
            let pieces = stride(from: 0, to: stream.count, by: size).map {
                Array(stream[$0..<min($0 + size, stream.count)])
            }
            #expect(relay(pieces, chatToMessages).out.contains("\"text\":\"\(text)\""))
        }
    }

    @Test func `bytes that are no UTF-8 become replacement characters`() {
        var stream = Array("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a".utf8) + [0xFF]
        stream += Array("b\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".utf8)
        #expect(relay([stream], chatToMessages).out.contains(#""text":"a\#u{FFFD}b""#))
    }

    @Test func `line separators are escaped in frames that are written`() {
        let done = relay(
            chunk("{\"content\":\"a\u{2028}b\u{2029}\"}") + chunk("{}", finish: "stop") + "data: [DONE]\n\n",
            chatToMessages
        )
        #expect(done.out.contains(#""text":"a\u2028b\u2029""#))
    }

    @Test func `T122: no tag is ever invented`() {
        let done = relay(
            messageStart
                + event(
                    "content_block_start",
                    #""index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
                )
                + event("content_block_delta", #""index":0,"delta":{"type":"thinking_delta","thinking":"hm"}"#)
                + event("content_block_stop", #""index":0"#) + toolBlock(1, id: "toolu_1", name: "f", ["{}"])
                + messageEnd("tool_use"),
            messagesToChat
        )
        #expect(!done.out.contains("think>"))
        #expect(done.out.contains(#""reasoning_content":"hm""#))
        #expect(!done.out.contains("reasoning_details"))
    }

    @Test func `T014: only the first fragment of a call has its type, id and name`() {
        let done = relay(
            messageStart + toolBlock(0, id: "toolu_1", name: "f", ["", "{\"a\"", ":1}"]) + messageEnd("tool_use"),
            messagesToChat
        )
        let calls = done.out.frameData.filter { $0.contains("tool_calls\":[") }
        #expect(calls.count == 3)
        #expect(calls.filter { $0.contains(#""id":"toolu_1""#) }.count == 1)
        #expect(calls.filter { $0.contains(#""type":"function""#) }.count == 1)
        #expect(calls.dropFirst().allSatisfy { !$0.contains(#""arguments":"""#) })
    }

    @Test func `T037: numbers as identifiers become text`() {
        let call = #"{"tool_calls":[{"index":0,"id":7,"function":{"name":"f","arguments":"{}"}}]}"#
        let done = relay(chunk(call) + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n", chatToMessages)
        #expect(done.out.contains(#""id":"7""#))
    }

    @Test func `T069: a call without arguments has an empty object`() {
        let call = #"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}"#
        let done = relay(chunk(call) + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n", chatToMessages)
        #expect(done.out.contains(#""partial_json":"{}""#))
    }

    @Test func `T071: an argument that is an empty string stays`() {
        let call = #"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"text\":\"\"}"}}]}"#
        let done = relay(chunk(call) + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n", chatToMessages)
        #expect(done.out.contains(#""partial_json":"{\"text\":\"\"}""#))
    }

    @Test func `a call that never gets a name is left out`() {
        let call = #"{"content":"a","tool_calls":[{"index":0,"id":"c","function":{"arguments":"{}"}}]}"#
        let done = relay(chunk(call) + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n", chatToMessages)
        #expect(!done.out.contains("tool_use"))
        #expect(done.stopReason == .stop)
    }

    @Test func `rewritten tool names come back as the client knows them`() {
        var context = chatToMessages
        context.toolNames.add(client: "my.tool/2", upstream: "my_tool_2")
        let call = #"{"tool_calls":[{"index":0,"id":"c","function":{"name":"my_tool_2","arguments":"{}"}}]}"#
        let done = relay(chunk(call) + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n", context)
        #expect(done.out.contains(#""name":"my.tool/2""#))
    }

    @Test func `an event of many megabytes passes, one beyond the limit fails`() {
        let large = String(repeating: "x", count: 5 << 20)
        let stream = chunk("{\"content\":\"\(large)\"}") + chunk("{}", finish: "stop") + "data: [DONE]\n\n"
        #expect(relay(stream, chatToMessages).isComplete)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let endless = [Array("data: {\"a\":\"".utf8)] + Array(repeating: line, count: 9)
        #expect(relay(endless, chatToMessages).failure?.cause == .tooLarge)
    }
}
