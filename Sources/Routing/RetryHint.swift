import Dialects
import HTTPCore
package import TimeCore

/// What an upstream says about when to come back.
package enum RetryHint {
    /// Longer promises are not believed.
    static let longest = Duration.hours(24 * 30)

    /// The moment a failure names, from headers first, then from the text.
    package static func moment(in evidence: FailureEvidence, at now: WallTime) -> WallTime? {
        let found =
            fromHeaders(evidence.headers, at: now)
            ?? evidence.failure.retryAfter.map { now.advanced(by: .seconds($0)) }
            ?? fromText(evidence.ownText, at: now)
        guard let found, found > now else { return nil }
        return min(found, now.advanced(by: longest))
    }

    /// Whether there is something to read, without knowing the time.
    static func seemsPresent(in evidence: FailureEvidence) -> Bool {
        moment(in: evidence, at: WallTime(milliseconds: 0)) != nil
            || evidence.headers.contains("retry-after") || evidence.headers.contains("x-ratelimit-reset")
    }

    // MARK: - Headers

    static func fromHeaders(_ headers: HTTPHeaders, at now: WallTime) -> WallTime? {
        if let text = headers["retry-after-ms"], let milliseconds = Double(text), milliseconds.isFinite,
            milliseconds > 0
        {
            return now.advanced(by: .milliseconds(Int64(min(milliseconds, 1e12))))
        }
        if let text = headers["retry-after"] {
            if let seconds = Double(text), seconds.isFinite, seconds >= 0 {
                return now.advanced(by: .seconds(min(seconds, 1e9)))
            }
            if let date = WallTime(httpDate: text) { return date }
        }
        return headers["x-ratelimit-reset"].flatMap { reset($0, at: now) }
    }

    /// Seconds or milliseconds since 1970; small numbers are seconds from now.
    private static func reset(_ text: String, at now: WallTime) -> WallTime? {
        guard let number = Double(text), number > 0, number < 1e14 else { return nil }
        if number < 1e9 { return now.advanced(by: .seconds(number)) }
        return WallTime(milliseconds: Int64(number < 1e11 ? number * 1_000 : number))
    }

    // MARK: - Texts

    /// Words that stand before a duration.
    private static let beforeDuration = [
        "retrydelay", "retry after", "retry in", "reset after", "resets after", "resets in", "reset in", "try again in",
        "try again after", "wait for", "wait",
    ]
    /// Words that stand before a point in time.
    private static let beforeMoment = [
        "try again at", "wait until", "resets at", "reset at", "available at", "retry after", "retry at",
    ]

    static func fromText(_ text: SearchableText, at now: WallTime) -> WallTime? {
        for words in beforeMoment {
            for end in text.ends(of: words) {
                if let moment = moment(text.bytes[end...]) { return moment }
            }
        }
        for words in beforeDuration {
            for end in text.ends(of: words) {
                if let duration = duration(text.bytes[end...]) { return now.advanced(by: duration) }
            }
        }
        return nil
    }

    private static func skippingPunctuation(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.drop { [0x20, 0x22, 0x27, 0x3A, 0x3D, 0x5C].contains($0) }
    }

    /// An ISO 8601 time; the text is lower case, the readers want their letters in upper case.
    private static func moment(_ bytes: ArraySlice<UInt8>) -> WallTime? {
        let start = skippingPunctuation(bytes)
        let isWritten: (UInt8) -> Bool = {
            (0x30...0x3A).contains($0) || [0x2B, 0x2D, 0x2E, 0x54, 0x5A, 0x74, 0x7A].contains($0)
        }
        var word = start.prefix(while: isWritten)
        // A blank may stand between date and time.
        if word.count == 10, start.dropFirst(10).first == 0x20 {
            word = start.prefix(11 + start.dropFirst(11).prefix(while: isWritten).count)
        }
        let text = String(decoding: word, as: UTF8.self).uppercased()
        if let moment = WallTime(iso8601: text) { return moment }
        return text.hasSuffix(".") ? WallTime(iso8601: text.dropLast()) : nil
    }

    /// `17s`, `1.5 seconds`, `1h2m3s`, `250ms`, `3 days`; a bare number is seconds.
    static func duration(_ bytes: ArraySlice<UInt8>) -> Duration? {
        var rest = skippingPunctuation(bytes)
        var total: Double?
        while let number = takeNumber(&rest) {
            let beforeUnit = rest
            let unit = takeUnit(&rest)
            guard let seconds = seconds(perUnit: unit) else {
                // A number of something else ends the duration.
                rest = beforeUnit
                if total == nil, unit.isEmpty { total = number }
                break
            }
            total = (total ?? 0) + number * seconds
            rest = rest.drop { $0 == 0x20 || $0 == 0x2C }
        }
        guard let total, total > 0, total < 1e9 else { return nil }
        return .seconds(total)
    }

    private static func takeNumber(_ rest: inout ArraySlice<UInt8>) -> Double? {
        let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == 0x2E }
        guard let number = Double(String(decoding: digits, as: UTF8.self)) else { return nil }
        rest = rest.dropFirst(digits.count)
        return number
    }

    private static func takeUnit(_ rest: inout ArraySlice<UInt8>) -> String {
        let blanks = rest.prefix { $0 == 0x20 }
        let letters = rest.dropFirst(blanks.count).prefix { (0x61...0x7A).contains($0) }
        rest = rest.dropFirst(blanks.count + letters.count)
        return String(decoding: letters, as: UTF8.self)
    }

    private static func seconds(perUnit unit: String) -> Double? {
        switch unit {
        case "ms", "millisecond", "milliseconds": 0.001
        case "s", "sec", "secs", "second", "seconds": 1
        case "m", "min", "mins", "minute", "minutes": 60
        case "h", "hr", "hrs", "hour", "hours": 3_600
        case "d", "day", "days": 86_400
        default: nil
        }
    }
}
