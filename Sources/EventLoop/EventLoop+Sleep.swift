extension EventLoop {
    /// Suspends the calling task, which runs on this loop; cancelling the task ends the wait at once.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before the time is over.
    public func sleep(for duration: Duration) async throws(CancellationError) {
        let sleeper = Sleeper(loop: self)
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in sleeper.start(duration, continuation) }
        } onCancel: {
            self.execute { sleeper.finish(isOver: false) }
        }
        guard isOver else { throw CancellationError() }
    }
}

/// One wait.
///
/// `@unchecked Sendable`: its state is touched on the loop's thread only.
private final class Sleeper: @unchecked Sendable {
    private let loop: EventLoop
    private var continuation: CheckedContinuation<Bool, Never>?
    private var timer: TimerID?
    private var isFinished = false

    init(loop: EventLoop) {
        self.loop = loop
    }

    func start(_ duration: Duration, _ continuation: CheckedContinuation<Bool, Never>) {
        // A task that was cancelled before it slept may have reached `finish` first.
        guard !isFinished, !Task.isCancelled else { return continuation.resume(returning: false) }
        self.continuation = continuation
        timer = loop.schedule(after: duration) { self.finish(isOver: true) }
    }

    func finish(isOver: Bool) {
        isFinished = true
        if let timer { loop.cancel(timer) }
        timer = nil
        continuation?.resume(returning: isOver)
        continuation = nil
    }
}
