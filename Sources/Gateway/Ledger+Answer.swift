import Dialects
import HTTPCore

/// What an answer tells of its request.
extension Ledger {
    /// The head fields of an answer.
    func answerHeaders(_ figures: AnswerHeaders.Figures?) -> AnswerHeaders {
        AnswerHeaders(
            sessionID: sessionID,
            provider: target?.prefix ?? "",
            model: target?.model ?? "",
            latency: latency,
            losses: losses,
            figures: figures
        )
    }

    /// What is told to the client of an answer's usage.
    func figures(_ relay: borrowing AnswerRelay) -> AnswerHeaders.Figures {
        figures(relay.usage, reportedCost: relay.providerReportedCost)
    }

    /// What is told to the client of what its last target and those before it have used.
    func figures(_ usage: Usage, reportedCost: Double?) -> AnswerHeaders.Figures {
        let total = total(usage, reportedCost: reportedCost)
        return AnswerHeaders.Figures(
            inputTokens: total.usage.totalInput,
            outputTokens: total.usage.output ?? 0,
            cost: total.cost
        )
    }

    /// Counts how the answer's calls fitted their tools.
    func count(_ report: ToolCallReport?) {
        guard let report, let target else { return }
        gateway.toolCallScores.add(report, provider: target.providerID, model: target.model)
    }

    /// Accounts for what a client that left has used.
    func settleForGoneClient(_ relay: borrowing AnswerRelay) {
        settle(
            status: HTTPStatus.clientClosedRequest.rawValue,
            usage: relay.settledUsage,
            reportedCost: relay.providerReportedCost,
            errorCode: "client_gone"
        )
    }
}
