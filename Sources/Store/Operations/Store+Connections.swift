import CryptoCore
import JSONCore
import SQLiteStore

/// What to do when a new connection is for an account that is already there.
package enum DuplicateRule: Sendable {
    /// Refuse with `StoreError.duplicate`.
    case reject
    /// Give the existing connection the new credentials and keep its id.
    case overwrite
}

extension Store {
    /// Adds a connection.
    ///
    /// An API-key connection is the same account as one of its provider with the same name, an OAuth connection as
    /// one with the same e-mail address (and workspace).
    ///
    /// - Parameters:
    ///   - connection: Its priority is the place it gets; 0 puts it behind all others.
    ///   - rule: What happens when the account is there already.
    ///   - entry: Written in the same transaction.
    /// - Returns: The connection as it is stored.
    /// - Throws: `duplicate` with the id of the existing connection.
    package func createConnection(
        _ connection: Connection,
        onDuplicate rule: DuplicateRule = .reject,
        audit entry: AuditEntry? = nil
    ) async throws -> Connection {
        try await perform(audit: entry) { mutation in
            var connection = connection
            if let existing = try mutation.connections.account(of: connection) {
                guard rule == .overwrite else {
                    throw StoreError(
                        .duplicate,
                        "this account is already connected as \(existing.label)",
                        existingID: existing.id
                    )
                }
                connection = existing.taking(connection)
            } else if try mutation.connections.find(connection.id) != nil {
                throw StoreError(.duplicate, "a connection with this id exists", existingID: connection.id)
            }
            connection.updatedAt = mutation.now
            return try mutation.save(connection, movingTo: connection.priority)
        }
    }

    /// Changes a connection.
    ///
    /// - Parameters:
    ///   - id: Which one.
    ///   - entry: Written in the same transaction.
    ///   - change: Gets the connection as it is stored now; may run twice.
    /// - Returns: The connection as it is stored then.
    /// - Throws: `notFound`; what `change` throws.
    @discardableResult
    package func updateConnection(
        _ id: String,
        audit entry: AuditEntry? = nil,
        _ change: @escaping @Sendable (inout Connection) throws -> Void
    ) async throws -> Connection {
        try await perform(audit: entry) { try $0.update(id, change) }
    }

    /// Changes a connection like `updateConnection`, without waiting: changes happen in the order of the calls.
    ///
    /// - Parameters:
    ///   - id: Which one.
    ///   - change: Gets the connection as it is stored then; may run twice.
    ///   - completion: Called once it is on the disk, on a thread that must not be held up.
    package func enqueueConnectionUpdate(
        _ id: String,
        _ change: @escaping @Sendable (inout Connection) throws -> Void,
        completion: @escaping @Sendable (Result<Connection, any Error>) -> Void
    ) {
        enqueue({ try $0.update(id, change) }, completion: completion)
    }

    /// Deletes connections with everything that refers to them.
    ///
    /// - Returns: The ones that existed.
    @discardableResult
    package func deleteConnections(_ ids: [String], audit entry: AuditEntry? = nil) async throws -> [Connection] {
        try await perform(audit: entry) { mutation in
            let found = try ids.compactMap { try mutation.connections.find($0) }
            try mutation.delete(found)
            return found
        }
    }

    /// Deletes one connection.
    ///
    /// - Returns: The connection.
    /// - Throws: `notFound`.
    @discardableResult
    package func deleteConnection(_ id: String, audit entry: AuditEntry? = nil) async throws -> Connection {
        try await perform(audit: entry) { mutation in
            guard let found = try mutation.connections.find(id) else {
                throw StoreError(.notFound, "Connection not found")
            }
            try mutation.delete([found])
            return found
        }
    }
}

extension Connection {
    /// This connection with the credentials and the given properties of a newer one.
    fileprivate func taking(_ newer: Connection) -> Connection {
        var merged = newer
        (merged.id, merged.createdAt) = (id, createdAt)
        merged.priority = newer.priority == 0 ? priority : newer.priority
        merged.apiKey = newer.apiKey ?? apiKey
        merged.accessToken = newer.accessToken ?? accessToken
        merged.refreshToken = newer.refreshToken ?? refreshToken
        merged.idToken = newer.idToken ?? idToken
        merged.displayName = newer.displayName ?? displayName
        merged.group = newer.group ?? group
        merged.maxConcurrent = newer.maxConcurrent ?? maxConcurrent
        merged.quotaWindowThresholds = newer.quotaWindowThresholds ?? quotaWindowThresholds
        if newer.providerSpecificData.root.count == 0 { merged.providerSpecificData = providerSpecificData }
        return merged
    }

    /// Takes back what reading noted about a credential that does not open; it is not part of the row.
    fileprivate mutating func forgetUnreadableNote() {
        (errorCode, lastError) = (nil, nil)
    }
}

extension ConnectionRecords {
    /// The stored connection of the same account, if there is one.
    fileprivate func account(of connection: Connection) throws -> Connection? {
        try all(provider: connection.provider).first { other in
            guard other.authType == connection.authType else { return false }
            if connection.authType == "oauth" {
                guard let email = connection.email, !email.isEmpty else { return false }
                return other.email == email && workspace(other) == workspace(connection)
            }
            return connection.name != nil && other.name == connection.name
        }
    }

    private func workspace(_ connection: Connection) -> String? {
        connection.providerSpecificData.root.present("workspaceId")?.string
    }
}

extension Mutation {
    /// Changes a connection; only its identity stays.
    fileprivate mutating func update(_ id: String, _ change: (inout Connection) throws -> Void) throws -> Connection {
        guard let before = try connections.find(id) else { throw StoreError(.notFound, "Connection not found") }
        var connection = before
        if connection.hasUnreadableCredential { connection.forgetUnreadableNote() }
        try change(&connection)
        (connection.id, connection.createdAt) = (before.id, before.createdAt)
        connection.updatedAt = now
        return try save(
            connection,
            movingTo: connection.priority == before.priority ? nil : connection.priority,
            from: before.provider
        )
    }

    /// Writes a connection, puts it in its place among its provider's and renumbers them 1…n.
    fileprivate mutating func save(
        _ connection: Connection,
        movingTo place: Int?,
        from oldProvider: String? = nil
    ) throws -> Connection {
        try connections.save(connection)
        try renumber(connection.provider, moving: connection.id, to: place)
        try reloadConnections(of: connection.provider)
        if let oldProvider, oldProvider != connection.provider {
            try renumber(oldProvider)
            try reloadConnections(of: oldProvider)
        }
        return configuration.connection(connection.id) ?? connection
    }

    mutating func delete(_ found: [Connection]) throws {
        let ids = Set(found.map(\.id))
        let hasQuota = try database.hasTable("quota_snapshots")
        let hasProxies = try database.hasTable("proxy_assignments")
        for id in ids {
            try database.execute("DELETE FROM provider_connections WHERE id = ?", [.text(id)])
            if hasQuota { try database.execute("DELETE FROM quota_snapshots WHERE connection_id = ?", [.text(id)]) }
            if hasProxies {
                try database.execute(
                    "DELETE FROM proxy_assignments WHERE scope = 'account' AND scope_id = ?",
                    [.text(id)]
                )
            }
            try values.set("syncedAvailableModels", id, to: nil)
        }
        for provider in Set(found.map(\.provider)) {
            try renumber(provider)
            try reloadConnections(of: provider)
        }
        try unpin(ids)
    }

    /// Combo steps that were pinned to a connection that is gone may use any account again.
    private mutating func unpin(_ ids: Set<String>) throws {
        var isChanged = false
        for var combo in try combos.all() {
            var isPinned = false
            combo.steps = combo.steps.map { step in
                guard case .model(let id, let model, let providerID, let connectionID?, let weight, let label) = step,
                    ids.contains(connectionID)
                else { return step }
                isPinned = true
                return .model(
                    id: id,
                    model: model,
                    providerID: providerID,
                    connectionID: nil,
                    weight: weight,
                    label: label
                )
            }
            guard isPinned else { continue }
            combo.updatedAt = now
            _ = try combos.save(combo)
            isChanged = true
        }
        if isChanged { try reloadCombos() }
    }

    /// Gives the connections of a provider the priorities 1…n in their present order, one of them in a new place.
    private func renumber(_ provider: String, moving moved: String? = nil, to place: Int? = nil) throws {
        var rows = try database.rows(
            """
            SELECT id, priority FROM provider_connections WHERE provider = ?
            ORDER BY priority, updated_at DESC, id
            """,
            [.text(provider)]
        ) { row in (id: row.text("id") ?? "", priority: row.int("priority") ?? 0) }
        if let moved, let place, let index = rows.firstIndex(where: { $0.id == moved }) {
            let row = rows.remove(at: index)
            rows.insert(row, at: place <= 0 ? rows.count : min(place - 1, rows.count))
        }
        for (index, row) in rows.enumerated() where row.priority != index + 1 {
            try database.execute(
                "UPDATE provider_connections SET priority = ? WHERE id = ?",
                [.integer(Int64(index + 1)), .text(row.id)]
            )
        }
    }
}
