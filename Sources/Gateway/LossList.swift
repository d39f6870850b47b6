import Dialects
import HTTPCore

/// What a request lost on its way, as `X-OmniRoute-Loss` and the log tell it.
enum LossList {
    /// Names of fields are the client's, and may be long.
    private static let longestName = 80
    private static let most = 32

    /// The names, with commas between them; those too many to list are counted.
    static func text(_ losses: [Loss]) -> String {
        var names = losses.prefix(most).map { name($0) }
        if losses.count > most { names.append("and-\(losses.count - most)-more") }
        return names.joined(separator: ", ")
    }

    private static func name(_ loss: Loss) -> String {
        Percent.encode(String(decoding: loss.name.utf8.prefix(longestName), as: UTF8.self), keeping: ":/[]@")
    }
}

extension Failure {
    /// The answer to a strict client whose request the target cannot express as a whole.
    static func strictLoss(_ losses: [Loss], model: String) -> Failure {
        Failure(
            .unsupported,
            "[\(model)] cannot express everything this request asks for: \(LossList.text(losses))",
            code: "strict_loss"
        )
    }

    /// Why a model is not asked for the rest of an answer whose form it would break.
    static func notContinuable(model: String) -> Failure {
        Failure(.unsupported, "[\(model)] cannot go on with an answer that must be JSON", code: "not_continuable")
    }
}
