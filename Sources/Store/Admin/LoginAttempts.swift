import JSONCore
import SQLiteStore
package import TimeCore

/// Failed logins under one identifier, and whether the next attempt is allowed.
///
/// Five failures within five minutes lock for 5 s; every further one doubles that, up to 15 minutes. A success, or
/// half an hour without a failure, forgives everything.
package struct LoginAttempts: Sendable, Equatable {
    /// Milliseconds since 1970 of the failures that count, oldest first.
    private(set) var failures: [Int64]
    /// No attempt is even looked at before this moment.
    package private(set) var lockedUntil: WallTime?

    private static let window: Int64 = 5 * 60_000
    private static let memory: Int64 = 30 * 60_000
    private static let longest: Int64 = 15 * 60_000
    /// More are not needed to reach the longest lock.
    private static let kept = 64

    /// No failures so far.
    package init() {
        (failures, lockedUntil) = ([], nil)
    }

    init(failures: [Int64], lockedUntil: WallTime?) {
        (self.failures, self.lockedUntil) = (failures.suffix(Self.kept), lockedUntil)
    }

    /// When the next attempt is allowed; nil for now.
    package func locked(at now: WallTime) -> WallTime? {
        guard let lockedUntil, now < lockedUntil else { return nil }
        // A clock that was set back must not lock anybody out for longer than a lock can last.
        let limit = now.advanced(by: .milliseconds(Self.longest))
        return min(lockedUntil, limit)
    }

    /// Counts a failure; `threshold` is how many are free.
    mutating func fail(at now: WallTime, threshold: Int) {
        forgive(at: now, threshold: threshold)
        failures.append(now.milliseconds)
        if failures.count > max(Self.kept, threshold + 10) { failures.removeFirst() }
        guard failures.count >= threshold else { return }
        let doublings = min(failures.count - threshold, 10)
        let length = min(5000 << Int64(doublings), Self.longest)
        lockedUntil = now.advanced(by: .milliseconds(length))
    }

    /// Failures stop counting after five minutes, or, once they have led to a lock, after half an hour of peace.
    private mutating func forgive(at now: WallTime, threshold: Int) {
        if let last = failures.last, failures.count >= threshold, now.milliseconds - last < Self.memory { return }
        failures.removeAll { now.milliseconds - $0 >= Self.window || $0 > now.milliseconds }
    }

    /// True when there is nothing left to remember.
    func isForgotten(at now: WallTime) -> Bool {
        (failures.last.map { now.milliseconds - $0 >= Self.memory } ?? true) && locked(at: now) == nil
    }
}

/// Rows of `domain_lockout_state`.
struct LockoutRecords {
    let database: Database

    func all() throws -> [String: LoginAttempts] {
        var all: [String: LoginAttempts] = [:]
        try database.forEach("SELECT identifier, attempts, locked_until FROM domain_lockout_state") { row in
            guard let identifier = row.text("identifier") else { return }
            let attempts = row.json("attempts")?.root.elements.compactMap { $0.int.map(Int64.init) } ?? []
            let lockedUntil = row.int("locked_until").map { WallTime(milliseconds: Int64($0)) }
            all[identifier] = LoginAttempts(failures: attempts, lockedUntil: lockedUntil)
        }
        return all
    }

    func save(_ attempts: LoginAttempts?, _ identifier: String) throws(SQLiteError) {
        guard let attempts else {
            try database.execute("DELETE FROM domain_lockout_state WHERE identifier = ?", [.text(identifier)])
            return
        }
        var writer = JSONWriter()
        writer.beginArray()
        for failure in attempts.failures { writer.int(Int(failure)) }
        writer.endArray()
        try database.execute(
            """
            INSERT INTO domain_lockout_state(identifier, attempts, locked_until) VALUES (?, ?, ?)
            ON CONFLICT(identifier) DO UPDATE SET attempts = excluded.attempts, locked_until = excluded.locked_until
            """,
            [
                .text(identifier), .text(String(decoding: writer.bytes, as: UTF8.self)),
                SQLiteValue(attempts.lockedUntil?.milliseconds),
            ]
        )
    }
}
