import Synchronization

/// A wish to stop that several may express and one awaits.
final class StopRequest: Sendable {
    private let state = Mutex<(isAsked: Bool, waiter: CheckedContinuation<Void, Never>?)>((false, nil))

    /// Asks for the stop.
    ///
    /// - Returns: whether nobody had asked before.
    @discardableResult
    func ask() -> Bool {
        let (isFirst, waiter) = state.withLock { state in
            defer { state = (true, nil) }
            return (!state.isAsked, state.waiter)
        }
        waiter?.resume()
        return isFirst
    }

    /// Returns once somebody has asked; awaited by one task.
    func asked() async {
        await withCheckedContinuation { continuation in
            let isAsked = state.withLock { state in
                if !state.isAsked { state.waiter = continuation }
                return state.isAsked
            }
            if isAsked { continuation.resume() }
        }
    }
}
