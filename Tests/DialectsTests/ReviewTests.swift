import Foundation
import JSONCore
import Testing

@testable import Dialects

/// What a review of the dialects against their SDKs found.
@Suite struct `Review of the dialects` {
    // MARK: - Searches of the web

    private static let search =
        messageStart
        + event(
            "content_block_start",
            #""index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}"#
        )
        + event(
            "content_block_delta",
            #""index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\":\"swi"}"#
        )
        + event("content_block_delta", #""index":0,"delta":{"type":"input_json_delta","partial_json":"ft\"}"}"#)
        + event("content_block_stop", #""index":0"#)
        + event(
            "content_block_start",
            #""index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://swift.org","title":"Swift","encrypted_content":"x","page_age":null}]}"#
        )
        + event("content_block_stop", #""index":1"#) + textBlock(2, ["Found."]) + messageEnd("end_turn")

    private static let wholeSearch =
        #"{"id":"msg_up","type":"message","role":"assistant","model":"up-model","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"swift"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://swift.org","title":"Swift","encrypted_content":"x","page_age":null}]},{"type":"text","text":"Found."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":15}}"#

    @Test func `T160: a search that Anthropic made is shown to clients of Responses and Gemini`() throws {
        let responses = relay(Self.search, makeContext(.openAIResponses, .anthropicMessages))
        #expect(responses.isComplete)
        let item =
            #""type":"web_search_call","status":"completed","action":{"type":"search","query":"swift","sources":[{"type":"url","url":"https://swift.org"}]}"#
        // Once in the item's end and once in the whole output.
        #expect(responses.out.components(separatedBy: item).count == 3)
        let gemini = relay(Self.search, makeContext(.gemini, .anthropicMessages))
        #expect(gemini.out.contains(#""webSearchQueries":["swift"]"#))
        #expect(gemini.out.contains(#""uri":"https://swift.org","title":"Swift""#))
        let whole = relay(
            Self.wholeSearch,
            makeContext(.openAIResponses, .anthropicMessages, streams: false),
            contentType: "application/json"
        )
        #expect(whole.out.contains(item))
        #expect(whole.out.contains("Found."))
    }

    @Test func `a search without a result is shown, and one beside text leaves Chat's text alone`() throws {
        let paused =
            messageStart
            + event(
                "content_block_start",
                #""index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}}"#
            )
            + event("content_block_stop", #""index":0"#) + messageEnd("pause_turn")
        let got = relay(paused, makeContext(.openAIResponses, .anthropicMessages))
        #expect(got.isComplete)
        #expect(got.out.contains(#""action":{"type":"search","query":"q"}"#))
        let chat = relay(Self.search, makeContext(.openAIChat, .anthropicMessages))
        #expect(chat.out.contains(#"{"content":"Found."}"#))
        #expect(!chat.out.contains("tool_calls"))
    }

    @Test func `Anthropic's own clients still see both blocks of a search`() throws {
        let got = relay(Self.search, makeContext(.anthropicMessages, .anthropicMessages)) { $0.thinkTags = true }
        #expect(got.out.contains("server_tool_use"))
        #expect(got.out.contains(#""encrypted_content":"x""#))
        #expect(got.out.contains(#""partial_json":"ft\"}""#))
    }

    // MARK: - Probabilities

    private static let geminiTokens =
        #""logprobsResult":{"topCandidates":[{"candidates":[{"token":"Hi","tokenId":1,"logProbability":-0.25},{"token":"Ho","logProbability":-2}]}],"chosenCandidates":[{"token":"Hi","tokenId":1,"logProbability":-0.25}]}"#

    @Test(arguments: [Dialect.openAIChat, .openAIResponses, .ollama])
    func `probabilities of Gemini's tokens reach other clients`(client: Dialect) throws {
        let upstream =
            geminiChunk(#"{"text":"Hi"}"#, "," + Self.geminiTokens)
            + geminiChunk(#"{"text":""}"#, #","finishReason":"STOP""#)
        let token =
            #"{"token":"Hi","logprob":-0.25,"bytes":[72,105],"top_logprobs":[{"token":"Hi","logprob":-0.25,"bytes":[72,105]},{"token":"Ho","logprob":-2,"bytes":[72,111]}]}"#
        for streams in [true, false] {
            let got = relay(upstream, makeContext(client, .gemini, streams: streams))
            #expect(got.isComplete)
            #expect(got.out.contains(token), "\(streams) \(got.out)")
        }
    }

    @Test func `probabilities of Chat's tokens reach Gemini's clients`() throws {
        let upstream =
            #"data: {"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":{"content":[{"token":"Hi","logprob":-0.25,"bytes":null,"top_logprobs":[{"token":"Ho","logprob":-2,"bytes":null}]}]},"finish_reason":null}]}"#
            + "\n\n" + chunk("{}", finish: "stop") + "data: [DONE]\n\n"
        let expected =
            #""logprobsResult":{"topCandidates":[{"candidates":[{"token":"Ho","logProbability":-2}]}],"chosenCandidates":[{"token":"Hi","logProbability":-0.25}]}"#
        for streams in [true, false] {
            let got = relay(upstream, makeContext(.gemini, .openAIChat, streams: streams))
            #expect(got.out.contains(expected), "\(streams) \(got.out)")
            for data in got.out.replacing("\r\n", with: "\n").frameData where streams { _ = try json(data) }
        }
    }

    // MARK: - Gemini

    @Test func `T038: elements of an array keep the members that only Gemini knows`() throws {
        let chunks =
            geminiChunk(#"{"text":"a"}"#, #","safetyRatings":[{"category":"X"}]"#)
            + geminiChunk(#"{"text":"b"}"#) + geminiChunk(#"{"text":"c"}"#)
            + geminiChunk(#"{"text":""}"#, #","finishReason":"STOP""#, extra: #","odd":1"#)
        var context = makeContext(.gemini, .gemini)
        context.layout = .jsonArray
        let got = relay(chunks, context)
        let array = try json(got.out).root
        #expect(array.count == 4)
        #expect(array.first?["candidates"]?.first?["safetyRatings"]?.count == 1)
        #expect(array.elements.map { $0["modelVersion"]?.string } == Array(repeating: "my-model", count: 4))
        #expect(got.out.contains(#""odd":1"#))
        for size in 1...7 {
            let bytes = Array(chunks.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            #expect(relay(pieces, context).out == got.out)
        }
        let cut = relay(geminiChunk(#"{"text":"a"}"#), context)
        #expect(try json(cut.out).root.elements.map { $0["error"] != nil } == [false, true])
    }

    @Test func `T152: Vertex is sent no identifiers of calls`() throws {
        let body =
            #"{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"id":"kept"}}}]}]}"#
        let sent = try translate(body, .gemini, .gemini) { $0.callIDs = false }
        #expect(!sent.text.contains("c1"))
        #expect(sent.text.contains(#"{"id":"kept"}"#))
        #expect(try translate(body, .gemini, .gemini).text == body)
    }

    @Test func `an error in Gemini's streams says whether another try may help`() throws {
        let got = relay(
            messageStart + textBlock(0, ["a"])
                + event("error", #""error":{"type":"overloaded_error","message":"busy"}"#),
            makeContext(.gemini, .anthropicMessages)
        )
        let last = try json(try #require(got.out.replacing("\r\n", with: "\n").frameData.last)).root["error"]
        #expect(last?["code"]?.int == 503)
        #expect(last?["status"]?.string == "UNAVAILABLE")
        #expect(last?["retryable"]?.bool == true)
    }

    // MARK: - Choices

    @Test func `a second choice that nobody asked for stays out of an Anthropic answer`() throws {
        let upstream =
            #"data: {"choices":[{"index":0,"delta":{"content":"one"},"finish_reason":null},{"index":1,"delta":{"content":"two"},"finish_reason":null}]}"#
            + "\n\n"
            + #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{},"finish_reason":"length"}]}"#
            + "\n\ndata: [DONE]\n\n"
        for streams in [true, false] {
            let got = relay(upstream, makeContext(.anthropicMessages, .openAIChat, streams: streams))
            #expect(got.out.contains("one"))
            #expect(!got.out.contains("two"))
            #expect(got.out.contains(#""stop_reason":"end_turn""#), "\(streams)")
        }
    }

    // MARK: - Responses

    @Test func `a completed response says when it was, another does not`() throws {
        let text = chunk(#"{"content":"a"}"#)
        for (reason, isComplete) in [("stop", true), ("length", false)] {
            for streams in [true, false] {
                let got = relay(
                    text + chunk("{}", finish: reason) + "data: [DONE]\n\n",
                    makeContext(.openAIResponses, .openAIChat, streams: streams)
                )
                let data = streams ? try #require(got.out.frameData.last) : got.out
                let root = try json(data).root
                let response = streams ? try #require(root["response"]) : root
                #expect(response["completed_at"]?.int == (isComplete ? 1_755_000_000 : nil))
            }
        }
    }

    @Test func `what Responses has no place for is noted like everywhere`() throws {
        let body =
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="},"context":"c","citations":{"enabled":true}},{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_fetch","input":{}},{"type":"text","text":"b"}]},{"role":"user","content":"c"}],"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3,"allowed_domains":["a.b"]}]}"#
        let names = try translate(body, .anthropicMessages, .openAIResponses).context.losses.map(\.name)
        for name in [
            "document-title", "document-citations", "content-part:server_tool_use", "hosted-tool-setting:max_uses",
        ] {
            #expect(names.contains(name), "\(names)")
        }
        #expect(!names.contains("hosted-tool-setting:allowed_domains"))
    }

    @Test func `T123: thinking that is not to be shown is not summarised`() throws {
        func reasoning(_ display: String) throws -> String? {
            let body =
                #"{"model":"m","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":2000\#(display)},"messages":[{"role":"user","content":"a"}]}"#
            let sent = try translate(body, .anthropicMessages, .openAIResponses)
            #expect(!sent.context.losses.map(\.name).contains("reasoning-display"))
            return try sent.root()["reasoning"].map { String(decoding: $0.raw, as: UTF8.self) }
        }
        #expect(try reasoning("") == #"{"effort":"medium","summary":"auto"}"#)
        #expect(try reasoning(#","display":"omitted""#) == #"{"effort":"medium"}"#)
        #expect(try reasoning(#","display":"summarized""#) == #"{"effort":"medium","summary":"auto"}"#)
    }

    // MARK: - Tools

    @Test(arguments: Dialect.spoken.filter { $0 != .openAIResponses })
    func `a grammar that a target cannot enforce is described, and noted as lost`(target: Dialect) throws {
        let body =
            #"{"model":"m","input":"a","tools":[{"type":"custom","name":"sql","description":"Runs SQL.","format":{"type":"grammar","syntax":"lark","definition":"start: \"SELECT\""}}]}"#
        let sent = try translate(body, .openAIResponses, target)
        #expect(sent.text.contains(#"Runs SQL.\n\nThe input must match this grammar (lark):\nstart: \"SELECT\""#))
        #expect(sent.context.losses.map(\.name).contains("tool-grammar"))
        let native = try translate(body, .openAIResponses, target) { $0.customTools = true }
        if target == .openAIChat {
            #expect(native.text.contains(#""description":"Runs SQL.""#))
            #expect(!native.context.losses.map(\.name).contains("tool-grammar"))
        }
    }

    @Test func `a search that is a setting of the target cannot be forced`() throws {
        let body =
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"tool_choice":{"type":"tool","name":"web_search"},"tools":[{"type":"web_search_20250305","name":"web_search"},{"name":"f","input_schema":{"type":"object"}}]}"#
        let gemini = try translate(body, .anthropicMessages, .gemini) { $0.reasoningStyle = .geminiLevel }
        #expect(try gemini.root()["toolConfig"]?["functionCallingConfig"]?["mode"]?.string == "AUTO")
        #expect(gemini.context.losses.map(\.name).contains("tool-choice"))
        let chat = try translate(body, .anthropicMessages, .openAIChat) { $0.hostedWebSearch = .options }
        #expect(try chat.root()["tool_choice"]?.string == "auto")
        let responses = try translate(body, .anthropicMessages, .openAIResponses)
        #expect(try responses.root()["tool_choice"]?["type"]?.string == "web_search")
        #expect(!responses.context.losses.map(\.name).contains("tool-choice"))
    }
}
