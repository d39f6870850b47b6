import Synchronization

/// The only connection that writes, on its own thread, with group commit.
///
///     let writer = try DatabaseWriter(database)
///     let id = try await writer.write { db in try insert(note, db) }     // on the disk when this returns
///
/// Jobs that wait at the same moment share one transaction and one `fsync`: at most 256 of them, opened for at most
/// 5 ms. Each has its own savepoint, so a job that throws undoes its own changes only. When SQLite gives up a whole
/// transaction (disk full), the other jobs of the group run again; a job must therefore have no effect outside the
/// database. After a commit that failed in a way that may have lost data nothing is acknowledged any more (`failure`).
///
/// SQLite before 3.51.3 can damage a file when two connections checkpoint at once; this one is the only one that does.
public final class DatabaseWriter: Sendable {
    /// When groups end and when the log is moved into the file.
    public struct Policy: Sendable {
        /// Jobs in one transaction at most.
        public var groupLimit = 256
        /// How long a transaction takes in further jobs.
        public var groupTime = Duration.milliseconds(5)
        /// Pages in the log (4 KiB each) from which on it is moved into the file when there is nothing else to do.
        public var checkpointPages: Int32 = 1000
        /// Pages in the log from which on it is moved after any group and then cut to nothing.
        public var truncatePages: Int32 = 4000
        /// Jobs waiting at most; further ones are refused.
        public var queueLimit = 100_000

        /// The policy of the server.
        public init() {}
    }

    /// Told on the writer's thread what became of each group, before anyone waiting for a job hears of it.
    ///
    /// This is where state that mirrors the database becomes visible or is thrown away.
    public protocol Observer: AnyObject, Sendable {
        /// Everything the jobs of the group did is on the disk.
        func groupDidCommit()
        /// Nothing the jobs of the group did has happened.
        func groupDidRollBack()
    }

    private let queue: WorkQueue<any WriteJob>
    private let thread: WorkerThread
    private let loop: WriterLoop
    private let isClosed = Atomic(false)

    /// Takes over a read-write connection; whoever opened it must not use it any more.
    ///
    /// - Parameters:
    ///   - database: The connection.
    ///   - policy: The limits of a group.
    ///   - observer: Kept until the writer is closed.
    /// - Throws: `unavailable` when no thread can be started.
    public init(
        _ database: sending Database,
        policy: Policy = Policy(),
        observer: (any Observer)? = nil
    ) throws(SQLiteError) {
        let queue = WorkQueue<any WriteJob>(limit: policy.queueLimit)
        let loop = WriterLoop(database: database, queue: queue, policy: policy, observer: observer)
        self.queue = queue
        self.loop = loop
        thread = try WorkerThread(name: "omni-writer", .background) { loop.run() }
    }

    deinit { close() }

    /// Why nothing is written any more; nil while all is well.
    public var failure: SQLiteError? { loop.failure }

    /// Runs `body` in a transaction on the writer's thread and returns once it is safely on the disk.
    ///
    /// - Parameter body: Called again if its group had to be undone; must touch nothing but the database.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw, or why the group could not be committed.
    @discardableResult
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(body) { continuation.resume(with: $0) }
        }
    }

    /// Runs `body` like `write`, after everything that was given to the writer before, and returns at once.
    ///
    /// - Parameters:
    ///   - body: Called again if its group had to be undone; must touch nothing but the database.
    ///   - completion: Called once, on the writer's thread or, when the job is refused, on this one; must be short.
    public func enqueue<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        submit(TypedWriteJob(body, completion: completion))
    }

    /// The same for threads that may wait; never call it on an event loop or in a task.
    @discardableResult
    public func writeAndWait<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) throws -> Value {
        let answer = WorkQueue<Result<Value, any Error>>(limit: 1)
        enqueue(body) { _ = answer.push($0) }
        guard let result = answer.pop() else { throw SQLiteError(.unavailable, "the database is closed") }
        return try result.get()
    }

    /// Finishes what was accepted, moves the log into the file and closes the connection.
    ///
    /// Blocks until that is done; calling it again does nothing.
    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.close()
        thread.join()
    }

    private func submit(_ job: some WriteJob) {
        guard !queue.push(job) else { return }
        let isClosed = isClosed.load(ordering: .acquiring)
        job.finish(
            SQLiteError(.unavailable, isClosed ? "the database is closed" : "too many writes wait for the database")
        )
    }
}
