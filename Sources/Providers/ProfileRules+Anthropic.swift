import Dialects

/// Claude models by version; the patterns match dotted, dashed and dated spellings.
private let claude5 = ["claude-opus-5*", "claude-sonnet-5*", "claude-haiku-5*", "claude-fable-5*"]
private let claudeWithoutPrefill = ["claude-*-4?6*", "claude-*-4?7*", "claude-*-4?8*"] + claude5
private let structuredClaude = ["claude-opus-4?1*", "claude-*-4?5*"] + claudeWithoutPrefill

/// Targets with Anthropic's format: Anthropic itself, and the many who imitate it.
let anthropicRules: [ProfileRule] = [
    ProfileRule(
        name: "newest Claude models think adaptively only",
        dialect: .anthropicMessages
    ) { profile, subject in
        guard subject.facts?.capabilities.contains(.adaptiveThinkingOnly) == true else { return }
        profile.reasoningStyle = .anthropicAdaptive
        if profile.stripFields.isSuperset(of: ["temperature", "top_p"]) { profile.samplingAllowed = false }
    },
    ProfileRule(
        name: "first Claude models do not think",
        models: [
            "claude-2*", "claude-instant*", "claude-3-opus*", "claude-3-sonnet*", "claude-3-haiku*", "claude-3?5*",
        ],
        dialect: .anthropicMessages
    ) { profile, _ in
        profile.reasoningStyle = .none
    },
    ProfileRule(
        name: "Claude from 4.1 on takes temperature or top_p, not both",
        models: structuredClaude,
        dialect: .anthropicMessages
    ) { profile, _ in
        profile.tempAndTopP = false
    },
    ProfileRule(
        name: "Claude from 4.6 on continues no assistant turn",
        models: claudeWithoutPrefill,
        dialect: .anthropicMessages
    ) { profile, _ in
        profile.prefill = false
    },
    ProfileRule(
        name: "native structured output at Anthropic",
        models: structuredClaude,
        dialect: .anthropicMessages
    ) { profile, subject in
        if subject.isNativeAnthropic { profile.jsonSchema = true }
    },
    ProfileRule(name: "web search at Anthropic", models: ["claude-*"], dialect: .anthropicMessages) {
        profile,
        subject in
        if subject.isNativeAnthropic { profile.hostedWebSearch = .anthropic(type: "web_search_20250305") }
    },
    // What a server of the user's own can do only the user knows: nothing is held back from it.
    ProfileRule(name: "user-defined Messages servers", dialect: .anthropicMessages) { profile, subject in
        if subject.isNode { profile.jsonSchema = true }
    },
    // Imitations have no service tiers, and read images and text but seldom PDF files.
    ProfileRule(name: "third-party Messages servers", dialect: .anthropicMessages) { profile, subject in
        guard !subject.isNativeAnthropic, !subject.isNode else { return }
        profile.serviceTiers = false
        profile.stripFields.insert("service_tier")
        if !ModelSpelling.isClaude(subject.family) { profile.pdf = false }
    },
]
