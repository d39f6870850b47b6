import Dialects
import EventLoop
import HTTPCore
import JSONCore
import Providers
import TimeCore

/// Delivers an answer event by event.
///
/// Until the upstream has said something that means something, every byte is held back, so that a failure can still
/// become another attempt; from then on what arrives together leaves together. That is also where `run` ends: an open
/// stream holds this object and nothing of what led to it.
///
/// `@unchecked Sendable`: used on its loop only.
final class StreamDelivery: AnswerDelivery, @unchecked Sendable {
    private let gateway: Gateway
    private let ledger: Ledger
    private let sink: any AnswerSink
    private let loop: EventLoop
    private let framing: StreamFraming
    private let takesComments: Bool
    private let state: ResponsesState?
    private let source: any AnswerSource
    private var relay: AnswerRelay
    private let readinessLimit: Duration?
    /// Until the answer has begun.
    private var readiness: Deadline?
    /// Armed when the answer has finished but its stream stays open, so that a missing sentinel holds nobody up.
    private var grace: Deadline?
    private var heartbeat: Heartbeat?
    /// What the client has not been sent; once it has begun to be sent, with storage from `scratch` while a piece is relayed.
    private var pending: [UInt8] = []
    private let scratch: ScratchBuffer
    /// Whether content of this answer has been sent.
    private var isCommitted = false
    /// The stream of another target that this one goes on with, until it does.
    private var predecessor: StreamDelivery?
    /// How often another target has gone on with the answer.
    private let seams: Int
    /// Whether what the target used is in the ledger already.
    private var isAccounted = false

    init(
        _ attempt: AttemptRunner,
        source: any AnswerSource,
        relay: AnswerRelay,
        continuing predecessor: StreamDelivery? = nil
    ) {
        self.predecessor = predecessor
        seams = predecessor.map { $0.seams + 1 } ?? 0
        gateway = attempt.gateway
        ledger = attempt.ledger
        sink = attempt.sink
        loop = attempt.request.loop
        framing = attempt.request.dialect.framing(attempt.request.address.layout)
        takesComments = attempt.request.dialect.takesComments
        state = attempt.state
        scratch = gateway.scratch(of: loop)
        readinessLimit = attempt.call.timeouts.readiness
        self.source = source
        self.relay = relay
    }

    /// Delivers the answer up to its first content, or to its end if that comes with it.
    func run() async -> AttemptOutcome {
        armReadiness()
        var hasRest = false
        defer { if !hasRest { stopDeadlines() } }
        do {
            while let chunk = try await source.read() {
                if receive(chunk) { return await concludeEarly() }
                hasRest = isCommitted
                if hasRest { return .begun(self) }
            }
            return concludeAtEnd()
        } catch {
            return interrupted(by: error)
        }
    }

    /// Delivers the rest of an answer that has begun.
    func relayRest() async -> AttemptOutcome {
        defer { stopDeadlines() }
        do {
            while true {
                if !sink.isWritable { try await sink.waitUntilWritable() }
                guard let chunk = try await source.read() else { return concludeAtEnd() }
                if receive(chunk) { return await concludeEarly() }
            }
        } catch {
            return interrupted(by: error)
        }
    }

    private func armReadiness() {
        guard let readinessLimit else { return }
        readiness = Deadline(loop: loop, source: source)
        readiness?.arm(after: readinessLimit)
    }

    @inline(never) private func stopDeadlines() {
        readiness?.disarm()
        grace?.disarm()
    }

    // What is inlined into a function that waits makes its frame larger, which every open stream has.

    /// Sends what has become sendable; returns whether the answer has ended.
    @inline(never) private func receive(_ chunk: [UInt8]) -> Bool {
        if isCommitted { scratch.lend(to: &pending) }
        relay.receive(chunk, into: &pending)
        if relay.isOver { return true }
        limitTheEnd()
        if !isCommitted, relay.hasMeaningfulContent { commit() }
        if isCommitted { flush() }
        return false
    }

    /// Lets the end mark take a while and no longer, whatever comments come instead of it; with several choices the
    /// next one may still begin after that.
    private func limitTheEnd() {
        if !relay.awaitsOnlyTheEnd {
            grace?.disarm()
        } else if grace?.isArmed != true {
            armGrace(gateway.settings.finishGrace)
        }
    }

    private func armGrace(_ limit: Duration) {
        let deadline = grace ?? Deadline(loop: loop, source: source)
        grace = deadline
        deadline.arm(after: limit)
    }

    /// The point of no return: the client gets its status line.
    private func commit() {
        isCommitted = true
        readiness?.disarm()
        readiness = nil
        if let predecessor {
            predecessor.heartbeat?.stop()
            self.predecessor = nil
        } else {
            sendHead()
        }
        guard let interval = gateway.settings.heartbeat else { return }
        heartbeat = Heartbeat(loop: loop, interval: interval, sink: sink) { [unowned self] in keepAlive() }
    }

    private func sendHead() {
        ledger.firstContentAt = gateway.time.monotonic()
        var headers = ledger.answerHeaders(nil).fields
        headers.add("Content-Type", framing.contentType)
        headers.add("Cache-Control", "no-cache, no-transform")
        headers.add("X-Accel-Buffering", "no")
        if !takesComments { headers.add("Trailer", Self.endField) }
        sink.startStream(.ok, headers)
    }

    private func keepAlive() -> [UInt8] {
        var frame: [UInt8] = []
        relay.writeKeepAlive(into: &frame)
        return frame
    }

    private func flush() {
        if !pending.isEmpty {
            sink.write(pending)
            heartbeat?.sent()
        }
        scratch.takeBack(&pending)
    }

    /// Ends the answer although the upstream's stream is still open, then lets that end too: a connection whose body was
    /// read to its end serves the next request.
    private func concludeEarly() async -> AttemptOutcome {
        let outcome = conclude()
        guard case .delivered = outcome else {
            source.cancel()
            return outcome
        }
        armGrace(.seconds(1))
        while let rest = try? await source.read(), !rest.isEmpty {}
        return outcome
    }

    /// The upstream's stream is over, whether or not it said so.
    @inline(never) private func concludeAtEnd() -> AttemptOutcome {
        relay.finish(cleanEnd: !source.isDelimitedByClose, into: &pending)
        return conclude()
    }

    /// Settles the account, then sends the end.
    @inline(never) private func conclude() -> AttemptOutcome {
        ledger.count(relay.toolCallReport)
        if let failure = relay.failure {
            let refusal = UpstreamRefusal(failure: failure, headers: source.headers)
            guard isCommitted else { return .failed(refusal) }
            if relay.isContinuable { return interrupted(by: refusal) }
            giveUp(with: failure)
            return .broken(failure)
        }
        if !isCommitted { commit() }
        let now = gateway.time.monotonic()
        state?.keep(relay.storedAnswer, isProviders: relay.keepsProviderIDs, session: ledger.sessionID, at: now)
        ledger.settle(status: 200, usage: relay.usage, reportedCost: relay.providerReportedCost)
        finish(seams == 0 ? "whole" : "stitched(\(seams))")
        return .delivered
    }

    /// Tells the client at the end what was used and what became of the stream.
    private func addComments(_ state: String) {
        // What has been accounted for already must not count twice.
        let figures = isAccounted ? ledger.figures(Usage(), reportedCost: 0) : ledger.figures(relay)
        var comments = ledger.answerHeaders(figures).streamComments
        comments.removeLast()  // the blank line, which ends them
        comments.append(contentsOf: ": x-omniroute-stream=\(state)\n\n".utf8)
        pending.insertBeforeLastEvent(comments)
    }

    /// Where clients whose streams have no room for it are told what became of the stream.
    private static let endField = "X-OmniRoute-Stream"

    private func finish(_ state: String) {
        if takesComments { addComments(state) }
        flush()
        heartbeat?.stop()
        sink.finish(takesComments ? HTTPHeaders() : HTTPHeaders([(Self.endField, state)]))
    }

    /// The transfer ended with an error: a timeout, a cut connection, or a client that left.
    @inline(never) private func interrupted(by error: any Error) -> AttemptOutcome {
        source.cancel()
        if Task.isCancelled || sink.isClientGone {
            ledger.settleForGoneClient(relay)
            return .clientGone
        }
        if grace?.hasPassed == true {
            relay.finish(cleanEnd: true, into: &pending)
            return conclude()
        }
        if readiness?.hasPassed == true {
            return .failed(UpstreamRefusal(failure: lateStart, isReadinessTimeout: true))
        }
        let outcome = gateway.outcome(of: error, provider: provider, sink)
        guard isCommitted, case .failed(let refusal) = outcome else { return outcome }
        if relay.isContinuable { return self.interrupted(by: refusal) }
        relay.fail(refusal.failure, into: &pending)
        return conclude()
    }

    // MARK: - Going on with another target

    /// Leaves the stream as it is, for another target to go on with; keep-alives are still sent.
    private func interrupted(by refusal: UpstreamRefusal) -> AttemptOutcome {
        source.cancel()
        flush()
        ledger.addPart(relay.settledUsage, reportedCost: relay.providerReportedCost)
        isAccounted = true
        return .interrupted(self, refusal)
    }

    /// The client's request with the answer so far behind it.
    func continuationRequest(_ request: JSONDocument, profile: TargetProfile) -> JSONDocument? {
        relay.continuationRequest(request, profile: profile)
    }

    /// What turns another target's answer into the rest of this one.
    func continued(
        _ context: TranslationContext,
        profile: TargetProfile,
        upstreamContentType: String?
    ) -> AnswerRelay {
        AnswerRelay(
            continuing: relay,
            context: context,
            profile: profile,
            upstreamContentType: upstreamContentType
        )
    }

    /// Ends the stream with the client's error event.
    func giveUp(with failure: Failure) {
        relay.fail(failure, into: &pending)
        ledger.settle(
            status: failure.status,
            usage: isAccounted ? Usage() : relay.settledUsage,
            reportedCost: isAccounted ? 0 : relay.providerReportedCost,
            errorCode: failure.code ?? failure.kind.rawValue,
            summary: failure.message
        )
        finish("failed")
    }

    /// Ends a stream that nobody goes on with any more, because its client has left.
    func abandon() {
        heartbeat?.stop()
        ledger.settleGone()
    }

    private var provider: String { ledger.target?.providerID ?? "" }

    private var lateStart: Failure {
        Failure(
            .timeout,
            "[\(provider)] No answer within the readiness time",
            type: "stream_timeout",
            code: "STREAM_READINESS_TIMEOUT"
        )
    }
}
