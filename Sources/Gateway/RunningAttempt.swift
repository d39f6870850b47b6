import Dialects
import LogCore
import Routing
import TimeCore

/// An attempt from its beginning to its end, as the gateway's figures and the health of its account see it.
///
/// Apart from the loop of attempts and its plan, because an open stream outlives both.
final class RunningAttempt: Sendable {
    let attempt: Attempt
    let start: WallTime
    private let gateway: Gateway

    init(_ attempt: Attempt, gateway: Gateway) {
        self.attempt = attempt
        self.gateway = gateway
        start = gateway.time.wall()
        gateway.activeAttempts.begin(attempt)
    }

    /// It waits for nothing any more.
    func end() {
        gateway.activeAttempts.end(attempt)
    }

    /// Ends an attempt that no other one can follow, because its answer had begun.
    func end(with outcome: AttemptOutcome) {
        end()
        switch outcome {
        case .delivered: gateway.remember(gateway.health.succeeded(attempt, start: start))
        case .broken(let failure):
            let evidence = evidence(of: UpstreamRefusal(failure: failure))
            gateway.remember(gateway.health.failed(attempt, evidence, at: gateway.time.wall()))
        case .failed, .begun, .interrupted, .clientGone: break
        }
    }

    /// Logs a failure and tells what it says about the account.
    func evidence(of refusal: UpstreamRefusal) -> FailureEvidence {
        gateway.log.info(
            "an attempt failed",
            .string("provider", attempt.target.provider),
            .string("model", attempt.target.model),
            .int("status", refusal.failure.status),
            .string("kind", refusal.failure.kind.rawValue),
            .int("attempt", attempt.number)
        )
        return FailureEvidence(
            refusal.failure,
            provider: attempt.target.provider,
            headers: refusal.headers,
            body: refusal.body,
            isReadinessTimeout: refusal.isReadinessTimeout
        )
    }
}
