package import Dialects
import EventLoop
import HTTPCore
import LogCore
import Providers
import Routing
import Store
import Synchronization
import TimeCore

extension Gateway {
    /// Answers a request for a completion: resolve the model, plan the attempts, try them until one delivers.
    ///
    /// - Throws: the failure to answer with, if nothing was sent to the client.
    package func answer(_ request: ChatRequest, to sink: any AnswerSink) async throws(Failure) {
        counters.requests.wrappingAdd(1, ordering: .relaxed)
        counters.active.wrappingAdd(1, ordering: .relaxed)
        defer { counters.active.wrappingSubtract(1, ordering: .relaxed) }
        let question = try Question(request)
        let ledger = Ledger(request, question, gateway: self)
        let goal: PlanRequest.Goal
        do {
            try checkPolicy(of: request.apiKey, model: question.model)
            goal = try resolve(question.model, request)
        } catch {
            ledger.settle(failure: error)
            throw error
        }
        if case .combo(let combo, _) = goal { ledger.comboName = combo.name }
        let plan = makePlan(for: goal, request)
        try await attempt(plan, question, request, ledger: ledger, sink: sink)
    }

    /// Keys may be limited to some models; the names that clients send count, combos included.
    func checkPolicy(of key: APIKey?, model: String) throws(Failure) {
        guard let key, !ModelPolicy.allows(model, patterns: key.allowedModels) else { return }
        throw Failure(
            .permission,
            "Model \"\(model)\" is not allowed for this API key",
            code: "model_not_allowed",
            param: "model"
        )
    }

    func resolver(for configuration: Configuration) -> ModelResolver {
        ModelResolver(routingView.tables(for: configuration))
    }

    func resolve(_ model: String, _ request: ChatRequest) throws(Failure) -> PlanRequest.Goal {
        let resolver = resolver(for: request.configuration)
        let resolution =
            request.requiredProvider.map { resolver.resolve(model, provider: $0) } ?? resolver.resolve(model)
        switch resolution {
        case .combo(let combo, let wantsLongContext): return .combo(combo, wantsLongContext: wantsLongContext)
        case .single(let target): return .single(target)
        case .failure(let failure): throw failure
        }
    }

    func makePlan(for goal: PlanRequest.Goal, _ request: ChatRequest) -> AttemptPlan {
        let planned = PlanRequest(
            goal,
            allowedAccounts: Set(request.apiKey?.allowedConnections ?? []),
            forcedAccount: request.headers["x-omniroute-connection"]
        )
        return AttemptPlan(planned, resolver: resolver(for: request.configuration), health: health)
    }

    /// The attempt loop: until one delivers, the client leaves, or nothing is left.
    private func attempt(
        _ plan: AttemptPlan,
        _ question: Question,
        _ request: ChatRequest,
        ledger: Ledger,
        sink: any AnswerSink
    ) async throws(Failure) {
        while true {
            switch plan.next(at: time.wall()) {
            case .finished(let end):
                ledger.settle(failure: end.failure)
                throw end.failure
            case .wait(let pause):
                do { try await request.loop.sleep(for: pause) } catch { return ledger.settleGone() }
            case .attempt(let attempt):
                if attempt.number > 1 { counters.fallbacks.wrappingAdd(1, ordering: .relaxed) }
                let start = time.wall()
                let outcome = await run(attempt, question, request, ledger: ledger, sink: sink)
                if conclude(outcome, of: attempt, startedAt: start, plan, ledger) { return }
            }
        }
    }

    private func run(
        _ attempt: Attempt,
        _ question: Question,
        _ request: ChatRequest,
        ledger: Ledger,
        sink: any AnswerSink
    ) async -> AttemptOutcome {
        do {
            let call = try call(for: attempt, stream: question.wantsStream, request)
            let target = ledgerTarget(of: attempt, dialect: call.dialect, request.configuration)
            ledger.target = target
            let key = ActiveAttempts.Key(
                provider: target.providerID,
                model: target.model,
                connectionID: target.connectionID ?? ""
            )
            activeAttempts.begin(key)
            defer { activeAttempts.end(key) }
            return await AttemptRunner(
                gateway: self,
                request: request,
                question: question,
                call: call,
                target: target,
                ledger: ledger,
                sink: sink
            ).run()
        } catch {
            return .failed(UpstreamRefusal(failure: error))
        }
    }

    /// Tells the plan and the store what came of an attempt; returns whether the request is over.
    private func conclude(
        _ outcome: AttemptOutcome,
        of attempt: Attempt,
        startedAt start: WallTime,
        _ plan: AttemptPlan,
        _ ledger: Ledger
    ) -> Bool {
        switch outcome {
        case .delivered:
            remember(plan.succeeded(start: start))
            return true
        case .clientGone:
            ledger.settleGone()
            return true
        case .broken(let failure):
            note(UpstreamRefusal(failure: failure), of: attempt, plan)
            return true
        case .failed(let refusal):
            note(refusal, of: attempt, plan)
            return false
        }
    }

    private func note(_ refusal: UpstreamRefusal, of attempt: Attempt, _ plan: AttemptPlan) {
        log.info(
            "an attempt failed",
            .string("provider", attempt.target.provider),
            .string("model", attempt.target.model),
            .int("status", refusal.failure.status),
            .string("kind", refusal.failure.kind.rawValue),
            .int("attempt", attempt.number)
        )
        let evidence = FailureEvidence(
            refusal.failure,
            provider: attempt.target.provider,
            headers: refusal.headers,
            body: refusal.body,
            isReadinessTimeout: refusal.isReadinessTimeout
        )
        remember(plan.failed(evidence, at: time.wall()))
    }
}

/// Which models a key may use.
package enum ModelPolicy {
    /// Whether a model fits one of the patterns: an exact name, `prefix/*`, or `*` within a segment.
    ///
    /// No patterns allow all.
    package static func allows(_ model: String, patterns: [String]) -> Bool {
        patterns.isEmpty || patterns.contains { matches(model, $0) }
    }

    private static func matches(_ model: String, _ pattern: String) -> Bool {
        if pattern == model || pattern == "*" { return true }
        if pattern.hasSuffix("/*") { return model.hasPrefix(pattern.dropLast()) }
        let parts = (model.split(separator: "/"), pattern.split(separator: "/"))
        guard pattern.contains("*"), parts.0.count == parts.1.count else { return false }
        return zip(parts.0, parts.1).allSatisfy { Glob.matches(String($1), String($0)) }
    }
}
