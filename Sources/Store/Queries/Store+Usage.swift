import SQLiteStore
package import TimeCore

/// When keys and connections were last used, by id.
package struct LastUse: Sendable {
    package let keys: [String: WallTime]
    package let connections: [String: WallTime]
}

extension Store {
    /// Sums over all requests, the latest included.
    ///
    /// - Parameters:
    ///   - since: Leaves out days before the one of this moment.
    ///   - apiKeyID: Counts this key only.
    /// - Returns: The sums.
    /// - Throws: When the database cannot be read.
    package func usageSummary(since: WallTime? = nil, apiKeyID: String? = nil) async throws -> UsageSummary {
        await journal.flush()
        let now = context.time.wall()
        return try await query { database in
            var summary = UsageSummary()
            try Self.addTotals(database, since: since, apiKeyID: apiKeyID, to: &summary)
            summary.last10Minutes = try Self.minutes(database, before: now, apiKeyID: apiKeyID)
            return summary
        }
    }

    private static func addTotals(
        _ database: Database,
        since: WallTime?,
        apiKeyID: String?,
        to summary: inout UsageSummary
    ) throws {
        var conditions: [String] = []
        var values: [SQLiteValue] = []
        if let since {
            conditions.append("day >= ?")
            values.append(.text(String(since.iso8601.prefix(10))))
        }
        if let apiKeyID {
            conditions.append("api_key_id = ?")
            values.append(.text(apiKeyID))
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let sql = """
            SELECT provider, model, connection_id, api_key_id, api_key_name, sum(requests) AS requests,
              sum(tokens_input) AS input, sum(tokens_output) AS output, sum(cost_usd) AS cost,
              sum(unknown_costs) AS unknown, max(last_used) AS last_used
            FROM omni_usage_totals\(filter)
            GROUP BY provider, model, connection_id, api_key_id, api_key_name
            """
        try database.forEach(sql, values) { row in
            let group = UsageSummary.Group(
                requests: row.int("requests") ?? 0,
                promptTokens: row.int("input") ?? 0,
                completionTokens: row.int("output") ?? 0,
                cost: row.double("cost") ?? 0,
                unknownCosts: row.int("unknown") ?? 0,
                lastUsed: row.time("last_used")
            )
            let provider = row.text("provider") ?? ""
            let model = UsageSummary.ModelName(provider: provider, model: row.text("model") ?? "")
            let key = UsageSummary.KeyName(
                id: row.nonEmptyText("api_key_id"),
                name: row.nonEmptyText("api_key_name")
            )
            summary.total.add(group)
            summary.byProvider[provider, default: .init()].add(group)
            summary.byModel[model, default: .init()].add(group)
            if let id = row.nonEmptyText("connection_id") {
                summary.byAccount[.init(connectionID: id, provider: provider), default: .init()].add(group)
            }
            if key.id != nil || key.name != nil { summary.byAPIKey[key, default: .init()].add(group) }
        }
    }

    private static func minutes(
        _ database: Database,
        before now: WallTime,
        apiKeyID: String?
    ) throws -> [UsageSummary.Group] {
        var minutes = [UsageSummary.Group](repeating: .init(), count: 10)
        let start = now.advanced(by: .seconds(-600))
        let sql = """
            SELECT timestamp, tokens_input AS input, tokens_output AS output, cost_usd AS cost FROM usage_history
            WHERE timestamp > ?1 AND timestamp <= ?2 AND (?3 IS NULL OR api_key_id = ?3)
            """
        let values: [SQLiteValue] = [.text(start.iso8601), .text(now.iso8601), SQLiteValue(apiKeyID)]
        try database.forEach(sql, values) { row in
            guard let time = row.time("timestamp") else { return }
            let index = Int((time.milliseconds - start.milliseconds) / 60_000)
            minutes[min(max(index, 0), 9)].add(
                UsageSummary.Group(
                    requests: 1,
                    promptTokens: row.int("input") ?? 0,
                    completionTokens: row.int("output") ?? 0,
                    cost: row.double("cost") ?? 0,
                    unknownCosts: row.double("cost") == nil ? 1 : 0,
                    lastUsed: time
                )
            )
        }
        return minutes
    }

    /// The latest usage rows, newest first.
    package func recentUsage(limit: Int = 200, offset: Int = 0) async throws -> [UsageRecord] {
        await journal.flush()
        return try await query { database in
            try database.rows(
                "SELECT * FROM usage_history ORDER BY timestamp DESC, id DESC LIMIT ? OFFSET ?",
                [.integer(Int64(min(max(limit, 1), 1000))), .integer(Int64(max(offset, 0)))]
            ) { UsageRecord(row: $0) }
        }
    }

    /// When keys and connections were last used.
    package func lastUse() async throws -> LastUse {
        await journal.flush()
        return try await query { database in
            LastUse(
                keys: try Self.lastUse(database, "api_keys"),
                connections: try Self.lastUse(database, "provider_connections")
            )
        }
    }

    private static func lastUse(_ database: Database, _ table: String) throws -> [String: WallTime] {
        var times: [String: WallTime] = [:]
        try database.forEach("SELECT id, last_used_at FROM \"\(table)\" WHERE last_used_at IS NOT NULL") { row in
            if let id = row.text("id"), let time = row.time("last_used_at") { times[id] = time }
        }
        return times
    }
}

extension UsageRecord {
    /// Reads a row of `usage_history`, whose input tokens include the cached ones.
    init(row: borrowing Row) {
        let (read, written) = (row.int("tokens_cache_read"), row.int("tokens_cache_creation"))
        self.init(
            requestID: row.text("request_id") ?? row.text("id") ?? "",
            timestamp: row.time("timestamp") ?? WallTime(milliseconds: 0),
            provider: row.text("provider"),
            model: row.text("model"),
            requestedModel: row.text("requested_model"),
            connectionID: row.text("connection_id"),
            apiKeyID: row.text("api_key_id"),
            apiKeyName: row.text("api_key_name"),
            input: row.int("tokens_input").map { max(0, $0 &- (read ?? 0) &- (written ?? 0)) },
            output: row.int("tokens_output"),
            cacheRead: read,
            cacheWrite: written,
            reasoning: row.int("tokens_reasoning"),
            costUSD: row.double("cost_usd"),
            estimated: row.bool("estimated") ?? false,
            serviceTier: row.text("service_tier"),
            status: row.int("status") ?? 0,
            success: row.bool("success") ?? true,
            latencyMs: row.int("latency_ms") ?? 0,
            ttftMs: row.int("ttft_ms"),
            errorCode: row.text("error_code"),
            comboName: row.text("combo_name"),
            sourceFormat: row.text("source_format"),
            targetFormat: row.text("target_format"),
            stream: row.bool("stream") ?? false
        )
    }
}
