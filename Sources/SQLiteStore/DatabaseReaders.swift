import Synchronization

/// Read-only connections for queries, each on its own thread.
///
///     let readers = try DatabaseReaders(path: path, count: 2)
///     let total = try await readers.read { db in try db.int("SELECT count(*) FROM notes") }
public final class DatabaseReaders: Sendable {
    private let queue: WorkQueue<@Sendable (Database) -> Void>
    private let threads: [WorkerThread]
    private let isClosed = Atomic(false)

    /// Opens the connections; the file must exist.
    ///
    /// - Parameters:
    ///   - path: The database.
    ///   - count: How many queries run at once.
    ///   - queueLimit: How many wait at most; further ones are refused.
    /// - Throws: What SQLite says when the file cannot be read.
    public init(path: String, count: Int = 2, queueLimit: Int = 1000) throws(SQLiteError) {
        let queue = WorkQueue<@Sendable (Database) -> Void>(limit: queueLimit)
        var threads: [WorkerThread] = []
        do {
            for _ in 0..<count {
                // Opened here, so that a failure shows at once, then handed to its thread for good.
                nonisolated(unsafe) let database = try Database.open(path, .readOnly)
                threads.append(
                    try WorkerThread(name: "omni-reader") {
                        while let job = queue.pop() { job(database) }
                    }
                )
            }
        } catch {
            queue.close()
            for thread in threads { thread.join() }
            throw error
        }
        self.queue = queue
        self.threads = threads
    }

    deinit { close() }

    /// Runs `body` on a reader's thread; all its queries see the same state of the database.
    ///
    /// - Parameters:
    ///   - limit: How long it may take; an endless reader would keep the write-ahead log from shrinking.
    ///   - body: The queries.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw; `interrupted` when it took too long, `unavailable` when too many wait.
    public func read<Value: Sendable>(
        limit: Duration = .seconds(30),
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isAccepted = queue.push { database in
                continuation.resume(with: Result { try database.query(limit: limit, body) })
            }
            guard !isAccepted else { return }
            let isClosed = isClosed.load(ordering: .acquiring)
            continuation.resume(
                throwing: SQLiteError(
                    .unavailable,
                    isClosed ? "the database is closed" : "too many queries wait for the database"
                )
            )
        }
    }

    /// Finishes the queries that were accepted and closes the connections.
    ///
    /// Blocks until that is done; calling it again does nothing.
    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.close()
        for thread in threads { thread.join() }
    }
}

extension Database {
    fileprivate func query<Value>(limit duration: Duration, _ body: (Database) throws -> Value) throws -> Value {
        limit(until: monotonicNanoseconds() + UInt64(max(duration / .nanoseconds(1), 0)))
        defer { limit(until: nil) }
        return try snapshot { try body(self) }
    }
}
