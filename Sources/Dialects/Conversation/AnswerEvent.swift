import JSONCore

/// One step of a model's answer, in no dialect.
///
///     start (open (text│thinking│refusal│arguments│signature│citation)* close)* usage* finish+ usage* end
///                                                                        error ends it at any point
///
/// Decoders restore this order whatever the provider did: blocks are numbered in order of first appearance, opened
/// and closed once, and nothing follows a block's close. Several calls may be open at once.
/// Rare payloads are indirect, so that the events of the hot path stay small.
enum AnswerEvent {
    indirect case start(AnswerStart)
    indirect case open(block: Int, choice: Int, BlockKind)
    case text(Int, JSONText)
    case thinking(Int, JSONText)
    case refusal(Int, JSONText)
    case arguments(Int, JSONText)
    indirect case signature(Int, Signature)
    indirect case citation(Int, Citation)
    /// Probabilities of tokens of a text block: the elements of Chat's `logprobs.content`.
    indirect case logprobs(Int, JSONValue)
    case close(Int)
    indirect case usage(Usage)
    indirect case finish(choice: Int, StopReason)
    /// The provider reports an error; nothing follows.
    indirect case error(Failure)
    case ping
    case end
}

/// What is known when an answer begins.
struct AnswerStart {
    var model: String?
    var usage: Usage?
}

/// What a block of an answer holds.
enum BlockKind {
    case text
    case thinking
    case redactedThinking(Signature)
    case refusal
    case toolCall(id: String, name: String, ToolCall.Kind)
    /// An image or a recording that the model made.
    case media(Media)
    /// A search of the web that the provider made itself.
    case webSearch(WebSearchCall)
    /// A block of one dialect that no other can express: its raw form at the start.
    case opaque(JSONValue, Dialect)
}

/// A search that a provider made for an answer.
struct WebSearchCall {
    var id: String
    var query: JSONText
    var sources: [Source] = []

    struct Source {
        var url: JSONText
        var title: JSONText?
    }
}

/// A source that the text of a block refers to.
struct Citation {
    var url: JSONText?
    var title: JSONText?
    /// Where in the text, counted in characters of the whole answer, if the provider says so.
    var start: Int?
    var end: Int?
    /// The citation as it came.
    var raw: JSONValue
    var origin: Dialect

    /// The citation with the place of its text, if the provider did not give one.
    func placed(in range: Range<Int>) -> Citation {
        var citation = self
        citation.start = start ?? range.lowerBound
        citation.end = end ?? range.upperBound
        return citation
    }
}
