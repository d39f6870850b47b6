private import Dialects
import HTTPCore

extension ErrorStyle {
    /// The language of a client whose route is not known (yet): paths of model APIs are answered in their dialect.
    init(guessedFrom facts: RequestFacts) {
        var segments = facts.target.segments[...]
        if segments.first == "api" { segments = segments.dropFirst() }
        switch segments.first {
        case "v1", "v1beta":
            let isMessages = segments.dropFirst().first == "messages"
            self = .dialect(isMessages || facts.fields.speaksAnthropic ? .anthropicMessages : .openAIChat)
        case "chat", "responses", "models", "codex":
            self = .dialect(.openAIChat)
        default:
            self = .management
        }
    }

    /// Routes that several kinds of clients share (`/v1/models`) answer Anthropic's clients in Anthropic's dialect.
    func refined(for route: Route, by facts: RequestFacts) -> ErrorStyle {
        guard facts.fields.speaksAnthropic, route.path.hasPrefix("/v1/models") else { return self }
        if case .dialect = self { return .dialect(.anthropicMessages) }
        return self
    }
}
