private import CLinux

/// A point in civil time, as milliseconds since 1970-01-01T00:00:00Z.
public struct WallTime: Sendable, Hashable, Comparable {
    /// Milliseconds since the epoch; negative before 1970.
    public var milliseconds: Int64

    /// A point at the given number of milliseconds since the epoch.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// A point at the given number of seconds since the epoch, saturating.
    public init(unixSeconds: Int) {
        let (product, overflow) = Int64(unixSeconds).multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (unixSeconds < 0 ? .min : .max) : product
    }

    /// The present (`CLOCK_REALTIME`).
    public static func now() -> WallTime {
        WallTime(milliseconds: Int64(clamping: omni_clock_realtime() / 1_000_000))
    }

    /// Whole seconds since the epoch, rounded down.
    public var unixSeconds: Int {
        Int(milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000)
    }

    /// The point that lies `duration` later, saturating.
    public func advanced(by duration: Duration) -> WallTime {
        let step = duration.millisecondsClamped
        let (sum, overflow) = milliseconds.addingReportingOverflow(step)
        return WallTime(milliseconds: overflow ? (step < 0 ? .min : .max) : sum)
    }

    /// How long after `earlier` this point lies; negative when it lies before.
    public static func - (later: WallTime, earlier: WallTime) -> Duration {
        let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return .milliseconds(overflow ? (later < earlier ? Int64.min : Int64.max) : difference)
    }

    /// Orders by time.
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
