package import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import JSONCore
import Providers
import Routing
import TimeCore

extension Gateway {
    /// Counts the input tokens of an Anthropic request: the provider is asked where it can count, else they are
    /// estimated here.
    ///
    /// Whenever the body parses there is an answer, because clients break without one.
    ///
    /// - Returns: the JSON body of the answer.
    package func countTokens(_ request: ChatRequest) async throws(Failure) -> [UInt8] {
        let question = try Question(request)
        try checkPolicy(request.key?.allowedModels, model: question.model)
        let estimate = TokenEstimate.inputTokens(question.document, dialect: request.dialect)
        guard let target = try? target(of: question, request), let counted = try? await ask(target, question, request)
        else { return tokenCount(estimate, source: "local", target: nil) }
        return tokenCount(counted, source: "provider", target: target.target)
    }

    /// The first attempt that a completion of the same model would make.
    private func target(of question: Question, _ request: ChatRequest) throws(Failure) -> Attempt? {
        let plan = makePlan(for: try resolve(question.model, request), request)
        guard case .attempt(let attempt) = plan.next(at: time.wall()) else { return nil }
        return attempt
    }

    private func ask(_ attempt: Attempt, _ question: Question, _ request: ChatRequest) async throws -> Int? {
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
        var editor = JSONEditor(question.document)
        editor.setMember("model", of: question.document.root, to: JSONLiteral.string(call.upstreamModel))
        var message = ClientRequest(
            method: .post,
            url: call.url,
            headers: call.headers,
            body: editor.finish(),
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        message.timeouts.total = .seconds(10)
        let response = try await client(on: request.loop).send(message)
        guard response.status.isSuccess else { return nil }
        let answer = try JSONDocument.parse(try await response.collect(limit: 64 << 10))
        return answer.root["input_tokens"]?.int
    }

    private func tokenCount(_ count: Int, source: String, target: RouteTarget?) -> [UInt8] {
        var json = JSONWriter(capacity: 96)
        json.beginObject()
        json.member("input_tokens", count)
        json.member("source", source)
        if let target {
            json.member("model", target.model)
            json.member("provider", target.provider)
        }
        json.endObject()
        return json.bytes
    }
}
