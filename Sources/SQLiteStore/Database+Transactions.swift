private import CSQLite

extension Database {
    /// Runs `body` in a transaction that has the right to write from its start.
    ///
    /// Everything `body` did is undone when it throws. Not for jobs of a `DatabaseWriter`, which have one already.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Runs `body` so that all its queries see the same state of the database.
    public func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN")
        // Ending a read changes nothing, so its result does not matter.
        defer { rollBack() }
        return try body()
    }

    /// Runs `body` inside the transaction at hand; only its own changes are undone when it throws.
    public func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("SAVEPOINT job")
        do {
            let result = try body()
            try execute("RELEASE job")
            return result
        } catch {
            if isInTransaction {
                // A failure to undo shows at the commit; the first error is the one worth reporting.
                _ = try? execute("ROLLBACK TO job")
                _ = try? execute("RELEASE job")
            }
            throw error
        }
    }

    /// False when SQLite has ended the transaction on its own, as it does when the disk is full.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Ends the transaction, if there is one, without keeping anything.
    func rollBack() {
        if isInTransaction { _ = try? execute("ROLLBACK") }
    }
}
