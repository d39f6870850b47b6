private import Glibc
import SQLiteStore
import TimeCore

/// What new rows of `usage_history` add to the table of daily sums, and to the times of last use.
///
/// Summed up in memory first: a thousand records of one model, account and key are one change of the table.
struct UsageTotals {
    /// Records of one day whose names are the same, byte by byte.
    private struct Key: Hashable {
        let day: Int64
        let names: UnsafeRawBufferPointer

        static func == (left: Key, right: Key) -> Bool {
            guard left.day == right.day, left.names.count == right.names.count else { return false }
            guard let one = left.names.baseAddress, let other = right.names.baseAddress else { return true }
            return memcmp(one, other, left.names.count) == 0
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(day)
            hasher.combine(bytes: names)
        }
    }

    private struct Group {
        /// Has the names.
        let first: JournalEntry
        var requests = 0
        var promptTokens = 0
        var outputTokens = 0
        var cost = 0.0
        var unknownCosts = 0
        var lastUsed: WallTime

        mutating func add(_ entry: JournalEntry) {
            requests += 1
            promptTokens += entry.promptTokens ?? 0
            outputTokens += entry.output ?? 0
            cost += entry.costUSD ?? 0
            if entry.costUSD == nil { unknownCosts += 1 }
            lastUsed = max(lastUsed, entry.timestamp)
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private var groups: [Key: Group] = [:]

    /// No records yet; `bytes` stay in place meanwhile.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Adds one new row.
    mutating func add(_ entry: JournalEntry) {
        let key = Key(
            day: entry.timestamp.milliseconds / 86_400_000,
            names: UnsafeRawBufferPointer(rebasing: bytes[entry.names])
        )
        groups[key, default: Group(first: entry, lastUsed: entry.timestamp)].add(entry)
    }

    /// Writes the sums; to be called in the transaction of the rows.
    func write(to database: Database) throws {
        var (keys, connections): ([String: WallTime], [String: WallTime]) = ([:], [:])
        for group in groups.values {
            try write(group, to: database)
            let time = group.lastUsed
            if let key = name(.apiKeyID, of: group) { keys[key] = max(keys[key] ?? time, time) }
            if let id = name(.connectionID, of: group) { connections[id] = max(connections[id] ?? time, time) }
        }
        try touch("api_keys", keys, database)
        try touch("provider_connections", connections, database)
    }

    private func name(_ text: JournalEntry.Text, of group: Group) -> String? { group.first.string(text, in: bytes) }

    private func write(_ group: Group, to database: Database) throws(SQLiteError) {
        let lastUsed = group.lastUsed.iso8601
        try database.execute(
            """
            INSERT INTO omni_usage_totals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(day, provider, model, connection_id, api_key_id, api_key_name) DO UPDATE SET
              requests = requests + excluded.requests, tokens_input = tokens_input + excluded.tokens_input,
              tokens_output = tokens_output + excluded.tokens_output, cost_usd = cost_usd + excluded.cost_usd,
              unknown_costs = unknown_costs + excluded.unknown_costs, last_used = max(last_used, excluded.last_used)
            """,
            [
                .text(String(lastUsed.prefix(10))), .text(name(.provider, of: group) ?? ""),
                .text(name(.model, of: group) ?? ""), .text(name(.connectionID, of: group) ?? ""),
                .text(name(.apiKeyID, of: group) ?? ""), .text(name(.apiKeyName, of: group) ?? ""),
                SQLiteValue(group.requests), SQLiteValue(group.promptTokens), SQLiteValue(group.outputTokens),
                .real(group.cost), SQLiteValue(group.unknownCosts), .text(lastUsed),
            ]
        )
    }

    private func touch(_ table: String, _ uses: [String: WallTime], _ database: Database) throws(SQLiteError) {
        for (id, time) in uses {
            try database.execute(
                """
                UPDATE "\(table)" SET last_used_at = ?1
                WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)
                """,
                [.text(time.iso8601), .text(id)]
            )
        }
    }

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
}
