import JSONCore

/// Ollama's own API: `/api/chat`, and `/api/generate` as a layout of it.
enum OllamaCodec: DialectCodec {
    /// A request without messages asks only that the model be loaded: it has no turn, and is no mistake.
    static func checkShape(of root: JSONValue) throws(DialectError) -> Int {
        OllamaLoad.isAsked(by: root) ? 0 : try TurnsMember.count("messages", of: root)
    }

    static var requestShape: RequestShape { OllamaShape.request }

    static func decodeRequest(
        _ body: JSONDocument,
        context: inout TranslationContext
    ) throws(DialectError) -> Conversation {
        var decoder = OllamaRequestDecoder(body.root, context: context)
        let conversation = try decoder.decode()
        context = decoder.context
        return conversation
    }

    static func encodeRequest(
        _ conversation: Conversation,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] {
        var encoder = OllamaRequestEncoder(conversation, profile: profile, context: context, streams: streams)
        let body = try encoder.encode()
        context = encoder.context
        return body
    }

    static func editRequest(
        _ body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] {
        OllamaRequestEdits.apply(to: body, profile: profile, context: &context, streams: streams)
    }

    static func makeAnswerDecoder(profile: TargetProfile, context: TranslationContext) -> any AnswerDecoder {
        OllamaAnswerDecoder(profile: profile, context: context)
    }

    static func makeAnswerEncoder(context: TranslationContext) -> any AnswerEncoder {
        OllamaAnswerEncoder(context: context)
    }

    static func encodeAnswer(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        OllamaAnswerBody.encode(answer, context: context)
    }

    static func makeFrameForwarder(context: TranslationContext) -> any FrameForwarder {
        OllamaFrameForwarder(context: context)
    }

    static func status(of failure: Failure) -> Int { OllamaErrors.status(of: failure) }

    static func errorBody(_ failure: Failure, requestID: String) -> [UInt8] { OllamaErrors.body(failure) }

    static func writeKeepAlive(_ context: TranslationContext, into out: inout [UInt8]) {
        OllamaLines(context: context).writeText("", into: &out)
    }
}
