import TimeCore

/// A request's time limits in nanoseconds.
struct PhaseLimits: Sendable {
    let connect: UInt64
    let firstByte: UInt64
    let idle: UInt64
    let total: UInt64

    init(_ timeouts: Timeouts) {
        connect = UInt64(max(0, timeouts.connect.nanosecondsClamped))
        firstByte = UInt64(max(0, timeouts.firstByte.nanosecondsClamped))
        idle = UInt64(max(0, timeouts.idle.nanosecondsClamped))
        total = timeouts.total.map { UInt64(max(0, $0.nanosecondsClamped)) } ?? .max
    }
}

extension UInt64 {
    /// The sum, or the largest number where it would not fit.
    func saturatingAdding(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
