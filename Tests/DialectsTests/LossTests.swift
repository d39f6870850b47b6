import JSONCore
import Testing

@testable import Dialects

/// What a translation says that it could not carry over, feature by feature.
@Suite struct `Losses` {
    private static func losses(
        _ body: String,
        _ client: Dialect,
        _ upstream: Dialect,
        profile change: (inout TargetProfile) -> Void = { _ in }
    ) throws -> [String] {
        try translate(body, client, upstream, profile: change).context.losses.map(\.name).sorted()
    }

    /// A body with one message of the user's and further members.
    private static func asking(_ members: String, of dialect: Dialect) -> String {
        let limit = dialect == .anthropicMessages ? #""max_tokens":100,"# : ""
        return #"{"model":"m",\#(limit)"messages":[{"role":"user","content":"x"}],\#(members)}"#
    }

    private static let function =
        #"{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}"#

    // MARK: - Fields of a Chat request

    @Test(arguments: [
        (#""min_p":0.1"#, ["min-p"]), (#""repetition_penalty":1.1"#, ["penalty:repeat"]),
        (#""presence_penalty":0.5"#, ["penalty:presence"]), (#""frequency_penalty":-1"#, ["penalty:frequency"]),
        (#""seed":7"#, ["seed"]), (#""logit_bias":{"1":-100}"#, ["logit-bias"]),
        (#""logprobs":true,"top_logprobs":2"#, ["logprobs"]), (#""verbosity":"low""#, ["verbosity"]),
        (#""modalities":["text","audio"],"audio":{"voice":"x","format":"wav"}"#, ["field:audio", "modalities"]),
        (#""service_tier":"flex""#, ["service-tier"]), (#""metadata":{"a":"b"}"#, ["metadata"]),
        (#""prompt_cache_key":"k""#, ["prompt-cache-key"]),
        (#""prompt_cache_retention":"24h""#, ["cache-retention"]), (#""store":true"#, ["store"]),
        (#""prediction":{"type":"content","content":"x"}"#, ["field:prediction"]),
        (#""moderation":{},"chat_template_kwargs":{"a":1}"#, ["field:chat_template_kwargs", "field:moderation"]),
        (#""extra_body":{"min_p":0.2,"guided_regex":"a+"}"#, ["field:guided_regex", "min-p"]),
        (#""a b":1"#, ["field"]), (#""response_format":{"type":"json_object"}"#, ["structured-output"]),
    ])
    func `settings of a Chat request that Anthropic does not know are lost`(members: String, lost: [String]) throws {
        #expect(try Self.losses(Self.asking(members, of: .openAIChat), .openAIChat, .anthropicMessages) == lost)
    }

    @Test(arguments: [Dialect.anthropicMessages, .ollama])
    func `what repeats a default asks for nothing`(upstream: Dialect) throws {
        let members = #"""
            "n":1,"store":false,"logprobs":false,"parallel_tool_calls":true,"presence_penalty":0,"frequency_penalty":0.0,
            "min_p":0,"repetition_penalty":1,"top_p":1,"service_tier":"auto","verbosity":"medium","modalities":["text"],
            "metadata":{},"logit_bias":{},"user":"","seed":null,"prediction":null,"stream_options":{"include_usage":true},
            "prompt_cache_options":{"mode":"explicit"},"tools":[{"type":"function","function":{"name":"f","strict":false}}]
            """#
        let body =
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"auto"}}]}],"#
            + members + "}"
        #expect(try Self.losses(body, .openAIChat, upstream) == [])
    }

    @Test func `what a target takes is not lost`() throws {
        let body = Self.asking(
            #""min_p":0.1,"repetition_penalty":1.1,"seed":1,"presence_penalty":1,"temperature":1,"top_k":3,"logprobs":true"#,
            of: .openAIChat
        )
        #expect(try Self.losses(body, .openAIChat, .ollama) == [])
        #expect(
            try Self.losses(body, .openAIChat, .ollama) { $0.samplingAllowed = false } == [
                "logprobs", "min-p", "penalty:presence", "penalty:repeat", "temperature", "top-k",
            ]
        )
        let told = try translate(
            Self.asking(#""options":{"min_p":0.1,"repeat_penalty":1.1},"logprobs":true,"top_logprobs":2"#, of: .ollama),
            .ollama,
            .openAIChat
        ) { $0.minP = true }
        #expect(told.context.losses.isEmpty)
        #expect(told.text.contains(#""min_p":0.1,"repetition_penalty":1.1,"logprobs":true,"top_logprobs":2"#))
    }

    @Test func `a model that thinks has its own temperature`() throws {
        let body = Self.asking(#""reasoning_effort":"low","temperature":0.5,"top_p":0.5,"top_k":3"#, of: .openAIChat)
        #expect(
            try Self.losses(body, .openAIChat, .anthropicMessages) { $0.maxOutput = 9_000 } == [
                "temperature", "top-k", "top-p",
            ]
        )
    }

    @Test func `the user is lost where nobody may be named`() throws {
        let body = Self.asking(#""user":"u1""#, of: .openAIChat)
        #expect(try Self.losses(body, .openAIChat, .anthropicMessages) == [])
        #expect(try Self.losses(body, .openAIChat, .ollama) == ["user"])
        let anthropic = Self.asking(#""metadata":{"user_id":"u1"}"#, of: .anthropicMessages)
        #expect(try Self.losses(anthropic, .anthropicMessages, .openAIChat) == ["user"])
        #expect(try Self.losses(anthropic, .anthropicMessages, .openAIChat) { $0.userField = .user } == [])
    }

    @Test func `a client's word that is no plain word is left out`() throws {
        let long = String(repeating: "x", count: 65)
        for name in ["a\\r\\nb", "a,b", "é", long, ""] {
            let body = Self.asking("\"tools\":[{\"type\":\"hosted\",\"name\":\"\(name)\"}]", of: .openAIChat)
            let losses = try translate(body, .openAIChat, .anthropicMessages).context.losses
            #expect(losses.map(\.feature) == [.hostedTool])
            #expect(losses.allSatisfy { $0.name == "hosted-tool" || $0.name == "hosted-tool:" })
        }
    }

    // MARK: - Fields of the other dialects

    @Test(arguments: [
        (#""mcp_servers":[{"url":"x"}]"#, ["field:mcp_servers"]), (#""container":"c""#, ["field:container"]),
        (#""context_management":{"edits":[]}"#, ["field:context_management"]), (#""top_k":5"#, ["top-k"]),
        (#""thinking":{"type":"enabled","budget_tokens":50},"temperature":1"#, ["reasoning"]),
        (#""thinking":{"type":"disabled"},"cache_control":{"type":"ephemeral"},"service_tier":"standard_only""#, []),
    ])
    func `settings of an Anthropic request that Chat does not know are lost`(members: String, lost: [String]) throws {
        let body = Self.asking(members, of: .anthropicMessages)
        #expect(try Self.losses(body, .anthropicMessages, .openAIChat) == lost)
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages])
    func `what only Ollama knows is lost`(upstream: Dialect) throws {
        let body = Self.asking(
            #""keep_alive":"5m","truncate":true,"shift":true,"options":{"num_ctx":8192,"typical_p":0.7,"num_predict":-1}"#,
            of: .ollama
        )
        let lost = ["field:keep_alive", "field:num_ctx", "field:shift", "field:truncate", "field:typical_p"]
        #expect(try Self.losses(body, .ollama, upstream) == lost)
    }

    @Test func `what only the generate endpoint knows is lost everywhere`() throws {
        let asked = #"{"model":"m","prompt":"p","suffix":"s","raw":true,"template":"t","context":[1]}"#
        let unsaid = #"{"model":"m","prompt":"p","suffix":"","raw":false,"template":"","context":[]}"#
        let lost = ["field:context", "field:raw", "field:suffix", "field:template"]
        for upstream in Dialect.spoken {
            for (text, expected) in [(asked, lost), (unsaid, [])] {
                var context = makeContext(.ollama, upstream)
                context.layout = .generate
                let bytes = try RequestTranslator.translate(
                    try OllamaGenerate.chatBody(from: try json(text)),
                    profile: TargetProfile(upstream),
                    context: &context,
                    upstreamStreams: false
                )
                #expect(context.losses.map(\.name).sorted() == expected)
                #expect(!String(decoding: bytes, as: UTF8.self).contains("template"))
            }
        }
    }

    // MARK: - Reasoning

    @Test func `how much to think is lost where a model can only be told to`() throws {
        let effort = Self.asking(#""reasoning_effort":"high""#, of: .openAIChat)
        #expect(try Self.losses(effort, .openAIChat, .ollama) == ["reasoning:effort"])
        #expect(try Self.losses(effort, .openAIChat, .ollama) { $0.reasoningStyle = .ollamaLevel } == [])
        #expect(try Self.losses(effort, .openAIChat, .ollama) { $0.reasoningStyle = .none } == ["reasoning"])
        let off = Self.asking(#""reasoning_effort":"none""#, of: .openAIChat)
        #expect(try Self.losses(off, .openAIChat, .ollama) { $0.reasoningStyle = .none } == [])
        let level = Self.asking(#""think":"low""#, of: .ollama)
        #expect(try Self.losses(level, .ollama, .ollama) == ["reasoning:effort"])
        #expect(try Self.losses(level, .ollama, .ollama) { $0.reasoningStyle = .none } == ["reasoning"])
    }

    @Test func `how thinking is to be shown is lost elsewhere than at Anthropic`() throws {
        let body = Self.asking(
            #""thinking":{"type":"adaptive","display":"omitted"}"#,
            of: .anthropicMessages
        )
        #expect(try Self.losses(body, .anthropicMessages, .ollama) == ["reasoning-display"])
    }

    // MARK: - Tools

    @Test func `demands on tools are lost where they cannot be made`() throws {
        let forced = Self.asking(
            #""tools":[\#(Self.function)],"tool_choice":"required","parallel_tool_calls":false"#,
            of: .openAIChat
        )
        #expect(try Self.losses(forced, .openAIChat, .ollama) == ["parallel-tools", "tool-choice"])
        #expect(try Self.losses(forced, .openAIChat, .anthropicMessages) == [])
        let strict = Self.asking(
            #""tools":[{"type":"function","function":{"name":"f","strict":true}}]"#,
            of: .openAIChat
        )
        #expect(try Self.losses(strict, .openAIChat, .ollama) == ["tool-strict"])
        #expect(try Self.losses(strict, .openAIChat, .anthropicMessages) { $0.strictTools = true } == [])
        let grammar = Self.asking(
            #""tools":[{"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{}}}}]"#,
            of: .openAIChat
        )
        #expect(try Self.losses(grammar, .openAIChat, .anthropicMessages) == ["tool-grammar"])
        let free = grammar.replacing(#"{"type":"grammar","grammar":{}}"#, with: #"{"type":"text"}"#)
        #expect(try Self.losses(free, .openAIChat, .anthropicMessages) == [])
    }

    @Test func `hosted tools and settings of theirs that the target lacks are lost`() throws {
        let search = Self.asking(
            #""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3,"allowed_domains":["a.b"]}]"#,
            of: .anthropicMessages
        )
        #expect(try Self.losses(search, .anthropicMessages, .ollama) == ["hosted-tool:web_search"])
        #expect(
            try Self.losses(search, .anthropicMessages, .openAIChat) { $0.hostedWebSearch = .options } == [
                "hosted-tool-setting:allowed_domains", "hosted-tool-setting:max_uses",
            ]
        )
        let options = Self.asking(#""web_search_options":{"search_context_size":"high"}"#, of: .openAIChat)
        #expect(
            try Self.losses(options, .openAIChat, .anthropicMessages) {
                $0.hostedWebSearch = .anthropic(type: "web_search_20250305")
            } == ["hosted-tool-setting:search_context_size"]
        )
        let interpreter = Self.asking(#""tools":[{"type":"code_interpreter"}]"#, of: .openAIChat)
        #expect(try Self.losses(interpreter, .openAIChat, .anthropicMessages) == ["hosted-tool:code_interpreter"])
    }

    // MARK: - Messages

    @Test(arguments: [
        (#"{"role":"user","name":"Ann","content":"x"}"#, ["message-name"]),
        (#"{"role":"system","name":"s","content":"x"},{"role":"user","content":"x"}"#, ["message-name"]),
        (
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}}]}"#,
            ["image-detail"]
        ),
        (#"{"role":"user","content":[{"type":"text","text":"x"},{"type":"hologram"}]}"#, ["content-part:hologram"]),
    ])
    func `details of Chat messages are lost`(messages: String, lost: [String]) throws {
        let body = #"{"model":"m","messages":[\#(messages)]}"#
        #expect(try Self.losses(body, .openAIChat, .anthropicMessages) == lost)
        #expect(try Self.losses(body, .openAIChat, .ollama) == lost)
    }

    @Test(arguments: [
        (#""title":"T""#, [], []), (#""context":"C""#, ["document-title"], []),
        (#""citations":{"enabled":true}"#, ["document-citations"], ["document-citations"]),
    ])
    func `details of documents are lost`(details: String, ofFile: [String], ofText: [String]) throws {
        let document = { (source: String) in
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":\#(source),\#(details)}]}]}"#
        }
        let file = document(#"{"type":"base64","media_type":"application/pdf","data":"JVBERi0x"}"#)
        let text = document(#"{"type":"text","media_type":"text/plain","data":"abc"}"#)
        #expect(try Self.losses(file, .anthropicMessages, .openAIChat) == ofFile)
        #expect(try Self.losses(text, .anthropicMessages, .openAIChat) == ofText)
        #expect(try Self.losses(text, .anthropicMessages, .ollama) == ofText)
    }

    @Test func `text behind calls moves where calls come last`() throws {
        let body = #"""
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}},{"type":"text","text":"after"}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}]}
            """#
        #expect(try Self.losses(body, .anthropicMessages, .openAIChat) == ["text-order"])
        #expect(try Self.losses(body, .anthropicMessages, .ollama) == ["text-order"])
    }

    @Test func `blocks of hosted tools in the history are lost`() throws {
        let body = #"""
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
            {"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"text","text":"a"}]},
            {"role":"user","content":"y"}]}
            """#
        #expect(try Self.losses(body, .anthropicMessages, .openAIChat) == ["content-part:server_tool_use"])
    }

    @Test func `stop sequences that a target refuses are watched for instead`() throws {
        let body = Self.asking(#""stop":["\n","END"]"#, of: .openAIChat)
        let told = try translate(body, .openAIChat, .anthropicMessages)
        #expect(told.context.losses.isEmpty)
        #expect(told.context.stopEmulation == ["\n"])
        #expect(told.text.contains(#""stop_sequences":["END"]"#))
    }

    @Test func `a client of the target's dialect loses nothing`() throws {
        for dialect in [Dialect.openAIChat, .anthropicMessages, .ollama] {
            let body = Self.asking(#""vendor_field":1,"seed":1"#, of: dialect)
            #expect(try Self.losses(body, dialect, dialect) == [])
        }
    }

    // MARK: - The target's own dialect

    private static func refuseAll(_ profile: inout TargetProfile) {
        (profile.samplingAllowed, profile.seed, profile.penalties) = (false, false, false)
        (profile.logitBias, profile.logprobs, profile.maxOutput) = (false, false, 50)
        (profile.parallelToolCallsField, profile.toolChoiceForced) = (false, false)
        profile.stripFields = ["store", "metadata", "safety_identifier"]
    }

    @Test(arguments: [
        (#""temperature":0.5,"top_p":0.5,"seed":1"#, ["seed", "temperature", "top-p"]),
        (#""presence_penalty":1,"frequency_penalty":1"#, ["penalty:frequency", "penalty:presence"]),
        (#""logit_bias":{"1":1},"logprobs":true,"top_logprobs":2"#, ["logit-bias", "logprobs"]),
        (#""max_tokens":51"#, ["max-output"]), (#""max_completion_tokens":50"#, []),
        (
            #""store":true,"metadata":{"a":"b"},"safety_identifier":"x""#,
            ["field:safety_identifier", "metadata", "store"]
        ),
        (#""store":false,"metadata":{},"top_p":1,"seed":null,"presence_penalty":0,"logprobs":false"#, []),
        (
            #""tools":[\#(function)],"tool_choice":"required","parallel_tool_calls":false"#,
            ["parallel-tools", "tool-choice"]
        ),
        (#""tools":[\#(function)],"tool_choice":"auto","parallel_tool_calls":true"#, []),
    ])
    func `what a Chat server does not take of its own dialect is lost`(members: String, lost: [String]) throws {
        let body = Self.asking(members, of: .openAIChat)
        #expect(try Self.losses(body, .openAIChat, .openAIChat, profile: Self.refuseAll) == lost)
    }

    @Test func `formats and tools that a server of the dialect does not take are lost`() throws {
        let format = Self.asking(#""response_format":{"type":"json_object"}"#, of: .openAIChat)
        #expect(
            try Self.losses(format, .openAIChat, .openAIChat) { ($0.jsonObject, $0.jsonSchema) = (false, false) }
                == ["structured-output"]
        )
        let tools = Self.asking(#""tools":[\#(Self.function),\#(Self.function)]"#, of: .openAIChat)
        #expect(try Self.losses(tools, .openAIChat, .openAIChat) { $0.maxTools = 1 } == ["tool-limit:1"])
        let dated = Self.asking(
            #""tools":[{"type":"bash_20250124","name":"bash"},{"name":"f","input_schema":{"type":"object"}}]"#,
            of: .anthropicMessages
        )
        #expect(
            try Self.losses(dated, .anthropicMessages, .anthropicMessages) { $0.datedTools = false }
                == ["hosted-tool:bash"]
        )
    }

    @Test(arguments: [
        (
            Dialect.openAIResponses, #"{"model":"m","input":"x","max_output_tokens":99,"temperature":1}"#,
            ["max-output", "temperature"]
        ),
        (
            .anthropicMessages, #"{"model":"m","max_tokens":99,"top_k":3,"messages":[{"role":"user","content":"x"}]}"#,
            ["max-output", "top-k"]
        ),
        (
            .gemini, #"{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"maxOutputTokens":99}}"#,
            ["max-output"]
        ),
        (
            .ollama,
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"num_predict":99,"min_p":0.5,"seed":3}}"#,
            ["max-output", "min-p", "seed"]
        ),
    ])
    func `limits and sampling of every dialect are lost to its own servers`(
        dialect: Dialect,
        body: String,
        lost: [String]
    ) throws {
        #expect(try Self.losses(body, dialect, dialect, profile: Self.refuseAll) == lost)
        #expect(try Self.losses(body, dialect, dialect) == [])
    }

    @Test func `thinking that an Anthropic server cannot be asked for, or given back, is lost`() throws {
        let asked =
            #"{"model":"m","max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"x"}]}"#
        #expect(
            try Self.losses(asked, .anthropicMessages, .anthropicMessages) { $0.reasoningStyle = .none } == [
                "reasoning"
            ]
        )
        let foreign =
            #"{"model":"m","max_tokens":40,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"omr1.g.-.QUJD"},{"type":"text","text":"y"}]},{"role":"user","content":"z"}]}"#
        #expect(try Self.losses(foreign, .anthropicMessages, .anthropicMessages) == ["reasoning-history"])
    }

    @Test func `what a target strips of a translated request is lost`() throws {
        let body = Self.asking(#""temperature":0.5,"max_tokens":99"#, of: .openAIChat)
        #expect(
            try Self.losses(body, .openAIChat, .anthropicMessages) {
                ($0.stripFields, $0.maxOutput) = (["temperature"], 50)
            } == ["max-output", "temperature"]
        )
    }
}
