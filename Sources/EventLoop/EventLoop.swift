private import CLinux
private import Glibc
private import Synchronization
public import TimeCore

/// One thread that waits for descriptors and timers, and runs the tasks that prefer it.
///
///     let loop = try EventLoop(index: 0)
///     Thread { loop.run() }
///     Task(executorPreference: loop) { await handle(request) }
///
/// `@unchecked Sendable`: what changes belongs to the loop's thread (asserted in debug builds), the inbox is behind a
/// `Mutex`, everything else is immutable.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// Position in its group; 0 for a loop that stands alone.
    public let index: Int

    private let epoll: Int32
    private let wakeUp: Int32
    private let inbox = Mutex(Inbox())

    // What belongs to the loop's thread. Not one structure: the compiler proves of small properties that accesses to them do
    // not overlap, instead of having it checked each time.
    private var present = MonotonicTime.now()
    /// Counts the times that events were fetched.
    private var turn: UInt64 = 0
    private var timers = TimerQueue()
    /// By descriptor: these are small numbers, and one is looked up for each event.
    private var watchers: [Watcher?] = []
    private var drivers: [any LoopDriver] = []
    /// Jobs that were enqueued by the loop itself; swapped out and run once per round.
    private var jobs: [UnownedJob] = []

    /// What other threads left for the loop.
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var bodies: [@Sendable () -> Void] = []
        var isStopping = false
        /// The loop was woken and has not looked yet: no second signal is needed.
        var isSignalled = false
    }

    private final class Watcher {
        let handler: (Readiness) -> Void
        /// The turn in which it was made.
        let turn: UInt64

        init(_ handler: @escaping (Readiness) -> Void, turn: UInt64) {
            self.handler = handler
            self.turn = turn
        }
    }

    /// Creates the loop's descriptors; nothing runs until `run()`.
    public init(index: Int) throws(EventLoopError) {
        self.index = index
        epoll = omni_epoll_create()
        guard epoll >= 0 else { throw EventLoopError(operation: "epoll_create1", number: errno) }
        wakeUp = omni_eventfd_create()
        guard wakeUp >= 0, omni_epoll_add(epoll, wakeUp, Interest.read.rawValue) == 0 else {
            let number = errno
            close(epoll)
            if wakeUp >= 0 { close(wakeUp) }
            throw EventLoopError(operation: "eventfd", number: number)
        }
    }

    deinit {
        close(wakeUp)
        close(epoll)
    }

    /// The loop that runs on the calling thread.
    public static var current: EventLoop? {
        guard let pointer = omni_loop_current() else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Whether the caller is on the loop's thread.
    public var isCurrent: Bool {
        omni_loop_current() == Unmanaged.passUnretained(self).toOpaque()
    }

    // MARK: - From any thread

    /// Runs a task's job on the loop; called by the Swift runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        if isCurrent {
            jobs.append(unowned)
        } else {
            post { $0.jobs.append(unowned) }
        }
    }

    /// Runs `body` on the loop, after what is already waiting there.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        post { $0.bodies.append(body) }
    }

    /// Ends `run()` after the present turn.
    ///
    /// Jobs that are still queued are run first, and those they cause, within reason.
    public func stop() {
        post { $0.isStopping = true }
    }

    private func post(_ change: (inout Inbox) -> Void) {
        let mustSignal = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.isSignalled = true }
            return !inbox.isSignalled
        }
        if mustSignal { _ = omni_eventfd_signal(wakeUp) }
    }

    // MARK: - The loop

    private static let maximumFarewellTurns = 1000

    /// Runs the loop on the calling thread until `stop()`.
    public func run() {
        omni_loop_set_current(Unmanaged.passUnretained(self).toOpaque())
        defer { omni_loop_set_current(nil) }
        var ready = [omni_epoll_ready](repeating: omni_epoll_ready(events: 0, fd: -1), count: 256)
        var isStopping = false
        var farewellTurns = 0
        while true {
            runJobs()
            let wait = isStopping ? .zero : settledWait()
            let count = omni_epoll_wait(epoll, &ready, 256, timeout(atMost: wait))
            present = .now()
            turn &+= 1
            for index in 0..<max(0, Int(count)) { dispatch(ready[index]) }
            runDueTimers()
            if isStopping {
                farewellTurns += 1
                // A task that re-enqueues itself for ever must not hold the end up.
                if jobs.isEmpty || farewellTurns > Self.maximumFarewellTurns { return }
            }
            isStopping = takeInbox() || isStopping
        }
    }

    /// Milliseconds to wait: 0 while jobs are queued, else until the nearest deadline, rounded up.
    private func timeout(atMost limit: Duration?) -> Int32 {
        guard jobs.isEmpty else { return 0 }
        var wait = limit
        if let deadline = timers.nextDeadline() {
            let untilTimer = max(.zero, deadline - .now())
            wait = wait.map { min($0, untilTimer) } ?? untilTimer
        }
        guard let wait else { return -1 }
        return Int32(clamping: (wait.nanosecondsClamped + 999_999) / 1_000_000)
    }

    /// How long the drivers let the loop wait, once they and the jobs have no more work for each other: a job that starts
    /// after a driver was asked may have given that driver something to do.
    private func settledWait() -> Duration? {
        var wait = driversTurn()
        for _ in 0..<4 where !jobs.isEmpty {
            runJobs()
            wait = driversTurn()
        }
        return wait
    }

    private func driversTurn() -> Duration? {
        var shortest: Duration?
        for driver in drivers {
            guard let wait = driver.turn() else { continue }
            shortest = shortest.map { min($0, wait) } ?? wait
        }
        return shortest
    }

    /// Runs jobs until none is left, but at most a bounded number of rounds: descriptors must not starve.
    private func runJobs() {
        var rounds = 0
        while !jobs.isEmpty, rounds < 64 {
            var round: [UnownedJob] = []
            swap(&round, &jobs)
            for job in round { job.runSynchronously(on: asUnownedTaskExecutor()) }
            rounds += 1
            if jobs.isEmpty {
                // Hand the storage back, so that a turn does not allocate.
                round.removeAll(keepingCapacity: true)
                jobs = round
            }
        }
    }

    private func dispatch(_ event: omni_epoll_ready) {
        if event.fd == wakeUp { return omni_eventfd_drain(wakeUp) }
        // Looked up for each event: an earlier handler of this turn may have unwatched the descriptor, or closed it and watched
        // a new one of the same number, which this event is not about.
        guard let watcher = watcher(of: event.fd), watcher.turn != turn else { return }
        watcher.handler(Readiness(events: event.events))
    }

    private func runDueTimers() {
        while let body = timers.popDue(at: present) { body() }
    }

    /// Returns whether the loop was told to stop.
    private func takeInbox() -> Bool {
        let taken = inbox.withLock { inbox in
            guard inbox.isSignalled else { return Inbox() }
            defer { inbox = Inbox() }
            return inbox
        }
        jobs.append(contentsOf: taken.jobs)
        for body in taken.bodies { body() }
        return taken.isStopping
    }

    // MARK: - On the loop's thread

    /// The present, read once per turn of the loop.
    public var now: MonotonicTime {
        assert(isCurrent)
        return present
    }

    /// Calls `handler` whenever the descriptor is ready, level-triggered, until `unwatch`.
    public func watch(
        _ fd: Int32,
        for interest: Interest,
        _ handler: @escaping (Readiness) -> Void
    ) throws(EventLoopError) {
        assert(isCurrent)
        guard omni_epoll_add(epoll, fd, interest.rawValue) == 0 else {
            throw EventLoopError(operation: "epoll_ctl add", number: errno)
        }
        let missing = Int(fd) + 1 - watchers.count
        if missing > 0 { watchers.append(contentsOf: repeatElement(nil, count: max(64, missing))) }
        watchers[Int(fd)] = Watcher(handler, turn: turn)
    }

    private func watcher(of fd: Int32) -> Watcher? {
        watchers.indices.contains(Int(fd)) ? watchers[Int(fd)] : nil
    }

    /// Changes what a watched descriptor is waited for.
    public func update(_ fd: Int32, for interest: Interest) throws(EventLoopError) {
        assert(isCurrent)
        guard omni_epoll_modify(epoll, fd, interest.rawValue) == 0 else {
            throw EventLoopError(operation: "epoll_ctl modify", number: errno)
        }
    }

    /// Forgets a descriptor; harmless when it is not watched or already closed.
    public func unwatch(_ fd: Int32) {
        assert(isCurrent)
        guard watcher(of: fd) != nil else { return }
        watchers[Int(fd)] = nil
        _ = omni_epoll_remove(epoll, fd)
    }

    /// Calls `body` once, `delay` from now, unless it is cancelled before.
    @discardableResult
    public func schedule(after delay: Duration, _ body: @escaping () -> Void) -> TimerID {
        assert(isCurrent)
        return timers.schedule(at: MonotonicTime.now().advanced(by: delay), body)
    }

    /// Forgets a timer; harmless when it has fired.
    public func cancel(_ timer: TimerID) {
        assert(isCurrent)
        timers.cancel(timer)
    }

    /// Lets a driver take part in every turn.
    public func addDriver(_ driver: any LoopDriver) {
        assert(isCurrent)
        drivers.append(driver)
    }

    /// Ends a driver's part.
    public func removeDriver(_ driver: any LoopDriver) {
        assert(isCurrent)
        drivers.removeAll { $0 === driver }
    }
}
