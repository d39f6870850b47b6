import Dialects
import Providers
import TimeCore

/// The accounts of one target, sorted into those that can be used now and the reasons why the others cannot.
struct Candidates {
    /// In the order in which they are tried.
    private(set) var available: [Account] = []
    private(set) var resting: [Resting] = []
    private(set) var terminal: [TerminalState] = []
    /// How many accounts are switched on, and how many of them the request may use.
    private(set) var active = 0
    private(set) var permitted = 0

    struct Resting {
        let until: WallTime
        let onlyModel: Bool
        let status: Int?
        let message: String?
    }

    /// Which accounts a request and a target leave open.
    struct Filter {
        var allowed: Set<String>
        var forced: String?
        var pinned: String?

        func permits(_ account: Account, model: String) -> Bool {
            if let forced, account.id != forced { return false }
            if let pinned, account.id != pinned { return false }
            guard allowed.isEmpty || allowed.contains(account.id) || !account.isStored else { return false }
            return !account.options.excludes(model)
        }
    }

    init(
        for target: RouteTarget,
        filter: Filter,
        tables: RoutingTables,
        health: AccountHealth,
        at now: WallTime
    ) {
        var inactive: [Account] = []
        for account in tables.candidates(for: target) {
            guard account.isActive else {
                inactive.append(account)
                continue
            }
            active += 1
            guard filter.permits(account, model: target.model) else { continue }
            permitted += 1
            add(account, health.availability(of: account, model: target.model, at: now))
        }
        // Accounts that were switched off explain why there is none, as long as nothing better does.
        guard permitted == 0 else { return }
        for account in inactive where filter.permits(account, model: target.model) {
            let availability = health.availability(of: account, model: target.model, at: now)
            if availability != .available { add(account, availability) }
        }
    }

    private mutating func add(_ account: Account, _ availability: Availability) {
        switch availability {
        case .available: available.append(account)
        case .terminal(let state): terminal.append(state)
        case .resting(let until, let onlyModel, let status, let message):
            resting.append(Resting(until: until, onlyModel: onlyModel, status: status, message: message))
        }
    }

    /// The first moment at which one of them can be used again.
    var earliestRecovery: WallTime? { resting.map(\.until).min() }
}

// MARK: - Why there is none

extension Candidates {
    /// The reply to a request for one model when no account could be tried at all.
    func reply(for target: RouteTarget, at now: WallTime) -> PlanFailure {
        if let recovery = earliestRecovery { return restingReply(for: target, recovery: recovery, at: now) }
        if !terminal.isEmpty { return PlanFailure(terminalReply(for: target)) }
        guard active > 0 else { return PlanFailure(.noCredentials(target.provider)) }
        return PlanFailure(Failure(.unavailable, "No eligible connections matched the requested routing constraints"))
    }

    private func restingReply(for target: RouteTarget, recovery: WallTime, at now: WallTime) -> PlanFailure {
        let seconds = Self.seconds(until: recovery, from: now)
        let latest = resting.max { $0.until < $1.until }
        if resting.allSatisfy({ $0.onlyModel }), resting.allSatisfy({ $0.status == 429 }) {
            let failure = Failure(
                .rateLimit,
                "Model \(target.qualifiedName) is cooling down (reset after \(Self.spoken(seconds)))",
                code: "model_cooldown",
                retryAfter: seconds
            )
            return PlanFailure(failure, coolingModel: target.qualifiedName)
        }
        let status = latest?.status ?? 503
        let error = latest?.message ?? "all connections are cooling down"
        return PlanFailure(
            Failure(
                FailureKind(status: status),
                "[\(target.qualifiedName)] \(error) (reset after \(Self.spoken(seconds)))",
                status: status,
                retryAfter: seconds
            )
        )
    }

    private func terminalReply(for target: RouteTarget) -> Failure {
        let counts = Dictionary(terminal.map { ($0, 1) }, uniquingKeysWith: +)
        // The most frequent state; of equals the one that is listed first.
        let dominant = TerminalState.allCases.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? .expired
        return Failure(
            .authentication,
            "[\(target.party.prefix)] All \(terminal.count) connection(s) \(dominant.text) — "
                + "please reconnect in the dashboard"
        )
    }

    static func seconds(until moment: WallTime, from now: WallTime) -> Int {
        max(1, Int(((moment - now) / .milliseconds(1_000)).rounded(.up)))
    }

    /// A wait as people say it: `1m 5s`.
    static func spoken(_ seconds: Int) -> String {
        let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60)
        if hours > 0 { return "\(hours)h \(minutes)m" }
        return minutes > 0 ? "\(minutes)m \(rest)s" : "\(rest)s"
    }
}
