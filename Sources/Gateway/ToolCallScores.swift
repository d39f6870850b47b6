package import Dialects
import Synchronization

/// How the models' calls fitted the tools that clients declared, since the start.
package final class ToolCallScores: Sendable {
    package struct Model: Hashable, Sendable {
        package let provider: String
        package let model: String
    }

    /// Model names are the user's own or a provider's; so many are counted apart.
    private static let limit = 2_000

    private let scores = Mutex<[Model: ToolCallReport]>([:])

    /// The figures of every model that has called a tool.
    package var all: [Model: ToolCallReport] { scores.withLock { $0 } }

    /// Adds what was found of one answer.
    func add(_ report: ToolCallReport, provider: String, model: String) {
        guard report.calls > 0 else { return }
        let name = Model(provider: provider, model: model)
        scores.withLock { scores in
            guard scores[name] != nil || scores.count < Self.limit else { return }
            scores[name, default: ToolCallReport()].add(report)
        }
    }
}
