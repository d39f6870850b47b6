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
        // One by one: tuples of them would be built first.
        self.requestID = requestID
        self.timestamp = timestamp
        self.provider = provider
        self.model = model
        self.requestedModel = requestedModel
        self.connectionID = connectionID
        self.apiKeyID = apiKeyID
        self.apiKeyName = apiKeyName
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.reasoning = reasoning
        self.costUSD = costUSD
        self.estimated = estimated
        self.serviceTier = serviceTier
        self.status = status
        self.success = success
        self.latencyMs = latencyMs
        self.ttftMs = ttftMs
        self.errorCode = errorCode
        self.errorSummary = errorSummary
        self.comboName = comboName
        self.comboStepID = comboStepID
        self.sourceFormat = sourceFormat
        self.targetFormat = targetFormat
        self.stream = stream
        self.method = method
        self.path = path
        self.account = account
        self.cacheSource = cacheSource
        self.requestType = requestType
        self.isLogged = isLogged
        self.isCounted = isCounted
    }
}

extension UsageRecord {
    /// All input tokens, cached ones included, as the original stores them; nil when nothing is known.
    package var promptTokens: Int? { Self.promptTokens(input, cacheRead, cacheWrite) }

    /// The sum of what was counted apart; nil when nothing was.
    static func promptTokens(_ input: Int?, _ cacheRead: Int?, _ cacheWrite: Int?) -> Int? {
        guard input != nil || cacheRead != nil || cacheWrite != nil else { return nil }
        return (sane(input) ?? 0) + (sane(cacheRead) ?? 0) + (sane(cacheWrite) ?? 0)
    }

    /// Tokens a database can sum: providers have been seen to report nonsense.
    static func sane(_ tokens: Int?) -> Int? { tokens.map { min(max($0, 0), 1 << 40) } }

    /// The cost, or nil where it cannot be one.
    var saneCost: Double? { costUSD.flatMap { $0.isFinite && $0 >= 0 && $0 < 1e9 ? $0 : nil } }
}
