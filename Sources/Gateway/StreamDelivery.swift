import Dialects
import EventLoop
import HTTPCore
import Providers
import TimeCore

/// Delivers an answer event by event.
///
/// Until the upstream has said something that means something, every byte is held back, so that a failure can still
/// become another attempt; from then on what arrives together leaves together.
final class StreamDelivery: AnswerDelivery {
    private let attempt: AttemptRunner
    private let source: any AnswerSource
    private var relay: AnswerRelay
    private let readiness: Deadline
    /// Armed when the answer has finished but its stream stays open, so that a missing sentinel holds nobody up.
    private let grace: Deadline
    private var heartbeat: Heartbeat?
    private var pending: [UInt8] = []
    private var isCommitted = false

    init(_ attempt: AttemptRunner, source: any AnswerSource, relay: AnswerRelay) {
        self.attempt = attempt
        self.source = source
        self.relay = relay
        readiness = Deadline(loop: attempt.request.loop, source: source)
        grace = Deadline(loop: attempt.request.loop, source: source)
    }

    func run() async -> AttemptOutcome {
        if let limit = attempt.call.timeouts.readiness { readiness.arm(after: limit) }
        defer {
            readiness.disarm()
            grace.disarm()
            heartbeat?.stop()
        }
        do {
            while let chunk = try await source.read() {
                relay.receive(chunk, into: &pending)
                if let outcome = try await advance() { return outcome }
            }
            relay.finish(cleanEnd: !source.isDelimitedByClose, into: &pending)
            return conclude()
        } catch {
            return interrupted(by: error)
        }
    }

    /// Sends what has become sendable; returns an outcome when the answer has ended.
    private func advance() async throws -> AttemptOutcome? {
        if relay.failure != nil || relay.isComplete { return await concludeEarly() }
        limitTheEnd()
        if !isCommitted {
            guard relay.hasMeaningfulContent else { return nil }
            commit()
        }
        flush()
        try await attempt.sink.waitUntilWritable()
        return nil
    }

    /// Lets the end mark take a while and no longer, whatever comments come instead of it; with several choices the
    /// next one may still begin after that.
    private func limitTheEnd() {
        guard relay.awaitsOnlyTheEnd else { return grace.disarm() }
        if !grace.isArmed { grace.arm(after: attempt.gateway.settings.finishGrace) }
    }

    /// The point of no return: the client gets its status line.
    private func commit() {
        isCommitted = true
        readiness.disarm()
        attempt.ledger.firstContentAt = attempt.gateway.time.monotonic()
        var headers = attempt.answerHeaders(nil).fields
        headers.add("Content-Type", "text/event-stream; charset=utf-8")
        headers.add("Cache-Control", "no-cache, no-transform")
        headers.add("X-Accel-Buffering", "no")
        attempt.sink.startStream(.ok, headers)
        guard let interval = attempt.gateway.settings.heartbeat else { return }
        heartbeat = Heartbeat(
            loop: attempt.request.loop,
            interval: interval,
            frame: attempt.request.dialect.keepAlive,
            sink: attempt.sink
        )
    }

    private func flush() {
        guard !pending.isEmpty else { return }
        attempt.sink.write(pending)
        pending.removeAll(keepingCapacity: true)
        heartbeat?.sent()
    }

    /// Ends the answer although the upstream's stream is still open, then lets that end too: a connection whose body was
    /// read to its end serves the next request.
    private func concludeEarly() async -> AttemptOutcome {
        let outcome = conclude()
        guard case .delivered = outcome else {
            source.cancel()
            return outcome
        }
        grace.arm(after: .seconds(1))
        while let rest = try? await source.read(), !rest.isEmpty {}
        return outcome
    }

    /// Settles the account, then sends the end.
    private func conclude() -> AttemptOutcome {
        let ledger = attempt.ledger
        if let failure = relay.failure {
            guard isCommitted else { return .failed(UpstreamRefusal(failure: failure, headers: source.headers)) }
            ledger.settle(
                status: failure.status,
                usage: relay.settledUsage,
                reportedCost: relay.providerReportedCost,
                errorCode: failure.code ?? failure.kind.rawValue,
                summary: failure.message
            )
            finish()
            return .broken(failure)
        }
        if !isCommitted { commit() }
        ledger.settle(status: 200, usage: relay.usage, reportedCost: relay.providerReportedCost)
        pending.insertBeforeLastEvent(attempt.answerHeaders(attempt.figures(relay)).streamComments)
        finish()
        return .delivered
    }

    private func finish() {
        flush()
        heartbeat?.stop()
        attempt.sink.finish()
    }

    /// The transfer ended with an error: a timeout, a cut connection, or a client that left.
    private func interrupted(by error: any Error) -> AttemptOutcome {
        source.cancel()
        if Task.isCancelled || attempt.sink.isClientGone {
            attempt.settleForGoneClient(relay)
            return .clientGone
        }
        if grace.hasPassed {
            relay.finish(cleanEnd: true, into: &pending)
            return conclude()
        }
        if readiness.hasPassed, !isCommitted {
            return .failed(UpstreamRefusal(failure: lateStart, isReadinessTimeout: true))
        }
        guard case .failed(let refusal) = attempt.outcome(of: error) else { return .clientGone }
        guard isCommitted else { return .failed(refusal) }
        relay.fail(refusal.failure, into: &pending)
        return conclude()
    }

    private var lateStart: Failure {
        Failure(
            .timeout,
            "[\(attempt.target.providerID)] No answer within the readiness time",
            type: "stream_timeout",
            code: "STREAM_READINESS_TIMEOUT"
        )
    }
}
