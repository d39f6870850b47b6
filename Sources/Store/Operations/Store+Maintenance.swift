import JSONCore
import SQLiteStore
package import TimeCore

extension Store {
    /// Looks the whole database over on a read-only connection.
    ///
    /// - Returns: Nil when all is well, else what was found first.
    package func quickCheck() async throws -> String? {
        // A file of several gigabytes takes minutes; nothing waits for it.
        try await readers.read(limit: .seconds(600)) { try $0.quickCheck() }
    }

    /// Versions of schema changes the database has, the original's included.
    package func schemaVersions() async throws -> [String] {
        try await query { try SchemaMigrations.all.applied(in: $0).sorted() }
    }

    /// Copies the database into `db_backups`, where the latest seven are kept.
    ///
    /// - Returns: The path of the copy, which was checked.
    @discardableResult
    package func backUp(reason: String = "manual") async throws -> String {
        let (backups, time) = (Backups(directory: directory), context.time)
        let name = reason.filter { $0.isLetter || $0.isNumber }
        return try await readers.read(limit: .seconds(600)) { try backups.make($0, reason: name, time) }
    }

    /// What is due once a day: a backup, the deletion of old rows, a look at the whole file.
    ///
    /// Call it every hour or so.
    ///
    /// - Returns: What is wrong with the database; nil when all is well.
    /// - Throws: When the backup or the deletion fails, for example because the disk is full.
    package func maintain() async throws -> String? {
        let now = context.time.wall()
        if let newest = Backups(directory: directory).newest, now - newest < .seconds(86_400), newest <= now {
            return nil
        }
        let retention = Retention(configuration)
        try await backUp(reason: "daily")
        if retention.isEnabled {
            _ = try await prune(
                callLogs: now.advanced(by: .seconds(-86_400 * retention.callLogDays)),
                usage: now.advanced(by: .seconds(-86_400 * retention.usageDays)),
                audit: now.advanced(by: .seconds(-86_400 * retention.auditDays))
            )
        }
        if let damage = try await quickCheck() { return damage }
        return try await firstBrokenAuditRow().map {
            "the audit log has rows that this program did not write or that were changed, the first is \($0)"
        }
    }

    /// Deletes old rows, a few at a time, so that no request waits long for the database.
    ///
    /// Daily sums stay; they do not grow with the number of requests.
    ///
    /// - Parameters:
    ///   - callLogs: Call logs before this moment go.
    ///   - usage: Usage rows before this moment go.
    ///   - audit: Audit rows before this moment go; the chain stays verifiable.
    /// - Returns: How many rows were deleted.
    /// - Throws: When the database refuses; what was deleted by then stays deleted.
    package func prune(callLogs: WallTime?, usage: WallTime?, audit: WallTime?) async throws -> Int {
        var count = 0
        if let callLogs { count += try await pruneRows("call_logs", before: callLogs) }
        if let usage { count += try await pruneRows("usage_history", before: usage) }
        if let audit {
            let context = context
            count += try await writer.write { try AuditTrail(database: $0, context: context).trim(before: audit) }
        }
        return count
    }

    private func pruneRows(_ table: StaticString, before limit: WallTime) async throws -> Int {
        var total = 0
        while true {
            let count = try await writer.write { database in
                try database.execute(
                    """
                    DELETE FROM "\(table)" WHERE rowid IN
                      (SELECT rowid FROM "\(table)" WHERE timestamp < ? ORDER BY timestamp LIMIT 1000)
                    """,
                    [.text(limit.iso8601)]
                )
            }
            total += count
            if count < 1000 { return total }
        }
    }

    /// Checks the chain of the audit log.
    ///
    /// - Returns: The id of the first row that was changed, inserted or follows a removed one; nil when all is well.
    func firstBrokenAuditRow() async throws -> Int? {
        let context = context
        return try await readers.read(limit: .seconds(600)) {
            try AuditTrail(database: $0, context: context).firstBrokenRow()
        }
    }
}

/// For how many days rows are kept (section `retention` of the database settings).
private struct Retention {
    let isEnabled: Bool
    let callLogDays: Int
    let usageDays: Int
    let auditDays: Int

    init(_ configuration: Configuration) {
        func days(_ key: String, _ standard: Int) -> Int {
            let stored = configuration.value("databaseSettings", "retention.\(key)")?.int
            return stored.flatMap { (1...3650).contains($0) ? $0 : nil } ?? standard
        }
        isEnabled = configuration.value("databaseSettings", "retention.autoCleanupEnabled")?.bool ?? true
        (callLogDays, usageDays, auditDays) = (days("callLogs", 30), days("usageHistory", 30), days("auditLog", 365))
    }
}
