import EventLoop
import Glibc
import Synchronization
import Testing
import TimeCore

/// Runs `body` as a task on a fresh loop and returns its result.
private func onLoop<T: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> T) async throws -> T {
    let group = try EventLoopGroup(count: 1)
    try group.start()
    let loop = group.loops[0]
    let result = await Task(executorPreference: loop) { try await body(loop) }.result
    group.stopAndJoin()
    return try result.get()
}

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    @Test func `a task that prefers a loop runs on its thread, also after a wait`() async throws {
        let stayed = try await onLoop { loop in
            let before = loop.isCurrent
            await Task.yield()
            try await loop.sleep(for: .milliseconds(2))
            return before && loop.isCurrent && EventLoop.current === loop
        }
        #expect(stayed)
        #expect(EventLoop.current == nil)
    }

    @Test func `timers fire in the order of their deadlines`() async throws {
        let order = try await onLoop { loop in
            await withCheckedContinuation { (done: CheckedContinuation<[Int], Never>) in
                let fired = Box<[Int]>([])
                for delay in [30, 10, 20, 10] {
                    loop.schedule(after: .milliseconds(delay)) { fired.value.append(delay) }
                }
                loop.schedule(after: .milliseconds(40)) { done.resume(returning: fired.value) }
            }
        }
        #expect(order == [10, 10, 20, 30])
    }

    @Test func `a cancelled timer does not fire`() async throws {
        let fired = try await onLoop { loop in
            await withCheckedContinuation { (done: CheckedContinuation<Bool, Never>) in
                let fired = Box(false)
                let timer = loop.schedule(after: .milliseconds(5)) { fired.value = true }
                loop.cancel(timer)
                loop.schedule(after: .milliseconds(15)) { done.resume(returning: fired.value) }
            }
        }
        #expect(!fired)
    }

    @Test func `cancelling a task ends its sleep at once`() async throws {
        let elapsed = try await onLoop { loop in
            let started = MonotonicTime.now()
            let sleeper = Task(executorPreference: loop) { try await loop.sleep(for: .seconds(50)) }
            try await loop.sleep(for: .milliseconds(5))
            sleeper.cancel()
            let result = await sleeper.result
            #expect(throws: CancellationError.self) { try result.get() }
            return MonotonicTime.now() - started
        }
        #expect(elapsed < .seconds(5))
    }

    @Test func `a task cancelled before it sleeps does not sleep`() async throws {
        let threw = try await onLoop { loop in
            let task = Task(executorPreference: loop) {
                while !Task.isCancelled { await Task.yield() }
                do {
                    try await loop.sleep(for: .seconds(50))
                    return false
                } catch { return true }
            }
            task.cancel()
            return await task.value
        }
        #expect(threw)
    }

    @Test func `a descriptor reports data and the end of its peer`() async throws {
        let events = try await onLoop { loop in
            var pair: [Int32] = [0, 0]
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
            let (near, far) = (pair[0], pair[1])
            defer { close(near) }
            return try await withCheckedThrowingContinuation { (done: CheckedContinuation<[String], any Error>) in
                let seen = Box<[String]>([])
                do {
                    try loop.watch(near, for: [.read, .peerClosed]) { readiness in
                        if readiness.isPeerClosed {
                            loop.unwatch(near)
                            done.resume(returning: seen.value + ["closed"])
                        } else if readiness.isReadable {
                            var byte: UInt8 = 0
                            read(near, &byte, 1)
                            seen.value.append("read \(byte)")
                            close(far)
                        }
                    }
                } catch { done.resume(throwing: error) }
                var byte: UInt8 = 7
                write(far, &byte, 1)
            }
        }
        #expect(events == ["read 7", "closed"])
    }

    @Test func `an event of a closed descriptor does not reach the next one of that number`() async throws {
        let (isSame, events) = try await onLoop { loop in
            var (first, second) = ([Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2))
            guard pipe(&first) == 0, pipe(&second) == 0 else { return (false, 0) }
            let (early, late) = (first[0], second[0])
            let replaced = Box<[Int32]>([0, 0])
            let events = Box(0)
            // Both become readable before the loop looks; whichever is first replaces the other by a pipe that is empty.
            for (own, other) in [(early, late), (late, early)] {
                try loop.watch(own, for: .read) { _ in
                    loop.unwatch(own)
                    guard replaced.value[0] == 0 else { return }
                    loop.unwatch(other)
                    close(other)
                    guard pipe(&replaced.value) == 0, replaced.value[0] == other else { return }
                    try? loop.watch(other, for: .read) { _ in events.value += 1 }
                }
            }
            write(first[1], "x", 1)
            write(second[1], "x", 1)
            try await loop.sleep(for: .milliseconds(20))
            let isSame = replaced.value[0] == early || replaced.value[0] == late
            loop.unwatch(replaced.value[0])
            for descriptor in Set([early, late, first[1], second[1]] + replaced.value) { close(descriptor) }
            return (isSame, events.value)
        }
        #expect(isSame && events == 0)
    }

    @Test func `work from other threads arrives in order`() async throws {
        let group = try EventLoopGroup(count: 1)
        try group.start()
        let seen = Mutex<[Int]>([])
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            for number in 0..<1000 { group.loops[0].execute { seen.withLock { $0.append(number) } } }
            group.loops[0].execute { done.resume() }
        }
        group.stopAndJoin()
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test func `many tasks on many loops all finish`() async throws {
        let group = try EventLoopGroup(count: 3)
        try group.start()
        let total = await withTaskGroup(of: Int.self) { tasks in
            for number in 0..<500 {
                let loop = group.next()
                tasks.addTask(executorPreference: loop) {
                    for _ in 0..<10 { await Task.yield() }
                    return loop.isCurrent ? number : -1_000_000
                }
            }
            return await tasks.reduce(0, +)
        }
        group.stopAndJoin()
        #expect(total == 499 * 500 / 2)
    }

    @Test func `a task that never ends does not keep a loop from stopping`() async throws {
        let group = try EventLoopGroup(count: 1)
        try group.start()
        let endless = Task(executorPreference: group.loops[0]) { while true { await Task.yield() } }
        group.stopAndJoin()
        endless.cancel()
    }

    @Test func `a driver takes part in every turn`() async throws {
        let turns = try await onLoop { loop in
            let driver = CountingDriver()
            loop.addDriver(driver)
            try await loop.sleep(for: .milliseconds(20))
            loop.removeDriver(driver)
            return driver.turns
        }
        // It asks to be called again after one millisecond.
        #expect(turns >= 5)
    }

    @Test func `a signal becomes an event`() async throws {
        let source = try SignalSource([SIGUSR2])
        let number = try await onLoop { loop in
            await withCheckedContinuation { (done: CheckedContinuation<Int32, Never>) in
                do {
                    try source.start(on: loop) { signal in
                        source.stop(on: loop)
                        done.resume(returning: signal)
                    }
                } catch { done.resume(returning: -1) }
                // To this thread: others of the test process have not blocked the signal.
                pthread_kill(pthread_self(), SIGUSR2)
            }
        }
        #expect(number == SIGUSR2)
    }

    @Test func `jobs that re-enqueue for ever do not starve timers`() async throws {
        let fired = try await onLoop { loop in
            let spinner = Task(executorPreference: loop) { while !Task.isCancelled { await Task.yield() } }
            try await loop.sleep(for: .milliseconds(10))
            spinner.cancel()
            return true
        }
        #expect(fired)
    }
}

/// A value shared by closures of one loop.
///
/// `@unchecked Sendable`: only touched on that loop.
private final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}

private final class CountingDriver: LoopDriver {
    var turns = 0
    func turn() -> Duration? {
        turns += 1
        return .milliseconds(1)
    }
}
