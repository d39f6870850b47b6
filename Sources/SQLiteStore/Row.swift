private import CSQLite

/// One row of a result, lent to the closure that reads it.
///
/// Columns are asked for by name, so that a reader tolerates files whose columns have another order. A column that
/// is NULL, absent or of a kind that cannot be converted reads as nil: files of other programs are not trusted.
public struct Row: ~Copyable {
    private let statement: Statement

    init(_ statement: Statement) {
        self.statement = statement
    }

    /// Text; numbers are written out.
    public func text(_ name: String) -> String? {
        guard let index = statement.columnIndex(name) else { return nil }
        return text(at: index)
    }

    /// A whole number; text that spells one counts too.
    public func int(_ name: String) -> Int? {
        guard let index = statement.columnIndex(name) else { return nil }
        switch sqlite3_column_type(statement.handle, index) {
        case SQLITE_INTEGER: return Int(sqlite3_column_int64(statement.handle, index))
        case SQLITE_FLOAT: return Int(exactly: sqlite3_column_double(statement.handle, index).rounded())
        case SQLITE_TEXT: return text(at: index).flatMap { Int($0) }
        default: return nil
        }
    }

    /// A floating-point number; text that spells one counts too.
    public func double(_ name: String) -> Double? {
        guard let index = statement.columnIndex(name) else { return nil }
        switch sqlite3_column_type(statement.handle, index) {
        case SQLITE_INTEGER, SQLITE_FLOAT: return sqlite3_column_double(statement.handle, index)
        case SQLITE_TEXT: return text(at: index).flatMap { Double($0) }
        default: return nil
        }
    }

    /// A flag: a number other than 0, or the texts `true` and `1`.
    public func bool(_ name: String) -> Bool? {
        if let number = int(name) { return number != 0 }
        switch text(name) {
        case "true": return true
        case "false": return false
        default: return nil
        }
    }

    /// Bytes of a blob or of text.
    public func blob(_ name: String) -> [UInt8]? {
        guard let index = statement.columnIndex(name) else { return nil }
        switch sqlite3_column_type(statement.handle, index) {
        case SQLITE_BLOB, SQLITE_TEXT:
            let count = Int(sqlite3_column_bytes(statement.handle, index))
            guard let start = sqlite3_column_blob(statement.handle, index), count > 0 else { return [] }
            return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
        default: return nil
        }
    }

    /// True when the column is part of the result, whatever its value.
    public func has(_ name: String) -> Bool { statement.columnIndex(name) != nil }

    /// The value as it is stored; NULL for an absent column.
    public func value(_ name: String) -> SQLiteValue {
        guard let index = statement.columnIndex(name) else { return .null }
        switch sqlite3_column_type(statement.handle, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement.handle, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement.handle, index))
        case SQLITE_TEXT: return SQLiteValue(text(at: index))
        case SQLITE_BLOB: return .blob(blob(name) ?? [])
        default: return .null
        }
    }

    private func text(at index: Int32) -> String? {
        guard sqlite3_column_type(statement.handle, index) != SQLITE_NULL,
            let start = sqlite3_column_text(statement.handle, index)
        else { return nil }
        let count = Int(sqlite3_column_bytes(statement.handle, index))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
