package import CryptoCore
package import JSONCore
package import TimeCore

/// An account at a provider: how to sign in there, how it is doing, and in which order it is tried.
///
/// The field names are those of the original's table `provider_connections`.
package struct Connection: Sendable, Identifiable {
    /// A UUID that never changes.
    package var id: String
    /// The provider's id, or the id of a `ProviderNode`.
    package var provider: String
    /// `oauth` or `apikey`; other texts of old databases are kept.
    package var authType: String
    package var name: String?
    package var email: String?
    package var displayName: String?
    /// 1 is tried first; 0 in a new connection means "behind all others".
    package var priority: Int
    package var globalPriority: Int?
    package var isActive: Bool
    package var defaultModel: String?

    package var apiKey: Secret?
    package var accessToken: Secret?
    package var refreshToken: Secret?
    package var idToken: Secret?
    package var expiresAt: WallTime?
    package var tokenExpiresAt: WallTime?
    package var expiresIn: Int?
    package var tokenType: String?
    package var scope: String?
    package var projectID: String?

    /// `active`, `error`, `expired`, `unavailable`, `banned`, …; an open list.
    package var testStatus: String?
    package var errorCode: String?
    package var lastError: String?
    package var lastErrorAt: WallTime?
    package var lastErrorType: String?
    package var lastErrorSource: String?
    package var backoffLevel: Int
    package var rateLimitedUntil: WallTime?
    package var rateLimitProtection: Bool
    /// Minutes between health checks; 0 switches them off.
    package var healthCheckInterval: Int?
    package var lastHealthCheckAt: WallTime?
    package var lastTested: WallTime?
    package var lastUsedAt: WallTime?
    package var consecutiveUseCount: Int

    package var group: String?
    package var maxConcurrent: Int?
    /// Window name → percentage, an object.
    package var quotaWindowThresholds: JSONDocument?
    /// Everything only this provider needs, an object.
    ///
    /// May hold secrets: it is stored encrypted.
    package var providerSpecificData: JSONDocument
    package var createdAt: WallTime
    package var updatedAt: WallTime
    /// True when a stored credential could not be decrypted; the connection cannot be used until it gets a new one.
    package var hasUnreadableCredential: Bool

    /// A connection with every field; all but the id, the provider and the times have a default.
    package init(
        id: String = SecureRandom.uuid(),
        provider: String,
        authType: String = "apikey",
        name: String? = nil,
        email: String? = nil,
        displayName: String? = nil,
        priority: Int = 0,
        globalPriority: Int? = nil,
        isActive: Bool = true,
        defaultModel: String? = nil,
        apiKey: Secret? = nil,
        accessToken: Secret? = nil,
        refreshToken: Secret? = nil,
        idToken: Secret? = nil,
        expiresAt: WallTime? = nil,
        tokenExpiresAt: WallTime? = nil,
        expiresIn: Int? = nil,
        tokenType: String? = nil,
        scope: String? = nil,
        projectID: String? = nil,
        testStatus: String? = nil,
        errorCode: String? = nil,
        lastError: String? = nil,
        lastErrorAt: WallTime? = nil,
        lastErrorType: String? = nil,
        lastErrorSource: String? = nil,
        backoffLevel: Int = 0,
        rateLimitedUntil: WallTime? = nil,
        rateLimitProtection: Bool = false,
        healthCheckInterval: Int? = nil,
        lastHealthCheckAt: WallTime? = nil,
        lastTested: WallTime? = nil,
        lastUsedAt: WallTime? = nil,
        consecutiveUseCount: Int = 0,
        group: String? = nil,
        maxConcurrent: Int? = nil,
        quotaWindowThresholds: JSONDocument? = nil,
        providerSpecificData: JSONDocument = .emptyObject,
        createdAt: WallTime,
        updatedAt: WallTime,
        hasUnreadableCredential: Bool = false
    ) {
        (self.id, self.provider, self.authType, self.name, self.email) = (id, provider, authType, name, email)
        (self.displayName, self.priority, self.globalPriority) = (displayName, priority, globalPriority)
        (self.isActive, self.defaultModel, self.apiKey) = (isActive, defaultModel, apiKey)
        (self.accessToken, self.refreshToken, self.idToken) = (accessToken, refreshToken, idToken)
        (self.expiresAt, self.tokenExpiresAt, self.expiresIn) = (expiresAt, tokenExpiresAt, expiresIn)
        (self.tokenType, self.scope, self.projectID) = (tokenType, scope, projectID)
        (self.testStatus, self.errorCode, self.lastError) = (testStatus, errorCode, lastError)
        (self.lastErrorAt, self.lastErrorType) = (lastErrorAt, lastErrorType)
        (self.lastErrorSource, self.backoffLevel) = (lastErrorSource, backoffLevel)
        (self.rateLimitedUntil, self.rateLimitProtection) = (rateLimitedUntil, rateLimitProtection)
        (self.healthCheckInterval, self.lastHealthCheckAt) = (healthCheckInterval, lastHealthCheckAt)
        (self.lastTested, self.lastUsedAt) = (lastTested, lastUsedAt)
        (self.consecutiveUseCount, self.group, self.maxConcurrent) = (consecutiveUseCount, group, maxConcurrent)
        (self.quotaWindowThresholds, self.providerSpecificData) = (quotaWindowThresholds, providerSpecificData)
        (self.createdAt, self.updatedAt) = (createdAt, updatedAt)
        self.hasUnreadableCredential = hasUnreadableCredential
    }

    /// What people call the account: its display name, name, e-mail address or id.
    package var label: String { displayName ?? name ?? email ?? id }
}
