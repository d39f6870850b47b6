import Routing
import Synchronization

/// The attempts that wait for an upstream or relay its answer right now.
///
/// Kept by identity and counted only when somebody asks, because every request comes and goes here.
package final class ActiveAttempts: Sendable {
    /// What attempts are counted by.
    package struct Key: Sendable, Hashable {
        package let provider: String
        package let model: String
        /// Empty for providers that need no account.
        package let connectionID: String

        fileprivate init(_ attempt: Attempt) {
            provider = attempt.target.provider
            model = attempt.target.model
            connectionID = attempt.account.isStored ? attempt.account.id : ""
        }
    }

    private let running = Mutex<[ObjectIdentifier: Attempt]>([:])

    /// How many attempts run, by what they ask.
    package var all: [Key: Int] {
        let attempts = running.withLock { Array($0.values) }
        return Dictionary(attempts.map { (Key($0), 1) }, uniquingKeysWith: +)
    }

    func begin(_ attempt: Attempt) {
        running.withLock { $0[ObjectIdentifier(attempt)] = attempt }
    }

    func end(_ attempt: Attempt) {
        running.withLock { $0[ObjectIdentifier(attempt)] = nil }
    }
}
