import Synchronization

/// Where the present comes from; passed in, so that logic with a clock is tested in virtual time.
public protocol TimeSource: Sendable {
    /// The present on the clock that never jumps.
    func monotonic() -> MonotonicTime
    /// The present in civil time.
    func wall() -> WallTime
}

/// The clocks of the operating system.
public struct SystemTime: TimeSource {
    /// The clocks of the operating system.
    public init() {}

    /// Reads `CLOCK_MONOTONIC`.
    public func monotonic() -> MonotonicTime { .now() }

    /// Reads `CLOCK_REALTIME`.
    public func wall() -> WallTime { .now() }
}

/// Clocks that move only when told to; for tests.
public final class ManualTime: TimeSource {
    private let state: Mutex<(monotonic: MonotonicTime, wall: WallTime)>

    /// Starts at the given civil time, with the monotonic clock at one second.
    public init(wall: WallTime) {
        state = Mutex((MonotonicTime(nanoseconds: 1_000_000_000), wall))
    }

    /// Moves both clocks.
    public func advance(by duration: Duration) {
        state.withLock {
            $0.monotonic = $0.monotonic.advanced(by: duration)
            $0.wall = $0.wall.advanced(by: duration)
        }
    }

    /// The present on the clock that never jumps.
    public func monotonic() -> MonotonicTime { state.withLock { $0.monotonic } }

    /// The present in civil time.
    public func wall() -> WallTime { state.withLock { $0.wall } }
}
