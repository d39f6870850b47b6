private import CSQLite

/// One connection to a SQLite file, used by one thread at a time.
///
///     let database = try Database.open(path, .readWrite)
///     try database.execute("INSERT INTO notes(text) VALUES (?)", [.text("hello")])
///     let notes = try database.rows("SELECT text FROM notes") { $0.text("text") }
///
/// The connection has no lock of its own (`SQLITE_OPEN_NOMUTEX`): it may be handed to another thread, but two threads
/// must never use it at once. `DatabaseWriter` and `DatabaseReaders` see to that.
public final class Database {
    /// What a connection may do.
    public enum Access: Sendable, Equatable {
        /// Read and write; the file is created when it does not exist.
        case readWrite
        /// Queries only: no statement can change anything, no extension can be loaded.
        case readOnly
    }

    let handle: OpaquePointer
    /// Pages in the write-ahead log after the latest commit; SQLite's hook writes here.
    let walPages: UnsafeMutablePointer<Int32>
    /// Tables of rows that are lent, by name.
    var lentTables: [String: LentTable] = [:]
    private var cache: [String: Statement] = [:]

    /// Statements kept prepared; more than the program has, so only generated texts could ever fill it.
    private static let cacheLimit = 256
    /// Once per process; SQLite refuses settings after its first use.
    private static let settings: Void = omni_sqlite_stop_counting_memory()

    private init(handle: OpaquePointer) {
        self.handle = handle
        walPages = .allocate(capacity: 1)
        walPages.initialize(to: 0)
    }

    deinit {
        // Statements first: SQLite refuses to close a connection that still has some.
        cache.removeAll()
        sqlite3_progress_handler(handle, 0, nil, nil)
        sqlite3_wal_hook(handle, nil, nil)
        sqlite3_close_v2(handle)
        walPages.deallocate()
    }

    /// Opens a file and sets the connection up for its purpose.
    ///
    /// - Parameters:
    ///   - path: An absolute path whose last part is no symbolic link.
    ///   - access: Whether the connection may write.
    ///   - busyTimeout: How many milliseconds to wait for another process that holds a lock.
    /// - Returns: The connection.
    /// - Throws: What SQLite says; `notADatabase` and `corrupt` already here, before anything is written.
    public static func open(
        _ path: String,
        _ access: Access,
        busyTimeout: Int32 = 5000
    ) throws(SQLiteError) -> Database {
        _ = settings
        var handle: OpaquePointer?
        let mode = access == .readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        let flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        let result = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else { throw SQLiteError(extendedCode: result, systemError: 0, message: "out of memory") }
        let database = Database(handle: handle)
        guard result == SQLITE_OK else { throw database.error(result) }
        sqlite3_busy_timeout(handle, busyTimeout)
        try database.configure(access)
        return database
    }

    private func configure(_ access: Access) throws(SQLiteError) {
        // Files may come from elsewhere: nothing in their schema may run code or touch SQLite's own tables.
        try check(omni_sqlite_configure(handle, SQLITE_DBCONFIG_DEFENSIVE, 1))
        try check(omni_sqlite_configure(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0))
        try check(omni_sqlite_configure(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0))
        try script("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;")
        switch access {
        case .readOnly:
            try script("PRAGMA query_only=ON;")
        case .readWrite:
            // SQLite falls back to reading when it may not write, and even lets transactions begin.
            guard sqlite3_db_readonly(handle, "main") == 0 else {
                throw SQLiteError(.readOnly, "the file may not be written")
            }
            let mode = try text("PRAGMA journal_mode=WAL")
            guard mode == "wal" else {
                throw SQLiteError(.cannotOpen, "the file system does not allow a write-ahead log")
            }
            // Deleted secrets are overwritten; our own thread decides when to checkpoint. The pages a large group
            // changes fit into the cache (8 MB), so that each is written once.
            try script(
                """
                PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=ON;
                PRAGMA cache_size=-8000;
                """
            )
            sqlite3_wal_hook(handle, countPages, walPages)
        }
    }

    // MARK: - Statements

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    public func execute(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) -> Int {
        let statement = try begin(sql, values)
        defer { statement.reset() }
        while try step(statement) {}
        return Int(sqlite3_changes64(handle))
    }

    /// Runs several statements without parameters.
    public func script(_ sql: String) throws(SQLiteError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Lends every row of a result to `body`.
    public func forEach(
        _ sql: String,
        _ values: [SQLiteValue] = [],
        _ body: (borrowing Row) throws -> Void
    ) throws {
        let statement = try begin(sql, values)
        defer { statement.reset() }
        while try step(statement) { try body(Row(statement)) }
    }

    /// What `read` makes of every row.
    public func rows<Element>(
        _ sql: String,
        _ values: [SQLiteValue] = [],
        _ read: (borrowing Row) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        try forEach(sql, values) { row in elements.append(try read(row)) }
        return elements
    }

    /// What `read` makes of the first row, or nil when there is none.
    public func first<Element>(
        _ sql: String,
        _ values: [SQLiteValue] = [],
        _ read: (borrowing Row) throws -> Element
    ) throws -> Element? {
        let statement = try begin(sql, values)
        defer { statement.reset() }
        return try step(statement) ? try read(Row(statement)) : nil
    }

    /// The first column of the first row as text.
    public func text(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) -> String? {
        let statement = try begin(sql, values)
        defer { statement.reset() }
        guard try step(statement), let start = sqlite3_column_text(statement.handle, 0) else { return nil }
        return String(cString: start)
    }

    /// The first column of the first row as a whole number.
    public func int(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) -> Int? {
        let statement = try begin(sql, values)
        defer { statement.reset() }
        guard try step(statement), sqlite3_column_type(statement.handle, 0) != SQLITE_NULL else { return nil }
        return Int(sqlite3_column_int64(statement.handle, 0))
    }

    /// The key of the row inserted last.
    public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    private func begin(_ sql: String, _ values: [SQLiteValue]) throws(SQLiteError) -> Statement {
        let statement = try prepared(sql)
        statement.isBusy = true
        let result = statement.bind(values)
        guard result == SQLITE_OK else {
            let failure = error(result)
            statement.reset()
            throw failure
        }
        return statement
    }

    private func prepared(_ sql: String) throws(SQLiteError) -> Statement {
        if let statement = cache[sql], !statement.isBusy { return statement }
        var pointer: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil))
        guard let pointer else { throw SQLiteError(.statement, "an empty statement") }
        let statement = Statement(handle: pointer)
        if cache[sql] == nil {
            if cache.count >= Self.cacheLimit { cache = cache.filter { $0.value.isBusy } }
            cache[sql] = statement
        }
        return statement
    }

    /// True while there is a row.
    private func step(_ statement: Statement) throws(SQLiteError) -> Bool {
        switch sqlite3_step(statement.handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let result: throw error(result)
        }
    }

    // MARK: - Results

    func check(_ result: Int32) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw error(result) }
    }

    func error(_ result: Int32) -> SQLiteError {
        let message = String(cString: sqlite3_errmsg(handle))
        var systemError = sqlite3_system_errno(handle)
        if systemError == 0, result & 0xFF == SQLITE_IOERR { systemError = omni_sqlite_file_errno(handle) }
        return SQLiteError(extendedCode: result, systemError: systemError, message: message)
    }
}

/// Called by SQLite after every commit with the size of the log; the pointer belongs to the connection.
private func countPages(
    _ context: UnsafeMutableRawPointer?,
    _ handle: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ pages: Int32
) -> Int32 {
    context?.assumingMemoryBound(to: Int32.self).pointee = pages
    return SQLITE_OK
}
