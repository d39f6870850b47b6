extension WallTime {
    /// RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.123Z`.
    ///
    /// The format has room for the years 0000 to 9999; times outside of them become its first or last moment.
    public var iso8601: String {
        String(unsafeUninitializedCapacity: 24) { bytes in
            let text = iso8601Bytes
            for index in text.indices { bytes.initializeElement(at: index, to: text[index]) }
            return text.count
        }
    }

    /// The characters of `iso8601`, without the cost of a string.
    public var iso8601Bytes: [24 of UInt8] {
        let date = CivilDate(min(max(self, .earliestText), .latestText))
        var text: [24 of UInt8] = .init(repeating: UInt8(ascii: "0"))
        text.write(date.year, endingAt: 4)
        text[4] = UInt8(ascii: "-")
        text.write(date.month, endingAt: 7)
        text[7] = UInt8(ascii: "-")
        text.write(date.day, endingAt: 10)
        text[10] = UInt8(ascii: "T")
        text.write(date.hour, endingAt: 13)
        text[13] = UInt8(ascii: ":")
        text.write(date.minute, endingAt: 16)
        text[16] = UInt8(ascii: ":")
        text.write(date.second, endingAt: 19)
        text[19] = UInt8(ascii: ".")
        text.write(date.millisecond, endingAt: 23)
        text[23] = UInt8(ascii: "Z")
        return text
    }

    private static let earliestText = WallTime(milliseconds: -62_167_219_200_000)
    private static let latestText = WallTime(milliseconds: 253_402_300_799_999)

    /// IMF-fixdate of RFC 9110 §5.6.7: `Sat, 31 Jan 2026 12:00:00 GMT`.
    public var httpDate: String {
        let date = CivilDate(self)
        var text = "\(dayNames[date.weekday]), "
        text.appendPadded(date.day, 2)
        text += " \(monthNames[date.month - 1]) "
        text.appendPadded(date.year, 4)
        text += " "
        text.appendTime(date)
        text += " GMT"
        return text
    }

    /// Reads RFC 3339 with any offset and fraction, and SQLite's `2026-01-31 12:00:00`, which is UTC.
    public init?(iso8601 text: some StringProtocol) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2)
        else { return nil }
        let millisecond = reader.fraction()
        guard let offset = reader.zone(),
            let date = CivilDate(
                year: year,
                month: month,
                day: day,
                hour: hour,
                minute: minute,
                second: second,
                millisecond: millisecond
            )
        else { return nil }
        milliseconds = date.wallTime.milliseconds - Int64(offset) * 60_000
    }

    /// Reads IMF-fixdate, the only form senders may use; the day's name is not checked.
    public init?(httpDate text: some StringProtocol) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]),
            let month = monthNames.firstIndex(of: String(parts[2]))
        else { return nil }
        var reader = DigitReader(parts[4].utf8)
        guard let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2), reader.isAtEnd,
            let date = CivilDate(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        milliseconds = date.wallTime.milliseconds
    }
}

private let dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
private let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

extension InlineArray where count == 24, Element == UInt8 {
    /// Puts the decimal digits of a number in front of a position, over the zeros that are there.
    fileprivate mutating func write(_ number: Int, endingAt end: Int) {
        var (rest, index) = (number, end - 1)
        while rest > 0 {
            self[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            index -= 1
        }
    }
}

extension String {
    fileprivate mutating func appendPadded(_ number: Int, _ width: Int) {
        let digits = String(number)
        for _ in digits.utf8.count..<max(width, digits.utf8.count) { append("0") }
        append(digits)
    }

    fileprivate mutating func appendTime(_ date: CivilDate) {
        appendPadded(date.hour, 2)
        append(":")
        appendPadded(date.minute, 2)
        append(":")
        appendPadded(date.second, 2)
    }
}

/// Reads fixed-width decimal fields; every method leaves the position alone when it fails.
private struct DigitReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) {
        rest = Array(bytes)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(_ width: Int) -> Int? {
        guard rest.count >= width else { return nil }
        var value = 0
        for byte in rest.prefix(width) {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        rest = rest.dropFirst(width)
        return value
    }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == scalar.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Milliseconds of an optional fraction of any length.
    mutating func fraction() -> Int {
        guard skip(".") || skip(",") else { return 0 }
        var value = 0
        var digits = 0
        while let digit = number(1) {
            if digits < 3 { value = value * 10 + digit }
            digits += 1
        }
        while digits < 3 {
            value *= 10
            digits += 1
        }
        return value
    }

    /// Minutes east of UTC; nothing at all means UTC, trailing text is refused.
    mutating func zone() -> Int? {
        if isAtEnd { return 0 }
        if skip("Z") || skip("z") { return isAtEnd ? 0 : nil }
        let sign = skip("+") ? 1 : (skip("-") ? -1 : 0)
        guard sign != 0, let hours = number(2) else { return nil }
        _ = skip(":")
        guard let minutes = number(2), isAtEnd, hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
