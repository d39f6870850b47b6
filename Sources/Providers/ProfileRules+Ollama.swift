import Dialects

/// Models of Ollama's library that think when told to; a server refuses `think` for all others.
private let thinkers = [
    "qwen3", "qwen3:*", "qwen3.5*", "qwen3.6*", "qwen3-next*thinking*", "qwq*", "deepseek-r1*", "deepseek-v3.1*",
    "deepseek-v3.2*", "deepseek-v4*", "magistral*", "glm-4.5*", "glm-4.6*", "glm-4.7*", "glm-5*", "kimi-k2.5*",
    "kimi-k2.6*", "minimax-m2*", "minimax-m3*", "nemotron-3*", "cogito*", "gemma4*", "phi4-*reasoning*",
    "exaone-deep*", "openthinker*", "*thinking*", "granite3.2*", "granite3.3*", "smollm3*",
]

/// Families of which no model of Ollama's library sees.
private let blind = [
    "gpt-oss*", "deepseek-*", "qwq*", "qwen3", "qwen3:*", "qwen3-coder*", "qwen3-next*", "qwen2.5", "qwen2.5:*",
    "qwen2.5-coder*", "glm-4.?", "glm-4.?:*", "glm-5*", "kimi-k2", "kimi-k2:*", "kimi-k2-*", "minimax-m2*", "llama2*",
    "llama3", "llama3:*", "llama3.1*", "llama3.2", "llama3.2:*", "llama3.3*", "mistral", "mistral:*", "mistral-nemo*",
    "mixtral*", "codellama*", "phi3", "phi3:*", "phi4*", "gemma", "gemma:*", "gemma2*", "nemotron*", "cogito*",
    "smollm*", "command-r*", "starcoder*", "tinyllama*",
]

/// Targets with Ollama's own API.
let ollamaRules: [ProfileRule] = [
    ProfileRule(name: "Ollama takes a wish to think for models that can", dialect: .ollama) { profile, subject in
        let isKnown = subject.facts?.capabilities.contains(.reasoning) == true
        let thinks = isKnown || thinkers.contains { Glob.matches($0, subject.family) }
        profile.reasoningStyle = thinks && !subject.family.contains("instruct") ? .ollamaFlag : .none
        profile.efforts = nil
    },
    ProfileRule(name: "gpt-oss thinks by levels, always", models: ["gpt-oss*"], dialect: .ollama) { profile, _ in
        profile.reasoningStyle = .ollamaLevel
        profile.efforts = [.low, .medium, .high]
        profile.canSkipThinking = false
    },
    // Models that users made themselves stay out: only their server knows what they see.
    ProfileRule(name: "Ollama's models of text alone", dialect: .ollama) { profile, subject in
        let isKnown = subject.facts.map { !$0.capabilities.isEmpty && !$0.capabilities.contains(.vision) } ?? false
        if isKnown || blind.contains(where: { Glob.matches($0, subject.family) }) { profile.images = false }
    },
]
