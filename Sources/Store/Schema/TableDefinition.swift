import SQLiteStore

/// A table as the program needs it; an existing one gets the columns it lacks.
struct TableDefinition: Sendable {
    let name: String
    /// Name and declaration.
    ///
    /// Everything but the key must be addable later: nullable, or with a constant default.
    let columns: [(name: String, declaration: String)]
    /// Rules over several columns, for new tables only.
    let constraints: [String]
    let indexes: [String]

    init(
        _ name: String,
        _ columns: [(name: String, declaration: String)],
        constraints: [String] = [],
        indexes: [String] = []
    ) {
        (self.name, self.columns, self.constraints, self.indexes) = (name, columns, constraints, indexes)
    }

    /// Creates the table, or adds missing columns, then creates missing indexes.
    func bringUpToDate(_ database: Database) throws {
        let present = Set(try database.columns(of: name).map { $0.lowercased() })
        if present.isEmpty {
            let parts = columns.map { "\"\($0.name)\" \($0.declaration)" } + constraints
            try database.script("CREATE TABLE \"\(name)\" (\n  \(parts.joined(separator: ",\n  ")))")
        } else {
            for column in columns where !present.contains(column.name) {
                // A default that is computed is only allowed in new tables.
                let declaration = column.declaration.replacingComputedDefault()
                try database.script("ALTER TABLE \"\(name)\" ADD COLUMN \"\(column.name)\" \(declaration)")
            }
        }
        for index in indexes { try database.script(index) }
    }
}

extension String {
    /// Added columns may neither be NOT NULL with a computed default nor UNIQUE.
    fileprivate func replacingComputedDefault() -> String {
        guard contains("DEFAULT (") || hasSuffix("NOT NULL") else { return self }
        return String(prefix { $0 != " " })
    }
}
