import JSONCore

/// What one dialect supplies; everything else works with any of them.
protocol DialectCodec {
    /// The member of an answer that names the model.
    static var modelKey: StaticString { get }

    // MARK: Requests
    /// Refuses what is no request of the dialect at all; returns how many turns it has.
    static func checkShape(of root: JSONValue) throws(DialectError) -> Int
    /// What the members of a request may be that another dialect is to answer.
    static var requestShape: RequestShape { get }
    static func decodeRequest(
        _ body: JSONDocument,
        context: inout TranslationContext
    ) throws(DialectError) -> Conversation
    static func encodeRequest(
        _ conversation: Conversation,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8]
    /// The request of a client that speaks the target's dialect: the client's bytes with the necessary edits.
    static func editRequest(
        _ body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8]

    /// A request's history, as far as `TurnDigests` looks at it; `nil` where it is not read from raw messages.
    static func history(of root: JSONValue) -> MessageTurns?

    // MARK: Answers
    static func makeAnswerDecoder(profile: TargetProfile, context: TranslationContext) -> any AnswerDecoder
    static func makeAnswerEncoder(context: TranslationContext) -> any AnswerEncoder
    static func encodeAnswer(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8]
    /// The whole answer of a provider that speaks the client's dialect: its bytes with the necessary edits.
    static func editAnswer(_ body: JSONDocument, context: TranslationContext) -> [UInt8]
    static func makeFrameForwarder(context: TranslationContext) -> any FrameForwarder

    // MARK: Errors
    static func status(of failure: Failure) -> Int
    static func errorBody(_ failure: Failure, requestID: String) -> [UInt8]
    /// What tells a streaming client that the answer is still on its way, and changes nothing for it.
    static func writeKeepAlive(_ context: TranslationContext, into out: inout [UInt8])
}

extension DialectCodec {
    static var modelKey: StaticString { "model" }

    static func editAnswer(_ body: JSONDocument, context: TranslationContext) -> [UInt8] {
        body.replacing(modelKey, with: JSONLiteral.string(context.clientModel))
    }

    static func history(of root: JSONValue) -> MessageTurns? { nil }
}

/// Reads a provider's answer into events; made for one answer.
protocol AnswerDecoder: AnyObject {
    /// Whether an answer may be an array of what it is otherwise; the decoder then takes the array.
    var readsArrays: Bool { get }
    /// Whether the reason for the end is known, so that only usage and the end mark can follow.
    var awaitsOnlyTheEnd: Bool { get }
    /// Reads the JSON of one stream frame.
    func receive(_ frame: JSONValue, name: String?, into events: inout [AnswerEvent])
    /// Reads the end mark of the stream (`[DONE]`).
    func receiveEndMark(into events: inout [AnswerEvent])
    /// Reads a complete answer.
    func receive(whole body: JSONValue, into events: inout [AnswerEvent])
    /// Reads the end of the transfer. `isClean` is false when the connection broke.
    func finish(isClean: Bool, into events: inout [AnswerEvent])
}

extension AnswerDecoder {
    var readsArrays: Bool { false }
}

/// Writes the events of an answer to a streaming client; made for one answer.
///
/// After `.error` or `.end` nothing more is written.
protocol AnswerEncoder: AnyObject {
    func write(_ event: AnswerEvent, into out: inout [UInt8])
    /// Tells the client that the answer is still on its way; at any time between two events.
    func writeKeepAlive(into out: inout [UInt8])
    /// The finished answer as one body, if the context says that it is kept and the dialect has a use for it.
    var storedAnswer: [UInt8]? { get }
}

extension AnswerEncoder {
    var storedAnswer: [UInt8]? { nil }
}

/// Passes a provider's frames on to a client of the same dialect with the few edits that are allowed.
protocol FrameForwarder: AnyObject {
    func forward(_ frame: StreamFrame, into out: inout [UInt8])
    /// Ends a complete answer and adds what the provider left out, as far as it is known.
    func finish(reason: StopReason, usage: Usage, into out: inout [UInt8])
    /// Ends an answer that has failed.
    func fail(_ failure: Failure, into out: inout [UInt8])
    /// Tells the client that the answer is still on its way; at any time between two frames.
    func writeKeepAlive(into out: inout [UInt8])
    /// The finished answer as one body, if the context says that it is kept and the dialect has a use for it.
    var storedAnswer: [UInt8]? { get }
}

extension FrameForwarder {
    var storedAnswer: [UInt8]? { nil }
}

/// One frame of an event stream.
struct StreamFrame {
    enum Content {
        /// The frame's data, read; its bytes are those of the document.
        case json(JSONValue)
        case comment([UInt8])
    }

    var name: String?
    var content: Content
}

extension Dialect {
    /// The dialect's pieces: the only place that lists them.
    var codec: any DialectCodec.Type {
        switch self {
        case .openAIChat: ChatCodec.self
        case .openAIResponses: ResponsesCodec.self
        case .anthropicMessages: MessagesCodec.self
        case .gemini: GeminiCodec.self
        case .ollama: OllamaCodec.self
        }
    }
}
