import CryptoCore
package import LogCore
package import SQLiteStore
package import TimeCore

/// Everything the program remembers: configuration in memory backed by the database, usage, logs, audit.
///
///     let directory = try DataDirectory.open(DataDirectory.location(environment: variables))
///     let environment = try Environment(process: variables, directory: directory, workingDirectory: ".")
///     let secrets = try Secrets.resolve(in: directory, environment: environment)
///     let store = try Store.open(directory, secrets: secrets, time: SystemTime(), log: log)
///
/// Requests read `configuration`, which costs no query. A change returns once it is on the disk, and is visible in
/// `configuration` by then.
package final class Store: Sendable {
    static let databaseName = "storage.sqlite"

    /// Usage records on their way into the database.
    package let journal: UsageJournal
    /// Failed logins.
    package let loginGuard: LoginGuard
    /// Reasoning of answers, for clients that do not send it back.
    package let reasoning: ReasoningVault
    /// What the start found worth telling the operator.
    package let notices: [StoreNotice]

    let directory: DataDirectory
    let context: StoreContext
    let writer: DatabaseWriter
    let readers: DatabaseReaders
    let passwords: PasswordWorkers
    private let holder: ConfigurationHolder

    init(_ parts: StoreOpening.Parts) {
        (directory, context, writer, readers) = (parts.directory, parts.context, parts.writer, parts.readers)
        (holder, journal, notices, passwords) = (parts.holder, parts.journal, parts.notices, parts.passwords)
        reasoning = ReasoningVault(writer: parts.writer, readers: parts.readers, context: parts.context)
        loginGuard = LoginGuard(parts.lockouts, writer: parts.writer, time: parts.context.time)
    }

    /// Opens the database of a directory: brings its tables up to date, checks it and the keys, takes in usage records
    /// a crash left behind, and reads the configuration.
    ///
    /// - Throws: `StoreError` with a message for the operator; nothing was changed that cannot be undone from
    ///   `db_backups`.
    package static func open(
        _ directory: DataDirectory,
        secrets: Secrets,
        time: any TimeSource,
        log: Logger
    ) throws -> Store {
        try open(directory, secrets: secrets, time: time, log: log, limits: UsageJournal.Limits())
    }

    static func open(
        _ directory: DataDirectory,
        secrets: Secrets,
        time: any TimeSource,
        log: Logger,
        limits: UsageJournal.Limits
    ) throws -> Store {
        let context = try StoreContext(secrets: secrets, time: time, log: log)
        let opening = StoreOpening(directory: directory, context: context, limits: limits)
        return Store(try opening.open())
    }

    deinit { close() }

    /// Drains the usage journal, moves the write-ahead log into the file and closes everything.
    ///
    /// Blocks until that is done; calling it again does nothing.
    package func close() {
        journal.stop()
        reasoning.flush()
        readers.close()
        writer.close()
        passwords.close()
    }

    /// The configuration as of now.
    ///
    /// Take it once per request and keep it.
    package var configuration: Configuration { holder.published }

    /// Why nothing can be written any more; nil while all is well.
    ///
    /// Not nil means: report, then restart.
    package var failure: SQLiteError? { writer.failure }

    // MARK: - For the extensions

    /// Runs a change; it is on the disk and in the snapshot when this returns.
    func perform<Value: Sendable>(
        audit entry: AuditEntry? = nil,
        _ body: @escaping @Sendable (inout Mutation) throws -> Value
    ) async throws -> Value {
        try await writer.write(job(entry, body))
    }

    /// The same for the start of the program, which may wait.
    func performAndWait<Value: Sendable>(
        audit entry: AuditEntry? = nil,
        _ body: @escaping @Sendable (inout Mutation) throws -> Value
    ) throws -> Value {
        try writer.writeAndWait(job(entry, body))
    }

    /// The same without waiting; `completion` is called on the writer's thread.
    func enqueue<Value: Sendable>(
        _ body: @escaping @Sendable (inout Mutation) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        writer.enqueue(job(nil, body), completion: completion)
    }

    private func job<Value: Sendable>(
        _ entry: AuditEntry?,
        _ body: @escaping @Sendable (inout Mutation) throws -> Value
    ) -> @Sendable (Database) throws -> Value {
        let (context, holder) = (context, holder)
        return { database in
            var mutation = Mutation(
                database: database,
                context: context,
                now: context.time.wall(),
                configuration: holder.working
            )
            let value = try body(&mutation)
            if let entry { try AuditTrail(mutation).append(entry) }
            // Last, because what follows must not fail: the observer publishes it with the commit.
            holder.working = mutation.configuration
            return value
        }
    }

    /// Runs queries on a read-only connection.
    func query<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await readers.read(body)
    }
}

/// Something the operator should know that does not keep the program from starting.
package enum StoreNotice: Sendable, Equatable {
    /// The database was made by the original and has been brought up to date; a copy is in `db_backups`.
    case adopted(backup: String)
    /// So many credentials could not be decrypted with the present storage key.
    case unreadableCredentials(count: Int)
    /// `API_KEY_SECRET` changed, so that API keys made before are not recognised.
    case apiKeySecretChanged
    /// Usage records of an earlier run were taken in.
    case recoveredUsage(count: Int)
}
