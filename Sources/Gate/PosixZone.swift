/// The rule that a time zone follows for ever: `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX.1, `TZ`).
struct PosixZone: Sendable {
    /// A day of each year and the time on it, in seconds of wall time after midnight.
    struct Change: Sendable {
        enum Day: Sendable {
            /// The day 1...365, not counting 29 February.
            case julian(Int)
            /// The day 0...365.
            case zeroBased(Int)
            /// Weekday `day` (0 is Sunday) of week 1...5 (5 is the last) of a month.
            case weekday(month: Int, week: Int, day: Int)
        }

        let day: Day
        let time: Int
    }

    let standardOffset: Int
    let summer: (offset: Int, start: Change, end: Change)?

    /// Seconds east of UTC.
    func offset(at unixSeconds: Int) -> Int {
        guard let summer else { return standardOffset }
        let year = civilYear(ofDay: (unixSeconds + standardOffset).floorDivided(by: 86_400))
        let start = summer.start.seconds(inYear: year) - standardOffset
        let end = summer.end.seconds(inYear: year) - summer.offset
        let isSummer =
            start < end
            ? (start..<end).contains(unixSeconds)
            : !(end..<start).contains(unixSeconds)
        return isSummer ? summer.offset : standardOffset
    }
}

extension PosixZone {
    init?(_ text: String) {
        var reader = Reader(text)
        guard reader.name(), let west = reader.time() else { return nil }
        standardOffset = -west
        if reader.isAtEnd {
            summer = nil
            return
        }
        guard reader.name() else { return nil }
        let summerOffset = reader.peeks(",") ? standardOffset + 3600 : reader.time().map { -$0 }
        guard let summerOffset, reader.skip(","), let start = reader.change(), reader.skip(","),
            let end = reader.change(), reader.isAtEnd
        else { return nil }
        summer = (summerOffset, start, end)
    }

    private struct Reader {
        private var rest: Substring.UTF8View

        init(_ text: String) {
            rest = Substring(text).utf8
        }

        var isAtEnd: Bool { rest.isEmpty }

        func peeks(_ scalar: Unicode.Scalar) -> Bool { rest.first == UInt8(ascii: scalar) }

        mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
            guard peeks(scalar) else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// Three letters or more, or anything between `<` and `>`.
        mutating func name() -> Bool {
            if skip("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[rest.index(after: end)...]
                return true
            }
            let letters = rest.prefix { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0 & 0xDF) }
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3
        }

        mutating func number() -> Int? {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty, digits.count <= 4 else { return nil }
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            let sign = skip("-") ? -1 : 1
            if sign == 1 { _ = skip("+") }
            guard let hours = number() else { return nil }
            var seconds = hours * 3600
            if skip(":") {
                guard let minutes = number() else { return nil }
                seconds += minutes * 60
                if skip(":") {
                    guard let rest = number() else { return nil }
                    seconds += rest
                }
            }
            return sign * seconds
        }

        mutating func change() -> Change? {
            let day: Change.Day
            if skip("M") {
                guard let month = number(), skip("."), let week = number(), skip("."), let weekday = number(),
                    (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
                else { return nil }
                day = .weekday(month: month, week: week, day: weekday)
            } else if skip("J") {
                guard let number = number(), (1...365).contains(number) else { return nil }
                day = .julian(number)
            } else {
                guard let number = number(), number <= 365 else { return nil }
                day = .zeroBased(number)
            }
            guard skip("/") else { return Change(day: day, time: 7200) }
            return time().map { Change(day: day, time: $0) }
        }
    }
}

extension PosixZone.Change {
    /// The moment in a year, as seconds since 1970 on the wall clock.
    fileprivate func seconds(inYear year: Int) -> Int {
        let newYear = civilDay(year: year, month: 1, day: 1)
        let number: Int
        switch day {
        case .julian(let day): number = newYear + day - 1 + (isLeap(year) && day >= 60 ? 1 : 0)
        case .zeroBased(let day): number = newYear + day
        case .weekday(let month, let week, let weekday):
            let first = civilDay(year: year, month: month, day: 1)
            let firstWeekday = (first + 4).floorRemainder(by: 7)
            var candidate = first + (weekday - firstWeekday).floorRemainder(by: 7) + (week - 1) * 7
            let nextMonth =
                month == 12
                ? civilDay(year: year + 1, month: 1, day: 1) : civilDay(year: year, month: month + 1, day: 1)
            while candidate >= nextMonth { candidate -= 7 }
            number = candidate
        }
        return number * 86_400 + time
    }
}

// MARK: - The Gregorian calendar

private func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

/// Days since 1970-01-01; years begin in March here, so that the leap day is the last.
private func civilDay(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year.floorDivided(by: 400)
    let yearOfEra = year - era * 400
    let monthIndex = (month + 9) % 12
    let dayOfYear = (153 * monthIndex + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civilYear(ofDay day: Int) -> Int {
    let shifted = day + 719_468
    let era = shifted.floorDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    return yearOfEra + era * 400 + (dayOfYear >= 306 ? 1 : 0)
}
