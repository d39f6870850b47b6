private import Dialects
import HTTPCore

extension ErrorStyle {
    /// The language of a client whose route is not known (yet): paths of model APIs are answered in their dialect.
    init(guessedFrom facts: RequestFacts) {
        guard let family = ClientFamily(facts.method, facts.target) else {
            self = .management
            return
        }
        let isAnthropic = family == .openAI && facts.fields.speaksAnthropic && facts.target.segments.contains("v1")
        self = .dialect(isAnthropic ? .anthropicMessages : family.dialect)
    }

    /// Routes that several kinds of clients share (`/v1/models`) answer each in its own dialect.
    func refined(for route: Route, by facts: RequestFacts) -> ErrorStyle {
        guard case .dialect(.openAIChat) = self, route.path.hasPrefix("/v1/models") else { return self }
        if facts.fields.speaksAnthropic { return .dialect(.anthropicMessages) }
        return facts.speaksGemini ? .dialect(.gemini) : self
    }
}
