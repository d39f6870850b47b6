private import CSQLite

/// A prepared statement, kept by its connection and used again.
final class Statement {
    let handle: OpaquePointer
    /// True while rows are being read, so that a nested use of the same text gets a statement of its own.
    var isBusy = false
    private var columnIndexes: [String: Int32]?

    init(handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    /// Position of a result column by name, the first one if several have it.
    func columnIndex(_ name: String) -> Int32? {
        if let columnIndexes { return columnIndexes[name] }
        var indexes: [String: Int32] = [:]
        for index in 0..<sqlite3_column_count(handle) {
            guard let text = sqlite3_column_name(handle, index) else { continue }
            let name = String(cString: text)
            if indexes[name] == nil { indexes[name] = index }
        }
        columnIndexes = indexes
        return indexes[name]
    }

    /// Fills in the parameters; returns SQLite's result code.
    func bind(_ values: [SQLiteValue]) -> Int32 {
        precondition(Int(sqlite3_bind_parameter_count(handle)) == values.count, "one value for every parameter")
        var index: Int32 = 0
        for value in values {
            index += 1
            let result =
                switch value {
                case .null: sqlite3_bind_null(handle, index)
                case .integer(let number): sqlite3_bind_int64(handle, index, number)
                case .real(let number): sqlite3_bind_double(handle, index, number)
                case .text(let text): bind(text, at: index)
                case .blob(let bytes): bind(bytes, at: index)
                }
            guard result == SQLITE_OK else { return result }
        }
        return SQLITE_OK
    }

    /// Forgets the row and the values, so that neither locks nor secrets stay behind.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        // A schema change may have given the statement other columns.
        columnIndexes = nil
        isBusy = false
    }

    private func bind(_ text: String, at index: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else {
                    return omni_sqlite_bind_text(handle, index, "", 0)
                }
                return omni_sqlite_bind_text(handle, index, start, UInt64(characters.count))
            }
        }
    }

    private func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
        guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
        return omni_sqlite_bind_blob(handle, index, bytes, UInt64(bytes.count))
    }
}
