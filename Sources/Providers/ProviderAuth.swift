/// How one credential is attached to a call.
package struct ProviderAuth: Sendable {
    /// What kind of credential the provider wants.
    package enum Kind: String, Sendable {
        case apikey, oauth, optional, none, cookie
        case serviceAccount = "service-account"
        case clientCredentials = "client-credentials"
        case awsSigV4 = "aws-sigv4"
    }

    package var type: Kind
    /// Header that carries the credential; nil when it travels otherwise.
    package var header: String?
    /// Text before the credential, followed by one blank; empty for the bare value.
    package var scheme: String
    /// Put directly in front of the credential unless it is there already.
    package var credentialPrefix: String
    /// URL parameter that carries the credential instead of a header.
    package var query: String?
    /// Further headers that carry the bare credential as well.
    package var alsoSend: [String]
    /// Header for an ordinary key where `header` is meant for OAuth tokens.
    package var apiKeyHeader: String?
    /// Sign-in description, kept for the sign-in flows.
    package var hasOAuth: Bool
    package var note: String?

    package init(
        type: Kind,
        header: String?,
        scheme: String,
        credentialPrefix: String = "",
        query: String? = nil,
        alsoSend: [String] = [],
        apiKeyHeader: String? = nil,
        hasOAuth: Bool = false,
        note: String? = nil
    ) {
        self.type = type
        self.header = header
        self.scheme = scheme
        self.credentialPrefix = credentialPrefix
        self.query = query
        self.alsoSend = alsoSend
        self.apiKeyHeader = apiKeyHeader
        self.hasOAuth = hasOAuth
        self.note = note
    }

    /// The bare key in `x-api-key`, as Anthropic wants it.
    package static let anthropicKey = ProviderAuth(type: .apikey, header: "x-api-key", scheme: "")
    /// `Authorization: Bearer`, as most others want it.
    package static let bearer = ProviderAuth(type: .apikey, header: "Authorization", scheme: "Bearer")

    /// The header value for a credential: `<scheme> <credentialPrefix><credential>`.
    package func value(for credential: String) -> String {
        let isPrefixed = credentialPrefix.isEmpty || credential.hasPrefix(credentialPrefix)
        if isPrefixed, scheme.isEmpty { return credential }
        var value = ""
        value.reserveCapacity(scheme.utf8.count + 1 + credentialPrefix.utf8.count + credential.utf8.count)
        if !scheme.isEmpty {
            value += scheme
            value += " "
        }
        if !isPrefixed { value += credentialPrefix }
        value += credential
        return value
    }
}
