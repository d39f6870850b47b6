import JSONCore
import SQLiteStore
import TimeCore

/// Rows of `combos`; the JSON in `data` is what counts, the other columns are copies.
struct ComboRecords {
    let database: Database

    func all() throws -> [Combo] {
        // Names first: a plain string in a combo means another combo when one has that name.
        let names = Set(try database.rows("SELECT name FROM combos") { $0.text("name") ?? "" })
        return try database.rows("SELECT * FROM combos ORDER BY sort_order, created_at, id") { row in
            combo(row, names: names)
        }
    }

    private func combo(_ row: borrowing Row, names: Set<String>) -> Combo {
        let epoch = WallTime(milliseconds: 0)
        var combo = Combo(
            data: row.jsonObject("data") ?? .emptyObject,
            id: row.text("id") ?? "",
            name: row.text("name") ?? "",
            comboNames: names,
            createdAt: row.time("created_at") ?? epoch,
            updatedAt: row.time("updated_at") ?? epoch
        )
        combo.sortOrder = row.int("sort_order") ?? combo.sortOrder
        return combo
    }

    /// Writes a combo and returns it as it will be read.
    func save(_ combo: Combo) throws -> Combo {
        let data = combo.serialized()
        let saved = (try? JSONDocument.parse(data)).map { document in
            var saved = combo
            saved.data = document
            return saved
        }
        var row = ColumnValues()
        row["id"] = .text(combo.id)
        row["name"] = .text(combo.name)
        row["data"] = .text(String(decoding: data, as: UTF8.self))
        row["sort_order"] = SQLiteValue(combo.sortOrder)
        row["created_at"] = .text(combo.createdAt.iso8601)
        row["updated_at"] = .text(combo.updatedAt.iso8601)
        row["system_message"] = SQLiteValue(combo.systemMessage)
        row["tool_filter_regex"] = SQLiteValue(combo.toolFilterRegex)
        row["context_cache_protection"] = SQLiteValue(combo.contextCacheProtection)
        try row.upsert(into: "combos", database)
        return saved ?? combo
    }
}
