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
        let url = try nodeURL(node, account: account)
        var profile = catalogue.profile(of: node, host: url.host, model: request.model)
        if account.options.disablesStreamOptions { profile.usageInStream = false }
        return CallPlan(
            url: url.text,
            headers: nodeHeaders(node, url: url, account: account, request: request),
            dialect: node.dialect,
            profile: profile,
            upstreamModel: request.model,
            bodyRules: BodyRules(dialect: node.dialect, options: account.options),
            forceStream: false,
            poolKey: account.id,
            timeouts: environment.timeouts,
            allowsPrivateAddresses: try mayReachPrivate(url, isLocal: false, account: account),
            credential: nodeCredential(node, url: url)
        )
    }

    func nodeHeaders(
        _ node: UpstreamNode,
        url: UpstreamURL,
        account: UpstreamAccount,
        request: CallRequest
    ) -> HTTPHeaders {
        var headers = baseHeaders(stream: request.stream, userAgent: environment.userAgent)
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
