/// One step that brings a schema forward; runs once, in a transaction of its own.
public struct Migration: Sendable {
    /// Unique and sortable; the table of applied migrations remembers it.
    public let version: String
    /// What the step does, for people who look into the table.
    public let name: String
    let apply: @Sendable (Database) throws -> Void

    /// Describes a step.
    public init(version: String, name: String, apply: @escaping @Sendable (Database) throws -> Void) {
        self.version = version
        self.name = name
        self.apply = apply
    }
}

/// An ordered list of migrations and the table that remembers which were applied.
public struct Migrations: Sendable {
    private let table: String
    private let steps: [Migration]

    /// Migrations in the order they are applied.
    ///
    /// - Parameters:
    ///   - steps: Their versions must differ.
    ///   - table: A name made of letters and underscores.
    public init(_ steps: [Migration], table: String) {
        precondition(Set(steps.map(\.version)).count == steps.count, "every migration has its own version")
        self.steps = steps
        self.table = table
    }

    /// The versions a database has; also ones this program does not know.
    public func applied(in database: Database) throws -> Set<String> {
        guard try database.hasTable(table) else { return [] }
        return Set(try database.rows("SELECT version FROM \"\(table)\"") { $0.text("version") ?? "" })
    }

    /// The steps a database lacks, in order.
    public func pending(in database: Database) throws -> [Migration] {
        let applied = try applied(in: database)
        return steps.filter { !applied.contains($0.version) }
    }

    /// Applies what is missing; a step either happens completely or leaves no trace.
    ///
    /// - Returns: How many steps were applied.
    /// - Throws: The error of the first step that failed; the ones before it stay applied.
    @discardableResult
    public func run(on database: Database) throws -> Int {
        try database.execute(
            """
            CREATE TABLE IF NOT EXISTS "\(table)" (
              version TEXT PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL DEFAULT (datetime('now')))
            """
        )
        let pending = try pending(in: database)
        for step in pending {
            try database.transaction {
                try step.apply(database)
                try database.execute(
                    "INSERT INTO \"\(table)\"(version, name) VALUES (?, ?)",
                    [.text(step.version), .text(step.name)]
                )
            }
        }
        return pending.count
    }
}
