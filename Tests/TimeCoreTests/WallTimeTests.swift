import Testing
import TimeCore

@Suite struct WallTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_769_860_800_123, "2026-01-31T12:00:00.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ] as [(Int64, String)]
    )
    func `ISO 8601 text is written and read back`(milliseconds: Int64, text: String) {
        #expect(WallTime(milliseconds: milliseconds).iso8601 == text)
        #expect(WallTime(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            ("2026-01-31 12:00:00", 1_769_860_800_000), ("2026-01-31T14:00:00+02:00", 1_769_860_800_000),
            ("2026-01-31T12:00:00.5Z", 1_769_860_800_500), ("2026-01-31T12:00:00.123456-0000", 1_769_860_800_123),
        ] as [(String, Int64)]
    )
    func `other spellings of a moment are read`(text: String, milliseconds: Int64) {
        #expect(WallTime(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "2026", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:00:00X", "2026-01-31"])
    func `nonsense is not a moment`(text: String) {
        #expect(WallTime(iso8601: text) == nil)
    }

    @Test func `HTTP dates follow RFC 9110`() {
        let time = WallTime(unixSeconds: 784_111_777)
        #expect(time.httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(WallTime(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT") == time)
        #expect(WallTime(httpDate: "Sunday, 06-Nov-94 08:49:37 GMT") == nil)
    }

    @Test func `every day of four centuries survives the round trip`() {
        for day in stride(from: -73_000, through: 73_000, by: 1) {
            let time = WallTime(milliseconds: Int64(day) * 86_400_000 + 3_723_004)
            #expect(WallTime(iso8601: time.iso8601) == time)
        }
    }

    @Test(
        arguments: [
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (.min, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (.max, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)]
    )
    func `times without a place in ISO 8601 text become its first or last`(milliseconds: Int64, text: String) {
        #expect(WallTime(milliseconds: milliseconds).iso8601 == text)
        let bytes = WallTime(milliseconds: milliseconds).iso8601Bytes
        #expect(bytes.indices.map { bytes[$0] } == Array(text.utf8))
    }

    @Test func `arithmetic saturates instead of trapping`() {
        #expect(WallTime(milliseconds: .max).advanced(by: .seconds(1)).milliseconds == .max)
        #expect(MonotonicTime(nanoseconds: 5).advanced(by: .seconds(-1)).nanoseconds == 0)
        #expect(Duration.seconds(Int64.max).nanosecondsClamped == .max)
    }

    @Test func `time between two points is counted in whole milliseconds and never negative`() {
        let start = MonotonicTime(nanoseconds: 5_000_000)
        #expect(MonotonicTime(nanoseconds: 8_999_999).milliseconds(since: start) == 3)
        #expect(start.milliseconds(since: MonotonicTime(nanoseconds: .max)) == 0)
        let (end, zero) = (MonotonicTime(nanoseconds: .max), MonotonicTime(nanoseconds: 0))
        #expect(end.milliseconds(since: zero) == 18_446_744_073_709)
    }

    @Test func `a manual clock moves only when told`() {
        let time = ManualTime(wall: WallTime(milliseconds: 1000))
        let before = time.monotonic()
        time.advance(by: .milliseconds(250))
        #expect(time.monotonic() - before == .milliseconds(250))
        #expect(time.wall().milliseconds == 1250)
    }
}
