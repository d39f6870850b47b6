import Dialects

/// Models of Google's that make pictures or speech and do not think.
private let geminiMakers = ["gemini-*-image*", "gemini-*-tts*", "imagen*"]

/// Gemini before 2.5.
private let oldGemini = ["gemini-1*", "gemini-2.0*", "gemini-pro", "gemini-pro-vision", "gemini-exp-*", "learnlm*"]

/// Targets with Google's Gemini API.
let geminiRules: [ProfileRule] = [
    ProfileRule(name: "Gemini up to 2.5: JSON or tools, a search or functions", dialect: .gemini) { profile, subject in
        // A budget has no levels that could be refused.
        profile.efforts = nil
        profile.thinkingBudget = 0...24_576
        let isNew = Glob.matches("gemini-3*", subject.family) || Glob.matches("gemini-*latest", subject.family)
        profile.jsonWithTools = isNew
        profile.searchWithFunctions = isNew
    },
    ProfileRule(name: "Gemini Pro always thinks", models: ["gemini-2.5-pro*"], dialect: .gemini) { profile, _ in
        profile.thinkingBudget = 128...32_768
        profile.canSkipThinking = false
    },
    ProfileRule(
        name: "Gemini Flash-Lite thinks with 512 tokens or not at all",
        models: ["gemini-2.5-flash-lite*"],
        dialect: .gemini
    ) { profile, _ in
        profile.thinkingBudget = 512...24_576
    },
    ProfileRule(
        name: "Gemini 3 thinks by levels, always",
        models: ["gemini-3*", "gemini-flash-latest", "gemini-pro-latest"],
        dialect: .gemini
    ) { profile, subject in
        profile.reasoningStyle = .geminiLevel
        profile.thinkingBudget = nil
        profile.canSkipThinking = false
        profile.efforts = [.minimal, .low, .medium, .high]
        guard subject.family.contains("pro") else { return }
        // The first Pro of the family knows two levels only.
        profile.efforts = subject.family.hasPrefix("gemini-3-pro") ? [.low, .high] : [.low, .medium, .high]
    },
    ProfileRule(name: "Gemini before 2.5 does not think", models: oldGemini, dialect: .gemini) { profile, _ in
        profile.reasoningStyle = .none
        profile.schemaRule = .geminiSchema
    },
    ProfileRule(name: "Gemini's makers of media do not think", models: geminiMakers, dialect: .gemini) { profile, _ in
        profile.reasoningStyle = .none
    },
    ProfileRule(
        name: "Gemma: no system text, no thinking, simple schemas",
        models: ["gemma*"],
        dialect: .gemini
    ) { profile, _ in
        profile.systemRole = false
        profile.reasoningStyle = .none
        profile.schemaRule = .geminiSchema
        profile.hostedWebSearch = .none
    },
]
