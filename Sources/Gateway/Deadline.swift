import EventLoop

/// Ends an upstream transfer when a time is up, and remembers that it did.
final class Deadline {
    private let loop: EventLoop
    private let source: any AnswerSource
    private var timer: TimerID?
    private(set) var hasPassed = false

    init(loop: EventLoop, source: any AnswerSource) {
        self.loop = loop
        self.source = source
    }

    var isArmed: Bool { timer != nil }

    func arm(after delay: Duration) {
        disarm()
        timer = loop.schedule(after: delay) { [weak self] in
            guard let self else { return }
            hasPassed = true
            timer = nil
            source.cancel()
        }
    }

    func disarm() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
