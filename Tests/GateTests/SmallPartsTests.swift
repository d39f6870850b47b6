import HTTPCore
import Testing
import TimeCore

@testable import Gate

struct AddressRuleTests {
    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false), ("192.168.0.0/23", "192.168.1.9", true),
        ("192.168.0.0/23", "192.168.2.9", false), ("0.0.0.0/0", "8.8.8.8", true), ("1.2.*.*", "1.2.3.4", true),
        ("1.2.*.*", "1.3.3.4", false), ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe12::1", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("::/0", "10.1.1.1", false),
    ])
    func `addresses belong to rules`(_ rule: String, _ address: String, _ expected: Bool) throws {
        #expect(try #require(AddressRule(rule)).contains(#require(IPAddress(address))) == expected)
    }

    @Test(arguments: [
        "", "10", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "1.*.2.*", "256.*.*.*", "fd00::/129", "x",
    ])
    func `other texts are no rules`(_ text: String) {
        #expect(AddressRule(text) == nil)
    }
}

struct RequestLimiterTests {
    private let minute = [RequestLimiter.Rule(limit: 2, window: 60)]

    @Test func `a window lets through as many as its limit`() {
        let limiter = RequestLimiter()
        let now = WallTime(unixSeconds: 1_800_000_030)
        #expect(limiter.admit("k", rules: minute, now: now) == nil)
        #expect(limiter.admit("k", rules: minute, now: now) == nil)
        #expect(limiter.admit("k", rules: minute, now: now) == .init(window: 60, retryAfter: 30))
        #expect(limiter.admit("other", rules: minute, now: now) == nil)
        #expect(limiter.admit("k", rules: minute, now: now.advanced(by: .seconds(30))) == nil)
    }

    @Test func `a refused request is not counted anywhere`() {
        let limiter = RequestLimiter()
        let rules = [RequestLimiter.Rule(limit: 100, window: 3600), .init(limit: 1, window: 60)]
        var now = WallTime(unixSeconds: 1_800_000_000)
        var admitted = 0
        for _ in 0..<60 {
            for _ in 0..<3 where limiter.admit("k", rules: rules, now: now) == nil { admitted += 1 }
            now = now.advanced(by: .seconds(60))
        }
        #expect(admitted == 60)
    }

    @Test func `a key that is gone leaves no counts`() {
        let limiter = RequestLimiter()
        let now = WallTime(unixSeconds: 1_800_000_030)
        for key in ["kept", "gone"] {
            for _ in 0..<2 { #expect(limiter.admit(key, rules: minute, now: now) == nil) }
        }
        limiter.forget { $0 == "kept" }
        #expect(limiter.admit("kept", rules: minute, now: now) != nil)
        #expect(limiter.admit("gone", rules: minute, now: now) == nil)
    }
}

struct AuthorityTests {
    @Test(arguments: [
        ("localhost", "localhost", nil), ("LocalHost:80", "localhost", 80), ("[::1]:20128", "::1", 20128),
        ("10.0.0.1", "10.0.0.1", nil), ("example.org.", "example.org", nil), ("127.0.0.1.:1", "127.0.0.1", 1),
    ])
    func `hosts are read`(_ text: String, _ host: String, _ port: Int?) {
        let authority = Authority(text)
        #expect(authority?.host == host && authority?.port == port)
    }

    @Test(arguments: [
        "", "a b", "a/b", "a?b", "a#b", "a@b", "[::1", "[x]", "a:b", "a:70000", ":80", "[::1]80", "a:1:2", "ä",
        "[::1.]", "[127.0.0.1.]", "a:", ":", ".", "[]", "[::1]:", "[::1]:x", "[localhost]", "[[::1]]", "a:123456",
    ])
    func `malformed hosts are refused`(_ text: String) {
        #expect(Authority(text) == nil)
    }

    @Test func `an origin is the same with and without the default port`() throws {
        let origin = try #require(WebOrigin("https://omni.example"))
        #expect(origin.isSame(as: try #require(Authority("omni.example")), isSecure: false))
        #expect(origin.isSame(as: try #require(Authority("omni.example:443")), isSecure: true))
        #expect(!origin.isSame(as: try #require(Authority("omni.example:8443")), isSecure: false))
        #expect(
            !(try #require(WebOrigin("http://omni.example"))).isSame(
                as: try #require(Authority("omni.example")),
                isSecure: true
            )
        )
    }
}
