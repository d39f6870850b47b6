import HTTPCore
package import JSONCore

/// Turns one provider's answer into the client's, as it arrives.
///
///     var relay = AnswerRelay(context: context, profile: profile, upstreamContentType: type)
///     relay.receive(chunk, into: &out) …        bytes for the client are appended to `out`
///     relay.finish(cleanEnd: true, into: &out)
///
/// Nothing throws: what goes wrong becomes `failure`. As long as `hasMeaningfulContent` is false the caller may hold
/// the client's bytes back and throw them and the relay away for another attempt. Failures after that are written to a
/// streaming client as its dialect's error event; nothing follows them.
///
/// Whether the client gets a stream or one body, and whether the provider sends one or the other, is independent. A
/// client that speaks the provider's dialect gets the provider's bytes with the few necessary edits.
///
/// A copy relays the same answer: there is only one stream of bytes.
package struct AnswerRelay {
    private let engine: AnswerRelayEngine

    package init(context: consuming TranslationContext, profile: TargetProfile, upstreamContentType: String?) {
        engine = AnswerRelayEngine(
            context: consume context,
            profile: profile,
            upstreamContentType: upstreamContentType
        )
    }

    /// Goes on with the answer of a relay that has failed with another target's answer.
    package init(
        continuing relay: AnswerRelay,
        context: consuming TranslationContext,
        profile: TargetProfile,
        upstreamContentType: String?
    ) {
        engine = AnswerRelayEngine(
            context: consume context,
            profile: profile,
            upstreamContentType: upstreamContentType,
            continuing: relay.engine
        )
    }

    /// Whether another target may go on with the answer after a failure.
    package var isContinuable: Bool { engine.isContinuable }

    /// The client's request with the answer so far behind it, for a target that goes on with it.
    package func continuationRequest(_ request: JSONDocument, profile: TargetProfile) -> JSONDocument? {
        engine.continuationRequest(request, profile: profile)
    }

    // MARK: - Bytes

    /// Takes the next bytes of the provider's answer.
    package mutating func receive(_ chunk: [UInt8], into out: inout [UInt8]) { engine.receive(chunk, into: &out) }

    /// Takes the end of the provider's answer; `cleanEnd` is false when the connection broke.
    package mutating func finish(cleanEnd: Bool, into out: inout [UInt8]) {
        engine.finish(cleanEnd: cleanEnd, into: &out)
    }

    /// Takes a complete body.
    package mutating func whole(_ body: [UInt8], into out: inout [UInt8]) {
        engine.receive(body, into: &out)
        engine.finish(cleanEnd: true, into: &out)
    }

    /// Ends a stream with the client's error event because of something that the provider's bytes do not tell.
    package mutating func fail(_ failure: Failure, into out: inout [UInt8]) { engine.fail(failure, into: &out) }

    /// Tells a streaming client that the answer is still on its way; only after bytes of the answer have been written.
    package func writeKeepAlive(into out: inout [UInt8]) { engine.writeKeepAlive(into: &out) }

    // MARK: - What is known

    /// Whether the answer is complete: everything for the client has been written.
    package var isComplete: Bool { engine.isComplete }

    /// Whether nothing more will be written: the answer is complete or has failed.
    package var isOver: Bool { engine.isOver }

    /// What went wrong: an error event or body, an empty answer, a cut-off one, or garbage.
    package var failure: Failure? { engine.failure }

    /// Whether text, reasoning, a refusal, a call or a medium has come, or the answer is complete without any because
    /// the provider says why (for example the client's limit of tokens).
    package var hasMeaningfulContent: Bool { engine.observer.hasContent || engine.isComplete }

    /// Whether the provider has sent the first event of an answer at all, be it without content.
    package var hasStarted: Bool { engine.observer.hasStarted }

    /// Whether the reason for the end has come, so that only usage and the end mark can follow: there is no use in
    /// waiting for them longer than some seconds.
    package var awaitsOnlyTheEnd: Bool { engine.awaitsOnlyTheEnd }

    /// The tokens so far; once the answer is complete they are counted here where the provider gave no figures.
    package var usage: Usage { engine.observer.usage }

    /// Tokens to account for an answer that did not come to its end: the reported ones, or an estimate if that is more.
    package var settledUsage: Usage { engine.settledUsage }

    /// What was found of the answer's calls; nil when the client declared no tools or nobody wants to know.
    package var toolCallReport: ToolCallReport? { engine.toolCallReport }

    /// The complete answer of a Responses client as a response object, if the context's `keepsAnswer` is set.
    package var storedAnswer: [UInt8]? { engine.storedAnswer }

    /// Whether the client gets the answer under the id that the provider gave it.
    package var keepsProviderIDs: Bool { engine.keepsProviderIDs }

    package var stopReason: StopReason? { engine.observer.stopReason }

    package var providerReportedCost: Double? { engine.observer.usage.reportedCost }

    /// The model that the provider says has answered.
    package var upstreamResponseModel: String? { engine.observer.model }
}
