import Dialects

/// Services that run OpenAI's models under OpenAI's rules.
private let openAIHosts: Set<String> = ["openai", "azure-openai", "azure-ai"]

/// OpenAI's models that answer without reasoning.
private let withoutReasoning = ["gpt-3*", "gpt-4*", "chatgpt-*", "gpt-5*-chat*", "computer-use*"]

/// o1, o3, o4 …, gpt-5 and later.
private let withReasoning = ["o1*", "o3*", "o4*", "gpt-5*", "gpt-6*", "gpt-7*", "codex-*"]

/// Targets with OpenAI's Responses.
let responsesRules: [ProfileRule] = [
    ProfileRule(
        name: "OpenAI models without reasoning at Responses",
        models: withoutReasoning,
        dialect: .openAIResponses
    ) { profile, _ in
        profile.reasoningStyle = .none
    },
    ProfileRule(
        name: "OpenAI reasoning models at Responses: no sampling",
        models: withReasoning,
        dialect: .openAIResponses
    ) { profile, subject in
        guard profile.reasoningStyle != .none else { return }
        profile.samplingAllowed = false
        profile.logprobs = false
        // From 5.1 on the models know the effort `none`.
        profile.canSkipThinking = ["gpt-5.", "gpt-6", "gpt-7"].contains { subject.family.hasPrefix($0) }
        if subject.family.hasPrefix("o") { profile.efforts = [.low, .medium, .high] }
        if Glob.matches("*-pro", subject.family) { profile.canSkipThinking = false }
    },
    ProfileRule(
        name: "what only OpenAI knows of Responses",
        dialect: .openAIResponses
    ) { profile, subject in
        guard !openAIHosts.contains(subject.provider), !subject.isNode else { return }
        profile.nativeExtras = false
        profile.serviceTiers = false
        profile.userField = .user
        profile.customTools = false
        profile.documentsOfAnyType = false
    },
]
