import JSONCore
import Store
import TimeCore

/// How an API key looks from outside: never the key, never its digest.
enum KeyView {
    static func write(_ key: APIKey, lastUsedAt: WallTime?, to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(key, lastUsedAt: lastUsedAt, to: &writer)
        writer.endObject()
    }

    static func writeMembers(_ key: APIKey, lastUsedAt: WallTime?, to writer: inout JSONWriter) {
        writer.member("id", key.id)
        writer.member("name", key.name)
        writer.member("key", key.masked)
        writer.nullable("machineId", key.machineID)
        writer.texts("allowedModels", key.allowedModels)
        writer.texts("allowedConnections", key.allowedConnections)
        writer.member("noLog", key.noLog)
        writer.member("autoResolve", key.autoResolve)
        writer.member("isActive", key.isActive)
        writer.member("isBanned", key.isBanned)
        write(key.accessSchedule, to: &writer)
        write(key.rateLimits, to: &writer)
        writer.nullable("maxRequestsPerDay", key.maxRequestsPerDay)
        writer.nullable("maxRequestsPerMinute", key.maxRequestsPerMinute)
        writer.member("maxSessions", key.maxSessions)
        writer.nullable("streamContinuation", key.streamContinuation)
        writer.nullable("toolCallGuard", key.toolCallGuard)
        writer.nullable("revokedAt", key.revokedAt)
        writer.nullable("expiresAt", key.expiresAt)
        writer.nullable("lastUsedAt", lastUsedAt ?? key.lastUsedAt)
        writer.member("keyPrefix", key.prefix)
        if let addresses = key.ipAllowlist {
            writer.texts("ipAllowlist", addresses)
        } else {
            writer.memberNull("ipAllowlist")
        }
        writer.texts("scopes", key.scopes)
        writer.member("createdAt", key.createdAt.iso8601)
    }

    static func write(_ schedule: AccessSchedule?, to writer: inout JSONWriter) {
        guard let schedule else { return writer.memberNull("accessSchedule") }
        writer.object("accessSchedule") { writer in
            writer.member("enabled", schedule.enabled)
            writer.member("from", schedule.from)
            writer.member("until", schedule.until)
            writer.list("days", schedule.days) { $0.int($1) }
            writer.member("tz", schedule.zone)
        }
    }

    static func write(_ limits: [RateLimit], to writer: inout JSONWriter) {
        guard !limits.isEmpty else { return writer.memberNull("rateLimits") }
        writer.list("rateLimits", limits) { writer, limit in
            writer.beginObject()
            writer.member("limit", limit.limit)
            writer.member("window", limit.window)
            writer.endObject()
        }
    }
}
