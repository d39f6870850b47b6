import Dialects
import HTTPClient
import HTTPCore
import LogCore

/// What one attempt came to.
indirect enum AttemptOutcome {
    /// The client has the whole answer.
    case delivered
    /// Nothing reached the client: another attempt may follow.
    case failed(UpstreamRefusal)
    /// The stream has begun: no other attempt can follow. What comes of it shows when its rest was relayed.
    case begun(StreamDelivery)
    /// The answer broke off after its first content; another target may go on with it, and the client knows of nothing.
    case interrupted(StreamDelivery, UpstreamRefusal)
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

extension Gateway {
    /// What an error before or during a transfer means for the attempt loop.
    func outcome(of error: any Error, provider: String, _ sink: any AnswerSink) -> AttemptOutcome {
        if Task.isCancelled || sink.isClientGone { return .clientGone }
        switch error {
        case let error as TransferError:
            log.debug("a transfer failed", .string("provider", provider), .string("reason", error.diagnostic))
            return .failed(UpstreamRefusal(failure: error.failure(provider: provider)))
        case let failure as Failure: return .failed(UpstreamRefusal(failure: failure))
        case let error as DialectError: return .failed(UpstreamRefusal(failure: error.failure))
        default:
            log.error("an attempt failed unexpectedly", .string("error", "\(error)"))
            return .failed(UpstreamRefusal(failure: .internalError))
        }
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
