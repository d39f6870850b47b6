package import JSONCore
import SQLiteStore
package import TimeCore

/// One row of the audit log.
package struct AuditRecord: Sendable {
    package let id: Int
    package let timestamp: WallTime
    package let action: String
    package let actor: String
    package let target: String?
    package let details: JSONDocument?
    package let metadata: JSONDocument?
    package let ipAddress: String?
    package let resourceType: String?
    package let status: String?
    package let requestID: String?

    init(row: borrowing Row) {
        id = row.int("id") ?? 0
        timestamp = row.time("timestamp") ?? WallTime(milliseconds: 0)
        (action, actor, target) = (row.text("action") ?? "", row.text("actor") ?? "", row.text("target"))
        (details, metadata) = (row.json("details"), row.json("metadata"))
        (ipAddress, resourceType) = (row.text("ip_address"), row.text("resource_type"))
        (status, requestID) = (row.text("status"), row.text("request_id"))
    }
}

/// Which audit rows are wanted; texts are looked for anywhere in the field.
package struct AuditFilter: Sendable {
    package var action: String?
    package var actor: String?
    package var target: String?
    package var resourceType: String?
    package var status: String?
    package var requestID: String?
    package var since: WallTime?
    package var until: WallTime?
    /// 1…500.
    package var limit = 50
    package var offset = 0

    /// Everything, the newest 50.
    package init() {}

    var condition: (sql: String, values: [SQLiteValue]) {
        var parts: [String] = []
        var values: [SQLiteValue] = []
        let texts = [
            ("action", action), ("actor", actor), ("target", target), ("resource_type", resourceType),
            ("status", status), ("request_id", requestID),
        ]
        for case (let column, let text?) in texts where !text.isEmpty {
            parts.append("\"\(column)\" LIKE ? ESCAPE '\\'")
            values.append(.text("%\(CallLogFilter.escaped(text))%"))
        }
        for case (let comparison, let time?) in [("timestamp >= ?", since), ("timestamp <= ?", until)] {
            parts.append(comparison)
            values.append(.text(time.iso8601))
        }
        return (parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND "), values)
    }
}

extension Store {
    /// Audit rows, newest first, and how many there are in all pages.
    package func auditLog(
        _ filter: AuditFilter = AuditFilter()
    ) async throws -> (records: [AuditRecord], total: Int) {
        let (condition, values) = filter.condition
        let page: [SQLiteValue] = [
            .integer(Int64(min(max(filter.limit, 1), 500))), .integer(Int64(max(filter.offset, 0))),
        ]
        return try await query { database in
            let records = try database.rows(
                "SELECT * FROM audit_log\(condition) ORDER BY id DESC LIMIT ? OFFSET ?",
                values + page
            ) { AuditRecord(row: $0) }
            return (records, try database.int("SELECT count(*) FROM audit_log\(condition)", values) ?? 0)
        }
    }
}
