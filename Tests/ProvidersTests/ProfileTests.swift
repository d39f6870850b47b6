import Dialects
import JSONCore
import Testing

@testable import Providers

struct ProfileTests {
    private func profile(_ id: String, _ model: String) throws -> TargetProfile { try upstreamCall(id, model).profile }

    @Test func `OpenAI's reasoning models`() throws {
        for model in ["o3", "o4-mini", "gpt-5.5", "gpt-5-mini"] {
            let profile = try profile("openai", model)
            #expect(profile.maxTokensField == .maxCompletionTokens && !profile.samplingAllowed, "\(model)")
            #expect(profile.developerRole && profile.nativeExtras)
        }
        let chat = try profile("openai", "gpt-5-chat-latest")
        #expect(chat.samplingAllowed && chat.maxTokensField == .maxCompletionTokens)
        let old = try profile("openai", "gpt-4o")
        #expect(old.samplingAllowed && old.maxTokensField == .maxTokens && old.reasoningStyle == .none)
        #expect(try profile("groq", "openai/gpt-oss-120b").maxTokensField == .maxTokens)
    }

    @Test(arguments: [
        ("openai", "gpt-4o", 16_384), ("openai", "gpt-4.1", 16_384), ("openai", "gpt-5.5", 128_000),
        ("groq", "anything", 16_384), ("anthropic", "claude-opus-4.7", 128_000),
        ("anthropic", "claude-unknown", 65_536),
        ("openrouter", "some/model", nil), ("together", "some-model", 32_000),
        ("mistral", "mistral-large-latest", 32_000), ("ollama-local", "llama3", nil),
        ("volcengine", "kimi-k2-5-260127", 32_768),
    ])
    func `output limits`(id: String, model: String, limit: Int?) throws {
        #expect(try profile(id, model).maxOutput == limit)
    }

    @Test(arguments: [
        ("cerebras", "m", "client_metadata"), ("mistral", "m", "client_metadata"), ("nvidia", "m", "client_metadata"),
        ("groq", "m", "logprobs"), ("groq", "m", "logit_bias"), ("nvidia", "z-ai/glm-5.2", "reasoning"),
        ("nvidia", "minimaxai/minimax-m2.7", "thinking"), ("kimi", "kimi-k2.7-code", "top_p"),
        ("anthropic", "claude-opus-4.7", "temperature"), ("anthropic", "claude-opus-4-5-20251101", "temperature"),
        ("openai", "o3", "n"), ("groq", "m", "prompt_cache_retention"), ("xai", "grok-build-0.1", "reasoning_effort"),
    ])
    func `fields that are refused are removed`(id: String, model: String, field: String) throws {
        #expect(try profile(id, model).stripFields.contains(field))
    }

    @Test func `fields that are welcome stay`() throws {
        #expect(try !profile("openai", "gpt-4o").stripFields.contains("prompt_cache_retention"))
        #expect(try !profile("anthropic", "claude-sonnet-4.5").stripFields.contains("temperature"))
        #expect(try !profile("xai", "grok-4.3").stripFields.contains("reasoning_effort"))
    }

    @Test func `thinking of Claude models follows their version`() throws {
        for spelling in ["claude-opus-4.7", "claude-opus-4-7", "claude-sonnet-5", "claude-fable-5"] {
            let profile = try profile("anthropic", spelling)
            #expect(profile.reasoningStyle == .anthropicAdaptive && !profile.prefill, "\(spelling)")
            #expect(!profile.samplingAllowed && profile.jsonSchema)
        }
        let sonnet = try profile("anthropic", "claude-sonnet-4-5-20250929")
        #expect(
            sonnet.reasoningStyle == .anthropicBudget && sonnet.prefill && !sonnet.tempAndTopP && sonnet.samplingAllowed
        )
        let old = try profile("anthropic", "claude-3-5-haiku-20241022")
        #expect(old.reasoningStyle == .none && old.tempAndTopP && !old.jsonSchema)
        #expect(try profile("anthropic", "claude-3-7-sonnet-20250219").reasoningStyle == .anthropicBudget)
    }

    @Test func `imitations of Anthropic's API promise less`() throws {
        let minimax = try profile("minimax", "MiniMax-M2.5")
        #expect(!minimax.jsonSchema && !minimax.serviceTiers && !minimax.pdf)
        let native = try profile("anthropic", "claude-opus-4.7")
        #expect(native.serviceTiers && native.pdf)
    }

    @Test func `reasoning of earlier turns is replayed where it must be`() throws {
        #expect(try profile("deepseek", "deepseek-v4-pro").reasoningReplay == .required)
        #expect(try profile("deepseek", "deepseek-reasoner").reasoningReplay == .forbidden)
        #expect(try profile("mistral", "m").reasoningReplay == .forbidden)
        #expect(try profile("openrouter", "x/y").reasoningReplay == .optional)
        #expect(try profile("xiaomi-mimo", "mimo-v2").missingReasoning == " ")
        #expect(try profile("sensenova", "glm-5.2").reasoningReplay == .required)
        #expect(try profile("moonshot", "kimi-k2-thinking").reasoningReplay == .required)
    }

    @Test func `styles of reasoning`() throws {
        #expect(try profile("openrouter", "x/y").reasoningStyle == .openRouter)
        #expect(try profile("alibaba", "qwen3-max").reasoningStyle == .enableThinking)
        #expect(try profile("glm", "glm-5").reasoningStyle == .thinkingType)
        #expect(try profile("xai", "grok-4.3").reasoningStyle == .effortNoNone)
        #expect(try profile("xai", "grok-build-0.1").reasoningStyle == .none)
        #expect(try profile("ollama-local", "llama3").reasoningStyle == .none)
        #expect(try profile("deepseek", "deepseek-v4-pro").efforts == [.high, .max])
    }

    @Test func `a connection can switch usage in streams off`() throws {
        #expect(try profile("openai", "gpt-4o").usageInStream)
        #expect(try !upstreamCall("openai", "gpt-4o", data: #"{"disableStreamOptions":true}"#).profile.usageInStream)
        #expect(try profile("openai", "gpt-4o").usageInStream, "the shared profile is untouched")
    }

    @Test func `every rule applies to something, and rule names are unique`() {
        var used: Set<String> = []
        for provider in catalogue.all {
            for dialect in Dialect.allCases {
                let models = (provider.chat.map { $0.models.map(\.id) } ?? []) + Self.outsideCatalogue
                for model in models {
                    used.formUnion(
                        ProfileRules.names(for: ProfileSubject(provider: provider, model: model, dialect: dialect))
                    )
                }
            }
        }
        #expect(Set(ProfileRules.all.map(\.name)) == used)
        #expect(used.count == ProfileRules.all.count)
    }

    /// Models that rules name and no provider of the catalogue lists.
    private static let outsideCatalogue = [
        "gpt-4o-audio-preview", "gpt-4o-search-preview", "claude-3-haiku-20240307", "claude-opus-4-1",
        "kimi-k2-5-260127",
        "mimo-v2", "deepseek-r1", "glm-5.2", "minimax-m2.7", "qwen3-32b", "gemini-2.0-flash", "gemma-3-27b-it",
        "gemini-2.5-flash-image", "gpt-oss:20b",
    ]
}

struct BodyRulesTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let provider: String
        let model: String
        var data = "{}"
        let body: String
        let sent: String
    }

    static let rows = [
        Row(
            testDescription: "GLM gets a limit",
            provider: "glm",
            model: "glm-5",
            body: #"{"a":1}"#,
            sent: #"{"a":1,"max_tokens":16384}"#
        ),
        Row(
            testDescription: "GLM 5.2 gets more room",
            provider: "glm",
            model: "glm-5.2",
            body: #"{"a":1}"#,
            sent: #"{"a":1,"max_tokens":131072}"#
        ),
        Row(
            testDescription: "a stated limit stays",
            provider: "glm",
            model: "glm-5",
            body: #"{"max_tokens":5}"#,
            sent: #"{"max_tokens":5}"#
        ),
        Row(
            testDescription: "GLM streams calls",
            provider: "glm",
            model: "glm-5",
            body: #"{"max_tokens":5,"tools":[{}]}"#,
            sent: #"{"max_tokens":5,"tools":[{}],"tool_stream":true}"#
        ),
        Row(
            testDescription: "GLM thinking profile",
            provider: "glmt",
            model: "glm-4.6",
            body: #"{"max_tokens":5}"#,
            sent: #"{"max_tokens":5,"temperature":0.2,"thinking":{"type":"adaptive","budget_tokens":24576}}"#
        ),
        Row(
            testDescription: "virtual GLM model",
            provider: "glm",
            model: "glm-5.2-max",
            body: #"{"max_tokens":5}"#,
            sent: #"{"max_tokens":5,"effort":"max","thinking":{"type":"enabled"}}"#
        ),
        Row(
            testDescription: "DeepSeek effort names",
            provider: "deepseek",
            model: "deepseek-v4-pro",
            body: #"{"reasoning_effort":"xhigh"}"#,
            sent: #"{"reasoning_effort":"max"}"#
        ),
        Row(
            testDescription: "suffix wins over the client's effort",
            provider: "xai",
            model: "grok-4.3-high",
            body: #"{"reasoning_effort":"low"}"#,
            sent: #"{"reasoning_effort":"high"}"#
        ),
        Row(
            testDescription: "connection defaults fill gaps",
            provider: "openai",
            model: "gpt-5.5",
            data: #"{"requestDefaults":{"reasoningEffort":"low","serviceTier":"fast"}}"#,
            body: #"{"a":1}"#,
            sent: #"{"a":1,"service_tier":"priority","reasoning_effort":"low"}"#
        ),
        Row(
            testDescription: "Kimi Code keeps thinking",
            provider: "kimi-coding-apikey",
            model: "kimi-k2.6",
            body: #"{"thinking":{"type":"enabled"}}"#,
            sent: #"{"thinking":{"type":"enabled","keep":null}}"#
        ),
        Row(
            testDescription: "Kimi Code without thinking",
            provider: "kimi-coding-apikey",
            model: "kimi-k2.6",
            body: #"{"a":1}"#,
            sent: #"{"a":1,"thinking":{"type":"enabled","keep":null}}"#
        ),
        Row(
            testDescription: "Pollinations JSON mode",
            provider: "pollinations",
            model: "m",
            body: #"{"response_format":{"type":"json_object"}}"#,
            sent: #"{"response_format":{"type":"json_object"},"jsonMode":true}"#
        ),
        Row(
            testDescription: "Pollinations text mode",
            provider: "pollinations",
            model: "m",
            body: #"{"response_format":{"type":"text"}}"#,
            sent: #"{"response_format":{"type":"text"}}"#
        ),
        Row(
            testDescription: "Cloudflare text",
            provider: "cloudflare-ai",
            model: "m",
            data: #"{"accountId":"a"}"#,
            body:
                #"{"messages":[{"role":"user","content":[{"type":"text","text":"a\u00e9"},{"type":"text","text":"b"}]}]}"#,
            sent: #"{"messages":[{"role":"user","content":"a\u00e9\nb"}]}"#
        ),
    ]

    @Test(arguments: rows) func `bodies are adjusted`(row: Row) throws {
        let rules = try upstreamCall(row.provider, row.model, data: row.data).bodyRules
        let sent = try rules.apply(to: Array(row.body.utf8), stream: true)
        #expect(String(decoding: sent, as: UTF8.self) == row.sent)
    }

    @Test func `content that a text-only provider cannot read is refused, not dropped`() throws {
        let rules = try upstreamCall("cloudflare-ai", "m", data: #"{"accountId":"a"}"#).bodyRules
        let body = #"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#
        let error = #expect(throws: DialectError.self) { try rules.apply(to: Array(body.utf8), stream: false) }
        #expect(error?.failure.status == 400)
    }

    @Test func `no rules leave every byte alone`() throws {
        let body = Array(#" {"a" : 1.0e2 } "#.utf8)
        #expect(try upstreamCall("openai", "gpt-4o").bodyRules.apply(to: body, stream: true) == body)
    }
}
