private import Synchronization

/// How busy the server is, and whether it still takes work.
package final class Load: Sendable {
    private let inFlightCount = Atomic<Int>(0)
    private let drains = Atomic<Bool>(false)

    package init() {}

    /// Requests being worked on.
    package var inFlight: Int { inFlightCount.load(ordering: .relaxed) }

    /// Whether the server is on its way out: new requests are refused.
    package var isDraining: Bool { drains.load(ordering: .relaxed) }

    /// Refuses requests from now on.
    package func beginDraining() {
        drains.store(true, ordering: .relaxed)
    }

    func begin() {
        inFlightCount.add(1, ordering: .relaxed)
    }

    func end() {
        inFlightCount.subtract(1, ordering: .relaxed)
    }
}
