import CryptoCore
package import JSONCore
import SQLiteStore
import TimeCore

/// Rows of `api_keys`.
struct KeyRecords {
    let database: Database
    let digests: KeyDigests

    func all() throws -> [APIKey] {
        try database.rows("SELECT * FROM api_keys ORDER BY created_at, id") { key($0) }
    }

    func find(_ id: String) throws -> APIKey? {
        try database.first("SELECT * FROM api_keys WHERE id = ?", [.text(id)]) { key($0) }
    }

    private func key(_ row: borrowing Row) -> APIKey {
        APIKey(
            id: row.text("id") ?? "",
            name: row.text("name") ?? "",
            digest: row.text("key_digest").flatMap { Digest(hex: $0) },
            prefix: row.text("key_prefix") ?? "",
            last4: row.text("key_last4") ?? "",
            machineID: row.text("machine_id"),
            allowedModels: row.stringList("allowed_models") ?? [],
            allowedConnections: row.stringList("allowed_connections") ?? [],
            noLog: row.bool("no_log") ?? false,
            autoResolve: row.bool("auto_resolve") ?? false,
            isActive: row.bool("is_active") ?? true,
            isBanned: row.bool("is_banned") ?? false,
            scopes: row.stringList("scopes") ?? [],
            ipAllowlist: row.stringList("ip_allowlist"),
            accessSchedule: row.jsonObject("access_schedule").flatMap { AccessSchedule($0.root) },
            rateLimits: rateLimits(row),
            maxRequestsPerDay: row.int("max_requests_per_day"),
            maxRequestsPerMinute: row.int("max_requests_per_minute"),
            maxSessions: row.int("max_sessions") ?? 0,
            streamContinuation: row.nonEmptyText("stream_continuation"),
            toolCallGuard: row.nonEmptyText("tool_call_guard"),
            isRevealable: row.nonEmptyText("key_sealed") != nil,
            expiresAt: row.time("expires_at"),
            revokedAt: row.time("revoked_at"),
            lastUsedAt: row.time("last_used_at"),
            createdAt: row.time("created_at") ?? WallTime(milliseconds: 0)
        )
    }

    private func rateLimits(_ row: borrowing Row) -> [RateLimit] {
        guard let root = row.json("rate_limits")?.root, root.isArray else { return [] }
        return root.elements.compactMap { element in
            guard let limit = element.present("limit")?.int, let window = element.present("window")?.int else {
                return nil
            }
            return RateLimit(limit: limit, window: window)
        }
    }

    /// Writes everything but the key itself and its last use.
    func save(_ key: APIKey) throws {
        var row = ColumnValues()
        row["id"] = .text(key.id)
        row["name"] = .text(key.name)
        // A key without a digest can never match; its row only needs a value that is not taken.
        row["key"] = .text(key.digest.map { "hmac:\($0.hex)" } ?? "none:\(key.id)")
        row["key_digest"] = SQLiteValue(key.digest?.hex)
        row["key_prefix"] = .text(key.prefix)
        row["key_last4"] = .text(key.last4)
        row["machine_id"] = SQLiteValue(key.machineID)
        row["allowed_models"] = SQLiteValue(list: key.allowedModels)
        row["allowed_connections"] = SQLiteValue(list: key.allowedConnections)
        row["no_log"] = SQLiteValue(key.noLog)
        row["auto_resolve"] = SQLiteValue(key.autoResolve)
        row["is_active"] = SQLiteValue(key.isActive)
        row["is_banned"] = SQLiteValue(key.isBanned)
        row["scopes"] = SQLiteValue(list: key.scopes)
        row["ip_allowlist"] = key.ipAllowlist.map { SQLiteValue(list: $0) } ?? .null
        row["access_schedule"] = SQLiteValue(json: key.accessSchedule?.document)
        row["rate_limits"] = key.rateLimits.isEmpty ? .null : .text(Self.json(key.rateLimits))
        row["max_requests_per_day"] = SQLiteValue(key.maxRequestsPerDay)
        row["max_requests_per_minute"] = SQLiteValue(key.maxRequestsPerMinute)
        row["max_sessions"] = SQLiteValue(key.maxSessions)
        row["stream_continuation"] = SQLiteValue(key.streamContinuation)
        row["tool_call_guard"] = SQLiteValue(key.toolCallGuard)
        row["expires_at"] = SQLiteValue(key.expiresAt)
        row["revoked_at"] = SQLiteValue(key.revokedAt)
        row["created_at"] = .text(key.createdAt.iso8601)
        try row.upsert(into: "api_keys", database)
    }

    private static func json(_ limits: [RateLimit]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for limit in limits {
            writer.beginObject()
            writer.member("limit", limit.limit)
            writer.member("window", limit.window)
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Replaces keys in clear text, as the original stores them, by digests.
    ///
    /// Returns how many there were.
    func digestPlaintext() throws -> Int {
        let found = try database.rows(
            "SELECT id, key FROM api_keys WHERE key NOT GLOB 'hmac:*' AND key NOT GLOB 'none:*'"
        ) { row in (id: row.text("id") ?? "", key: row.text("key") ?? "") }
        for (id, key) in found {
            let digest = digests.digest(key).hex
            try database.execute(
                """
                UPDATE api_keys SET key = ?, key_digest = ?, key_hash = NULL, key_prefix = coalesce(key_prefix, ?),
                  key_last4 = ? WHERE id = ?
                """,
                [
                    .text("hmac:\(digest)"), .text(digest), .text(String(key.prefix(12))),
                    .text(String(key.suffix(4))), .text(id),
                ]
            )
        }
        return found.count
    }
}

extension AccessSchedule {
    /// Reads `{enabled, from, until, days, tz}`.
    package init?(_ value: JSONValue) {
        guard let from = value.present("from")?.string, let until = value.present("until")?.string else { return nil }
        self.init(
            enabled: value.present("enabled")?.bool ?? true,
            from: from,
            until: until,
            days: value.present("days")?.elements.compactMap(\.int) ?? Array(0...6),
            zone: value.present("tz")?.string ?? "UTC"
        )
    }

    /// The schedule as it is stored and shown.
    package var document: JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("enabled", enabled)
        writer.member("from", from)
        writer.member("until", until)
        writer.key("days" as StaticString)
        writer.beginArray()
        for day in days { writer.int(day) }
        writer.endArray()
        writer.member("tz", zone)
        writer.endObject()
        return (try? JSONDocument.parse(writer.bytes)) ?? .emptyObject
    }
}
