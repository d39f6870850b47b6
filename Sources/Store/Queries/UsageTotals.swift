import SQLiteStore
import TimeCore

/// The table of daily sums.
enum UsageTotals {
    /// Sums everything up again, for databases that had rows before they had sums.
    static func rebuild(_ database: Database) throws {
        try database.execute("DELETE FROM omni_usage_totals")
        try database.execute(
            """
            INSERT INTO omni_usage_totals
            SELECT substr(timestamp, 1, 10), coalesce(provider, ''), coalesce(model, ''), coalesce(connection_id, ''),
              coalesce(api_key_id, ''), coalesce(api_key_name, ''), count(*), coalesce(sum(tokens_input), 0),
              coalesce(sum(tokens_output), 0), coalesce(sum(cost_usd), 0), sum(cost_usd IS NULL),
              max(timestamp)
            FROM usage_history GROUP BY 1, 2, 3, 4, 5, 6
            """
        )
    }

    /// Adds one new row of `usage_history`.
    static func add(_ record: UsageRecord, _ database: Database) throws(SQLiteError) {
        let timestamp = record.timestamp.iso8601
        try database.execute(
            """
            INSERT INTO omni_usage_totals VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT(day, provider, model, connection_id, api_key_id, api_key_name) DO UPDATE SET
              requests = requests + 1, tokens_input = tokens_input + excluded.tokens_input,
              tokens_output = tokens_output + excluded.tokens_output, cost_usd = cost_usd + excluded.cost_usd,
              unknown_costs = unknown_costs + excluded.unknown_costs, last_used = max(last_used, excluded.last_used)
            """,
            [
                .text(String(timestamp.prefix(10))), .text(record.provider ?? ""), .text(record.model ?? ""),
                .text(record.connectionID ?? ""), .text(record.apiKeyID ?? ""), .text(record.apiKeyName ?? ""),
                SQLiteValue(record.promptTokens ?? 0), SQLiteValue(record.output ?? 0),
                .real(record.costUSD ?? 0), SQLiteValue(record.costUSD == nil), .text(timestamp),
            ]
        )
    }
}
