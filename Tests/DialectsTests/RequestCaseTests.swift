import JSONCore
import Testing

@testable import Dialects

/// Cases of the specification about requests.
@Suite struct `Cases of requests` {
    // MARK: - History

    @Test(arguments: Dialect.spoken.filter { $0 != .anthropicMessages })
    func `T061: pieces of a stream that a client kept as content are dropped, and said to be`(target: Dialect) throws {
        let body =
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Look."},{"role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"toolu_1","name":"look","input":{"at":"it"}},{"type":"input_json_delta","index":1,"partial_json":"{\"at\": \"it\"}"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"seen"},{"type":"input_json_delta","partial_json":""}]}],"tools":[{"name":"look","input_schema":{"type":"object","properties":{"at":{"type":"string"}}}}]}"#
        let sent = try translate(body, .anthropicMessages, target)
        #expect(sent.context.losses.map(\.name) == ["content-part:input_json_delta"])
        let clean = body.replacing(
            #",{"type":"input_json_delta","index":1,"partial_json":"{\"at\": \"it\"}"}"#,
            with: ""
        )
        .replacing(#",{"type":"input_json_delta","partial_json":""}"#, with: "")
        #expect(!clean.contains("input_json_delta"))
        #expect(sent.text == (try translate(clean, .anthropicMessages, target)).text)
    }

    // MARK: - Names

    /// A search by Anthropic itself, then calls of the client's tools.
    private static func answer(_ names: [String]) -> String {
        let search =
            #""index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}}"#
        let calls = names.enumerated().map {
            toolBlock($0.offset + 1, id: "toolu_\($0.offset)", name: $0.element, ["{}"])
        }
        return messageStart + event("content_block_start", search) + event("content_block_stop", #""index":0"#)
            + calls.joined() + messageEnd("tool_use")
    }

    @Test func `T076: tools of MCP servers and Anthropic's own keep their names, and clients see theirs`() throws {
        let tools = ["mcp__files__read", "files.read"].map {
            #"{"type":"function","function":{"name":"\#($0)","parameters":{"type":"object","properties":{}}}}"#
        }
        let body =
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"web_search_options":{},"tools":[\#(tools.joined(separator: ","))]}"#
        let sent = try translate(body, .openAIChat, .anthropicMessages) {
            $0.hostedWebSearch = .anthropic(type: "web_search_20250305")
        }
        let names = try sent.root()["tools"]?.elements.map { $0["name"]?.string }
        #expect(names == ["mcp__files__read", "files_read", "web_search"])
        for streams in [true, false] {
            var context = sent.context
            context.wantsStream = streams
            let got = relay(Self.answer(["mcp__files__read", "files_read"]), context)
            let answers = try streams ? got.out.events() : [json(got.out).root]
            let messages = answers.compactMap { $0["choices"]?.first }.compactMap { $0["delta"] ?? $0["message"] }
            let calls = messages.compactMap { $0["tool_calls"] }.flatMap(\.elements)
            #expect(calls.compactMap { $0["function"]?["name"]?.string } == ["mcp__files__read", "files.read"])
        }
    }

    @Test func `T076: a name changed for Anthropic is the client's again, that of a server tool stays`() throws {
        var context = makeContext(.anthropicMessages, .anthropicMessages)
        context.toolNames.add(client: "read", upstream: "proxy_read")
        // Were it taken for the client's tool, it would get that name.
        context.toolNames.add(client: "search", upstream: "web_search")
        for streams in [true, false] {
            context.wantsStream = streams
            let got = relay(Self.answer(["proxy_read", "mcp__files__read"]), context)
            #expect(got.isComplete)
            let blocks =
                try streams
                ? got.out.events().compactMap { $0["content_block"] }
                : json(got.out).root["content"].map { Array($0.elements) } ?? []
            #expect(blocks.map { $0["name"]?.string } == ["web_search", "read", "mcp__files__read"])
        }
    }

    // MARK: - Parameters

    /// A request that is to think, as each client asks for it.
    private static func thoughtful(_ client: Dialect) -> String {
        let messages = #""model":"m","messages":[{"role":"user","content":"a"}]"#
        return switch client {
        case .openAIChat:
            #"{\#(messages),"reasoning_effort":"high"}"#
        case .openAIResponses: #"{"model":"m","input":"a","reasoning":{"effort":"high","summary":"auto"}}"#
        case .anthropicMessages:
            #"{\#(messages),"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":8000}}"#
        case .gemini:
            #"{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":8000}}}"#
        case .ollama: #"{\#(messages),"think":"high"}"#
        }
    }

    @Test(arguments: Dialect.spoken, [TargetProfile.ReasoningStyle.effort, .thinkingType, .openRouter])
    func `T120: fields of reasoning that a server refuses are not sent to it`(
        client: Dialect,
        style: TargetProfile.ReasoningStyle
    ) throws {
        let sent = try translate(Self.thoughtful(client), client, .openAIChat) {
            $0.reasoningStyle = style
            $0.stripFields = ["reasoning", "thinking"]
        }
        let root = try sent.root()
        #expect(root["thinking"] == nil && root["reasoning"] == nil && root["messages"]?.count == 1)
        #expect((root["reasoning_effort"] != nil) == (style == .effort))
    }

    @Test func `T120: nor are they if a client of the server's own dialect sends them`() throws {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"a"}],"thinking":{"type":"enabled"},"reasoning":{"effort":"high"},"top_p":0.9}"#
        let sent = try translate(body, .openAIChat, .openAIChat) { $0.stripFields = ["reasoning", "thinking"] }
        #expect(sent.text == #"{"model":"up-model","messages":[{"role":"user","content":"a"}],"top_p":0.9}"#)
        #expect(sent.context.losses.map(\.name) == ["reasoning"])
    }

    @Test(arguments: Dialect.spoken)
    func `T121: a server with a switch for thinking gets that and no effort`(client: Dialect) throws {
        let root = try translate(Self.thoughtful(client), client, .openAIChat) { $0.reasoningStyle = .thinkingType }
            .root()
        #expect(root["thinking"].map { String(decoding: $0.raw, as: UTF8.self) } == #"{"type":"enabled"}"#)
        #expect(root["reasoning_effort"] == nil && root["reasoning"] == nil)
    }

    @Test(
        arguments: [Dialect.openAIChat, .openAIResponses],
        [(TargetProfile.UserField.user, "user"), (.safetyIdentifier, "safety_identifier"), (.none, "nowhere")]
    )
    func `a user is named in the field that the target knows, and else is lost`(
        target: Dialect,
        field: (rule: TargetProfile.UserField, name: String)
    ) throws {
        let long = String(repeating: "u", count: 65)
        for (user, sentAs) in [("u-1", "u-1"), (long, SafeNames.hexDigest(long))] {
            let body =
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"metadata":{"user_id":"\#(user)"}}"#
            let sent = try translate(body, .anthropicMessages, target) { $0.userField = field.rule }
            let root = try sent.root()
            for name in ["user", "safety_identifier"] {
                #expect(root.member(name)?.string == (name == field.name ? sentAs : nil))
            }
            #expect(sent.context.losses.map(\.name) == (field.rule == .none ? ["user"] : []))
        }
    }

    @Test func `T136: fields of Chat that Responses does not know are not sent to it`() throws {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":99,"user":"u","safety_identifier":"s","truncation":"auto","background":false,"stop":["</b>"],"logit_bias":{"1":2},"seed":7,"n":1,"presence_penalty":0.5,"frequency_penalty":0.5,"temperature":0.5,"top_p":0.9,"logprobs":true,"top_logprobs":3,"metadata":{"k":"v"},"store":true,"service_tier":"flex","prompt_cache_key":"c","prompt_cache_retention":"24h","verbosity":"low","reasoning_effort":"high","parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}"#
        // As Codex's own service takes requests.
        let sent = try translate(body, .openAIChat, .openAIResponses, streams: true) {
            $0.samplingAllowed = false
            $0.nativeExtras = false
            $0.serviceTiers = false
            $0.parallelToolCallsField = false
            $0.userField = .none
            $0.stripFields = ["max_output_tokens"]
        }
        let known: Set = [
            "model", "input", "instructions", "tools", "tool_choice", "stream", "store", "reasoning", "service_tier",
            "include", "previous_response_id", "prompt_cache_key", "client_metadata", "text",
        ]
        let root = try sent.root()
        #expect(Set(root.members.map(\.key.string)).subtracting(known) == [])
        #expect(root["store"]?.bool == false && root["reasoning"]?["effort"]?.string == "high")
        // What can be done here is, and what cannot is said.
        #expect(sent.context.stopEmulation == ["</b>"])
        let losses: Set = [
            "field:background", "max-output", "field:truncation", "user", "logit-bias", "seed",
            "penalty:presence", "penalty:frequency", "temperature", "top-p", "logprobs", "metadata", "store",
            "service-tier", "prompt-cache-key", "cache-retention", "verbosity", "parallel-tools",
        ]
        #expect(Set(sent.context.losses.map(\.name)) == losses)
    }
}
