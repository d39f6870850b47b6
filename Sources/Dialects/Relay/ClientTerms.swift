extension DialectError {
    /// The same refusal with the field in the client's words: repairs know no dialect and speak as Chat does.
    func inTerms(of client: Dialect) -> DialectError {
        var error = self
        switch (param, client) {
        case ("messages", .openAIResponses): error.param = "input"
        case ("messages", .gemini): error.param = "contents"
        case ("tool_choice", .gemini): error.param = "toolConfig"
        case ("n", .gemini): error.param = "generationConfig.candidateCount"
        default: break
        }
        return error
    }
}
