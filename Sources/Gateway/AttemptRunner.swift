import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import JSONCore
import LogCore
import Providers
import TimeCore

/// Brings an answer to the client.
protocol AnswerDelivery {
    func run() async -> AttemptOutcome
}

/// Runs one attempt: translate, send, relay.
final class AttemptRunner {
    let gateway: Gateway
    let request: ChatRequest
    let question: Question
    let call: UpstreamCall
    let target: Ledger.Target
    let ledger: Ledger
    /// Of a Responses client.
    let state: ResponsesState?
    let sink: any AnswerSink
    private var context: TranslationContext
    /// The stream of another target that this attempt goes on with.
    private let interrupted: StreamDelivery?
    /// What is asked: the client's request, with the answer so far if there is one.
    private var document: JSONDocument
    /// What the target accepts; its refusal can show that it is less than thought.
    private var profile: TargetProfile

    init(
        gateway: Gateway,
        request: ChatRequest,
        question: Question,
        call: UpstreamCall,
        target: Ledger.Target,
        ledger: Ledger,
        policies: AnswerPolicies,
        state: ResponsesState? = nil,
        sink: any AnswerSink,
        continuing interrupted: StreamDelivery? = nil
    ) throws(Failure) {
        if let interrupted {
            guard let rest = interrupted.continuationRequest(question.document, profile: call.profile) else {
                throw .notContinuable(model: "\(target.prefix)/\(target.model)")
            }
            document = rest
        } else {
            document = question.document
        }
        self.gateway = gateway
        self.request = request
        self.question = question
        self.call = call
        self.target = target
        self.ledger = ledger
        self.state = state
        self.sink = sink
        context = Self.makeContext(request, question, call, gateway)
        profile = call.profile
        context.toolPolicy = policies.toolCalls
        if question.wantsStream { context.continuation = policies.continuation }
        context.keepsAnswer = state?.isKept == true
        context.continuedResponse = state?.reference
        self.interrupted = interrupted
        gateway.reasoning?.lend(to: &context, request, account: target.connectionID)
    }

    func run() async -> AttemptOutcome {
        do {
            let source = try await open()
            guard source.status.isSuccess else { return try await secondTry(after: await refusal(from: source)) }
            return await delivery(of: source).run()
        } catch {
            return gateway.outcome(of: error, provider: target.providerID, sink)
        }
    }

    @inline(never) private func delivery(of source: any AnswerSource) -> any AnswerDelivery {
        let type = source.header("content-type")
        if let interrupted {
            let relay = interrupted.continued(context, profile: profile, upstreamContentType: type)
            return StreamDelivery(self, source: source, relay: relay, continuing: interrupted)
        }
        let relay = AnswerRelay(context: context, profile: profile, upstreamContentType: type)
        return question.wantsStream
            ? StreamDelivery(self, source: source, relay: relay) : WholeDelivery(self, source: source, relay: relay)
    }

    private var upstreamStreams: Bool { question.wantsStream || call.forceStream }

    private static func makeContext(
        _ request: ChatRequest,
        _ question: Question,
        _ call: UpstreamCall,
        _ gateway: Gateway
    ) -> TranslationContext {
        var context = TranslationContext(
            clientDialect: request.dialect,
            upstreamDialect: call.dialect,
            clientModel: question.model,
            upstreamModel: call.upstreamModel,
            wantsStream: question.wantsStream,
            ids: RandomIDs(),
            createdAt: gateway.time.wall().unixSeconds
        )
        context.layout = request.address.layout
        context.estimatedInputTokens = question.estimatedInputTokens(in: request.dialect)
        return context
    }

    /// The body to send: translated, then adjusted to what is peculiar to the provider.
    private func translate() throws -> [UInt8] {
        let body = try RequestTranslator.translate(
            document,
            profile: profile,
            context: &context,
            upstreamStreams: upstreamStreams
        )
        if state?.leavesOutReasoning == true { context.lose(.reasoningHistory) }
        try acceptLosses()
        return call.keepsBody ? body : try call.bodyRules.apply(to: body, stream: upstreamStreams)
    }

    /// Notes what the target cannot express, which a strict client does not put up with.
    private func acceptLosses() throws(Failure) {
        ledger.losses = context.losses
        guard !context.losses.isEmpty, request.isStrict else { return }
        throw .strictLoss(context.losses, model: "\(target.prefix)/\(target.model)")
    }

    /// Sends the request and waits for the head of the answer.
    private func open() async throws -> any AnswerSource {
        if target.providerID == DemoProvider.id { return try answerHere() }
        if let state { document = try state.document(for: document, target) }
        if call.dialect != request.dialect, let wanted = mediaToFetch() {
            context.fetchedMedia = try await fetch(wanted)
        }
        return try await gateway.client(on: request.loop).send(try message(with: try translate()))
    }

    @inline(never) private func mediaToFetch() -> [String]? {
        let urls = RequestTranslator.mediaToFetch(document, profile: profile, context: context)
        return urls.isEmpty ? nil : urls
    }

    private func fetch(_ urls: [String]) async throws -> [String: FetchedMedia] {
        let client = try gateway.client(on: request.loop)
        return try await MediaFetcher(client: client, settings: gateway.settings, loop: request.loop).fetch(urls)
    }

    /// Sends a request that was refused once more, if the refusal says what to change.
    @inline(never) private func secondTry(after refusal: UpstreamRefusal) async throws -> AttemptOutcome {
        guard target.providerID != DemoProvider.id, let body = try remedied(after: refusal.failure) else {
            return .failed(refusal)
        }
        let source = try await gateway.client(on: request.loop).send(try message(with: body))
        guard source.status.isSuccess else { return .failed(await self.refusal(from: source)) }
        return await delivery(of: source).run()
    }

    /// The request in the form that the provider's refusal asks for; nil when it asks for none.
    private func remedied(after failure: Failure) throws -> [UInt8]? {
        guard [400, 404, 422].contains(failure.status) else { return nil }
        context = context.restarted
        if let whole = state?.document(for: document, target, refused: failure) {
            document = whole
            return try translate()
        }
        guard failure.status != 404 else { return nil }
        let sent = try JSONDocument.parse(try translate())
        guard let remedy = Remedy.find(for: failure, sent: sent, profile: profile, context: context) else { return nil }
        gateway.log.info(
            "a refused request is sent once more",
            .string("provider", target.providerID),
            .string("remedy", "\(remedy)")
        )
        guard remedy.adjust(&profile) else {
            let body = remedy.body(from: sent, context: &context)
            try acceptLosses()
            return body
        }
        context = context.restarted
        return try translate()
    }

    @inline(never) private func answerHere() throws -> LocalSource {
        DemoProvider.answer(
            try JSONDocument.parse(try translate()),
            stream: upstreamStreams,
            id: "chatcmpl-" + RandomIDs().characters(24),
            createdAt: gateway.time.wall().unixSeconds
        )
    }

    @inline(never) private func message(with body: [UInt8]) throws -> PreparedRequest {
        var message = ClientRequest(
            method: .post,
            url: call.url,
            headers: call.headers,
            body: body,
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        message.timeouts = Timeouts(call.timeouts, streams: upstreamStreams)
        if upstreamStreams { message.limits.bodyBytes = .max } else { message.compression = .any }
        return try gateway.client(on: request.loop).prepare(message)
    }

    /// Reads the provider's own words about an error status.
    private func refusal(from source: any AnswerSource) async -> UpstreamRefusal {
        let body = await source.beginning(limit: gateway.settings.errorBodyLimit)
        guard source.status.rawValue >= 400 else {
            // A redirect, or anything else that is neither an answer nor an error, must not become the client's status.
            let message = "[\(target.providerID)] The provider answered with status \(source.status)"
            return UpstreamRefusal(failure: Failure(.badGateway, message, cause: .unreadable), headers: source.headers)
        }
        let failure = UpstreamError.read(
            status: source.status.rawValue,
            headers: source.headers,
            body: body,
            dialect: call.dialect
        )
        return UpstreamRefusal(failure: failure, headers: source.headers, body: body)
    }
}

extension Timeouts {
    /// The limits of a call; what is unlimited there waits for a day.
    fileprivate init(_ limits: CallTimeouts, streams: Bool) {
        let unlimited = Duration.seconds(86_400)
        self.init(
            connect: limits.connect ?? unlimited,
            firstByte: limits.headers ?? unlimited,
            idle: (streams ? limits.idle : limits.body) ?? unlimited,
            total: nil
        )
    }
}
