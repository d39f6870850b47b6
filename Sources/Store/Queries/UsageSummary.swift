package import TimeCore

/// What requests cost in total and by whom, as `/api/usage/history` shows it.
package struct UsageSummary: Sendable, Equatable {
    /// Sums over requests that have something in common.
    package struct Group: Sendable, Equatable {
        package var requests = 0
        package var promptTokens = 0
        package var completionTokens = 0
        /// US dollars of the requests whose price is known.
        package var cost = 0.0
        /// How many requests have no known price.
        package var unknownCosts = 0
        package var lastUsed: WallTime?

        mutating func add(_ other: Group) {
            requests += other.requests
            promptTokens += other.promptTokens
            completionTokens += other.completionTokens
            cost += other.cost
            unknownCosts += other.unknownCosts
            lastUsed = [lastUsed, other.lastUsed].compactMap { $0 }.max()
        }
    }

    /// A model at a provider.
    package struct ModelName: Sendable, Hashable {
        package let provider: String
        package let model: String
    }

    /// An API key; keys that were deleted keep their name.
    package struct KeyName: Sendable, Hashable {
        package let id: String?
        package let name: String?
    }

    /// An account at a provider.
    package struct AccountName: Sendable, Hashable {
        package let connectionID: String
        package let provider: String
    }

    package var total = Group()
    package var byProvider: [String: Group] = [:]
    package var byModel: [ModelName: Group] = [:]
    package var byAccount: [AccountName: Group] = [:]
    package var byAPIKey: [KeyName: Group] = [:]
    /// The last ten minutes, oldest first.
    package var last10Minutes: [Group] = []

    /// Sums of everything, with the last ten minutes.
    package init() {}
}
