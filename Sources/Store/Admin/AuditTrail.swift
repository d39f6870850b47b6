import CryptoCore
package import JSONCore
import SQLiteStore
import TimeCore

/// Who did what to what, for the audit log.
package struct AuditEntry: Sendable {
    /// What was done, such as `apiKey.create` or `auth.login.failed`.
    package var action: String
    /// Session, key id or socket user.
    package var actor: String
    package var target: String?
    /// An object; values under names like `password` or `token` are replaced before it is written.
    package var details: JSONDocument?
    package var ipAddress: String?
    package var resourceType: String?
    package var status: String?
    package var requestID: String?
    package var metadata: JSONDocument?

    /// An entry with every field.
    package init(
        action: String,
        actor: String,
        target: String? = nil,
        details: JSONDocument? = nil,
        ipAddress: String? = nil,
        resourceType: String? = nil,
        status: String? = "success",
        requestID: String? = nil,
        metadata: JSONDocument? = nil
    ) {
        (self.action, self.actor, self.target, self.details) = (action, actor, target, details)
        (self.ipAddress, self.resourceType, self.status) = (ipAddress, resourceType, status)
        (self.requestID, self.metadata) = (requestID, metadata)
    }
}

/// The audit log: rows that each carry a code over themselves and the code of the row before.
///
/// A changed, removed or inserted row breaks the chain from there on. Rows made by the original have no code; the
/// chain begins after them. Rows deleted by retention leave their last code behind in `db_meta`, itself under a code.
struct AuditTrail {
    let database: Database
    let mac: HMACSHA256
    let now: WallTime

    private static let checkpointName = "omni_audit_checkpoint"

    init(_ mutation: Mutation) {
        (database, mac, now) = (mutation.database, mutation.context.auditMAC, mutation.now)
    }

    init(database: Database, context: StoreContext) {
        (self.database, mac, now) = (database, context.auditMAC, context.time.wall())
    }

    /// Adds a row; to be called in the transaction of the change it tells about.
    func append(_ entry: AuditEntry) throws {
        let previous = try database.text("SELECT chain FROM audit_log ORDER BY id DESC LIMIT 1")
        let id = try max(lastID(), checkpoint()?.id ?? 0) + 1
        let row = AuditedRow(
            id: id,
            timestamp: now.iso8601,
            action: entry.action,
            actor: entry.actor,
            target: entry.target,
            details: entry.details.map { AuditRedaction.redacted($0) },
            ipAddress: entry.ipAddress,
            resourceType: entry.resourceType,
            status: entry.status,
            requestID: entry.requestID,
            metadata: entry.metadata.map { AuditRedaction.redacted($0) }
        )
        let chain = row.code(after: try previous ?? checkpoint()?.chain ?? "", mac)
        try database.execute(
            """
            INSERT INTO audit_log(id, timestamp, action, actor, target, details, ip_address, resource_type, status,
              request_id, metadata, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [.integer(Int64(id))] + row.texts.map { SQLiteValue($0) } + [.text(chain)]
        )
    }

    private func lastID() throws(SQLiteError) -> Int { try database.int("SELECT max(id) FROM audit_log") ?? 0 }

    /// Checks the chain.
    ///
    /// - Returns: The id of the first row that is not what it was, or nil.
    func firstBrokenRow() throws -> Int? {
        let start = try checkpoint()
        var previous = start?.chain ?? ""
        var expected = start.map { $0.id + 1 }
        var broken: Int?
        try database.forEach("SELECT * FROM audit_log ORDER BY id") { row in
            guard broken == nil, let id = row.int("id") else { return }
            guard let chain = row.text("chain") else {
                // Rows of the original may only come before ours.
                if !previous.isEmpty { broken = id }
                return
            }
            if let expected, id != expected { broken = id }
            let audited = AuditedRow(
                id: id,
                timestamp: row.text("timestamp") ?? "",
                action: row.text("action") ?? "",
                actor: row.text("actor") ?? "",
                target: row.text("target"),
                details: row.text("details"),
                ipAddress: row.text("ip_address"),
                resourceType: row.text("resource_type"),
                status: row.text("status"),
                requestID: row.text("request_id"),
                metadata: row.text("metadata")
            )
            if audited.code(after: previous, mac) != chain { broken = broken ?? id }
            previous = chain
            expected = id + 1
        }
        return broken
    }

    // MARK: - Retention

    /// Deletes rows older than `limit`, remembering where the chain went on.
    ///
    /// - Returns: How many rows were deleted.
    func trim(before limit: WallTime) throws -> Int {
        let last = try database.first(
            "SELECT id, chain FROM audit_log WHERE timestamp < ? ORDER BY id DESC LIMIT 1",
            [.text(limit.iso8601)]
        ) { row in (id: row.int("id") ?? 0, chain: row.text("chain") ?? "") }
        guard let last else { return 0 }
        let text = "\(last.id):\(last.chain)"
        try database.execute(
            "INSERT INTO db_meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            [.text(Self.checkpointName), .text("\(text):\(mac.code(for: text.utf8).hex)")]
        )
        return try database.execute("DELETE FROM audit_log WHERE id <= ?", [.integer(Int64(last.id))])
    }

    private func checkpoint() throws(SQLiteError) -> (id: Int, chain: String)? {
        let stored = try database.text("SELECT value FROM db_meta WHERE key = ?", [.text(Self.checkpointName)])
        let parts = stored?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        guard parts.count == 3, let id = Int(parts[0]), let code = Hex.decode(parts[2]),
            mac.isValid(code, for: "\(parts[0]):\(parts[1])".utf8)
        else { return nil }
        return (id, String(parts[1]))
    }

    // MARK: - Codes

    private struct AuditedRow {
        let id: Int
        let timestamp: String
        let action: String
        let actor: String
        let target: String?
        let details: String?
        let ipAddress: String?
        let resourceType: String?
        let status: String?
        let requestID: String?
        let metadata: String?

        var texts: [String?] {
            [timestamp, action, actor, target, details, ipAddress, resourceType, status, requestID, metadata]
        }

        /// Every text with its length before it, so that no two rows spell the same.
        func code(after previous: String, _ mac: HMACSHA256) -> String {
            var bytes = Array("\(previous)|\(id)".utf8)
            for text in texts {
                bytes.append(contentsOf: "|\(text.map { "\($0.utf8.count):\($0)" } ?? "-")".utf8)
            }
            return mac.code(for: bytes).hex
        }
    }
}
