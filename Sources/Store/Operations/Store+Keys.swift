package import CryptoCore
import SQLiteStore
package import TimeCore

/// What a new API key is to be like; the key itself is made by the store.
package struct APIKeyDraft: Sendable {
    package var name: String
    package var scopes: [String]
    package var noLog: Bool
    package var expiresAt: WallTime?
    package var allowedModels: [String]
    package var allowedConnections: [String]
    /// Keeps the key itself, encrypted, so that it can be shown again (`ALLOW_API_KEY_REVEAL`).
    package var isRevealable: Bool

    /// A draft with every field; all but the name have a default.
    package init(
        name: String,
        scopes: [String] = [],
        noLog: Bool = false,
        expiresAt: WallTime? = nil,
        allowedModels: [String] = [],
        allowedConnections: [String] = [],
        isRevealable: Bool = false
    ) {
        (self.name, self.scopes, self.noLog, self.expiresAt) = (name, scopes, noLog, expiresAt)
        (self.allowedModels, self.allowedConnections) = (allowedModels, allowedConnections)
        self.isRevealable = isRevealable
    }
}

extension Store {
    /// The digest of a key as a client presents it; also for comparing keys of the environment.
    package func keyDigest(_ presented: String) -> Digest { context.digests.digest(presented) }

    /// The key a client presents, whether or not it may be used (see `APIKey.isUsable`).
    ///
    /// The lookup goes by a digest under a secret key, so its duration tells nothing about stored keys.
    package func key(matching presented: String, in configuration: Configuration) -> APIKey? {
        guard presented.utf8.count <= 512 else { return nil }
        return configuration.keysByDigest[keyDigest(presented)]
    }

    /// Makes a key.
    ///
    /// - Returns: The key's description, and the key itself, which nobody can show again unless it is revealable.
    package func createKey(
        _ draft: APIKeyDraft,
        audit entry: AuditEntry? = nil
    ) async throws -> (key: APIKey, plaintext: String) {
        let plaintext = newKey()
        let key = APIKey(
            name: draft.name,
            digest: keyDigest(plaintext),
            prefix: String(plaintext.prefix(12)),
            last4: String(plaintext.suffix(4)),
            machineID: MachineID.value,
            allowedModels: draft.allowedModels,
            allowedConnections: draft.allowedConnections,
            noLog: draft.noLog,
            scopes: draft.scopes,
            isRevealable: draft.isRevealable,
            expiresAt: draft.expiresAt,
            createdAt: context.time.wall()
        )
        let sealed = try draft.isRevealable ? seal(plaintext, key.id) : nil
        try await perform(audit: entry) { mutation in
            try mutation.save(key, sealed: sealed)
        }
        return (key, plaintext)
    }

    /// Gives a key a new value; the old one stops working at once.
    ///
    /// - Returns: The key's description, and the new key itself.
    /// - Throws: `notFound`.
    package func regenerateKey(
        _ id: String,
        isRevealable: Bool = false,
        audit entry: AuditEntry? = nil
    ) async throws -> (key: APIKey, plaintext: String) {
        let plaintext = newKey()
        let digest = keyDigest(plaintext)
        let sealed = try isRevealable ? seal(plaintext, id) : nil
        let key = try await perform(audit: entry) { mutation in
            guard var key = try mutation.keys.find(id) else { throw StoreError(.notFound, "Key not found") }
            key.digest = digest
            (key.prefix, key.last4) = (String(plaintext.prefix(12)), String(plaintext.suffix(4)))
            key.isRevealable = isRevealable
            try mutation.save(key, sealed: sealed)
            return key
        }
        return (key, plaintext)
    }

    /// Changes a key.
    ///
    /// - Parameters:
    ///   - id: Which one.
    ///   - entry: Written in the same transaction.
    ///   - change: Gets the key as it is stored now; may run twice. Its digest cannot be changed.
    /// - Returns: The key as it is stored then.
    /// - Throws: `notFound`; what `change` throws.
    @discardableResult
    package func updateKey(
        _ id: String,
        audit entry: AuditEntry? = nil,
        _ change: @escaping @Sendable (inout APIKey) throws -> Void
    ) async throws -> APIKey {
        try await perform(audit: entry) { mutation in
            guard let before = try mutation.keys.find(id) else { throw StoreError(.notFound, "Key not found") }
            var key = before
            try change(&key)
            (key.id, key.digest, key.createdAt) = (before.id, before.digest, before.createdAt)
            try mutation.keys.save(key)
            try mutation.reloadKeys()
            return mutation.configuration.key(id) ?? key
        }
    }

    /// Deletes a key with its budget and cost history.
    ///
    /// - Returns: What it was.
    /// - Throws: `notFound`.
    @discardableResult
    package func deleteKey(_ id: String, audit entry: AuditEntry? = nil) async throws -> APIKey {
        try await perform(audit: entry) { mutation in
            guard let key = try mutation.keys.find(id) else { throw StoreError(.notFound, "Key not found") }
            try mutation.database.execute("DELETE FROM api_keys WHERE id = ?", [.text(id)])
            for table in ["domain_budgets", "domain_budget_reset_logs", "domain_cost_history"]
            where try mutation.database.hasTable(table) {
                try mutation.database.execute("DELETE FROM \"\(table)\" WHERE api_key_id = ?", [.text(id)])
            }
            try mutation.reloadKeys()
            return key
        }
    }

    /// The key itself, if it was made revealable.
    ///
    /// - Returns: Nil when only the digest exists.
    /// - Throws: `notFound`.
    package func revealKey(_ id: String, audit entry: AuditEntry? = nil) async throws -> Secret? {
        try await perform(audit: entry) { mutation in
            let row = try mutation.database.first("SELECT key_sealed FROM api_keys WHERE id = ?", [.text(id)]) {
                $0.nonEmptyText("key_sealed")
            }
            guard let row else { throw StoreError(.notFound, "Key not found") }
            return row.flatMap { mutation.context.cipher.open($0, at: Self.sealedLocation(id)).secret }
        }
    }

    /// `sk-<machine: 16 hex>-<key: 6 hex>-<32 hex>`: the original's four parts, with 152 random bits in the last two.
    private func newKey() -> String {
        "sk-\(MachineID.value)-\(SecureRandom.hex(byteCount: 3))-\(SecureRandom.hex(byteCount: 16))"
    }

    private func seal(_ plaintext: String, _ id: String) throws -> String {
        try context.cipher.seal(Secret(plaintext), at: Self.sealedLocation(id))
    }

    private static func sealedLocation(_ id: String) -> FieldLocation {
        FieldLocation(table: "api_keys", column: "key_sealed", row: id)
    }
}

extension Mutation {
    fileprivate mutating func save(_ key: APIKey, sealed: String?) throws {
        try keys.save(key)
        try database.execute(
            "UPDATE api_keys SET key_sealed = ?, key_hash = NULL WHERE id = ?",
            [SQLiteValue(sealed), .text(key.id)]
        )
        try reloadKeys()
    }
}
