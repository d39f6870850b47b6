private import CLinux
private import Glibc
private import Synchronization

/// The loops of a process, one thread each.
public final class EventLoopGroup: Sendable {
    /// The loops, in order of their index.
    public let loops: [EventLoop]
    private let threads = Mutex<[pthread_t]>([])
    private let cursor = Atomic<Int>(0)

    /// Creates loops that do not run yet.
    ///
    /// - Parameter count: how many, at least one.
    /// - Throws: when the system has no descriptors left.
    public init(count: Int) throws(EventLoopError) {
        var loops: [EventLoop] = []
        for index in 0..<max(1, count) { loops.append(try EventLoop(index: index)) }
        self.loops = loops
    }

    /// Starts one thread per loop.
    public func start() throws(EventLoopError) {
        for loop in loops {
            var thread = pthread_t()
            // Retained here, released by the thread when the loop has ended.
            let context = Unmanaged.passRetained(loop).toOpaque()
            let result = pthread_create(&thread, nil, runLoop, context)
            guard result == 0 else {
                Unmanaged<EventLoop>.fromOpaque(context).release()
                throw EventLoopError(operation: "pthread_create", number: result)
            }
            threads.withLock { $0.append(thread) }
        }
    }

    /// Stops every loop and waits for their threads; must not be called on one of them.
    public func stopAndJoin() {
        for loop in loops { loop.stop() }
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { pthread_join(thread, nil) }
    }

    /// The loops in turn, for work that has no loop yet.
    public func next() -> EventLoop {
        loops[abs(cursor.wrappingAdd(1, ordering: .relaxed).newValue % loops.count)]
    }
}

private func runLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let loop = Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
    omni_thread_set_name("loop-\(loop.index)")
    loop.run()
    return nil
}
