import SQLiteStore
import Synchronization
package import TimeCore

/// Who may try a password now.
///
/// Kept in memory, and in the database so that a restart forgives nobody.
///
/// Every attempt is counted under the source it came from and under one bucket for all sources together, whose limit
/// is higher. The machine's own addresses are not in that bucket: nobody far away can lock the owner out.
package final class LoginGuard: Sendable {
    private static let everybody = "login:*"
    private static let threshold = 5
    private static let thresholdForEverybody = 100
    /// A flood from many sources fills no more memory than this.
    private static let sourceLimit = 10_000

    private let attempts: Mutex<[String: LoginAttempts]>
    private let writer: DatabaseWriter
    private let time: any TimeSource

    init(_ attempts: [String: LoginAttempts], writer: DatabaseWriter, time: any TimeSource) {
        self.attempts = Mutex(attempts)
        (self.writer, self.time) = (writer, time)
    }

    /// When `source` may try again; nil means now.
    ///
    /// The right password is refused, too, while this is not nil.
    ///
    /// - Parameters:
    ///   - source: An address, or the /64 an IPv6 address belongs to.
    ///   - isLocal: True for the machine itself.
    /// - Returns: The end of the lock.
    package func locked(_ source: String, isLocal: Bool) -> WallTime? {
        let now = time.wall()
        return attempts.withLock { attempts in
            Self.identifiers(source, isLocal).compactMap { attempts[$0.identifier]?.locked(at: now) }.max()
        }
    }

    /// Counts a wrong password; returns until when `source` is locked out because of it.
    @discardableResult
    package func failed(_ source: String, isLocal: Bool) async throws -> WallTime? {
        let now = time.wall()
        let changed = attempts.withLock { attempts in
            if attempts.count > Self.sourceLimit { attempts = attempts.filter { !$0.value.isForgotten(at: now) } }
            return Self.identifiers(source, isLocal).map { identifier, threshold in
                attempts[identifier, default: LoginAttempts()].fail(at: now, threshold: threshold)
                return (identifier, attempts[identifier])
            }
        }
        try await save(changed)
        return locked(source, isLocal: isLocal)
    }

    /// Forgives a source that knew the password.
    package func succeeded(_ source: String) async throws {
        let identifier = "login:\(source)"
        let existed = attempts.withLock { $0.removeValue(forKey: identifier) != nil }
        if existed { try await save([(identifier, nil)]) }
    }

    /// Everything that is locked at this moment: identifier and end of the lock.
    package var lockedIdentifiers: [(identifier: String, until: WallTime)] {
        let now = time.wall()
        return attempts.withLock { attempts in
            attempts.compactMap { identifier, attempts in attempts.locked(at: now).map { (identifier, $0) } }
        }.sorted { $0.identifier < $1.identifier }
    }

    /// Lifts one lock; false when there is none of this name.
    package func unlock(_ identifier: String) async throws -> Bool {
        let existed = attempts.withLock { $0.removeValue(forKey: identifier) != nil }
        if existed { try await save([(identifier, nil)]) }
        return existed
    }

    private func save(_ changed: [(String, LoginAttempts?)]) async throws {
        try await writer.write { database in
            for (identifier, attempts) in changed { try LockoutRecords(database: database).save(attempts, identifier) }
        }
    }

    private static func identifiers(_ source: String, _ isLocal: Bool) -> [(identifier: String, threshold: Int)] {
        let own = (identifier: "login:\(source)", threshold: threshold)
        return isLocal ? [own] : [own, (everybody, thresholdForEverybody)]
    }
}
