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
        account: UpstreamAccount,
        streams: Bool
    ) throws(CallError) -> ChatTarget {
        let base = account.options.baseURL
        let native = model.dialect
        let dialect = base.map { ChatAddress.dialect(ofBase: $0, native: native) } ?? native
        let url =
            if let base, CustomerHost.isNamed(by: chat.url) {
                try customerURL(base: base, of: provider, chat: chat, account: account, model: model.upstreamID)
            } else if let base {
                try chatURL(
                    base: base,
                    dialect: dialect,
                    catalogue: chat.template(of: dialect, provider: provider)?.source,
                    model: model.upstreamID,
                    streams: streams
                )
            } else {
                try ownURL(of: provider, chat: chat, model: model, account: account, streams: streams)
            }
        return ChatTarget(url: url, dialect: dialect, auth: provider.auth(for: dialect), variant: model.variant)
    }

    /// The catalogue's address for a model, or the one beside it where it has none for the model's dialect.
    private func ownURL(
        of provider: Provider,
        chat: ChatService,
        model: ModelRoute,
        account: UpstreamAccount,
        streams: Bool
    ) throws(CallError) -> UpstreamURL {
        let own = chat.template(of: model.dialect, provider: provider)
        let id = model.upstreamID
        let url = try filled(own ?? chat.url, provider: provider, account: account, model: id, streams: streams)
        return own == nil ? ChatAddress.beside(url, dialect: model.dialect) : url
    }

    func chatURL(
        base: String,
        dialect: Dialect,
        catalogue: String?,
        model: String = "",
        streams: Bool = false
    ) throws(CallError) -> UpstreamURL {
        do throws(UpstreamURL.Problem) {
            return try ChatAddress.chat(
                base: base,
                dialect: dialect,
                catalogue: catalogue,
                model: model,
                streams: streams
            )
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
        model: String,
        streams: Bool = false
    ) throws(CallError) -> UpstreamURL {
        let values = AddressValues(
            provider: provider,
            account: account,
            model: model,
            environment: environment,
            streams: streams
        )
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

extension ChatService {
    /// The catalogue's address for a dialect; nil when there is none.
    fileprivate func template(of dialect: Dialect, provider: Provider) -> Template? {
        if provider.format?.dialect == dialect { return url }
        switch dialect {
        case .anthropicMessages: return messagesURL
        case .openAIResponses: return responsesURL
        case .openAIChat, .gemini, .ollama: return nil
        }
    }
}

extension Provider {
    /// How the credential travels in calls of a dialect.
    fileprivate func auth(for dialect: Dialect) -> ProviderAuth {
        guard let own = format?.dialect, own != dialect else { return auth }
        switch dialect {
        case .anthropicMessages: return .anthropicKey
        case .openAIChat where own == .gemini: return .bearer
        case .openAIChat, .openAIResponses, .gemini, .ollama: return auth
        }
    }
}
