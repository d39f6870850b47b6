import JSONCore
import Testing

@testable import Dialects

@Suite struct `Reasoning memory` {
    private static var question: Turn { Turn.user("read a.txt") }
    private static let block = #"{"type":"thinking","thinking":"let me see","signature":"EsigXyz0/+aB=="}"#
    private static let call = (id: "toolu_1", arguments: #"{"path":"a.txt","lines":[1,2.5]}"#)
    private static var loop: [Turn] {
        [question, .calling([call], saying: "I read it."), .answering([("toolu_1", "content")])]
    }

    private func content(_ sent: Translated, message: Int) throws -> [JSONValue] {
        Array(
            try #require(try sent.root()["messages"]?.elements.dropFirst(message).first { _ in true }?["content"])
                .elements
        )
    }

    private func types(_ blocks: [JSONValue]) -> [String] { blocks.map { $0["type"]?.string ?? "" } }

    // MARK: - Signed thinking

    @Test(arguments: Dialect.spoken, [true, false])
    func `T105, T108: a tool loop gets its thinking back`(client: Dialect, streams: Bool) throws {
        let talk = Talk(client: client)
        let answer = try talk.ask(
            try talk.request([Self.question]),
            of: .anthropicMessages,
            answering: claudeAnswer(),
            streams: streams
        )
        #expect(answer.isComplete && talk.memory?.count == 1)
        let sent = try talk.send(try talk.request(Self.loop), to: .anthropicMessages)
        let blocks = try content(sent, message: 1)
        #expect(types(blocks) == ["thinking", "redacted_thinking", "text", "tool_use"])
        #expect(String(decoding: blocks[0].raw, as: UTF8.self) == Self.block)
        #expect(blocks[1]["data"]?.string == "EredactedAA==")
        #expect(try sent.root()["thinking"] != nil)
    }

    @Test(arguments: Dialect.spoken)
    func `thinking survives a visit at a provider that has no use for it`(client: Dialect) throws {
        let talk = Talk(client: client)
        try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: claudeAnswer())
        let visit = Self.loop
        let chat = #"{"choices":[{"message":{"role":"assistant","content":"done"},"finish_reason":"stop"}]}"#
        let away = try talk.send(try talk.request(visit), to: .openAIChat)
        #expect(!away.text.contains("let me see") && !away.text.contains("Esig"))
        #expect(!away.context.losses.contains { $0.feature == .reasoningHistory })
        try talk.ask(try talk.request(visit), of: .openAIChat, answering: chat)
        let back = visit + [.assistant("done"), .user("and now?")]
        if client == .anthropicMessages {
            // Nothing is demanded of an Anthropic client outside of a tool loop, so its bytes stay.
            #expect(!(try talk.send(try talk.request(back), to: .anthropicMessages).text.contains(Self.block)))
        } else {
            #expect(try talk.send(try talk.request(back), to: .anthropicMessages).text.contains(Self.block))
        }
    }

    @Test(arguments: Dialect.spoken.filter { $0 != .anthropicMessages })
    func `a turn is known by its words when the client made its own ids`(client: Dialect) throws {
        let talk = Talk(client: client)
        try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: claudeAnswer())
        let turns = [
            Self.question,
            .calling(
                [(id: "mine", arguments: #"{ "lines" : [1.0, 2.50], "path":"\u0061.txt" }"#)],
                saying: "I read\n  it."
            ),
            .answering([("mine", "content")]),
        ]
        let sent = try talk.send(try talk.request(turns), to: .anthropicMessages)
        let blocks = try content(sent, message: 1)
        #expect(types(blocks) == ["thinking", "redacted_thinking", "text", "tool_use"])
        #expect(blocks[3]["id"]?.string == "toolu_1")
        #expect(try content(sent, message: 2)[0]["tool_use_id"]?.string == "toolu_1")
    }

    @Test(arguments: ["read b.txt", "read a.txt, please"])
    func `the same words after another question are another turn`(question: String) throws {
        let talk = Talk(client: .openAIChat)
        let answer = claudeAnswer().replacing("tool_use", with: "text").replacing(
            #""id":"toolu_1""#,
            with: #""text":"x""#
        )
        try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: answer)
        let said = Turn.assistant("I read it.x")
        let same = try talk.send(try talk.request([Self.question, said, .user("go on")]), to: .anthropicMessages)
        #expect(same.text.contains(Self.block))
        let other = try talk.send(try talk.request([.user(question), said, .user("go on")]), to: .anthropicMessages)
        #expect(!other.text.contains("Esig"))
    }

    @Test func `nobody is given another key's reasoning`() throws {
        var talk = Talk(client: .openAIChat)
        try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: claudeAnswer())
        for owner in ["key-2", "", "key-1x", "key-"] {
            talk.owner = owner
            #expect(!(try talk.send(try talk.request(Self.loop), to: .anthropicMessages).text.contains("Esig")))
        }
        talk.owner = "key-1"
        #expect(try talk.send(try talk.request(Self.loop), to: .anthropicMessages).text.contains("Esig"))
    }

    @Test func `what the client sent back itself is not touched`() throws {
        let talk = Talk(client: .anthropicMessages)
        try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: claudeAnswer())
        let own = #"{"type":"thinking","thinking":"my own","signature":"Eown"}"#
        let body =
            #"{"model":"m","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"read a.txt"},{"role":"assistant","content":[\#(own),{"type":"tool_use","id":"toolu_1","name":"read_file","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"r"}]}],"tools":[{"name":"read_file","input_schema":{"type":"object"}}]}"#
        let sent = try talk.send(body, to: .anthropicMessages)
        #expect(sent.text.contains(own) && !sent.text.contains("let me see"))
        #expect(sent.text == body.replacing(#""model":"m""#, with: #""model":"up-model""#))
    }

    @Test func `without thinking nothing is looked up or kept`() throws {
        let talk = Talk(client: .openAIChat)
        try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: claudeAnswer())
        let before = try #require(talk.memory).questions
        let sent = try talk.send(try talk.request(Self.loop, thinks: false), to: .anthropicMessages)
        #expect(!sent.text.contains("Esig") && talk.memory?.questions == before && !sent.context.remembersAnswer)
        let plain = try talk.send(try talk.request(Self.loop), to: .openAIChat)
        #expect(talk.memory?.questions == before && !plain.context.remembersAnswer)
    }

    @Test func `without a memory everything is as before`() throws {
        let talk = Talk(client: .openAIChat, memory: nil)
        #expect(
            try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: claudeAnswer())
                .isComplete
        )
        let sent = try talk.send(try talk.request(Self.loop), to: .anthropicMessages)
        #expect(try sent.root()["thinking"] == nil)
    }

    @Test(arguments: Dialect.spoken.filter { $0 != .gemini })
    func `T108: Gemini gets back what it signed`(client: Dialect) throws {
        let talk = Talk(client: client)
        let answer = #"""
            {"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"I read it."},
            {"functionCall":{"name":"read_file","args":{"lines":[1,2.5],"path":"a.txt"}},"thoughtSignature":"Z2VtaW5p"}]},
            "finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}
            """#
        try talk.ask(try talk.request([Self.question]), of: .gemini, answering: answer)
        #expect(talk.memory?.count == 1)
        let sent = try talk.send(try talk.request(Self.loop), to: .gemini)
        let parts = try #require(try sent.root()["contents"]?.elements.dropFirst().first { _ in true }?["parts"])
        #expect(parts.elements.map { $0["thoughtSignature"]?.string } == [nil, "Z2VtaW5p"])
        #expect(parts.first?["text"]?.string == "I read it." && !sent.text.contains(#""hm""#))
        #expect(!(try talk.send(try talk.request(Self.loop), to: .anthropicMessages).text.contains("Z2VtaW5p")))
    }

    // MARK: - Text that is demanded back

    private static let deepSeek = #"""
        {"choices":[{"message":{"role":"assistant","content":null,"reasoning_content":"I \"must\" read","tool_calls":[
        {"id":"call_7","type":"function","function":{"name":"read_file","arguments":"{\"path\":\"a.txt\"}"}}]},"finish_reason":"tool_calls"}]}
        """#

    @Test(arguments: Dialect.spoken)
    func `T114: a provider gets the reasoning back that it demands`(client: Dialect) throws {
        let talk = Talk(client: client)
        let demands: (inout TargetProfile) -> Void = { $0.reasoningReplay = .required }
        try talk.ask(try talk.request([Self.question]), of: .openAIChat, answering: Self.deepSeek, profile: demands)
        #expect(talk.memory?.count == 1)
        let turns = [Self.question, .calling([("call_7", #"{"path":"a.txt"}"#)]), .answering([("call_7", "content")])]
        let sent = try talk.send(try talk.request(turns), to: .openAIChat, profile: demands)
        #expect(sent.text.contains(#""reasoning_content":"I \"must\" read""#))
        let unknown = [Self.question, .calling([("call_8", #"{"path":"b"}"#)]), .answering([("call_8", "content")])]
        let other = try talk.send(try talk.request(unknown), to: .openAIChat, profile: demands)
        #expect(other.text.contains(#""reasoning_content":"(reasoning unavailable)""#))
    }

    @Test func `Claude's thinking is text for a provider that demands some`() throws {
        let talk = Talk(client: .openAIChat)
        try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: claudeAnswer())
        let sent = try talk.send(try talk.request(Self.loop), to: .openAIChat) { $0.reasoningReplay = .required }
        #expect(sent.text.contains(#""reasoning_content":"let me see""#) && !sent.text.contains("Esig"))
    }

    // MARK: - What is kept

    @Test func `broken answers are not kept`() throws {
        let talk = Talk(client: .openAIChat)
        let stream =
            messageStart
            + event(
                "content_block_start",
                #""index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
            )
            + event("content_block_delta", #""index":0,"delta":{"type":"thinking_delta","thinking":"hm"}"#)
            + event("content_block_delta", #""index":0,"delta":{"type":"signature_delta","signature":"Eabc"}"#)
            + event("content_block_stop", #""index":0"#) + textBlock(1, ["Hel", "lo"])
        let body = try talk.request([Self.question])
        try talk.ask(body, of: .anthropicMessages, answering: stream, streams: true, cleanEnd: false)
        #expect(talk.memory?.isEmpty == true)
        let whole = stream + messageEnd("end_turn")
        try talk.ask(body, of: .anthropicMessages, answering: whole, streams: true)
        #expect(talk.memory?.count == 1)
        let sent = try talk.send(
            try talk.request([Self.question, .assistant("Hello"), .user("more")]),
            to: .anthropicMessages
        )
        #expect(sent.text.contains(#"{"type":"thinking","thinking":"hm","signature":"Eabc"}"#))
    }

    @Test func `too much reasoning is not kept at all`() throws {
        let talk = Talk(client: .openAIChat)
        for (length, count) in [(70_000, 0), (60_000, 1)] {
            let long = claudeAnswer(thinking: String(repeating: "a", count: length))
            try talk.ask(try talk.request([Self.question]), of: .anthropicMessages, answering: long)
            #expect(talk.memory?.count == count)
        }
    }

    @Test func `a record is the same after it was stored`() throws {
        let signature = Signature(family: .openAI, scope: "0123abcd", data: "gAAAA_-=")
        let thinking = Thinking(text: JSONText("a\"\u{1F600}\n"), signature: signature)
        let record = ReasoningRecord(
            callIDs: ["a", "b\"c"],
            pieces: [
                ReasoningRecord.Piece(content: .thinking(thinking)),
                ReasoningRecord.Piece(content: .redacted(signature), callsBefore: 1, followsText: true),
                ReasoningRecord.Piece(content: .call(1, signature), callsBefore: 2),
            ]
        )
        let back = try #require(ReasoningRecord(record.remembered))
        #expect(back.remembered == record.remembered && back.callIDs == record.callIDs && back.pieces.count == 3)
        #expect(back.text?.string == "a\"\u{1F600}\n")
        for damaged in ["", "[]", "{}", #"{"pieces":[{}]}"#, #"{"pieces":{"a":1}}"#, #"{"calls":["a"],"pieces":[1]}"#] {
            #expect(ReasoningRecord(RememberedReasoning(bytes: Array(damaged.utf8))) == nil)
        }
    }

    // MARK: - Accounts

    @Test func `T112: what OpenAI encrypted for one account is not sent to another`() throws {
        func kept(_ scope: String?, account: String?) -> Bool {
            var context = makeContext(.openAIChat, .openAIResponses)
            context.account = account
            let signature = Signature(family: .openAI, scope: scope, data: "gAAAAx")
            return ReasoningRepair.isKept(.redactedThinking(signature), TargetProfile(.openAIResponses), context)
        }
        var context = makeContext(.openAIChat, .openAIResponses)
        context.account = "account-1"
        let scope = try #require(context.accountScope)
        #expect(scope.count == 8 && kept(scope, account: "account-1") && kept(nil, account: "account-1"))
        #expect(!kept(scope, account: "account-2") && !kept(scope, account: nil))
        let claimed = context.claiming(Signature(family: .openAI, scope: nil, data: "gAAAAx"))
        #expect(claimed.scope == scope && claimed.carrier.string.hasPrefix("omr1.o.\(scope)."))
        #expect(context.claiming(Signature(family: .anthropic, scope: nil, data: "Ex")).scope == nil)
    }
}
