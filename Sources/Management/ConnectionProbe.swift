package import Store

/// Tries out connections upstream on behalf of management.
///
/// The gateway implements it; management knows no HTTP client.
package protocol ConnectionProbe: Sendable {
    /// Tries a connection: asks for its model list, or sends the cheapest request there is.
    ///
    /// - Parameters:
    ///   - connection: as it is, stored or not.
    ///   - node: the user-defined endpoint it belongs to, stored or not.
    ///   - model: the model to ask, when the connection's own choice is not wanted.
    /// - Returns: whether it works, and what is wrong if not.
    func test(_ connection: Connection, node: ProviderNode?, model: String?) async -> ProbeResult

    /// The models that a connection's provider lists.
    func models(of connection: Connection, node: ProviderNode?) async -> ModelListing

    /// Sends a short chat request to one model and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - model: a qualified name, `provider/model`.
    ///   - connectionID: the account to use, if it is pinned.
    /// - Returns: the beginning of the answer, or what went wrong.
    func chat(model: String, connectionID: String?) async -> ChatProbe
}

/// How a trial of a connection went.
package struct ProbeResult: Sendable {
    /// The words that the API uses for the outcome.
    package enum Diagnosis: String, Sendable {
        case ok, unsupported
        case tokenRefreshFailed = "token_refresh_failed"
        case upstreamAuthError = "upstream_auth_error"
        case upstreamRateLimited = "upstream_rate_limited"
        case upstreamUnavailable = "upstream_unavailable"
        case tokenExpired = "token_expired"
        case networkError = "network_error"
        case upstreamError = "upstream_error"
        case authMissing = "auth_missing"
        case runtimeError = "runtime_error"
        case validationError = "validation_error"
    }

    package var isValid: Bool
    package var diagnosis: Diagnosis
    /// What was wrong, in one line without secrets.
    package var error: String?
    package var warning: String?
    /// The upstream's status, if it answered.
    package var statusCode: Int?
    package var latencyMilliseconds: Int
    /// The upstream's own code for the error.
    package var code: String?

    package init(
        isValid: Bool,
        diagnosis: Diagnosis,
        error: String? = nil,
        warning: String? = nil,
        statusCode: Int? = nil,
        latencyMilliseconds: Int,
        code: String? = nil
    ) {
        self.isValid = isValid
        self.diagnosis = diagnosis
        self.error = error
        self.warning = warning
        self.statusCode = statusCode
        self.latencyMilliseconds = latencyMilliseconds
        self.code = code
    }
}

/// What a provider says it serves.
package enum ModelListing: Sendable {
    /// Its own list.
    case fetched([ListedModel])
    /// The provider has no such list; the catalogue's is all there is.
    case unavailable
    /// It answered with an error, or not at all.
    case failed(status: Int?, message: String)
}

/// One entry of a model list.
package struct ListedModel: Sendable, Hashable {
    package var id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// How a short chat request went.
package struct ChatProbe: Sendable {
    package var statusCode: Int?
    package var latencyMilliseconds: Int
    /// The beginning of the answer's text.
    package var text: String?
    /// What was wrong, in one line without secrets; `nil` when it worked.
    package var error: String?

    package init(statusCode: Int?, latencyMilliseconds: Int, text: String? = nil, error: String? = nil) {
        self.statusCode = statusCode
        self.latencyMilliseconds = latencyMilliseconds
        self.text = text
        self.error = error
    }
}
