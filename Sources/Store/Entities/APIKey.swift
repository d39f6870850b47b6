package import CryptoCore
package import TimeCore

/// A key that clients of the gateway present; only its digest is known after it was shown once.
package struct APIKey: Sendable, Identifiable {
    package var id: String
    package var name: String
    /// HMAC of the key; nil only in rows of old databases whose key is missing.
    package var digest: Digest?
    /// The first twelve characters, for people to recognise the key by.
    package var prefix: String
    /// The last four characters.
    package var last4: String
    package var machineID: String?
    /// Empty means all models.
    package var allowedModels: [String]
    /// Empty means all connections.
    package var allowedConnections: [String]
    package var noLog: Bool
    package var autoResolve: Bool
    package var isActive: Bool
    package var isBanned: Bool
    package var scopes: [String]
    /// Nil means every address.
    package var ipAllowlist: [String]?
    package var accessSchedule: AccessSchedule?
    package var rateLimits: [RateLimit]
    package var maxRequestsPerDay: Int?
    package var maxRequestsPerMinute: Int?
    /// 0 means no limit.
    package var maxSessions: Int
    /// `never`, `text` or `text+tools`; nil leaves it to the combo and the server.
    package var streamContinuation: String?
    /// `off`, `observe` or `repair`; nil leaves it to the combo and the server.
    package var toolCallGuard: String?
    /// True when the key was created while showing keys again was allowed.
    package var isRevealable: Bool
    package var expiresAt: WallTime?
    package var revokedAt: WallTime?
    /// As of the start of the server; `Store.lastUse()` knows the present.
    package var lastUsedAt: WallTime?
    package var createdAt: WallTime

    /// A key with every field; most have a default.
    package init(
        id: String = SecureRandom.uuid(),
        name: String,
        digest: Digest?,
        prefix: String = "",
        last4: String = "",
        machineID: String? = nil,
        allowedModels: [String] = [],
        allowedConnections: [String] = [],
        noLog: Bool = false,
        autoResolve: Bool = false,
        isActive: Bool = true,
        isBanned: Bool = false,
        scopes: [String] = [],
        ipAllowlist: [String]? = nil,
        accessSchedule: AccessSchedule? = nil,
        rateLimits: [RateLimit] = [],
        maxRequestsPerDay: Int? = nil,
        maxRequestsPerMinute: Int? = nil,
        maxSessions: Int = 0,
        streamContinuation: String? = nil,
        toolCallGuard: String? = nil,
        isRevealable: Bool = false,
        expiresAt: WallTime? = nil,
        revokedAt: WallTime? = nil,
        lastUsedAt: WallTime? = nil,
        createdAt: WallTime
    ) {
        (self.id, self.name, self.digest, self.prefix, self.last4) = (id, name, digest, prefix, last4)
        (self.machineID, self.allowedModels) = (machineID, allowedModels)
        (self.allowedConnections, self.noLog, self.autoResolve) = (allowedConnections, noLog, autoResolve)
        (self.isActive, self.isBanned, self.scopes) = (isActive, isBanned, scopes)
        (self.ipAllowlist, self.accessSchedule, self.rateLimits) = (ipAllowlist, accessSchedule, rateLimits)
        (self.maxRequestsPerDay, self.maxRequestsPerMinute) = (maxRequestsPerDay, maxRequestsPerMinute)
        (self.streamContinuation, self.toolCallGuard) = (streamContinuation, toolCallGuard)
        (self.maxSessions, self.isRevealable, self.expiresAt) = (maxSessions, isRevealable, expiresAt)
        (self.revokedAt, self.lastUsedAt, self.createdAt) = (revokedAt, lastUsedAt, createdAt)
    }

    /// First eight characters, four stars, last four.
    package var masked: String { "\(prefix.prefix(8))****\(last4)" }

    /// True unless the key is switched off, banned, revoked or past its end.
    package func isUsable(at now: WallTime) -> Bool {
        isActive && !isBanned && revokedAt == nil && expiresAt.map { now < $0 } ?? true
    }

    /// True when the key may manage the server.
    package var managesServer: Bool { scopes.contains("manage") || scopes.contains("admin") }
}

/// Hours in which a key may be used.
package struct AccessSchedule: Sendable, Hashable {
    package var enabled: Bool
    /// `HH:MM`.
    package var from: String
    /// `HH:MM`; earlier than `from` means the next day.
    package var until: String
    /// 0 is Sunday.
    package var days: [Int]
    /// A name of the time zone database.
    package var zone: String

    /// A schedule with every field.
    package init(enabled: Bool, from: String, until: String, days: [Int], zone: String) {
        (self.enabled, self.from, self.until, self.days, self.zone) = (enabled, from, until, days, zone)
    }
}

/// So many requests in so many seconds.
package struct RateLimit: Sendable, Hashable {
    package var limit: Int
    /// Seconds.
    package var window: Int

    /// A limit with every field.
    package init(limit: Int, window: Int) {
        (self.limit, self.window) = (limit, window)
    }
}
