import Synchronization

/// The attempts that wait for an upstream or relay its answer right now.
package final class ActiveAttempts: Sendable {
    /// What attempts are counted by.
    package struct Key: Sendable, Hashable {
        package let provider: String
        package let model: String
        /// Empty for providers that need no account.
        package let connectionID: String
    }

    private let counts = Mutex<[Key: Int]>([:])

    /// How many attempts run, by what they ask.
    package var all: [Key: Int] { counts.withLock { $0 } }

    func begin(_ key: Key) {
        counts.withLock { $0[key, default: 0] += 1 }
    }

    func end(_ key: Key) {
        counts.withLock { counts in
            guard let count = counts[key], count > 1 else {
                counts[key] = nil
                return
            }
            counts[key] = count - 1
        }
    }
}
