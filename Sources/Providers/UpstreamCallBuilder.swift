import Dialects
import HTTPCore

/// Builds the calls to upstreams from the catalogue, the connection and the environment; no clock, no network.
package struct UpstreamCallBuilder: Sendable {
    let catalogue: Catalogue
    let environment: CallEnvironment
    private let cache = CallCache()

    package init(catalogue: Catalogue, environment: CallEnvironment) {
        self.catalogue = catalogue
        self.environment = environment
    }

    // MARK: - Calls

    /// The chat call for a model.
    package func chat(
        _ party: UpstreamParty,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> UpstreamCall {
        let plan = try plan(party, account: account, request: request)
        let credential = account.credential(turn: request.keyTurn)
        return UpstreamCall(plan, headers: try plan.credential.adding(credential, to: plan.headers))
    }

    private func plan(
        _ party: UpstreamParty,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> CallPlan {
        let key = CallCache.Key.of(party, account: account, request: request)
        if let known = cache.plan(key, party: party, options: account.options) { return known }
        let plan: CallPlan
        switch party {
        case .provider(let provider): plan = try makePlan(provider, account: account, request: request)
        case .node(let node): plan = try makePlan(node, account: account, request: request)
        }
        cache.remember(plan, as: key, party: party, options: account.options)
        return plan
    }

    /// The token count that belongs to a chat call; nil when the target does not count.
    package func countTokens(
        _ party: UpstreamParty,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> UpstreamCall? {
        var request = request
        request.stream = false
        // Where a provider has several dialects, the one that can count is asked.
        if case .provider(let provider) = party, provider.id == "openai" { request.clientDialect = .openAIResponses }
        let call = try chat(party, account: account, request: request)
        guard counts(call.dialect, party), let chatURL = try? UpstreamURL(call.url) else { return nil }
        if case .provider(let provider) = party, account.options.baseURL == nil,
            let template = provider.chat?.countTokensURL
        {
            let url = try filled(template, provider: provider, account: account, model: call.upstreamModel)
            return call.countingTokens(at: url.text)
        }
        return ChatAddress.countTokens(besides: chatURL, dialect: call.dialect).map { call.countingTokens(at: $0.text) }
    }

    /// Only OpenAI itself counts the input of its Responses API.
    private func counts(_ dialect: Dialect, _ party: UpstreamParty) -> Bool {
        guard dialect == .openAIResponses else { return true }
        if case .provider(let provider) = party { return provider.id == "openai" }
        return false
    }

    /// The vendor's list of models; nil when it has none.
    package func modelsList(_ party: UpstreamParty, account: UpstreamAccount) throws(CallError) -> UpstreamQuery? {
        switch party {
        case .provider(let provider): try modelsList(of: provider, account: account)
        case .node(let node): try modelsList(of: node, account: account)
        }
    }

    // MARK: - Providers of the catalogue

    private func makePlan(
        _ provider: Provider,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> CallPlan {
        guard let chat = provider.chat, provider.isSupported else {
            let reason = provider.unsupportedReason ?? "it offers no chat"
            throw CallError(.unsupported, "\(provider.name) cannot be used yet: \(reason)")
        }
        let model = try ModelRoute(
            provider: provider,
            requested: request.model,
            options: account.options,
            client: request.clientDialect
        )
        let streams = request.stream || chat.forceStream
        let target = try target(of: provider, chat: chat, model: model, account: account, streams: streams)
        var profile = catalogue.profile(of: provider, model: model.upstreamID, dialect: target.dialect)
        if account.options.disablesStreamOptions { profile.usageInStream = false }
        var timeouts = environment.timeouts
        if let limit = chat.timeoutMilliseconds { timeouts.headers = .milliseconds(limit) }
        return CallPlan(
            url: target.url.text,
            headers: try providerHeaders(provider, target: target, account: account, request: request),
            dialect: target.dialect,
            profile: profile,
            upstreamModel: model.upstreamID,
            bodyRules: BodyRules(
                provider: provider,
                model: model,
                dialect: target.dialect,
                options: account.options
            ),
            forceStream: chat.forceStream,
            poolKey: account.id,
            timeouts: timeouts,
            allowsPrivateAddresses: try mayReachPrivate(
                target.url,
                isLocal: provider.category == .local,
                account: account
            ),
            credential: CredentialPlacement.of(provider, auth: target.auth)
        )
    }

    func providerHeaders(
        _ provider: Provider,
        target: ChatTarget,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> HTTPHeaders {
        var headers = baseHeaders(target.dialect, stream: request.stream)
        let values = AddressValues(provider: provider, account: account, model: request.model, environment: environment)
        let identity = account.options.sendsClientIdentity ? provider.clientIdentityHeaders : []
        do throws(MissingPlaceholder) {
            try headers.add(provider.headers + identity) { values.headerValue($0) }
        } catch {
            throw CallError(.incomplete, "\(provider.name) needs \(error.name) in its connection")
        }
        let isAnthropic = target.dialect == .anthropicMessages
        if isAnthropic, headers.fields["anthropic-version"] == nil { headers.set("anthropic-version", "2023-06-01") }
        if isAnthropic, NativeAnthropic.providers.contains(provider.id) {
            NativeAnthropic.apply(request, account: account, to: &headers)
        }
        if let betas = target.variant?.betas { headers.addBetas(betas) }
        let credential = CredentialPlacement.of(provider, auth: target.auth)
        headers.add(custom: account.options.customHeaders, credentialHeaders: credential.headerNames)
        setUserAgent(of: provider.id, account: account, in: &headers)
        return headers.fields
    }

    // MARK: - Common parts

    func baseHeaders(_ dialect: Dialect, stream: Bool) -> UpstreamHeaders {
        var headers = UpstreamHeaders()
        headers.set("Content-Type", "application/json")
        headers.set("Accept", stream ? Self.streamType(dialect) : "application/json")
        headers.set("User-Agent", environment.userAgent)
        return headers
    }

    private static func streamType(_ dialect: Dialect) -> String {
        dialect.framing(.standard) == .lines ? "application/x-ndjson" : "text/event-stream"
    }

    func setUserAgent(of id: String, account: UpstreamAccount, in headers: inout UpstreamHeaders) {
        let own = environment.userAgent(for: id) ?? account.options.customUserAgent
        if let own, UpstreamHeaders.isValue(own) { headers.set("User-Agent", own) }
    }

    /// Decides whether the call may reach private addresses.
    ///
    /// A host that is private and may not be reached is refused at once, with a text that says what to do. The client
    /// checks the connected address again.
    func mayReachPrivate(
        _ url: UpstreamURL,
        isLocal: Bool,
        account: UpstreamAccount
    ) throws(CallError) -> Bool {
        let isAllowed = isLocal || account.options.allowsPrivateNetwork || environment.allowsPrivateProviders
        switch url.reach {
        case .forbidden:
            throw CallError(.refusedAddress, "the address \(url.host) is never a provider's")
        case .privateNetwork where !isAllowed:
            throw CallError(
                .refusedAddress,
                "\(url.host) is in a private network: set allowPrivateNetwork on the connection to allow it"
            )
        case .privateNetwork, .unknown:
            return isAllowed
        }
    }
}
