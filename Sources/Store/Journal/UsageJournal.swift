private import CLinux
private import Glibc
import LogCore
import SQLiteStore
import Synchronization

/// Usage records on their way into the database, safe against `kill -9` from the moment `append` returns.
///
/// Two files take turns. Records are appended to the active one. The drain thread exchanges the files, writes the
/// records of the other one into the database, and only after that commit empties it:
///
///     append ──► active file        other file ──► rows ──► commit ──► truncate
///                    └──── exchange ────┘
///
/// A crash at any point leaves every record in a file or in the database; a record in both is inserted once, because
/// its time and request id are unique there.
package final class UsageJournal: Sendable {
    /// What happened to a record.
    package enum Outcome: Sendable, Equatable {
        /// In the file: a crash of the program does not lose it.
        case written
        /// The disk refused; kept in memory and written as soon as there is room.
        case buffered
        /// No room anywhere.
        case dropped
    }

    /// How records fared since the start.
    package struct Counters: Sendable, Equatable {
        package var written = 0
        package var buffered = 0
        package var dropped = 0
        /// Records that were damaged when files were read, or that the database refused.
        package var damaged = 0
        /// Records committed to the database.
        package var drained = 0
    }

    /// Sizes and times.
    struct Limits: Sendable {
        var fileBytes = 64 << 20
        var memoryBytes = 8 << 20
        /// How long records gather before they are written to the database together.
        ///
        /// Queries do not wait for it: they call `flush`. The longer, the more records share pages and a sync.
        var gathering = Duration.milliseconds(500)
        var retry = Duration.seconds(1)
        /// Records in one transaction at most: the pages they change fit into the cache of the writer, and a change by
        /// management does not wait long behind them.
        var batch = 2048
    }

    /// Points at which a test lets the program die.
    enum Step: Sendable, CaseIterable {
        case exchanged, batchCommitted, beforeTruncation, truncated
    }

    struct State {
        var active: JournalFile
        var other: JournalFile
        var overflow: [UInt8] = []
        var overflowCount = 0
        var isDrainerIdle = false
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var counters = Counters()
        /// Attempts to drain that failed one after another.
        var failures = 0
    }

    let state: Mutex<State>
    let limits: Limits
    let log: Logger
    /// Where records go that the database does not take.
    let refusedPath: String
    private let wakeUp: Int32
    private let full = Atomic<Bool>(false)
    private let thread = Mutex<WorkerThread?>(nil)

    /// Opens the two files of a directory; what they hold is drained first.
    init(directory: DataDirectory, limits: Limits = Limits(), log: Logger) throws {
        self.limits = limits
        self.log = log
        refusedPath = directory.file("usage.journal.refused")
        let otherPath = directory.file("usage.journal.2")
        Self.retryRefused(refusedPath, as: otherPath)
        let active = try JournalFile.open(directory.file("usage.journal"))
        do {
            state = Mutex(State(active: active, other: try JournalFile.open(otherPath)))
        } catch {
            active.close()
            throw error
        }
        wakeUp = omni_eventfd_create()
    }

    deinit {
        state.withLock { state in
            state.active.close()
            state.other.close()
        }
        if wakeUp >= 0 { Glibc.close(wakeUp) }
    }

    /// Gives records that were refused another chance: the program or the database may be another one by now.
    ///
    /// One step, so that a crash loses none; the next start does it when the file is not free.
    private static func retryRefused(_ path: String, as free: String) {
        var information = stat()
        guard stat(free, &information) != 0 || information.st_size == 0 else { return }
        rename(path, free)
    }

    /// Keeps a record.
    ///
    /// Any thread may call it; the cost is one `write(2)`.
    ///
    /// - Parameter record: Its request id must be unique.
    /// - Returns: Whether the record is safe.
    @discardableResult
    package func append(_ record: borrowing UsageRecord) -> Outcome {
        let (outcome, isIdle) = record.withFrame { frame in
            state.withLock { state in
                let outcome = state.keep(frame, limits)
                if outcome != .written { noteOverflow(of: state) }
                defer { state.isDrainerIdle = false }
                return (outcome, state.isDrainerIdle)
            }
        }
        // The drainer sleeps only when there was nothing to do, so this call is rare.
        if isIdle { signal() }
        return outcome
    }

    /// Whether so much waits in memory that no more work should be taken on: what is under way may still be recorded, and
    /// what would begin now might not be.
    package var isFull: Bool { full.load(ordering: .relaxed) }

    func noteOverflow(of state: borrowing State) {
        full.store(state.overflow.count > limits.memoryBytes / 2, ordering: .relaxed)
    }

    /// How records fared since the start.
    package var counters: Counters { state.withLock { $0.counters } }

    /// Bytes that wait for the database.
    package var backlog: Int { state.withLock { $0.active.size + $0.other.size + $0.overflow.count } }

    /// Waits until everything appended so far is in the database, or the attempt to put it there has failed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            let isStopping = state.withLock { state in
                if !state.isStopping { state.waiters.append(continuation) }
                return state.isStopping
            }
            if isStopping { continuation.resume() } else { signal() }
        }
    }

    // MARK: - The thread

    /// Starts draining in the background.
    func start(into writer: DatabaseWriter) throws(SQLiteError) {
        // Unowned would do: `stop` joins the thread before the journal may go.
        let started = try WorkerThread(name: "omni-usage", .background) { [self] in run(writer) }
        thread.withLock { $0 = started }
    }

    /// Drains a last time and ends the thread.
    ///
    /// Records appended later stay in the file for the next start.
    func stop() {
        state.withLock { $0.isStopping = true }
        signal()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func run(_ writer: DatabaseWriter) {
        var delay: Duration? = limits.gathering
        while !state.withLock({ $0.isStopping }) {
            wait(delay)
            let waiters = state.withLock { state in
                defer { state.waiters = [] }
                return state.waiters
            }
            let isDone = drainLoggingFailure(writer)
            for waiter in waiters { waiter.resume() }
            delay = isDone ? nextDelay() : limits.retry
        }
        _ = drainLoggingFailure(writer)
        for waiter in state.withLock({ $0.waiters }) { waiter.resume() }
        state.withLock { $0.waiters = [] }
    }

    /// For ever when there is nothing to do; else time for records to gather.
    private func nextDelay() -> Duration? {
        state.withLock { state in
            let isEmpty = state.active.size == 0 && state.overflow.isEmpty && state.waiters.isEmpty
            state.isDrainerIdle = isEmpty
            return isEmpty ? nil : limits.gathering
        }
    }

    /// Sleeps until a signal; after one that ended an idle time, records get time to gather.
    private func wait(_ delay: Duration?) {
        sleep(delay)
        let mayGather = state.withLock { delay == nil && !$0.isStopping && $0.waiters.isEmpty }
        if mayGather { sleep(limits.gathering) }
    }

    private func sleep(_ delay: Duration?) {
        var entry = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, delay.map { Int32($0 / .milliseconds(1)) } ?? -1)
        omni_eventfd_drain(wakeUp)
    }

    private func signal() { omni_eventfd_signal(wakeUp) }

    private func drainLoggingFailure(_ writer: DatabaseWriter) -> Bool {
        do {
            try drain(into: writer)
            state.withLock { $0.failures = 0 }
            return true
        } catch {
            let failures = state.withLock { state in
                state.failures += 1
                return state.failures
            }
            // Once a minute is enough to be noticed.
            if failures % 60 == 1 {
                log.error("usage records wait for the database", .string("reason", "\(error)"), .int("bytes", backlog))
            }
            return false
        }
    }
}

extension UsageJournal.State {
    fileprivate mutating func keep(
        _ frame: UnsafeRawBufferPointer,
        _ limits: UsageJournal.Limits
    ) -> UsageJournal.Outcome {
        // Behind an overflow everything queues up, so that a full disk costs one failed call and not one per record.
        if overflow.isEmpty, active.size + frame.count <= limits.fileBytes, active.append(frame) == nil {
            counters.written += 1
            return .written
        }
        guard overflow.count + frame.count <= limits.memoryBytes else {
            counters.dropped += 1
            return .dropped
        }
        overflow.append(contentsOf: frame)
        overflowCount += 1
        counters.buffered += 1
        return .buffered
    }
}
