private import CLinux
private import Glibc

/// A thread that runs one function to its end.
public final class WorkerThread: Sendable {
    private let thread: pthread_t

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `ps -L`; at most 15 bytes.
    ///   - body: Runs once; the thread ends when it returns.
    /// - Throws: `unavailable` when the system has no thread to give.
    public init(name: StaticString, _ body: @escaping @Sendable () -> Void) throws(SQLiteError) {
        // Retained here, released by `run`, or below when there is no thread to run it.
        let context = Unmanaged.passRetained(Body(name: name, run: body))
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
    let run: @Sendable () -> Void

    init(name: StaticString, run: @escaping @Sendable () -> Void) {
        self.name = name
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
    body.run()
    return nil
}
