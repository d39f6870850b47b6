import Dialects
import HTTPCore
import JSONCore
import LogCore
import Providers
import Store
import Synchronization
import TimeCore

/// What is known of one request for its usage record; written once, at its end.
///
/// It lasts as long as the answer, and takes from the request what it needs: an open stream must not hold all of it.
final class Ledger {
    let gateway: Gateway
    private(set) var isSettled = false

    private let recordID: String
    private let dialect: Dialect
    private let path: String
    private let key: Key?
    private let receivedAt: MonotonicTime
    let requestedModel: String
    let isStream: Bool
    /// The combo that the model's name turned out to be.
    var comboName: String?
    /// Computed on first use, because fingerprints of long prompts are not free; the request is let go of then.
    private(set) lazy var sessionID = takeSessionID()
    private var fingerprinted: (headers: HTTPHeaders, body: JSONValue)?
    /// Of the attempt that answered, or of the last one.
    var target: Target?
    var firstContentAt: MonotonicTime?
    /// What was used by targets whose answers broke off and were gone on with.
    private var earlier: Part?
    /// What the target of the attempt that answered, or of the last one, could not express.
    var losses: [Loss] = []

    /// An object, because there is hardly ever one.
    private final class Part {
        let usage: Usage
        let cost: Double?

        init(_ usage: Usage, _ cost: Double?) { (self.usage, self.cost) = (usage, cost) }
    }

    /// What the record tells of the key that was presented.
    private struct Key {
        let id: String
        let name: String
        let isLogged: Bool
    }

    /// What an attempt asked, as the record tells it.
    final class Target: Sendable {
        let providerID: String
        /// What names the provider in front of a model.
        let prefix: String
        let model: String
        let connectionID: String?
        /// What the user calls the account.
        let account: String?
        let dialect: Dialect
        let price: Price?
        /// The entry of the combo.
        let stepID: String?

        init(
            providerID: String,
            prefix: String,
            model: String,
            connectionID: String?,
            account: String?,
            dialect: Dialect,
            price: Price?,
            stepID: String?
        ) {
            self.providerID = providerID
            self.prefix = prefix
            self.model = model
            self.connectionID = connectionID
            self.account = account
            self.dialect = dialect
            self.price = price
            self.stepID = stepID
        }
    }

    init(_ request: ChatRequest, _ question: Question, gateway: Gateway) {
        self.gateway = gateway
        recordID = request.recordID
        dialect = request.dialect
        path = request.path
        key = request.key.map { Key(id: $0.id, name: $0.name, isLogged: $0.isLogged) }
        receivedAt = request.receivedAt
        requestedModel = question.model
        isStream = question.wantsStream
        fingerprinted = (request.headers, question.document.root)
        gateway.counters.active.wrappingAdd(1, ordering: .relaxed)
    }

    deinit {
        gateway.counters.active.wrappingSubtract(1, ordering: .relaxed)
    }

    private func takeSessionID() -> String {
        guard let (headers, body) = fingerprinted else { return "" }
        fingerprinted = nil
        return Session.id(headers: headers, body: body, model: requestedModel)
    }

    /// Makes the request one of an earlier request's session, unless its client names another.
    func join(session id: String) {
        guard let (headers, _) = fingerprinted, Session.named(in: headers) == nil else { return }
        fingerprinted = nil
        sessionID = id
    }

    /// Time since the request was complete.
    var latency: Duration { gateway.time.monotonic() - receivedAt }

    /// Cost of what was used, nil when unknown.
    func cost(of usage: Usage, reported: Double?) -> Double? {
        CostCalculator.cost(usage: usage, price: target?.price, providerReported: reported)
    }

    /// Accounts for a target whose answer broke off and is gone on with by another one.
    func addPart(_ usage: Usage, reportedCost: Double?) {
        let (usage, cost) = total(usage, reportedCost: reportedCost)
        earlier = Part(usage, cost)
    }

    /// What all targets of the request have used and cost, of which `usage` is the last one's.
    func total(_ usage: Usage, reportedCost: Double?) -> (usage: Usage, cost: Double?) {
        let usage = usage.bounded
        let cost = cost(of: usage, reported: reportedCost)
        guard let earlier else { return (usage, cost) }
        return (earlier.usage.adding(usage), Self.sum(earlier.cost, cost))
    }

    /// Of prices that are not all known there is no sum.
    private static func sum(_ one: Double?, _ two: Double?) -> Double? {
        guard let one, let two else { return nil }
        return one + two
    }

    /// Appends the usage record to the journal.
    ///
    /// Called before the client sees the end of its answer, so that a record exists for every answer that a client saw
    /// completed, even if the process is killed right after.
    func settle(status: Int, usage: Usage, reportedCost: Double?, errorCode: String? = nil, summary: String? = nil) {
        guard !isSettled else { return }
        isSettled = true
        if !losses.isEmpty { logLosses() }
        let (usage, cost) = total(usage, reportedCost: reportedCost)
        let outcome = gateway.store.journal.append(
            UsageRecord(
                requestID: recordID,
                timestamp: gateway.time.wall(),
                provider: target?.providerID,
                model: target?.model,
                requestedModel: requestedModel,
                connectionID: target?.connectionID,
                apiKeyID: key?.id,
                apiKeyName: key?.name,
                input: usage.input,
                output: usage.output,
                cacheRead: usage.cacheRead,
                cacheWrite: usage.cacheWrite,
                reasoning: usage.reasoning,
                costUSD: cost,
                estimated: usage.estimated,
                serviceTier: usage.serviceTier,
                status: status,
                success: status < 400,
                latencyMs: gateway.time.monotonic().milliseconds(since: receivedAt),
                ttftMs: firstContentAt.map { $0.milliseconds(since: receivedAt) },
                errorCode: errorCode,
                errorSummary: summary,
                comboName: comboName,
                comboStepID: target?.stepID,
                sourceFormat: dialect.rawValue,
                targetFormat: target?.dialect.rawValue,
                stream: isStream,
                path: path,
                account: target?.account,
                requestType: "chat",
                isLogged: key?.isLogged ?? true,
                // A request that reached no provider is listed, but it used nothing.
                isCounted: target != nil
            )
        )
        guard outcome != .written else { return }
        gateway.counters.lateUsageRecords.wrappingAdd(1, ordering: .relaxed)
        gateway.log.error("a usage record could not be written to disk yet")
    }

    private func logLosses() {
        gateway.log.info(
            "a target could not express all of a request",
            .string("record", recordID),
            .string("provider", target?.providerID ?? ""),
            .string("model", target?.model ?? ""),
            .string("losses", LossList.text(losses))
        )
    }

    /// Accounts for a request that nothing answered.
    func settle(failure: Failure) {
        settle(
            status: failure.status,
            usage: Usage(),
            reportedCost: nil,
            errorCode: failure.code ?? failure.kind.rawValue,
            summary: failure.message
        )
    }

    /// Accounts for a client that left before anything was known, unless that was done already.
    func settleGone() {
        settle(
            status: HTTPStatus.clientClosedRequest.rawValue,
            usage: Usage(),
            reportedCost: nil,
            errorCode: "client_gone"
        )
    }
}
