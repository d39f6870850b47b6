/// Why a model stopped, in terms that every dialect can be read into and written from.
package enum StopReason: Sendable, Hashable {
    case stop
    /// One of the client's stop sequences was produced; its text is known only to some providers.
    case stopSequence(String?)
    /// The client's limit on output tokens.
    case length
    /// The context window is full.
    case contextLength
    case toolCalls
    /// A provider's filter cut the answer.
    case contentFilter(String?)
    /// The model declined.
    case refusal(String?)
    /// A turn with server tools that the client is to continue.
    case pause
    /// The model produced a call that its provider could not read.
    case malformedToolCall
    case other(String)
    case cancelled
}

extension StopReason {
    /// Whether an answer without any content is what the provider meant: it gave a reason for saying nothing.
    var explainsEmptyAnswer: Bool {
        switch self {
        case .length, .contextLength, .contentFilter, .refusal, .pause, .stopSequence: true
        case .stop, .toolCalls, .malformedToolCall, .other, .cancelled: false
        }
    }

    /// Corrects what providers get wrong: calls that end with an ordinary stop, and call endings without a call.
    func corrected(hasCalls: Bool) -> StopReason {
        switch self {
        case .stop where hasCalls, .other where hasCalls: .toolCalls
        case .toolCalls where !hasCalls: .stop
        default: self
        }
    }
}
