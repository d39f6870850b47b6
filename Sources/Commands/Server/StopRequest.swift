import Synchronization

/// A wish to stop that several may express and one awaits.
final class StopRequest: Sendable {
    private let state = Mutex<(isAsked: Bool, waiter: CheckedContinuation<Void, Never>?)>((false, nil))

    /// Asks for the stop.
    func ask() {
        let waiter = state.withLock { state in
            state.isAsked = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
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
