import Dialects
import Testing

@testable import Providers

/// What Gemini's, Ollama's and Responses' models accept.
struct NativeDialectProfileTests {
    private func profile(_ id: String, _ model: String) throws -> TargetProfile { try upstreamCall(id, model).profile }

    // MARK: - Gemini

    @Test(arguments: [
        ("gemini-2.5-pro", 128...32_768, false), ("gemini-2.5-pro-preview-06-05", 128...32_768, false),
        ("gemini-2.5-flash", 0...24_576, true), ("gemini-2.5-flash-lite", 512...24_576, true),
        ("gemini-2.5-flash-lite-preview-09-2025", 512...24_576, true),
    ])
    func `Gemini 2.5 thinks with a budget`(model: String, budget: ClosedRange<Int>, canSkip: Bool) throws {
        let profile = try profile("gemini", model)
        #expect(profile.dialect == .gemini && profile.reasoningStyle == .geminiBudget)
        #expect(profile.thinkingBudget == budget && profile.canSkipThinking == canSkip && profile.efforts == nil)
        #expect(profile.schemaRule == .geminiJSONSchema && !profile.jsonWithTools && profile.signatureFamily == .gemini)
    }

    @Test(arguments: [
        ("gemini-3-pro-preview", [EffortLevel.low, .high]), ("gemini-3.1-pro-preview", [.low, .medium, .high]),
        ("gemini-3-flash-preview", [.minimal, .low, .medium, .high]),
        ("gemini-3.5-flash", [.minimal, .low, .medium, .high]),
    ])
    func `Gemini 3 thinks by levels`(model: String, levels: [EffortLevel]) throws {
        let profile = try profile("gemini", model)
        #expect(profile.reasoningStyle == .geminiLevel && profile.efforts == Set(levels))
        #expect(profile.thinkingBudget == nil && !profile.canSkipThinking)
        #expect(profile.jsonWithTools && profile.searchWithFunctions && profile.schemaRule == .geminiJSONSchema)
    }

    @Test func `older Gemini models want simple schemas and do not think`() throws {
        for model in ["gemini-1.5-pro", "gemini-2.0-flash"] {
            let profile = try profile("gemini", model)
            #expect(profile.schemaRule == .geminiSchema && profile.reasoningStyle == .none && profile.systemRole)
            #expect(!profile.jsonWithTools && !profile.searchWithFunctions)
        }
    }

    @Test func `Gemma has no system text and does not think`() throws {
        let profile = try profile("gemini", "gemma-3-27b-it")
        #expect(!profile.systemRole && profile.reasoningStyle == .none && profile.schemaRule == .geminiSchema)
        #expect(profile.hostedWebSearch == .none)
    }

    @Test func `makers of pictures and speech do not think`() throws {
        for model in ["gemini-2.5-flash-image", "gemini-3.1-flash-tts-preview", "gemini-2.5-pro-preview-tts"] {
            #expect(try profile("gemini", model).reasoningStyle == .none, "\(model)")
        }
    }

    @Test func `Gemini takes media by upload, its own files by address`() throws {
        let profile = try profile("gemini", "gemini-2.5-pro")
        #expect(!profile.imageURLs && !profile.documentURLs && profile.images && profile.pdf && profile.audioIn)
        #expect(profile.googleFiles)
    }

    // MARK: - Responses

    @Test func `OpenAI's reasoning models at Responses`() throws {
        let pro = try profile("openai", "gpt-5.5-pro")
        #expect(pro.reasoningStyle == .responses && !pro.samplingAllowed && !pro.canSkipThinking && pro.nativeExtras)
        #expect(pro.signatureFamily == .openAI && pro.hostedWebSearch == .responses && pro.serviceTiers)
        let codex = try profile("openai", "gpt-5.1-codex")
        #expect(codex.canSkipThinking && !codex.samplingAllowed)
        let old = try profile("openai", "o3-pro")
        #expect(old.efforts == [.low, .medium, .high] && !old.samplingAllowed)
    }

    @Test func `other models of OpenAI keep their sampling and get no reasoning`() throws {
        for model in ["gpt-4o", "gpt-4.1-mini", "chatgpt-4o-latest", "gpt-5-chat-latest"] {
            let profile = try upstreamCall("openai", model, data: #"{"apiFormat":"responses"}"#).profile
            #expect(profile.dialect == .openAIResponses && profile.reasoningStyle == .none, "\(model)")
            #expect(profile.samplingAllowed && profile.logprobs)
        }
    }

    @Test func `others who speak Responses promise less`() throws {
        let grok = try profile("xai", "grok-4.20-multi-agent-0309")
        #expect(grok.dialect == .openAIResponses && !grok.nativeExtras && !grok.customTools && grok.userField == .user)
    }

    // MARK: - Ollama

    @Test(arguments: [
        ("qwen3:8b", TargetProfile.ReasoningStyle.ollamaFlag), ("deepseek-r1:14b", .ollamaFlag),
        ("hf.co/someone/qwq:32b", .ollamaFlag), ("kimi-k2-thinking:cloud", .ollamaFlag),
        ("gpt-oss:20b", .ollamaLevel), ("llama3.1:8b", .none), ("qwen3-coder:30b", .none), ("my-own-model", .none),
        ("qwen3:4b-instruct-2507", .none),
    ])
    func `only models that think are told to`(model: String, style: TargetProfile.ReasoningStyle) throws {
        #expect(try profile("ollama-local", model).reasoningStyle == style)
    }

    @Test func `the catalogue knows of thinkers too`() throws {
        #expect(try profile("ollama-cloud", "glm-5.1").reasoningStyle == .ollamaFlag)
        #expect(try profile("ollama-cloud", "nemotron-3-super").reasoningStyle == .ollamaFlag)
        #expect(try profile("ollama-local", "gpt-oss").efforts == [.low, .medium, .high])
    }

    @Test(arguments: [
        ("llava:13b", true), ("gemma3:12b", true), ("qwen3-vl:8b", true), ("llama3.2-vision:11b", true),
        ("my-own-model", true), ("llama3.2:3b", false), ("gpt-oss:20b", false), ("qwen3:8b", false),
        ("deepseek-r1:8b", false), ("mistral:7b", false), ("mistral-small3.1:24b", true),
    ])
    func `models of text alone get no images`(model: String, sees: Bool) throws {
        #expect(try profile("ollama-local", model).images == sees)
    }

    @Test func `what the catalogue says of a cloud model's eyes counts`() throws {
        #expect(try profile("ollama-cloud", "kimi-k2.6").images)
        #expect(try !profile("ollama-cloud", "deepseek-v4-pro").images)
        #expect(try profile("ollama-cloud", "minimax-m3").images)
    }
}
