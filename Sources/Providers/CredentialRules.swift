/// Credentials that do not simply go into the provider's header.
enum CredentialRules {
    /// Beginning of the tokens of a Claude subscription.
    private static let anthropicTokenPrefix = "sk-ant-oat"
    private static let anthropicTokenBeta = "oauth-2025-04-20"

    static func add(
        _ credential: String,
        auth: ProviderAuth,
        provider: Provider,
        to headers: inout UpstreamHeaders
    ) {
        if NativeAnthropic.providers.contains(provider.id) {
            addAnthropic(credential, to: &headers)
        } else if provider.id == "snowflake" {
            addSnowflake(credential, auth: auth, to: &headers)
        } else {
            headers.add(credential, as: auth)
        }
    }

    /// A subscription token is a bearer and needs its beta; ordinary keys go into `x-api-key`.
    private static func addAnthropic(_ credential: String, to headers: inout UpstreamHeaders) {
        guard credential.hasPrefix(anthropicTokenPrefix) else {
            return headers.add(credential, as: .anthropicKey)
        }
        headers.add(credential, as: .bearer)
        headers.addBetas([anthropicTokenBeta])
    }

    /// The kind of token travels in a header of its own; `pat/` in front of a key only marks it.
    private static func addSnowflake(_ credential: String, auth: ProviderAuth, to headers: inout UpstreamHeaders) {
        let mark = "pat/"
        let isAccessToken = credential.hasPrefix(mark)
        headers.add(isAccessToken ? String(credential.dropFirst(mark.count)) : credential, as: auth)
        headers.set(
            "X-Snowflake-Authorization-Token-Type",
            isAccessToken ? "PROGRAMMATIC_ACCESS_TOKEN" : "KEYPAIR_JWT"
        )
    }
}
