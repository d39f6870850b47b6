import JSONCore
import Testing

@testable import Dialects

/// Searches that a provider made in earlier answers, in the history of a request.
@Suite struct `Searches in the history` {
    /// A conversation of an Anthropic client whose earlier answer was the given blocks.
    private func request(_ blocks: String) -> String {
        #"{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"What is new?"},"#
            + #"{"role":"assistant","content":["# + blocks + #"]},{"role":"user","content":"And now?"}]}"#
    }

    private static let anthropics = #"""
        {"type":"server_tool_use","id":"srvtoolu_01WYG3ziw53XMcoyKL4XcZmE","name":"web_search","input":{"query":"news"}},
        {"type":"web_search_tool_result","tool_use_id":"srvtoolu_01WYG3ziw53XMcoyKL4XcZmE","content":[
        {"type":"web_search_result","url":"https://example.org/a","title":"A","encrypted_content":"EqgfCioIARgB","page_age":null},
        {"type":"web_search_result","url":"https://example.org/b","title":"B","encrypted_content":"EqgfCioIARgC","page_age":null}]},
        {"type":"text","text":"Nothing."}
        """#

    private static let note = #"[web search: news]\n- A: https://example.org/a\n- B: https://example.org/b\n"#

    /// What an Anthropic client sees of an answer of another provider with a search.
    private func shownBlocks(_ upstream: Dialect, _ answer: String) throws -> String {
        let relayed = relay(answer, makeContext(.anthropicMessages, upstream, streams: false), contentType: nil)
        let content = try #require(try json(relayed.out).root["content"])
        return content.elements.map { String(decoding: $0.raw, as: UTF8.self) }.joined(separator: ",")
    }

    private static let responsesAnswer = #"""
        {"id":"resp_1","object":"response","status":"completed","model":"up-model","output":[
        {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"news",
        "sources":[{"type":"url","url":"https://example.org/a"}]}},
        {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[
        {"type":"output_text","text":"Nothing.","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1}}
        """#

    private static let geminiAnswer = #"""
        {"candidates":[{"content":{"role":"model","parts":[{"text":"Nothing."}]},"finishReason":"STOP",
        "groundingMetadata":{"webSearchQueries":["news"]}}]}
        """#

    // MARK: - Searches that this gateway wrote as Anthropic's

    @Test func `a search of another provider is text when its conversation goes on at Anthropic`() throws {
        let blocks = try shownBlocks(.openAIResponses, Self.responsesAnswer)
        #expect(blocks.contains(#""type":"web_search_tool_result""#))
        let sent = try translate(request(blocks), .anthropicMessages, .anthropicMessages)
        let content = try sent.root()["messages"]?.elements.map { $0["content"] }[1]
        #expect(
            content.map { String(decoding: $0.raw, as: UTF8.self) } == #"[{"type":"text","text":"[web search: news]\n"#
                + #"- https://example.org/a\n"},{"type":"text","text":"Nothing."}]"#
        )
        #expect(sent.context.losses.isEmpty, "it was never Anthropic's")
    }

    @Test func `a search without results is known again by its id`() throws {
        let blocks = try shownBlocks(.gemini, Self.geminiAnswer)
        #expect(blocks.contains(#""content":[]"#))
        let sent = try translate(request(blocks), .anthropicMessages, .anthropicMessages)
        #expect(!sent.text.contains("server_tool_use") && !sent.text.contains("web_search_tool_result"))
        #expect(sent.text.contains(#"{"type":"text","text":"[web search: news]\n"}"#))
    }

    @Test func `results without encrypted content are text whatever their id`() throws {
        let blocks = Self.anthropics.replacing("EqgfCioIARgB", with: "").replacing("EqgfCioIARgC", with: "")
            .replacing(#"},{"type":"text""#, with: #","cache_control":{"type":"ephemeral"}},{"type":"text""#)
        let sent = try translate(request(blocks), .anthropicMessages, .anthropicMessages)
        #expect(sent.text.contains(#"{"type":"text","text":"\#(Self.note)"}"#))
        #expect(!sent.text.contains("srvtoolu_"))
    }

    @Test func `the cache mark of a search stays on its text`() throws {
        let blocks = try shownBlocks(.openAIResponses, Self.responsesAnswer)
            .replacing(#""page_age":null}]"#, with: #""page_age":null}],"cache_control":{"type":"ephemeral"}"#)
        let sent = try translate(request(blocks), .anthropicMessages, .anthropicMessages)
        #expect(sent.text.contains(#"/a\n","cache_control":{"type":"ephemeral"}}"#))
    }

    @Test(arguments: [
        anthropics,
        // A search that found nothing, one that failed, and one that goes on.
        #"{"type":"server_tool_use","id":"srvtoolu_01A","name":"web_search","input":{"query":"q"}},"#
            + #"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_01A","content":[]},{"type":"text","text":"x"}"#,
        #"{"type":"server_tool_use","id":"srvtoolu_01A","name":"web_search","input":{"query":"q"}},"#
            + #"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_01A","content":"#
            + #"{"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}},{"type":"text","text":"x"}"#,
        #"{"type":"text","text":"x"},{"type":"server_tool_use","id":"srvtoolu_01A","name":"web_search","input":{}}"#,
    ])
    func `a search that Anthropic made keeps every byte at Anthropic`(blocks: String) throws {
        let body = request(blocks)
        let sent = try translate(body, .anthropicMessages, .anthropicMessages)
        #expect(sent.text == body.replacing(#""model":"m""#, with: #""model":"up-model""#))
    }

    // MARK: - Searches in other dialects' requests

    @Test(arguments: [Dialect.openAIChat, .openAIResponses, .gemini, .ollama])
    func `what Anthropic found is text for other providers`(upstream: Dialect) throws {
        let sent = try translate(request(Self.anthropics), .anthropicMessages, upstream)
        #expect(sent.text.contains(Self.note), "\(sent.text)")
        #expect(sent.text.contains("Nothing."))
        #expect(sent.context.losses == [Loss(.contentPart, "web_search_tool_result")])
    }

    @Test func `a note stands on lines of its own where a turn is one text`() throws {
        let blocks = #"{"type":"text","text":"Let me see."},"# + Self.anthropics
        let sent = try translate(request(blocks), .anthropicMessages, .openAIChat)
        #expect(sent.text.contains(#""content":"Let me see.\n\#(Self.note)Nothing.""#))
    }

    @Test func `what a Responses provider searched is text for other providers`() throws {
        let body = #"""
            {"model":"m","input":[{"role":"user","content":"What is new?"},
            {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"news",
            "sources":[{"type":"url","url":"https://example.org/a"}]}},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Nothing."}]},
            {"role":"user","content":"And now?"}]}
            """#
        let sent = try translate(body, .openAIResponses, .anthropicMessages)
        #expect(
            sent.text.contains(
                #"{"role":"assistant","content":[{"type":"text","text":"[web search: news]\n- https://example.org/a\n"},"#
                    + #"{"type":"text","text":"Nothing."}]}"#
            )
        )
        #expect(sent.context.losses == [Loss(.contentPart, "web_search_call")])
    }

    @Test(arguments: [
        #""parts":[{"text":"Nothing."}],"groundingMetadata":{"webSearchQueries":["news"],"groundingChunks":"#
            + #"[{"web":{"uri":"https://example.org/a","title":"A"}},{"web":{"uri":"https://example.org/b","title":"B"}}]}"#,
        #""parts":[{"toolCall":{"toolType":"GOOGLE_SEARCH_WEB","args":{"queries":["news"]},"id":"a7b3"}},"#
            + #"{"toolResponse":{"toolType":"GOOGLE_SEARCH_WEB","response":{"search_suggestions":"<p>"},"id":"a7b3"}},"#
            + #"{"text":"Nothing."}]"#,
    ])
    func `what Gemini searched is text for other providers`(content: String) throws {
        let body =
            #"{"contents":[{"role":"user","parts":[{"text":"What is new?"}]},{"role":"model","# + content
            + #"},{"role":"user","parts":[{"text":"And now?"}]}]}"#
        let sent = try translate(body, .gemini, .openAIChat)
        let sources = content.contains("grounding") ? #"- A: https://example.org/a\n- B: https://example.org/b\n"# : ""
        #expect(sent.text.contains(#""content":"[web search: news]\n\#(sources)Nothing.""#), "\(sent.text)")
        #expect(sent.context.losses.map(\.feature) == [.contentPart])
    }

    @Test func `a search does not hide a turn from the memory of its reasoning`() throws {
        let talk = Talk(client: .anthropicMessages)
        let answer = Self.geminiAnswer.replacing(
            #"{"text":"Nothing."}"#,
            with: #"{"text":"Nothing.","thoughtSignature":"dGV4dA=="}"#
        )
        let first = request("").replacing(
            #",{"role":"assistant","content":[]},{"role":"user","content":"And now?"}"#,
            with: ""
        )
        let shown = try talk.ask(first, of: .gemini, answering: answer)
        let blocks = try #require(try json(shown.out).root["content"]).elements
            .filter { $0["type"]?.equals("thinking") != true }
            .map { String(decoding: $0.raw, as: UTF8.self) }
        #expect(blocks.count == 3)
        let sent = try talk.send(request(blocks.joined(separator: ",")), to: .gemini)
        let parts = try #require(try sent.root()["contents"]?.elements.map { $0 }[1]["parts"]).elements.map { $0 }
        #expect(parts.map { $0["text"]?.string } == ["Nothing.", "\n[web search: news]\n", ""])
        #expect(parts.map { $0["thoughtSignature"]?.string } == [nil, nil, "dGV4dA=="])
    }

    @Test func `a search that goes on is noted as lost`() throws {
        let blocks =
            #"{"type":"text","text":"x"},{"type":"server_tool_use","id":"srvtoolu_01A","name":"web_search","input":{}}"#
        let sent = try translate(request(blocks), .anthropicMessages, .openAIChat)
        #expect(sent.context.losses == [Loss(.contentPart, "server_tool_use")])
    }
}
