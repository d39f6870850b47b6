import HTTPCore
import Store
import Testing
import TimeCore

@testable import Gate

struct KeyPolicyTests {
    private let here = Source(address: IPAddress("10.1.2.3"), isLocal: false)

    private func message(_ key: APIKey, at now: WallTime = testNow, from source: Source? = nil) -> String? {
        KeyHolder(key).refusal(source: source ?? here, now: now)?.message
    }

    @Test func `a plain key passes`() {
        #expect(message(.fixture(id: "k")) == nil)
    }

    @Test func `a key may be bound to addresses`() {
        var key = APIKey.fixture(id: "k")
        key.ipAllowlist = ["192.168.0.0/16", "10.1.*.*"]
        #expect(message(key) == nil)
        #expect(message(key, from: Source(address: IPAddress("10.2.0.1"), isLocal: false)) != nil)
        key.ipAllowlist = []
        #expect(message(key) == nil)
        key.ipAllowlist = ["nonsense"]
        #expect(message(key) != nil, "a rule that cannot be read lets nobody in")
    }

    /// 2026-07-01 is a Wednesday.
    private func wednesday(_ hour: Int, _ minute: Int) -> WallTime {
        WallTime(unixSeconds: 1_782_864_000 + hour * 3600 + minute * 60)
    }

    @Test func `a schedule opens and closes by the clock of its zone`() {
        var key = APIKey.fixture(id: "k")
        key.accessSchedule = AccessSchedule(enabled: true, from: "09:00", until: "17:00", days: [3], zone: "UTC")
        #expect(message(key, at: wednesday(8, 59)) != nil)
        #expect(message(key, at: wednesday(9, 0)) == nil)
        #expect(message(key, at: wednesday(16, 59)) == nil)
        #expect(message(key, at: wednesday(17, 0)) != nil)
        #expect(message(key, at: wednesday(24 + 12, 0)) != nil, "not on Thursday")
        key.accessSchedule?.zone = "America/New_York"
        #expect(message(key, at: wednesday(12, 59)) != nil)
        #expect(message(key, at: wednesday(13, 0)) == nil)
        key.accessSchedule?.enabled = false
        #expect(message(key, at: wednesday(3, 0)) == nil)
    }

    @Test func `a schedule over midnight belongs to the day on which it begins`() {
        var key = APIKey.fixture(id: "k")
        key.accessSchedule = AccessSchedule(enabled: true, from: "22:00", until: "06:00", days: [3], zone: "UTC")
        #expect(message(key, at: wednesday(21, 59)) != nil)
        #expect(message(key, at: wednesday(22, 0)) == nil)
        #expect(message(key, at: wednesday(24 + 5, 59)) == nil)
        #expect(message(key, at: wednesday(24 + 6, 0)) != nil)
        #expect(message(key, at: wednesday(5, 0)) != nil, "that night began on Tuesday")
    }

    @Test func `an unknown zone restricts nothing`() {
        var key = APIKey.fixture(id: "k")
        key.accessSchedule = AccessSchedule(enabled: true, from: "00:00", until: "00:01", days: [0], zone: "Moon/Base")
        #expect(message(key) == nil)
    }

    @Test func `rules come first, then the two older limits`() {
        var key = APIKey.fixture(id: "k")
        #expect(KeyPolicy.rules(of: key).isEmpty)
        key.maxRequestsPerDay = 100
        key.maxRequestsPerMinute = 5
        #expect(KeyPolicy.rules(of: key) == [.init(limit: 100, window: 86_400), .init(limit: 5, window: 60)])
        key.rateLimits = [RateLimit(limit: 1, window: 10)]
        #expect(KeyPolicy.rules(of: key) == [.init(limit: 1, window: 10)])
    }
}
