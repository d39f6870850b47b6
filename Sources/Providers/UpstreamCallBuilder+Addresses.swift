import Dialects

/// Where calls to providers of the catalogue go.
extension UpstreamCallBuilder {
    /// Where a chat call goes and how the credential is attached there.
    struct ChatTarget {
        var url: UpstreamURL
        var dialect: Dialect
        var auth: ProviderAuth
        var variant: ModelVariant?
    }

    func target(
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

    func chatURL(base: String, dialect: Dialect, catalogue: String?) throws(CallError) -> UpstreamURL {
        do throws(UpstreamURL.Problem) {
            return try ChatAddress.chat(base: base, dialect: dialect, catalogue: catalogue)
        } catch {
            throw CallError(.refusedAddress, "base address of the connection: \(error.rawValue)")
        }
    }

    func customerURL(
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

    func filled(
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
}
