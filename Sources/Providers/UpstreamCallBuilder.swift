import Dialects
import HTTPCore

/// Builds the calls to upstreams from the catalogue, the connection and the environment; no clock, no network.
package struct UpstreamCallBuilder: Sendable {
    let catalogue: Catalogue
    let environment: CallEnvironment

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
        switch party {
        case .provider(let provider):
            return try call(of: provider, account: account, request: request)
        case .node(let node):
            return try call(of: node, account: account, request: request)
        }
    }

    /// The token count that belongs to a chat call; nil when the target does not count.
    package func countTokens(
        _ party: UpstreamParty,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> UpstreamCall? {
        var request = request
        request.stream = false
        var call = try chat(party, account: account, request: request)
        guard call.dialect == .anthropicMessages, let chatURL = try? UpstreamURL(call.url) else { return nil }
        if case .provider(let provider) = party, account.options.baseURL == nil,
            let template = provider.chat?.countTokensURL
        {
            call.url = try filled(template, provider: provider, account: account, model: call.upstreamModel).text
        } else {
            call.url = ChatAddress.countTokens(besides: chatURL).text
        }
        call.timeouts.headers = .seconds(10)
        call.bodyRules = BodyRules()
        call.forceStream = false
        return call
    }

    /// The vendor's list of models; nil when it has none.
    package func modelsList(_ party: UpstreamParty, account: UpstreamAccount) throws(CallError) -> UpstreamQuery? {
        let request = CallRequest(model: "", stream: false)
        switch party {
        case .provider(let provider):
            guard let chat = provider.chat else { return nil }
            let url: UpstreamURL
            if let base = account.options.baseURL {
                let dialect: Dialect = provider.format == .claude ? .anthropicMessages : .openAIChat
                url = ChatAddress.models(besides: try chatURL(base: base, dialect: dialect, catalogue: chat.url.source))
            } else if let template = chat.modelsURL {
                url = try filled(template, provider: provider, account: account, model: "")
            } else {
                return nil
            }
            let target = ChatTarget(url: url, dialect: .openAIChat, auth: provider.auth, variant: nil)
            return try query(target, of: provider, account: account, request: request)
        case .node(let node):
            let chat = try nodeURL(node, account: account)
            var url = ChatAddress.models(besides: chat)
            if let path = node.modelsPath, !path.isEmpty { url = try nodeURL(node, path: path, account: account) }
            let headers = try nodeHeaders(node, url: url, account: account, request: request)
            return UpstreamQuery(
                url: url.text,
                headers: headers,
                poolKey: account.id,
                timeouts: environment.timeouts,
                allowsPrivateAddresses: try mayReachPrivate(url, isLocal: false, account: account)
            )
        }
    }

    // MARK: - Providers of the catalogue

    private func call(
        of provider: Provider,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> UpstreamCall {
        guard let chat = provider.chat, provider.isSupported else {
            let reason = provider.unsupportedReason ?? "it offers no chat"
            throw CallError(.unsupported, "\(provider.name) cannot be used yet: \(reason)")
        }
        let model = try ModelRoute(provider: provider, requested: request.model)
        let target = try target(of: provider, chat: chat, model: model, account: account)
        var profile = catalogue.profile(of: provider, model: model.upstreamID, dialect: target.dialect)
        if account.options.disablesStreamOptions { profile.usageInStream = false }
        let headers = try providerHeaders(provider, target: target, account: account, request: request)
        var timeouts = environment.timeouts
        if let limit = chat.timeoutMilliseconds { timeouts.headers = .milliseconds(limit) }
        return UpstreamCall(
            url: target.url.text,
            headers: headers,
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
            )
        )
    }

    private func query(
        _ target: ChatTarget,
        of provider: Provider,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> UpstreamQuery {
        let headers = try providerHeaders(provider, target: target, account: account, request: request)
        return UpstreamQuery(
            url: target.url.text,
            headers: headers,
            poolKey: account.id,
            timeouts: environment.timeouts,
            allowsPrivateAddresses: try mayReachPrivate(
                target.url,
                isLocal: provider.category == .local,
                account: account
            )
        )
    }

    /// Where a chat call goes and how the credential is attached there.
    private struct ChatTarget {
        var url: UpstreamURL
        var dialect: Dialect
        var auth: ProviderAuth
        var variant: ModelVariant?
    }

    private func target(
        of provider: Provider,
        chat: ChatService,
        model: ModelRoute,
        account: UpstreamAccount
    ) throws(CallError) -> ChatTarget {
        let format = model.format
        let dialect: Dialect = format == .claude ? .anthropicMessages : .openAIChat
        let isForeignFormat = format == .claude && provider.format != .claude
        let auth = isForeignFormat ? ProviderAuth.anthropicKey : provider.auth
        if let base = account.options.baseURL, CustomerHost.isNamed(by: chat.url) {
            let url = try customerURL(base: base, of: provider, chat: chat, account: account, model: model.upstreamID)
            return ChatTarget(url: url, dialect: dialect, auth: auth, variant: model.variant)
        }
        if let base = account.options.baseURL {
            let own = isForeignFormat ? chat.messagesURL?.source : chat.url.source
            let url = try chatURL(base: base, dialect: dialect, catalogue: own)
            return ChatTarget(url: url, dialect: dialect, auth: auth, variant: model.variant)
        }
        let url: UpstreamURL
        if isForeignFormat, let messages = chat.messagesURL {
            url = try filled(messages, provider: provider, account: account, model: model.upstreamID)
        } else {
            let plain = try filled(chat.url, provider: provider, account: account, model: model.upstreamID)
            url = isForeignFormat ? ChatAddress.messages(besides: plain) : plain
        }
        return ChatTarget(url: url, dialect: dialect, auth: auth, variant: model.variant)
    }

    private func providerHeaders(
        _ provider: Provider,
        target: ChatTarget,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> HTTPHeaders {
        var headers = baseHeaders(stream: request.stream, userAgent: environment.userAgent)
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
        try addCredential(of: provider, auth: target.auth, account: account, turn: request.keyTurn, to: &headers)
        headers.add(
            custom: account.options.customHeaders,
            credentialHeaders: [target.auth.header ?? ""] + target.auth.alsoSend
        )
        setUserAgent(of: provider.id, account: account, in: &headers)
        return headers.fields
    }

    private func addCredential(
        of provider: Provider,
        auth: ProviderAuth,
        account: UpstreamAccount,
        turn: Int,
        to headers: inout UpstreamHeaders
    ) throws(CallError) {
        guard let credential = account.credential(turn: turn) ?? provider.chat?.anonymousAPIKey else {
            if provider.isKeyOptional { return }
            throw CallError(.incomplete, "the connection of \(provider.name) has no API key")
        }
        guard UpstreamHeaders.isValue(credential) else {
            throw CallError(.incomplete, "the API key of \(provider.name) contains characters that no key has")
        }
        CredentialRules.add(credential, auth: auth, provider: provider, to: &headers)
    }

    // MARK: - Common parts

    func baseHeaders(stream: Bool, userAgent: String) -> UpstreamHeaders {
        var headers = UpstreamHeaders()
        headers.set("Content-Type", "application/json")
        headers.set("Accept", stream ? "text/event-stream" : "application/json")
        headers.set("User-Agent", userAgent)
        return headers
    }

    func setUserAgent(of id: String, account: UpstreamAccount, in headers: inout UpstreamHeaders) {
        let own = environment.userAgent(for: id) ?? account.options.customUserAgent
        if let own, UpstreamHeaders.isValue(own) { headers.set("User-Agent", own) }
    }

    private func chatURL(base: String, dialect: Dialect, catalogue: String?) throws(CallError) -> UpstreamURL {
        do throws(UpstreamURL.Problem) {
            return try ChatAddress.chat(base: base, dialect: dialect, catalogue: catalogue)
        } catch {
            throw CallError(.refusedAddress, "base address of the connection: \(error.rawValue)")
        }
    }

    private func customerURL(
        base: String,
        of provider: Provider,
        chat: ChatService,
        account: UpstreamAccount,
        model: String
    ) throws(CallError) -> UpstreamURL {
        let values = AddressValues(provider: provider, account: account, model: model, environment: environment)
        do {
            let path = try CustomerHost.path(of: chat.url).filled { values.addressValue($0) }
            return try CustomerHost.join(base: base, path: path)
        } catch let error as MissingPlaceholder {
            throw CallError(
                .incomplete,
                "\(provider.name) needs \(error.name) in its connection (providerSpecificData)"
            )
        } catch let error as UpstreamURL.Problem {
            throw CallError(.refusedAddress, "base address of the connection: \(error.rawValue)")
        } catch {
            throw CallError(.incomplete, "the address of \(provider.name) cannot be built")
        }
    }

    private func filled(
        _ template: Template,
        provider: Provider,
        account: UpstreamAccount,
        model: String
    ) throws(CallError) -> UpstreamURL {
        let values = AddressValues(provider: provider, account: account, model: model, environment: environment)
        let text: String
        do throws(MissingPlaceholder) {
            text = try template.filled { values.addressValue($0) }
        } catch {
            throw CallError(
                .incomplete,
                "\(provider.name) needs \(error.name) in its connection (providerSpecificData)"
            )
        }
        do throws(UpstreamURL.Problem) {
            return try UpstreamURL(text)
        } catch {
            throw CallError(.refusedAddress, "address of \(provider.name): \(error.rawValue)")
        }
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
