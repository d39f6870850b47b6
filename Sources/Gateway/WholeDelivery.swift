import Dialects
import EventLoop
import HTTPCore
import TimeCore

/// Delivers an answer in one piece, whether or not the upstream streams it: nothing reaches the client before everything is
/// known, so that any failure can still become another attempt.
final class WholeDelivery: AnswerDelivery {
    private let gateway: Gateway
    private let ledger: Ledger
    private let sink: any AnswerSink
    private let provider: String
    private let state: ResponsesState?
    private let source: any AnswerSource
    private let loop: EventLoop
    private var relay: AnswerRelay
    private var body: [UInt8] = []
    /// Armed when the answer has finished but its stream stays open: a missing end mark holds nobody up.
    private var grace: Deadline?

    init(_ attempt: AttemptRunner, source: any AnswerSource, relay: AnswerRelay) {
        gateway = attempt.gateway
        ledger = attempt.ledger
        sink = attempt.sink
        provider = attempt.target.providerID
        state = attempt.state
        self.source = source
        self.relay = relay
        loop = attempt.request.loop
    }

    func run() async -> AttemptOutcome {
        defer { grace?.disarm() }
        do {
            while !relay.isOver, let chunk = try await source.read() {
                relay.receive(chunk, into: &body)
                watchForTheEnd()
            }
            relay.finish(cleanEnd: !source.isDelimitedByClose, into: &body)
        } catch _ where grace?.hasPassed == true {
            relay.finish(cleanEnd: true, into: &body)
        } catch {
            let outcome = gateway.outcome(of: error, provider: provider, sink)
            if case .clientGone = outcome { ledger.settleForGoneClient(relay) }
            return outcome
        }
        return conclude()
    }

    private func watchForTheEnd() {
        guard relay.awaitsOnlyTheEnd else { return grace?.disarm() ?? () }
        let grace = grace ?? Deadline(loop: loop, source: source)
        if !grace.isArmed { grace.arm(after: gateway.settings.finishGrace) }
        self.grace = grace
    }

    private func conclude() -> AttemptOutcome {
        if let failure = relay.failure { return .failed(UpstreamRefusal(failure: failure, headers: source.headers)) }
        ledger.count(relay.toolCallReport)
        ledger.firstContentAt = gateway.time.monotonic()
        let now = gateway.time.monotonic()
        state?.keep(relay.storedAnswer, isProviders: relay.keepsProviderIDs, session: ledger.sessionID, at: now)
        ledger.settle(status: 200, usage: relay.usage, reportedCost: relay.providerReportedCost)
        var headers = ledger.answerHeaders(ledger.figures(relay)).fields
        headers.add("Content-Type", "application/json")
        sink.respond(.ok, headers, body)
        return .delivered
    }
}
