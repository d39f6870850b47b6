import Dialects
import HTTPCore
import JSONCore
import TimeCore

/// Names of models as Ollama's clients write them.
package enum OllamaTag {
    private static let usual = ":latest"

    /// A name without the tag that clients add where the user wrote none; nil without it.
    package static func removed(from name: String) -> String? {
        guard name.utf8.count > usual.utf8.count, name.hasSuffix(usual) else { return nil }
        return String(name.dropLast(usual.count))
    }
}

extension Gateway {
    /// The name to look a model up by: without Ollama's tag, where that is one.
    func routedModel(_ question: Question, _ request: ChatRequest) -> String {
        guard request.dialect == .ollama, let bare = OllamaTag.removed(from: question.model),
            (try? resolve(bare, request)) != nil
        else { return question.model }
        return bare
    }

    /// Answers a call of Ollama's that only loads a model, which takes no provider; false for other requests.
    func answersLoad(_ question: Question, _ request: ChatRequest, _ sink: any AnswerSink) throws(Failure) -> Bool {
        guard request.dialect == .ollama, OllamaLoad.isAsked(by: question.document.root) else { return false }
        let model = routedModel(question, request)
        try checkPolicy(request.key?.allowedModels, model: model)
        _ = try resolve(model, request)
        let ledger = Ledger(request, question, gateway: self)
        ledger.settle(status: 200, usage: Usage(), reportedCost: nil)
        var headers = ledger.answerHeaders(AnswerHeaders.Figures(inputTokens: 0, outputTokens: 0, cost: 0)).fields
        let framing = request.dialect.framing(request.address.layout)
        headers.add("Content-Type", question.wantsStream ? framing.contentType : "application/json")
        let body = OllamaLoad.answer(
            to: question.document.root,
            model: question.model,
            createdAt: time.wall().unixSeconds,
            layout: request.address.layout
        )
        sink.respond(.ok, headers, body)
        return true
    }
}
