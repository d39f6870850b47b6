private import CLinux

/// A point on the clock that never jumps; meaningful only within one boot of the machine.
public struct MonotonicTime: Sendable, Hashable, Comparable {
    /// Nanoseconds since an arbitrary start.
    public var nanoseconds: UInt64

    /// A point at the given number of nanoseconds.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The present (`CLOCK_MONOTONIC`).
    public static func now() -> MonotonicTime {
        MonotonicTime(nanoseconds: omni_clock_monotonic())
    }

    /// The point that lies `duration` later; saturates at both ends instead of trapping.
    public func advanced(by duration: Duration) -> MonotonicTime {
        let step = duration.nanosecondsClamped
        let (moved, overflow) =
            step >= 0
            ? nanoseconds.addingReportingOverflow(UInt64(step))
            : nanoseconds.subtractingReportingOverflow(step.magnitude)
        guard overflow else { return MonotonicTime(nanoseconds: moved) }
        return MonotonicTime(nanoseconds: step >= 0 ? .max : 0)
    }

    /// How long after `earlier` this point lies; negative when it lies before.
    public static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
        later.nanoseconds >= earlier.nanoseconds
            ? .nanoseconds(Int64(clamping: later.nanoseconds - earlier.nanoseconds))
            : .zero - .nanoseconds(Int64(clamping: earlier.nanoseconds - later.nanoseconds))
    }

    /// Whole milliseconds since an earlier point, without the arithmetic of durations; 0 when it lies later.
    public func milliseconds(since earlier: MonotonicTime) -> Int {
        nanoseconds > earlier.nanoseconds ? Int((nanoseconds - earlier.nanoseconds) / 1_000_000) : 0
    }

    /// Orders by time.
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Duration {
    /// The duration in whole nanoseconds, cut to what 64 bits hold (292 years).
    public var nanosecondsClamped: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000)
    }

    /// The duration in whole milliseconds, rounded towards zero.
    public var millisecondsClamped: Int64 {
        nanosecondsClamped / 1_000_000
    }
}
