import JSONCore

/// How a Gemini model is told to think.
enum GeminiThinking {
    /// Writes `thinkingConfig`; nothing when the client did not ask, or the model knows no such setting.
    static func write(_ request: ReasoningRequest?, profile: TargetProfile, to writer: inout JSONWriter) {
        guard let request, isKnown(profile) else { return }
        writer.key("thinkingConfig")
        writer.beginObject()
        if !request.isOff { writer.member("includeThoughts", request.display != "omitted") }
        if profile.reasoningStyle == .geminiLevel {
            if let level = level(for: request, profile) { writer.member("thinkingLevel", level.rawValue.uppercased()) }
        } else if let budget = budget(for: request, profile) {
            writer.member("thinkingBudget", budget)
        }
        writer.endObject()
    }

    static func isKnown(_ profile: TargetProfile) -> Bool {
        profile.reasoningStyle == .geminiBudget || profile.reasoningStyle == .geminiLevel
    }

    private static func level(for request: ReasoningRequest, _ profile: TargetProfile) -> EffortLevel? {
        let all: Set<EffortLevel> =
            profile.canSkipThinking ? [.minimal, .low, .medium, .high] : [.low, .medium, .high]
        let known = profile.efforts ?? all
        // There is no level for off: the lowest comes closest.
        if request.isOff { return EffortLevel.minimal.nearest(in: known) }
        guard let wanted = request.level else { return nil }
        // Models with two levels take the upper one for what lies between.
        if wanted == .medium, !known.contains(.medium), known.contains(.high) { return .high }
        return wanted.nearest(in: known)
    }

    private static func budget(for request: ReasoningRequest, _ profile: TargetProfile) -> Int? {
        if request.isOff { return profile.canSkipThinking ? 0 : profile.thinkingBudget?.lowerBound ?? 128 }
        let wanted: Int
        if case .budget(let tokens) = request.mode {
            wanted = tokens
        } else if let level = request.level {
            wanted = tokens(for: level, profile)
        } else {
            return nil
        }
        guard let range = profile.thinkingBudget else { return wanted }
        // The range may begin at 0, which is the word for off.
        return max(min(wanted, range.upperBound), max(range.lowerBound, 1))
    }

    private static func tokens(for level: EffortLevel, _ profile: TargetProfile) -> Int {
        switch level {
        case .minimal: 512
        case .low: 1_024
        case .medium: 8_192
        case .high: 24_576
        case .xhigh: 32_768
        case .max: profile.thinkingBudget?.upperBound ?? 32_768
        }
    }
}
