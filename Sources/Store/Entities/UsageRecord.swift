package import TimeCore

/// What one request cost and how it went; becomes a row of `usage_history` and one of `call_logs`.
package struct UsageRecord: Sendable, Equatable {
    /// Unique; a record that arrives twice counts once.
    package var requestID: String
    /// When the request began.
    package var timestamp: WallTime
    package var provider: String?
    /// The model that answered, as the provider calls it.
    package var model: String?
    /// The model the client asked for.
    package var requestedModel: String?
    package var connectionID: String?
    package var apiKeyID: String?
    package var apiKeyName: String?

    /// Input tokens that were neither read from nor written to a cache; nil when unknown.
    package var input: Int?
    /// Output tokens, reasoning included.
    package var output: Int?
    package var cacheRead: Int?
    package var cacheWrite: Int?
    package var reasoning: Int?
    /// US dollars; nil when the price is unknown, which is not the same as free.
    package var costUSD: Double?
    /// True when the tokens were counted here instead of reported by the provider.
    package var estimated: Bool
    package var serviceTier: String?

    /// The HTTP status the client got.
    package var status: Int
    package var success: Bool
    package var latencyMs: Int
    package var ttftMs: Int?
    package var errorCode: String?
    /// One line for people; free of secrets.
    package var errorSummary: String?
    package var comboName: String?
    package var comboStepID: String?
    package var sourceFormat: String?
    package var targetFormat: String?
    package var stream: Bool

    package var method: String
    package var path: String?
    /// What people call the account.
    package var account: String?
    /// Where the answer came from, such as `upstream` or `semantic`.
    package var cacheSource: String
    /// `chat`, `embedding`, … as the original names it.
    package var requestType: String?
    /// False for keys whose requests are not to be listed.
    package var isLogged: Bool
    /// False for calls that are listed but do not count, such as connection tests.
    package var isCounted: Bool

    /// A record with every field; most have a default.
    package init(
        requestID: String,
        timestamp: WallTime,
        provider: String? = nil,
        model: String? = nil,
        requestedModel: String? = nil,
        connectionID: String? = nil,
        apiKeyID: String? = nil,
        apiKeyName: String? = nil,
        input: Int? = nil,
        output: Int? = nil,
        cacheRead: Int? = nil,
        cacheWrite: Int? = nil,
        reasoning: Int? = nil,
        costUSD: Double? = nil,
        estimated: Bool = false,
        serviceTier: String? = nil,
        status: Int,
        success: Bool,
        latencyMs: Int = 0,
        ttftMs: Int? = nil,
        errorCode: String? = nil,
        errorSummary: String? = nil,
        comboName: String? = nil,
        comboStepID: String? = nil,
        sourceFormat: String? = nil,
        targetFormat: String? = nil,
        stream: Bool = false,
        method: String = "POST",
        path: String? = nil,
        account: String? = nil,
        cacheSource: String = "upstream",
        requestType: String? = nil,
        isLogged: Bool = true,
        isCounted: Bool = true
    ) {
        (self.requestID, self.timestamp, self.provider, self.model) = (requestID, timestamp, provider, model)
        (self.requestedModel, self.connectionID) = (requestedModel, connectionID)
        (self.apiKeyID, self.apiKeyName) = (apiKeyID, apiKeyName)
        (self.input, self.output, self.cacheRead, self.cacheWrite) = (input, output, cacheRead, cacheWrite)
        (self.reasoning, self.costUSD, self.estimated) = (reasoning, costUSD, estimated)
        (self.serviceTier, self.status, self.success) = (serviceTier, status, success)
        (self.latencyMs, self.ttftMs, self.errorCode) = (latencyMs, ttftMs, errorCode)
        (self.errorSummary, self.comboName, self.comboStepID) = (errorSummary, comboName, comboStepID)
        (self.sourceFormat, self.targetFormat, self.stream) = (sourceFormat, targetFormat, stream)
        (self.method, self.path, self.account) = (method, path, account)
        (self.cacheSource, self.requestType) = (cacheSource, requestType)
        (self.isLogged, self.isCounted) = (isLogged, isCounted)
    }
}

extension UsageRecord {
    /// All input tokens, cached ones included, as the original stores them; nil when nothing is known.
    package var promptTokens: Int? {
        guard input != nil || cacheRead != nil || cacheWrite != nil else { return nil }
        return (Self.sane(input) ?? 0) + (Self.sane(cacheRead) ?? 0) + (Self.sane(cacheWrite) ?? 0)
    }

    /// Tokens a database can sum: providers have been seen to report nonsense.
    static func sane(_ tokens: Int?) -> Int? { tokens.map { min(max($0, 0), 1 << 40) } }

    /// The cost, or nil where it cannot be one.
    var saneCost: Double? { costUSD.flatMap { $0.isFinite && $0 >= 0 && $0 < 1e9 ? $0 : nil } }
}
