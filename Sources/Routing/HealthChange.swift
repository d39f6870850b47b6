package import TimeCore

/// A change of an account's state that is worth keeping over a restart.
package struct HealthChange: Sendable, Equatable {
    /// Id of the connection.
    package var account: String
    package var testStatus: String
    package var rateLimitedUntil: WallTime?
    package var backoffLevel: Int
    /// At most 100 characters; nil clears.
    package var lastError: String?
    package var lastErrorType: String?
    package var errorCode: Int?
    package var lastErrorAt: WallTime?
}

/// A model that rests on one account.
package struct ModelLock: Sendable, Equatable {
    package var provider: String
    package var account: String
    package var model: String
    package var reason: FailureVerdict.Reason
    package var until: WallTime
    package var failureCount: Int
    /// HTTP status and text of the failure behind it.
    var status: Int
    var message: String
    var lastFailure: WallTime
}

/// Whether an account can be used for a model now.
package enum Availability: Sendable, Equatable {
    case available
    /// Resting; `onlyModel` when other models of the account are fine.
    case resting(until: WallTime, onlyModel: Bool, status: Int?, message: String?)
    case terminal(TerminalState)
}
