import JSONCore

/// How an Anthropic model is told to think, and the limit of output tokens that goes with it.
struct ThinkingPlan {
    private enum Kind {
        case unsaid, disabled, adaptive
        case budget(Int)
    }

    /// Requests for so few tokens only probe whether the model answers.
    private static let probeLimit = 16
    private static let leastBudget = 1_024
    private static let leastAnswer = 1_024

    private var kind = Kind.unsaid
    private var display: String?
    private(set) var effort: EffortLevel?
    private(set) var maxTokens: Int

    var isThinking: Bool {
        switch kind {
        case .adaptive, .budget: true
        case .unsaid, .disabled: false
        }
    }

    init(_ request: ReasoningRequest?, maxOutput: Int?, profile: TargetProfile) {
        let limit = profile.maxOutput ?? .max
        maxTokens = maxOutput ?? min(limit, profile.defaultMaxOutput)
        display = request?.display
        guard let request else { return }
        let isProbe = maxOutput.map { $0 <= Self.probeLimit } ?? false
        switch profile.reasoningStyle {
        case .anthropicAdaptive:
            if request.isOff || isProbe {
                kind = profile.canSkipThinking ? .disabled : .unsaid
            } else {
                kind = .adaptive
                effort = request.level.map { Self.effort($0, known: profile.efforts) }
            }
        case .anthropicBudget:
            guard !request.isOff, !isProbe else { return }
            fit(Self.budget(for: request), requested: maxTokens, limit: limit)
        default: break
        }
    }

    private static func budget(for request: ReasoningRequest) -> Int {
        if case .budget(let tokens) = request.mode { return tokens }
        return request.level?.anthropicBudget ?? EffortLevel.medium.anthropicBudget
    }

    private static func effort(_ level: EffortLevel, known: Set<EffortLevel>?) -> EffortLevel {
        let levels: Set<EffortLevel> = [.low, .medium, .high, .xhigh, .max]
        return level.nearest(in: known?.intersection(levels) ?? levels)
    }

    /// Anthropic wants a budget of at least 1024 below the limit; at least as much is left for the answer.
    ///
    /// A limit that is
    /// too small is raised, as far as the model goes; then the budget shrinks, and if nothing is left, thinking is off.
    private mutating func fit(_ wish: Int, requested: Int, limit: Int) {
        var budget = max(wish, Self.leastBudget)
        var total = requested
        if total - budget < Self.leastAnswer {
            total = min(limit, budget.addingClamped(max(Self.leastAnswer, requested)))
            budget = min(budget, total - Self.leastAnswer)
        }
        guard budget >= Self.leastBudget else { return }
        kind = .budget(budget)
        maxTokens = total
    }

    func write(to writer: inout JSONWriter) {
        switch kind {
        case .unsaid: return
        case .disabled, .adaptive, .budget: writer.key("thinking")
        }
        writer.beginObject()
        switch kind {
        case .disabled, .unsaid: writer.member("type", literal: "disabled")
        case .adaptive: writer.member("type", literal: "adaptive")
        case .budget(let tokens):
            writer.member("type", literal: "enabled")
            writer.member("budget_tokens", tokens)
        }
        if isThinking, let display { writer.member("display", display) }
        writer.endObject()
    }
}

extension Int {
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
