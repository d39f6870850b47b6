/// How much a model is to think, in rising order.
package enum EffortLevel: String, Sendable, Hashable, Comparable, CaseIterable {
    case minimal, low, medium, high, xhigh, max

    package static func < (a: EffortLevel, b: EffortLevel) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .minimal: 0
        case .low: 1
        case .medium: 2
        case .high: 3
        case .xhigh: 4
        case .max: 5
        }
    }

    /// The level that a budget of thinking tokens stands for.
    init(budget: Int) {
        switch budget {
        case ...512: self = .minimal
        case ...1_024: self = .low
        case ...10_240: self = .medium
        case ...32_768: self = .high
        default: self = .xhigh
        }
    }

    /// The budget that is written for the level to an Anthropic model; the model's limit comes after.
    var anthropicBudget: Int {
        switch self {
        case .minimal, .low: 1_024
        case .medium: 10_240
        case .high: 32_768
        case .xhigh: 65_536
        case .max: 131_072
        }
    }

    /// The budget that is written for the level to servers that set none of their own; `nil` for as much as they can.
    var usualBudget: Int? {
        switch self {
        case .minimal: 512
        case .low: 1_024
        case .medium: 10_240
        case .high: 24_576
        case .xhigh: 32_768
        case .max: nil
        }
    }

    /// The nearest level that a target knows: towards less first, and `low` for `minimal`.
    func nearest(in known: Set<EffortLevel>?) -> EffortLevel {
        guard let known, !known.isEmpty, !known.contains(self) else { return self }
        let below = known.filter { $0 < self }.max()
        let above = known.filter { $0 > self }.min()
        return below ?? above ?? self
    }

    /// The nearest level where everything above high stands for the most that the model has, if it has more than high.
    func nearestOrMost(in known: Set<EffortLevel>?) -> EffortLevel {
        self > .high && known?.contains(.max) == true ? .max : nearest(in: known)
    }
}

/// What the client wants of the model's thinking.
struct ReasoningRequest {
    enum Mode: Equatable {
        case off
        /// As the model likes.
        case auto
        case budget(Int)
        case effort(EffortLevel)
        /// The model decides how much, guided by a level.
        case adaptive(EffortLevel?)
    }

    var mode: Mode
    /// Anthropic's `display`, in the client's word.
    var display: String?
    /// Whether the client asked for thinking itself, so that other wishes give way rather than the thinking.
    var isExplicit = true

    var isOff: Bool { mode == .off }

    /// The level that the wish amounts to; `nil` for off and auto.
    var level: EffortLevel? {
        switch mode {
        case .off, .auto: nil
        case .budget(let tokens): EffortLevel(budget: tokens)
        case .effort(let level): level
        case .adaptive(let level): level
        }
    }
}
