import JSONCore

/// Stands in for dialects that are not spoken yet.
protocol UnspokenCodec: DialectCodec {}

extension UnspokenCodec {
    static func checkShape(of root: JSONValue) throws(DialectError) -> Int {
        throw DialectError(.notSupported, "not spoken")
    }
    static func decodeRequest(
        _ body: JSONDocument,
        context: inout TranslationContext
    ) throws(DialectError) -> Conversation {
        throw DialectError(.notSupported, "not spoken")
    }
    static func encodeRequest(
        _ conversation: Conversation,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] { throw DialectError(.notSupported, "not spoken") }
    static func editRequest(
        _ body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] { throw DialectError(.notSupported, "not spoken") }
    static func makeAnswerDecoder(profile: TargetProfile, context: TranslationContext) -> any AnswerDecoder {
        ChatCodec.makeAnswerDecoder(profile: profile, context: context)
    }
    static func makeAnswerEncoder(context: TranslationContext) -> any AnswerEncoder {
        ChatCodec.makeAnswerEncoder(context: context)
    }
    static func encodeAnswer(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        ChatCodec.encodeAnswer(answer, context: context)
    }
    static func makeFrameForwarder(context: TranslationContext) -> any FrameForwarder {
        ChatCodec.makeFrameForwarder(context: context)
    }
    static func status(of failure: Failure) -> Int { ChatErrors.status(of: failure) }
    static func errorBody(_ failure: Failure, requestID: String) -> [UInt8] { ChatErrors.body(failure) }
    static func writeErrorEvent(_ failure: Failure, into out: inout [UInt8]) {
        ChatErrors.writeEvent(failure, into: &out)
    }
    static func writeKeepAlive(_ context: TranslationContext, into out: inout [UInt8]) {
        ChatCodec.writeKeepAlive(context, into: &out)
    }
}

enum GeminiCodec: UnspokenCodec {}
