package import JSONCore
import SQLiteStore

extension Store {
    /// Writes settings; nil deletes one, so that its default counts again.
    package func setSettings(_ settings: [String: [UInt8]?], audit entry: AuditEntry? = nil) async throws {
        try await setValues("settings", settings, audit: entry)
    }

    /// Writes values of one namespace of `key_value` as JSON; nil deletes one.
    ///
    /// - Throws: `invalid` when a value is no JSON.
    package func setValues(
        _ namespace: String,
        _ values: [String: [UInt8]?],
        audit entry: AuditEntry? = nil
    ) async throws {
        for (key, json) in values {
            if let json, (try? JSONDocument.parse(json)) == nil {
                throw StoreError(.invalid, "the value of \(key) is no JSON")
            }
        }
        try await perform(audit: entry) { mutation in
            for (key, json) in values.sorted(by: { $0.key < $1.key }) {
                try mutation.values.set(namespace, key, to: json)
            }
            if !ValueTable.excludedNamespaces.contains(namespace) { try mutation.reloadValues() }
        }
    }

    /// One value read from the database; for namespaces that are not in the snapshot.
    package func storedValue(_ namespace: String, _ key: String) async throws -> JSONDocument? {
        let cipher = context.cipher
        return try await query { try ValueRecords(database: $0, cipher: cipher).find(namespace, key) }
    }

    /// Writes a feature flag, which is raw text; nil deletes it.
    package func setFeatureFlag(_ name: String, to text: String?, audit entry: AuditEntry? = nil) async throws {
        try await perform(audit: entry) { mutation in
            try mutation.values.set("feature_flags", name, to: text.map { Array($0.utf8) })
            try mutation.reloadValues()
        }
    }

    /// Gives a model (`provider/model`) an alias; nil removes the alias.
    ///
    /// - Returns: False when there was no alias to remove.
    @discardableResult
    package func setModelAlias(
        _ alias: String,
        to target: String?,
        audit entry: AuditEntry? = nil
    ) async throws -> Bool {
        try await perform(audit: entry) { mutation in
            let existed = mutation.configuration.modelAliases[alias] != nil
            try mutation.values.set("modelAliases", alias, to: target.map(JSONLiteral.string))
            try mutation.reloadValues()
            return existed || target != nil
        }
    }

    /// Writes an audit entry that belongs to no change of the store.
    package func audit(_ entry: AuditEntry) async throws {
        try await perform(audit: entry) { _ in }
    }
}
