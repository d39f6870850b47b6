private import Glibc
package import TimeCore

/// Where a day ends; daily quotas begin anew there.
package struct DayBoundary: Sendable {
    private let secondsEastOfUTC: @Sendable (WallTime) -> Int

    /// A fixed distance from UTC.
    package init(secondsEastOfUTC: Int) {
        self.secondsEastOfUTC = { _ in secondsEastOfUTC }
    }

    private init(_ offset: @escaping @Sendable (WallTime) -> Int) {
        secondsEastOfUTC = offset
    }

    package static let utc = DayBoundary(secondsEastOfUTC: 0)

    /// The time zone of the process.
    package static let local = DayBoundary { moment in
        var seconds = time_t(moment.unixSeconds)
        var parts = tm()
        return localtime_r(&seconds, &parts) == nil ? 0 : parts.tm_gmtoff
    }

    /// The first midnight after a moment; a change of the clocks in between may shift it by its hour.
    package func midnight(after moment: WallTime) -> WallTime {
        let day: Int64 = 86_400_000
        let shift = Int64(secondsEastOfUTC(moment)) * 1_000
        let local = moment.milliseconds + shift
        let start = local - ((local % day) + day) % day
        return WallTime(milliseconds: start + day - shift)
    }
}
