import Dialects

/// Where models are listed.
extension UpstreamCallBuilder {
    func modelsList(of provider: Provider, account: UpstreamAccount) throws(CallError) -> UpstreamQuery? {
        guard let chat = provider.chat, let url = try modelsURL(of: provider, chat: chat, account: account) else {
            return nil
        }
        let native = provider.nativeDialect
        let dialect = account.options.baseURL.map { ChatAddress.dialect(ofBase: $0, native: native) } ?? native
        // Anthropic's version and betas are for calls; the lists of others are asked for as OpenAI's are.
        let spoken = dialect == .anthropicMessages ? .openAIChat : dialect
        let auth = dialect == native ? provider.auth : ProviderAuth.bearer
        let target = ChatTarget(url: url, dialect: spoken, auth: auth, variant: nil)
        let request = CallRequest(model: "", stream: false)
        let headers = try providerHeaders(provider, target: target, account: account, request: request)
        let credential = CredentialPlacement.of(provider, auth: auth)
        return UpstreamQuery(
            dialect: spoken,
            url: url.text,
            headers: try credential.adding(account.credential(turn: 0), to: headers),
            poolKey: account.id,
            timeouts: environment.timeouts,
            allowsPrivateAddresses: try mayReachPrivate(url, isLocal: provider.category == .local, account: account)
        )
    }

    private func modelsURL(
        of provider: Provider,
        chat: ChatService,
        account: UpstreamAccount
    ) throws(CallError) -> UpstreamURL? {
        let native = provider.nativeDialect
        if let base = account.options.baseURL {
            let dialect = ChatAddress.dialect(ofBase: base, native: native)
            let url = try chatURL(base: base, dialect: dialect, catalogue: chat.url.source)
            return ChatAddress.models(besides: url, dialect: dialect)
        }
        if native == .ollama {
            let url = try filled(chat.url, provider: provider, account: account, model: "")
            return ChatAddress.models(besides: ChatAddress.beside(url, dialect: native), dialect: native)
        }
        return try chat.modelsURL.map { template throws(CallError) in
            try filled(template, provider: provider, account: account, model: "")
        }
    }

    func modelsList(of node: UpstreamNode, account: UpstreamAccount) throws(CallError) -> UpstreamQuery? {
        let request = CallRequest(model: "", stream: false)
        let chat = try nodeURL(node, path: node.chatPath, dialect: node.dialect, account: account)
        var url = ChatAddress.models(besides: chat, dialect: node.dialect)
        if let path = node.modelsPath, !path.isEmpty {
            url = try nodeURL(node, path: path, dialect: node.dialect, account: account)
        }
        let headers = nodeHeaders(node, dialect: node.dialect, url: url, account: account, request: request)
        let credential = nodeCredential(node, url: url)
        return UpstreamQuery(
            dialect: node.dialect,
            url: url.text,
            headers: try credential.adding(account.credential(turn: 0), to: headers),
            poolKey: account.id,
            timeouts: environment.timeouts,
            allowsPrivateAddresses: try mayReachPrivate(url, isLocal: false, account: account)
        )
    }
}

extension Provider {
    /// What its models are spoken to in unless something says otherwise.
    fileprivate var nativeDialect: Dialect {
        NativeOllama.providers.contains(id) ? .ollama : format?.dialect ?? .openAIChat
    }
}
