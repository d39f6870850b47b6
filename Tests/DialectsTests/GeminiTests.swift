import JSONCore
import Testing

@testable import Dialects

@Suite struct `Gemini` {
    private static func losses(_ body: String, _ client: Dialect, _ upstream: Dialect) throws -> Set<String> {
        Set(try translate(body, client, upstream).context.losses.map(\.name))
    }

    @Test func `what a Gemini request asks for and Chat cannot express is named`() throws {
        let body =
            #"{"contents":[{"parts":[{"text":"a"},{"videoMetadata":{}}]}],"safetySettings":[],"cachedContent":"c/1","labels":{},"tools":[{"codeExecution":{}}],"toolConfig":{"retrievalConfig":{}},"generationConfig":{"speechConfig":{}}}"#
        let losses = try Self.losses(body, .gemini, .openAIChat)
        let expected: Set<String> = [
            "field:safetySettings", "server-state:cachedContent", "field:labels", "hosted-tool:codeExecution",
            "field:toolConfig.retrievalConfig", "field:generationConfig.speechConfig", "content-part:videoMetadata",
        ]
        #expect(losses.isSuperset(of: expected), "\(losses)")
    }

    @Test func `what a Chat request asks for and Gemini cannot express is named`() throws {
        let body =
            #"{"model":"m","logit_bias":{"1":1},"user":"u","parallel_tool_calls":false,"store":true,"metadata":{"a":"b"},"verbosity":"low","service_tier":"flex","tools":[{"type":"function","function":{"name":"f","strict":true}},{"type":"web_search"}],"messages":[{"role":"user","content":"a"}]}"#
        let losses = try Self.losses(body, .openAIChat, .gemini)
        let expected: Set<String> = [
            "logit-bias", "user", "parallel-tools", "store", "metadata", "verbosity", "service-tier", "tool-strict",
            "hosted-tool",
        ]
        #expect(losses == expected, "\(losses)")
    }

    @Test func `a plain request loses nothing`() throws {
        let body = #"{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"temperature":1}}"#
        #expect(try Self.losses(body, .gemini, .openAIChat).isEmpty)
        #expect(try Self.losses(body, .gemini, .anthropicMessages).isEmpty)
    }

    // MARK: - Signatures

    private static let signedCall =
        geminiChunk(#"{"text":"Checking."}"#)
        + geminiChunk(
            #"{"functionCall":{"id":"c1","name":"f","args":{"x":1}},"thoughtSignature":"CiQBsig+/=="}"#,
            #","finishReason":"STOP""#
        )
    private static let signedPart =
        #"{"functionCall":{"id":"c1","name":"f","args":{"x":1}},"thoughtSignature":"CiQBsig+/=="}"#

    @Test func `T108: a call's signature comes back through a Chat client`() throws {
        let answer = relay(Self.signedCall, makeContext(.openAIChat, .gemini, streams: false))
        let message = try #require(try json(answer.out).root["choices"]?.first?["message"])
        let next = try translate(
            #"{"model":"m","messages":[{"role":"user","content":"a"},\#(String(decoding: message.raw, as: UTF8.self)),{"role":"tool","tool_call_id":"c1","content":"r"}]}"#,
            .openAIChat,
            .gemini
        )
        #expect(next.text.contains(#"{"text":"Checking."},"# + Self.signedPart))
    }

    @Test func `T108: a call's signature comes back through an Anthropic client`() throws {
        let answer = relay(Self.signedCall, makeContext(.anthropicMessages, .gemini, streams: false))
        let content = try #require(try json(answer.out).root["content"])
        let next = try translate(
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":\#(String(decoding: content.raw, as: UTF8.self))},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"r"}]}]}"#,
            .anthropicMessages,
            .gemini
        )
        #expect(next.text.contains(#"{"text":"Checking."},"# + Self.signedPart))
    }

    @Test func `thinking of Claude comes back through a Gemini client`() throws {
        let stream =
            messageStart
            + event(
                "content_block_start",
                #""index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
            )
            + event("content_block_delta", #""index":0,"delta":{"type":"thinking_delta","thinking":"Why?"}"#)
            + event("content_block_delta", #""index":0,"delta":{"type":"signature_delta","signature":"EsigX+/=="}"#)
            + event("content_block_stop", #""index":0"#) + toolBlock(1, id: "toolu_1", name: "f", ["{}"])
            + messageEnd("tool_use")
        let answer = relay(stream, makeContext(.gemini, .anthropicMessages, streams: false))
        let content = try #require(try json(answer.out).root["candidates"]?.first?["content"])
        let next = try translate(
            #"{"contents":[{"parts":[{"text":"a"}]},\#(String(decoding: content.raw, as: UTF8.self)),{"parts":[{"functionResponse":{"name":"f","response":{"result":"r"}}}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":1024}}}"#,
            .gemini,
            .anthropicMessages
        )
        #expect(next.text.contains(#"{"type":"thinking","thinking":"Why?","signature":"EsigX+/=="}"#))
        #expect(next.text.contains(#""thinking":{"type":"enabled""#))
    }

    @Test func `Google's Chat endpoint signs calls for clients of every dialect`() {
        let call =
            #"{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"CiQBsig"}}}]}"#
        let stream = chunk(call) + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n"
        let gemini = relay(stream, makeContext(.gemini, .openAIChat, streams: false)).out
        #expect(gemini.contains(#""args":{}},"thoughtSignature":"CiQBsig"}"#))
        let messages = relay(stream, makeContext(.anthropicMessages, .openAIChat, streams: false)).out
        #expect(messages.contains(#""signature":"omr1.g.-.Q2lRQnNpZw"},{"type":"tool_use""#))
    }

    // MARK: - Streams

    @Test func `T038: a stream without events is one JSON array, with white space where nothing comes`() throws {
        var context = makeContext(.gemini, .openAIChat)
        context.layout = .jsonArray
        var relay = AnswerRelay(
            context: context,
            profile: TargetProfile(.openAIChat),
            upstreamContentType: "text/event-stream"
        )
        var out: [UInt8] = []
        relay.writeKeepAlive(into: &out)
        relay.receive(Array(chunk(#"{"content":"a"}"#).utf8), into: &out)
        relay.writeKeepAlive(into: &out)
        relay.receive(Array((chunk("{}", finish: "stop") + "data: [DONE]\n\n").utf8), into: &out)
        let root = try JSONDocument.parse(out).root
        #expect(root.count == 2)
        #expect(root.elements.allSatisfy { $0["candidates"]?.count == 1 })
    }

    @Test func `a failure before the first element still is an array`() throws {
        var context = makeContext(.gemini, .openAIChat)
        context.layout = .jsonArray
        var relay = AnswerRelay(context: context, profile: TargetProfile(.openAIChat), upstreamContentType: nil)
        var out: [UInt8] = []
        relay.writeKeepAlive(into: &out)
        relay.fail(Failure(.timeout, "too slow"), into: &out)
        #expect(try JSONDocument.parse(out).root.first?["error"]?["status"]?.string == "DEADLINE_EXCEEDED")
    }

    // MARK: - Counting

    @Test func `tokens are counted of both forms of a request`() throws {
        let plain = #"{"contents":[{"parts":[{"text":"12345678"}]}]}"#
        let wrapped = #"{"generateContentRequest":{"model":"models/x","contents":[{"parts":[{"text":"12345678"}]}]}}"#
        for body in [plain, wrapped] {
            let request = try GeminiCountTokens.request(of: try json(body))
            #expect(TokenEstimate.inputTokens(request, dialect: .gemini) == 2 + 3)
        }
        for body in ["{}", #"{"contents":[]}"#, #"{"generateContentRequest":{"contents":null}}"#] {
            let request = try GeminiCountTokens.request(of: try json(body))
            #expect(TokenEstimate.inputTokens(request, dialect: .gemini) == 0)
        }
        #expect(throws: DialectError.self) { try GeminiCountTokens.request(of: try json(#"{"contents":5}"#)) }
        #expect(throws: DialectError.self) {
            try GeminiCountTokens.request(of: try json(#"{"generateContentRequest":[]}"#))
        }
    }

    @Test func `T102: media count by what they are, never by their bytes`() throws {
        let data = String(repeating: "A", count: 100_000)
        func count(_ type: String) throws -> Int {
            let part = #"{"inlineData":{"mimeType":"\#(type)","data":"\#(data)"}}"#
            return TokenEstimate.inputTokens(try json(#"{"contents":[{"parts":[\#(part)]}]}"#), dialect: .gemini)
        }
        #expect(try count("image/png") == 1_600 + 3)
        #expect(try count("audio/wav") == 500 + 3)
        #expect(try count("application/pdf") == 1_500 + 3)
    }

    @Test func `a count is asked for and answered in Gemini's words`() throws {
        let body = GeminiCountTokens.upstreamBody(Array(#"{"contents":[]}"#.utf8), model: "g")
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"generateContentRequest":{"contents":[],"model":"models/g"}}"#
        )
        #expect(GeminiCountTokens.read(Array(#"{"totalTokens":7}"#.utf8)) == 7)
        #expect(GeminiCountTokens.read(Array("oops".utf8)) == nil)
        #expect(String(decoding: GeminiCountTokens.answer(tokens: 7), as: UTF8.self) == #"{"totalTokens":7}"#)
    }

    @Test func `the facts of a request are in its own places`() throws {
        let body =
            #"{"contents":[{},{}],"tools":[{"functionDeclarations":[{},{}]},{"googleSearch":{}}],"generationConfig":{"maxOutputTokens":9}}"#
        let address = RequestAddress(model: "m", streams: true)
        let facts = try RequestFacts.read(try json(body), dialect: .gemini, address: address)
        #expect(facts.messageCount == 2)
        #expect(facts.toolCount == 3)
        #expect(facts.maxOutput == 9)
        #expect(facts.streams == true)
    }

    // MARK: - Schemas

    @Test func `references that lead to references cannot blow a schema up`() throws {
        let definitions = (0..<40).map { number in
            let next = ##"{"$ref":"#/$defs/d\##(number + 1)"}"##
            return #""d\#(number)":{"type":"object","properties":{"a":\#(next),"b":\#(next)}}"#
        }
        let schema =
            ##"{"type":"object","properties":{"x":{"$ref":"#/$defs/d0"}},"$defs":{"##
            + definitions.joined(separator: ",") + #","d40":{"type":"string"}}}"#
        var writer = JSONWriter()
        GeminiSchema.writeTool(try json(schema).root, to: &writer)
        #expect(try JSONDocument.parse(writer.bytes).root["properties"]?["x"]?["type"]?.string == "object")
        #expect(writer.bytes.count < 1 << 20)
    }

    @Test(arguments: [
        ("", "_"), ("a b", "a_b"), ("9x", "_9x"), ("-x", "_-x"), ("a.b:c-d", "a.b:c-d"), ("é", "_"),
    ])
    func `names of tools are made acceptable`(name: String, expected: String) {
        #expect(SafeNames.toolName(name, limit: 64, rule: .gemini) == expected)
        let word = SafeNames.toolName(name, limit: 64, rule: .wordCharacters)
        #expect(word.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber })
    }
}
