import EventLoop
import TimeCore

/// Sends a keep-alive whenever nothing else was sent for a while; lives on its loop.
final class Heartbeat {
    private let loop: EventLoop
    private let interval: Duration
    private let frame: () -> [UInt8]
    private let sink: any AnswerSink
    private var timer: TimerID?
    private var lastSend: MonotonicTime

    /// `frame` makes what is sent, for in some dialects keep-alives are numbered like everything else.
    init(loop: EventLoop, interval: Duration, sink: any AnswerSink, frame: @escaping () -> [UInt8]) {
        self.loop = loop
        self.interval = interval
        self.frame = frame
        self.sink = sink
        lastSend = loop.now
        arm(after: interval)
    }

    /// Something was sent: only a stored time changes, the timer finds out when it fires.
    func sent() {
        lastSend = loop.now
    }

    func stop() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func arm(after delay: Duration) {
        timer = loop.schedule(after: delay) { [weak self] in self?.fire() }
    }

    private func fire() {
        let silence = loop.now - lastSend
        if silence >= interval {
            let bytes = frame()
            if !bytes.isEmpty { sink.write(bytes) }
            lastSend = loop.now
            arm(after: interval)
        } else {
            arm(after: interval - silence)
        }
    }
}
