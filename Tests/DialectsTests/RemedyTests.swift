import HTTPCore
import JSONCore
import Testing

@testable import Dialects

/// What a refused request becomes, and what refusals of each dialect say.
struct RemedyTests {
    private func remedy(
        _ message: String,
        _ sent: String,
        _ dialect: Dialect,
        client: Dialect = .openAIChat,
        status: Int = 400,
        param: String? = nil
    ) throws -> Remedy? {
        Remedy.find(
            for: Failure(.invalidRequest, message, status: status, param: param, cause: .status),
            sent: try json(sent),
            profile: TargetProfile(dialect),
            context: makeContext(client, dialect)
        )
    }

    private func body(_ remedy: Remedy, _ sent: String, _ dialect: Dialect) throws -> String? {
        var context = makeContext(.openAIChat, dialect)
        return remedy.body(from: try json(sent), context: &context).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: - Fields

    @Test(arguments: [
        (#"Unsupported parameter: 'seed' is not supported with this model."#, Remedy.without("seed")),
        ("Unknown parameter: 'seed'.", .without("seed")),
        (#"Invalid JSON payload received. Unknown name "seed": Cannot find field."#, .without("seed")),
        ("seed: Extra inputs are not permitted", .without("seed")),
        ("body.seed: Extra inputs are not permitted", .without("seed")),
        ("Unrecognized request argument supplied: reasoning_effort", .without("reasoning_effort")),
        ("reasoning_effort is not supported by this model.", .without("reasoning_effort")),
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            .newLimitName
        ),
        ("Unknown parameter: 'messages'.", nil), ("Unknown parameter: 'tools'.", nil),
        ("Unsupported: 'seed' and 'reasoning_effort'", nil), ("Unknown parameter: 'metadata'.", nil),
        ("seed must be a number", nil), ("unknown seed", nil), ("", nil),
    ])
    func `the one field that a provider does not know goes`(message: String, expected: Remedy?) throws {
        let sent = #"{"model":"m","messages":[],"tools":[],"seed":1,"reasoning_effort":"low","max_tokens":5}"#
        #expect(try remedy(message, sent, .openAIChat) == expected)
    }

    @Test func `a provider's param counts before its text, and only for what was sent`() throws {
        let sent = #"{"model":"m","messages":[],"temperature":1,"top_p":1}"#
        let message = "Unsupported value: 'temperature' does not support 1 together with 'top_p'"
        #expect(try remedy(message, sent, .openAIChat, param: "temperature") == .without("temperature"))
        #expect(try remedy(message, sent, .openAIChat, param: "messages") == nil)
        #expect(try remedy(message, sent, .openAIChat) == nil)
    }

    @Test func `among more members than any client sends none is looked for`() throws {
        func sent(_ count: Int) -> String {
            "{" + (["\"seed\":1"] + (1..<count).map { "\"m\($0)\":1" }).joined(separator: ",") + "}"
        }
        #expect(try remedy("Unknown parameter: 'seed'.", sent(200), .openAIChat) == .without("seed"))
        #expect(try remedy("Unknown parameter: 'seed'.", sent(201), .openAIChat) == nil)
        #expect(try remedy("Unknown parameter: 'seed'.", sent(201), .openAIChat, param: "seed") == nil)
    }

    @Test(arguments: [401, 403, 404, 429, 500])
    func `other statuses are no bad requests`(status: Int) throws {
        #expect(try remedy("Unknown parameter: 'seed'.", #"{"seed":1}"#, .openAIChat, status: status) == nil)
    }

    @Test func `a field that Anthropic demands stays`() throws {
        #expect(try remedy("max_tokens: unexpected value", #"{"max_tokens":1}"#, .anthropicMessages) == nil)
    }

    @Test func `Ollama's models that do not think are not told to`() throws {
        let said = #""llama3" does not support thinking"#
        #expect(try remedy(said, #"{"model":"llama3","think":true}"#, .ollama) == .without("think"))
        #expect(try remedy(said, #"{"model":"llama3"}"#, .ollama) == nil)
    }

    @Test func `a field that goes is a loss`() throws {
        var context = makeContext(.openAIChat, .openAIChat)
        let body = Remedy.without("seed").body(from: try json(#"{"model":"m","seed":1,"n":2}"#), context: &context)
        #expect(body.map { String(decoding: $0, as: UTF8.self) } == #"{"model":"m","n":2}"#)
        #expect(context.losses == [Loss(.field, "seed")])
        #expect(context.restarted.losses.isEmpty)
    }

    // MARK: - Reasoning

    @Test(arguments: [
        "messages.1.content.0: Invalid `signature` in `thinking` block", "Expected `thinking` or `redacted_thinking`",
        "Function call is missing a thought_signature in functionCall parts",
        "The encrypted content for item rs_1 could not be verified.",
    ])
    func `complaints about reasoning are known`(message: String) throws {
        #expect(try remedy(message, "{}", .anthropicMessages) == .withoutReasoning)
    }

    struct Row: Sendable {
        let dialect: Dialect
        let sent: String
        let body: String?
    }

    static let rows = [
        Row(
            dialect: .anthropicMessages,
            sent:
                #"{"thinking":{"type":"enabled"},"context_management":{},"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"redacted_thinking","data":"d"}]},{"role":"user","content":"u"}]}"#,
            body:
                #"{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"}]},{"role":"user","content":"u"}]}"#
        ),
        Row(dialect: .anthropicMessages, sent: #"{"messages":[{"role":"user","content":"u"}]}"#, body: nil),
        Row(
            dialect: .openAIResponses,
            sent:
                #"{"input":[{"type":"reasoning","id":"rs","encrypted_content":"e"},{"type":"function_call","id":"fc","call_id":"c"},"x"]}"#,
            body: #"{"input":[{"type":"function_call","call_id":"c"},"x"]}"#
        ),
        Row(dialect: .openAIResponses, sent: #"{"input":"text"}"#, body: nil),
        Row(
            dialect: .gemini,
            sent:
                #"{"contents":[{"role":"model","parts":[{"text":"t","thought":true},{"functionCall":{"name":"f"},"thoughtSignature":"s"},{"functionCall":{"name":"g"},"thoughtSignature":"s"}]},{"role":"model","parts":[{"text":"t","thought":true}]},{"role":"model","parts":[{"text":"a","thought_signature":"s"}]}]}"#,
            body:
                #"{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"g"}}]},{"role":"model","parts":[{"text":"a"}]}]}"#
        ),
        Row(
            dialect: .openAIChat,
            sent:
                #"{"messages":[{"role":"assistant","content":"a","reasoning_content":"r","tool_calls":[{"id":"1","extra_content":{}}]},7]}"#,
            body: #"{"messages":[{"role":"assistant","content":"a","tool_calls":[{"id":"1"}]},7]}"#
        ),
        Row(
            dialect: .ollama,
            sent: #"{"messages":[{"role":"assistant","content":"a","thinking":"t"}]}"#,
            body: #"{"messages":[{"role":"assistant","content":"a"}]}"#
        ),
        Row(dialect: .gemini, sent: #"{"contents":[1,{"parts":2},{"parts":["x",{"text":"y"}]}]}"#, body: nil),
        Row(dialect: .anthropicMessages, sent: #"{"messages":[1,{"content":[2,{"type":3}]}]}"#, body: nil),
        Row(dialect: .openAIChat, sent: #"{"messages":[{"tool_calls":[1,{"id":2}]}]}"#, body: nil),
    ]

    @Test(arguments: rows)
    func `reasoning of earlier turns goes`(row: Row) throws {
        #expect(try body(.withoutReasoning, row.sent, row.dialect) == row.body)
    }

    // MARK: - Schemas

    @Test func `Gemini's own schemas replace JSON schemas that it does not read`() throws {
        let sent = #"{"contents":[],"tools":[{"functionDeclarations":[{"parametersJsonSchema":{}}]}]}"#
        let said = #"Invalid value at 'tools[0].function_declarations[0].parameters_json_schema': unknown "oneOf""#
        #expect(try remedy(said, sent, .gemini) == .simpleSchemas)
        #expect(try remedy(said, sent, .gemini, client: .gemini) == nil, "a client's own schema is its own business")
        #expect(try remedy("Please use a valid role", sent, .gemini) == nil)
        #expect(try remedy(said, #"{"contents":[]}"#, .gemini) == nil)
        var profile = TargetProfile(.gemini)
        #expect(Remedy.simpleSchemas.adjust(&profile) && profile.schemaRule == .geminiSchema)
        #expect(!Remedy.withoutReasoning.adjust(&profile))
    }

    // MARK: - What upstreams say

    private func read(_ status: Int, _ body: String, _ dialect: Dialect) -> Failure {
        UpstreamError.read(status: status, headers: HTTPHeaders(), body: Array(body.utf8), dialect: dialect)
    }

    @Test func `Google's errors tell when to come back`() {
        let details = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"16.2s"}"#
        let body =
            #"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{},\#(details)]}}"#
        for form in [body, "[\(body)]"] {
            let failure = read(429, form, .gemini)
            #expect(failure.kind == .rateLimit && failure.retryAfter == 17 && failure.message == "Quota exceeded")
            #expect(failure.code == "RESOURCE_EXHAUSTED" && failure.origin == .gemini)
        }
        for delay in ["\"x\"", "\"-1s\"", "\"1e99s\"", "\"s\"", "7", "null"] {
            let odd = body.replacing("\"16.2s\"", with: delay)
            #expect(read(429, odd, .gemini).retryAfter == nil, "\(delay)")
        }
    }

    @Test func `a key that Google refuses with a 400 is a refused key`() {
        let body =
            #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#
        let failure = read(400, body, .gemini)
        #expect(failure.kind == .authentication && failure.status == 401)
        let place =
            #"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#
        #expect(read(400, place, .gemini).kind == .permission)
        let other = #"{"error":{"code":400,"message":"The file is not active","status":"FAILED_PRECONDITION"}}"#
        #expect(read(400, other, .gemini).kind == .invalidRequest)
    }

    @Test(arguments: [
        ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", Dialect.gemini),
        ("the input length exceeds the context length", .ollama),
    ])
    func `too long contexts in other words`(message: String, dialect: Dialect) {
        #expect(read(400, #"{"error":{"message":"\#(message)"}}"#, dialect).kind == .contextLength)
    }

    @Test func `Ollama's errors are one text`() throws {
        let missing = read(404, #"{"error":"model 'x' not found"}"#, .ollama)
        #expect(missing.kind == .notFound && missing.message == "model 'x' not found")
        let tools = read(400, #"{"error":"registry.ollama.ai/library/x does not support tools"}"#, .ollama)
        #expect(tools.kind == .unsupported)
        let line = try json(#"{"error":"an error was encountered while running the model"}"#)
        #expect(UpstreamError.inBody(line.root, dialect: .ollama)?.status == 502)
    }

    @Test func `an answer of Responses with no error is none`() throws {
        let done = try json(#"{"object":"response","error":null,"status":"completed","output":[]}"#)
        #expect(UpstreamError.inBody(done.root, dialect: .openAIResponses) == nil)
    }
}

/// Media that a target takes by upload only.
struct MediaFetchTests {
    private static let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private func chat(_ parts: String) -> String {
        #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[\#(parts)]}]}"#
    }

    private func image(_ url: String) -> String { #"{"type":"image_url","image_url":{"url":"\#(url)"}}"# }

    private func wanted(
        _ body: String,
        client: Dialect = .openAIChat,
        upstream: Dialect = .anthropicMessages,
        _ change: (inout TargetProfile) -> Void = { $0.imageURLs = false }
    ) throws -> [String] {
        var profile = TargetProfile(upstream)
        change(&profile)
        return RequestTranslator.mediaToFetch(
            try json(body),
            profile: profile,
            context: makeContext(client, upstream)
        )
    }

    @Test func `only what the target takes by upload is fetched, each once`() throws {
        let a = "https://h.example/a.png"
        let body = chat(
            "\(image(a)),\(image("http://h.example/b")),\(image(a)),\(image("https://generativelanguage.googleapis.com/v1beta/files/x"))"
        )
        let file = "https://generativelanguage.googleapis.com/v1beta/files/x"
        #expect(try wanted(body) == ["http://h.example/b", a, file])
        #expect(try wanted(body) { _ in }.isEmpty, "Anthropic takes URLs")
        #expect(try wanted(body, client: .openAIChat, upstream: .openAIChat).isEmpty)
        #expect(
            try wanted(body) { profile in
                profile.imageURLs = false
                profile.images = false
            }.isEmpty
        )
        let native = try wanted(body) { profile in
            profile.imageURLs = false
            profile.googleFiles = true
        }
        #expect(native == ["http://h.example/b", a], "what Google keeps itself is not fetched")
        #expect(try wanted(chat(#"{"type":"text","text":"\"http://x"}"#)).isEmpty)
        #expect(try wanted(#"{"messages":"http://x"}"#).isEmpty, "what is wrong is said by the translation")
    }

    @Test func `of too many the newest are fetched`() throws {
        let many = (0..<12).map { image("https://h.example/\($0)") }.joined(separator: ",")
        #expect(try wanted(chat(many)) == (4..<12).map { "https://h.example/\($0)" })
    }

    @Test func `documents by URL are fetched too`() throws {
        let body =
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://h.example/d.pdf"}}]}]}"#
        let urls = try wanted(body, client: .anthropicMessages, upstream: .openAIChat) { _ in }
        #expect(urls == ["https://h.example/d.pdf"])
    }

    @Test func `what was fetched stands in the request`() throws {
        let url = "https://h.example/a.jpg"
        var context = makeContext(.openAIChat, .anthropicMessages, streams: false)
        context.fetchedMedia[url] = FetchedMedia(Self.picture)
        var profile = TargetProfile(.anthropicMessages)
        profile.imageURLs = false
        let sent = try RequestTranslator.translate(
            try json(chat(image(url))),
            profile: profile,
            context: &context,
            upstreamStreams: false
        )
        let source = try JSONDocument.parse(sent).root["messages"]?.first?["content"]?.first?["source"]
        #expect(source?["type"]?.string == "base64" && source?["media_type"]?.string == "image/png")
        #expect(source?["data"]?.string == "iVBORw0KGgo=")
    }

    @Test func `what was not fetched is refused by its host alone`() throws {
        let error = #expect(throws: DialectError.self) {
            try translate(chat(image("https://u:p@h.example/secret?k=1")), .openAIChat, .anthropicMessages) {
                $0.imageURLs = false
            }
        }
        #expect(error?.message.contains("h.example") == true)
        #expect(error?.message.contains("secret") == false && error?.message.contains("u:p") == false)
    }

    @Test func `only pictures and PDF files are taken`() {
        #expect(FetchedMedia(Self.picture)?.type == "image/png")
        #expect(FetchedMedia(Array("%PDF-1.7".utf8))?.type == "application/pdf")
        #expect(FetchedMedia(Array("<html>".utf8)) == nil && FetchedMedia([]) == nil)
    }
}
