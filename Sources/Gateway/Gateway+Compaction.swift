package import Dialects
import HTTPClient
import HTTPCore
import JSONCore
import Providers
import Routing
import TimeCore

extension Gateway {
    /// Has a provider of the Responses dialect shorten a conversation; nobody else knows how.
    package func compact(_ request: ChatRequest) async throws(Failure) -> [UInt8] {
        let question = try Question(request)
        try checkPolicy(request.key?.allowedModels, model: question.model)
        let ledger = Ledger(request, question, gateway: self)
        do throws(Failure) {
            let body = try await compact(question, request, ledger)
            let figures = (try? JSONDocument.parse(body))?.root.present("usage")
            ledger.settle(status: 200, usage: figures.map(ResponsesUsage.read) ?? Usage(), reportedCost: nil)
            return body
        } catch {
            ledger.settle(failure: error)
            throw error
        }
    }

    private func compact(
        _ question: Question,
        _ request: ChatRequest,
        _ ledger: Ledger
    ) async throws(Failure) -> [UInt8] {
        let state = ResponsesState(request, question.document, gateway: self)
        try state?.checkReferences()
        if let session = state?.earlierSession { ledger.join(session: session) }
        let call = try compactingCall(question, request, ledger)
        guard let url = ResponsesAddress.below(call.url, "/compact") else { throw .internalError }
        var document = question.document
        if let state, let target = ledger.target { document = try state.document(for: document, target) }
        var editor = JSONEditor(document)
        editor.setMember("model", of: document.root, to: JSONLiteral.string(call.upstreamModel))
        let message = ClientRequest(
            method: .post,
            url: url,
            headers: call.headers,
            body: editor.finish(),
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        return try await collect(message, of: call, provider: ledger.target?.providerID ?? "", request)
    }

    private func compactingCall(
        _ question: Question,
        _ request: ChatRequest,
        _ ledger: Ledger
    ) throws(Failure) -> UpstreamCall {
        let plan = makePlan(for: try resolve(question.model, request), request)
        switch plan.next(at: time.wall()) {
        case .finished(let end): throw end.failure
        case .wait: throw Failure(.unavailable, "No account is available right now", retryAfter: 1)
        case .attempt(let attempt):
            let call = try call(for: attempt, stream: false, request)
            guard call.dialect == .openAIResponses else {
                throw Failure(
                    .unsupported,
                    "The model \(question.model) cannot compact conversations: its provider does not speak Responses",
                    code: "unsupported_endpoint",
                    param: "model"
                )
            }
            ledger.target = ledgerTarget(of: attempt, dialect: call.dialect, request.configuration)
            return call
        }
    }
}
