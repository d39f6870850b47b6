import JSONCore

/// OpenAI Chat Completions.
enum ChatCodec: DialectCodec {
    static func checkShape(of root: JSONValue) throws(DialectError) -> Int {
        let count = try TurnsMember.count("messages", of: root)
        guard count > 0 || root.present("system") != nil else { throw TurnsMember.empty("messages") }
        return count
    }

    static var requestShape: RequestShape { ChatShape.request }

    static func decodeRequest(
        _ body: JSONDocument,
        context: inout TranslationContext
    ) throws(DialectError) -> Conversation {
        var decoder = ChatRequestDecoder(body.root, context: context)
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
        var encoder = ChatRequestEncoder(conversation, profile: profile, context: context, streams: streams)
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
        try ChatRequestEdits.apply(to: body, profile: profile, context: &context, streams: streams)
    }

    static func history(of root: JSONValue) -> MessageTurns? {
        history(root["messages"])
    }

    static func history(_ messages: JSONValue?) -> MessageTurns {
        MessageTurns(messages) { message, role in
            let parts = ChatParts(message: message)
            if role == .assistant { return Turn(role, parts.assistant) }
            let isResult = message["role"]?.equals("tool") == true || message["role"]?.equals("function") == true
            return Turn(role, isResult ? [.toolResult(parts.result)] : parts.content)
        }
    }

    static func makeAnswerDecoder(profile: TargetProfile, context: TranslationContext) -> any AnswerDecoder {
        ChatAnswerDecoder(profile: profile, context: context)
    }

    static func makeAnswerEncoder(context: TranslationContext) -> any AnswerEncoder {
        context.layout == .textCompletion
            ? TextCompletionEncoder(context: context) : ChatAnswerEncoder(context: context)
    }

    static func encodeAnswer(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        context.layout == .textCompletion
            ? TextCompletionBody.encode(answer, context: context) : ChatAnswerBody.encode(answer, context: context)
    }

    static func makeFrameForwarder(context: TranslationContext) -> any FrameForwarder {
        ChatFrameForwarder(context: context)
    }

    static func status(of failure: Failure) -> Int { ChatErrors.status(of: failure) }

    static func errorBody(_ failure: Failure, requestID: String) -> [UInt8] { ChatErrors.body(failure) }

    static func writeKeepAlive(_ context: TranslationContext, into out: inout [UInt8]) {
        out.append(": keepalive\n\n")
    }
}
