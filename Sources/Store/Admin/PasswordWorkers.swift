import CryptoCore
import SQLiteStore
import Synchronization

/// Threads for password hashing, which takes 20 ms and 19 MiB each time: two at once, eight waiting, no more.
final class PasswordWorkers: Sendable {
    private let queue = WorkQueue<@Sendable () -> Void>(limit: 8)
    private let threads: [WorkerThread]
    private let isClosed = Atomic(false)

    init() throws(SQLiteError) {
        let queue = queue
        var threads: [WorkerThread] = []
        do throws(SQLiteError) {
            for _ in 0..<2 {
                threads.append(
                    try WorkerThread(name: "omni-password") {
                        while let job = queue.pop() { job() }
                    }
                )
            }
        } catch {
            queue.close()
            for thread in threads { thread.join() }
            throw error
        }
        self.threads = threads
    }

    /// Runs `body` on one of the threads.
    ///
    /// - Throws: `overloaded` when too many wait; else what `body` throws.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            guard !queue.push({ continuation.resume(with: Result { try body() }) }) else { return }
            continuation.resume(throwing: StoreError(.overloaded, "too many passwords are being checked; try again"))
        }
    }

    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.close()
        for thread in threads { thread.join() }
    }
}
