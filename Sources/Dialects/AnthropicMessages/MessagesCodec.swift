import JSONCore

/// Anthropic Messages.
enum MessagesCodec: DialectCodec {
    static func checkShape(of root: JSONValue) throws(DialectError) -> Int {
        let count = try TurnsMember.count("messages", of: root)
        guard count > 0 else { throw TurnsMember.empty("messages") }
        return count
    }

    static var requestShape: RequestShape { MessagesShape.request }

    static func decodeRequest(
        _ body: JSONDocument,
        context: inout TranslationContext
    ) throws(DialectError) -> Conversation {
        var decoder = MessagesRequestDecoder(body.root, context: context)
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
        var encoder = MessagesRequestEncoder(conversation, profile: profile, context: context, streams: streams)
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
        try MessagesRequestEdits.apply(to: body, profile: profile, context: &context, streams: streams)
    }

    static func history(of root: JSONValue) -> MessageTurns? {
        MessageTurns(root["messages"]) { message, role in
            Turn(role, MessagesBlockReader.parts(of: message.present("content")))
        }
    }

    static func makeAnswerDecoder(profile: TargetProfile, context: TranslationContext) -> any AnswerDecoder {
        MessagesAnswerDecoder(context: context)
    }

    static func makeAnswerEncoder(context: TranslationContext) -> any AnswerEncoder {
        MessagesAnswerEncoder(context: context)
    }

    static func encodeAnswer(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        MessagesAnswerBody.encode(answer, context: context)
    }

    static func makeFrameForwarder(context: TranslationContext) -> any FrameForwarder {
        MessagesFrameForwarder(context: context)
    }

    static func status(of failure: Failure) -> Int { failure.status }

    static func errorBody(_ failure: Failure, requestID: String) -> [UInt8] {
        MessagesErrors.body(failure, requestID: requestID)
    }

    static func writeKeepAlive(_ context: TranslationContext, into out: inout [UInt8]) {
        writeKeepAlive(into: &out)
    }

    static func writeKeepAlive(into out: inout [UInt8]) {
        out.append("event: ping\ndata: {\"type\": \"ping\"}\n\n")
    }
}
