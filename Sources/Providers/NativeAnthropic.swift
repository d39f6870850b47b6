/// What only Anthropic's own API takes.
enum NativeAnthropic {
    /// Providers of the catalogue that are Anthropic's API, also when a company proxy stands before it.
    static let providers: Set<String> = ["anthropic", "claude"]
    /// Hosts of user-defined nodes that are Anthropic's API.
    static let hosts: Set<String> = ["api.anthropic.com"]

    private static let longContextBeta = "context-1m-2025-08-07"

    /// Takes over the client's version and betas; a model name ending in `[1m]` asks for the long context.
    static func apply(_ request: CallRequest, account: UpstreamAccount, to headers: inout UpstreamHeaders) {
        if let version = request.clientVersion, isVersion(version) { headers.set("anthropic-version", version) }
        headers.addBetas(request.clientBetas)
        let wantsLongContext = request.wantsLongContext || account.options.wantsLongContext
        if wantsLongContext, hasLongContextBeta(request.model) { headers.addBetas([longContextBeta]) }
    }

    /// Models that need the beta for a window of a million tokens; newer ones have it anyway.
    private static func hasLongContextBeta(_ model: String) -> Bool {
        let folded = ModelSpelling.folded(model)
        return ["claude-sonnet-4", "claude-opus-4"].contains { folded.hasPrefix($0) }
    }

    /// A date, as Anthropic numbers its versions.
    private static func isVersion(_ text: String) -> Bool {
        text.utf8.count == 10
            && text.utf8.enumerated().allSatisfy { index, byte in
                index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
            }
    }
}
