import Dialects
import Providers
import Testing
import TimeCore

@testable import Routing

/// Runs plans in virtual time and keeps what they did.
final class PlanRun {
    let time = ManualTime(wall: noon)
    let health: AccountHealth
    var plan: AttemptPlan
    private(set) var attempts: [Attempt] = []
    private(set) var waited: [Duration] = []

    init(_ request: PlanRequest, _ tables: RoutingTables, health: AccountHealth = AccountHealth(localDays: .utc)) {
        self.health = health
        plan = AttemptPlan(request, resolver: ModelResolver(tables), health: health)
    }

    /// Until a success (nil) or the end; `answer` gives the failure of an attempt, or nil for a success.
    func run(_ answer: (Attempt) -> FailureEvidence?) -> PlanFailure? {
        while true {
            switch plan.next(at: time.wall()) {
            case .attempt(let attempt):
                attempts.append(attempt)
                guard let failure = answer(attempt) else {
                    plan.succeeded(start: time.wall())
                    return nil
                }
                plan.failed(failure, at: time.wall())
            case .wait(let duration):
                waited.append(duration)
                time.advance(by: duration)
            case .finished(let failure):
                return failure
            }
        }
    }

    var accounts: [String] { attempts.map(\.account.id) }
}

struct AttemptPlanTests {
    private static let accounts = [
        Account(id: "o2", provider: "openai", priority: 2), Account(id: "o1", provider: "openai", priority: 1),
        Account(id: "a1", provider: "anthropic"), Account(id: "g1", provider: "groq"),
    ]

    private func tables(_ combos: [RoutedCombo] = [], accounts: [Account] = accounts) -> RoutingTables {
        RoutingTables(catalogue: catalogue, accounts: accounts, combos: combos)
    }

    private func single(_ tables: RoutingTables, _ name: String = "openai/gpt-4o") -> PlanRequest {
        PlanRequest(.single(tables.target(name)))
    }

    private func run(_ combo: RoutedCombo, others: [RoutedCombo] = [], accounts: [Account] = accounts) -> PlanRun {
        PlanRun(PlanRequest(.combo(combo, wantsLongContext: false)), tables([combo] + others, accounts: accounts))
    }

    // MARK: - One model

    @Test func `accounts are tried in the order of their priority`() {
        let tables = tables()
        let run = PlanRun(single(tables), tables)
        #expect(run.run { $0.account.id == "o1" ? evidence(500) : nil } == nil)
        #expect(run.accounts == ["o1", "o2"] && run.waited.isEmpty)
        #expect(run.attempts.map(\.number) == [1, 2])
    }

    @Test(arguments: [401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 529])
    func `a failure goes on to the next account`(status: Int) {
        let tables = tables()
        let run = PlanRun(single(tables), tables)
        #expect(run.run { $0.account.id == "o1" ? evidence(status) : nil } == nil)
        #expect(run.accounts == ["o1", "o2"])
    }

    @Test(arguments: [Failure.Cause.errorInAnswer, .emptyAnswer, .cutOff, .unreadable, .gateway])
    func `an answer that breaks before its content goes on too`(cause: Failure.Cause) {
        let tables = tables()
        let run = PlanRun(single(tables), tables)
        #expect(run.run { $0.account.id == "o1" ? evidence(502, cause: cause) : nil } == nil)
        #expect(run.accounts == ["o1", "o2"])
    }

    @Test(arguments: [400, 413, 422]) func `a bad request is not tried elsewhere`(status: Int) {
        let tables = tables()
        let run = PlanRun(single(tables), tables)
        let failure = run.run { _ in evidence(status, "no such field") }
        #expect(run.accounts == ["o1"] && failure?.failure.status == status)
        #expect(failure?.failure.message == "no such field")
    }

    @Test func `the last failure is the answer, with the earliest time to come back`() {
        let tables = tables()
        let run = PlanRun(single(tables), tables)
        let failure = run.run { attempt in
            attempt.account.id == "o1"
                ? evidence(429, "first", headers: [("retry-after", "50")])
                : evidence(429, "second", headers: [("retry-after", "20")])
        }
        #expect(failure?.failure.status == 429 && failure?.failure.message == "second")
        #expect(failure?.failure.retryAfter == 20)
    }

    @Test func `a client that leaves ends everything`() {
        let run = run(combo("c", [model("openai/gpt-4o"), model("groq/x")]))
        #expect(run.run { _ in evidence(499) }?.failure.status == 499)
        #expect(run.attempts.count == 1)
    }

    @Test func `accounts that may not be used are left out`() {
        let excluded = Account(id: "o3", provider: "openai", options: options(#"{"excludedModels":"gpt-4*,x"}"#))
        let inactive = Account(id: "o4", provider: "openai", isActive: false)
        let tables = tables(accounts: Self.accounts + [excluded, inactive])
        var request = single(tables)
        #expect(Set(exhaust(request, tables).accounts) == ["o1", "o2"])
        request.allowedAccounts = ["o2", "a1"]
        #expect(exhaust(request, tables).accounts == ["o2"])
        request.allowedAccounts = []
        request.forcedAccount = "o2"
        #expect(exhaust(request, tables).accounts == ["o2"])
    }

    private func exhaust(_ request: PlanRequest, _ tables: RoutingTables) -> PlanRun {
        let run = PlanRun(request, tables)
        _ = run.run { _ in evidence(500) }
        return run
    }

    // MARK: - Replies without an attempt

    @Test func `no connection at all`() {
        let tables = tables(accounts: [])
        let failure = PlanRun(single(tables), tables).run { _ in nil }
        #expect(failure?.failure.status == 400 && failure?.failure.message == "No credentials for provider: openai")
    }

    @Test func `only connections that are switched off`() {
        let off = Account(id: "o1", provider: "openai", isActive: false)
        let tables = tables(accounts: [off])
        #expect(PlanRun(single(tables), tables).run { _ in nil }?.failure.status == 400)
        let rest = StoredHealth(rateLimitedUntil: noon.advanced(by: .seconds(65)))
        let resting = Account(id: "o1", provider: "openai", isActive: false, stored: rest)
        let later = self.tables(accounts: [resting])
        let failure = PlanRun(single(later), later).run { _ in nil }
        #expect(failure?.failure.status == 503 && failure?.failure.retryAfter == 65)
        #expect(failure?.failure.message.hasSuffix("(reset after 1m 5s)") == true)
    }

    @Test func `the key's constraints leave no connection`() {
        let tables = tables()
        var request = single(tables)
        request.allowedAccounts = ["a1"]
        let failure = PlanRun(request, tables).run { _ in nil }
        #expect(failure?.failure.status == 503)
        #expect(failure?.failure.message == "No eligible connections matched the requested routing constraints")
    }

    @Test func `all connections are in a final state`() {
        let states = ["expired", "credits_exhausted", "expired"]
        let accounts = states.enumerated().map {
            Account(id: "o\($0.offset)", provider: "openai", stored: StoredHealth(testStatus: $0.element))
        }
        let tables = tables(accounts: accounts)
        let failure = PlanRun(single(tables), tables).run { _ in nil }
        #expect(failure?.failure.status == 401)
        #expect(
            failure?.failure.message
                == "[openai] All 3 connection(s) authentication expired — please reconnect in the dashboard"
        )
    }

    @Test func `all connections rest longer than a request waits`() {
        let stored = StoredHealth(
            rateLimitedUntil: noon.advanced(by: .seconds(90)),
            lastError: "overloaded",
            errorCode: 529
        )
        let tables = tables(accounts: [Account(id: "o1", provider: "openai", stored: stored)])
        let run = PlanRun(single(tables), tables)
        let failure = run.run { _ in nil }
        #expect(run.waited.isEmpty && failure?.failure.status == 529 && failure?.failure.retryAfter == 90)
        #expect(failure?.failure.message == "[openai/gpt-4o] overloaded (reset after 1m 30s)")
    }

    @Test func `only this model rests everywhere`() {
        let account = Account(id: "r1", provider: "openrouter", locksModels: true)
        let tables = tables(accounts: [account])
        let health = AccountHealth(localDays: .utc)
        let request = PlanRequest(.single(tables.target("openrouter/x/y")), waits: .never)
        _ = PlanRun(request, tables, health: health).run { _ in evidence(429, headers: [("retry-after", "40")]) }
        let failure = PlanRun(request, tables, health: health).run { _ in nil }
        #expect(failure?.failure.status == 429 && failure?.failure.code == "model_cooldown")
        #expect(failure?.failure.retryAfter == 40 && failure?.coolingModel == "openrouter/x/y")
    }

    @Test func `an untried request waits for a short rest, a failed one does not`() {
        let stored = StoredHealth(rateLimitedUntil: noon.advanced(by: .seconds(7)), errorCode: 500)
        let tables = tables(accounts: [Account(id: "o1", provider: "openai", stored: stored)])
        let run = PlanRun(single(tables), tables)
        #expect(run.run { _ in evidence(500) }?.failure.status == 500)
        #expect(run.waited == [.seconds(7)] && run.attempts.count == 1)
        var request = single(tables)
        request.waits = .never
        #expect(PlanRun(request, tables).run { _ in nil }?.failure.status == 500)
    }

    @Test func `providers that want no key work without a connection, unless one was switched off`() {
        let tables = tables(accounts: [])
        let run = PlanRun(single(tables, "ollama/llama3"), tables)
        #expect(run.run { _ in nil } == nil)
        #expect(run.accounts == [Account.noAuthenticationID])
        let off = self.tables(accounts: [Account(id: "l1", provider: "ollama-local", isActive: false)])
        #expect(PlanRun(single(off, "ollama/llama3"), off).run { _ in nil }?.failure.status == 400)
        let demo = PlanRun(single(tables, "demo/echo"), tables)
        #expect(demo.run { _ in nil } == nil && demo.attempts.count == 1)
    }

    @Test func `connections that name their provider by an alias are found`() {
        let tables = tables(accounts: [Account(id: "d1", provider: "ds")])
        let run = PlanRun(single(tables, "deepseek/deepseek-chat"), tables)
        #expect(run.run { _ in nil } == nil && run.accounts == ["d1"])
    }

    // MARK: - Combos

    @Test func `a combo goes through the accounts of a model, then to the next model`() {
        let run = run(combo("c", [model("openai/gpt-4o"), model("anthropic/claude-opus-4.7"), model("groq/x")]))
        #expect(run.run { $0.target.provider == "groq" ? nil : evidence(503) } == nil)
        #expect(run.accounts == ["o1", "o2", "a1", "g1"] && run.waited.isEmpty)
        #expect(
            run.attempts.map { $0.executionKey ?? "" } == [
                "openai/gpt-4o", "openai/gpt-4o", "anthropic/claude-opus-4.7", "groq/x",
            ]
        )
    }

    @Test func `a bad request moves a combo on to the next model at once`() {
        let run = run(combo("c", [model("openai/gpt-4o"), model("groq/x")]))
        #expect(run.run { $0.target.provider == "groq" ? nil : evidence(400) } == nil)
        #expect(run.accounts == ["o1", "g1"])
    }

    @Test func `a failed combo answers with its first failure and the earliest time`() {
        let run = run(
            combo("c", [model("openai/gpt-4o", account: "o1"), model("groq/x"), model("anthropic/claude-x")])
        )
        let failure = run.run { attempt in
            switch attempt.account.id {
            case "o1": evidence(429, "one", headers: [("retry-after", "30")])
            case "g1": evidence(429, "two", headers: [("retry-after", "10")])
            default: evidence(400, "three")
            }
        }
        #expect(failure?.failure.status == 429 && failure?.failure.message == "one")
        #expect(failure?.failure.retryAfter == 10)
    }

    @Test(arguments: [[0, 1], [1, 0], [1, 1]])
    func `what a provider answered counts before what was not asked of one for a strict client`(order: [Int]) {
        let strict = evidence(400, "cannot express: seed", code: "strict_loss", cause: .gateway)
        let answers = [evidence(500, "boom"), strict]
        let run = run(combo("c", [model("groq/x"), model("anthropic/claude-x")]))
        let failure = run.run { answers[order[$0.account.id == "g1" ? 0 : 1]] }?.failure
        let hasAnswer = order.contains(0)
        #expect(failure?.status == (hasAnswer ? 500 : 400))
        #expect(failure?.message == (hasAnswer ? "boom" : "cannot express: seed"))
        #expect(failure?.code == (hasAnswer ? answers[0].failure.code : "strict_loss"))
    }

    @Test func `nothing in the combo can be tried`() {
        let stored = StoredHealth(rateLimitedUntil: noon.advanced(by: .seconds(9)))
        let run = run(
            combo("c", [model("openai/gpt-4o")]),
            accounts: [Account(id: "o", provider: "openai", stored: stored)]
        )
        let failure = run.run { _ in nil }
        #expect(failure?.failure.status == 503 && failure?.failure.code == "ALL_ACCOUNTS_INACTIVE")
        #expect(failure?.failure.type == "service_unavailable" && failure?.failure.retryAfter == 9)
        #expect(run.waited.isEmpty, "combos do not wait")
    }

    @Test func `a combo without targets`() {
        let failure = run(combo("c", [])).run { _ in nil }
        #expect(failure?.failure.status == 404)
        #expect(failure?.failure.message == "Combo has no executable targets")
        let unknown = run(combo("c", [model("nope/x")])).run { _ in nil }
        #expect(unknown?.failure.message == "Combo has no executable targets: No credentials for provider: nope")
    }

    @Test func `a pinned entry uses its account only`() {
        let run = run(
            combo(
                "c",
                [model("openai/gpt-4o", id: "s1", account: "o2"), model("openai/gpt-4o", id: "s2", account: "gone")]
            )
        )
        #expect(run.run { _ in evidence(500) }?.failure.status == 500)
        #expect(run.accounts == ["o2"])
    }

    @Test func `only allowed providers are used`() {
        let steps = [model("openai/gpt-4o"), model("groq/x"), model("anthropic/claude-x")]
        let run = run(combo("c", steps, allowed: ["groq", "anthropic"]))
        _ = run.run { _ in evidence(500) }
        #expect(run.accounts == ["g1", "a1"])
    }

    @Test func `an entry may name its provider apart from its model`() {
        let run = run(combo("c", [model("gpt-4o", provider: "openai"), model("groq/x/y", id: "2", provider: "groq")]))
        _ = run.run { _ in evidence(400) }
        #expect(run.attempts.map { $0.target.qualifiedName } == ["openai/gpt-4o", "groq/x/y"])
    }

    @Test func `an upstream out of quota is skipped for the rest of the request`() {
        let steps = [
            model("openai/gpt-4o"), model("openai/gpt-4.1"), model("openai/o3", account: "o2"), model("groq/x"),
        ]
        let run = run(combo("c", steps))
        #expect(run.run { $0.target.provider == "groq" ? nil : evidence(429, code: "account_quota_exceeded") } == nil)
        #expect(run.accounts == ["o1", "o2", "g1"], "the pinned account rests as well")
        let mixed = self.run(combo("c", [model("openai/gpt-4o"), model("openai/gpt-4.1"), model("groq/x")]))
        #expect(
            mixed.run { $0.account.id == "o1" ? evidence(404) : ($0.target.provider == "groq" ? nil : evidence(402)) }
                == nil
        )
        #expect(mixed.attempts.map { $0.target.model } == ["gpt-4o", "gpt-4o", "gpt-4.1", "x"])
    }

    // MARK: - Nested combos

    @Test func `combos refer to combos, up to three levels deep, never in circles`() {
        let names = ["c0", "c1", "c2", "c3", "c4"]
        let combos = names.enumerated().map { depth, name in
            combo(
                name,
                [
                    model("groq/m\(depth)"), .reference(id: "r", combo: "c\(depth + 1)"),
                    .reference(id: "up", combo: "c0"),
                ]
            )
        }
        let run = run(combos[0], others: Array(combos.dropFirst()))
        _ = run.run { _ in evidence(400) }
        #expect(run.attempts.map { $0.target.model } == ["m0", "m1", "m2", "m3"])
        #expect(run.attempts.last?.executionKey == "r>r>r>groq/m3")
    }

    @Test func `a plain entry with a combo's name is a reference, and restrictions add up`() {
        let inner = combo("inner", [model("groq/x"), model("openai/gpt-4o")], allowed: ["groq", "openai"])
        let run = run(
            combo("outer", [model("inner"), model("anthropic/claude-x")], allowed: ["openai", "anthropic"]),
            others: [inner]
        )
        _ = run.run { _ in evidence(400) }
        #expect(run.attempts.map(\.target.provider) == ["openai", "anthropic"])
        let off = combo("inner", [model("groq/x")], isActive: false)
        let skipped = self.run(combo("outer", [model("inner"), model("groq/y")]), others: [off])
        _ = skipped.run { _ in evidence(400) }
        #expect(skipped.attempts.map(\.target.model) == ["y"])
    }

    // MARK: - Repetitions

    private func settings(_ change: (inout ComboSettings) -> Void) -> ComboSettings {
        var settings = ComboSettings()
        change(&settings)
        return settings
    }

    @Test func `a retry that could only meet resting accounts is skipped`() {
        let run = run(combo("c", [model("openai/gpt-4o", account: "o1"), model("groq/x")]))
        #expect(run.run { $0.target.provider == "groq" ? nil : evidence(500) } == nil)
        #expect(run.accounts == ["o1", "g1"] && run.waited.isEmpty)
    }

    @Test func `a target is tried again when its account recovers in time`() {
        let run = run(combo("c", [model("openai/gpt-4o", account: "o1"), model("groq/x")]))
        let short = evidence(429, headers: [("retry-after", "1")])
        #expect(run.run { $0.target.provider == "groq" ? nil : short } == nil)
        #expect(run.accounts == ["o1", "o1", "g1"] && run.waited == [.seconds(2)])
        let never = self.run(
            combo("c", [model("openai/gpt-4o", account: "o1")], settings: settings { $0.maxRetries = 0 })
        )
        _ = never.run { _ in short }
        #expect(never.accounts == ["o1"])
    }

    @Test(arguments: [401, 402, 403, 404, 400]) func `failures that stay are not retried`(status: Int) {
        let run = run(combo("c", [model("openai/gpt-4o", account: "o1")], settings: settings { $0.maxRetries = 5 }))
        _ = run.run { _ in evidence(status, headers: [("retry-after", "1")]) }
        #expect(run.attempts.count == 1)
    }

    @Test func `the whole list is repeated as often as the combo says`() {
        let settings = settings {
            $0.maxSetRetries = 2
            $0.setRetryDelay = .seconds(60)
            $0.maxRetries = 0
        }
        let run = run(combo("c", [model("openai/gpt-4o", account: "o1"), model("groq/x")], settings: settings))
        _ = run.run { _ in evidence(500) }
        #expect(run.accounts == ["o1", "g1", "o1", "g1", "o1", "g1"])
        #expect(run.waited == [.seconds(60), .seconds(60)])
    }

    @Test func `a combo may pause before its next model when a server fails`() {
        let settings = settings { $0.fallbackDelay = .seconds(1) }
        let run = run(combo("c", [model("openai/gpt-4o", account: "o1"), model("groq/x")], settings: settings))
        _ = run.run { $0.target.provider == "groq" ? nil : evidence(503, headers: [("retry-after", "4")]) }
        #expect(run.waited == [.seconds(1)])
        let long = self.run(combo("c", [model("openai/gpt-4o", account: "o1"), model("groq/x")], settings: settings))
        _ = long.run { $0.target.provider == "groq" ? nil : evidence(503, headers: [("retry-after", "9")]) }
        #expect(long.waited.isEmpty)
    }

    @Test func `thirty attempts are enough`() {
        let accounts = (0..<40).map { Account(id: "o\($0)", provider: "openai", priority: $0) }
        let tables = tables(accounts: accounts)
        let run = PlanRun(single(tables), tables)
        let failure = run.run { _ in evidence(500) }
        #expect(run.attempts.count == 30 && failure?.failure.status == 503)
        #expect(failure?.failure.message == "Maximum combo retry limit reached")
    }

    @Test func `a whole plan over other strategies follows the list`() {
        var other = combo("c", [model("openai/gpt-4o"), model("groq/x")])
        other.strategy = "round-robin"
        let run = run(other)
        _ = run.run { _ in evidence(400) }
        #expect(run.accounts == ["o1", "g1"])
    }
}

/// Random worlds, random failures: what must hold for every plan.
struct AttemptPlanPropertyTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var mixed = state
            mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
            return mixed ^ (mixed >> 33)
        }
    }

    private static let statuses = [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529]

    @Test(.timeLimit(.minutes(1)), arguments: 0..<200)
    func `no account is tried more often for a model than the combo's retries say`(seed: Int) throws {
        var random = Seeded(state: UInt64(seed) &+ 1)
        let providers = ["openai", "anthropic", "groq", "openrouter", "ollama-local"]
        let accounts = (0..<Int.random(in: 0...12, using: &random)).map { number in
            Account(
                id: "a\(number)",
                provider: providers.randomElement(using: &random) ?? "openai",
                kind: Account.Kind.allCases.randomElement(using: &random) ?? .apiKey,
                isActive: Int.random(in: 0..<5, using: &random) > 0,
                priority: Int.random(in: 1...3, using: &random),
                locksModels: Bool.random(using: &random)
            )
        }
        var settings = ComboSettings()
        settings.maxRetries = Int.random(in: 0...3, using: &random)
        settings.maxSetRetries = Int.random(in: 0...2, using: &random)
        settings.retryDelay = .seconds(Int.random(in: 0...20, using: &random))
        settings.fallbackDelay = .seconds(Int.random(in: 0...2, using: &random))
        let names = (0..<3).map { "c\($0)" }
        let combos = names.map { name in
            combo(name, Self.steps(names, accounts, using: &random), settings: settings)
        }
        let tables = RoutingTables(catalogue: catalogue, accounts: accounts, combos: combos)
        let isCombo = Bool.random(using: &random)
        let goal: PlanRequest.Goal =
            isCombo ? .combo(combos[0], wantsLongContext: false) : .single(tables.target("openai/gpt-4o"))
        let run = PlanRun(PlanRequest(goal), tables)
        let result = run.run { _ in
            guard Int.random(in: 0..<12, using: &random) > 0 else { return nil }
            let hint = Bool.random(using: &random) ? [("retry-after", "\(Int.random(in: 0...5, using: &random))")] : []
            return evidence(Self.statuses.randomElement(using: &random) ?? 500, headers: hint)
        }
        #expect(run.attempts.count <= AttemptPlan.maximumAttempts)
        let rounds = isCombo ? (settings.maxRetries + 1) * (settings.maxSetRetries + 1) : 1
        let counts = Dictionary(grouping: run.attempts) { "\($0.account.id) \($0.target.qualifiedName)" }
        #expect(counts.values.allSatisfy { $0.count <= rounds })
        #expect(run.attempts.allSatisfy { $0.account.isActive })
        if result != nil { #expect(run.attempts.count == run.plan.attemptCount) }
    }

    private static func steps(
        _ combos: [String],
        _ accounts: [Account],
        using random: inout some RandomNumberGenerator
    ) -> [RoutedCombo.Step] {
        (0..<Int.random(in: 0...6, using: &random)).map { number in
            if Int.random(in: 0..<4, using: &random) == 0 {
                return .reference(id: "r\(number)", combo: combos.randomElement(using: &random) ?? "c0")
            }
            let names = ["openai/gpt-4o", "openai/o3", "anthropic/claude-x", "groq/x", "or/a/b", "ollama/l", "nope/z"]
            let pin = Int.random(in: 0..<3, using: &random) == 0 ? accounts.randomElement(using: &random)?.id : nil
            return model(names.randomElement(using: &random) ?? "groq/x", id: "s\(number)", account: pin)
        }
    }
}
