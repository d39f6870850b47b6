import Dialects
import HTTPCore
import Testing
import TimeCore

@testable import Routing

struct FailureClassifierTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let rule: String
        let evidence: FailureEvidence
        var kind = Account.Kind.apiKey
        var testDescription: String { "\(rule): \(evidence.status) \(evidence.failure.message) (\(kind))" }

        init(_ rule: String, _ evidence: FailureEvidence, _ kind: Account.Kind = .apiKey) {
            self.rule = rule
            self.evidence = evidence
            self.kind = kind
        }
    }

    static let rows = [
        Row("model cannot be called", evidence(406, code: "provider_not_supported", cause: .gateway)),
        Row("connection cannot be used", evidence(401, code: "connection_incomplete", cause: .gateway)),
        Row("connection cannot be used", evidence(502, code: "egress_refused", cause: .gateway)),
        Row("conversation kept elsewhere", evidence(400, code: "previous_response_not_found", cause: .gateway)),
        Row("bad request", evidence(400, code: "previous_response_not_found")),
        Row("reference not found", evidence(404, "Item with id 'rs_1' not found. Items are not persisted when")),
        Row("reference not found", evidence(404, "Previous response with id 'resp_1' not found.")),
        Row("fault of the gateway", evidence(500, code: "internal_server_error", cause: .gateway)),
        Row("fault of the gateway", evidence(503, code: "shutting_down", cause: .gateway)),
        Row("server error", evidence(500, code: "internal_server_error")),
        Row("server error", evidence(502, code: "upstream_unreachable", cause: .gateway)),
        Row("server error", evidence(504, code: "upstream_timeout", cause: .gateway)),
        Row("client gone", evidence(499)), Row("empty answer", evidence(502, cause: .emptyAnswer)),
        Row("stream did not begin in time", evidence(504, isReadinessTimeout: true)),
        Row(
            "OpenCode monthly limit",
            evidence(429, "Monthly usage limit reached, resets in 3 days", provider: "opencode-zen")
        ),
        Row("usage limit", evidence(429, "Monthly usage limit reached", provider: "openai")),
        Row("plan quota by code", evidence(429, code: "account_quota_exceeded")),
        Row("plan quota by code", evidence(403, code: "organization_quota_exceeded"), .oauth),
        Row(
            "MiniMax model quota",
            evidence(429, provider: "minimax", headers: [("X-Model-Quota-Remaining", "a=5,b=0")])
        ),
        Row("rate limited", evidence(429, provider: "minimax", headers: [("X-Model-Quota-Remaining", "a=50")])),
        Row(
            "Cloudflare daily allocation",
            evidence(429, "you have used up your daily free allocation", provider: "cloudflare-ai")
        ),
        // Dead accounts
        Row("account dead", evidence(401, "The account has been deactivated.")),
        Row("account dead", evidence(403, code: "account_deactivated"), .oauth),
        Row("account dead", evidence(400, "Your account has been suspended")),
        Row("bad request", evidence(400, "Invalid value: 'account_deactivated'")),
        // Credits
        Row("credits gone", evidence(400, "Your credit balance is too low to access the Anthropic API.")),
        Row("credits gone", evidence(403, "Insufficient balance")),
        Row("credits gone", evidence(402, "Payment required")),
        Row("credits gone", evidence(429, "You exceeded your current quota"), .oauth),
        Row("credits gone, said by a rate limit of a key", evidence(429, code: "insufficient_quota")),
        Row("rate limited", evidence(429, "You exceeded your current quota, please check your plan")),
        Row("bad request", evidence(400, "Unknown parameter: out of credits")),
        Row("bad request", evidence(400, "Invalid 'x': credits exhausted")),
        // Quotas
        Row("daily quota", evidence(429, "today's quota is used up"), .oauth),
        Row("daily quota", evidence(429, "Daily quota exceeded")),
        Row("rate limited", evidence(429, "daily quota: 1000 per day, try later")),
        Row("daily quota", evidence(403, "try again tomorrow")),
        Row("usage limit", evidence(429, "You've reached your usage limit")),
        Row("weekly limit", evidence(429, "Weekly usage limit hit")),
        Row("session limit", evidence(429, "Session limit reached")),
        Row("quota with a reset time", evidence(429, "Your quota will reset after 1h2m3s")),
        Row("quota with a reset time", evidence(403, "quota exceeded, resets in 5m"), .oauth),
        // 403
        Row("route not authorized", evidence(403, "not authorized for this route")),
        Row("content refused", evidence(403, "Your input was flagged")),
        Row("content refused", evidence(403, "x", code: "content_policy_violation"), .oauth),
        Row("key forbidden", evidence(403)), Row("key forbidden", evidence(403, "rate limit"), .local),
        Row("quota text", evidence(403, "hour quota used")),
        Row("project problem of a subscription", evidence(403, "it has not been used in project 5")),
        Row("project problem of a subscription", evidence(403, code: "SERVICE_DISABLED"), .oauth),
        Row("subscription forbidden", evidence(403), .oauth),
        // Texts
        Row("no credentials", evidence(500, "No credentials found")),
        Row("request not allowed", evidence(405, "Request not allowed")),
        Row("improperly formed request", evidence(400, "Improperly formed request.")),
        Row("rate limit text", evidence(503, "Too many requests")),
        Row("quota text", evidence(503, "quota exhausted")),
        Row("capacity text", evidence(529, "Overloaded")), Row("capacity text", evidence(503, "high demand")),
        Row("capacity text", evidence(429, "exceeds capacity"), .oauth),
        Row("rate limited", evidence(429, "exceeds capacity")),
        // Statuses
        Row("unauthorized", evidence(401)), Row("unauthorized", evidence(401), .oauth),
        Row("subscription token invalid", evidence(401, "Invalid authentication credentials"), .oauth),
        Row("unauthorized", evidence(401, "Invalid authentication credentials")),
        Row("payment required", evidence(402)), Row("not found", evidence(404, "rate limit")),
        Row("rate limited", evidence(429)), Row("server error", evidence(406)), Row("server error", evidence(408)),
        Row("server error", evidence(500)), Row("server error", evidence(502)), Row("server error", evidence(503)),
        Row("server error", evidence(504)), Row("server error", evidence(522)),
        Row("server error", evidence(502, cause: .cutOff)),
        // 400
        Row("context overflow", evidence(400, "Prompt is too long: 200001 tokens > 200000 maximum")),
        Row("context overflow", evidence(400, "x", code: "context_length_exceeded")),
        Row("model access denied", evidence(400, "The model 'x' does not exist")),
        Row("model access denied", evidence(400, "x", code: "model_not_found")),
        Row("bad request", evidence(400, "API key not found for this model")),
        Row("rate limit dressed as a bad request", evidence(400, "Too many requests in high frequency")),
        Row("rate limit dressed as a bad request", evidence(400, "请求过于频繁")),
        Row("bad request", evidence(400)), Row("bad request", evidence(400, "Invalid schema: \"rate limit\"")),
        Row("request problem", evidence(413)), Row("request problem", evidence(422, "field x: out of credits")),
        Row("anything else", evidence(405)), Row("anything else", evidence(409)),
    ]

    @Test(arguments: rows) func `failures are classified`(row: Row) {
        #expect(FailureClassifier.rule(for: row.evidence, kind: row.kind)?.name == row.rule)
    }

    @Test func `every rule is shown by a row, and the last one takes everything`() {
        let shown = Set(Self.rows.map(\.rule))
        let missing = FailureRules.all.map(\.name).filter { !shown.contains($0) }
        #expect(missing == ["forbidden"], "unreachable while every kind of account has a rule of its own")
        #expect(Set(FailureRules.all.map(\.name)).count == FailureRules.all.count)
        #expect(FailureRules.all.last?.applies(to: evidence(418), kind: .oauth) == true)
    }

    @Test(arguments: [400, 413, 415, 422])
    func `text that a client can make a provider repeat harms no account`(status: Int) {
        for quoted in ["Invalid value: 'out of credits'", "Bad \"account_deactivated\"", "unknown field [rate limit]"] {
            for kind in Account.Kind.allCases {
                #expect(!FailureClassifier.verdict(on: evidence(status, quoted), kind: kind).isHarmful)
            }
        }
    }

    @Test func `the body of a clear error answer is read as well`() {
        let failure = Failure(.server, "Internal error", status: 500)
        let body = Array(#"{"error":{"message":"the model is overloaded"}}"#.utf8)
        let evidence = FailureEvidence(failure, provider: "openai", body: body)
        #expect(FailureClassifier.rule(for: evidence, kind: .apiKey)?.name == "capacity text")
        let bad = FailureEvidence(
            Failure(.invalidRequest, "no"),
            provider: "openai",
            body: Array("out of credits".utf8)
        )
        #expect(FailureClassifier.rule(for: bad, kind: .apiKey)?.name == "bad request")
    }

    @Test(arguments: [401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 529])
    func `these statuses fall to the next account`(status: Int) {
        for kind in Account.Kind.allCases {
            #expect(FailureClassifier.verdict(on: evidence(status), kind: kind).course == .nextAccount)
        }
    }
}

struct RetryHintTests {
    @Test(
        arguments: [
            ("retry-after", "17", 17), ("Retry-After", "1.5", 1.5),
            ("retry-after", "Sat, 31 Jan 2026 12:01:00 GMT", 60),
            ("retry-after-ms", "250", 0.25), ("x-ratelimit-reset", "1769860860", 60),
            ("x-ratelimit-reset", "1769860860000", 60), ("x-ratelimit-reset", "30", 30),
        ] as [(String, String, Double)]
    )
    func `headers`(name: String, value: String, seconds: Double) {
        let moment = RetryHint.moment(in: evidence(429, headers: [(name, value)]), at: noon)
        #expect(moment == noon.advanced(by: .seconds(seconds)))
    }

    @Test(
        arguments: [
            ("retry after 20s", 20), ("Please try again in 1.2s.", 1.2), ("try again in 6m0s", 360),
            ("quota will reset after 1h2m3s", 3_723), ("resets in 164h27m24s", 592_044), ("resets in 3 days", 259_200),
            (#"{"error":{"details":[{"retryDelay": "12.5s"}]}}"#, 12.5), ("retry in 250ms", 0.25),
            ("try again at 2026-01-31T12:05:00Z", 300), ("resets at 2026-01-31T13:00:00.000+00:00.", 3_600),
            ("available at 2026-01-31 12:00:10", 10), ("wait 2 minutes, 5 seconds please", 125), ("retry after 30", 30),
        ] as [(String, Double)]
    )
    func `texts`(text: String, seconds: Double) {
        #expect(RetryHint.moment(in: evidence(429, text), at: noon) == noon.advanced(by: .seconds(seconds)))
    }

    @Test(arguments: [
        "", "retry after a while", "resets in the evening", "try again at noon", "retry after -5", "wait",
        "retry after 0",
        "try again at 2020-01-01T00:00:00Z", "retry after 99999999999999999999s",
    ])
    func `no hint`(text: String) {
        #expect(RetryHint.moment(in: evidence(429, text), at: noon) == nil)
    }

    @Test func `headers win over texts, and no promise is believed beyond thirty days`() {
        let both = evidence(429, "retry after 5s", headers: [("retry-after", "9")])
        #expect(RetryHint.moment(in: both, at: noon) == noon.advanced(by: .seconds(9)))
        let long = evidence(429, "resets in 400 days")
        #expect(RetryHint.moment(in: long, at: noon) == noon.advanced(by: .hours(720)))
        #expect(RetryHint.moment(in: evidence(429, retryAfter: 4), at: noon) == noon.advanced(by: .seconds(4)))
        for odd in ["x", "1e400", "-3", ""] {
            #expect(RetryHint.moment(in: evidence(429, "", headers: [("retry-after", odd)]), at: noon) == nil)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `large answers are searched quickly`() {
        let body = [UInt8](repeating: UInt8(ascii: "r"), count: 1 << 20) + Array("retry after 9s".utf8)
        let failure = Failure(.server, String(repeating: "retry after ", count: 500), status: 500)
        for _ in 0..<50 {
            let evidence = FailureEvidence(failure, provider: "openai", body: body)
            #expect(FailureClassifier.rule(for: evidence, kind: .apiKey)?.name == "server error")
            #expect(RetryHint.moment(in: evidence, at: noon) == nil)
        }
    }

    @Test func `phrases are found at the edges`() {
        let text = SearchableText("ABCabc")
        #expect(text.contains("abcabc") && text.contains("c") && !text.contains("abcd") && !text.contains(""))
        #expect(text.ends(of: "abc") == [3, 6] && text.ends(of: "x").isEmpty)
        #expect(!SearchableText("").contains("a") && SearchableText("请求过于频繁").contains("频繁"))
    }

    @Test func `days end at midnight of their zone`() {
        #expect(DayBoundary.utc.midnight(after: noon).iso8601 == "2026-02-01T00:00:00.000Z")
        #expect(DayBoundary(secondsEastOfUTC: 3_600).midnight(after: noon).iso8601 == "2026-01-31T23:00:00.000Z")
        #expect(DayBoundary(secondsEastOfUTC: -18_000).midnight(after: noon).iso8601 == "2026-02-01T05:00:00.000Z")
        let midnight = DayBoundary.utc.midnight(after: noon)
        #expect(DayBoundary.utc.midnight(after: midnight) - midnight == .hours(24))
        let local = DayBoundary.local.midnight(after: noon) - noon
        #expect(local > .zero && local <= .hours(25))
    }
}
