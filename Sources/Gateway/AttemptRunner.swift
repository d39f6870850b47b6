import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import JSONCore
import LogCore
import Providers
import TimeCore

/// What one attempt came to.
indirect enum AttemptOutcome {
    /// The client has the whole answer.
    case delivered
    /// Nothing reached the client: another attempt may follow.
    case failed(UpstreamRefusal)
    /// The answer broke off after its first content; the client got an error event.
    case broken(Failure)
    /// The client left.
    case clientGone
}

/// Why nothing came of an attempt, with the header fields that may tell when to come back.
struct UpstreamRefusal {
    var failure: Failure
    var headers = HTTPHeaders()
    /// The beginning of the provider's error body, for classification only.
    var body: [UInt8] = []
    var isReadinessTimeout = false
}

/// Brings an answer to the client.
protocol AnswerDelivery {
    func run() async -> AttemptOutcome
}

/// Runs one attempt: translate, send, relay.
final class AttemptRunner {
    let gateway: Gateway
    let request: ChatRequest
    let question: Question
    let call: UpstreamCall
    let target: Ledger.Target
    let ledger: Ledger
    let sink: any AnswerSink
    private lazy var context = makeContext()

    init(
        gateway: Gateway,
        request: ChatRequest,
        question: Question,
        call: UpstreamCall,
        target: Ledger.Target,
        ledger: Ledger,
        sink: any AnswerSink
    ) {
        self.gateway = gateway
        self.request = request
        self.question = question
        self.call = call
        self.target = target
        self.ledger = ledger
        self.sink = sink
    }

    func run() async -> AttemptOutcome {
        let key = activityKey
        gateway.activeAttempts.begin(key)
        defer { gateway.activeAttempts.end(key) }
        do {
            let source = try await open()
            guard source.status.isSuccess else { return .failed(await refusal(from: source)) }
            return await delivery(of: source).run()
        } catch {
            return outcome(of: error)
        }
    }

    private var activityKey: ActiveAttempts.Key {
        ActiveAttempts.Key(
            provider: target.providerID,
            model: target.model,
            connectionID: target.connectionID ?? ""
        )
    }

    private func delivery(of source: any AnswerSource) -> any AnswerDelivery {
        let relay = AnswerRelay(
            context: context,
            profile: call.profile,
            upstreamContentType: source.header("content-type")
        )
        return question.wantsStream
            ? StreamDelivery(self, source: source, relay: relay) : WholeDelivery(self, source: source, relay: relay)
    }

    private var upstreamStreams: Bool { question.wantsStream || call.forceStream }

    private func makeContext() -> TranslationContext {
        var context = TranslationContext(
            clientDialect: request.dialect,
            upstreamDialect: call.dialect,
            clientModel: question.model,
            upstreamModel: call.upstreamModel,
            wantsStream: question.wantsStream,
            ids: RandomIDs(),
            createdAt: gateway.time.wall().unixSeconds
        )
        context.estimatedInputTokens = question.estimatedInputTokens(in: request.dialect)
        return context
    }

    /// The body to send: translated, then adjusted to what is peculiar to the provider.
    private func translate() throws -> [UInt8] {
        let body = try RequestTranslator.translate(
            question.document,
            profile: call.profile,
            context: &context,
            upstreamStreams: upstreamStreams
        )
        return call.bodyRules.isEmpty ? body : try call.bodyRules.apply(to: body, stream: upstreamStreams)
    }

    /// Sends the request and waits for the head of the answer.
    private func open() async throws -> any AnswerSource {
        if target.providerID == DemoProvider.id { return try answerHere() }
        return try await gateway.client(on: request.loop).send(try message())
    }

    private func answerHere() throws -> LocalSource {
        DemoProvider.answer(
            try JSONDocument.parse(try translate()),
            stream: upstreamStreams,
            id: "chatcmpl-" + RandomIDs().characters(24),
            createdAt: gateway.time.wall().unixSeconds
        )
    }

    private func message() throws -> PreparedRequest {
        var message = ClientRequest(
            method: .post,
            url: call.url,
            headers: call.headers,
            body: try translate(),
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        message.timeouts = Timeouts(call.timeouts, streams: upstreamStreams)
        if upstreamStreams { message.limits.bodyBytes = .max } else { message.compression = .any }
        return try gateway.client(on: request.loop).prepare(message)
    }

    /// Reads the provider's own words about an error status.
    private func refusal(from source: any AnswerSource) async -> UpstreamRefusal {
        let body = await source.beginning(limit: gateway.settings.errorBodyLimit)
        guard source.status.rawValue >= 400 else {
            // A redirect, or anything else that is neither an answer nor an error, must not become the client's status.
            let message = "[\(target.providerID)] The provider answered with status \(source.status)"
            return UpstreamRefusal(failure: Failure(.badGateway, message, cause: .unreadable), headers: source.headers)
        }
        let failure = UpstreamError.read(
            status: source.status.rawValue,
            headers: source.headers,
            body: body,
            dialect: call.dialect
        )
        return UpstreamRefusal(failure: failure, headers: source.headers, body: body)
    }

    /// What an error before or during the transfer means for the attempt loop.
    func outcome(of error: any Error) -> AttemptOutcome {
        if Task.isCancelled || sink.isClientGone { return .clientGone }
        switch error {
        case let error as TransferError:
            gateway.log.debug(
                "a transfer failed",
                .string("provider", target.providerID),
                .string("reason", error.diagnostic)
            )
            return .failed(UpstreamRefusal(failure: error.failure(provider: target.providerID)))
        case let failure as Failure: return .failed(UpstreamRefusal(failure: failure))
        case let error as DialectError: return .failed(UpstreamRefusal(failure: error.failure))
        default:
            gateway.log.error("an attempt failed unexpectedly", .string("error", "\(error)"))
            return .failed(UpstreamRefusal(failure: .internalError))
        }
    }

    /// Accounts for what a client that left has used.
    func settleForGoneClient(_ relay: borrowing AnswerRelay) {
        ledger.settle(
            status: HTTPStatus.clientClosedRequest.rawValue,
            usage: relay.settledUsage,
            reportedCost: relay.providerReportedCost,
            errorCode: "client_gone"
        )
    }

    /// The head fields of an answer.
    func answerHeaders(_ figures: AnswerHeaders.Figures?) -> AnswerHeaders {
        AnswerHeaders(
            sessionID: ledger.sessionID,
            provider: target.prefix,
            model: target.model,
            latency: ledger.latency,
            figures: figures
        )
    }

    /// What is told to the client of an answer's usage.
    func figures(_ relay: borrowing AnswerRelay) -> AnswerHeaders.Figures {
        let usage = relay.usage.bounded
        return AnswerHeaders.Figures(
            inputTokens: usage.totalInput,
            outputTokens: usage.output ?? 0,
            cost: ledger.cost(of: usage, reported: usage.reportedCost)
        )
    }
}

extension Timeouts {
    /// The limits of a call; what is unlimited there waits for a day.
    fileprivate init(_ limits: CallTimeouts, streams: Bool) {
        let unlimited = Duration.seconds(86_400)
        self.init(
            connect: limits.connect ?? unlimited,
            firstByte: limits.headers ?? unlimited,
            idle: (streams ? limits.idle : limits.body) ?? unlimited,
            total: nil
        )
    }
}

extension Failure {
    /// Something that no provider and no client has a part in; the reason is in the log.
    static let internalError = Failure(.server, "Internal error", code: "internal_server_error")
    /// The loop's client is closed; no account has a part in that.
    static let shuttingDown = Failure(.unavailable, "The gateway is shutting down", code: "shutting_down")
}

extension TransferError {
    /// The failure of an attempt whose transfer failed; the message names the provider, never its address.
    func failure(provider: String) -> Failure {
        switch code {
        case .timeout:
            Failure(.timeout, "[\(provider)] The provider did not answer in time", code: "upstream_timeout")
        case .proxy:
            Failure(.unavailable, "[\(provider)] The outbound proxy failed", code: "proxy_unreachable", retryAfter: 2)
        case .closedEarly:
            Failure(.badGateway, "[\(provider)] The provider closed the connection early", cause: .cutOff)
        case .tooLarge, .ratio:
            Failure(.badGateway, "[\(provider)] The provider's answer is too large", cause: .tooLarge)
        case .undecodable, .protocolViolation:
            Failure(.badGateway, "[\(provider)] The provider's answer is malformed", cause: .unreadable)
        case .closed: .shuttingDown
        case .egressRefused:
            Failure(.badGateway, "[\(provider)] The provider's address is not allowed", code: "egress_refused")
        default:
            Failure(
                .badGateway,
                "[\(provider)] The provider could not be reached: \(shortDescription)",
                code: "upstream_unreachable"
            )
        }
    }
}
