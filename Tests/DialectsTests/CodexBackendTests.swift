import JSONCore
import Testing

@testable import Dialects

/// Requests for the back-end of the Codex client, and its answers.
@Suite struct `Codex back-end` {
    private func send(_ body: String, _ client: Dialect, streams: Bool = true) throws -> Translated {
        var context = makeContext(client, .openAIResponses, streams: streams)
        // The back-end answers in streams, whatever the client wants.
        let bytes = try RequestTranslator.translate(
            try json(body),
            profile: .codexBackend,
            context: &context,
            upstreamStreams: true
        )
        return Translated(bytes: bytes, context: context)
    }

    /// What the Codex client itself sends.
    private static let known: Set<String> = [
        "model", "instructions", "input", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "store", "stream",
        "include", "service_tier", "prompt_cache_key", "text", "client_metadata",
    ]

    private static let chat = #"""
        {"model":"m","n":1,"max_tokens":100,"temperature":0.5,"top_p":0.5,"presence_penalty":1,"logit_bias":{"1":1},
        "seed":1,"stop":["END"],"user":"u","safety_identifier":"s","metadata":{"k":"v"},"store":true,
        "prompt_cache_key":"k","prompt_cache_retention":"24h","service_tier":"priority","verbosity":"low",
        "parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
        "messages":[{"role":"system","content":"Be brief."},{"role":"system","content":"Be kind."},
        {"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}
        """#

    // MARK: - Clients of other dialects

    @Test(arguments: [
        (Dialect.openAIChat, chat),
        (
            .anthropicMessages,
            #"{"model":"m","max_tokens":9,"temperature":1,"top_k":3,"stop_sequences":["x"],"system":"S","metadata":{"user_id":"u"},"messages":[{"role":"user","content":"a"}]}"#
        ),
        (
            .gemini,
            #"{"generationConfig":{"maxOutputTokens":9,"temperature":1,"topK":3,"seed":1},"contents":[{"role":"user","parts":[{"text":"a"}]}]}"#
        ),
        (
            .ollama,
            #"{"model":"m","options":{"num_predict":9,"temperature":1,"seed":4,"min_p":0.1},"messages":[{"role":"user","content":"a"}]}"#
        ),
    ])
    func `T136: a translated request has only members that Codex sends`(client: Dialect, body: String) throws {
        let sent = try send(body, client, streams: false)
        let root = try sent.root()
        let others = root.members.map(\.key.string).filter { !Self.known.contains($0) }
        #expect(others.isEmpty)
        #expect(root["stream"]?.bool == true && root["store"]?.bool == false)
        #expect(root["instructions"]?.text?.isEmpty == false)
        #expect(root["include"]?.elements.contains { $0.equals("reasoning.encrypted_content") } == true)
        #expect(root["reasoning"]?["summary"]?.equals("auto") == true)
        #expect(root["input"]?.isArray == true)
    }

    @Test func `what is taken out is told`() throws {
        let features = Set(try send(Self.chat, .openAIChat).context.losses.map(\.feature))
        #expect(
            features.isSuperset(of: [
                .maxOutput, .temperature, .topP, .penalty, .logitBias, .seed, .user, .metadata, .store, .cacheRetention,
            ])
        )
        #expect(features.isDisjoint(with: [.promptCacheKey, .verbosity, .parallelTools, .serviceTier]))
    }

    @Test func `stop sequences are watched for here`() throws {
        #expect(try send(Self.chat, .openAIChat).context.stopEmulation == ["END"])
    }

    @Test func `all system text stands in the input, in front, as the developer's`() throws {
        let root = try send(Self.chat, .openAIChat).root()
        let input = try #require(root["input"]?.elements.map { $0 })
        #expect(input.prefix(2).map { $0["role"]?.string } == ["developer", "developer"])
        #expect(input.prefix(2).map { $0["content"]?.first?["text"]?.string } == ["Be brief.", "Be kind."])
        #expect(root["instructions"]?.string?.contains("Be brief.") == false)
    }

    @Test func `instructions speak of tools only where there are some`() throws {
        let own = try #require(TargetProfile.codexBackend.instructions)
        #expect(try send(Self.chat, .openAIChat).root()["instructions"]?.string == own.withTools)
        let plain = #"{"model":"m","messages":[{"role":"user","content":"a"}]}"#
        #expect(try send(plain, .openAIChat).root()["instructions"]?.string == own.withoutTools)
    }

    @Test func `T127: a JSON format and the verbosity stand side by side`() throws {
        let body =
            #"{"model":"m","verbosity":"low","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"messages":[{"role":"user","content":"a"}]}"#
        let text = try #require(try send(body, .openAIChat).root()["text"])
        #expect(text["format"]?["type"]?.equals("json_schema") == true && text["format"]?["name"]?.equals("n") == true)
        #expect(text["verbosity"]?.equals("low") == true)
    }

    // MARK: - Clients of Responses

    @Test func `what Codex itself sends keeps every byte`() throws {
        let body =
            #"{"model":"up-model","instructions":"You are Codex.","input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"d"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]},{"type":"reasoning","summary":[],"encrypted_content":"gAAAAA1"},{"type":"function_call","name":"shell","arguments":"{}","call_id":"c1"},{"type":"function_call_output","call_id":"c1","output":"ok"}],"tools":[{"type":"function","name":"shell","strict":false,"parameters":{"type":"object","properties":{}}}],"tool_choice":"auto","parallel_tool_calls":true,"reasoning":{"effort":"medium","summary":"auto"},"store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k","client_metadata":{"x-codex-installation-id":"i"}}"#
        let sent = try send(body, .openAIResponses)
        #expect(sent.text == body)
        #expect(sent.context.losses.isEmpty)
    }

    @Test func `another client's request is made one that Codex could have sent`() throws {
        let body =
            #"{"model":"m","input":"a","store":true,"max_output_tokens":50,"truncation":"auto","background":false,"user":"u","safety_identifier":"s","metadata":{"k":"v"},"temperature":1,"prompt_cache_retention":"24h","session_id":"x","include":["message.output_text.logprobs"],"unknown":1}"#
        let sent = try send(body, .openAIResponses, streams: false)
        let root = try sent.root()
        #expect(
            root.members.map(\.key.string) == [
                "model", "input", "store", "include", "unknown", "stream", "instructions", "reasoning",
            ]
        )
        #expect(root["store"]?.bool == false && root["stream"]?.bool == true)
        #expect(root["instructions"]?.string == TargetProfile.codexBackend.instructions?.withoutTools)
        let message = root["input"]?.first
        #expect(message?["role"]?.equals("user") == true && message?["content"]?.first?["text"]?.equals("a") == true)
        #expect(
            root["include"]?.elements.map(\.string) == ["message.output_text.logprobs", "reasoning.encrypted_content"]
        )
        let features = Set(sent.context.losses.map(\.feature))
        #expect(features.isSuperset(of: [.store, .maxOutput, .truncation, .user, .metadata, .cacheRetention]))
        #expect(!features.contains(.background))
    }

    @Test func `T059, T074: items of a stored response are sent as they would be without storage`() throws {
        let body =
            #"{"model":"m","input":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAA1"},{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"input_text","text":"b"}]},{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"},{"type":"item_reference","id":"msg_2"}]}"#
        let input = try #require(try send(body, .openAIResponses).root()["input"]?.elements.map { $0 })
        #expect(input.allSatisfy { $0["id"] == nil && $0["type"]?.equals("item_reference") != true })
        #expect(input[0]["role"]?.equals("developer") == true)
        #expect(input[3]["content"]?.first?["type"]?.equals("output_text") == true)
    }

    @Test func `a call without a result gets one`() throws {
        let body =
            #"{"model":"m","input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"role":"user","content":"b"}]}"#
        let input = try #require(try send(body, .openAIResponses).root()["input"]?.elements.map { $0 })
        #expect(
            input.contains { $0["type"]?.equals("function_call_output") == true && $0["call_id"]?.equals("c1") == true }
        )
    }

    @Test(arguments: ["ultra", "max"]) func `the effort is one that the model has`(effort: String) throws {
        let body = #"{"model":"m","input":"a","reasoning":{"effort":"\#(effort)"}}"#
        var context = makeContext(.openAIResponses, .openAIResponses)
        var profile = TargetProfile(.openAIResponses)
        profile.efforts = [.low, .medium, .high]
        profile.becomeCodexBackend()
        let bytes = try RequestTranslator.translate(
            try json(body),
            profile: profile,
            context: &context,
            upstreamStreams: true
        )
        let reasoning = try JSONDocument.parse(bytes).root["reasoning"]
        #expect(reasoning?["effort"]?.string == "high" && reasoning?["summary"]?.string == "auto")
    }

    // MARK: - Answers

    private static let answer = """
        event: response.created
        data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","status":"in_progress","output":[]}}

        event: codex.rate_limits
        data: {"type":"codex.rate_limits","plan_type":"plus"}

        event: response.output_item.added
        data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","status":"in_progress","phase":"commentary","content":[]}}

        event: response.output_item.done
        data: {"type":"response.output_item.done","sequence_number":2,"output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","status":"completed","phase":"commentary","content":[{"type":"output_text","text":"I look.","annotations":[]}]}}

        event: response.output_item.added
        data: {"type":"response.output_item.added","sequence_number":3,"output_index":1,"item":{"type":"message","id":"msg_2","role":"assistant","status":"in_progress","content":[]}}

        event: response.output_item.done
        data: {"type":"response.output_item.done","sequence_number":4,"output_index":1,"item":{"type":"message","id":"msg_2","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Done.","annotations":[]}]}}

        event: response.completed
        data: {"type":"response.completed","sequence_number":5,"response":{"id":"resp_1","object":"response","status":"completed","model":"up-model","output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed","phase":"commentary","content":[{"type":"output_text","text":"I look.","annotations":[]}]},{"type":"message","id":"msg_2","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Done.","annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}}


        """

    @Test(arguments: Dialect.spoken, [true, false])
    func `T029: a client gets the answer without the model's comments, streamed or whole`(
        client: Dialect,
        streams: Bool
    ) throws {
        let first = client == .gemini ? #"{"contents":[{"parts":[{"text":"a"}]}]}"# : Self.plain(client)
        let sent = try send(first, client, streams: streams)
        let got = relay(Self.answer, sent.context) { $0 = .codexBackend }
        #expect(got.isComplete && got.failure == nil)
        #expect(got.out.contains("Done.") && !got.out.contains("I look.") && !got.out.contains("rate_limits"))
        #expect(got.usage.input == 3 && got.usage.output == 2)
    }

    private static func plain(_ client: Dialect) -> String {
        client == .openAIResponses
            ? #"{"model":"m","input":"a"}"#
            : #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}]}"#
    }
}
