import CryptoCore
import Foundation
import JSONCore
import SQLiteStore
import Testing
import TimeCore

@testable import Store

struct PasswordTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    @Test func `the first start makes a password, shows it once and keeps it in a file`() async throws {
        #expect(!store.configuration.hasPassword)
        guard case .generated(let password, let file) = try store.ensurePassword(initial: nil) else {
            Issue.record("a password is generated")
            return
        }
        #expect(password.wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{20}/) != nil)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == password + "\n")
        #expect(try scratch.mode("initial-password") == 0o600)
        #expect(store.configuration.hasPassword && !store.configuration.mustChangePassword)
        #expect(store.configuration.settings.setupComplete && store.configuration.settings.requireLogin)
        #expect(try await store.checkPassword(Secret(password)) == .matches)
        #expect(try await store.checkPassword(Secret("wrong")) == .doesNotMatch)
        #expect(try store.ensurePassword(initial: "something else") == .kept)
        let epoch = store.configuration.sessionEpoch
        try await store.setPassword(Secret("correct horse"))
        #expect(store.configuration.sessionEpoch == epoch + 1)
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try await store.checkPassword(Secret("correct horse")) == .matches)
        #expect(try await store.checkPassword(Secret(password)) == .doesNotMatch)
        store.close()
    }

    @Test func `INITIAL_PASSWORD is taken, and a published one must be changed`() async throws {
        #expect(try store.ensurePassword(initial: "CHANGEME") == .fromEnvironment(mustChange: true))
        #expect(store.configuration.mustChangePassword)
        #expect(try await store.checkPassword(Secret("CHANGEME")) == .matches)
        try await store.setPassword(Secret("a good one"))
        #expect(!store.configuration.mustChangePassword)
        let other = try Scratch()
        let second = try other.store()
        #expect(try second.ensurePassword(initial: "long and good") == .fromEnvironment(mustChange: false))
        #expect(!second.configuration.mustChangePassword)
        second.close()
        #expect(try other.filesContaining("long and good") == [])
    }

    @Test func `a hash in INITIAL_PASSWORD is taken as a hash`() async throws {
        let hash = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        let failure = #expect(throws: StoreError.self) { try store.ensurePassword(initial: "$6$salt$hash") }
        #expect(failure?.code == .invalid)
        #expect(try store.ensurePassword(initial: hash) == .fromEnvironment(mustChange: false))
        #expect(try await store.checkPassword(Secret(hash)) == .doesNotMatch)
        #expect(try await store.checkPassword(Secret("U*U")) == .matches)
        // The bcrypt hash was replaced at the first login.
        let stored = store.configuration.value("settings", "password")?.string
        #expect(stored?.hasPrefix("$argon2id$") == true)
        #expect(try await store.checkPassword(Secret("U*U")) == .matches)
    }

    @Test func `clear text left by an old version is hashed`() async throws {
        try await store.setSettings(["password": JSONLiteral.string("123456")])
        #expect(try store.ensurePassword(initial: nil) == .hashed)
        #expect(store.configuration.mustChangePassword)
        #expect(try await store.checkPassword(Secret("123456")) == .matches)
        store.close()
        #expect(try scratch.filesContaining("\"123456\"") == [])
    }

    @Test func `a hash written without quotes counts`() async throws {
        try await store.writer.write {
            try $0.execute(
                "INSERT INTO key_value VALUES ('settings', 'password', ?)",
                [.text("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
            )
        }
        store.close()
        let reopened = try scratch.store()
        #expect(try reopened.ensurePassword(initial: nil) == .kept)
        #expect(try await reopened.checkPassword(Secret("U*U")) == .matches)
        reopened.close()
    }

    @Test func `without a password nothing matches`() async throws {
        #expect(try await store.checkPassword(Secret("")) == .noPassword)
        try await store.setSettings(["password": JSONLiteral.string("$6$salt$hash")])
        #expect(try await store.checkPassword(Secret("$6$salt$hash")) == .doesNotMatch)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a flood of logins is turned away`() async throws {
        _ = try store.ensurePassword(initial: "a good password")
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask { [store] in
                    do {
                        return try await store.checkPassword(Secret("wrong")) == .doesNotMatch
                    } catch {
                        return (error as? StoreError)?.code != .overloaded
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.contains(true) && outcomes.contains(false))
        #expect(try await store.checkPassword(Secret("a good password")) == .matches)
    }

    @Test func `sessions end one by one or all at once, also after a restart`() async throws {
        let expiry = scratch.now.advanced(by: .seconds(3600))
        try await store.denySession("j1", until: expiry)
        #expect(store.configuration.isSessionDenied("j1") && !store.configuration.isSessionDenied("j2"))
        try await store.endAllSessions()
        #expect(store.configuration.sessionEpoch == 1)
        store.close()
        let reopened = try scratch.store()
        #expect(reopened.configuration.isSessionDenied("j1") && reopened.configuration.sessionEpoch == 1)
        scratch.time.advance(by: .seconds(7200))
        try await reopened.denySession("j2", until: scratch.now.advanced(by: .seconds(60)))
        #expect(!reopened.configuration.isSessionDenied("j1"))
        #expect(try scratch.inspect { try $0.int("SELECT count(*) FROM omni_denied_sessions") } == 1)
        reopened.close()
    }
}

struct LoginGuardTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func seconds(_ until: WallTime?) -> Int? { until.map { Int(($0 - scratch.now) / .seconds(1)) } }

    @Test func `five failures lock for five seconds, then twice as long each time`() async throws {
        let guardian = store.loginGuard
        for _ in 0..<4 { #expect(try await guardian.failed("192.0.2.1", isLocal: false) == nil) }
        var lengths: [Int?] = []
        for _ in 0..<9 {
            let until = try await guardian.failed("192.0.2.1", isLocal: false)
            lengths.append(seconds(until))
            #expect(guardian.locked("192.0.2.1", isLocal: false) == until)
            scratch.time.advance(by: .seconds(901))
            #expect(guardian.locked("192.0.2.1", isLocal: false) == nil)
        }
        #expect(lengths == [5, 10, 20, 40, 80, 160, 320, 640, 900])
        #expect(guardian.locked("192.0.2.2", isLocal: false) == nil)
        try await guardian.succeeded("192.0.2.1")
        #expect(try await guardian.failed("192.0.2.1", isLocal: false) == nil)
    }

    @Test func `failures far apart never lock`() async throws {
        for _ in 0..<20 {
            #expect(try await store.loginGuard.failed("192.0.2.1", isLocal: true) == nil)
            scratch.time.advance(by: .seconds(80))
        }
    }

    @Test func `half an hour of peace forgives`() async throws {
        for _ in 0..<8 { _ = try await store.loginGuard.failed("a", isLocal: true) }
        scratch.time.advance(by: .seconds(1801))
        #expect(try await store.loginGuard.failed("a", isLocal: true) == nil)
    }

    @Test func `a restart forgives nobody, a set-back clock locks nobody out for long`() async throws {
        for _ in 0..<14 { _ = try await store.loginGuard.failed("192.0.2.1", isLocal: false) }
        store.close()
        let reopened = try scratch.store()
        #expect(seconds(reopened.loginGuard.locked("192.0.2.1", isLocal: false)) == 900)
        #expect(reopened.loginGuard.lockedIdentifiers.map(\.identifier) == ["login:192.0.2.1"])
        scratch.time.advance(by: .seconds(-86_400))
        #expect(seconds(reopened.loginGuard.locked("192.0.2.1", isLocal: false)) == 900)
        #expect(try await reopened.loginGuard.unlock("login:192.0.2.1"))
        #expect(try await !reopened.loginGuard.unlock("login:192.0.2.1"))
        #expect(reopened.loginGuard.locked("192.0.2.1", isLocal: false) == nil)
        reopened.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `many sources together are slowed down, the machine itself is not`() async throws {
        for source in 0..<100 { _ = try await store.loginGuard.failed("198.51.100.\(source)", isLocal: false) }
        #expect(store.loginGuard.locked("203.0.113.1", isLocal: false) != nil)
        #expect(store.loginGuard.locked("127.0.0.1", isLocal: true) == nil)
    }
}

struct AuditTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func entry(_ action: String, _ details: String? = nil) throws -> AuditEntry {
        AuditEntry(
            action: action,
            actor: "session:1",
            target: "t",
            details: try details.map { try JSONDocument.parse(text: $0) },
            ipAddress: "192.0.2.1",
            resourceType: "api_key",
            requestID: "r1"
        )
    }

    @Test func `an entry and its change share a fate`() async throws {
        struct Stop: Error {}
        let (key, _) = try await store.createKey(APIKeyDraft(name: "x"), audit: entry("apiKey.create"))
        await #expect(throws: Stop.self) {
            try await store.updateKey(key.id, audit: entry("apiKey.ban")) { _ in throw Stop() }
        }
        try await store.deleteKey(key.id, audit: entry("apiKey.delete"))
        let (records, total) = try await store.auditLog()
        #expect(records.map(\.action) == ["apiKey.delete", "apiKey.create"])
        #expect(total == 2)
        #expect(records[0].timestamp == scratch.now && records[0].ipAddress == "192.0.2.1")
        #expect(try await store.firstBrokenAuditRow() == nil)
    }

    @Test func `credentials in details are replaced`() async throws {
        let details = """
            {"name": "n", "apiKey": "canary", "before": {"access_token": "canary", "priority": 1.50, "list": [{"Password": "canary"}]},
             "tokens": 7, "maxTokens": 8, "hasPassword": true, "clientSecret": null, "providerSpecificData": {"x-api-key": ["canary"]}}
            """
        try await store.audit(entry("provider.updated", details))
        store.close()
        #expect(try scratch.filesContaining("canary") == [])
        let reopened = try scratch.store()
        let record = try #require(try await reopened.auditLog().records.first)
        let root = try #require(record.details?.root)
        #expect(root.member("name")?.string == "n" && root.member("apiKey")?.string == "[redacted]")
        #expect(root.member("before")?.member("priority")?.numberText == "1.50")
        #expect(root.member("tokens")?.int == 7 && root.member("maxTokens")?.int == 8)
        #expect(root.member("hasPassword")?.bool == true && root.member("clientSecret")?.isNull == true)
        reopened.close()
    }

    @Test(arguments: [
        "UPDATE audit_log SET actor = 'somebody' WHERE id = 3",
        "UPDATE audit_log SET details = NULL WHERE id = 3",
        "UPDATE audit_log SET chain = (SELECT chain FROM audit_log WHERE id = 2) WHERE id = 3",
        "DELETE FROM audit_log WHERE id = 2",
        "DELETE FROM audit_log WHERE id = 1",
        "INSERT INTO audit_log(id, action, chain) VALUES (77, 'forged', 'aa')",
        "UPDATE audit_log SET chain = NULL WHERE id = 4",
    ])
    func `tampering is noticed`(sql: String) async throws {
        for number in 1...5 { try await store.audit(entry("action\(number)", #"{"n": \#(number)}"#)) }
        #expect(try await store.firstBrokenAuditRow() == nil)
        try await store.writer.write { try $0.execute(sql) }
        #expect(try await store.firstBrokenAuditRow() != nil)
        #expect(try await store.maintain()?.contains("audit log") == true)
    }

    @Test func `old rows may go without breaking the chain`() async throws {
        for number in 1...5 {
            try await store.audit(entry("action\(number)"))
            scratch.time.advance(by: .seconds(60))
        }
        let limit = Scratch.start.advanced(by: .seconds(130))
        #expect(try await store.prune(callLogs: nil, usage: nil, audit: limit) == 3)
        #expect(try await store.firstBrokenAuditRow() == nil)
        try await store.audit(entry("action6"))
        #expect(try await store.firstBrokenAuditRow() == nil)
        #expect(try await store.auditLog().records.map(\.id) == [6, 5, 4])
        let everything = scratch.now.advanced(by: .seconds(1))
        #expect(try await store.prune(callLogs: nil, usage: nil, audit: everything) == 3)
        try await store.audit(entry("action7"))
        #expect(try await store.auditLog().records.map(\.id) == [7])
        #expect(try await store.firstBrokenAuditRow() == nil)
    }

    @Test func `rows of the original may come before ours`() async throws {
        try await store.writer.write {
            try $0.execute("INSERT INTO audit_log(id, timestamp, action) VALUES (1, '2026-01-31 12:00:00', 'old')")
        }
        try await store.audit(entry("new"))
        #expect(try await store.firstBrokenAuditRow() == nil)
        #expect(try await store.auditLog().records.map(\.action) == ["new", "old"])
    }

    @Test func `the log is filtered and paged`() async throws {
        for number in 1...5 { try await store.audit(entry("apiKey.action\(number)")) }
        try await store.audit(AuditEntry(action: "auth.login_failed", actor: "a%b", status: "failure"))
        var filter = AuditFilter()
        filter.action = "KEY.act"
        filter.limit = 2
        filter.offset = 1
        let (records, total) = try await store.auditLog(filter)
        #expect(records.map(\.action) == ["apiKey.action4", "apiKey.action3"] && total == 5)
        var literal = AuditFilter()
        literal.actor = "%"
        #expect(try await store.auditLog(literal).records.map(\.action) == ["auth.login_failed"])
        literal.actor = nil
        literal.status = "fail"
        literal.since = scratch.now
        literal.until = scratch.now
        literal.limit = -7
        literal.offset = -7
        #expect(try await store.auditLog(literal).total == 1)
    }
}
