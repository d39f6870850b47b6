import SQLiteStore

/// The steps that bring a new or an original's database to what this version needs.
///
/// Our versions begin with `omni-`, the original's are three digits; both live in the original's table, so that either
/// program can tell what the other did.
enum SchemaMigrations {
    static let table = "_omniroute_migrations"
    static let prefix = "omni-"

    static let all = Migrations(
        [
            Migration(version: "omni-0001", name: "tables") { database in
                let isNew = try !database.hasTable(Tables.usageHistory.name)
                for table in Tables.all { try table.bringUpToDate(database) }
                try database.execute("INSERT OR IGNORE INTO db_meta(key, value) VALUES ('schema_version', '1')")
                try countCachedTokens(database, isNew: isNew)
            },
            Migration(version: "omni-0002", name: "usage totals") { database in
                try UsageTotals.rebuild(database)
            },
            Migration(version: "omni-0003", name: "fewer indexes") { database in
                // Every request paid for them; those of the same tables in `Tables` serve the same queries.
                try database.script(
                    """
                    DROP INDEX IF EXISTS omni_usage_request; DROP INDEX IF EXISTS idx_uh_timestamp;
                    DROP INDEX IF EXISTS idx_uh_api_key_timestamp; DROP INDEX IF EXISTS idx_call_logs_status;
                    """
                )
                for table in [Tables.usageHistory, Tables.callLogs] { try table.bringUpToDate(database) }
            },
            Migration(version: "omni-0004", name: "policies of keys") { database in
                try Tables.apiKeys.bringUpToDate(database)
            },
            Migration(version: "omni-0005", name: "reasoning") { try Tables.reasoning.bringUpToDate($0) },
        ],
        table: table
    )

    /// Versions of ours that this program does not know: the database was used by a newer one.
    static func unknown(in database: Database) throws -> [String] {
        let known = Set(["omni-0001", "omni-0002", "omni-0003", "omni-0004", "omni-0005"])
        return try all.applied(in: database).filter { $0.hasPrefix(prefix) && !known.contains($0) }.sorted()
    }

    /// The original's migration 012 made `tokens_input` include cached tokens; older rows are corrected here.
    ///
    /// The row in the table of migrations keeps the original, should it open this file, from doing it again.
    private static func countCachedTokens(_ database: Database, isNew: Bool) throws {
        let isDone = try database.int("SELECT 1 FROM \"\(table)\" WHERE version = '012'") != nil
        guard !isDone else { return }
        if !isNew {
            try database.execute(
                """
                UPDATE usage_history SET tokens_input = coalesce(tokens_input, 0)
                  + coalesce(tokens_cache_read, 0) + coalesce(tokens_cache_creation, 0)
                """
            )
        }
        try database.execute(
            "INSERT INTO \"\(table)\"(version, name) VALUES ('012', 'usage_history_cache_tokens')"
        )
    }
}
