import Dialects
package import TimeCore

/// Which account of which model is tried next, until one answers or nothing is left.
///
///     let plan = AttemptPlan(request, resolver: resolver, health: health)
///     while true {
///         switch plan.next(at: time.wall()) {
///         case .attempt(let attempt):   // send it; on failure: plan.failed(evidence, at: …), then ask again
///         case .wait(let duration):     // sleep, then ask again
///         case .finished(let failure):  // answer with it
///         }
///     }
///
/// A failure before the first content goes on to the next account of the model, then to the next model of the combo. A
/// failure that another account would repeat (a bad request) skips the other accounts.
package final class AttemptPlan {
    /// The most attempts of one request.
    package static let maximumAttempts = 30

    private let tables: RoutingTables
    private let health: AccountHealth
    private let allowedAccounts: Set<String>
    private let forcedAccount: String?
    private let waitPolicy: WaitPolicy
    private let combo: RoutedCombo?
    private let targets: [PlanTarget]

    /// Index of the target being tried.
    private var position = 0
    /// Tries of the current target so far: 1 while its accounts are tried for the first time.
    private var round = 1
    private var setRounds = 1
    private var waits = 0
    private var pause: Duration?
    private var current: Attempt?
    /// What was tried before `current`; few, so that looking through them costs less than hashing.
    private var tried: [Attempt] = []
    private var exhausted: Set<String> = []
    private var targetFailures: [Seen] = []
    private var seen: [Seen] = []
    private var earliestRecovery: WallTime?
    private var ending: PlanStep?

    /// Attempts started so far.
    package private(set) var attemptCount = 0

    private struct Seen {
        let failure: Failure
        let verdict: FailureVerdict
        let mayPass: Bool
    }

    package init(_ request: PlanRequest, resolver: ModelResolver, health: AccountHealth) {
        allowedAccounts = request.allowedAccounts
        forcedAccount = request.forcedAccount
        waitPolicy = request.waits
        self.health = health
        tables = resolver.tables
        switch request.goal {
        case .single(let target):
            combo = nil
            targets = [PlanTarget(target: target, place: nil)]
        case .combo(let combo, let wantsLongContext):
            self.combo = combo
            let expansion = tables.expansion(of: combo, wantsLongContext: wantsLongContext)
            targets = expansion.targets
            if targets.isEmpty {
                let reason = expansion.problems.first.map { ": " + $0.message } ?? ""
                ending = .finished(PlanFailure(Failure(.notFound, "Combo has no executable targets" + reason)))
            }
        }
    }

    // MARK: - What next

    /// The next step at this moment.
    package func next(at now: WallTime) -> PlanStep {
        while true {
            if let ending { return ending }
            if let pause {
                self.pause = nil
                return .wait(pause)
            }
            guard position < targets.count else {
                endSet(at: now)
                continue
            }
            guard attemptCount < Self.maximumAttempts else {
                ending = .finished(PlanFailure(Failure(.unavailable, "Maximum combo retry limit reached")))
                continue
            }
            let target = targets[position]
            if isExhausted(target) {
                leaveTarget(at: now, delayed: false)
                continue
            }
            if let account = firstUntried(of: target, at: now) { return .attempt(start(target, account)) }
            let candidates = Candidates(
                for: target.target,
                filter: filter(for: target),
                tables: tables,
                health: health,
                at: now
            )
            notePassedOver(candidates)
            if retries(target, candidates, at: now) || waitsForRecovery(candidates, at: now) { continue }
            if targetFailures.isEmpty, combo == nil {
                ending = .finished(candidates.reply(for: target.target, at: now))
            }
            leaveTarget(at: now, delayed: true)
        }
    }

    private func start(_ target: PlanTarget, _ account: Account) -> Attempt {
        attemptCount += 1
        endCurrent()
        let attempt = Attempt(
            number: attemptCount,
            target: target.target,
            account: account,
            keyTurn: health.nextKeyTurn(of: account),
            place: target.place
        )
        current = attempt
        return attempt
    }

    private func endCurrent() {
        if let current { tried.append(current) }
        current = nil
    }

    // MARK: - What happened

    /// Takes note that the current attempt failed before any content reached the client.
    ///
    /// - Returns: What should be stored about the account, if anything.
    @discardableResult
    package func failed(_ evidence: FailureEvidence, at now: WallTime) -> HealthChange? {
        guard let attempt = current else { return nil }
        endCurrent()
        let verdict = FailureClassifier.verdict(on: evidence, kind: attempt.account.kind)
        let change = health.failed(attempt, verdict, evidence, at: now)
        if let hint = RetryHint.moment(in: evidence, at: now) { noteRecovery(hint) }
        let retryable = [408, 429, 500, 502, 503, 504].contains(evidence.status) && !evidence.isReadinessTimeout
        let hasAnswered = evidence.failure.cause == .emptyAnswer || evidence.failure.cause == .errorInAnswer
        let seen = Seen(
            failure: evidence.failure,
            verdict: verdict,
            mayPass: retryable && !hasAnswered && verdict.isHarmful
        )
        self.seen.append(seen)
        targetFailures.append(seen)
        switch verdict.course {
        case .nextAccount: break
        case .nextModel: leaveTarget(at: now, delayed: true)
        case .stop: ending = .finished(PlanFailure(evidence.failure))
        }
        return change
    }

    /// Takes note that the current attempt answers; `start` is when it began.
    ///
    /// - Returns: What should be stored about the account, if anything.
    @discardableResult
    package func succeeded(start: WallTime) -> HealthChange? {
        guard let attempt = current else { return nil }
        current = nil
        return health.succeeded(attempt, start: start)
    }

    // MARK: - Targets

    private func firstUntried(of target: PlanTarget, at now: WallTime) -> Account? {
        let filter = filter(for: target)
        let model = target.target.model
        return health.firstAvailable(of: tables.candidates(for: target.target), model: model, at: now) { account in
            account.isActive && filter.permits(account, model: model) && !wasTried(account, target.target)
        }
    }

    private func wasTried(_ account: Account, _ target: RouteTarget) -> Bool {
        current?.isFor(account, target) == true || tried.contains { $0.isFor(account, target) }
    }

    private func filter(for target: PlanTarget) -> Candidates.Filter {
        Candidates.Filter(
            allowed: allowedAccounts,
            forced: combo == nil ? forcedAccount : nil,
            pinned: target.pinnedAccount
        )
    }

    /// Whether the upstream ran out of quota earlier in this request; a fixed account may still have some.
    private func isExhausted(_ target: PlanTarget) -> Bool {
        combo != nil && target.pinnedAccount == nil && targetFailures.isEmpty
            && exhausted.contains(target.target.provider)
    }

    /// Begins another round of the current target when its failure may pass and an account could answer by then.
    private func retries(_ target: PlanTarget, _ candidates: Candidates, at now: WallTime) -> Bool {
        guard let combo, let last = targetFailures.last, last.mayPass, round <= combo.settings.maxRetries else {
            return false
        }
        let then = now.advanced(by: combo.settings.retryDelay)
        // Waiting for accounts that still rest then would only delay the next target.
        let recovers = !candidates.available.isEmpty || candidates.resting.contains { $0.until < then }
        guard recovers else { return false }
        round += 1
        tried.removeAll { $0.target.provider == target.target.provider && $0.target.model == target.target.model }
        pause = combo.settings.retryDelay
        return true
    }

    /// Waits for the first resting account, when the request is for one model and nothing was tried yet.
    private func waitsForRecovery(_ candidates: Candidates, at now: WallTime) -> Bool {
        guard combo == nil, attemptCount == 0, waits < waitPolicy.maximumWaits,
            candidates.permitted > 0, let recovery = candidates.earliestRecovery,
            recovery - now <= waitPolicy.longestWait
        else { return false }
        waits += 1
        pause = max(.milliseconds(1), recovery - now)
        return true
    }

    /// Goes on to the next target.
    private func leaveTarget(at now: WallTime, delayed: Bool) {
        if let target = targets.indices.contains(position) ? targets[position] : nil, target.pinnedAccount == nil,
            !targetFailures.isEmpty, targetFailures.allSatisfy({ $0.verdict.reason == .quotaExhausted })
        {
            exhausted.insert(target.target.provider)
        }
        if delayed, let combo, position + 1 < targets.count, let last = targetFailures.last,
            [502, 503, 504].contains(last.failure.status)
        {
            pause = fallbackPause(combo, at: now)
        }
        position += 1
        round = 1
        targetFailures = []
    }

    /// A short pause lets a shared upstream recover; only when the combo asks for it and the rest is short.
    private func fallbackPause(_ combo: RoutedCombo, at now: WallTime) -> Duration? {
        guard combo.settings.fallbackDelay > .zero, let earliestRecovery, earliestRecovery > now else { return nil }
        let rest = earliestRecovery - now
        return rest <= .seconds(5) ? min(rest, combo.settings.fallbackDelay) : nil
    }

    /// Repeats the whole list, or ends.
    private func endSet(at now: WallTime) {
        guard let combo, !seen.isEmpty, setRounds <= combo.settings.maxSetRetries else {
            ending = .finished(finalFailure(at: now))
            return
        }
        setRounds += 1
        position = 0
        tried = []
        exhausted = []
        pause = combo.settings.setRetryDelay
    }

    // MARK: - The end

    private func notePassedOver(_ candidates: Candidates) {
        if let recovery = candidates.earliestRecovery { noteRecovery(recovery) }
    }

    private func noteRecovery(_ moment: WallTime) {
        earliestRecovery = min(earliestRecovery ?? moment, moment)
    }

    /// The first failure of a combo, the last of a single model; with the earliest time at which a try may succeed.
    ///
    /// What a provider answered counts before what the gateway did not ask of one for a strict client.
    private func finalFailure(at now: WallTime) -> PlanFailure {
        let retryAfter = earliestRecovery.flatMap { $0 > now ? Candidates.seconds(until: $0, from: now) : nil }
        let answered = seen.filter { $0.failure.code != "strict_loss" }
        let telling = answered.isEmpty ? seen : answered
        guard var failure = (combo == nil ? telling.last : telling.first)?.failure else {
            return PlanFailure(
                Failure(
                    .unavailable,
                    "No connection of this combo is available right now",
                    type: "service_unavailable",
                    code: "ALL_ACCOUNTS_INACTIVE",
                    retryAfter: retryAfter
                )
            )
        }
        // For one model the provider's own word counts; for a combo, whichever of its accounts recovers first.
        let hint = combo == nil ? failure.retryAfter ?? retryAfter : retryAfter ?? failure.retryAfter
        failure.retryAfter = [429, 503, 529].contains(failure.status) ? hint : nil
        return PlanFailure(failure)
    }
}
