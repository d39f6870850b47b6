import Gate
import HTTPCore

/// Collects everything that is wrong with a body, so that the client learns it in one go.
///
/// Belongs to one handler and is not shared: a plain class without a lock.
final class Issues {
    private(set) var list: [Refusal.Detail] = []

    func add(_ field: String, _ message: String) {
        guard list.count < 100 else { return }
        list.append(Refusal.Detail(field: field, message: message))
    }

    /// The standard answer to an invalid request.
    static func refusal(_ details: [Refusal.Detail], message: String = "Invalid request") -> Refusal {
        var refusal = Refusal(.badRequest, message, shape: .validation)
        refusal.details = details
        return refusal
    }

    static func refusal(_ field: String, _ message: String) -> Refusal {
        refusal([Refusal.Detail(field: field, message: message)])
    }
}
