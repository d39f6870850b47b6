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
            ledger.settle(status: 200, usage: CompactionUsage.read(body), reportedCost: nil)
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
        let call = try compactingCall(question, request, ledger)
        guard let url = ResponsesAddress.below(call.url, "/compact") else { throw .internalError }
        var editor = JSONEditor(question.document)
        editor.setMember("model", of: question.document.root, to: JSONLiteral.string(call.upstreamModel))
        let message = ClientRequest(
            method: .post,
            url: url,
            headers: call.headers,
            body: editor.finish(),
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        let client = try client(on: request.loop)
        do {
            let response = try await client.send(message)
            let body = try await response.collect(limit: 16 << 20)
            guard response.status.isSuccess else {
                throw UpstreamError.read(
                    status: response.status.rawValue,
                    headers: response.headers,
                    body: body,
                    dialect: call.dialect
                )
            }
            return body
        } catch let error as TransferError {
            throw error.failure(provider: ledger.target?.providerID ?? "")
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .internalError
        }
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

/// The figures in the answer to a compaction.
private enum CompactionUsage {
    static func read(_ body: [UInt8]) -> Usage {
        var usage = Usage()
        guard let figures = (try? JSONDocument.parse(body))?.root["usage"] else { return usage }
        usage.cacheRead = figures["input_tokens_details"]?["cached_tokens"]?.int
        usage.input = figures["input_tokens"]?.int.map { max(0, $0 - (usage.cacheRead ?? 0)) }
        usage.output = figures["output_tokens"]?.int
        return usage
    }
}
