import SQLiteStore
import TimeCore

/// Turns usage records into rows.
struct UsageRows {
    let database: Database

    /// Inserts what is not there yet; to be called in a transaction.
    ///
    /// All at once, which is fast. Only when the database has some of the records already, or does not take one, each
    /// is looked at for itself.
    ///
    /// - Returns: The records that the database refused; a foreign schema may have rules of its own.
    /// - Throws: When nothing can be written.
    func insert(_ batch: UsageBatch) throws -> [UsageBatch.Refusal] {
        try batch.bytes.withUnsafeBytes { bytes in
            let rows = LentUsage(batch, bytes)
            var totals = UsageTotals(bytes)
            var refusals: [UsageBatch.Refusal] = []
            if try insertAll(rows, of: batch) {
                for entry in batch.entries where entry.isCounted { totals.add(entry) }
            } else {
                refusals = try insertEach(rows, of: batch, &totals)
            }
            try totals.write(to: database)
            return refusals
        }
    }

    /// False, and nothing inserted, unless every record is new and welcome.
    private func insertAll(_ rows: LentUsage, of batch: UsageBatch) throws -> Bool {
        struct NotAllNew: Error {}
        let counted = batch.entries.count { $0.isCounted }
        do {
            try database.savepoint {
                guard try insert(rows, batch.entries.indices) == counted else { throw NotAllNew() }
            }
            return true
        } catch is NotAllNew {
            return false
        } catch let error as SQLiteError where error.refusesRow && database.isInTransaction {
            return false
        }
    }

    private func insertEach(
        _ rows: LentUsage,
        of batch: UsageBatch,
        _ totals: inout UsageTotals
    ) throws -> [UsageBatch.Refusal] {
        var refusals: [UsageBatch.Refusal] = []
        for (index, entry) in batch.entries.enumerated() {
            do {
                let inserted = try database.savepoint { try insert(rows, index..<index + 1) }
                if inserted > 0 { totals.add(entry) }
            } catch let error as SQLiteError where error.refusesRow && database.isInTransaction {
                // A trigger of a foreign schema may have ended the whole transaction: then nothing of it counts.
                refusals.append(UsageBatch.Refusal(entry: entry, reason: error))
            }
        }
        return refusals
    }

    /// How many rows of `usage_history` are new.
    private func insert(_ rows: LentUsage, _ range: Range<Int>) throws -> Int {
        try database.lend(rows, range) {
            try database.execute(
                """
                INSERT OR IGNORE INTO call_logs(id, timestamp, method, path, status, model, requested_model, provider,
                  account, connection_id, duration, tokens_in, tokens_out, tokens_cache_read, tokens_cache_creation,
                  tokens_reasoning, cache_source, request_type, source_format, target_format, api_key_id, api_key_name,
                  combo_name, combo_step_id, error_summary, cost_usd, estimated)
                SELECT requestID, timestamp, method, path, status, model, requestedModel, provider,
                  account, connectionID, latency, prompt, output, cacheRead, cacheWrite,
                  reasoning, cacheSource, requestType, sourceFormat, targetFormat, apiKeyID, apiKeyName,
                  comboName, comboStepID, errorSummary, cost, estimated
                FROM omni_lent_usage WHERE isLogged
                """
            )
            return try database.execute(
                """
                INSERT INTO usage_history(provider, model, connection_id, api_key_id, api_key_name, tokens_input,
                  tokens_output, tokens_cache_read, tokens_cache_creation, tokens_reasoning, service_tier, status,
                  success, latency_ms, ttft_ms, error_code, timestamp, request_id, cost_usd, estimated,
                  requested_model, combo_name, source_format, target_format, stream)
                SELECT provider, model, connectionID, apiKeyID, apiKeyName, prompt,
                  output, cacheRead, cacheWrite, reasoning, coalesce(serviceTier, 'standard'), statusText,
                  success, latency, ttft, errorCode, timestamp, requestID, cost, estimated,
                  requestedModel, comboName, sourceFormat, targetFormat, stream
                FROM omni_lent_usage WHERE isCounted
                ON CONFLICT(timestamp, request_id) DO NOTHING
                """
            )
        }
    }
}

extension SQLiteError {
    /// Whether it is about the row and not about the database.
    fileprivate var refusesRow: Bool { code == .constraint || code == .statement }
}
