import CryptoCore
import JSONCore
import SQLiteStore
import TimeCore

/// Rows of `provider_connections`.
struct ConnectionRecords {
    static let table = "provider_connections"
    let database: Database
    let cipher: FieldCipher

    /// Every connection, of one provider or of all, in no particular order.
    func all(provider: String? = nil) throws -> [Connection] {
        let condition = provider == nil ? "" : " WHERE provider = ?"
        let values = provider.map { [SQLiteValue.text($0)] } ?? []
        return try database.rows("SELECT * FROM provider_connections\(condition)", values) { connection($0) }
    }

    func find(_ id: String) throws -> Connection? {
        try database.first("SELECT * FROM provider_connections WHERE id = ?", [.text(id)]) { connection($0) }
    }

    private func connection(_ row: borrowing Row) -> Connection {
        let id = row.text("id") ?? ""
        let epoch = WallTime(milliseconds: 0)
        var connection = Connection(
            id: id,
            provider: row.text("provider") ?? "",
            authType: row.text("auth_type") ?? "apikey",
            name: row.text("name"),
            email: row.text("email"),
            displayName: row.text("display_name"),
            priority: row.int("priority") ?? 0,
            globalPriority: row.int("global_priority"),
            isActive: row.bool("is_active") ?? true,
            defaultModel: row.text("default_model"),
            expiresAt: row.time("expires_at"),
            tokenExpiresAt: row.time("token_expires_at"),
            expiresIn: row.int("expires_in"),
            tokenType: row.text("token_type"),
            scope: row.text("scope"),
            projectID: row.text("project_id"),
            testStatus: row.text("test_status"),
            errorCode: row.text("error_code"),
            lastError: row.text("last_error"),
            lastErrorAt: row.time("last_error_at"),
            lastErrorType: row.text("last_error_type"),
            lastErrorSource: row.text("last_error_source"),
            backoffLevel: row.int("backoff_level") ?? 0,
            rateLimitedUntil: row.time("rate_limited_until"),
            rateLimitProtection: row.bool("rate_limit_protection") ?? false,
            healthCheckInterval: row.int("health_check_interval"),
            lastHealthCheckAt: row.time("last_health_check_at"),
            lastTested: row.time("last_tested"),
            lastUsedAt: row.time("last_used_at"),
            consecutiveUseCount: row.int("consecutive_use_count") ?? 0,
            group: row.text("group"),
            maxConcurrent: row.int("max_concurrent"),
            quotaWindowThresholds: row.jsonObject("quota_window_thresholds_json"),
            createdAt: row.time("created_at") ?? epoch,
            updatedAt: row.time("updated_at") ?? epoch
        )
        readSecrets(row, into: &connection)
        return connection
    }

    private func readSecrets(_ row: borrowing Row, into connection: inout Connection) {
        for (column, field) in Self.secretColumns {
            guard let stored = row.nonEmptyText("\(column)") else { continue }
            let opened = cipher.open(stored, at: Self.location(column, connection.id)).secret
            connection[keyPath: field] = opened
            if opened == nil { connection.hasUnreadableCredential = true }
        }
        if let stored = row.nonEmptyText("provider_specific_data") {
            let opened = cipher.open(stored, at: Self.location("provider_specific_data", connection.id)).secret
            let document = opened.flatMap { secret in
                try? JSONDocument.parse(secret.withBytes { Array($0) })
            }
            if let document, document.root.isObject { connection.providerSpecificData = document }
            if opened == nil { connection.hasUnreadableCredential = true }
        }
        if connection.hasUnreadableCredential {
            connection.testStatus = "error"
            connection.errorCode = "credential_unreadable"
            connection.lastError =
                "The stored credential was encrypted with another STORAGE_ENCRYPTION_KEY; enter it again"
        }
    }

    /// Writes a connection.
    ///
    /// A credential that could not be read and is not replaced stays as it is stored.
    func save(_ connection: Connection) throws {
        var row = ColumnValues()
        row["id"] = .text(connection.id)
        row["provider"] = .text(connection.provider)
        row["auth_type"] = .text(connection.authType)
        row["name"] = SQLiteValue(connection.name)
        row["email"] = SQLiteValue(connection.email)
        row["display_name"] = SQLiteValue(connection.displayName)
        row["priority"] = SQLiteValue(connection.priority)
        row["global_priority"] = SQLiteValue(connection.globalPriority)
        row["is_active"] = SQLiteValue(connection.isActive)
        row["default_model"] = SQLiteValue(connection.defaultModel)
        row["expires_at"] = SQLiteValue(connection.expiresAt)
        row["token_expires_at"] = SQLiteValue(connection.tokenExpiresAt)
        row["expires_in"] = SQLiteValue(connection.expiresIn)
        row["token_type"] = SQLiteValue(connection.tokenType)
        row["scope"] = SQLiteValue(connection.scope)
        row["project_id"] = SQLiteValue(connection.projectID)
        row["group"] = SQLiteValue(connection.group)
        row["max_concurrent"] = SQLiteValue(connection.maxConcurrent)
        row["quota_window_thresholds_json"] = SQLiteValue(json: connection.quotaWindowThresholds)
        row["created_at"] = .text(connection.createdAt.iso8601)
        row["updated_at"] = .text(connection.updatedAt.iso8601)
        setHealth(of: connection, in: &row)
        try setSecrets(of: connection, in: &row)
        try row.upsert(into: Self.table, database)
    }

    private func setHealth(of connection: Connection, in row: inout ColumnValues) {
        row["test_status"] = SQLiteValue(connection.testStatus)
        row["error_code"] = SQLiteValue(connection.errorCode)
        row["last_error"] = SQLiteValue(connection.lastError)
        row["last_error_at"] = SQLiteValue(connection.lastErrorAt)
        row["last_error_type"] = SQLiteValue(connection.lastErrorType)
        row["last_error_source"] = SQLiteValue(connection.lastErrorSource)
        row["backoff_level"] = SQLiteValue(connection.backoffLevel)
        row["rate_limited_until"] = SQLiteValue(connection.rateLimitedUntil)
        row["rate_limit_protection"] = SQLiteValue(connection.rateLimitProtection)
        row["health_check_interval"] = SQLiteValue(connection.healthCheckInterval)
        row["last_health_check_at"] = SQLiteValue(connection.lastHealthCheckAt)
        row["last_tested"] = SQLiteValue(connection.lastTested)
        row["consecutive_use_count"] = SQLiteValue(connection.consecutiveUseCount)
    }

    private func setSecrets(of connection: Connection, in row: inout ColumnValues) throws {
        let unreadable = try connection.hasUnreadableCredential ? unreadableColumns(of: connection.id) : []
        for (column, field) in Self.secretColumns {
            guard let secret = connection[keyPath: field], !secret.isEmpty else {
                if !unreadable.contains("\(column)") { row["\(column)"] = .null }
                continue
            }
            row["\(column)"] = .text(try cipher.seal(secret, at: Self.location(column, connection.id)))
        }
        let data = connection.providerSpecificData
        let location = Self.location("provider_specific_data", connection.id)
        if data.root.count > 0 {
            row["provider_specific_data"] = .text(try cipher.seal(Secret(data.bytes), at: location))
        } else if !unreadable.contains("provider_specific_data") {
            row["provider_specific_data"] = .null
        }
    }

    /// Columns of a stored row that do not open with our key.
    private func unreadableColumns(of id: String) throws -> Set<String> {
        let columns = Self.secretColumns.map(\.column) + ["provider_specific_data"]
        let found = try database.first("SELECT * FROM provider_connections WHERE id = ?", [.text(id)]) { row in
            columns.filter { column in
                guard let stored = row.nonEmptyText("\(column)") else { return false }
                return cipher.open(stored, at: Self.location(column, id)).secret == nil
            }.map { "\($0)" }
        }
        return Set(found ?? [])
    }

    // MARK: - Secrets

    private typealias SecretField = any WritableKeyPath<Connection, Secret?> & Sendable

    private static let secretColumns: [(column: StaticString, field: SecretField)] = [
        ("api_key", \.apiKey), ("access_token", \.accessToken), ("refresh_token", \.refreshToken),
        ("id_token", \.idToken),
    ]

    private static func location(_ column: StaticString, _ id: String) -> FieldLocation {
        FieldLocation(table: "provider_connections", column: column, row: id)
    }

    /// Encrypts again what the original, or an older key format, left behind.
    ///
    /// Returns how many values changed.
    func sealOutdated() throws -> Int {
        let columns = Self.secretColumns.map(\.column) + ["provider_specific_data"]
        var updates: [(id: String, column: StaticString, text: String)] = []
        try database.forEach("SELECT * FROM provider_connections") { row in
            guard let id = row.text("id") else { return }
            for column in columns {
                let location = Self.location(column, id)
                guard let stored = row.nonEmptyText("\(column)"),
                    case .outdated(let secret) = cipher.open(stored, at: location)
                else { continue }
                updates.append((id, column, try cipher.seal(secret, at: location)))
            }
        }
        for update in updates {
            try database.execute(
                "UPDATE provider_connections SET \"\(update.column)\" = ? WHERE id = ?",
                [.text(update.text), .text(update.id)]
            )
        }
        return updates.count
    }
}
