private import CSQLite
private import Glibc

extension Database {
    /// How much of the write-ahead log a checkpoint moves into the file.
    enum CheckpointMode {
        /// What can be moved without waiting for readers.
        case passive
        /// Everything, after which the log has no bytes; refused while a reader needs the log.
        case truncate
    }

    /// Moves the write-ahead log into the file; false when a reader stood in the way.
    @discardableResult
    func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> Bool {
        let wanted = mode == .truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        // Waiting for a reader would hold up every write.
        sqlite3_busy_timeout(handle, 0)
        defer { sqlite3_busy_timeout(handle, 5000) }
        let result = sqlite3_wal_checkpoint_v2(handle, nil, wanted, nil, nil)
        if result & 0xFF == SQLITE_BUSY || result & 0xFF == SQLITE_LOCKED { return false }
        try check(result)
        if mode == .truncate { walPages.pointee = 0 }
        return true
    }

    /// Moves the write-ahead log into the file and cuts it, unless a reader needs it.
    public func truncateLog() throws(SQLiteError) {
        try checkpoint(.truncate)
    }

    /// Looks the whole file over, without comparing indexes with their tables.
    ///
    /// - Returns: Nil when all is well, else what SQLite found first.
    /// - Throws: A failure to read the file at all.
    public func quickCheck() throws(SQLiteError) -> String? {
        let verdict = try text("PRAGMA quick_check(1)")
        return verdict == "ok" ? nil : verdict ?? "no answer"
    }

    /// The same for one table only, which takes no time when the table is small and the file large.
    ///
    /// - Parameter table: A table's name, made of letters and underscores.
    /// - Returns: Nil when all is well, else what SQLite found first.
    /// - Throws: A failure to read the file at all.
    public func quickCheck(table: String) throws(SQLiteError) -> String? {
        let verdict = try text("PRAGMA quick_check('\(table)')")
        return verdict == "ok" ? nil : verdict ?? "no answer"
    }

    /// Looks the whole file over, indexes included; slow for large files.
    ///
    /// - Returns: Nil when all is well, else what SQLite found first.
    /// - Throws: A failure to read the file at all.
    public func integrityCheck() throws(SQLiteError) -> String? {
        let verdict = try text("PRAGMA integrity_check(1)")
        return verdict == "ok" ? nil : verdict ?? "no answer"
    }

    /// The names of a table's columns in their order; empty when there is no such table.
    public func columns(of table: String) throws -> [String] {
        try rows("SELECT name FROM pragma_table_info(?)", [.text(table)]) { $0.text("name") ?? "" }
    }

    /// True when there is a table (not a view) of this name.
    public func hasTable(_ name: String) throws(SQLiteError) -> Bool {
        try int("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", [.text(name)]) != nil
    }

    /// Copies the whole database, as it is at this moment, into a new file.
    ///
    /// - Parameter path: A file that does not exist yet; it is left incomplete when the copy fails.
    /// - Throws: What SQLite says; `diskFull` when there is no room for the copy.
    public func backup(to path: String) throws(SQLiteError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
        let result = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_EXRESCODE, nil)
        guard let target = opened else { throw SQLiteError(.cannotOpen, "out of memory") }
        defer { sqlite3_close_v2(target) }
        guard result == SQLITE_OK else { throw Self.error(result, of: target) }
        guard let backup = sqlite3_backup_init(target, "main", handle, "main") else {
            throw Self.error(sqlite3_extended_errcode(target), of: target)
        }
        _ = sqlite3_backup_step(backup, -1)
        let finished = sqlite3_backup_finish(backup)
        guard finished == SQLITE_OK else { throw Self.error(finished, of: target) }
    }

    private static func error(_ result: Int32, of handle: OpaquePointer) -> SQLiteError {
        let message = String(cString: sqlite3_errmsg(handle))
        return SQLiteError(extendedCode: result, systemError: sqlite3_system_errno(handle), message: message)
    }

    // MARK: - Time limits

    /// Stops statements that are still running at the deadline (nanoseconds of the monotonic clock); nil lifts it.
    func limit(until deadline: UInt64?) {
        guard let deadline else {
            sqlite3_progress_handler(handle, 0, nil, nil)
            return
        }
        // The number itself travels in the pointer, so there is nothing to keep alive.
        sqlite3_progress_handler(handle, 10_000, isPast, UnsafeMutableRawPointer(bitPattern: UInt(deadline)))
    }
}

/// Called by SQLite every 10,000 steps of a statement; anything but 0 interrupts it.
private func isPast(_ deadline: UnsafeMutableRawPointer?) -> Int32 {
    UInt64(UInt(bitPattern: deadline)) < monotonicNanoseconds() ? 1 : 0
}

/// Nanoseconds of the clock that never jumps.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
