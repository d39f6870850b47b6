import JSONCore
import Testing

@testable import Dialects

@Suite struct `Responses` {
    private static let toChat = makeContext(.openAIResponses, .openAIChat)

    // MARK: - Requests

    @Test(arguments: [
        (#"{"model":"m","input":7}"#, "input"), (#"{"model":"m","input":true}"#, "input"),
        (#"{"model":"m","input":"x","previous_response_id":[]}"#, "previous_response_id"),
    ])
    func `T164: an input of a wrong type is refused at once`(body: String, param: String) throws {
        let error = #expect(throws: DialectError.self) {
            try RequestFacts.read(try json(body), dialect: .openAIResponses)
        }
        #expect(error?.param == param)
        #expect(
            try RequestFacts.read(try json(#"{"model":"m","input":[{},{}]}"#), dialect: .openAIResponses).messageCount
                == 2
        )
    }

    @Test(arguments: [
        (#""input":[4]"#, "input[0]"), (#""input":[{"type":4}]"#, "input[0].type"),
        (#""input":[{"role":"user","content":4}]"#, "input[0].content"),
        (#""input":[{"type":"odd","content":[]}]"#, "input[0].type"), (#""input":"x","tools":{}"#, "tools"),
        (#""input":"x","tools":[1]"#, "tools[0]"), (#""input":"x","tool_choice":"odd""#, "tool_choice"),
        (#""input":"x","temperature":"1""#, "temperature"),
        (#""input":"x","max_output_tokens":"1""#, "max_output_tokens"),
        (#""input":"x","reasoning":"high""#, "reasoning"),
        (#""input":"x","reasoning":{"effort":1}"#, "reasoning.effort"),
        (#""input":"x","text":1"#, "text"), (#""input":"x","text":{"format":{"type":"odd"}}"#, "text.format.type"),
        (#""input":"x","text":{"format":{"type":"json_schema"}}"#, "text.format.schema"),
        (#""input":"x","metadata":[]"#, "metadata"), (#""input":"x","include":1"#, "include"),
        (#""input":"x","store":1"#, "store"), (#""input":"x","prompt":{"id":"p"}"#, "prompt"),
        (#""input":[{"type":"function_call_output","call_id":"c","output":4}]"#, "input[0].output"),
    ])
    func `a field of a wrong type is named`(fields: String, param: String) throws {
        let error = #expect(throws: DialectError.self) {
            try translate("{\"model\":\"m\",\(fields)}", .openAIResponses, .openAIChat)
        }
        #expect(error?.param == param)
        #expect(error?.failure.status == 400)
    }

    @Test func `what a foreign target cannot express is noted`() throws {
        let body =
            #"{"model":"m","background":true,"truncation":"auto","max_tool_calls":3,"odd":1,"stream":null,"input":[{"type":"item_reference","id":"x"},{"type":"computer_call"},{"role":"user","content":"a"}],"tools":[{"type":"file_search"}]}"#
        let names = try translate(body, .openAIResponses, .anthropicMessages).context.losses.map(\.name)
        for name in [
            "background", "truncation", "field:max_tool_calls", "field:odd", "server-state:item_reference",
            "content-part:computer_call", "hosted-tool:file_search",
        ] {
            #expect(names.contains(name), "\(names)")
        }
    }

    @Test func `what Responses cannot express is noted`() throws {
        let body =
            #"{"model":"m","seed":1,"presence_penalty":1,"logit_bias":{"1":2},"stop":["x"],"messages":[{"role":"user","name":"n","content":"a"}]}"#
        let sent = try translate(body, .openAIChat, .openAIResponses)
        let names = sent.context.losses.map(\.name)
        #expect(Set(["seed", "penalty:presence", "logit-bias", "message-name"]).isSubset(of: names), "\(names)")
        #expect(sent.context.stopEmulation == ["x"])
    }

    @Test func `the dialect of a Chat endpoint's body is told by its members`() throws {
        #expect(Dialect.ofChatEndpoint(try json(#"{"input":"x"}"#)) == .openAIResponses)
        #expect(Dialect.ofChatEndpoint(try json(#"{"previous_response_id":"x"}"#)) == .openAIResponses)
        #expect(Dialect.ofChatEndpoint(try json(#"{"messages":[],"input":"x"}"#)) == .openAIChat)
        #expect(Dialect.ofChatEndpoint(try json(#"{"model":"x"}"#)) == .openAIChat)
    }

    @Test func `the input of a request is counted`() throws {
        let body =
            #"{"instructions":"12345678","input":[{"role":"user","content":[{"type":"input_text","text":"1234"}]},{"type":"function_call","name":"abcd","arguments":"{}ab"},{"type":"function_call_output","output":"1234"}]}"#
        #expect(TokenEstimate.inputTokens(try json(body), dialect: .openAIResponses) == 9)
    }

    // MARK: - Tools in the client's kind

    @Test func `calls come back as the kinds of items that the client declared`() throws {
        let request =
            #"{"model":"m","input":"x","tools":[{"type":"local_shell"},{"type":"apply_patch"},{"type":"namespace","name":"docs","tools":[{"type":"function","name":"find"}]}]}"#
        var context = try translate(request, .openAIResponses, .openAIChat).context
        context.wantsStream = false
        let calls = [
            ("shell", #"{\"command\":[\"ls\"],\"workdir\":\"/w\"}"#),
            ("apply_patch", #"{\"operation\":{\"type\":\"delete_file\",\"path\":\"a\"}}"#), ("docs__find", "{}"),
        ].enumerated().map { index, call in
            #"{"id":"c\#(index)","type":"function","function":{"name":"\#(call.0)","arguments":"\#(call.1)"}}"#
        }
        let body =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[\#(calls.joined(separator: ","))]},"finish_reason":"tool_calls"}]}"#
        let out = try json(relay(body, context, contentType: "application/json").out).root
        let items = try #require(out["output"]).elements.map { $0 }
        #expect(items.map { $0["type"]?.string } == ["local_shell_call", "apply_patch_call", "function_call"])
        #expect(items[0]["action"]?["command"]?.first?.string == "ls")
        #expect(items[0]["action"]?["working_directory"]?.string == "/w")
        #expect(items[1]["operation"]?["path"]?.string == "a")
        #expect(items[2]["name"]?.string == "find")
        #expect(items[2]["namespace"]?.string == "docs")
        #expect(out["tools"]?.count == 3)
    }

    @Test func `the text of a custom tool is read from arguments in pieces of every size`() throws {
        let text = "a \"q\" \\ \u{1F600}\n\u{2028}ü"
        let arguments = Array(
            (#"{ "input" : "# + String(decoding: JSONLiteral.string(text), as: UTF8.self) + "}").unicodeScalars
        )
        for size in 1...arguments.count {
            var reader = CustomInputReader()
            var out = ""
            for start in stride(from: 0, to: arguments.count, by: size) {
                let piece = arguments[start..<min(start + size, arguments.count)]
                out += reader.feed(JSONText(String(String.UnicodeScalarView(piece))))?.string ?? ""
            }
            out += reader.finish()?.string ?? ""
            #expect(out == text)
        }
    }

    @Test(arguments: [("plain text", "plain text"), (#"{"other":1}"#, #"{"other":1}"#), ("", "")])
    func `arguments in another form are the text themselves`(arguments: String, text: String) {
        var reader = CustomInputReader()
        #expect(reader.feed(JSONText(arguments)) == nil)
        #expect(reader.finish()?.string ?? "" == text)
    }

    // MARK: - Keep-alive

    @Test func `T146: a keep-alive is a whole event with the next number`() throws {
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: Self.toChat,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(Array(": wait\n\n".utf8), into: &out)
        relay.writeKeepAlive(into: &out)
        relay.writeKeepAlive(into: &out)
        relay.receive(
            Array((chunk(#"{"content":"Hi"}"#) + chunk("{}", finish: "stop") + "data: [DONE]\n\n").utf8),
            into: &out
        )
        let events = try String(decoding: out, as: UTF8.self).frameData.map { try json($0).root }
        #expect(
            events.prefix(3).map { $0["type"]?.string } == [
                "response.created", "response.in_progress", "response.in_progress",
            ]
        )
        #expect(events.map { $0["sequence_number"]?.int } == Array(0..<events.count))
        #expect(Set(events.compactMap { $0["response"]?["id"]?.string }).count == 1)
        #expect(relay.isComplete)
    }

    @Test func `keep-alives in a provider's own stream renumber what follows`() throws {
        let context = makeContext(.openAIResponses, .openAIResponses)
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: context,
            profile: TargetProfile(.openAIResponses),
            upstreamContentType: "text/event-stream"
        )
        relay.receive(Array(": x\n\n".utf8), into: &out)
        relay.writeKeepAlive(into: &out)
        #expect(String(decoding: out, as: UTF8.self).hasSuffix(": keepalive\n\n"))
        relay.receive(
            Array(
                event("response.created", #""sequence_number":0,"response":{"id":"r","created_at":1,"output":[]}"#).utf8
            ),
            into: &out
        )
        relay.writeKeepAlive(into: &out)
        let rest =
            event("response.output_text.delta", #""sequence_number":1,"item_id":"m","output_index":0,"delta":"Hi""#)
            + event(
                "response.completed",
                #""sequence_number":2,"response":{"id":"r","status":"completed","output":[]}"#
            )
        relay.receive(Array(rest.utf8), into: &out)
        let events = try String(decoding: out, as: UTF8.self).frameData.map { try json($0).root }
        #expect(events.map { $0["sequence_number"]?.int } == [0, 1, 2, 3])
        #expect(events[1]["response"]?["id"]?.string == "r")
        #expect(relay.isComplete)
    }

    @Test func `a provider may number its events as high as it likes`() {
        let context = makeContext(.openAIResponses, .openAIResponses)
        for number in [Int.max - 1, .max, .min] {
            var out: [UInt8] = []
            var relay = AnswerRelay(
                context: context,
                profile: TargetProfile(.openAIResponses),
                upstreamContentType: "text/event-stream"
            )
            let created = #""sequence_number":\#(number),"response":{"id":"r","created_at":1,"output":[]}"#
            relay.receive(Array(event("response.created", created).utf8), into: &out)
            for _ in 0..<3 { relay.writeKeepAlive(into: &out) }
            #expect(String(decoding: out, as: UTF8.self).frames.count == 4)
        }
    }

    // MARK: - Store

    @Test func `thinking that only its account can look up is nothing for others`() throws {
        let list =
            #"[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"s"}]},{"id":"rs_2","type":"reasoning","summary":[],"encrypted_content":"gAAA"},{"id":"rs_3","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}]},{"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}]"#
        let others = try #require(ResponsesStore.itemsForOthers(Array(list.utf8)))
        let items = try JSONDocument.parse(others.items).root.elements.map { $0 }
        #expect(others.leavesOutReasoning && items.allSatisfy { $0["id"] == nil })
        #expect(items.map { $0["type"]?.string } == ["reasoning", "reasoning", "function_call"])
        #expect(items.last?["call_id"]?.string == "call_1")
    }

    @Test func `an item that a provider was told not to keep cannot be referred to`() throws {
        let body =
            #"{"model":"m","store":false,"input":[{"type":"item_reference","id":"msg_1"},{"role":"user","content":"a"}]}"#
        let sent = try translate(body, .openAIResponses, .openAIResponses)
        #expect(try sent.root()["input"]?.count == 1)
        #expect(sent.context.losses.map(\.name) == ["server-state:item_reference"])
    }

    @Test func `an earlier answer stands in front of the new input`() throws {
        var context = Self.toChat
        context.keepsAnswer = true
        let stream = chunk(#"{"content":"Hi"}"#) + chunk("{}", finish: "stop") + "data: [DONE]\n\n"
        for streams in [true, false] {
            context.wantsStream = streams
            var relay = AnswerRelay(
                context: context,
                profile: TargetProfile(.openAIChat),
                upstreamContentType: "text/event-stream"
            )
            var out: [UInt8] = []
            relay.whole(Array(stream.utf8), into: &out)
            let stored = try #require(relay.storedAnswer)
            let answer = try #require(ResponsesStore.answer(in: stored))
            #expect(answer.id.hasPrefix("resp_"))
            let first = try json(#"{"model":"m","input":"One"}"#)
            let next = try json(#"{"model":"m","previous_response_id":"\#(answer.id)","store":false,"input":"Two"}"#)
            #expect(ResponsesStore.reference(of: next) == .init(previousID: answer.id, stores: false))
            #expect(ResponsesStore.reference(of: first) == .init(previousID: nil, stores: true))
            let whole = try #require(
                ResponsesStore.resolve(next, priorItems: [ResponsesStore.inputItems(of: first), answer.output])
            )
            #expect(whole.root["previous_response_id"] == nil)
            let sent = try translate(String(decoding: whole.bytes, as: UTF8.self), .openAIResponses, .openAIChat).root()
            #expect(sent["messages"]?.elements.map { $0["content"]?.string } == ["One", "Hi", "Two"])
        }
    }

    @Test func `answers are kept only when the context says so`() {
        var relay = AnswerRelay(
            context: Self.toChat,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        var out: [UInt8] = []
        relay.whole(Array((chunk(#"{"content":"Hi"}"#) + chunk("{}", finish: "stop")).utf8), into: &out)
        #expect(relay.isComplete)
        #expect(relay.storedAnswer == nil)
    }
}
