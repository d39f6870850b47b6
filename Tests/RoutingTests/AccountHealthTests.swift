import Dialects
import Providers
import Testing
import TimeCore

@testable import Routing

struct AccountHealthTests {
    private let health = AccountHealth(localDays: .utc)
    private let time = ManualTime(wall: noon)
    private let account = Account(id: "a", provider: "openai")

    @discardableResult
    private func fail(
        _ account: Account,
        _ evidence: FailureEvidence,
        model: String = "m",
        keyTurn: Int = 0
    ) -> HealthChange? {
        let verdict = FailureClassifier.verdict(on: evidence, kind: account.kind)
        return health.failed(
            account,
            model: model,
            verdict: verdict,
            evidence: evidence,
            keyTurn: keyTurn,
            at: time.wall()
        )
    }

    private func rest(_ account: Account, model: String = "m") -> Duration? {
        guard case .resting(let until, _, _, _) = health.availability(of: account, model: model, at: time.wall()) else {
            return nil
        }
        return until - time.wall()
    }

    private func state(_ account: Account, model: String = "m") -> Availability {
        health.availability(of: account, model: model, at: time.wall())
    }

    @Test(arguments: [
        (Account.Kind.apiKey, [3, 6, 12, 24, 48, 96, 96]), (.oauth, [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_280]),
        (.local, [2, 4, 8, 16, 16]),
    ])
    func `rests double with every failure up to the profile's limit`(kind: Account.Kind, seconds: [Int]) {
        let account = Account(id: "a", provider: "openai", kind: kind)
        for expected in seconds {
            fail(account, evidence(500))
            #expect(rest(account) == .seconds(expected))
            time.advance(by: .seconds(expected))
            #expect(state(account) == .available)
        }
    }

    @Test func `of failures that happen together only the first counts`() {
        let first = fail(account, evidence(500))
        time.advance(by: .seconds(1))
        #expect(fail(account, evidence(500)) == nil)
        #expect(fail(account, evidence(429, headers: [("retry-after", "100")])) == nil)
        #expect(rest(account) == .seconds(2))
        #expect(first?.backoffLevel == 1 && first?.testStatus == "unavailable" && first?.errorCode == 500)
    }

    @Test func `a success starts over, unless it is older than the failure`() {
        let before = time.wall()
        time.advance(by: .seconds(1))
        fail(account, evidence(500))
        #expect(health.succeeded(account, model: "m", start: before) == nil)
        #expect(rest(account) == .seconds(3))
        let change = health.succeeded(account, model: "m", start: time.wall())
        #expect(change?.testStatus == "active" && change?.rateLimitedUntil == nil && change?.lastError == nil)
        #expect(state(account) == .available)
        #expect(health.succeeded(account, model: "m", start: time.wall()) == nil, "nothing new to store")
        time.advance(by: .seconds(1))
        fail(account, evidence(500))
        #expect(rest(account) == .seconds(3))
    }

    @Test func `a quiet half hour forgets the level`() {
        fail(account, evidence(500))
        time.advance(by: .seconds(1_801))
        fail(account, evidence(500))
        #expect(rest(account) == .seconds(3))
    }

    @Test func `hints replace the steps where the profile trusts them`() {
        fail(account, evidence(500))
        time.advance(by: .seconds(3))
        let change = fail(account, evidence(429, headers: [("retry-after", "42")]))
        #expect(rest(account) == .seconds(42) && change?.backoffLevel == 0)
        let oauth = Account(id: "b", provider: "openai", kind: .oauth)
        fail(oauth, evidence(429, headers: [("retry-after", "42")]))
        #expect(rest(oauth) == .seconds(5))
    }

    @Test(arguments: [
        (401, "no", Account.Kind.apiKey, TerminalState.expired), (402, "no", .apiKey, .creditsExhausted),
        (403, "no", .oauth, .banned), (403, "account_deactivated", .apiKey, .deactivated),
        (400, "Your credit balance is too low", .apiKey, .creditsExhausted), (401, "no", .oauth, .expired),
    ])
    func `some failures last until the user acts`(
        status: Int,
        message: String,
        kind: Account.Kind,
        terminal: TerminalState
    ) {
        let account = Account(id: "a", provider: "openai", kind: kind)
        let change = fail(account, evidence(status, message))
        #expect(change?.testStatus == terminal.rawValue)
        time.advance(by: .hours(48))
        #expect(state(account) == .terminal(terminal))
        #expect(fail(account, evidence(500)) == nil, "a final state is left alone")
        health.forget("a")
        #expect(state(account) == .available)
    }

    @Test func `the stored state is where an account starts`() {
        let stored = StoredHealth(
            testStatus: "unavailable",
            rateLimitedUntil: noon.advanced(by: .seconds(10)),
            backoffLevel: 2,
            lastError: "busy",
            errorCode: 503
        )
        let account = Account(id: "a", provider: "openai", stored: stored)
        let expected = Availability.resting(
            until: noon.advanced(by: .seconds(10)),
            onlyModel: false,
            status: 503,
            message: "busy"
        )
        #expect(state(account) == expected)
        time.advance(by: .seconds(10))
        #expect(state(account) == .available)
        fail(account, evidence(500))
        #expect(rest(account) == .seconds(12), "the level survives a restart")
        for terminal in TerminalState.allCases {
            let stored = Account(id: "t", provider: "openai", stored: StoredHealth(testStatus: terminal.rawValue))
            #expect(state(stored) == .terminal(terminal))
        }
        let other = Account(id: "o", provider: "openai", stored: StoredHealth(testStatus: "error"))
        #expect(state(other) == .available)
        #expect(
            health.succeeded(account, model: "m", start: time.wall().advanced(by: .seconds(1)))?.testStatus == "active"
        )
    }

    // MARK: - Stored rows

    @Test func `once a change is stored the row counts, and what the user makes of it`() throws {
        let change = try #require(fail(account, evidence(401)))
        time.advance(by: .seconds(1))
        #expect(state(account) == .terminal(.expired), "the row is still the old one")
        let rowTime = time.wall()
        health.stored(change, rowTime: rowTime)
        #expect(state(account) == .terminal(.expired), "a request that began before sees an old row")
        let expired = account.row(at: rowTime, StoredHealth(testStatus: "expired", errorCode: 401))
        #expect(state(expired) == .terminal(.expired))
        let later = rowTime.advanced(by: .seconds(5))
        let row = account.row(at: later, StoredHealth(testStatus: "active", lastTested: later))
        #expect(state(row) == .available, "a passed test ends it")
        #expect(fail(row, evidence(500))?.testStatus == "unavailable")
        #expect(rest(row) == .seconds(3))
    }

    @Test func `a stored change that was overtaken is passed over`() throws {
        let first = try #require(fail(account, evidence(500)))
        time.advance(by: .seconds(3))
        let second = try #require(fail(account, evidence(500)))
        health.stored(first, rowTime: time.wall())
        let row = account.row(at: time.wall())
        #expect(rest(row) == .seconds(6), "the newer failure is not stored yet")
        health.stored(second, rowTime: time.wall())
        #expect(state(row) == .available)
    }

    @Test func `a passed test ends locks of models`() {
        fail(account, evidence(404))
        let before = account.row(at: account.updatedAt, StoredHealth(testStatus: "active", lastTested: noon))
        #expect(rest(before) == .seconds(120), "the test came before the failure")
        let moment = noon.advanced(by: .seconds(1))
        let after = account.row(at: account.updatedAt, StoredHealth(testStatus: "active", lastTested: moment))
        #expect(state(after) == .available)
    }

    // MARK: - Model locks

    @Test func `a missing model rests alone`() {
        #expect(fail(account, evidence(404)) == nil)
        #expect(rest(account) == .seconds(120))
        #expect(state(account, model: "other") == .available)
        #expect(health.modelLocks(at: time.wall()).map(\.model) == ["m"])
        #expect(health.succeeded(account, model: "m", start: time.wall()) == nil)
        #expect(state(account) == .available)
    }

    @Test(arguments: [404, 429, 500, 503])
    func `where limits hold per model only the model rests`(status: Int) {
        let account = Account(id: "a", provider: "openrouter", locksModels: true)
        fail(account, evidence(status))
        #expect(rest(account) != nil && state(account, model: "other") == .available)
        let lock = health.modelLocks(at: time.wall()).first
        #expect(lock?.provider == "openrouter" && lock?.account == "a" && lock?.failureCount == 1)
        fail(account, evidence(401), model: "other")
        #expect(state(account, model: "third") == .terminal(.expired))
    }

    @Test func `locks double, and failures beside the first do not count`() {
        let account = Account(id: "a", provider: "openrouter", locksModels: true)
        for expected in [3, 6, 12] {
            fail(account, evidence(500))
            fail(account, evidence(500))
            #expect(rest(account) == .seconds(expected))
            time.advance(by: .seconds(expected))
        }
    }

    @Test func `a daily quota rests until midnight`() {
        fail(account, evidence(403, "try again tomorrow"))
        #expect(rest(account) == .hours(12))
        let cloudflare = Account(id: "c", provider: "cloudflare-ai")
        fail(cloudflare, evidence(403, "daily free allocation", provider: "cloudflare-ai"))
        #expect(rest(cloudflare) == .hours(12))
    }

    @Test func `locks can be ended by hand`() {
        fail(account, evidence(404), model: "x")
        fail(account, evidence(404), model: "y")
        #expect(health.unlock(provider: "openai", model: "x") == 1)
        #expect(health.unlock(provider: "groq") == 0)
        #expect(health.unlock() == 1)
        #expect(health.modelLocks(at: time.wall()).isEmpty)
    }

    @Test func `made-up model names do not fill the memory`() {
        for number in 0..<6_000 { fail(account, evidence(404), model: "m\(number)") }
        #expect(health.modelLocks(at: time.wall()).count <= 4_096)
    }

    // MARK: - Stand-ins and keys

    @Test func `a provider without connections never ends up in a state nobody can end`() throws {
        let provider = try #require(catalogue.provider("ollama-local"))
        let standIn = Account.withoutAuthentication(provider)
        #expect(fail(standIn, evidence(401)) == nil)
        #expect(state(standIn) == .available)
        #expect(fail(standIn, evidence(503)) == nil)
        #expect(rest(standIn) == .seconds(2))
        let other = Account.withoutAuthentication(try #require(catalogue.provider("llm7")))
        #expect(state(other) == .available)
    }

    @Test func `keys of one account take turns, refused ones are skipped`() {
        let account = Account(id: "a", provider: "openai", options: options(#"{"extraApiKeys":["k2","k3"]}"#))
        func turns(_ count: Int) -> [Int] { (0..<count).map { _ in health.nextKeyTurn(of: account) } }
        #expect(turns(4) == [0, 1, 2, 0])
        for _ in 0..<2 { #expect(fail(account, evidence(401), keyTurn: 1) == nil) }
        #expect(turns(3) == [2, 0, 2] || turns(3).allSatisfy { $0 != 1 })
        #expect(state(account) == .available, "the account has other keys")
        for key in [0, 2] { for _ in 0..<2 { fail(account, evidence(401), keyTurn: key) } }
        #expect(state(account) == .terminal(.expired))
        #expect(health.nextKeyTurn(of: self.account) == 0)
    }
}
