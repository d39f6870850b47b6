import SQLiteStore
package import TimeCore

/// One row of the call log, with the fields of `/api/usage/call-logs`.
package struct CallLog: Sendable, Equatable {
    package let id: String
    package let timestamp: WallTime
    package let method: String?
    package let path: String?
    package let status: Int?
    package let model: String?
    package let requestedModel: String?
    package let provider: String?
    package let account: String?
    package let connectionID: String?
    package let duration: Int
    package let tokensIn: Int?
    package let tokensOut: Int?
    package let tokensCacheRead: Int?
    package let tokensCacheWrite: Int?
    package let tokensReasoning: Int?
    package let tokensCompressed: Int?
    package let cacheSource: String?
    package let requestType: String?
    package let sourceFormat: String?
    package let targetFormat: String?
    package let apiKeyID: String?
    package let apiKeyName: String?
    package let comboName: String?
    package let comboStepID: String?
    package let comboExecutionKey: String?
    package let error: String?
    package let detailState: String
    package let costUSD: Double?
    package let isEstimated: Bool

    init(row: borrowing Row) {
        id = row.text("id") ?? ""
        timestamp = row.time("timestamp") ?? WallTime(milliseconds: 0)
        (method, path, status) = (row.text("method"), row.text("path"), row.int("status"))
        (model, requestedModel) = (row.text("model"), row.text("requested_model"))
        (provider, account) = (row.text("provider"), row.text("account"))
        (connectionID, duration) = (row.text("connection_id"), row.int("duration") ?? 0)
        (tokensIn, tokensOut) = (row.int("tokens_in"), row.int("tokens_out"))
        (tokensCacheRead, tokensCacheWrite) = (row.int("tokens_cache_read"), row.int("tokens_cache_creation"))
        (tokensReasoning, tokensCompressed) = (row.int("tokens_reasoning"), row.int("tokens_compressed"))
        (cacheSource, requestType) = (row.text("cache_source"), row.text("request_type"))
        (sourceFormat, targetFormat) = (row.text("source_format"), row.text("target_format"))
        (apiKeyID, apiKeyName) = (row.text("api_key_id"), row.text("api_key_name"))
        (comboName, comboStepID) = (row.text("combo_name"), row.text("combo_step_id"))
        comboExecutionKey = row.text("combo_execution_key")
        error = row.nonEmptyText("error_summary")
        detailState = row.text("detail_state") ?? "none"
        (costUSD, isEstimated) = (row.double("cost_usd"), row.bool("estimated") ?? false)
    }
}

/// Which call logs are wanted; texts are looked for anywhere in the field.
package struct CallLogFilter: Sendable {
    /// How a call ended.
    package enum Status: Sendable, Hashable {
        case error, ok
        case code(Int)
    }

    package var status: Status?
    package var model: String?
    package var provider: String?
    package var account: String?
    package var apiKey: String?
    package var combo: String?
    package var search: String?
    /// 1…1000.
    package var limit = 200
    package var offset = 0

    /// Everything, the newest 200.
    package init() {}

    /// Spelled as in the index of failed calls, so that SQLite sees that it may use it.
    private static let failed = "(status >= 400 OR error_summary IS NOT NULL)"

    /// The condition and its values.
    var condition: (sql: String, values: [SQLiteValue]) {
        var parts: [String] = []
        var values: [SQLiteValue] = []
        func contains(_ text: String?, _ columns: String...) {
            guard let text, !text.isEmpty else { return }
            let pattern = SQLiteValue.text("%\(Self.escaped(text))%")
            parts.append("(" + columns.map { "\"\($0)\" LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")")
            values.append(contentsOf: columns.map { _ in pattern })
        }
        switch status {
        case .error: parts.append(Self.failed)
        case .ok: parts.append("status < 400 AND error_summary IS NULL")
        case .code(let code):
            parts.append("status = ?")
            if code >= 400 { parts.append(Self.failed) }
            values.append(.integer(Int64(code)))
        case nil: break
        }
        contains(model, "model", "requested_model")
        contains(provider, "provider")
        contains(account, "account", "connection_id")
        contains(apiKey, "api_key_name", "api_key_id")
        contains(combo, "combo_name")
        contains(search, "id", "model", "requested_model", "provider", "account", "path", "combo_name", "error_summary")
        return (parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND "), values)
    }

    /// Text whose wildcards stand for themselves.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.prefix(200) {
            if character == "%" || character == "_" || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}

extension Store {
    /// Call logs, newest first.
    package func callLogs(_ filter: CallLogFilter = CallLogFilter()) async throws -> [CallLog] {
        await journal.flush()
        let (condition, values) = filter.condition
        let page: [SQLiteValue] = [
            .integer(Int64(min(max(filter.limit, 1), 1000))), .integer(Int64(max(filter.offset, 0))),
        ]
        return try await query { database in
            try database.rows(
                "SELECT * FROM call_logs\(condition) ORDER BY timestamp DESC, id DESC LIMIT ? OFFSET ?",
                values + page
            ) { CallLog(row: $0) }
        }
    }

    /// One call log.
    package func callLog(_ id: String) async throws -> CallLog? {
        await journal.flush()
        return try await query { database in
            try database.first("SELECT * FROM call_logs WHERE id = ?", [.text(id)]) { CallLog(row: $0) }
        }
    }
}
