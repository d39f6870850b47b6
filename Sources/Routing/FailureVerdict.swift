/// What a failure means for the request and for the account.
package struct FailureVerdict: Sendable, Equatable {
    /// Where the request goes next.
    package enum Course: Sendable, Equatable {
        /// Another account of the same model.
        case nextAccount
        /// No other account of this model would answer differently; another model may.
        case nextModel
        /// Nobody else is asked.
        case stop
    }

    /// How long the account, or the model on it, rests.
    package enum Rest: Sendable, Equatable {
        case none
        case fixed(Duration)
        /// The profile's first step.
        case base
        /// The profile's step for the number of failures, or the upstream's hint where the profile trusts it.
        case backoff
        /// The upstream's hint, else this.
        case hint(otherwise: Duration)
        case untilLocalMidnight
        case untilUTCMidnight
    }

    package enum Scope: Sendable, Equatable { case account, model }

    package enum Reason: String, Sendable {
        case authError = "auth_error"
        case quotaExhausted = "quota_exhausted"
        case rateLimitExceeded = "rate_limit_exceeded"
        case modelCapacity = "model_capacity"
        case modelNotFound = "model_not_found"
        case serverError = "server_error"
        case unknown
    }

    package var course: Course
    package var rest: Rest
    package var scope: Scope
    package var reason: Reason
    /// The state the account ends in, if it does not recover by itself.
    package var terminal: TerminalState?

    /// Whether the account or the model on it suffers; then a client must not be able to bring the verdict about.
    var isHarmful: Bool { rest != .none || terminal != nil }

    package init(
        _ course: Course,
        rest: Rest = .none,
        scope: Scope = .account,
        reason: Reason = .unknown,
        terminal: TerminalState? = nil
    ) {
        self.course = course
        self.rest = rest
        self.scope = scope
        self.reason = reason
        self.terminal = terminal
    }
}

/// How accounts of a kind are treated after failures.
package struct ResilienceProfile: Sendable, Equatable {
    /// The first rest; doubled with every further failure.
    package var base: Duration
    package var maximumSteps: Int
    /// Whether the upstream's own figure replaces the steps.
    package var trustsHints: Bool

    package init(base: Duration, maximumSteps: Int, trustsHints: Bool) {
        self.base = base
        self.maximumSteps = maximumSteps
        self.trustsHints = trustsHints
    }

    /// The rest after so many earlier failures.
    package func rest(level: Int) -> Duration {
        base * (1 << min(max(0, level), maximumSteps, 40))
    }

    package static let oauth = ResilienceProfile(base: .seconds(5), maximumSteps: 8, trustsHints: false)
    package static let apiKey = ResilienceProfile(base: .seconds(3), maximumSteps: 5, trustsHints: true)
    package static let local = ResilienceProfile(base: .seconds(2), maximumSteps: 3, trustsHints: false)
}

/// The profile of every kind of account.
package struct ResilienceProfiles: Sendable, Equatable {
    package var oauth = ResilienceProfile.oauth
    package var apiKey = ResilienceProfile.apiKey
    package var local = ResilienceProfile.local

    package init() {}

    package subscript(kind: Account.Kind) -> ResilienceProfile {
        switch kind {
        case .oauth: oauth
        case .apiKey: apiKey
        case .local: local
        }
    }
}
