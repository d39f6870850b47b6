import SQLiteStore
import TimeCore

/// What ends sessions: the epoch in `key_value` and the rows of `omni_denied_sessions`.
struct SessionRecords {
    static let namespace = "omniAuth"
    static let epochKey = "sessionEpoch"
    let database: Database

    func table(now: WallTime) throws -> SessionTable {
        let denied = try database.rows(
            "SELECT jti FROM omni_denied_sessions WHERE expires_at > ?",
            [.integer(now.milliseconds)]
        ) { $0.text("jti") ?? "" }
        return SessionTable(epoch: try epoch(), denied: Set(denied))
    }

    func epoch() throws(SQLiteError) -> Int {
        let stored = try database.text(
            "SELECT value FROM key_value WHERE namespace = ? AND key = ?",
            [.text(Self.namespace), .text(Self.epochKey)]
        )
        return stored.flatMap { Int($0) } ?? 0
    }

    func raiseEpoch() throws(SQLiteError) {
        let next = try epoch() + 1
        try database.execute(
            """
            INSERT INTO key_value(namespace, key, value) VALUES (?, ?, ?)
            ON CONFLICT(namespace, key) DO UPDATE SET value = excluded.value
            """,
            [.text(Self.namespace), .text(Self.epochKey), .text("\(next)")]
        )
    }

    /// Sessions that are over anyway need no entry.
    func deny(_ jti: String, until expiry: WallTime, now: WallTime) throws(SQLiteError) {
        try database.execute("DELETE FROM omni_denied_sessions WHERE expires_at <= ?", [.integer(now.milliseconds)])
        try database.execute(
            "INSERT OR REPLACE INTO omni_denied_sessions(jti, expires_at) VALUES (?, ?)",
            [.text(jti), .integer(expiry.milliseconds)]
        )
    }
}
