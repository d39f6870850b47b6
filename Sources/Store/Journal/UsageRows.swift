import SQLiteStore
import TimeCore

/// Turns usage records into rows.
struct UsageRows {
    let database: Database

    /// Inserts what is not there yet; to be called in a transaction.
    func insert(_ records: [UsageRecord]) throws {
        var keys: [String: String] = [:]
        var connections: [String: String] = [:]
        for record in records {
            let timestamp = record.timestamp.iso8601
            if record.isLogged { try insertLog(record, timestamp) }
            guard record.isCounted, try insertUsage(record, timestamp) else { continue }
            try UsageTotals.add(record, database)
            if let id = record.apiKeyID { keys[id] = max(keys[id] ?? "", timestamp) }
            if let id = record.connectionID { connections[id] = max(connections[id] ?? "", timestamp) }
        }
        try touch("api_keys", keys)
        try touch("provider_connections", connections)
    }

    /// False when the request is already known.
    private func insertUsage(_ record: UsageRecord, _ timestamp: String) throws(SQLiteError) -> Bool {
        let inserted = try database.execute(
            """
            INSERT INTO usage_history(provider, model, connection_id, api_key_id, api_key_name, tokens_input,
              tokens_output, tokens_cache_read, tokens_cache_creation, tokens_reasoning, service_tier, status, success,
              latency_ms, ttft_ms, error_code, timestamp, request_id, cost_usd, estimated, requested_model, combo_name,
              source_format, target_format, stream)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(request_id) DO NOTHING
            """,
            [
                SQLiteValue(record.provider), SQLiteValue(record.model), SQLiteValue(record.connectionID),
                SQLiteValue(record.apiKeyID), SQLiteValue(record.apiKeyName), SQLiteValue(record.promptTokens),
                SQLiteValue(record.output), SQLiteValue(record.cacheRead), SQLiteValue(record.cacheWrite),
                SQLiteValue(record.reasoning), .text(record.serviceTier ?? "standard"), .text("\(record.status)"),
                SQLiteValue(record.success), SQLiteValue(record.latencyMs), SQLiteValue(record.ttftMs),
                SQLiteValue(record.errorCode), .text(timestamp), .text(record.requestID),
                SQLiteValue(record.costUSD), SQLiteValue(record.estimated), SQLiteValue(record.requestedModel),
                SQLiteValue(record.comboName), SQLiteValue(record.sourceFormat), SQLiteValue(record.targetFormat),
                SQLiteValue(record.stream),
            ]
        )
        return inserted > 0
    }

    private func insertLog(_ record: UsageRecord, _ timestamp: String) throws(SQLiteError) {
        try database.execute(
            """
            INSERT OR IGNORE INTO call_logs(id, timestamp, method, path, status, model, requested_model, provider,
              account, connection_id, duration, tokens_in, tokens_out, tokens_cache_read, tokens_cache_creation,
              tokens_reasoning, cache_source, request_type, source_format, target_format, api_key_id, api_key_name,
              combo_name, combo_step_id, error_summary, cost_usd, estimated)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(record.requestID), .text(timestamp), .text(record.method), SQLiteValue(record.path),
                SQLiteValue(record.status), SQLiteValue(record.model), SQLiteValue(record.requestedModel),
                SQLiteValue(record.provider), SQLiteValue(record.account), SQLiteValue(record.connectionID),
                SQLiteValue(record.latencyMs), SQLiteValue(record.promptTokens), SQLiteValue(record.output),
                SQLiteValue(record.cacheRead), SQLiteValue(record.cacheWrite), SQLiteValue(record.reasoning),
                .text(record.cacheSource), SQLiteValue(record.requestType), SQLiteValue(record.sourceFormat),
                SQLiteValue(record.targetFormat), SQLiteValue(record.apiKeyID), SQLiteValue(record.apiKeyName),
                SQLiteValue(record.comboName), SQLiteValue(record.comboStepID), SQLiteValue(record.errorSummary),
                SQLiteValue(record.costUSD), SQLiteValue(record.estimated),
            ]
        )
    }

    private func touch(_ table: String, _ uses: [String: String]) throws(SQLiteError) {
        for (id, timestamp) in uses {
            try database.execute(
                """
                UPDATE "\(table)" SET last_used_at = ?1
                WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)
                """,
                [.text(timestamp), .text(id)]
            )
        }
    }
}
