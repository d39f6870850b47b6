import Dialects
import HTTPCore
import Testing

@testable import Providers

struct UpstreamCallTests {
    @Test func `a plain OpenAI call`() throws {
        let call = try upstreamCall("openai", "gpt-4o")
        #expect(call.url == "https://api.openai.com/v1/chat/completions")
        #expect(call.dialect == .openAIChat && call.upstreamModel == "gpt-4o" && call.poolKey == "c1")
        #expect(call.headers["authorization"] == "Bearer sk-test")
        #expect(call.headers["accept"] == "application/json")
        #expect(call.headers["user-agent"] == "OmniRoute/1.2.3")
        #expect(!call.allowsPrivateAddresses && call.bodyRules.isEmpty)
        #expect(try UpstreamCallTests.stream().headers["Accept"] == "text/event-stream")
    }

    private static func stream() throws -> UpstreamCall { try upstreamCall("openai", "gpt-4o", stream: true) }

    @Test func `a plain Anthropic call`() throws {
        let call = try upstreamCall("anthropic", "claude-opus-4.7")
        #expect(call.url == "https://api.anthropic.com/v1/messages?beta=true")
        #expect(call.headers["x-api-key"] == "sk-test" && call.headers["authorization"] == nil)
        #expect(call.headers["anthropic-version"] == "2023-06-01")
        #expect(call.upstreamModel == "claude-opus-4-7", "Anthropic's own ids have dashes")
    }

    @Test func `the client's betas join the provider's without duplicates, at Anthropic only`() throws {
        let headers = [
            ("anthropic-beta", "files-api-2025-04-14, effort-2025-11-24"), ("anthropic-version", "2024-01-01"),
        ]
        let native = try upstreamCall("anthropic", "claude-opus-4.7", headers: headers)
        let betas = try #require(native.headers["anthropic-beta"]).split(separator: ",").map(String.init)
        #expect(betas.contains("files-api-2025-04-14"))
        #expect(betas.count { $0 == "effort-2025-11-24" } == 1)
        #expect(native.headers["anthropic-version"] == "2024-01-01")
        #expect(native.headers.values("anthropic-beta").count == 1)
        let foreign = try upstreamCall("minimax", "MiniMax-M2.5", headers: headers)
        #expect(foreign.headers["anthropic-beta"] == nil)
        #expect(foreign.headers["anthropic-version"] == "2023-06-01")
        let openAI = try upstreamCall("openai", "gpt-4o", headers: headers)
        #expect(openAI.headers["anthropic-beta"] == nil && openAI.headers["anthropic-version"] == nil)
    }

    @Test func `the long context of a model name becomes a beta where the model needs one`() throws {
        let long = try upstreamCall("anthropic", "claude-sonnet-4.5", longContext: true)
        #expect(long.headers["anthropic-beta"]?.contains("context-1m-2025-08-07") == true)
        let new = try upstreamCall("anthropic", "claude-fable-5", longContext: true)
        #expect(new.headers["anthropic-beta"]?.contains("context-1m") == false)
        let byConnection = try upstreamCall(
            "anthropic",
            "claude-sonnet-4.5",
            data: #"{"requestDefaults":{"context1m":true}}"#
        )
        #expect(byConnection.headers["anthropic-beta"]?.contains("context-1m") == true)
    }

    @Test func `a subscription token never travels as a key`() throws {
        let call = try upstreamCall("anthropic", "claude-opus-4.7", key: "sk-ant-oat01-x")
        #expect(call.headers["x-api-key"] == nil)
        #expect(call.headers["authorization"] == "Bearer sk-ant-oat01-x")
        #expect(call.headers["anthropic-beta"]?.contains("oauth-2025-04-20") == true)
    }

    @Test(arguments: [
        ("minimax", "MiniMax-M2.5", "authorization", "Bearer sk-test"), ("zai", "glm-5", "x-api-key", "sk-test"),
        ("clarifai", "m", "authorization", "Key sk-test"), ("reka", "reka-flash", "x-api-key", "sk-test"),
        ("pioneer", "m", "x-api-key", "sk-test"), ("kimi-coding-apikey", "kimi-k2.6", "x-api-key", "sk-test"),
        ("gitlawb-gmi", "anthropic/claude-opus-4.6", "x-api-key", "sk-test"),
        ("opencode-go", "minimax-m3", "x-api-key", "sk-test"),
        ("opencode-go", "glm-5", "authorization", "Bearer sk-test"),
    ])
    func `the credential goes where the provider reads it`(
        id: String,
        model: String,
        header: String,
        value: String
    ) throws {
        #expect(try upstreamCall(id, model).headers[header] == value)
    }

    @Test(arguments: [
        ("opencode-go", "minimax-m3", "https://opencode.ai/zen/go/v1/messages", Dialect.anthropicMessages),
        ("opencode-zen", "kimi-k2", "https://opencode.ai/zen/v1/chat/completions", .openAIChat),
        (
            "gitlawb-gmi", "anthropic/claude-opus-4.6", "https://opengateway.gitlawb.com/v1/gmi-cloud/messages",
            .anthropicMessages
        ),
        ("glm", "glm-5.2-max", "https://api.z.ai/api/anthropic/v1/messages?beta=true", .anthropicMessages),
        ("glm", "glm-5.2", "https://api.z.ai/api/coding/paas/v4/chat/completions", .openAIChat),
    ])
    func `a model with another format goes to that format's address`(
        id: String,
        model: String,
        url: String,
        dialect: Dialect
    ) throws {
        let call = try upstreamCall(id, model)
        #expect(call.url == url && call.dialect == dialect)
        #expect((call.headers["anthropic-version"] != nil) == (dialect == .anthropicMessages))
    }

    @Test(arguments: [
        ("codex", "gpt-5.5"), ("gemini-cli", "gemini-3-pro"), ("antigravity", "x"), ("kiro", "x"), ("cursor", "x"),
        ("vertex", "gemini-3.1-pro-preview"), ("nlpcloud", "x"), ("claude", "claude-opus-4-7"),
    ])
    func `what cannot be called is refused with a reason`(id: String, model: String) {
        let error = #expect(throws: CallError.self) { try upstreamCall(id, model) }
        #expect(error?.code == .unsupported && error?.description.isEmpty == false)
    }

    @Test func `the model id is sent as the provider wants it`() throws {
        #expect(try upstreamCall("fireworks", "kimi-k2p6").upstreamModel == "accounts/fireworks/models/kimi-k2p6")
        let routed = "accounts/fireworks/routers/x"
        #expect(try upstreamCall("fireworks", routed).upstreamModel == routed)
        #expect(try upstreamCall("synthetic", "syn:large:text").upstreamModel == "hf:zai-org/GLM-5.2")
        #expect(
            try upstreamCall("openrouter", "anthropic/claude-opus-4.7").upstreamModel == "anthropic/claude-opus-4.7"
        )
        #expect(try upstreamCall("glm", "glm-5.2-high").upstreamModel == "glm-5.2")
    }

    @Test(arguments: [
        ("xai", "grok-4.3-low", "grok-4.3", "low"), ("xai", "grok-4.3-xhigh", "grok-4.3", "xhigh"),
        ("xai", "grok-4.3", "grok-4.3", nil), ("opencode-zen", "deepseek-v4-pro-max", "deepseek-v4-pro", "max"),
        ("groq", "some-low", "some-low", nil),
    ])
    func `an effort suffix is cut where the provider has none`(
        id: String,
        model: String,
        sent: String,
        effort: String?
    ) throws {
        let call = try upstreamCall(id, model)
        #expect(call.upstreamModel == sent && call.bodyRules.effort == effort)
    }

    // MARK: - Base addresses

    @Test(arguments: [
        ("openai", "https://proxy.example", "https://proxy.example/v1/chat/completions"),
        ("openai", "https://proxy.example/openai/v1/", "https://proxy.example/openai/v1/chat/completions"),
        ("perplexity", "https://api.perplexity.ai", "https://api.perplexity.ai/chat/completions"),
        ("glm", "https://api.z.ai/api/coding/paas/v4", "https://api.z.ai/api/coding/paas/v4/chat/completions"),
        ("anthropic", "https://proxy.example", "https://proxy.example/v1/messages"),
        (
            "azure-openai", "https://r.openai.azure.com/openai/deployments/old/chat/completions?api-version=1",
            "https://r.openai.azure.com/openai/deployments/m%2F1/chat/completions?api-version=2024-12-01-preview"
        ),
        ("azure-ai", "https://r.services.ai.azure.com/", "https://r.services.ai.azure.com/openai/v1/chat/completions"),
        (
            "databricks", "https://w.cloud.databricks.com",
            "https://w.cloud.databricks.com/serving-endpoints/chat/completions"
        ),
        (
            "snowflake", "https://a.snowflakecomputing.com/api/v2/",
            "https://a.snowflakecomputing.com/api/v2/cortex/inference:complete"
        ),
        (
            "sap", "https://d.example/v2/inference/deployments/d1",
            "https://d.example/v2/inference/deployments/d1/chat/completions"
        ),
    ])
    func `a connection's base address replaces the catalogue's`(id: String, base: String, url: String) throws {
        #expect(try upstreamCall(id, "m/1", data: #"{"baseUrl":"\#(base)"}"#).url == url)
    }

    @Test func `placeholders are filled from the connection, escaped`() throws {
        let url = "https://api.cloudflare.com/client/v4/accounts/a%2F..%2Fb/ai/v1/chat/completions"
        #expect(try upstreamCall("cloudflare-ai", "m", data: #"{"accountId":"a/../b"}"#).url == url)
        #expect(
            try upstreamCall("azure-ai", "m", data: #"{"resource":"my-res"}"#).url
                == "https://my-res.services.ai.azure.com/openai/v1/chat/completions"
        )
        for bad in ["evil.com#", "a@b", "x/../", "a b", ""] {
            let error = #expect(throws: CallError.self) {
                try upstreamCall("azure-ai", "m", data: #"{"resource":"\#(bad)"}"#)
            }
            #expect(error?.code == .incomplete)
        }
        #expect(throws: CallError.self) { try upstreamCall("cloudflare-ai", "m") }
    }

    @Test(arguments: ["ftp://h.example", "https://a@h.example", "https://h.example:25", "http://169.254.169.254/v1"])
    func `a base address that no provider has is refused`(base: String) {
        let error = #expect(throws: CallError.self) {
            try upstreamCall("openai", "gpt-4o", data: #"{"baseUrl":"\#(base)"}"#)
        }
        #expect(error?.code == .refusedAddress)
    }

    @Test func `private addresses need permission`() throws {
        let base = #"{"baseUrl":"http://127.0.0.1:9000/v1"}"#
        let error = #expect(throws: CallError.self) { try upstreamCall("openai", "gpt-4o", data: base) }
        #expect(error?.code == .refusedAddress && error?.description.contains("allowPrivateNetwork") == true)
        let allowed = #"{"baseUrl":"http://127.0.0.1:9000/v1","allowPrivateNetwork":true}"#
        #expect(try upstreamCall("openai", "gpt-4o", data: allowed).allowsPrivateAddresses)
        for variables in [["OMNIROUTE_ALLOW_PRIVATE_PROVIDER_URLS": "true"], ["OUTBOUND_SSRF_GUARD_ENABLED": "false"]] {
            #expect(try upstreamCall("openai", "gpt-4o", data: base, environment: variables).allowsPrivateAddresses)
        }
        #expect(try upstreamCall("ollama-local", "llama3", key: nil).allowsPrivateAddresses)
        #expect(
            try !upstreamCall("openai", "gpt-4o", environment: ["OUTBOUND_SSRF_GUARD_ENABLED": ""])
                .allowsPrivateAddresses
        )
    }

    // MARK: - Headers

    @Test func `custom headers cannot replace the credential or the transport's headers`() throws {
        let data =
            #"{"customHeaders":{"X-Team":"a","Authorization":"Bearer evil","host":"evil","Proxy-X":"y","#
            + #""bad name":"z","X-Line":"a\r\nb","Content-Length":"9","x-team":"b"}}"#
        let headers = try upstreamCall("openai", "gpt-4o", data: data).headers
        #expect(headers.values("x-team") == ["b"])
        #expect(headers["authorization"] == "Bearer sk-test")
        for name in ["host", "proxy-x", "bad name", "x-line", "content-length"] { #expect(headers[name] == nil) }
    }

    @Test func `the user agent can be set per connection and per provider`() throws {
        let data = #"{"customUserAgent":"Mine/1"}"#
        #expect(try upstreamCall("openai", "gpt-4o", data: data).headers["user-agent"] == "Mine/1")
        let environment = ["GITHUB_MODELS_USER_AGENT": "Env/2"]
        let call = try upstreamCall("github-models", "openai/gpt-4o", data: data, environment: environment)
        #expect(call.headers["user-agent"] == "Env/2")
        #expect(call.headers["accept"] == "application/vnd.github+json", "the provider's own header wins")
    }

    @Test func `catalogue headers are filled in, optional ones left out`() throws {
        let openRouter = try upstreamCall("openrouter", "auto")
        #expect(openRouter.headers["X-Title"] == "OmniRoute" && openRouter.headers["HTTP-Referer"] != nil)
        #expect(try upstreamCall("oci", "m").headers["OpenAI-Project"] == nil)
        #expect(try upstreamCall("oci", "m", data: #"{"projectId":"p1"}"#).headers["OpenAI-Project"] == "p1")
        let sap = #"{"deploymentUrl":"https://d.example"}"#
        #expect(try upstreamCall("sap", "m", data: sap).headers["AI-Resource-Group"] == "default")
    }

    @Test func `no header occurs twice, whatever its spelling`() throws {
        for provider in catalogue.all where provider.isSupported && provider.format == .claude {
            let headers = try upstreamCall(provider.id, "m").headers.fields.map { $0.name.lowercased() }
            #expect(Set(headers).count == headers.count, "\(provider.id)")
        }
    }

    @Test func `the kind of a Snowflake token is told apart`() throws {
        let data = #"{"account":"acc"}"#
        let token = try upstreamCall("snowflake", "m", key: "pat/abc", data: data).headers
        #expect(token["authorization"] == "Bearer abc")
        #expect(token["x-snowflake-authorization-token-type"] == "PROGRAMMATIC_ACCESS_TOKEN")
        let pair = try upstreamCall("snowflake", "m", key: "jwt", data: data).headers
        #expect(pair["x-snowflake-authorization-token-type"] == "KEYPAIR_JWT")
    }

    @Test func `a missing or malformed key is said before the call`() {
        for key in [nil, "", "a\r\nX: y"] {
            let error = #expect(throws: CallError.self) { try upstreamCall("openai", "gpt-4o", key: key) }
            #expect(error?.code == .incomplete)
        }
        #expect(throws: Never.self) { try upstreamCall("llm7", "m", key: nil) }
    }

    @Test func `extra keys take turns`() throws {
        let data = #"{"extraApiKeys":["k2","k3"]}"#
        let sent = try (0..<4).map {
            try upstreamCall("openai", "gpt-4o", key: "k1", data: data, turn: $0).headers["authorization"]
        }
        #expect(sent == ["Bearer k1", "Bearer k2", "Bearer k3", "Bearer k1"])
    }

    // MARK: - Limits and other calls

    @Test func `limits come from the environment and the service`() throws {
        #expect(try upstreamCall("glm", "glm-5").timeouts.headers == .milliseconds(3_000_000))
        let variables = [
            "FETCH_TIMEOUT_MS": "5000", "FETCH_CONNECT_TIMEOUT_MS": "0", "STREAM_READINESS_TIMEOUT_MS": "x",
        ]
        let timeouts = try upstreamCall("openai", "gpt-4o", environment: variables).timeouts
        #expect(timeouts.headers == .seconds(5) && timeouts.connect == nil && timeouts.readiness == .seconds(80))
    }

    @Test func `token counts are asked where the target counts`() throws {
        let account = UpstreamAccount(id: "c1", credential: "k")
        let request = CallRequest(model: "claude-opus-4.7", stream: true)
        let native = try builder().countTokens(.provider(provider("anthropic")), account: account, request: request)
        #expect(native?.url == "https://api.anthropic.com/v1/messages/count_tokens?beta=true")
        #expect(native?.headers["accept"] == "application/json")
        let data = options(#"{"baseUrl":"https://p.example"}"#)
        let proxied = UpstreamAccount(id: "c1", credential: "k", options: data)
        let other = try builder().countTokens(.provider(provider("anthropic")), account: proxied, request: request)
        #expect(other?.url == "https://p.example/v1/messages/count_tokens")
        let openAI = CallRequest(model: "gpt-4o", stream: false)
        let counted = try builder().countTokens(.provider(provider("openai")), account: account, request: openAI)
        #expect(counted?.url == "https://api.openai.com/v1/responses/input_tokens")
        #expect(counted?.dialect == .openAIResponses)
        // The look-alike beside a base address of the user's own may not have it.
        #expect(try builder().countTokens(.provider(provider("openai")), account: proxied, request: openAI) == nil)
        let groq = CallRequest(model: "m", stream: false)
        #expect(try builder().countTokens(.provider(provider("groq")), account: account, request: groq) == nil)
        let gemini = CallRequest(model: "gemini-2.5-pro", stream: true)
        let google = try builder().countTokens(.provider(provider("gemini")), account: account, request: gemini)
        #expect(
            google?.url == "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:countTokens"
        )
    }

    @Test func `model lists are asked at the vendor, or beside the base address`() throws {
        let account = UpstreamAccount(id: "c1", credential: "k")
        let list = try builder().modelsList(.provider(provider("anthropic")), account: account)
        #expect(list?.url == "https://api.anthropic.com/v1/models" && list?.headers["x-api-key"] == "k")
        let data = options(#"{"baseUrl":"https://p.example/v1"}"#)
        let proxied = try builder().modelsList(
            .provider(provider("openai")),
            account: UpstreamAccount(id: "c1", credential: "k", options: data)
        )
        #expect(proxied?.url == "https://p.example/v1/models")
        #expect(try builder().modelsList(.provider(provider("azure-ai")), account: account) == nil)
    }
}

struct UpstreamNodeTests {
    private func nodeCall(
        _ node: UpstreamNode,
        key: String? = "k",
        data: String = #"{"allowPrivateNetwork":true}"#,
        headers: [(String, String)] = []
    ) throws -> UpstreamCall {
        try builder().chat(
            .node(node),
            account: UpstreamAccount(id: "n1", credential: key, options: options(data)),
            request: CallRequest(model: "org/model", stream: false, clientHeaders: HTTPHeaders(headers))
        )
    }

    private let openAI = UpstreamNode(
        id: "openai-compatible-chat-1",
        prefix: "mine",
        dialect: .openAIChat,
        baseURL: "http://localhost:9000/v1"
    )
    private let anthropic = UpstreamNode(
        id: "anthropic-compatible-1",
        prefix: "ant",
        dialect: .anthropicMessages,
        baseURL: "https://h.example/v1",
        customHeaders: ["X-Own": "1"]
    )

    @Test func `an OpenAI-compatible node`() throws {
        let call = try nodeCall(openAI)
        #expect(call.url == "http://localhost:9000/v1/chat/completions" && call.upstreamModel == "org/model")
        #expect(call.headers["authorization"] == "Bearer k" && call.allowsPrivateAddresses)
        #expect(call.profile.jsonSchema, "nothing is held back from a server of the user's own")
        #expect(throws: CallError.self) { try nodeCall(openAI, data: "{}") }
        #expect(try nodeCall(openAI, key: nil).headers["authorization"] == nil)
    }

    @Test func `an Anthropic-compatible node gets the key in both places, Anthropic itself in one`() throws {
        let foreign = try nodeCall(anthropic, headers: [("anthropic-beta", "x-1")])
        #expect(foreign.headers["x-api-key"] == "k" && foreign.headers["authorization"] == "Bearer k")
        #expect(foreign.headers["anthropic-version"] == "2023-06-01" && foreign.headers["anthropic-beta"] == nil)
        #expect(foreign.headers["x-own"] == "1")
        let native = UpstreamNode(
            id: anthropic.id,
            prefix: anthropic.prefix,
            dialect: .anthropicMessages,
            baseURL: "https://api.anthropic.com/v1",
            customHeaders: anthropic.customHeaders
        )
        let call = try nodeCall(native, headers: [("anthropic-beta", "x-1")])
        #expect(call.headers["authorization"] == nil && call.headers["anthropic-beta"] == "x-1")
    }

    @Test func `own paths are used as they are`() throws {
        let node = UpstreamNode(
            id: openAI.id,
            prefix: openAI.prefix,
            dialect: .openAIChat,
            baseURL: openAI.baseURL,
            chatPath: "/api/chat",
            modelsPath: "/api/list"
        )
        #expect(try nodeCall(node).url == "http://localhost:9000/v1/api/chat")
        let account = UpstreamAccount(id: "n1", credential: "k", options: options(#"{"allowPrivateNetwork":true}"#))
        #expect(try builder().modelsList(.node(node), account: account)?.url == "http://localhost:9000/v1/api/list")
        #expect(try builder().modelsList(.node(openAI), account: account)?.url == "http://localhost:9000/v1/models")
    }
}
