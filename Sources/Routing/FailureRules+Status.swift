import Dialects

extension FailureRules {
    /// Rules by status, when no text decided.
    static let ofStatus: [FailureRule] =
        [
            FailureRule(
                name: "subscription token invalid",
                statuses: [401],
                kinds: [.oauth],
                // Refreshed and tried again by the sign-in machinery; the account itself is not written off.
                phrases: [
                    "invalid authentication credentials", "invalid credentials", "login cookie", "oauth 2",
                    "valid authentication credential",
                ],
                verdict: FailureVerdict(.nextAccount, rest: .backoff, reason: .authError)
            ),
            FailureRule(
                name: "unauthorized",
                statuses: [401],
                verdict: FailureVerdict(.nextAccount, reason: .authError, terminal: .expired)
            ),
            FailureRule(
                name: "payment required",
                statuses: [402],
                verdict: FailureVerdict(.nextAccount, reason: .quotaExhausted, terminal: .creditsExhausted)
            ),
            FailureRule(
                name: "project problem of a subscription",
                statuses: [403],
                phrases: [
                    "service_disabled", "permission_denied", "accessnotconfigured", "has not been used in project",
                ],
                verdict: FailureVerdict(.nextAccount, reason: .authError)
            ),
            FailureRule(
                name: "subscription forbidden",
                statuses: [403],
                kinds: [.oauth],
                verdict: FailureVerdict(.nextAccount, reason: .quotaExhausted, terminal: .banned)
            ),
            FailureRule(
                name: "forbidden",
                statuses: [403],
                verdict: FailureVerdict(.nextAccount, rest: .backoff, reason: .quotaExhausted)
            ),
            // A client must not be able to put a model to rest by naming something that its account does not keep.
            FailureRule(
                name: "reference not found",
                statuses: [404],
                phrases: ["item with id", "response with id"],
                verdict: FailureVerdict(.nextModel)
            ),
            // A model that is not there is no fault of the account.
            FailureRule(
                name: "not found",
                statuses: [404],
                verdict: FailureVerdict(
                    .nextAccount,
                    rest: .fixed(.seconds(120)),
                    scope: .model,
                    reason: .modelNotFound
                )
            ),
            FailureRule(
                name: "rate limited",
                statuses: [429],
                verdict: FailureVerdict(.nextAccount, rest: .backoff, reason: .rateLimitExceeded)
            ),
            FailureRule(
                name: "server error",
                condition: { evidence, _ in [406, 408].contains(evidence.status) || evidence.status >= 500 },
                verdict: FailureVerdict(.nextAccount, rest: .backoff, reason: .serverError)
            ),
        ] + ofBadRequest + [
            // Beyond the reference, which rests the account: too large, wrong type and unprocessable are about the request,
            // and a client must not be able to put an account to sleep with a bad one.
            FailureRule(
                name: "request problem",
                statuses: [413, 415, 422],
                verdict: FailureVerdict(.nextModel, reason: .unknown)
            ),
            FailureRule(
                name: "anything else",
                verdict: FailureVerdict(.nextAccount, rest: .base, reason: .unknown)
            ),
        ]

    /// What a 400 can mean.
    private static let ofBadRequest: [FailureRule] = [
        FailureRule(
            name: "context overflow",
            statuses: [400],
            condition: { evidence, _ in isContextOverflow(evidence) },
            verdict: FailureVerdict(.nextModel, reason: .modelCapacity)
        ),
        FailureRule(
            name: "model access denied",
            statuses: [400],
            unless: ["api key", "api_key", "credential", "authentication"],
            condition: { evidence, _ in isModelAccess(evidence) },
            verdict: FailureVerdict(.nextAccount, reason: .modelCapacity)
        ),
        FailureRule(
            name: "rate limit dressed as a bad request",
            statuses: [400],
            phrases: [
                "high frequency", "non-compliant", "too many requests", "rate limit", "频繁", "请求过于",
            ],
            verdict: FailureVerdict(.nextAccount, rest: .backoff, reason: .rateLimitExceeded)
        ),
        // Another account would say the same; a combo's next model may not.
        FailureRule(
            name: "bad request",
            statuses: [400],
            verdict: FailureVerdict(.nextModel, reason: .unknown)
        ),
    ]

    private static func isContextOverflow(_ evidence: FailureEvidence) -> Bool {
        if evidence.failure.kind == .contextLength { return true }
        return evidence.mentions([
            "input too long", "input is too long", "context_length_exceeded", "context length", "context window",
            "too many tokens", "prompt is too long", "maximum context", "token limit", "request too large",
        ])
    }

    private static func isModelAccess(_ evidence: FailureEvidence) -> Bool {
        let codes = ["model_not_found", "deployment_not_found"]
        if let code = evidence.failure.code?.lowercased(), codes.contains(code) { return true }
        if evidence.failure.type == "not_found_error" { return true }
        guard evidence.text.contains("model") else { return false }
        if evidence.failure.type == "permission_error" { return true }
        return evidence.mentions([
            "not found", "not supported", "does not exist", "invalid model", "not available", "unavailable",
            "not enabled for", "access to model",
        ])
    }
}

/// Decides what a failure means.
package enum FailureClassifier {
    /// The verdict of the first rule that applies.
    package static func verdict(on evidence: FailureEvidence, kind: Account.Kind) -> FailureVerdict {
        rule(for: evidence, kind: kind)?.verdict ?? FailureVerdict(.nextAccount, rest: .base)
    }

    /// The rule that decides; tests name it.
    static func rule(for evidence: FailureEvidence, kind: Account.Kind) -> FailureRule? {
        FailureRules.all.first { $0.applies(to: evidence, kind: kind) }
    }
}

extension Duration {
    static func hours(_ count: Int) -> Duration { .seconds(count * 3_600) }
}
