import JSONCore

/// Google's Gemini API.
///
/// Model and streaming are said by the URL, so that bodies have neither.
enum GeminiCodec: DialectCodec {
    static let modelKey: StaticString = "modelVersion"

    static func checkShape(of root: JSONValue) throws(DialectError) -> Int {
        let count = try TurnsMember.count("contents", of: root)
        guard count > 0 else { throw TurnsMember.empty("contents") }
        return count
    }

    static var requestShape: RequestShape { GeminiShape.request }

    static func decodeRequest(
        _ body: JSONDocument,
        context: inout TranslationContext
    ) throws(DialectError) -> Conversation {
        var decoder = GeminiRequestDecoder(body.root, context: context)
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
        var encoder = GeminiRequestEncoder(conversation, profile: profile, context: context)
        let body = encoder.encode()
        context = encoder.context
        return body
    }

    static func editRequest(
        _ body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] {
        context.citesSources = GeminiRequestEdits.searches(body.root)
        return GeminiRequestEdits.apply(to: body, profile: profile, context: &context)
    }

    static func makeAnswerDecoder(profile: TargetProfile, context: TranslationContext) -> any AnswerDecoder {
        GeminiAnswerDecoder(profile: profile, context: context)
    }

    static func makeAnswerEncoder(context: TranslationContext) -> any AnswerEncoder {
        GeminiAnswerEncoder(context: context)
    }

    static func encodeAnswer(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        GeminiAnswerBody.encode(answer, context: context)
    }

    static func makeFrameForwarder(context: TranslationContext) -> any FrameForwarder {
        GeminiFrameForwarder(context: context)
    }

    static func status(of failure: Failure) -> Int { GeminiErrors.status(of: failure) }

    static func errorBody(_ failure: Failure, requestID: String) -> [UInt8] { GeminiErrors.body(failure) }

    /// White space: clients of Gemini look for `data:` only and take everything else for damage.
    static func writeKeepAlive(_ context: TranslationContext, into out: inout [UInt8]) {
        out.append("\r\n")
    }
}
