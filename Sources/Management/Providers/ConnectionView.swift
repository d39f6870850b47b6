import CryptoCore
import HTTPCore
import HTTPServer
import JSONCore
import Store
import TimeCore

/// How a connection looks from outside: masked key, no tokens, no empty fields.
enum ConnectionView {
    static func write(_ connection: Connection, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", connection.id)
        writer.member("provider", connection.provider)
        writer.member("authType", connection.authType)
        writer.optional("name", connection.name)
        writer.optional("email", connection.email)
        writer.optional("displayName", connection.displayName)
        writer.member("priority", connection.priority)
        writer.optional("globalPriority", connection.globalPriority)
        writer.member("isActive", connection.isActive)
        writer.optional("defaultModel", connection.defaultModel)
        writer.optional("apiKey", connection.apiKey.map { SecretMask.mask($0.exposedText()) })
        writer.optional("expiresAt", connection.expiresAt)
        writer.optional("tokenExpiresAt", connection.tokenExpiresAt)
        writer.optional("expiresIn", connection.expiresIn)
        writer.optional("tokenType", connection.tokenType)
        writer.optional("scope", connection.scope)
        writer.optional("projectId", connection.projectID)
        writeState(connection, to: &writer)
        writer.optional("group", connection.group)
        writer.nullable("maxConcurrent", connection.maxConcurrent)
        if let thresholds = connection.quotaWindowThresholds {
            writer.member("quotaWindowThresholds", thresholds.root)
        } else {
            writer.memberNull("quotaWindowThresholds")
        }
        writer.key("providerSpecificData")
        ProviderData.write(connection.providerSpecificData, to: &writer)
        writer.member("createdAt", connection.createdAt.iso8601)
        writer.member("updatedAt", connection.updatedAt.iso8601)
        writer.endObject()
    }

    private static func writeState(_ connection: Connection, to writer: inout JSONWriter) {
        writer.optional("testStatus", connection.testStatus)
        writer.optional("errorCode", connection.errorCode)
        writer.optional("lastError", connection.lastError)
        writer.optional("lastErrorAt", connection.lastErrorAt)
        writer.optional("lastErrorType", connection.lastErrorType)
        writer.optional("lastErrorSource", connection.lastErrorSource)
        writer.member("backoffLevel", connection.backoffLevel)
        writer.optional("rateLimitedUntil", connection.rateLimitedUntil)
        writer.member("rateLimitProtection", connection.rateLimitProtection)
        writer.optional("healthCheckInterval", connection.healthCheckInterval)
        writer.optional("lastHealthCheckAt", connection.lastHealthCheckAt)
        writer.optional("lastTested", connection.lastTested)
        writer.optional("lastUsedAt", connection.lastUsedAt)
        writer.member("consecutiveUseCount", connection.consecutiveUseCount)
    }

    /// Serves `{"connection":…}`.
    static func response(_ connection: Connection, status: HTTPStatus = .ok) -> Response {
        .object(status) { writer in
            writer.key("connection")
            write(connection, to: &writer)
        }
    }
}
