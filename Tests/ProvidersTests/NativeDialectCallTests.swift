import Dialects
import HTTPCore
import Testing

@testable import Providers

/// Calls to Gemini, to Ollama's own API and to OpenAI's Responses.
struct NativeDialectCallTests {
    private static let google = "https://generativelanguage.googleapis.com/v1beta/models/"

    // MARK: - Gemini

    @Test func `the address of a Gemini call says whether a stream is wanted, whatever was asked before`() throws {
        let builder = builder()
        let account = UpstreamAccount(id: "c1", credential: "AIza-test")
        func call(stream: Bool) throws -> UpstreamCall {
            let request = CallRequest(model: "gemini-2.5-flash", stream: stream)
            return try builder.chat(.provider(provider("gemini")), account: account, request: request)
        }
        for stream in [false, true, false, true] {
            let action = stream ? "streamGenerateContent?alt=sse" : "generateContent"
            let call = try call(stream: stream)
            #expect(call.url == Self.google + "gemini-2.5-flash:" + action)
            #expect(call.dialect == .gemini && call.upstreamModel == "gemini-2.5-flash")
            #expect(call.headers["accept"] == (stream ? "text/event-stream" : "application/json"))
            #expect(call.headers["x-goog-api-key"] == "AIza-test" && call.headers["authorization"] == nil)
            #expect(call.keepsBody, "a body of Gemini's has neither model nor stream")
        }
    }

    @Test func `an access token of Google's travels as a bearer`() throws {
        let call = try upstreamCall("gemini", "gemini-2.5-pro", key: "ya29.token")
        #expect(call.headers["authorization"] == "Bearer ya29.token" && call.headers["x-goog-api-key"] == nil)
    }

    @Test func `model names are escaped, and lose the word that the path has already`() throws {
        #expect(try upstreamCall("gemini", "models/gemini-2.5-pro").upstreamModel == "gemini-2.5-pro")
        let odd = try upstreamCall("gemini", "a/b?c:d")
        #expect(odd.url == Self.google + "a%2Fb%3Fc%3Ad:generateContent")
    }

    @Test(arguments: [
        "https://h.example", "https://h.example/", "https://h.example/v1beta", "https://h.example/v1beta/models",
        "https://h.example/v1beta/models/gemini-x:generateContent",
    ])
    func `base addresses of Gemini`(base: String) throws {
        let url = try upstreamCall("gemini", "m", data: #"{"baseUrl":"\#(base)"}"#).url
        #expect(url == "https://h.example/v1beta/models/m:generateContent")
    }

    @Test func `versions and queries of a base address stay`() throws {
        func address(_ base: String, streams: Bool) throws -> String {
            try ChatAddress.chat(base: base, dialect: .gemini, model: "m", streams: streams).text
        }
        #expect(try address("https://h.example/v1", streams: false) == "https://h.example/v1/models/m:generateContent")
        #expect(
            try address("https://h.example/p?x=1&alt=json", streams: true)
                == "https://h.example/p/v1beta/models/m:streamGenerateContent?x=1&alt=sse"
        )
    }

    @Test func `Gemini's imitation of OpenAI's API is spoken to as such`() throws {
        let data = #"{"baseUrl":"https://generativelanguage.googleapis.com/v1beta/openai/"}"#
        let call = try upstreamCall("gemini", "gemini-2.5-pro", data: data)
        #expect(call.url == "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions")
        #expect(call.dialect == .openAIChat && call.headers["authorization"] == "Bearer sk-test")
    }

    // MARK: - Ollama

    @Test func `Ollama on this machine is spoken to in its own dialect`() throws {
        let call = try upstreamCall("ollama-local", "llama3", key: nil, stream: true)
        #expect(call.url == "http://localhost:11434/api/chat" && call.dialect == .ollama)
        #expect(call.headers["accept"] == "application/x-ndjson" && call.headers["authorization"] == nil)
        #expect(call.allowsPrivateAddresses && call.keepsBody)
    }

    @Test func `Ollama's cloud wants a key`() throws {
        let call = try upstreamCall("ollama-cloud", "gpt-oss:120b")
        #expect(call.url == "https://ollama.com/api/chat" && call.dialect == .ollama)
        #expect(call.headers["authorization"] == "Bearer sk-test")
        #expect(throws: CallError.self) { try upstreamCall("ollama-cloud", "gpt-oss:120b", key: nil) }
    }

    @Test(arguments: [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/api/chat", Dialect.ollama),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/api/chat", .ollama),
        ("http://127.0.0.1:11434/api", "http://127.0.0.1:11434/api/chat", .ollama),
        ("http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434/api/chat", .ollama),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/chat/completions", .openAIChat),
        ("http://127.0.0.1:11434/v1/chat/completions", "http://127.0.0.1:11434/v1/chat/completions", .openAIChat),
    ])
    func `base addresses of Ollama`(base: String, url: String, dialect: Dialect) throws {
        let call = try upstreamCall("ollama-local", "llama3", key: nil, data: #"{"baseUrl":"\#(base)"}"#)
        #expect(call.url == url && call.dialect == dialect)
    }

    // MARK: - Responses

    @Test(arguments: [
        ("openai", "gpt-5.5-pro", "https://api.openai.com/v1/responses"),
        ("openai", "gpt-9-pro", "https://api.openai.com/v1/responses"),
        ("openai", "gpt-5.1-codex-max", "https://api.openai.com/v1/responses"),
        ("openai", "o4-mini-deep-research", "https://api.openai.com/v1/responses"),
        ("xai", "grok-4.20-multi-agent-0309", "https://api.x.ai/v1/responses"),
    ])
    func `models that only Responses has`(id: String, model: String, url: String) throws {
        let call = try upstreamCall(id, model)
        #expect(call.url == url && call.dialect == .openAIResponses)
        #expect(call.headers["authorization"] == "Bearer sk-test")
    }

    @Test func `a client of Responses is served in Responses where the provider has them`() throws {
        func dialect(_ id: String, client: Dialect?, data: String = "{}") throws -> Dialect {
            try builder().chat(
                .provider(provider(id)),
                account: UpstreamAccount(id: "c", credential: "k", options: options(data)),
                request: CallRequest(model: "m", stream: false, clientDialect: client)
            ).dialect
        }
        #expect(try dialect("openai", client: .openAIResponses) == .openAIResponses)
        #expect(try dialect("openai", client: .openAIChat) == .openAIChat)
        #expect(try dialect("openai", client: nil) == .openAIChat)
        #expect(try dialect("groq", client: .openAIResponses) == .openAIChat)
        let proxy = #"{"baseUrl":"https://h.example/v1"}"#
        #expect(try dialect("openai", client: .openAIResponses, data: proxy) == .openAIChat)
    }

    @Test(arguments: [
        (#"{"baseUrl":"https://h.example/v1","apiFormat":"responses"}"#, "https://h.example/v1/responses"),
        (#"{"baseUrl":"https://h.example/v1/responses"}"#, "https://h.example/v1/responses"),
        (
            #"{"baseUrl":"https://h.example/v1/chat/completions","apiFormat":"responses"}"#,
            "https://h.example/v1/responses"
        ),
        (#"{"modelFormats":{"gpt-4*":"responses"}}"#, "https://api.openai.com/v1/responses"),
        (#"{"modelFormats":{"gpt-5*":"responses","x":7}}"#, "https://api.openai.com/v1/chat/completions"),
        (#"{"apiFormat":"responses","modelFormats":{"*":"chat"}}"#, "https://api.openai.com/v1/chat/completions"),
        (#"{"apiFormat":"embeddings"}"#, "https://api.openai.com/v1/chat/completions"),
    ])
    func `a connection can choose between OpenAI's two dialects`(data: String, url: String) throws {
        let call = try upstreamCall("openai", "gpt-4o", data: data)
        #expect(call.url == url)
        #expect(call.dialect == (url.hasSuffix("/responses") ? .openAIResponses : .openAIChat))
    }

    @Test func `other dialects are not the connection's to choose`() throws {
        #expect(try upstreamCall("gemini", "m", data: #"{"apiFormat":"responses"}"#).dialect == .gemini)
        #expect(try upstreamCall("anthropic", "m", data: #"{"apiFormat":"chat"}"#).dialect == .anthropicMessages)
    }

    @Test(arguments: [
        (Dialect.openAIChat, "{}", nil, "https://h.example/v1/chat/completions"),
        (.openAIResponses, "{}", nil, "https://h.example/v1/responses"),
        (.openAIChat, #"{"apiFormat":"responses"}"#, "/own", "https://h.example/v1/responses"),
        (.openAIResponses, "{}", "/own", "https://h.example/v1/own"),
        (.openAIResponses, #"{"modelFormats":{"m":"chat"}}"#, nil, "https://h.example/v1/chat/completions"),
    ])
    func `a node of OpenAI's format`(dialect: Dialect, data: String, path: String?, url: String) throws {
        let node = UpstreamNode(
            id: "n",
            prefix: "n",
            dialect: dialect,
            baseURL: "https://h.example/v1",
            chatPath: path
        )
        let account = UpstreamAccount(id: "c", credential: "k", options: options(data))
        let call = try builder().chat(.node(node), account: account, request: CallRequest(model: "m", stream: false))
        #expect(call.url == url && call.headers["authorization"] == "Bearer k")
    }

    @Test func `an effort of the connection goes where Responses has it`() throws {
        let data = #"{"requestDefaults":{"reasoningEffort":"high","serviceTier":"fast"}}"#
        let rules = try upstreamCall("openai", "gpt-5.5-pro", data: data).bodyRules
        func sent(_ body: String) throws -> String {
            String(decoding: try rules.apply(to: Array(body.utf8), stream: false), as: UTF8.self)
        }
        #expect(
            try sent(#"{"a":1}"#) == #"{"a":1,"service_tier":"priority","reasoning":{"effort":"high"}}"#
        )
        #expect(
            try sent(#"{"reasoning":{"summary":"auto"},"service_tier":"flex"}"#)
                == #"{"reasoning":{"summary":"auto","effort":"high"},"service_tier":"flex"}"#
        )
        let stated = #"{"reasoning":{"effort":"low"},"service_tier":"flex"}"#
        #expect(try sent(stated) == stated)
        #expect(try upstreamCall("openai", "gpt-5.5-pro").keepsBody)
    }

    // MARK: - Model lists

    @Test(arguments: [
        ("gemini", "{}", "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000", Dialect.gemini),
        ("gemini", #"{"baseUrl":"https://h.example"}"#, "https://h.example/v1beta/models?pageSize=1000", .gemini),
        ("ollama-local", "{}", "http://localhost:11434/api/tags", .ollama),
        ("ollama-local", #"{"baseUrl":"http://127.0.0.1:9999/api"}"#, "http://127.0.0.1:9999/api/tags", .ollama),
        ("ollama-local", #"{"baseUrl":"http://127.0.0.1:9999/v1"}"#, "http://127.0.0.1:9999/v1/models", .openAIChat),
        ("ollama-cloud", "{}", "https://ollama.com/api/tags", .ollama),
        ("openai", #"{"baseUrl":"https://h.example/v1/responses"}"#, "https://h.example/v1/models", .openAIResponses),
    ])
    func `model lists`(id: String, data: String, url: String, dialect: Dialect) throws {
        let account = UpstreamAccount(id: "c", credential: "k", options: options(data))
        let query = try #require(try builder().modelsList(.provider(provider(id)), account: account))
        #expect(query.url == url && query.dialect == dialect)
        let header = dialect == .gemini ? "x-goog-api-key" : "authorization"
        #expect(query.headers[header] == (dialect == .gemini ? "k" : "Bearer k"))
    }
}
