import HTTPCore

/// Where the credential of a call goes; the last thing that is added to it.
///
/// A class, because every request passes it on.
final class CredentialPlacement: Sendable {
    /// Credentials that do not simply go into one header.
    enum Style: Sendable {
        case plain
        /// Keys in `x-api-key`, tokens of a subscription as bearer with their beta.
        case anthropic
        /// The kind of token travels in a header of its own.
        case snowflake
        /// Keys in their header, OAuth access tokens as bearer.
        case google
    }

    /// Whose credential it is, for messages.
    let owner: String
    let auth: ProviderAuth
    let style: Style
    /// A second way in which the same credential is sent.
    let second: ProviderAuth?
    let isRequired: Bool
    /// Sent when there is none.
    let anonymous: String?

    init(
        owner: String,
        auth: ProviderAuth,
        style: Style = .plain,
        second: ProviderAuth? = nil,
        isRequired: Bool,
        anonymous: String? = nil
    ) {
        self.owner = owner
        self.auth = auth
        self.style = style
        self.second = second
        self.isRequired = isRequired
        self.anonymous = anonymous
    }

    /// The placement for a provider of the catalogue.
    static func of(_ provider: Provider, auth: ProviderAuth) -> CredentialPlacement {
        CredentialPlacement(
            owner: provider.name,
            auth: auth,
            style: style(of: provider),
            isRequired: !provider.isKeyOptional,
            anonymous: provider.chat?.anonymousAPIKey
        )
    }

    private static func style(of provider: Provider) -> Style {
        if provider.id == "snowflake" { return .snowflake }
        if provider.format == .gemini { return .google }
        return NativeAnthropic.providers.contains(provider.id) ? .anthropic : .plain
    }

    /// Names that custom headers may not use.
    var headerNames: [String] { [auth.header ?? ""] + auth.alsoSend }

    /// The headers with the credential among them.
    func adding(_ credential: String?, to fields: HTTPHeaders) throws(CallError) -> HTTPHeaders {
        guard let credential = credential ?? anonymous else {
            guard isRequired else { return fields }
            throw CallError(.incomplete, "the connection of \(owner) has no API key")
        }
        guard UpstreamHeaders.isValue(credential) else {
            throw CallError(.incomplete, "the API key of \(owner) contains characters that no key has")
        }
        var headers = UpstreamHeaders(fields)
        switch style {
        case .plain: headers.add(credential, as: auth)
        case .anthropic: addAnthropic(credential, to: &headers)
        case .snowflake: addSnowflake(credential, to: &headers)
        case .google: headers.add(credential, as: credential.hasPrefix("ya29.") ? .bearer : auth)
        }
        if let second { headers.add(credential, as: second) }
        return headers.fields
    }

    private func addAnthropic(_ credential: String, to headers: inout UpstreamHeaders) {
        guard credential.hasPrefix("sk-ant-oat") else { return headers.add(credential, as: .anthropicKey) }
        headers.add(credential, as: .bearer)
        headers.addBetas(["oauth-2025-04-20"])
    }

    private func addSnowflake(_ credential: String, to headers: inout UpstreamHeaders) {
        // `pat/` in front of a key only marks it.
        let mark = "pat/"
        let isAccessToken = credential.hasPrefix(mark)
        headers.add(isAccessToken ? String(credential.dropFirst(mark.count)) : credential, as: auth)
        headers.set(
            "X-Snowflake-Authorization-Token-Type",
            isAccessToken ? "PROGRAMMATIC_ACCESS_TOKEN" : "KEYPAIR_JWT"
        )
    }
}
