private import CLinux
import EventLoop
private import Glibc
import HTTPCore
import TimeCore

/// One client's socket and the state of the conversation on it.
///
///     idle ─► head ─► body ─► answering ─► idle …           one request at a time; what the client sends
///       │      │       │          │                         ahead waits in the kernel or in `ahead`
///       └──────┴───────┴──► lingering ─► closed             after a refusal: read and discard for a moment
///
/// Ownership: the server's table holds the connection from `open` to `close`; the loop's watcher holds it for the same
/// time. The exchange of the request that is being answered holds it too, and lets go when the answer is complete or
/// `close` tells it that the client left. The descriptor is closed in `close` and nowhere else, after it was unwatched, so no
/// event can reach a later connection that gets the same number. All of it happens on the loop's thread.
final class Connection {
    enum Phase {
        case idle, head, body, answering, lingering, closed
    }

    let server: HTTPServer
    let peer: PeerAddress
    let descriptor: Int32
    /// Position in the server's table.
    var index: Int

    var phase = Phase.idle
    /// When `phase` has lasted too long; what happens then depends on the phase.
    var deadline: MonotonicTime
    /// What the loop watches for.
    ///
    /// Reading stays on while an answer is due, so that the usual request costs no `epoll_ctl`; it is turned off only when
    /// the client really sends ahead.
    private var interest: Interest = [.read, .peerClosed]

    var reader: MessageReader?
    var exchange: Exchange?
    var output = OutputBuffer()
    /// Bytes behind the present request.
    var ahead: [UInt8] = []
    var isConsuming = false
    /// Whether the next request is answered right where it was read, which saves a turn through the loop's queue.
    ///
    /// Only the first of what one read brought: a client that sends a thousand requests ahead must not keep the others waiting.
    var startsAtOnce = false
    var requestCount = 0
    /// The size of the last head that was read whole.
    var lastHeadSize = 0
    /// How many heads were kept since one was known by it.
    var headsKeptInVain = 0
    /// The connection ends with the present answer.
    var closesAfterAnswer = false
    /// The present stream is chunked.
    var isChunking = false
    /// The present stream has no body: it answers HEAD, or its status forbids one.
    var isBodyless = false
    /// The server will flush at the end of the turn.
    var isDirty = false
    /// When the client last took something, while something waits.
    var lastProgress: MonotonicTime

    init(server: HTTPServer, descriptor: Int32, peer: PeerAddress, index: Int) {
        self.server = server
        self.descriptor = descriptor
        self.peer = peer
        self.index = index
        lastProgress = server.loop.now
        // A new connection has to say something soon; later ones may be kept for reuse.
        deadline = server.deadline(after: server.patience.header)
    }

    /// Starts to listen to the client.
    func open() {
        do {
            try server.loop.watch(descriptor, for: interest) { [self] in handle($0) }
        } catch {
            close()
        }
    }

    /// Turns the client away before anything is said.
    func reject() {
        phase = .closed
        Glibc.close(descriptor)
    }

    // MARK: - Events

    private func handle(_ readiness: Readiness) {
        if readiness.isWritable { flush() }
        switch phase {
        case .idle, .head, .body: if readiness.isReadable || readiness.isPeerClosed { read() }
        case .answering:
            if readiness.isPeerClosed { return close() }
            if readiness.isReadable { setInterest(interest.subtracting(.read)) }
        case .lingering: if readiness.isReadable || readiness.isPeerClosed { discard() }
        case .closed: break
        }
    }

    func setInterest(_ wanted: Interest) {
        guard wanted != interest, phase != .closed else { return }
        do {
            try server.loop.update(descriptor, for: wanted)
            interest = wanted
        } catch {
            close()
        }
    }

    private func read() {
        let buffer = server.readBuffer
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 {
            startsAtOnce = true
            consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            close()
        }
    }

    /// Reads and forgets, so that closing does not reset the connection before the client has read the refusal.
    private func discard() {
        let buffer = server.readBuffer
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) { close() }
    }

    // MARK: - Output

    func append(_ body: (inout [UInt8]) -> Void) {
        if output.isEmpty { lastProgress = server.loop.now }
        output.append(&server.buffers, body)
    }

    /// Sends at the end of the turn, together with what else is written until then.
    func flushLater() {
        guard !isDirty else { return }
        isDirty = true
        server.dirty.append(self)
    }

    func flush() {
        guard phase != .closed else { return }
        let before = output.count
        let outcome = output.send(to: descriptor, &server.buffers)
        if output.count < before { lastProgress = server.loop.now }
        switch outcome {
        case .failed: return close()
        case .blocked: setInterest(interest.union(.write))
        case .drained: if interest.contains(.write) { setInterest(interest.subtracting(.write)) }
        }
        if output.count <= server.configuration.streamHighWaterMark / 2 { exchange?.drained() }
        if outcome == .drained, exchange == nil, phase == .answering { answerSent() }
    }

    /// Sends what refuses to wait any longer, and closes.
    func abortAnswer() {
        _ = output.send(to: descriptor, &server.buffers)
        close()
    }

    // MARK: - Between requests and after the last

    /// The answer is with the kernel: on to the next request, or close.
    private func answerSent() {
        if closesAfterAnswer { return ahead.isEmpty ? close() : linger() }
        phase = .idle
        deadline = server.deadline(after: server.patience.keepAlive)
        if server.isDraining, ahead.isEmpty { return close() }
        setInterest(interest.union(.read))
        // `consume` goes on by itself; called from here it would recurse once per request that was sent ahead.
        guard !isConsuming, !ahead.isEmpty else { return }
        let bytes = ahead
        ahead = []
        bytes.withUnsafeBytes { consume($0) }
    }

    /// Ends our side and gives the client a moment to read what it was sent.
    func linger() {
        releaseReader()
        ahead = []
        phase = .lingering
        deadline = server.deadline(after: server.patience.linger)
        setInterest([.read])
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func releaseReader() {
        guard let reader else { return }
        self.reader = nil
        server.giveBack(reader)
    }

    /// Ends the connection at once; a handler that is still at work learns that its client is gone.
    func close() {
        guard phase != .closed else { return }
        phase = .closed
        releaseReader()
        server.loop.unwatch(descriptor)
        Glibc.close(descriptor)
        output = OutputBuffer()
        ahead = []
        let exchange = self.exchange
        self.exchange = nil
        server.forget(self)
        exchange?.clientLeft()
    }
}
