import SQLiteStore
import TimeCore

/// Rows of `model_combo_mappings`.
struct MappingRecords {
    let database: Database

    func all() throws -> [ModelComboMapping] {
        try database.rows("SELECT * FROM model_combo_mappings ORDER BY priority DESC, created_at, id") { row in
            let epoch = WallTime(milliseconds: 0)
            return ModelComboMapping(
                id: row.text("id") ?? "",
                pattern: row.text("pattern") ?? "",
                comboID: row.text("combo_id") ?? "",
                priority: row.int("priority") ?? 0,
                isEnabled: row.bool("enabled") ?? true,
                description: row.text("description") ?? "",
                createdAt: row.time("created_at") ?? epoch,
                updatedAt: row.time("updated_at") ?? epoch
            )
        }
    }

    func save(_ mapping: ModelComboMapping) throws {
        var row = ColumnValues()
        row["id"] = .text(mapping.id)
        row["pattern"] = .text(mapping.pattern)
        row["combo_id"] = .text(mapping.comboID)
        row["priority"] = SQLiteValue(mapping.priority)
        row["enabled"] = SQLiteValue(mapping.isEnabled)
        row["description"] = .text(mapping.description)
        row["created_at"] = .text(mapping.createdAt.iso8601)
        row["updated_at"] = .text(mapping.updatedAt.iso8601)
        try row.upsert(into: "model_combo_mappings", database)
    }
}
