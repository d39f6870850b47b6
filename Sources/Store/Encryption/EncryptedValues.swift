private import Glibc
import SQLiteStore

/// Looks for encrypted values in a database of ours or of the original.
enum EncryptedValues {
    /// Columns that may hold encrypted text.
    static let columns: [(table: String, columns: [String])] = [
        ("provider_connections", ["api_key", "access_token", "refresh_token", "id_token", "provider_specific_data"]),
        ("command_code_auth_sessions", ["encrypted_api_key"]),
        ("api_keys", ["key_sealed"]),
        ("key_value", ["value"]),
        ("db_meta", ["value"]),
    ]

    /// True when the file exists and holds at least one encrypted value.
    static func exist(inDatabaseAt path: String) throws -> Bool {
        guard access(path, F_OK) == 0 else { return false }
        let database = try Database.open(path, .readOnly)
        return try first(in: database) != nil
    }

    /// Some encrypted value, of the original's format if there is one.
    static func first(in database: Database) throws -> String? {
        var found: String?
        for (table, wanted) in columns {
            let present = Set(try database.columns(of: table))
            for column in wanted where present.contains(column) {
                let sql = "SELECT \"\(column)\" AS value FROM \"\(table)\" WHERE \"\(column)\" GLOB ? LIMIT 1"
                if let text = try database.text(sql, [.text("enc:v1:*")]) { return text }
                found = try found ?? database.text(sql, [.text("enc:v2:*")])
            }
        }
        return found
    }
}
