import CryptoCore
import SQLiteStore

/// Finds out at the start whether the configured keys are the ones the database was written with.
struct KeyCheck {
    let database: Database
    let context: StoreContext

    private static let storageName = "omni_storage_key_check"
    private static let apiKeyName = "omni_api_key_secret_check"
    private static let text = "omniroute"

    /// Writes the marks into a database that has none.
    ///
    /// - Throws: `wrongStorageKey` when the stored credentials belong to another key.
    func verify(_ notices: inout [StoreNotice]) throws {
        try verifyStorageKey()
        try verifyKeySecret(&notices)
    }

    private func verifyStorageKey() throws {
        let location = FieldLocation(table: "db_meta", column: "value", row: Self.storageName)
        if let stored = try meta(Self.storageName) {
            guard context.cipher.open(stored, at: location).secret == Secret(Self.text) else { throw wrongKey }
            return
        }
        try refuseUnreadableOriginal()
        try setMeta(Self.storageName, to: context.cipher.seal(Secret(Self.text), at: location))
    }

    /// A database of the original has no mark of ours: one of its values must open, if it has any.
    private func refuseUnreadableOriginal() throws {
        let columns = ["api_key", "access_token", "refresh_token", "id_token"]
        let present = Set(try database.columns(of: "provider_connections"))
        var count = 0
        for column in columns where present.contains(column) {
            let sql =
                "SELECT \"\(column)\" AS value FROM provider_connections WHERE \"\(column)\" GLOB 'enc:v1:*' LIMIT 50"
            for stored in try database.rows(sql, [], { $0.text("value") ?? "" }) {
                count += 1
                // Values of the original are not bound to their place.
                let nowhere = FieldLocation(table: "", column: "", row: "")
                if context.cipher.open(stored, at: nowhere).secret != nil { return }
            }
        }
        guard count == 0 else { throw wrongKey }
    }

    private func verifyKeySecret(_ notices: inout [StoreNotice]) throws {
        let expected = context.digests.digest("omniroute check").hex
        let stored = try meta(Self.apiKeyName)
        guard stored != expected else { return }
        let hasKeys = try database.int("SELECT 1 FROM api_keys WHERE key_digest IS NOT NULL LIMIT 1") != nil
        if stored != nil, hasKeys { notices.append(.apiKeySecretChanged) }
        try setMeta(Self.apiKeyName, to: expected)
    }

    private func meta(_ name: String) throws -> String? {
        try database.text("SELECT value FROM db_meta WHERE key = ?", [.text(name)])
    }

    private func setMeta(_ name: String, to value: String) throws {
        try database.execute(
            "INSERT INTO db_meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            [.text(name), .text(value)]
        )
    }

    private var wrongKey: StoreError {
        StoreError(
            .wrongStorageKey,
            "the stored credentials were encrypted with another STORAGE_ENCRYPTION_KEY; start with the key that was in"
                + " use before (see server.env of that installation)"
        )
    }
}
