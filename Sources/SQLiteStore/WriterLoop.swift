import Synchronization

/// What the writer's thread does: collect a group of jobs, commit it, answer, tidy up.
///
/// Everything but `poison` is used by that thread only.
final class WriterLoop: @unchecked Sendable {
    private var database: Database?
    private let queue: WorkQueue<any WriteJob>
    private let policy: DatabaseWriter.Policy
    private let observer: (any DatabaseWriter.Observer)?
    private let poison = Mutex<SQLiteError?>(nil)

    /// A job whose group was undone this often is answered with the failure.
    private static let attemptLimit = 2

    init(
        database: sending Database,
        queue: WorkQueue<any WriteJob>,
        policy: DatabaseWriter.Policy,
        observer: (any DatabaseWriter.Observer)?
    ) {
        self.database = database
        self.queue = queue
        self.policy = policy
        self.observer = observer
    }

    /// Why nothing is written any more.
    var failure: SQLiteError? { poison.withLock { $0 } }

    func run() {
        while let first = queue.pop() {
            guard let database, failure == nil else {
                first.finish(refusal)
                continue
            }
            runGroup(first, database)
            tidyUp(database, atLeast: policy.truncatePages)
            if queue.isEmpty { tidyUp(database, atLeast: policy.checkpointPages) }
        }
        if let database, failure == nil { _ = try? database.checkpoint(.truncate) }
        // Closed here, by the thread that used it last.
        database = nil
    }

    // MARK: - One group

    private func runGroup(_ first: any WriteJob, _ database: Database) {
        do {
            try database.execute("BEGIN IMMEDIATE")
        } catch {
            // Whoever waits behind would only wait for the same refusal.
            var refused = [first]
            while let job = queue.popIfAny() { refused.append(job) }
            fail(refused, error)
            return
        }
        guard let group = collect(first, database) else { return }
        do {
            try database.execute("COMMIT")
        } catch {
            database.rollBack()
            observer?.groupDidRollBack()
            fail(group, error)
            return
        }
        observer?.groupDidCommit()
        for job in group { job.finish(nil) }
    }

    /// Runs jobs until the group is full; nil when the transaction was lost on the way.
    private func collect(_ first: any WriteJob, _ database: Database) -> [any WriteJob]? {
        let end = monotonicNanoseconds() + UInt64(policy.groupTime / .nanoseconds(1))
        var group: [any WriteJob] = []
        var next: (any WriteJob)? = first
        while let job = next {
            do {
                try database.savepoint { try job.run(database) }
                group.append(job)
            } catch {
                guard database.isInTransaction else {
                    observer?.groupDidRollBack()
                    note(error)
                    job.finish(error)
                    retry(group, after: error)
                    return nil
                }
                job.finish(error)
            }
            let isFull = group.count >= policy.groupLimit || monotonicNanoseconds() >= end
            next = isFull ? nil : queue.popIfAny()
        }
        return group
    }

    /// Jobs that were undone because of another one get a second chance.
    private func retry(_ group: [any WriteJob], after error: any Error) {
        var returned: [any WriteJob] = []
        for job in group {
            job.attempts += 1
            if job.attempts < Self.attemptLimit, failure == nil {
                returned.append(job)
            } else {
                job.finish(error)
            }
        }
        queue.putBack(returned)
    }

    // MARK: - Failures

    private func fail(_ group: [any WriteJob], _ error: SQLiteError) {
        note(error)
        for job in group { job.finish(error) }
    }

    /// Stops the writer when the error means that acknowledged data may be lost.
    private func note(_ error: any Error) {
        guard let error = error as? SQLiteError, error.losesTrust else { return }
        poison.withLock { $0 = $0 ?? error }
    }

    private var refusal: SQLiteError {
        SQLiteError(.poisoned, failure.map(\.description) ?? "the database is closed")
    }

    // MARK: - The log

    /// Moves the log into the file when it has grown; a reader in the way only postpones it.
    private func tidyUp(_ database: Database, atLeast pages: Int32) {
        guard failure == nil, database.walPages.pointee >= pages else { return }
        do {
            let mode: Database.CheckpointMode = database.walPages.pointee >= policy.truncatePages ? .truncate : .passive
            if try database.checkpoint(mode) {
                // A passive checkpoint leaves the bytes where they are, to be written over from the start.
                database.walPages.pointee = 0
            } else if mode == .truncate {
                try database.checkpoint(.passive)
            }
        } catch {
            // No room or a lock: the log stays and keeps everything safe. A failed device is another matter.
            note(error)
        }
    }
}
