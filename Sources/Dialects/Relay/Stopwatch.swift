/// How long an answer has taken so far, for the dialect that tells its clients; tests pass a deterministic one.
package protocol Stopwatch: Sendable {
    /// Nanoseconds since the request was begun; never 0.
    var nanoseconds: Int { get }
}

/// Measures from its own creation.
package struct RunningStopwatch: Stopwatch {
    private let start = ContinuousClock.now

    package init() {}

    package var nanoseconds: Int {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return max(1, Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }
}
