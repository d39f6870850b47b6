import Foundation
import Testing

@testable import Gate

struct ZoneRulesTests {
    private let database = ZoneDatabase()

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Tehran",
        "Africa/Casablanca", "Pacific/Chatham", "UTC", "Etc/GMT+5",
    ])
    func `offsets agree with Foundation's over two centuries`(_ name: String) throws {
        guard let zone = database.zone(named: name) else { return }  // a system without the database
        let reference = try #require(TimeZone(identifier: name))
        for step in 0..<2000 {
            let seconds = -1_500_000_000 + step * 3_000_017
            // Foundation stops at 2037 where the file does; rules go on.
            guard seconds < 2_140_000_000 else { continue }
            let expected = reference.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
            #expect(abs(zone.offset(at: seconds) - expected) < 60, "\(name) at \(seconds)")
        }
    }

    @Test func `a rule reaches beyond the last transition`() throws {
        let berlin = try #require(PosixZone("CET-1CEST,M3.5.0,M10.5.0/3"))
        #expect(berlin.offset(at: 4_118_558_400) == 7200)  // 2100-07-06
        #expect(berlin.offset(at: 4_102_444_800) == 3600)  // 2100-01-01
        // 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC are the changes.
        #expect(berlin.offset(at: 1_774_745_999) == 3600)
        #expect(berlin.offset(at: 1_774_746_000) == 7200)
        #expect(berlin.offset(at: 1_792_889_999) == 7200)
        #expect(berlin.offset(at: 1_792_890_000) == 3600)
    }

    @Test func `the southern summer goes over new year`() throws {
        let sydney = try #require(PosixZone("AEST-10AEDT,M10.1.0,M4.1.0/3"))
        #expect(sydney.offset(at: 1_767_225_600) == 39_600)  // 1 January 2026
        #expect(sydney.offset(at: 1_782_864_000) == 36_000)  // 1 July 2026
    }

    @Test(arguments: ["", "X", "CET", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "<+05-5", "CET-1 junk"])
    func `a malformed rule is refused`(_ text: String) {
        #expect(PosixZone(text) == nil)
    }

    @Test(arguments: ["../../etc/passwd", "/etc/passwd", "", ".", "Europe/../UTC", "Nowhere/Land", "a/b/c/d"])
    func `names that are no zones are refused`(_ name: String) {
        #expect(database.zone(named: name) == nil)
    }

    @Test func `damaged files are refused`() {
        #expect(ZoneRules(file: []) == nil)
        #expect(ZoneRules(file: Array("TZif2".utf8) + [UInt8](repeating: 0xFF, count: 60)) == nil)
        #expect(ZoneRules(file: Array("TZif2".utf8) + [UInt8](repeating: 0, count: 39)) == nil)
    }

    @Test func `the wall clock knows the weekday`() throws {
        let utc = try #require(ZoneRules(file: tzifUTC))
        let thursday = utc.clock(at: 0)
        #expect(thursday.minute == 0 && thursday.weekday == 4)
        let sunday = utc.clock(at: 1_700_000_000 - 1_700_000_000 % 86_400 - 86_400 * 2 + 3660)
        #expect(sunday.minute == 61 && sunday.weekday == 0)
    }

    /// The smallest file: version 1, one type, no transitions.
    private var tzifUTC: [UInt8] {
        Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
            + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
            + [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
    }
}
