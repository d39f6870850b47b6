private import CLinux
private import Glibc

/// Signals as events of a loop.
///
/// Create it before any other thread starts: it blocks the signals in the calling thread, and threads inherit that. A signal
/// that any thread leaves unblocked takes its default effect.
public final class SignalSource: Sendable {
    private let descriptor: Int32

    /// Blocks the signals' default effect and opens a descriptor for them; nothing is delivered before `start`.
    public init(_ signals: [Int32]) throws(EventLoopError) {
        descriptor = omni_signalfd_create(signals, signals.count)
        guard descriptor >= 0 else { throw EventLoopError(operation: "signalfd", number: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Calls `handler` with each signal's number on the loop, on whose thread this is called.
    public func start(on loop: EventLoop, _ handler: @escaping (Int32) -> Void) throws(EventLoopError) {
        let descriptor = descriptor
        try loop.watch(descriptor, for: .read) { _ in
            let signal = omni_signalfd_read(descriptor)
            if signal != 0 { handler(signal) }
        }
    }

    /// Ends the delivery; called on the loop's thread before the source is released.
    public func stop(on loop: EventLoop) {
        loop.unwatch(descriptor)
    }
}
