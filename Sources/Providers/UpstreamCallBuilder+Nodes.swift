import Dialects
import HTTPCore

/// Calls to providers that the user defined.
extension UpstreamCallBuilder {
    func makePlan(
        _ node: UpstreamNode,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> CallPlan {
        if let reason = node.unsupportedReason {
            throw CallError(.unsupported, "\(node.prefix) cannot be used for chat: \(reason)")
        }
        let dialect = dialect(of: node, account: account, model: request.model)
        // A path of the user's own belongs to the node's own dialect.
        let path = dialect == node.dialect ? node.chatPath : nil
        let url = try nodeURL(node, path: path, dialect: dialect, account: account)
        var profile = catalogue.profile(of: node, host: url.host, model: request.model, dialect: dialect)
        if account.options.disablesStreamOptions { profile.usageInStream = false }
        return CallPlan(
            url: url.text,
            headers: nodeHeaders(node, dialect: dialect, url: url, account: account, request: request),
            dialect: dialect,
            profile: profile,
            upstreamModel: request.model,
            bodyRules: BodyRules(dialect: dialect, options: account.options),
            forceStream: false,
            poolKey: account.id,
            timeouts: environment.timeouts,
            allowsPrivateAddresses: try mayReachPrivate(url, isLocal: false, account: account),
            credential: nodeCredential(node, url: url)
        )
    }

    /// The node's dialect; OpenAI has two, of which the account may choose one.
    private func dialect(of node: UpstreamNode, account: UpstreamAccount, model: String) -> Dialect {
        guard node.dialect == .openAIChat || node.dialect == .openAIResponses else { return node.dialect }
        return account.options.chatFormat(for: model)?.dialect ?? node.dialect
    }

    func nodeHeaders(
        _ node: UpstreamNode,
        dialect: Dialect,
        url: UpstreamURL,
        account: UpstreamAccount,
        request: CallRequest
    ) -> HTTPHeaders {
        var headers = baseHeaders(dialect, stream: request.stream)
        if node.dialect == .anthropicMessages {
            headers.set("anthropic-version", "2023-06-01")
            if NativeAnthropic.hosts.contains(url.host) {
                NativeAnthropic.apply(request, account: account, to: &headers)
            }
        }
        let custom = node.customHeaders.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        headers.add(custom: custom + account.options.customHeaders, credentialHeaders: [])
        setUserAgent(of: node.id, account: account, in: &headers)
        return headers.fields
    }

    func nodeCredential(_ node: UpstreamNode, url: UpstreamURL) -> CredentialPlacement {
        guard node.dialect == .anthropicMessages else {
            return CredentialPlacement(owner: node.prefix, auth: .bearer, isRequired: false)
        }
        if NativeAnthropic.hosts.contains(url.host) {
            return CredentialPlacement(owner: node.prefix, auth: .anthropicKey, style: .anthropic, isRequired: false)
        }
        // Servers that imitate Anthropic's API often read the key as OpenAI's clients send it.
        return CredentialPlacement(owner: node.prefix, auth: .anthropicKey, second: .bearer, isRequired: false)
    }

    func nodeURL(
        _ node: UpstreamNode,
        path: String? = nil,
        dialect: Dialect,
        account: UpstreamAccount
    ) throws(CallError) -> UpstreamURL {
        let base = account.options.baseURL ?? node.baseURL
        do throws(UpstreamURL.Problem) {
            return try ChatAddress.chat(node: base, path: path, dialect: dialect)
        } catch {
            throw CallError(.refusedAddress, "base address of \(node.prefix): \(error.rawValue)")
        }
    }
}
