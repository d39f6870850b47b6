private import CLinux
private import Glibc

/// A thread that runs one function to its end.
public final class WorkerThread: Sendable {
    /// How much of a busy machine a thread gets.
    public enum Priority: Sendable {
        /// As much as any other thread.
        case normal
        /// A third of what a normal thread gets beside it, enough to keep up with event loops that are never idle.
        case background
    }

    private let thread: pthread_t

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `ps -L`; at most 15 bytes.
    ///   - priority: What it gets when the processors are busy; makes no difference otherwise.
    ///   - body: Runs once; the thread ends when it returns.
    /// - Throws: `unavailable` when the system has no thread to give.
    public init(
        name: StaticString,
        _ priority: Priority = .normal,
        _ body: @escaping @Sendable () -> Void
    ) throws(SQLiteError) {
        // Retained here, released by `run`, or below when there is no thread to run it.
        let context = Unmanaged.passRetained(Body(name: name, priority: priority, run: body))
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, run, context.toOpaque())
        guard result == 0 else {
            context.release()
            throw SQLiteError(.unavailable, "no thread can be started: \(String(cString: strerror(result)))")
        }
        self.thread = thread
    }

    /// Waits for the end of the thread; to be called once, and not by the thread itself.
    public func join() {
        pthread_join(thread, nil)
    }
}

private final class Body: Sendable {
    let name: StaticString
    let priority: WorkerThread.Priority
    let run: @Sendable () -> Void

    init(name: StaticString, priority: WorkerThread.Priority, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.priority = priority
        self.run = run
    }
}

/// The start of every worker thread.
private func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
    // Signals belong to the event loops; here they would interrupt system calls or end the process unasked.
    var signals = sigset_t()
    sigfillset(&signals)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    omni_thread_set_name(UnsafeRawPointer(body.name.utf8Start).assumingMemoryBound(to: CChar.self))
    // On Linux this is about the calling thread only; a refusal does no harm.
    if body.priority == .background { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5) }
    body.run()
    return nil
}
