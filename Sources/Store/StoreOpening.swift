import CryptoCore
private import Glibc
import LogCore
import SQLiteStore
import TimeCore

/// The steps between a directory and a running store.
struct StoreOpening {
    let directory: DataDirectory
    let context: StoreContext
    let limits: UsageJournal.Limits

    /// What a store is made of.
    struct Parts {
        let directory: DataDirectory
        let context: StoreContext
        let writer: DatabaseWriter
        let readers: DatabaseReaders
        let holder: ConfigurationHolder
        let journal: UsageJournal
        let passwords: PasswordWorkers
        let lockouts: [String: LoginAttempts]
        let notices: [StoreNotice]
    }

    func open() throws -> Parts {
        do {
            return try openDatabase()
        } catch let error as SQLiteError {
            throw StoreError(
                .database,
                "the database \(directory.file(Store.databaseName)) cannot be used: \(error)",
                underlying: error
            )
        }
    }

    private func openDatabase() throws -> Parts {
        let path = directory.file(Store.databaseName)
        let isNew = access(path, F_OK) != 0
        let database = try Database.open(path, .readWrite)
        if !isNew { try checkCore(database) }
        try refuseNewerSchema(database)
        var notices = try bringUpToDate(database, isNew: isNew)
        try KeyCheck(database: database, context: context).verify(&notices)
        try seal(database)
        let journal = try UsageJournal(directory: directory, limits: limits, log: context.log)
        recover(journal, database, &notices)
        let configuration = try readConfiguration(database, &notices)
        let lockouts = try LockoutRecords(database: database).all()
        let holder = ConfigurationHolder(configuration)
        // Handed over for good: nothing here uses the connection any more.
        nonisolated(unsafe) let handedOver = database
        let writer = try DatabaseWriter(handedOver, observer: holder)
        let readers = try DatabaseReaders(path: path)
        try journal.start(into: writer)
        return Parts(
            directory: directory,
            context: context,
            writer: writer,
            readers: readers,
            holder: holder,
            journal: journal,
            passwords: try PasswordWorkers(),
            lockouts: lockouts,
            notices: notices
        )
    }

    /// The tables without which nothing works.
    ///
    /// `Store.quickCheck` looks at the rest, which may be large.
    private func checkCore(_ database: Database) throws {
        let core = [
            Tables.connections, Tables.nodes, Tables.combos, Tables.apiKeys, Tables.keyValue, Tables.meta,
        ]
        for table in core where try database.hasTable(table.name) {
            if let finding = try database.quickCheck(table: table.name) { throw SQLiteError(.corrupt, finding) }
        }
    }

    // MARK: - Schema

    private func refuseNewerSchema(_ database: Database) throws {
        let unknown = try SchemaMigrations.unknown(in: database)
        guard unknown.isEmpty else {
            throw StoreError(
                .newerSchema,
                "the database was used by a newer version of OmniRoute (it has \(unknown.joined(separator: ", ")));"
                    + " install that version again, or restore a backup made before the update"
            )
        }
    }

    private func bringUpToDate(_ database: Database, isNew: Bool) throws -> [StoreNotice] {
        let applied = try SchemaMigrations.all.applied(in: database)
        guard try !SchemaMigrations.all.pending(in: database).isEmpty else { return [] }
        let isForeign =
            try !isNew && database.hasTable(Tables.connections.name)
            && !applied.contains { $0.hasPrefix(SchemaMigrations.prefix) }
        let backup = isNew ? nil : try Backups(directory: directory).make(database, reason: "migration", context.time)
        try SchemaMigrations.all.run(on: database)
        guard isForeign, let backup else { return [] }
        return [.adopted(backup: backup)]
    }

    /// Brings credentials and keys that lie in clear text, or in the original's format, into ours.
    private func seal(_ database: Database) throws {
        let changed = try database.transaction {
            let connections = try ConnectionRecords(database: database, cipher: context.cipher).sealOutdated()
            let values = try ValueRecords(database: database, cipher: context.cipher).sealOutdated()
            let keys = try KeyRecords(database: database, digests: context.digests).digestPlaintext()
            return connections + values + keys
        }
        guard changed > 0 else { return }
        do {
            // The clear text must not stay behind in pages that happen to be free.
            try database.script("PRAGMA temp_store=FILE; VACUUM; PRAGMA temp_store=MEMORY;")
            try database.truncateLog()
        } catch {
            context.log.warn("free pages of the database may hold old credentials", .string("reason", "\(error)"))
        }
    }

    // MARK: - Content

    private func recover(_ journal: UsageJournal, _ database: Database, _ notices: inout [StoreNotice]) {
        do {
            // Twice, because both files may hold records.
            try journal.drain(into: database)
            try journal.drain(into: database)
        } catch {
            // A full disk must not keep the program from answering; the drain thread tries again.
            context.log.error("usage records of the last run wait", .string("reason", "\(error)"))
        }
        let count = journal.counters.drained
        if count > 0 { notices.append(.recoveredUsage(count: count)) }
    }

    private func readConfiguration(_ database: Database, _ notices: inout [StoreNotice]) throws -> Configuration {
        let connections = try ConnectionRecords(database: database, cipher: context.cipher).all()
        let unreadable = connections.count { $0.hasUnreadableCredential }
        if unreadable > 0 { notices.append(.unreadableCredentials(count: unreadable)) }
        let combos = try ComboRecords(database: database).all()
        return Configuration(
            version: 1,
            connections: ConnectionTable(connections),
            nodes: NodeTable(try NodeRecords(database: database).all()),
            combos: ComboTable(combos, mappings: try MappingRecords(database: database).all()),
            keys: KeyTable(try KeyRecords(database: database, digests: context.digests).all()),
            values: try ValueRecords(database: database, cipher: context.cipher).table(),
            sessions: try SessionRecords(database: database).table(now: context.time.wall())
        )
    }
}
