import HTTPServer
import Store

/// What was found out about a head, for the heads that repeat it.
///
/// Facts, route and the holder of a key are what they were; all that a decision makes of them is decided each time.
final class Acquaintance: Sendable {
    let facts: RequestFacts
    let match: RouteMatch<Int>
    private let holder: Principal?
    /// The version of the configuration that knows the holder's key.
    private let version: Int

    init(_ facts: RequestFacts, _ match: RouteMatch<Int>, _ verdict: Verdict, _ configuration: Configuration) {
        (self.facts, self.match) = (facts, match)
        version = configuration.version
        holder = verdict.keyHolder
    }

    /// Whose key the head presents, if that was one of this very configuration.
    func holder(under configuration: Configuration) -> Principal? {
        configuration.version == version ? holder : nil
    }
}

extension Verdict {
    /// The principal of a request that goes on, if it holds a key of ours.
    var keyHolder: Principal? {
        guard case .proceed(let passage) = outcome, case .apiKey = passage.principal else { return nil }
        return passage.principal
    }
}
