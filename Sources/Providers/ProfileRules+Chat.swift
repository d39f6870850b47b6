import Dialects

/// OpenAI's own API and services that run OpenAI's models under OpenAI's rules.
private let openAIHosts: Set<String> = ["openai", "azure-openai", "azure-ai", "github-models"]

/// o1, o3, o4 …, gpt-5 and later.
private let openAIReasoning = ["o1*", "o3*", "o4*", "gpt-5*", "gpt-6*", "gpt-7*"]

/// Model families of OpenAI-style targets.
let chatFamilyRules: [ProfileRule] = [
    ProfileRule(
        name: "OpenAI reasoning models: limit under its new name, no sampling",
        providers: openAIHosts,
        models: openAIReasoning,
        dialect: .openAIChat
    ) { profile, subject in
        profile.maxTokensField = .maxCompletionTokens
        guard !subject.family.contains("-chat") else { return }
        profile.samplingAllowed = false
        // Several of them refuse `stop`; the relay watches for the sequences instead.
        profile.stopSequences = false
        profile.reasoningStyle = subject.family.hasPrefix("gpt-5.") ? .effort : .effortNoNone
        if subject.family.hasPrefix("o") { profile.efforts = [.low, .medium, .high] }
    },
    // A gateway below cannot be asked; this one documents `temperature` as refused by every Opus 4.
    ProfileRule(name: "Claude Opus 4 refuses temperature", models: ["claude-opus-4*"]) { profile, _ in
        profile.stripFields.insert("temperature")
    },
    ProfileRule(
        name: "hybrid thinkers switched by thinking.type",
        providers: ["glm", "glm-cn", "glmt", "kimi", "moonshot"],
        models: ["glm-4.5*", "glm-4.6*", "glm-4.7*", "glm-5*", "kimi-k2.5*", "kimi-k2.6*", "kimi-k2.7*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningStyle = .thinkingType
        // A switch only: they know no levels.
        profile.efforts = nil
        profile.reasoningReplay = .optional
    },
    ProfileRule(
        name: "servers and families that take reasoning back",
        models: ["glm-*", "minimax-*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningReplay = .optional
    },
    ProfileRule(name: "vLLM takes reasoning back", providers: ["vllm"], dialect: .openAIChat) { profile, _ in
        profile.reasoningReplay = .optional
    },
    ProfileRule(
        name: "Kimi thinking models want their reasoning back",
        providers: ["kimi", "moonshot"],
        models: ["kimi-k2*thinking*", "kimi-k2.5*", "kimi-k2.6*", "kimi-k2.7*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningReplay = .required
    },
    ProfileRule(
        name: "Xiaomi MiMo refuses an effort, and wants its reasoning back: neither none nor an empty one",
        providers: ["xiaomi-mimo", "gitlawb"],
        models: ["mimo*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningStyle = .thinkingType
        profile.efforts = nil
        profile.reasoningReplay = .required
        profile.missingReasoning = " "
    },
    ProfileRule(
        name: "Qwen hybrids switched by enable_thinking",
        providers: ["alibaba", "alibaba-cn", "modelscope", "qoder", "qwen"],
        models: ["qwen3*", "qwq*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningStyle = .enableThinking
    },
    ProfileRule(
        name: "models the catalogue marks with an interleaved field want their reasoning back",
        dialect: .openAIChat
    ) { profile, subject in
        if subject.facts?.interleavedField == "reasoning_content" { profile.reasoningReplay = .required }
    },
]

/// Providers with the OpenAI format.
let chatProviderRules: [ProfileRule] = [
    ProfileRule(name: "OpenAI itself", providers: ["openai"], dialect: .openAIChat) { profile, _ in
        profile.developerRole = true
        profile.nativeExtras = true
        profile.serviceTiers = true
        profile.strictTools = true
        profile.customTools = true
        profile.logitBias = true
        profile.userField = .safetyIdentifier
        profile.reasoningReplay = .forbidden
    },
    ProfileRule(
        name: "OpenAI models at Microsoft",
        providers: ["azure-openai", "azure-ai", "github-models"],
        models: ["gpt-*", "o1*", "o3*", "o4*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.developerRole = true
        profile.strictTools = true
        profile.logitBias = true
        profile.userField = .user
        profile.reasoningReplay = .forbidden
    },
    ProfileRule(name: "OpenAI audio models hear", providers: openAIHosts, models: ["*audio*"]) { profile, _ in
        profile.audioIn = true
    },
    ProfileRule(
        name: "OpenAI search models search by themselves",
        providers: ["openai"],
        models: ["*-search*"]
    ) { profile, _ in
        profile.hostedWebSearch = .options
    },
    ProfileRule(
        name: "Groq: no log probabilities, logit bias or names",
        providers: ["groq"],
        dialect: .openAIChat
    ) { profile, subject in
        profile.stripFields.formUnion(["logprobs", "top_logprobs", "logit_bias"])
        profile.logprobs = false
        profile.messageNames = false
        profile.multipleChoices = false
        profile.reasoningReplay = .forbidden
        if subject.family.hasPrefix("gpt-oss") || subject.family.hasPrefix("qwen3") {
            profile.reasoningStyle = .effortNoNone
            profile.efforts = [.low, .medium, .high]
        }
    },
    ProfileRule(name: "Mistral", providers: ["mistral", "codestral"], dialect: .openAIChat) { profile, _ in
        profile.stripFields.insert("client_metadata")
        profile.toolIDRule = .mistral
        profile.reasoningReplay = .forbidden
        // It completes nothing: a trailing assistant turn is refused.
        profile.prefill = false
        // Called random_seed there; unknown fields are refused with 422.
        profile.seed = false
        profile.logprobs = false
    },
    ProfileRule(
        name: "no client_metadata",
        providers: ["cerebras", "nvidia"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.stripFields.insert("client_metadata")
    },
    ProfileRule(name: "Cerebras refuses replayed reasoning", providers: ["cerebras"], dialect: .openAIChat) {
        profile,
        _ in
        profile.reasoningReplay = .forbidden
    },
    ProfileRule(
        name: "NVIDIA GLM 5.2 refuses reasoning fields",
        providers: ["nvidia"],
        models: ["glm-5.2*"]
    ) { profile, _ in
        profile.stripFields.formUnion(["reasoning", "thinking"])
    },
    ProfileRule(
        name: "NVIDIA MiniMax M2.7 refuses thinking",
        providers: ["nvidia"],
        models: ["minimax-m2.7*"]
    ) { profile, _ in
        profile.stripFields.insert("thinking")
    },
    ProfileRule(
        name: "Volcengine Kimi K2.5 output cap",
        providers: ["volcengine"],
        models: ["kimi-k2-5-260127"]
    ) { profile, _ in
        profile.maxOutput = 32_768
    },
    ProfileRule(
        name: "DeepSeek knows JSON objects, not schemas",
        providers: ["deepseek"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.jsonSchema = false
    },
    ProfileRule(
        name: "DeepSeek V4: two efforts, reasoning of calls comes back, no named tool choice",
        providers: ["deepseek"],
        models: ["deepseek-v4*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningStyle = .thinkingType
        profile.efforts = [.high, .max]
        profile.reasoningReplay = .required
        profile.toolChoiceForced = false
    },
    ProfileRule(
        name: "older DeepSeek reasoner refuses replayed reasoning",
        providers: ["deepseek"],
        models: ["deepseek-reasoner*", "deepseek-r1*"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningReplay = .forbidden
        profile.toolChoiceForced = false
    },
    ProfileRule(
        name: "OpenRouter's reasoning object",
        providers: ["openrouter"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.reasoningStyle = .openRouter
        profile.reasoningReplay = .optional
        profile.userField = .user
        profile.efforts = nil
        profile.cacheMarks = true
    },
    ProfileRule(
        name: "xAI takes an effort for two models only",
        providers: ["xai"],
        dialect: .openAIChat
    ) { profile, subject in
        let takesEffort = ["grok-4.3", "grok-4.20-0309-reasoning", "grok-3-mini"].contains(subject.family)
        profile.reasoningStyle = takesEffort ? .effortNoNone : .none
        if !takesEffort { profile.stripFields.insert("reasoning_effort") }
    },
    ProfileRule(
        name: "Perplexity: strict turns, no tools",
        providers: ["perplexity"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.systemOnlyFirst = true
        profile.alternatingTurns = true
        profile.prefill = false
    },
    ProfileRule(
        name: "Cloudflare Workers AI reads plain text only",
        providers: ["cloudflare-ai"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.images = false
        profile.pdf = false
        profile.unreadableContent = .refuse
    },
    ProfileRule(
        name: "Qwen with thinking refuses stream options",
        providers: ["qwen"],
        dialect: .openAIChat
    ) { profile, _ in
        profile.usageInStream = false
    },
]
