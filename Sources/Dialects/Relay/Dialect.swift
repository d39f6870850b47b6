/// A wire format that clients and providers speak.
package enum Dialect: String, Sendable, Hashable, CaseIterable {
    /// OpenAI Chat Completions and its look-alikes.
    case openAIChat = "chat"
    /// OpenAI Responses.
    case openAIResponses = "responses"
    /// Anthropic Messages.
    case anthropicMessages = "anthropic"
    /// Google's Gemini API.
    case gemini = "gemini"
    /// Ollama's own API.
    case ollama = "ollama"
}

/// Which of a dialect's forms a client's endpoint answers in.
package enum AnswerLayout: Sendable, Hashable {
    /// That of the dialect's main endpoint.
    case standard
    /// `/v1/completions`: Chat without a chat around the text.
    case textCompletion
    /// `/api/generate`: Ollama without messages.
    case generate
    /// A Gemini stream without `alt=sse`: one JSON array that arrives piece by piece.
    case jsonArray
}

/// What the pieces of a stream are on the wire.
package enum StreamFraming: Sendable, Hashable {
    /// Server-sent events.
    case events
    /// A JSON object a line.
    case lines
    /// The elements of one JSON array.
    case array

    package var contentType: String {
        switch self {
        case .events: "text/event-stream; charset=utf-8"
        case .lines: "application/x-ndjson"
        case .array: "application/json; charset=utf-8"
        }
    }
}

extension Dialect {
    /// How a stream to a client of the dialect is framed.
    package func framing(_ layout: AnswerLayout) -> StreamFraming {
        switch self {
        case .openAIChat, .openAIResponses, .anthropicMessages: .events
        case .gemini: layout == .jsonArray ? .array : .events
        case .ollama: .lines
        }
    }

    /// The highest temperature that services of the dialect take; `nil` for any.
    var mostTemperature: Int? {
        switch self {
        case .anthropicMessages: 1
        case .openAIChat, .openAIResponses, .gemini: 2
        case .ollama: nil
        }
    }

    /// Whether the arguments of calls are JSON objects, and not the text of one.
    var hasObjectArguments: Bool {
        switch self {
        case .anthropicMessages, .gemini, .ollama: true
        case .openAIChat, .openAIResponses: false
        }
    }

    /// Whether comments may be added to a stream: clients of Gemini read its lines without a parser of events.
    package var takesComments: Bool {
        switch self {
        case .openAIChat, .openAIResponses, .anthropicMessages: true
        case .gemini, .ollama: false
        }
    }
}
