import SQLiteStore
import TimeCore

/// Rows of `provider_nodes`.
struct NodeRecords {
    let database: Database

    func all() throws -> [ProviderNode] {
        try database.rows("SELECT * FROM provider_nodes ORDER BY created_at, id") { row in
            let epoch = WallTime(milliseconds: 0)
            return ProviderNode(
                id: row.text("id") ?? "",
                type: ProviderNode.Kind(rawValue: row.text("type") ?? "") ?? .openAICompatible,
                name: row.text("name") ?? "",
                prefix: row.text("prefix") ?? "",
                apiType: row.text("api_type"),
                baseURL: row.text("base_url"),
                chatPath: row.nonEmptyText("chat_path"),
                modelsPath: row.nonEmptyText("models_path"),
                createdAt: row.time("created_at") ?? epoch,
                updatedAt: row.time("updated_at") ?? epoch
            )
        }
    }

    func save(_ node: ProviderNode) throws {
        var row = ColumnValues()
        row["id"] = .text(node.id)
        row["type"] = .text(node.type.rawValue)
        row["name"] = .text(node.name)
        row["prefix"] = .text(node.prefix)
        row["api_type"] = SQLiteValue(node.apiType)
        row["base_url"] = SQLiteValue(node.baseURL)
        row["chat_path"] = SQLiteValue(node.chatPath)
        row["models_path"] = SQLiteValue(node.modelsPath)
        row["created_at"] = .text(node.createdAt.iso8601)
        row["updated_at"] = .text(node.updatedAt.iso8601)
        try row.upsert(into: "provider_nodes", database)
    }
}
