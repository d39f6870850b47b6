import Dialects
import EventLoop
import LogCore
import Providers
import Routing
import Synchronization
import TimeCore

/// The attempts of one request: until one delivers, the client leaves, or nothing is left.
///
/// Only what waits is `async`, here and in `AttemptRunner`: whatever such a function holds is memory of every open stream.
final class AttemptLoop {
    private let gateway: Gateway
    private let request: ChatRequest
    private let question: Question
    private let sink: any AnswerSink
    private let ledger: Ledger
    private let plan: AttemptPlan

    private enum Step {
        case attempt(AttemptRunner, Attempt, start: WallTime)
        case wait(Duration)
    }

    /// Reads the request and plans its attempts.
    ///
    /// - Throws: why nothing is attempted; recorded already if a model was asked for.
    init(_ request: ChatRequest, gateway: Gateway, sink: any AnswerSink) throws(Failure) {
        self.request = request
        self.gateway = gateway
        self.sink = sink
        question = try Question(request)
        ledger = Ledger(request, question, gateway: gateway)
        let goal: PlanRequest.Goal
        do {
            try gateway.checkPolicy(of: request.apiKey, model: question.model)
            goal = try gateway.resolve(question.model, request)
        } catch {
            ledger.settle(failure: error)
            throw error
        }
        if case .combo(let combo, _) = goal { ledger.comboName = combo.name }
        plan = gateway.makePlan(for: goal, request)
    }

    /// - Throws: the failure to answer with, if nothing was sent to the client.
    func run() async throws(Failure) {
        while true {
            switch try next() {
            case .wait(let pause):
                do { try await request.loop.sleep(for: pause) } catch { return ledger.settleGone() }
            case .attempt(let runner, let attempt, let start):
                if conclude(await runner.run(), of: attempt, startedAt: start) { return }
            }
        }
    }

    /// The next thing to do; attempts that cannot even begin are passed over.
    private func next() throws(Failure) -> Step {
        while true {
            switch plan.next(at: gateway.time.wall()) {
            case .finished(let end):
                ledger.settle(failure: end.failure)
                throw end.failure
            case .wait(let pause): return .wait(pause)
            case .attempt(let attempt):
                if attempt.number > 1 { gateway.counters.fallbacks.wrappingAdd(1, ordering: .relaxed) }
                do {
                    return .attempt(try runner(for: attempt), attempt, start: gateway.time.wall())
                } catch {
                    note(UpstreamRefusal(failure: error), of: attempt)
                }
            }
        }
    }

    private func runner(for attempt: Attempt) throws(Failure) -> AttemptRunner {
        let call = try gateway.call(for: attempt, stream: question.wantsStream, request)
        let target = gateway.ledgerTarget(of: attempt, dialect: call.dialect, request.configuration)
        ledger.target = target
        return AttemptRunner(
            gateway: gateway,
            request: request,
            question: question,
            call: call,
            target: target,
            ledger: ledger,
            sink: sink
        )
    }

    /// Tells the plan and the store what came of an attempt; returns whether the request is over.
    private func conclude(_ outcome: AttemptOutcome, of attempt: Attempt, startedAt start: WallTime) -> Bool {
        switch outcome {
        case .delivered:
            gateway.remember(plan.succeeded(start: start))
            return true
        case .clientGone:
            ledger.settleGone()
            return true
        case .broken(let failure):
            note(UpstreamRefusal(failure: failure), of: attempt)
            return true
        case .failed(let refusal):
            note(refusal, of: attempt)
            return false
        }
    }

    private func note(_ refusal: UpstreamRefusal, of attempt: Attempt) {
        gateway.log.info(
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
        gateway.remember(plan.failed(evidence, at: gateway.time.wall()))
    }
}
