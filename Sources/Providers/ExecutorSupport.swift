/// Which calling procedures of the catalogue this gateway can follow with a plain HTTP call.
///
/// The special ones below differ from the default only in data: another path per model, an effort suffix, an extra
/// body field. ``ProfileRules`` and ``BodyRules`` hold those differences.
enum ExecutorSupport {
    /// Procedures whose request is a body of a spoken dialect with an API key.
    static let plain: Set<String> = [
        "default", "demo",
        // Bearer key at the OpenAI-style address; the Anthropic-style one serves the virtual effort models.
        "glm",
        // Messages body with the key in x-api-key; only `thinking.keep` is special.
        "kimi",
        // Path by the format of the model.
        "opencode",
        // OpenAI-compatible DashScope address with a key.
        "qoder",
        // Effort as a suffix of the model id.
        "xai",
        // Address rules of the Azure resources.
        "azure-ai", "azure-openai",
        // Account id in the path, text-only messages.
        "cloudflare-ai",
        // One extra body field, or none.
        "pollinations", "puter",
    ]

    /// Procedures that need an own implementation, and why.
    private static let reasons: [String: String] = [
        "nlpcloud": "its request is not an OpenAI body (input, context and history fields)",
        "gitlab": "it answers code suggestions, not chat",
        "command-code": "its request envelope is not documented",
        "grok-cli": "it needs a vendor sign-in",
        "github": "it needs a vendor sign-in",
        "codebuddy-cn": "it needs a vendor sign-in",
        "iflow": "it needs a vendor sign-in and signed requests",
    ]

    /// Why chat of a provider cannot be called, or nil; `format` is nil without chat.
    static func unsupportedReason(executor: String, format: WireFormat?, auth: ProviderAuth.Kind) -> String? {
        guard let format else { return "it offers no chat" }
        guard format.dialect != nil else {
            return "its wire format (\(format.rawValue)) is not spoken by this version"
        }
        if let reason = reasons[executor] { return reason }
        switch auth {
        case .apikey, .optional, .none: break
        case .oauth: return "it needs a vendor sign-in, which this version does not offer"
        case .clientCredentials, .serviceAccount, .awsSigV4, .cookie:
            return "its credentials (\(auth.rawValue)) are not supported by this version"
        }
        return plain.contains(executor) ? nil : "its calling procedure (\(executor)) is not known to this version"
    }
}
