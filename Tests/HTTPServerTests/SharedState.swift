import EventLoop
import HTTPServer
import Synchronization
import Testing

/// Something that happens once.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

/// A number that only grows.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add(_ number: Int) { count.wrappingAdd(number, ordering: .relaxed) }
}

/// Holds handlers until the test lets them go on.
final class Gate: Sendable {
    private let isOpen = Flag()
    func open() { isOpen.set() }
    func pass(_ exchange: Exchange) async {
        while !isOpen.isSet, !Task.isCancelled { try? await exchange.loop.sleep(for: .milliseconds(1)) }
    }
}

/// Looks again until a condition holds; the suite's time limit ends it otherwise.
func waitUntil(_ condition: @Sendable () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(2)) }
}
