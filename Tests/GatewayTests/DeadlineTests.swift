import EventLoop
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct DeadlineTests {
    @Test func `a deadline ends the transfer and remembers it`() async throws {
        try await withWorld { world async throws in
            let source = ScriptedSource([.wait])
            let deadline = Deadline(loop: world.loop, source: source)
            deadline.arm(after: .milliseconds(5))
            #expect(deadline.isArmed && !deadline.hasPassed)
            await #expect(throws: (any Error).self) { try await source.read() }
            #expect(source.isCancelled && deadline.hasPassed && !deadline.isArmed)
        }
    }

    @Test func `a deadline that was taken back does nothing`() async throws {
        try await withWorld { world async throws in
            let source = ScriptedSource([])
            let deadline = Deadline(loop: world.loop, source: source)
            deadline.arm(after: .milliseconds(5))
            deadline.disarm()
            try await world.loop.sleep(for: .milliseconds(30))
            #expect(!source.isCancelled && !deadline.hasPassed && !deadline.isArmed)
        }
    }

    @Test func `only the last time counts`() async throws {
        try await withWorld { world async throws in
            let source = ScriptedSource([])
            let deadline = Deadline(loop: world.loop, source: source)
            deadline.arm(after: .milliseconds(5))
            deadline.arm(after: .seconds(50))
            try await world.loop.sleep(for: .milliseconds(30))
            #expect(!source.isCancelled && deadline.isArmed)
            deadline.disarm()
        }
    }

    @Test func `a deadline goes with its owner`() async throws {
        try await withWorld { world async throws in
            let source = ScriptedSource([])
            var deadline: Deadline? = Deadline(loop: world.loop, source: source)
            deadline?.arm(after: .milliseconds(5))
            deadline = nil
            try await world.loop.sleep(for: .milliseconds(30))
            #expect(!source.isCancelled)
        }
    }
}
