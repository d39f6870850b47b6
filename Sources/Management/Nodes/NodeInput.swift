import CryptoCore
import JSONCore
import Store

/// The body that makes or changes a node.
struct NodeInput {
    let type: ProviderNode.Kind
    private let name: String
    private let prefix: String
    private let apiType: String?
    private let baseURL: String?
    private let paths: Paths

    /// The two paths below the base URL.
    struct Paths {
        let chat: String?
        let models: String?
        let hasChat: Bool
        let hasModels: Bool

        init(_ body: Body) {
            chat = Paths.path(body, "chatPath")
            models = Paths.path(body, "modelsPath")
            hasChat = body.has("chatPath")
            hasModels = body.has("modelsPath")
        }

        private static func path(_ body: Body, _ field: StaticString) -> String? {
            guard let path = body.optionalText(field, 0...500), !path.isEmpty else { return nil }
            let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
            guard path.hasPrefix("/"), !path.hasPrefix("//"), isPlain, !path.contains("/../"), !path.contains("#")
            else {
                body.reject("\(field)", "Expected a path that begins with /")
                return nil
            }
            return path
        }
    }

    /// Reads the body; `known` is the kind of the node to change, `nil` for a new one.
    init(_ body: Body, type known: ProviderNode.Kind?) {
        type = known ?? NodeInput.type(body) ?? .openAICompatible
        name = body.text("name", 1...200)
        prefix = body.text("prefix", 1...100)
        let isPlain = prefix.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        if !isPlain { body.reject("prefix", "Must be without blanks and slashes") }
        apiType = body.optionalWord("apiType", NodeInput.apiTypes)
        if known == nil, type == .openAICompatible, body.value.present("apiType") == nil {
            body.reject("apiType", "Required")
        }
        let url = body.optionalText("baseUrl", 0...2000).flatMap { $0.isEmpty ? nil : $0 }
        if let url, !ProviderData.isWebURL(url) { body.reject("baseUrl", "Expected an http or https URL") }
        baseURL = url.map { NodeInput.normalized($0, type: known ?? NodeInput.type(body) ?? .openAICompatible) }
        paths = Paths(body)
    }

    private static let apiTypes = [
        "chat", "responses", "embeddings", "audio-transcriptions", "audio-speech", "images-generations",
    ]

    static func type(_ body: Body) -> ProviderNode.Kind? {
        body.optionalWord("type", ["openai-compatible", "anthropic-compatible"]).flatMap(
            ProviderNode.Kind.init(rawValue:)
        )
    }

    /// The node with what the body says; the default base URLs are the vendors' own.
    func apply(to node: ProviderNode) -> ProviderNode {
        var node = node
        node.name = name
        node.prefix = prefix
        if let apiType, type == .openAICompatible { node.apiType = apiType }
        node.baseURL = baseURL ?? node.baseURL ?? Self.defaultBaseURL(type)
        if paths.hasChat { node.chatPath = paths.chat }
        if paths.hasModels { node.modelsPath = paths.models }
        return node
    }

    /// Serves `openai-compatible-<apiType>-<uuid>` or `anthropic-compatible-<uuid>`.
    func newID() -> String {
        switch type {
        case .openAICompatible: "openai-compatible-\(apiType ?? "chat")-\(SecureRandom.uuid())"
        case .anthropicCompatible: "anthropic-compatible-\(SecureRandom.uuid())"
        }
    }

    private static func defaultBaseURL(_ type: ProviderNode.Kind) -> String {
        type == .openAICompatible ? "https://api.openai.com/v1" : "https://api.anthropic.com/v1"
    }

    /// Without slashes at the end, and without the path that is added by every call.
    static func normalized(_ url: String, type: ProviderNode.Kind) -> String {
        var url = withoutFinalSlashes(url)
        if type == .anthropicCompatible, url.hasSuffix("/messages") {
            url = withoutFinalSlashes(String(url.dropLast("/messages".count)))
        }
        return url
    }

    private static func withoutFinalSlashes(_ url: String) -> String {
        var url = Substring(url)
        while url.hasSuffix("/") { url = url.dropLast() }
        return String(url)
    }
}
