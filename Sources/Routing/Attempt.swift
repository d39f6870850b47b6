package import Dialects

/// One try: a model of an upstream with an account.
package final class Attempt: Sendable {
    /// 1 is the first of the request.
    package let number: Int
    package let target: RouteTarget
    package let account: Account
    /// Which of the account's keys to use.
    package let keyTurn: Int
    private let place: PlanTarget.Place?

    init(
        number: Int,
        target: RouteTarget,
        account: Account,
        keyTurn: Int,
        place: PlanTarget.Place?
    ) {
        self.number = number
        self.target = target
        self.account = account
        self.keyTurn = keyTurn
        self.place = place
    }

    /// Where the combo's entry stands; nil without a combo.
    package var executionKey: String? { place?.executionKey }
    package var label: String? { place?.label }

    func isFor(_ account: Account, _ target: RouteTarget) -> Bool {
        self.account.id == account.id && self.target.model == target.model && self.target.provider == target.provider
    }
}

/// What to do next for a request.
package enum PlanStep: Sendable {
    case attempt(Attempt)
    /// Ask again after this long; a client that leaves ends the wait.
    case wait(Duration)
    /// Boxed: failures are large and rare.
    indirect case finished(PlanFailure)
}

/// The answer when nothing is left to try.
package struct PlanFailure: Error, Sendable {
    package var failure: Failure
    /// Set when every account rests for this model only.
    package var coolingModel: String?

    init(_ failure: Failure, coolingModel: String? = nil) {
        self.failure = failure
        self.coolingModel = coolingModel
    }
}

/// What is to be attempted.
package struct PlanRequest: Sendable {
    package enum Goal: Sendable {
        case single(RouteTarget)
        /// Boxed: a request passes its goal on several times.
        indirect case combo(RoutedCombo, wantsLongContext: Bool)
    }

    package var goal: Goal
    /// Accounts the client's key may use; empty for all.
    package var allowedAccounts: Set<String>
    /// The only account to use, named by the request.
    package var forcedAccount: String?
    package var waits: WaitPolicy

    package init(
        _ goal: Goal,
        allowedAccounts: Set<String> = [],
        forcedAccount: String? = nil,
        waits: WaitPolicy = WaitPolicy()
    ) {
        self.goal = goal
        self.allowedAccounts = allowedAccounts
        self.forcedAccount = forcedAccount
        self.waits = waits
    }
}

/// Whether a request that finds every account resting waits for the first to recover.
///
/// Only a request that has not been tried yet waits: an error that was seen is reported at once. Combos never wait.
package struct WaitPolicy: Sendable, Equatable {
    package var maximumWaits: Int
    package var longestWait: Duration

    package init(maximumWaits: Int = 3, longestWait: Duration = .seconds(30)) {
        self.maximumWaits = maximumWaits
        self.longestWait = longestWait
    }

    package static let never = WaitPolicy(maximumWaits: 0, longestWait: .zero)
}
