package import JSONCore

/// Turns a client's request into the request for one target.
package enum RequestTranslator {
    /// The body to send, or an error that is the client's.
    ///
    /// A client that speaks the target's dialect has its bytes edited where the target needs it; every other byte stays.
    /// Otherwise the request is read into a conversation, repaired, and written in the target's dialect. What the way
    /// back needs to know is put into `context`.
    package static func translate(
        _ body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        upstreamStreams: Bool
    ) throws(DialectError) -> [UInt8] {
        guard body.root.isObject else { throw DialectError("the request body must be a JSON object") }
        let client = context.clientDialect.codec
        _ = try client.checkShape(of: body.root)
        if context.toolPolicy != .off { context.toolDeclarations = ToolDeclarations.of(body) }
        guard context.clientDialect != context.upstreamDialect else {
            context.notePlace(of: body.root, profile)
            EditLosses.note(body.root, profile: profile, in: &context)
            return try client.editRequest(body, profile: profile, context: &context, streams: upstreamStreams)
        }
        try client.requestShape.check(body.root, of: context.clientDialect)
        if context.estimatedInputTokens == nil {
            context.estimatedInputTokens = TokenEstimate.inputTokens(body, dialect: context.clientDialect)
        }
        var conversation = try client.decodeRequest(body, context: &context)
        conversation.sourceSize = body.bytes.count
        do throws(DialectError) {
            try Repairs.apply(to: &conversation, body: body, profile: profile, context: &context)
        } catch {
            throw error.inTerms(of: context.clientDialect)
        }
        let target = context.upstreamDialect.codec
        return try target.encodeRequest(conversation, profile: profile, context: &context, streams: upstreamStreams)
    }
}
