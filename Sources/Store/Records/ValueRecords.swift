import CryptoCore
import JSONCore
import SQLiteStore

/// Rows of `key_value`.
struct ValueRecords {
    let database: Database
    let cipher: FieldCipher

    /// Everything that belongs into the snapshot.
    ///
    /// Values that are no JSON, or do not open, are left out.
    func table() throws -> ValueTable {
        var values: [String: [String: JSONDocument]] = [:]
        var flags: [String: String] = [:]
        try database.forEach("SELECT namespace, key, value FROM key_value") { row in
            guard let namespace = row.text("namespace"), let key = row.text("key"), let stored = row.text("value"),
                !ValueTable.excludedNamespaces.contains(namespace)
            else { return }
            if namespace == "feature_flags" {
                flags[key] = stored
            } else if let document = document(stored, namespace, key) {
                values[namespace, default: [:]][key] = document
            }
        }
        return ValueTable(values: values, featureFlags: flags)
    }

    /// One value; also of namespaces that are not in the snapshot.
    func find(_ namespace: String, _ key: String) throws -> JSONDocument? {
        let stored = try database.first(
            "SELECT value FROM key_value WHERE namespace = ? AND key = ?",
            [.text(namespace), .text(key)]
        ) { $0.text("value") }
        guard let stored, let text = stored else { return nil }
        return document(text, namespace, key)
    }

    private func document(_ stored: String, _ namespace: String, _ key: String) -> JSONDocument? {
        guard Self.isSecret(namespace, key) || FieldCipher.isEncrypted(stored) else {
            if let document = try? JSONDocument.parse(text: stored) { return document }
            // A password must not count as missing because a tool wrote its hash without quotes.
            guard namespace == "settings", key == "password" else { return nil }
            return try? JSONDocument.parse(JSONLiteral.string(stored))
        }
        guard let secret = cipher.open(stored, at: Self.location(namespace, key)).secret else { return nil }
        return try? JSONDocument.parse(secret.withBytes { Array($0) })
    }

    /// Writes a value; nil deletes it.
    func set(_ namespace: String, _ key: String, to json: [UInt8]?) throws {
        guard let json else {
            try database.execute(
                "DELETE FROM key_value WHERE namespace = ? AND key = ?",
                [.text(namespace), .text(key)]
            )
            return
        }
        let text =
            Self.isSecret(namespace, key)
            ? try cipher.seal(Secret(json), at: Self.location(namespace, key)) : String(decoding: json, as: UTF8.self)
        try database.execute(
            """
            INSERT INTO key_value(namespace, key, value) VALUES (?, ?, ?)
            ON CONFLICT(namespace, key) DO UPDATE SET value = excluded.value
            """,
            [.text(namespace), .text(key), .text(text)]
        )
    }

    /// Namespaces and settings that hold credentials.
    static func isSecret(_ namespace: String, _ key: String) -> Bool {
        switch namespace {
        case "secrets", "proxyConfig": true
        case "settings": Settings.isSecret(key)
        default: false
        }
    }

    private static func location(_ namespace: String, _ key: String) -> FieldLocation {
        FieldLocation(table: "key_value", column: "value", row: "\(namespace)/\(key)")
    }

    /// Encrypts again what is stored in clear text or in an older form.
    ///
    /// Returns how many values changed.
    func sealOutdated() throws -> Int {
        let rows = try database.rows("SELECT namespace, key, value FROM key_value") { row in
            (row.text("namespace") ?? "", row.text("key") ?? "", row.text("value") ?? "")
        }
        var count = 0
        for (namespace, key, stored) in rows where Self.isSecret(namespace, key) {
            guard case .outdated(let secret) = cipher.open(stored, at: Self.location(namespace, key)) else { continue }
            try set(namespace, key, to: secret.withBytes { Array($0) })
            count += 1
        }
        return count
    }
}
