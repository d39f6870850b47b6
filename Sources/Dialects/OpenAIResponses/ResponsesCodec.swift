import JSONCore

/// OpenAI Responses.
enum ResponsesCodec: DialectCodec {
    /// A request without input is one: clients begin a conversation so, or go on with a stored one.
    static func checkShape(of root: JSONValue) throws(DialectError) -> Int {
        if let previous = root.present("previous_response_id"), !previous.isString {
            throw DialectError("previous_response_id must be a string", param: "previous_response_id")
        }
        guard let input = root.present("input") else { return 1 }
        if input.isArray { return max(1, input.count) }
        guard input.isString || input.isObject else {
            throw DialectError("input must be a string or an array of items", param: "input")
        }
        return 1
    }

    static var requestShape: RequestShape { ResponsesShape.request }

    static func decodeRequest(
        _ body: JSONDocument,
        context: inout TranslationContext
    ) throws(DialectError) -> Conversation {
        var decoder = ResponsesRequestDecoder(body.root, context: context)
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
        var encoder = ResponsesRequestEncoder(conversation, profile: profile, context: context, streams: streams)
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
        try ResponsesRequestEdits.apply(to: body, profile: profile, context: &context, streams: streams)
    }

    static func makeAnswerDecoder(profile: TargetProfile, context: TranslationContext) -> any AnswerDecoder {
        ResponsesAnswerDecoder(profile: profile, context: context)
    }

    static func makeAnswerEncoder(context: TranslationContext) -> any AnswerEncoder {
        ResponsesAnswerEncoder(context: context)
    }

    static func encodeAnswer(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        ResponsesAnswerBody.encode(answer, context: context)
    }

    static func editAnswer(_ body: JSONDocument, context: TranslationContext) -> [UInt8] {
        ResponsesBodyEdits.apply(to: body, context: context)
    }

    static func makeFrameForwarder(context: TranslationContext) -> any FrameForwarder {
        ResponsesFrameForwarder(context: context)
    }

    static func status(of failure: Failure) -> Int { ChatErrors.status(of: failure) }

    static func errorBody(_ failure: Failure, requestID: String) -> [UInt8] {
        ChatErrors.body(failure, for: .openAIResponses)
    }

    /// A comment: what is no event of an answer yet must not use up its numbers.
    static func writeKeepAlive(_ context: TranslationContext, into out: inout [UInt8]) {
        out.append(": keepalive\n\n")
    }
}
