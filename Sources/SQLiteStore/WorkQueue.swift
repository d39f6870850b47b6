private import Glibc

/// Jobs for threads of their own: first in, first out, with a limit.
///
/// The state is protected by the POSIX mutex; waiting threads sleep on the condition.
public final class WorkQueue<Job: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let limit: Int
    private var jobs: [Job] = []
    private var position = 0
    private var waiting = 0
    private var isClosed = false

    /// A queue that refuses jobs while `limit` of them wait.
    public init(limit: Int) {
        self.limit = limit
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Adds a job; false when the queue is closed or full.
    public func push(_ job: Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed, jobs.count - position < limit else { return false }
        jobs.append(job)
        // Nobody sleeps while there is work, so the usual push costs no system call.
        if waiting > 0 { pthread_cond_signal(condition) }
        return true
    }

    /// Puts jobs back to the front, closed or full or not: they were accepted once.
    func putBack(_ returned: [Job]) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        jobs.replaceSubrange(..<position, with: returned)
        position = 0
    }

    /// The next job, waiting for one if need be; nil once the queue is closed and empty.
    public func pop() -> Job? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while position == jobs.count, !isClosed {
            waiting += 1
            pthread_cond_wait(condition, mutex)
            waiting -= 1
        }
        return take()
    }

    /// The next job, or nil when there is none at this moment.
    func popIfAny() -> Job? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return take()
    }

    /// True when nothing waits at this moment.
    var isEmpty: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return position == jobs.count
    }

    /// Accepts no more jobs; those already here are still handed out.
    public func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    private func take() -> Job? {
        guard position < jobs.count else { return nil }
        let job = jobs[position]
        position += 1
        if position == jobs.count || position >= 1024 {
            jobs.removeSubrange(..<position)
            position = 0
        }
        return job
    }
}
