import Dialects
import EventLoop
import LogCore
import Providers
import Routing
import Synchronization
import TimeCore

/// The attempts of one request: until one delivers, the client leaves, or nothing is left.
///
/// Only what waits is `async`, here and in `AttemptRunner`, and the larger parts of that are not inlined: whatever such a
/// function holds is memory of every request that waits for its answer to begin.
///
/// `@unchecked Sendable`: used on its request's loop only.
final class AttemptLoop: @unchecked Sendable {
    private let gateway: Gateway
    private let request: ChatRequest
    private let question: Question
    private let sink: any AnswerSink
    private let ledger: Ledger
    private let state: ResponsesState?
    private let plan: AttemptPlan
    private let policies: AnswerPolicies

    private enum Step {
        case attempt(AttemptRunner, RunningAttempt)
        case wait(Duration)
    }

    /// Plans the attempts of a request.
    ///
    /// - Throws: why nothing is attempted; recorded already if a model was asked for.
    init(_ request: ChatRequest, _ question: Question, gateway: Gateway, sink: any AnswerSink) throws(Failure) {
        self.request = request
        self.gateway = gateway
        self.sink = sink
        self.question = question
        ledger = Ledger(request, question, gateway: gateway)
        let goal: PlanRequest.Goal
        do {
            let model = gateway.routedModel(question, request)
            try gateway.checkPolicy(request.key?.allowedModels, model: model)
            goal = try gateway.resolve(model, request)
        } catch {
            ledger.settle(failure: error)
            throw error
        }
        var settings: ComboSettings?
        if case .combo(let combo, _) = goal {
            ledger.comboName = combo.name
            settings = combo.settings
        }
        policies = AnswerPolicies(request.key, settings, gateway.settings)
        state =
            request.dialect == .openAIResponses ? ResponsesState(request, question.document, gateway: gateway) : nil
        if let session = state?.earlierSession { ledger.join(session: session) }
        plan = gateway.makePlan(for: goal, request)
    }

    /// - Throws: the failure to answer with, if nothing was sent to the client.
    func run() async throws(Failure) {
        while true {
            switch try next() {
            case .wait(let pause):
                do { try await request.loop.sleep(for: pause) } catch { return ledger.settleGone() }
            case .attempt(let runner, let running):
                let outcome = await runner.run()
                if case .begun(let stream) = outcome {
                    if policies.continuation != .never {
                        return await sink.handOver { await self.follow(stream, running) }
                    }
                    // Neither the request nor the other attempts are needed any more, so nothing here is held on to.
                    return await sink.handOver { running.end(with: await stream.relayRest()) }
                }
                running.end()
                if case .interrupted(let stream, let refusal) = outcome {
                    note(refusal, of: running)
                    return await sink.handOver { await self.goOn(with: stream, after: refusal) }
                }
                if conclude(outcome, of: running) { return }
            }
        }
    }

    /// The next thing to do; attempts that cannot even begin are passed over.
    @inline(never) private func next() throws(Failure) -> Step {
        do {
            return try step(continuing: nil)
        } catch {
            ledger.settle(failure: error)
            throw error
        }
    }

    private func step(continuing stream: StreamDelivery?) throws(Failure) -> Step {
        while true {
            switch plan.next(at: gateway.time.wall()) {
            case .finished(let end): throw end.failure
            case .wait(let pause): return .wait(pause)
            case .attempt(let attempt):
                if attempt.number > 1 { gateway.counters.fallbacks.wrappingAdd(1, ordering: .relaxed) }
                let running = RunningAttempt(attempt, gateway: gateway)
                do {
                    return .attempt(try runner(for: attempt, continuing: stream), running)
                } catch {
                    running.end()
                    note(UpstreamRefusal(failure: error), of: running)
                }
            }
        }
    }

    // MARK: - Streams that another target may go on with

    /// Relays a stream that has begun to its end, by as many targets as it takes.
    private func follow(_ stream: StreamDelivery, _ running: RunningAttempt) async {
        let outcome = await stream.relayRest()
        guard case .interrupted(let stream, let refusal) = outcome else { return running.end(with: outcome) }
        running.end()
        note(refusal, of: running)
        await goOn(with: stream, after: refusal)
    }

    /// Looks for a target that goes on with a stream; the client is told of `refusal` if there is none.
    private func goOn(with stream: StreamDelivery, after refusal: UpstreamRefusal) async {
        while true {
            guard !sink.isClientGone, let step = try? step(continuing: stream) else {
                return sink.isClientGone ? stream.abandon() : stream.giveUp(with: refusal.failure)
            }
            switch step {
            case .wait(let pause):
                do { try await request.loop.sleep(for: pause) } catch { return stream.abandon() }
            case .attempt(let runner, let running):
                let outcome = await runner.run()
                switch outcome {
                case .begun(let next): return await follow(next, running)
                case .failed(let refusal):
                    running.end()
                    note(refusal, of: running)
                case .interrupted(let next, let refusal):
                    running.end()
                    note(refusal, of: running)
                    return await goOn(with: next, after: refusal)
                case .clientGone:
                    running.end()
                    return stream.abandon()
                case .delivered, .broken: return running.end(with: outcome)
                }
            }
        }
    }

    private func runner(
        for attempt: Attempt,
        continuing stream: StreamDelivery?
    ) throws(Failure) -> AttemptRunner {
        let call = try gateway.call(for: attempt, stream: question.wantsStream, request)
        let target = gateway.ledgerTarget(of: attempt, dialect: call.dialect, request.configuration)
        ledger.target = target
        return try AttemptRunner(
            gateway: gateway,
            request: request,
            question: question,
            call: call,
            target: target,
            ledger: ledger,
            policies: policies,
            state: state,
            sink: sink,
            continuing: stream
        )
    }

    /// Tells the plan and the store what came of an attempt; returns whether the request is over.
    @inline(never) private func conclude(_ outcome: AttemptOutcome, of running: RunningAttempt) -> Bool {
        switch outcome {
        case .delivered:
            gateway.remember(plan.succeeded(start: running.start))
            return true
        case .clientGone:
            ledger.settleGone()
            return true
        case .begun, .interrupted: return true
        case .broken(let failure):
            note(UpstreamRefusal(failure: failure), of: running)
            return true
        case .failed(let refusal):
            note(refusal, of: running)
            return false
        }
    }

    private func note(_ refusal: UpstreamRefusal, of running: RunningAttempt) {
        gateway.remember(plan.failed(running.evidence(of: refusal), at: gateway.time.wall()))
    }
}
