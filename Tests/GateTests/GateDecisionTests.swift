import HTTPCore
import Testing

@testable import Gate

private let json = ("Content-Type", "application/json")
private func bearer(_ key: String) -> (String, String) { ("Authorization", "Bearer \(key)") }
private func cookie(_ token: String) -> (String, String) { ("Cookie", "theme=dark; auth_token=\(token)") }

/// One request and what becomes of it.
struct GateCase: CustomTestStringConvertible, Sendable {
    let method: HTTPMethod
    let path: String
    let peer: String
    let headers: [(String, String)]
    let expected: String

    init(
        _ method: HTTPMethod,
        _ path: String,
        _ expected: String,
        from peer: String = "127.0.0.1",
        _ headers: (String, String)...
    ) {
        self.method = method
        self.path = path
        self.peer = peer
        self.headers = headers
        self.expected = expected
    }

    var testDescription: String { "\(method) \(path) from \(peer) \(headers) → \(expected)" }
}

struct GateDecisionTests {
    @Test(arguments: [
        GateCase(.get, "/v1/models", "ok anonymous", ("Host", "localhost:20128")),
        GateCase(.get, "/v1/models", "ok anonymous", ("Host", "LOCALHOST.")),
        GateCase(.get, "/v1/models", "ok anonymous", ("Host", "[::1]:20128")),
        GateCase(.get, "/v1/models", "ok anonymous", ("Host", "127.0.0.53")),
        GateCase(.get, "/v1/models", "421 UNKNOWN_HOST", ("Host", "evil.example:20128")),
        GateCase(.get, "/v1/models", "421 UNKNOWN_HOST", ("Host", "127.0.0.1.nip.example")),
        GateCase(.get, "/v1/models", "421 UNKNOWN_HOST", ("Host", "192.168.1.5")),
        GateCase(.get, "/v1/models", "400 BAD_HOST", ("Host", "a/../admin?x")),
        GateCase(.get, "/v1/models", "400 BAD_HOST", ("Host", "user@localhost")),
        GateCase(.get, "/v1/models", "400 BAD_HOST", ("Host", "localhost:99999")),
        GateCase(.get, "/api/managed", "421 UNKNOWN_HOST", ("Host", "evil.example"), bearer("sk-manage")),
    ])
    func `only names of this server are answered`(_ test: GateCase) throws {
        #expect(try TestGate().outcome(test.method, test.path, from: test.peer, test.headers) == test.expected)
    }

    @Test func `an exposed server answers under any address but only under configured names`() throws {
        var gate = TestGate()
        gate.policy = GatePolicy(
            environment: [
                "REQUIRE_API_KEY": "false", "OMNIROUTE_ALLOWED_HOSTS": "llm.lan, *.corp.example",
                "BASE_URL": "https://omni.example.org:8443/x",
            ],
            listeners: [IPAddress("0.0.0.0")].compactMap(\.self)
        )
        for host in ["192.168.1.5:20128", "llm.lan", "a.corp.example", "omni.example.org:8443", "localhost"] {
            #expect(try gate.outcome(.get, "/v1/models", from: "192.168.1.9", [("Host", host)]) == "ok anonymous")
        }
        for host in ["corp.example", "xcorp.example", "evil.example"] {
            #expect(try gate.outcome(.get, "/v1/models", from: "192.168.1.9", [("Host", host)]) == "421 UNKNOWN_HOST")
        }
    }

    @Test(arguments: [
        GateCase(.get, "/nowhere", "404 NOT_FOUND"),
        GateCase(.get, "/V1/models", "404 NOT_FOUND"),
        GateCase(.get, "/api/openx", "401 AUTH_001"),
        GateCase(.get, "/api/openx", "404 NOT_FOUND", bearer("sk-manage")),
        GateCase(.delete, "/v1/models", "405 METHOD_NOT_ALLOWED"),
        GateCase(.head, "/v1/models", "ok anonymous"),
        GateCase(.options, "/v1/models", "preflight"),
        GateCase(.options, "/api/managed", "preflight"),
        GateCase(.options, "/nowhere", "404 NOT_FOUND"),
        GateCase(.get, "/api/v1/models", "ok anonymous"),
        GateCase(.get, "/v1/v1/models", "ok anonymous"),
        GateCase(.get, "/models", "ok anonymous"),
        GateCase(.get, "/v1/models/gpt-4o", "ok anonymous"),
        GateCase(HTTPMethod(rawValue: "TRACE"), "/v1/models", "405 METHOD_NOT_ALLOWED"),
    ])
    func `routes are found under their names and nowhere else`(_ test: GateCase) throws {
        #expect(try TestGate().outcome(test.method, test.path, test.headers) == test.expected)
    }

    @Test func `a refused method names the allowed ones`() throws {
        let verdict = try TestGate().verdict(.delete, "/v1/models")
        guard case .refuse(let refusal) = verdict.outcome else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.headers.first { $0.name == "Allow" }?.value == "GET, HEAD, OPTIONS")
    }

    @Test(arguments: [
        GateCase(.post, "/v1/chat/completions", "ok anonymous", json),
        GateCase(.post, "/v1/chat/completions", "ok anonymous", json, bearer("whatever")),
        GateCase(.post, "/v1/chat/completions", "ok key:client", json, bearer("sk-client")),
        GateCase(.post, "/v1/chat/completions", "ok key:client", json, ("x-api-key", "sk-client")),
        GateCase(.post, "/v1/chat/completions", "ok key:client", ("authorization", "bearer  sk-client")),
        GateCase(.post, "/v1/chat/completions", "ok env-key", bearer("env-key-0123456789")),
        GateCase(.post, "/v1/chat/completions", "ok session:s", json, cookie("good")),
        GateCase(.post, "/v1/chat/completions", "ok anonymous", json, cookie("weak")),
        GateCase(.post, "/v1/chat/completions", "403 AUTH_002", json, bearer("sk-off")),
        GateCase(.post, "/v1/chat/completions", "403 AUTH_002", json, bearer("sk-banned")),
        GateCase(.post, "/v1/chat/completions", "403 AUTH_002", json, bearer("sk-old")),
        GateCase(.post, "/v1/chat/completions", "401 AUTH_002", json, bearer("sk-revoked")),
        // Two carriers.
        GateCase(.post, "/v1/messages", "ok key:client", bearer("sk-client"), ("x-api-key", "sk-client")),
        GateCase(.post, "/v1/messages", "ok key:client", bearer("dummy"), ("x-api-key", "sk-client")),
        GateCase(.post, "/v1/messages", "ok key:client", bearer("sk-client"), ("x-api-key", "PROXY_MANAGED")),
        GateCase(.post, "/v1/messages", "400 AUTH_003", bearer("sk-client"), ("x-api-key", "sk-manage")),
        GateCase(.post, "/v1/messages", "400 AUTH_003", bearer("sk-client"), ("x-api-key", "something-real")),
        GateCase(.post, "/v1/messages", "400 AUTH_003", bearer("sk-client"), bearer("sk-manage")),
    ])
    func `a keyless server on this machine knows who is who`(_ test: GateCase) throws {
        #expect(try TestGate().outcome(test.method, test.path, test.headers) == test.expected)
    }

    @Test(arguments: [
        GateCase(.post, "/v1/chat/completions", "403 FOREIGN_ORIGIN", json, ("Origin", "https://evil.example")),
        GateCase(.post, "/v1/chat/completions", "403 FOREIGN_ORIGIN", json, ("Origin", "null")),
        GateCase(.post, "/v1/chat/completions", "403 FOREIGN_ORIGIN", json, ("Origin", "http://localhost:3000")),
        GateCase(.post, "/v1/chat/completions", "403 FOREIGN_ORIGIN", json, ("Sec-Fetch-Site", "cross-site")),
        GateCase(.get, "/v1/models", "403 FOREIGN_ORIGIN", ("Sec-Fetch-Site", "cross-site")),
        GateCase(.get, "/v1/models", "403 FOREIGN_ORIGIN", ("Sec-Fetch-Site", "same-site")),
        GateCase(.get, "/v1/models", "ok anonymous", ("Sec-Fetch-Site", "none")),
        GateCase(
            .post,
            "/v1/chat/completions",
            "ok anonymous",
            json,
            ("Origin", "http://127.0.0.1:20128"),
            ("Sec-Fetch-Site", "same-origin")
        ),
        GateCase(.post, "/v1/chat/completions", "415 UNSUPPORTED_MEDIA_TYPE", ("Content-Type", "text/plain")),
        GateCase(
            .post,
            "/v1/chat/completions",
            "415 UNSUPPORTED_MEDIA_TYPE",
            ("Content-Type", "application/x-www-form-urlencoded")
        ),
        GateCase(.post, "/v1/api/chat", "ok anonymous", ("Content-Type", "application/x-www-form-urlencoded")),
        GateCase(
            .post,
            "/v1/api/chat",
            "403 FOREIGN_ORIGIN",
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", "null")
        ),
        GateCase(
            .post,
            "/v1/api/chat",
            "415 UNSUPPORTED_MEDIA_TYPE",
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Site", "none")
        ),
        GateCase(.post, "/v1/api/chat", "415 UNSUPPORTED_MEDIA_TYPE", ("Content-Type", "text/plain")),
        GateCase(.post, "/v1/chat/completions", "ok anonymous", ("Content-Type", "application/json; charset=utf-8")),
        GateCase(.post, "/v1/chat/completions", "ok anonymous", ("Content-Type", "multipart/form-data; boundary=x")),
        GateCase(.post, "/v1/chat/completions", "ok anonymous"),
        GateCase(
            .post,
            "/v1/chat/completions",
            "ok key:client",
            bearer("sk-client"),
            ("Origin", "https://evil.example")
        ),
    ])
    func `pages of other sites cannot use a keyless server`(_ test: GateCase) throws {
        #expect(try TestGate().outcome(test.method, test.path, test.headers) == test.expected)
    }

    @Test(arguments: [
        GateCase(.get, "/v1/models", "401 AUTH_002", from: "192.168.1.9"),
        GateCase(.get, "/v1/models", "401 AUTH_002", from: "127.0.0.1"),
        GateCase(.get, "/v1/models", "401 AUTH_002", from: "192.168.1.9", bearer("nonsense")),
        GateCase(.get, "/v1/models", "ok key:client", from: "192.168.1.9", bearer("sk-client")),
        GateCase(.get, "/v1/models", "ok session:s", from: "192.168.1.9", cookie("good")),
        GateCase(.get, "/v1/models", "401 AUTH_002", from: "192.168.1.9", cookie("weak")),
    ])
    func `a server that others can reach asks for a key`(_ test: GateCase) throws {
        var gate = TestGate()
        gate.policy = GatePolicy(environment: [:], listeners: [IPAddress("0.0.0.0")].compactMap(\.self))
        #expect(try gate.outcome(test.method, test.path, from: test.peer, test.headers) == test.expected)
    }

    @Test func `the words of the operator about keys are obeyed, and the dashboard's before the environment's`() throws
    {
        var gate = TestGate()
        gate.policy.requireAPIKey = true
        #expect(try gate.outcome(.get, "/v1/models") == "401 AUTH_002")
        gate.settings.requiresAPIKey = false
        #expect(try gate.outcome(.get, "/v1/models") == "ok anonymous")
        gate.policy.requireAPIKey = false
        gate.settings.requiresAPIKey = true
        #expect(try gate.outcome(.get, "/v1/models") == "401 AUTH_002")
    }

    @Test(arguments: [
        "Forwarded", "X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "Via", "X-Forwarded-Host", "x-9r-real-ip",
        "True-Client-IP", "X-Client-IP", "X-Forwarded-Proto", "X-Forwarded-Anything",
    ])
    func `a client behind a proxy is not on this machine`(_ header: String) throws {
        let gate = TestGate()
        #expect(try gate.outcome(.get, "/v1/models", [(header, "127.0.0.1")]) == "401 AUTH_002")
        #expect(try gate.outcome(.post, "/api/spawn", [(header, "127.0.0.1"), cookie("good")]) == "403 LOCAL_ONLY")
    }

    @Test(arguments: ["::ffff:127.0.0.1", "127.9.9.9", "::1"])
    func `loopback has several spellings`(_ peer: String) throws {
        #expect(try TestGate().outcome(.get, "/v1/models", from: peer) == "ok anonymous")
    }

    @Test(arguments: ["2002:7f00:1::1", "64:ff9b::7f00:1", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1"])
    func `addresses that only contain a loopback address are somebody else's`(_ peer: String) throws {
        #expect(try TestGate().outcome(.get, "/v1/models", from: peer) == "401 AUTH_002")
    }

    @Test func `a trusted proxy may speak for its clients`() throws {
        var gate = TestGate()
        gate.policy.proxyTrust = .loopback
        let remote = try gate.verdict(.get, "/api/open", [("X-Forwarded-For", "1.1.1.1, 203.0.113.7")])
        #expect(remote.source == Source(address: IPAddress("203.0.113.7"), isLocal: false))
        let local = try gate.verdict(.get, "/api/open", [("X-Forwarded-For", "127.0.0.1")])
        #expect(local.source.isLocal)
        let silent = try gate.verdict(.get, "/api/open", [("X-Forwarded-Proto", "https")])
        #expect(!silent.source.isLocal && silent.source.isSecure)
    }

    @Test(arguments: [
        GateCase(.get, "/api/managed", "401 AUTH_001"),
        GateCase(.get, "/api/managed", "403 AUTH_001", bearer("nonsense")),
        GateCase(.get, "/api/managed", "403 AUTH_001", bearer("sk-client")),
        GateCase(.get, "/api/managed", "403 AUTH_002", bearer("sk-off")),
        GateCase(.get, "/api/managed", "ok key:manage", bearer("sk-manage")),
        GateCase(.get, "/api/managed", "ok key:manage", ("x-api-key", "sk-manage")),
        GateCase(.get, "/api/managed", "ok env-key", bearer("env-key-0123456789")),
        GateCase(.get, "/api/managed", "ok session:s", cookie("good")),
        GateCase(.get, "/api/managed", "401 AUTH_001", cookie("forged")),
        GateCase(.get, "/api/managed", "403 PASSWORD_CHANGE_REQUIRED", cookie("weak")),
        GateCase(.post, "/api/password", "ok session:s", cookie("weak")),
        GateCase(.post, "/api/password", "ok session:s", cookie("good")),
        GateCase(.post, "/api/password", "401 AUTH_001"),
        GateCase(.get, "/api/managed", "ok local", from: "unix"),
        GateCase(.post, "/api/stop", "401 AUTH_001"),
        GateCase(.post, "/api/stop", "ok session:s", cookie("good")),
        GateCase(.post, "/api/spawn", "ok session:s", cookie("good")),
        GateCase(.post, "/api/spawn", "ok local", from: "unix"),
        GateCase(.post, "/api/spawn", "403 LOCAL_ONLY", bearer("sk-manage")),
        GateCase(.post, "/api/spawn", "401 AUTH_001"),
        GateCase(.get, "/api/open", "ok anonymous"),
        GateCase(.get, "/api/open", "ok anonymous", bearer("nonsense")),
        GateCase(.get, "/api/open", "ok session:s", cookie("good")),
    ])
    func `management asks for a session or a key with scope`(_ test: GateCase) throws {
        #expect(try TestGate().outcome(test.method, test.path, from: test.peer, test.headers) == test.expected)
    }

    @Test(arguments: [
        GateCase(.post, "/api/managed", "ok session:s", cookie("good")),
        GateCase(.post, "/api/managed", "403 CROSS_SITE", cookie("good"), ("Origin", "https://evil.example")),
        GateCase(.post, "/api/managed", "403 CROSS_SITE", cookie("good"), ("Origin", "null")),
        GateCase(.post, "/api/managed", "403 CROSS_SITE", cookie("good"), ("Sec-Fetch-Site", "cross-site")),
        GateCase(.post, "/api/managed", "403 CROSS_SITE", cookie("good"), ("Sec-Fetch-Site", "same-site")),
        GateCase(.post, "/api/managed", "403 CROSS_SITE", cookie("good"), ("Origin", "http://127.0.0.1:3000")),
        GateCase(.post, "/api/managed", "ok session:s", cookie("good"), ("Origin", "http://127.0.0.1:20128")),
        GateCase(.post, "/api/login", "403 CROSS_SITE", ("Origin", "https://evil.example")),
        GateCase(.post, "/v1/chat/completions", "403 CROSS_SITE", cookie("good"), ("Origin", "https://evil.example")),
        GateCase(.post, "/api/managed", "ok key:manage", bearer("sk-manage"), ("Origin", "https://evil.example")),
        GateCase(.get, "/api/managed", "ok session:s", cookie("good"), ("Sec-Fetch-Site", "cross-site")),
    ])
    func `a cookie only works for our own pages`(_ test: GateCase) throws {
        #expect(try TestGate().outcome(test.method, test.path, test.headers) == test.expected)
    }

    @Test(arguments: [
        GateCase(.get, "/api/managed", "ok anonymous"),
        GateCase(.post, "/api/managed", "ok anonymous"),
        GateCase(.get, "/api/managed", "401 AUTH_001", from: "192.168.1.9"),
        GateCase(.get, "/api/managed", "401 AUTH_001", ("X-Forwarded-For", "127.0.0.1")),
        GateCase(.post, "/api/managed", "403 FOREIGN_ORIGIN", ("Origin", "https://evil.example")),
        GateCase(.get, "/api/managed", "403 FOREIGN_ORIGIN", ("Sec-Fetch-Site", "cross-site")),
        GateCase(.post, "/api/stop", "401 AUTH_001"),
        GateCase(.post, "/api/spawn", "401 AUTH_001"),
    ])
    func `without a login this machine may manage, but not do what is always protected`(_ test: GateCase) throws {
        var gate = TestGate()
        gate.settings.requiresLogin = false
        #expect(try gate.outcome(test.method, test.path, from: test.peer, test.headers) == test.expected)
    }

    @Test func `a server on its way out or with too much to do says so`() throws {
        var gate = TestGate()
        gate.isDraining = true
        #expect(try gate.outcome(.get, "/v1/models") == "503 SERVICE_UNAVAILABLE")
        gate.isDraining = false
        gate.isOverloaded = true
        #expect(try gate.outcome(.get, "/v1/models") == "503 OVERLOADED")
        #expect(try gate.outcome(.get, "/api/managed", from: "unix") == "ok local")
    }

    @Test func `no model call begins whose usage might be lost, but management goes on`() throws {
        var gate = TestGate()
        gate.isJournalFull = true
        #expect(try gate.outcome(.post, "/v1/chat/completions") == "503 OVERLOADED")
        #expect(try gate.outcome(.get, "/api/managed", from: "unix") == "ok local")
        #expect(try gate.outcome(.get, "/api/open").hasPrefix("ok"))
    }

    @Test func `bodies have a limit, and some routes have their own`() throws {
        var gate = TestGate()
        let limit = 10_485_760
        #expect(try gate.outcome(.post, "/v1/chat/completions", [json], length: limit) == "ok anonymous")
        #expect(
            try gate.outcome(.post, "/v1/chat/completions", [json], length: limit + 1) == "413 PAYLOAD_TOO_LARGE"
        )
        #expect(try gate.outcome(.post, "/api/login", length: 4096) == "ok anonymous")
        #expect(try gate.outcome(.post, "/api/login", length: 4097) == "413 PAYLOAD_TOO_LARGE")
        gate.settings.bodyLimit = 1024
        #expect(try gate.outcome(.post, "/v1/chat/completions", [json], length: 1025) == "413 PAYLOAD_TOO_LARGE")
    }

    @Test func `another user on the UNIX socket is nobody special`() throws {
        let facts = RequestFacts(
            method: .get,
            target: try RequestTarget.parse("/api/managed"),
            headers: HTTPHeaders(),
            peer: .unix(uid: 1001)
        )
        let source = Source(facts, trust: .none, ownUID: 1000)
        #expect(source.isLocal && !source.isOperator)
    }
}
