import JSONCore
import Store

/// The rules of a combo's `config`; unknown keys are refused.
enum ComboConfigRules {
    static let compressionModes = ["off", "lite", "standard", "aggressive", "ultra", "rtk", "stacked"]
    private static let routerStrategies = ["rules", "cost", "eco", "latency", "fast", "lkgp"]

    static func check(_ config: Body) {
        config.allowOnly(allowed)
        checkWords(config)
        checkNumbers(config)
        for flag in flags { _ = config.optionalBool(flag) }
        _ = config.optionalText("handoffModel", 0...200)
        _ = config.optionalTexts("handoffProviders", count: 0...10, length: 1...100)
        _ = config.optionalTexts("candidatePool", count: 0...1000, length: 1...200)
        _ = config.optionalText("modePack", 0...100)
        if let weights = config.optionalObject("weights") { checkWeights(weights) }
        if let tiers = config.optionalObject("compositeTiers") { checkTiers(tiers) }
    }

    private static let flags: [StaticString] = [
        "healthCheckEnabled", "trackMetrics", "failoverBeforeRetry", "manifestRouting",
    ]

    private static let integers: [(StaticString, ClosedRange<Int>)] = [
        ("maxRetries", 0...10), ("retryDelayMs", 0...60_000), ("fallbackDelayMs", 0...60_000),
        ("timeoutMs", 1000...Int(Int32.max)), ("concurrencyPerModel", 1...20), ("queueTimeoutMs", 1000...120_000),
        ("healthCheckTimeoutMs", 100...30_000), ("maxMessagesForSummary", 5...100), ("maxComboDepth", 1...10),
        ("maxSetRetries", 0...10), ("setRetryDelayMs", 0...60_000),
    ]

    private static let doubles: [(StaticString, ClosedRange<Double>)] = [
        ("handoffThreshold", 0.5...0.94), ("explorationRate", 0...1), ("resetAwareSessionWeight", 0...100),
        ("resetAwareWeeklyWeight", 0...100), ("resetAwareTieBandPercent", 0...100),
        ("resetAwareExhaustionGuardPercent", 0...100), ("budgetCap", 0...1e12),
    ]

    private static let words: [(StaticString, [String])] = [
        ("compressionMode", compressionModes), ("routerStrategy", routerStrategies),
        ("streamContinuation", AnswerPolicyWords.streamContinuation),
        ("toolCallGuard", AnswerPolicyWords.toolCallGuard),
    ]

    private static let allowed: Set<String> = {
        var names = Set(integers.map { "\($0.0)" } + doubles.map { "\($0.0)" } + words.map { "\($0.0)" })
        names.formUnion(flags.map { "\($0)" })
        names.formUnion([
            "strategy", "handoffModel", "handoffProviders", "candidatePool", "modePack", "weights", "compositeTiers",
        ])
        return names
    }()

    private static func checkWords(_ config: Body) {
        if let value = config.value.present("strategy") {
            let isKnown =
                value.string.map { Combo.strategies.contains($0) || ["usage", "context"].contains($0) } ?? false
            if !isKnown { config.reject("strategy", "Unknown strategy") }
        }
        for (name, values) in words { _ = config.optionalWord(name, values) }
    }

    private static func checkNumbers(_ config: Body) {
        for (name, range) in integers { _ = config.optionalInt(name, range) }
        for (name, range) in doubles { _ = config.optionalDouble(name, range) }
        if config.value.present("budgetCap")?.double == 0 { config.reject("budgetCap", "Must be greater than 0") }
    }

    private static func checkWeights(_ weights: Body) {
        let names: [StaticString] = [
            "quota", "health", "costInv", "latencyInv", "taskFit", "stability", "tierPriority",
        ]
        weights.allowOnly(Set(names.map { "\($0)" }))
        for name in names { _ = weights.optionalDouble(name, 0...1) }
    }

    private static func checkTiers(_ tiers: Body) {
        let defaultTier = tiers.text("defaultTier", 1...100)
        guard let list = tiers.optionalObject("tiers") else { return tiers.reject("tiers", "Required") }
        var names: Set<String> = []
        for member in list.value.members {
            let name = member.key.string
            names.insert(name)
            guard member.value.isObject else {
                list.reject(name, "Expected an object")
                continue
            }
            let tier = Body(member.value, path: "\(list.path).\(name)", issues: list.issues)
            _ = tier.text("stepId", 1...200)
            _ = tier.optionalText("fallbackTier", 1...100)
            _ = tier.optionalText("label", 0...200)
            _ = tier.optionalText("description", 0...1000)
        }
        if !names.contains(defaultTier) { tiers.reject("defaultTier", "Names no tier") }
    }
}
