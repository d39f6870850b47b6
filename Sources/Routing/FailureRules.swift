import Dialects
import HTTPCore
import TimeCore

/// One row of the classifier: when all its conditions hold, its verdict is final.
struct FailureRule: Sendable {
    let name: String
    /// Any status when empty.
    var statuses: Set<Int> = []
    /// Any kind of account when empty.
    var kinds: Set<Account.Kind> = []
    /// Any provider when empty.
    var providers: Set<String> = []
    /// One of these must occur, unless empty.
    var phrases: [String] = []
    /// The only phrases that count in a 429 about an API key: there most texts about quotas mean a plain rate limit.
    var phrasesOfKeyRateLimit: [String]?
    /// None of these may occur.
    var unless: [String] = []
    /// A further condition.
    var condition: (@Sendable (FailureEvidence, Account.Kind) -> Bool)?
    let verdict: FailureVerdict

    func applies(to evidence: FailureEvidence, kind: Account.Kind) -> Bool {
        guard statuses.isEmpty || statuses.contains(evidence.status), kinds.isEmpty || kinds.contains(kind),
            providers.isEmpty || providers.contains(evidence.provider)
        else { return false }
        let isKeyRateLimit = evidence.status == 429 && kind != .oauth
        let wanted = isKeyRateLimit ? phrasesOfKeyRateLimit ?? phrases : phrases
        guard phrases.isEmpty || evidence.mentions(wanted, inOwnText: verdict.isHarmful), !evidence.mentions(unless)
        else { return false }
        return condition?(evidence, kind) ?? true
    }
}

/// The rules in their order; the first that applies decides.
enum FailureRules {
    static let all: [FailureRule] = notTheAccount + ofProviders + ofText + ofStatus

    /// Failures that say nothing about the account.
    private static let notTheAccount: [FailureRule] = [
        FailureRule(name: "client gone", statuses: [499], verdict: FailureVerdict(.stop)),
        // Every other account would meet the same fault, and none has a part in it.
        FailureRule(
            name: "fault of the gateway",
            condition: { evidence, _ in
                evidence.failure.cause == .gateway
                    && ["internal_server_error", "shutting_down"].contains(evidence.failure.code)
            },
            verdict: FailureVerdict(.stop)
        ),
        // The gateway found out by itself, before anything was sent: a setting is missing or the model cannot be called.
        FailureRule(
            name: "model cannot be called",
            condition: { evidence, _ in
                evidence.failure.cause == .gateway
                    && ["provider_not_supported", "strict_loss", "not_continuable"].contains(evidence.failure.code)
            },
            verdict: FailureVerdict(.nextModel)
        ),
        FailureRule(
            name: "connection cannot be used",
            condition: { evidence, _ in
                evidence.failure.cause == .gateway
                    && ["connection_incomplete", "egress_refused"].contains(evidence.failure.code)
            },
            verdict: FailureVerdict(.nextAccount)
        ),
        // Another account of the provider may be the one that keeps the conversation.
        FailureRule(
            name: "conversation kept elsewhere",
            condition: { evidence, _ in
                evidence.failure.cause == .gateway && evidence.failure.code == "previous_response_not_found"
            },
            verdict: FailureVerdict(.nextAccount)
        ),
        // The next account may still do better, but an empty answer can be the right one to an odd prompt, and a slow
        // start the fault of a long one.
        FailureRule(
            name: "empty answer",
            condition: { evidence, _ in evidence.failure.cause == .emptyAnswer },
            verdict: FailureVerdict(.nextAccount, reason: .serverError)
        ),
        FailureRule(
            name: "stream did not begin in time",
            condition: { evidence, _ in evidence.isReadinessTimeout },
            verdict: FailureVerdict(.nextAccount, reason: .serverError)
        ),
    ]

    /// Rules of single providers, before the general ones.
    private static let ofProviders: [FailureRule] = [
        FailureRule(
            name: "OpenCode monthly limit",
            statuses: [429],
            providers: ["opencode", "opencode-zen", "opencode-go"],
            phrases: ["monthly usage limit reached"],
            verdict: FailureVerdict(.nextAccount, rest: .hint(otherwise: .hours(24)), reason: .quotaExhausted)
        ),
        FailureRule(
            name: "plan quota by code",
            phrases: ["organization_quota_exceeded", "account_quota_exceeded", "plan_limit_reached"],
            verdict: FailureVerdict(.nextAccount, rest: .hint(otherwise: .hours(1)), reason: .quotaExhausted)
        ),
        FailureRule(
            name: "MiniMax model quota",
            statuses: [429],
            providers: ["minimax", "minimax-cn"],
            condition: { evidence, _ in
                let left = evidence.headers["x-model-quota-remaining"] ?? ""
                return left.split(separator: ",").contains { $0.hasSuffix("=0") }
            },
            verdict: FailureVerdict(
                .nextAccount,
                rest: .hint(otherwise: .hours(1)),
                scope: .model,
                reason: .quotaExhausted
            )
        ),
        FailureRule(
            name: "Cloudflare daily allocation",
            providers: ["cloudflare-ai"],
            phrases: ["daily free allocation"],
            verdict: FailureVerdict(.nextAccount, rest: .untilUTCMidnight, reason: .quotaExhausted)
        ),
    ]

    private static let ofText: [FailureRule] =
        [
            FailureRule(
                name: "account dead",
                phrases: [
                    "account_deactivated", "account has been deactivated", "account has been disabled",
                    "your account has been suspended", "this account is deactivated", "verify your account to continue",
                    "this service has been disabled in this account",
                ],
                verdict: FailureVerdict(
                    .nextAccount,
                    rest: .fixed(.hours(24 * 365)),
                    reason: .authError,
                    terminal: .deactivated
                )
            ),
            // A key out of credit that says so in a 429 rests; it is not written off, since the words are not conclusive.
            FailureRule(
                name: "credits gone, said by a rate limit of a key",
                statuses: [429],
                kinds: [.apiKey, .local],
                phrases: clearCreditTexts,
                verdict: FailureVerdict(.nextAccount, rest: .fixed(.seconds(120)), reason: .quotaExhausted)
            ),
            FailureRule(
                name: "credits gone",
                phrases: creditTexts,
                phrasesOfKeyRateLimit: [],
                verdict: FailureVerdict(
                    .nextAccount,
                    rest: .fixed(.seconds(120)),
                    reason: .quotaExhausted,
                    terminal: .creditsExhausted
                )
            ),
            FailureRule(
                name: "daily quota",
                phrases: ["today's quota", "daily quota", "try again tomorrow"],
                phrasesOfKeyRateLimit: [
                    "try again tomorrow", "daily quota exceeded", "daily quota has been", "today's quota has been",
                ],
                verdict: FailureVerdict(.nextAccount, rest: .untilLocalMidnight, scope: .model, reason: .quotaExhausted)
            ),
            FailureRule(
                name: "usage limit",
                phrases: [
                    "usage limit reached", "usage limit has been", "you've reached your usage limit",
                    "you have reached your usage limit",
                ],
                verdict: FailureVerdict(.nextAccount, rest: .hint(otherwise: .hours(1)), reason: .quotaExhausted)
            ),
            FailureRule(
                name: "weekly limit",
                phrases: ["weekly usage limit", "weekly limit reached", "reached your weekly"],
                verdict: FailureVerdict(.nextAccount, rest: .fixed(.hours(24)), reason: .quotaExhausted)
            ),
            FailureRule(
                name: "session limit",
                phrases: ["session usage limit", "session limit reached"],
                verdict: FailureVerdict(.nextAccount, rest: .fixed(.hours(5)), reason: .quotaExhausted)
            ),
            FailureRule(
                name: "quota with a reset time",
                phrases: quotaTexts,
                phrasesOfKeyRateLimit: ["quota will reset", "quota has been exhausted"],
                condition: { evidence, _ in RetryHint.seemsPresent(in: evidence) },
                verdict: FailureVerdict(.nextAccount, rest: .hint(otherwise: .hours(1)), reason: .quotaExhausted)
            ),
            // Gateways in front of many vendors refuse flagged input with 403: the fault of the prompt, and a client must
            // not be able to put the account of all others to rest with one.
            FailureRule(
                name: "content refused",
                statuses: [403],
                phrases: ["flagged", "moderation", "content policy", "content_policy"],
                verdict: FailureVerdict(.nextModel)
            ),
            FailureRule(
                name: "route not authorized",
                statuses: [403],
                phrases: ["not authorized for this route"],
                verdict: FailureVerdict(.nextModel, reason: .authError)
            ),
            FailureRule(
                name: "key forbidden",
                statuses: [403],
                kinds: [.apiKey, .local],
                unless: ["has not been used in project", "hour quota", "quota has been exceeded"],
                verdict: FailureVerdict(.nextAccount, rest: .backoff, reason: .authError)
            ),
        ]
        + ofGeneralText

    /// Texts of any status but 400, which has rows of its own, and not of a key's 429, which is a rate limit anyway.
    private static let ofGeneralText: [FailureRule] = [
        textRule("no credentials", ["no credentials"], .fixed(.seconds(120)), .authError),
        textRule("request not allowed", ["request not allowed"], .fixed(.seconds(5)), .rateLimitExceeded),
        FailureRule(
            name: "improperly formed request",
            phrases: ["improperly formed request"],
            verdict: FailureVerdict(.nextModel, reason: .modelCapacity)
        ),
        textRule("rate limit text", ["rate limit", "too many requests"], .backoff, .rateLimitExceeded),
        textRule("quota text", quotaTexts, .backoff, .quotaExhausted),
        textRule("capacity text", ["capacity", "overloaded", "high demand"], .backoff, .modelCapacity),
    ]

    private static func textRule(
        _ name: String,
        _ phrases: [String],
        _ rest: FailureVerdict.Rest,
        _ reason: FailureVerdict.Reason
    ) -> FailureRule {
        FailureRule(
            name: name,
            phrases: phrases,
            phrasesOfKeyRateLimit: [],
            // 401 and 402 are about the account, 404 about the model: their own rows decide.
            condition: { evidence, _ in ![400, 401, 402, 404, 413, 415, 422].contains(evidence.status) },
            verdict: FailureVerdict(.nextAccount, rest: rest, reason: reason)
        )
    }

    private static let creditTexts = [
        "insufficient_quota", "billing_hard_limit_reached", "exceeded your current quota",
        "exceeded your current usage quota", "credit_balance_too_low", "your credit balance is too low",
        "credits exhausted", "out of credits", "payment required", "insufficient account balance",
        "insufficient balance", "free tier of the model has been exhausted",
    ]

    /// Google's OpenAI-style servers say "exceeded your current quota" for a rate limit.
    private static let clearCreditTexts = [
        "insufficient_quota", "billing_hard_limit_reached", "credit_balance_too_low", "your credit balance is too low",
        "credits exhausted", "out of credits", "insufficient account balance", "insufficient balance",
    ]

    private static let quotaTexts = [
        "hour quota", "quota has been exceeded", "quota exceeded", "quota will reset", "exhausted your capacity",
        "quota exhausted", "quota has been exhausted", "quota depleted",
    ]
}
