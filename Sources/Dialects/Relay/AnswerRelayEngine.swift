import HTTPCore
import JSONCore

/// What an `AnswerRelay` does; a class, so that its state is never copied on the way of an event.
final class AnswerRelayEngine {
    private static let badFrameLimit = 3
    /// So many events tell of a whole answer that is one text.
    private static let usualEvents = 8
    private static let wholeBodyLimit = 64 << 20
    private static let streamLimit = 256 << 20

    private let context: TranslationContext
    private let splitsThinkTags: Bool
    private let decoder: any AnswerDecoder
    private let filters: [any AnswerFilter]
    /// Checks the calls of an answer to a request with tools.
    private let toolGuard: ToolCallGuard?
    private let observesTools: Bool
    private let recorder: ReasoningRecorder?
    /// Whether signatures may come that are good for one account only.
    private let claimsSignatures: Bool
    private var sniffer: AnswerSniffer
    private var parser = SSEParser()
    /// Whether the answer is read as an event stream; decided when its form is known.
    private var isStream = false
    /// How the client is served; decided when the form of the provider's answer is known.
    private var output: AnswerOutput?
    private(set) var observer = AnswerObserver()
    private var events: [AnswerEvent] = []
    private var joiner = SurrogateJoiner()
    /// Made for the first frame: an answer in one piece has none.
    private lazy var pattern = FramePattern()
    /// What the client has been sent, if another target may have to go on.
    private var progress: AnswerProgress?
    /// Joins this answer to that of another target.
    private let splicer: AnswerSplicer?
    private var badFrames = 0
    private var goodFrames = 0
    private var receivedBytes = 0

    /// Whether the answer is complete: everything for the client has been written.
    private(set) var isComplete = false
    /// What went wrong: an error event or body, an empty answer, a cut-off one, or garbage.
    var failure: Failure? { if case .failed(let failure) = ending { failure } else { nil } }
    private var ending = Ending.open
    /// The body that the client got, where it is kept.
    private var keptBody: [UInt8]?

    /// Boxed: failures are large and rare.
    private enum Ending {
        case open
        indirect case failed(Failure)
    }

    init(
        context: consuming TranslationContext,
        profile: TargetProfile,
        upstreamContentType: String?,
        continuing before: AnswerRelayEngine? = nil
    ) {
        progress = before?.progress ?? (context.continuation == .never ? nil : AnswerProgress())
        splicer = before.flatMap { before in before.progress.map { AnswerSplicer($0, used: before.usedInAll) } }
        output = before?.output
        splitsThinkTags = profile.thinkTags
        sniffer = AnswerSniffer(
            contentType: upstreamContentType,
            framing: context.upstreamDialect.framing(.standard)
        )
        decoder = context.upstreamDialect.codec.makeAnswerDecoder(profile: profile, context: context)
        toolGuard = context.toolDeclarations.map { ToolCallGuard($0, repairs: context.toolPolicy == .repair) }
        filters = AnswerFilters.make(for: context, toolGuard)
        observesTools = context.toolPolicy == .observe
        // The rest of an answer is no turn that anybody would know again.
        recorder = before == nil ? ReasoningRecorder.make(for: context, profile) : nil
        claimsSignatures = context.account != nil && profile.takesReasoningBack
        self.context = consume context
    }

    /// Whether the reason for the end is known, so that only usage and the end mark can follow.
    var awaitsOnlyTheEnd: Bool { !isOver && decoder.awaitsOnlyTheEnd }

    /// The reported tokens, else estimates; of an answer that is not complete whichever is more.
    var settledUsage: Usage {
        let input = context.estimatedInputTokens
        return isComplete ? observer.settledUsage(inputTokens: input) : observer.unfinishedUsage(inputTokens: input)
    }

    /// What this target and those that it goes on from have used.
    private var usedInAll: Usage { splicer.map { settledUsage.adding($0.usedBefore) } ?? settledUsage }

    /// What was found of the calls so far.
    var toolCallReport: ToolCallReport? { toolGuard?.report }

    /// Whether nothing is written any more: asked for every event.
    var isOver: Bool { if isComplete { true } else if case .failed = ending { true } else { false } }

    // MARK: - Continuation

    /// Whether another target may go on with the answer after a failure.
    var isContinuable: Bool { progress?.isContinuable(context.continuation) ?? false }

    func continuationRequest(_ request: JSONDocument, profile: TargetProfile) -> JSONDocument? {
        guard let progress else { return nil }
        return ContinuationRequest.document(
            request,
            context: context,
            progress: progress,
            prefills: profile.prefill && profile.continuesPrefill,
            spent: max(0, (usedInAll.output ?? 0) - progress.callTokens)
        )
    }

    // MARK: - Bytes

    /// Takes the next bytes of the provider's answer.
    func receive(_ chunk: [UInt8], into out: inout [UInt8]) {
        guard !isOver, !chunk.isEmpty else { return }
        receivedBytes += chunk.count
        guard receivedBytes <= (isStream ? Self.streamLimit : Self.wholeBodyLimit) else {
            return end(with: .answerTooLarge, into: &out)
        }
        if isStream {
            if goodFrames == 0 { sniffer.keep(chunk) }
            parser.append(chunk)
            return readFrames(into: &out)
        }
        switch sniffer.append(chunk) {
        case .undecided, .whole: break
        case .stream(let bytes):
            startStream()
            parser.isLineDelimited = sniffer.saysLines
            parser.append(bytes)
            readFrames(into: &out)
        case .unreadable: end(with: .unreadable, into: &out)
        }
    }

    /// Takes the end of the provider's answer; `cleanEnd` is false when the connection broke.
    func finish(cleanEnd: Bool, into out: inout [UInt8]) {
        guard !isOver else { return }
        guard isStream else { return finishWhole(cleanEnd: cleanEnd, into: &out) }
        readLastFrames(into: &out)
        guard !isOver else { return }
        if goodFrames == 0, let body = sniffer.wholeBody, let document = try? JSONDocument.parse(mending: body) {
            return receive(whole: document, into: &out)
        }
        decoder.finish(isClean: cleanEnd, into: &events)
        if goodFrames == 0, cleanEnd, case .error(let failure) = events.last, failure.cause == .cutOff {
            events[events.count - 1] = .error(badFrames > 0 ? .unreadable : .empty)
        }
        deliverEvents(into: &out)
    }

    /// Ends a stream with the client's error event because of something that the provider's bytes do not tell.
    ///
    /// What has failed already is told now if it was left to be told.
    func fail(_ failure: Failure, into out: inout [UInt8]) {
        guard !isComplete, progress != nil || !isOver else { return }
        progress = nil
        ending = .failed(failure)
        if context.wantsStream { writeError(failure, into: &out) }
    }

    private func writeError(_ failure: Failure, into out: inout [UInt8]) {
        if output?.fail(failure, into: &out) == true { return }
        // In other layouts an error needs more around it.
        context.clientDialect.codec.makeAnswerEncoder(context: context).write(.error(failure), into: &out)
    }

    /// The complete answer as one body, where it is kept for later requests.
    var storedAnswer: [UInt8]? { isComplete ? output?.storedAnswer ?? keptBody : nil }

    /// Whether the client gets the answer under the id that the provider gave it.
    var keepsProviderIDs: Bool { output?.keepsProviderIDs ?? false }

    private func keep(_ body: [UInt8]) {
        if context.keepsAnswer { keptBody = body }
    }

    /// Tells a streaming client that the answer is still on its way.
    func writeKeepAlive(into out: inout [UInt8]) {
        // A failure that the client has not been told of is not the end: another target may go on.
        guard !isComplete, !isOver || progress != nil else { return }
        if output?.writeKeepAlive(into: &out) == true { return }
        context.clientDialect.codec.writeKeepAlive(context, into: &out)
    }

    // MARK: - Streams

    private var passesThrough: Bool {
        let isSame = context.clientDialect == context.upstreamDialect && context.layout != .generate
        return isSame && context.layout != .textCompletion && filters.isEmpty && progress == nil && !splitsThinkTags
    }

    private func startStream() {
        isStream = true
        guard output == nil else { return }
        if !context.wantsStream {
            output = .collected(AnswerCollector())
        } else if passesThrough {
            output = .forwarded(context.clientDialect.codec.makeFrameForwarder(context: context))
        } else {
            output = .encoded(context.clientDialect.codec.makeAnswerEncoder(context: context))
        }
    }

    private func readFrames(into out: inout [UInt8]) {
        do {
            while !isOver, let event = try parser.next() { receive(event, into: &out) }
        } catch {
            end(with: .answerTooLarge, into: &out)
        }
    }

    private func readLastFrames(into out: inout [UInt8]) {
        do {
            while !isOver, let event = try parser.finish() { receive(event, into: &out) }
        } catch {
            end(with: .answerTooLarge, into: &out)
        }
    }

    private func receive(_ event: SSEEvent, into out: inout [UInt8]) {
        if event.isComment {
            if case .forwarded(let forwarder) = output {
                forwarder.forward(StreamFrame(name: nil, content: .comment(event.data)), into: &out)
            }
            return
        }
        switch SSEData(event.data) {
        case .nothing: break
        case .endMark:
            decoder.receiveEndMark(into: &events)
            deliverEvents(into: &out)
        case .json: receive(json: event, into: &out)
        }
    }

    private func receive(json event: SSEEvent, into out: inout [UInt8]) {
        if !splitsThinkTags, let known = pattern.event(for: event.data, name: event.name, into: &out) {
            events.append(known)
            return deliverEvents(into: &out)
        }
        pattern.forget()
        guard let document = try? JSONDocument.parse(mending: event.data), isAnswer(document.root) else {
            badFrames += 1
            if badFrames >= Self.badFrameLimit { end(with: .unreadable, into: &out) }
            return
        }
        badFrames = 0
        goodFrames += 1
        decoder.receive(document.root, name: event.name, into: &events)
        let outputStart = out.count
        var forwarded: ArraySlice<UInt8>?
        if case .forwarded(let forwarder) = output, !hasError {
            forwarder.forward(StreamFrame(name: event.name, content: .json(document.root)), into: &out)
            forwarded = out[outputStart...]
        }
        // What comes behind a reason for the end means more to a decoder than its text.
        let known = decoder.awaitsOnlyTheEnd ? [] : events
        pattern.learn(document, name: event.name, events: known, output: forwarded)
        forwarded = nil  // or `out` would be copied when it grows
        deliverEvents(into: &out)
    }

    private var hasError: Bool { if case .error = events.last { true } else { false } }

    // MARK: - Whole bodies

    private func finishWhole(cleanEnd: Bool, into out: inout [UInt8]) {
        let body = sniffer.takeBody()
        if let document = try? JSONDocument.parse(mending: body) { return receive(whole: document, into: &out) }
        guard cleanEnd else { return end(with: .endedEarly, into: &out) }
        guard !body.isEmpty else { return end(with: .empty, into: &out) }
        // Objects line by line: the reader of event streams takes them.
        startStream()
        parser.append(body)
        readLastFrames(into: &out)
        guard !isOver else { return }
        guard goodFrames > 0 else { return end(with: .unreadable, into: &out) }
        decoder.finish(isClean: true, into: &events)
        deliverEvents(into: &out)
    }

    private func isAnswer(_ root: JSONValue) -> Bool { root.isObject || root.isArray && decoder.readsArrays }

    private func receive(whole document: JSONDocument, into out: inout [UInt8]) {
        let body = document.root.isArray ? document.root.first ?? document.root : document.root
        if let failure = UpstreamError.inBody(body, dialect: context.upstreamDialect) {
            return end(with: failure, into: &out)
        }
        guard isAnswer(document.root) else { return end(with: .unreadable, into: &out) }
        if context.isBackground, !context.wantsStream, ResponsesStore.isPending(body) {
            // All that there is until the client asks again, for which it needs the identifier.
            (output, isComplete) = (.echoed, true)
            return echo(document, into: &out)
        }
        let codec = context.clientDialect.codec
        if output != nil {
            // Goes on with another target's answer.
        } else if context.wantsStream {
            output = .encoded(codec.makeAnswerEncoder(context: context))
        } else {
            // An answer in an envelope or in pieces has to be put together.
            let isPlain = document.root.isObject && document.root["response"]?.isObject != true
            output = passesThrough && isPlain ? .echoed : .collected(AnswerCollector())
        }
        events.reserveCapacity(Self.usualEvents)
        decoder.receive(whole: document.root, into: &events)
        if case .error(let failure) = events.last, failure.cause == .cutOff {
            events[events.count - 1] = .error(.empty)
        }
        deliverEvents(into: &out)
        if isComplete, case .echoed = output { echo(document, into: &out) }
    }

    private func echo(_ document: JSONDocument, into out: inout [UInt8]) {
        let edited = context.clientDialect.codec.editAnswer(document, context: context)
        keep(edited)
        if out.isEmpty { out = edited } else { out.append(contentsOf: edited) }
    }

    // MARK: - Events

    /// Hands the events read so far to the client's side.
    private func deliverEvents(into out: inout [UInt8]) {
        guard !events.isEmpty else { return }
        joiner.apply(to: &events)
        for filter in filters { filter.apply(to: &events) }
        splicer?.apply(to: &events)
        if progress != nil, case .error = events.last { leaveOpen() }
        // Taken out while they are read, and put back to keep the array's memory.
        var batch: [AnswerEvent] = []
        swap(&batch, &events)
        for event in batch where !isOver { deliver(claimsSignatures ? claimed(event) : event, into: &out) }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &events)
    }

    /// The event with the account that its signature is good for; one that the client gets without it is remembered.
    private func claimed(_ event: AnswerEvent) -> AnswerEvent {
        let claimed = context.claiming(event)
        if keepsProviderIDs { context.rememberIssuer(of: claimed) }
        return claimed
    }

    /// What a decoder closes because the answer broke off stays open for the target that goes on with it.
    private func leaveOpen() {
        events.removeAll { if case .close = $0 { true } else { false } }
    }

    private func deliver(_ event: AnswerEvent, into out: inout [UInt8]) {
        switch event {
        case .error(let failure): return end(with: failure, into: &out)
        case .end: return endComplete(into: &out)
        default: observer.observe(event)
        }
        if observesTools { toolGuard?.observe(event) }
        progress?.note(event)
        recorder?.observe(event)
        switch output {
        case .encoded(let encoder):
            if splicer == nil { encoder.write(event, into: &out) } else { encoder.write(shown(event), into: &out) }
        case .collected(let collector): collector.add(event)
        case .forwarded, .echoed, nil: break
        }
    }

    /// Clients are told what all targets of an answer have used together.
    private func shown(_ event: AnswerEvent) -> AnswerEvent {
        guard let splicer, case .usage(let usage) = event else { return event }
        return .usage(usage.adding(splicer.usedBefore))
    }

    private func endComplete(into out: inout [UInt8]) {
        let reason = observer.stopReason ?? .stop
        // A target that goes on with an answer may find that nothing is missing.
        guard observer.hasContent || reason.explainsEmptyAnswer || splicer != nil else {
            return end(with: .empty, into: &out)
        }
        isComplete = true
        recorder?.finish()
        let usage = settledUsage
        if usage.estimated { observer.observe(.usage(usage)) }
        switch output {
        case .encoded(let encoder):
            if usage.estimated { encoder.write(shown(.usage(usage)), into: &out) }
            encoder.write(.end, into: &out)
        case .collected(let collector):
            collector.add(.usage(usage))
            let body = context.clientDialect.codec.encodeAnswer(collector.answer, context: context)
            keep(body)
            out.append(contentsOf: body)
        case .forwarded(let forwarder): forwarder.finish(reason: reason, usage: usage, into: &out)
        case .echoed, nil: break
        }
    }

    private func end(with failure: Failure, into out: inout [UInt8]) {
        ending = .failed(failure)
        guard context.wantsStream, observer.hasContent, progress == nil else { return }
        writeError(failure, into: &out)
    }
}
