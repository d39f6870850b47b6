package import Dialects
package import HTTPCore

/// Which kind of model client a path belongs to, whether or not there is a route for it.
///
/// Decides what cannot wait for the route: the language of an error, and whether a key may stand in the address.
package enum ClientFamily: Sendable, Hashable {
    case openAI, responses, anthropic, gemini, ollama

    /// `nil` for a path that no client of a model uses.
    package init?(_ method: HTTPMethod, _ target: RequestTarget) {
        var segments = target.segments[...]
        let isBelowAPI = segments.first == "api"
        if isBelowAPI { segments = segments.dropFirst() }
        let rest = segments.drop { $0 == "v1" }
        let isVersioned = rest.count < segments.count
        if isBelowAPI, !isVersioned, segments.count == 1, segments.contains(where: Self.ollamaNames.contains) {
            self = .ollama
            return
        }
        switch (rest.first, isVersioned) {
        case ("v1beta", _), ("v1alpha", _): self = .gemini
        case ("models", _) where method == .post && (isVersioned || !isBelowAPI): self = .gemini
        case ("api", true), ("vscode", true): self = .ollama
        case ("messages", true): self = .anthropic
        case ("responses", _), ("codex", _): self = .responses
        case ("chat", _), ("models", _), (_, true): self = .openAI
        default: return nil
        }
    }

    private static let ollamaNames: Set<Substring> = [
        "chat", "generate", "tags", "show", "ps", "version", "embed", "embeddings",
    ]

    /// In which dialect the family reads errors.
    package var dialect: Dialect {
        switch self {
        case .openAI: .openAIChat
        case .responses: .openAIResponses
        case .anthropic: .anthropicMessages
        case .gemini: .gemini
        case .ollama: .ollama
        }
    }
}
