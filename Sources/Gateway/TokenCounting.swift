package import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import JSONCore
import Providers
import Routing
import TimeCore

extension Gateway {
    /// Counts the input tokens of a request: the provider is asked where it can count, else they are estimated here.
    ///
    /// Whenever the body parses there is an answer, because clients break without one.
    ///
    /// - Returns: the JSON body of the answer, in the client's dialect.
    package func countTokens(_ request: ChatRequest) async throws(Failure) -> [UInt8] {
        let question = try CountQuestion(request)
        try checkPolicy(question.model == nil ? nil : request.key?.allowedModels, model: question.model ?? "")
        let state =
            request.dialect == .openAIResponses ? ResponsesState(request, question.document, gateway: self) : nil
        try state?.checkReferences()
        if let target = try? target(of: question, request),
            let counted = try? await ask(target, question, state, request)
        {
            return CountTokens.answer(
                tokens: counted,
                dialect: request.dialect,
                model: target.target.model,
                provider: target.target.provider
            )
        }
        let whole = state?.whole(question.document) ?? question.document
        let estimate = TokenEstimate.inputTokens(whole, dialect: request.dialect)
        return CountTokens.answer(tokens: estimate, dialect: request.dialect)
    }

    /// The first attempt that a completion of the same model would make.
    private func target(of question: CountQuestion, _ request: ChatRequest) throws(Failure) -> Attempt? {
        guard let model = question.model else { return nil }
        let plan = makePlan(for: try resolve(model, request), request)
        guard case .attempt(let attempt) = plan.next(at: time.wall()) else { return nil }
        return attempt
    }

    private func ask(
        _ attempt: Attempt,
        _ question: CountQuestion,
        _ state: ResponsesState?,
        _ request: ChatRequest
    ) async throws -> Int? {
        let wanted = CallRequest(
            model: attempt.target.model,
            stream: false,
            wantsLongContext: attempt.target.wantsLongContext,
            clientHeaders: request.headers,
            keyTurn: attempt.keyTurn
        )
        let account = UpstreamAccount(attempt.account)
        guard let call = try calls.countTokens(attempt.target.party, account: account, request: wanted) else {
            return nil
        }
        var document = question.document
        if let state {
            let target = ledgerTarget(of: attempt, dialect: call.dialect, request.configuration)
            document = try state.document(for: document, target)
        }
        var message = ClientRequest(
            method: .post,
            url: call.url,
            headers: call.headers,
            body: try countingBody(document, question.model, call, request),
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        message.timeouts.total = .seconds(10)
        let response = try await client(on: request.loop).send(message)
        guard response.status.isSuccess else { return nil }
        return CountTokens.read(try await response.collect(limit: 64 << 10))
    }

    /// What the target is asked to count: the client's request, in the target's dialect.
    private func countingBody(
        _ asked: JSONDocument,
        _ model: String?,
        _ call: UpstreamCall,
        _ request: ChatRequest
    ) throws -> [UInt8] {
        var document = asked
        if request.dialect != call.dialect {
            var context = TranslationContext(
                clientDialect: request.dialect,
                upstreamDialect: call.dialect,
                clientModel: model ?? "",
                upstreamModel: call.upstreamModel,
                wantsStream: false,
                ids: RandomIDs(),
                createdAt: time.wall().unixSeconds
            )
            document = try JSONDocument.parse(
                RequestTranslator.translate(document, profile: call.profile, context: &context, upstreamStreams: false)
            )
        }
        return CountTokens.upstreamBody(document, upstreamModel: call.upstreamModel, dialect: call.dialect)
    }
}

/// A request to count: one that need not be fit for an answer.
private struct CountQuestion {
    let document: JSONDocument
    /// Nil if the client named none, which is no reason to refuse.
    let model: String?

    init(_ request: ChatRequest) throws(Failure) {
        let received = try Question.parse(request.body)
        guard received.root.isObject else {
            throw Failure(.invalidRequest, "The request body must be a JSON object")
        }
        do {
            document = try CountTokens.counted(received, dialect: request.dialect)
        } catch { throw error.failure }
        model = request.address.model ?? received.root["model"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }
}
