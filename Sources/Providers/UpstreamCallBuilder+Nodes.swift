import Dialects
import HTTPCore

/// Calls to providers that the user defined.
extension UpstreamCallBuilder {
    /// The chat call of a node.
    func call(
        of node: UpstreamNode,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> UpstreamCall {
        let url = try nodeURL(node, account: account)
        let headers = try nodeHeaders(node, url: url, account: account, request: request)
        var profile = catalogue.profile(of: node, host: url.host, model: request.model)
        if account.options.disablesStreamOptions { profile.usageInStream = false }
        return UpstreamCall(
            url: url.text,
            headers: headers,
            dialect: node.dialect,
            profile: profile,
            upstreamModel: request.model,
            bodyRules: BodyRules(dialect: node.dialect, options: account.options),
            forceStream: false,
            poolKey: account.id,
            timeouts: environment.timeouts,
            allowsPrivateAddresses: try mayReachPrivate(url, isLocal: false, account: account)
        )
    }

    func nodeHeaders(
        _ node: UpstreamNode,
        url: UpstreamURL,
        account: UpstreamAccount,
        request: CallRequest
    ) throws(CallError) -> HTTPHeaders {
        var headers = baseHeaders(stream: request.stream, userAgent: environment.userAgent)
        let isNative = NativeAnthropic.hosts.contains(url.host)
        var auth = ProviderAuth.bearer
        if node.dialect == .anthropicMessages {
            headers.set("anthropic-version", "2023-06-01")
            if isNative { NativeAnthropic.apply(request, account: account, to: &headers) }
            auth = .anthropicKey
        }
        if let credential = account.credential(turn: request.keyTurn) {
            guard UpstreamHeaders.isValue(credential) else {
                throw CallError(.incomplete, "the API key of \(node.prefix) contains characters that no key has")
            }
            headers.add(credential, as: auth)
            // Servers that imitate Anthropic's API often read the key as OpenAI's clients send it.
            if node.dialect == .anthropicMessages, !isNative { headers.add(credential, as: .bearer) }
        }
        let custom = node.customHeaders.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        headers.add(custom: custom + account.options.customHeaders, credentialHeaders: [])
        setUserAgent(of: node.id, account: account, in: &headers)
        return headers.fields
    }

    func nodeURL(
        _ node: UpstreamNode,
        path: String? = nil,
        account: UpstreamAccount
    ) throws(CallError) -> UpstreamURL {
        let base = account.options.baseURL ?? node.baseURL
        do throws(UpstreamURL.Problem) {
            return try ChatAddress.chat(node: base, path: path ?? node.chatPath, dialect: node.dialect)
        } catch {
            throw CallError(.refusedAddress, "base address of \(node.prefix): \(error.rawValue)")
        }
    }
}
