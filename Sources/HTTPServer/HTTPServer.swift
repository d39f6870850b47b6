public import EventLoop
import HTTPCore
public import LogCore
private import Synchronization
import TimeCore

/// An HTTP/1 server on one event loop.
///
///     let server = try HTTPServer(loop: loop, configuration: configuration, handler: handler, log: log)
///     try server.start()
///     …
///     await server.drain()
///
/// Servers of several loops share a port with `ServerConfiguration.reusePort`. Methods may be called from any thread; the
/// work is done on the loop.
///
/// `@unchecked Sendable`: everything but the counter belongs to the loop's thread once the server has started.
public final class HTTPServer: @unchecked Sendable {
    /// The TCP port, chosen by the kernel if 0 was asked for; 0 when only UNIX sockets are listened on.
    public let port: Int

    let loop: EventLoop
    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let log: Logger

    /// One for all connections: what is read is consumed, or copied, before the next read.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
    var buffers = BufferPool()
    var knownHeads = KnownHeads()
    var encoder: ResponseEncoder
    /// Connections with something to send at the end of the turn.
    var dirty: [Connection] = []
    private(set) var isDraining = false
    /// Memory that bodies which are being read may take.
    var bodyMemory = 0
    let patience: Patience

    private var listeners: [Listener]
    private var isPaused = false
    private var connections: [Connection] = []
    private var readers: [MessageReader] = []
    private var tick: TimerID?
    private var flusher: Flusher?
    private var drainWaiters: [CheckedContinuation<Void, Never>] = []
    private let connectionCount = Atomic<Int>(0)

    /// Binds the sockets, so that the port is known; nobody can connect before `start()`.
    ///
    /// - Throws: `ServerError` when an address cannot be had.
    public init(
        loop: EventLoop,
        configuration: ServerConfiguration,
        handler: any RequestHandler,
        log: Logger
    ) throws(ServerError) {
        self.loop = loop
        self.configuration = configuration
        self.handler = handler
        self.log = log.child(component: "server")
        patience = Patience(configuration)
        encoder = ResponseEncoder(serverName: configuration.serverName, time: configuration.time)
        listeners = try Listener.bind(configuration)
        port = listeners.first { $0.port != 0 }?.port ?? 0
    }

    deinit {
        readBuffer.deallocate()
    }

    /// Connections that are open now.
    public var openConnections: Int { connectionCount.load(ordering: .relaxed) }

    // MARK: - Life

    /// Begins to accept.
    ///
    /// - Throws: `ServerError` when another server has begun to listen on the same address since `init`.
    public func start() throws(ServerError) {
        for listener in listeners { try listener.listen(backlog: configuration.backlog) }
        onLoop {
            let flusher = Flusher(self)
            self.flusher = flusher
            self.loop.addDriver(flusher)
            for listener in self.listeners { self.listen(on: listener) }
        }
    }

    /// Closes the listening sockets; connections go on.
    public func stopAccepting() {
        onLoop { self.closeListeners() }
    }

    /// Stops accepting, closes idle connections, and waits until the requests that are being answered are done.
    public func drain() async {
        await withCheckedContinuation { continuation in
            onLoop {
                self.isDraining = true
                self.closeListeners()
                for connection in self.connections where connection.phase == .idle { connection.close() }
                self.drainWaiters.append(continuation)
                self.endDrainIfDone()
            }
        }
    }

    /// Closes everything at once; handlers that are at work learn that their clients are gone.
    public func close() {
        onLoop {
            self.isDraining = true
            self.closeListeners()
            for connection in self.connections { connection.close() }
            if let flusher = self.flusher { self.loop.removeDriver(flusher) }
            self.flusher = nil
            if let tick = self.tick { self.loop.cancel(tick) }
            self.tick = nil
        }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.isCurrent { body() } else { loop.execute(body) }
    }

    private func closeListeners() {
        for listener in listeners { loop.unwatch(listener.descriptor) }
        listeners = []
    }

    private func endDrainIfDone() {
        guard isDraining, connections.isEmpty else { return }
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    // MARK: - Accepting

    private func listen(on listener: Listener) {
        do {
            try loop.watch(listener.descriptor, for: .read) { [weak self, unowned listener] _ in
                self?.accept(from: listener)
            }
        } catch {
            log.error("cannot watch the listening socket", .int("errno", Int(error.number)))
        }
    }

    /// Takes what waits, but not more than a handful: the other loops and our own connections want their turn.
    private func accept(from listener: Listener) {
        for _ in 0..<32 {
            guard !configuration.ledger.isFull else { return pause(for: .milliseconds(100)) }
            switch listener.accept() {
            case .none: return
            case .exhausted(let number):
                log.warn("cannot accept connections", .int("errno", Int(number)))
                return pause(for: .milliseconds(500))
            case .connection(let descriptor, let peer): admit(descriptor, peer)
            }
        }
    }

    private func admit(_ descriptor: Int32, _ peer: PeerAddress) {
        let connection = Connection(server: self, descriptor: descriptor, peer: peer, index: connections.count)
        guard configuration.ledger.enter(peer) else { return connection.reject() }
        connections.append(connection)
        connectionCount.wrappingAdd(1, ordering: .relaxed)
        connection.open()
        if tick == nil { scheduleTick() }
    }

    /// Leaves new connections in the kernel's queue for a while.
    ///
    /// Connections may end on another loop, so the wait has an end of its own.
    private func pause(for duration: Duration) {
        guard !isPaused else { return }
        isPaused = true
        for listener in listeners { try? loop.update(listener.descriptor, for: []) }
        loop.schedule(after: duration) { [weak self] in self?.resumeAccepting() }
    }

    private func resumeAccepting() {
        guard isPaused else { return }
        isPaused = false
        for listener in listeners { try? loop.update(listener.descriptor, for: .read) }
    }

    // MARK: - For connections

    /// A connection has closed.
    func forget(_ connection: Connection) {
        knownHeads.forget(connection)
        guard connection.index < connections.count, connections[connection.index] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        configuration.ledger.leave(connection.peer)
        connectionCount.wrappingSubtract(1, ordering: .relaxed)
        if isPaused { resumeAccepting() }
        endDrainIfDone()
    }

    func takeReader() -> MessageReader {
        readers.popLast() ?? MessageReader(configuration)
    }

    func giveBack(_ reader: MessageReader) {
        bodyMemory -= reader.reserved
        reader.reset()
        if readers.count < 64 { readers.append(reader) }
    }

    // MARK: - Time

    /// The limits in nanoseconds, because arithmetic on `Duration` is in 128 bits and deadlines are set for each request.
    struct Patience {
        let header, bodyGap, keepAlive, linger: UInt64

        init(_ configuration: ServerConfiguration) {
            func nanoseconds(_ duration: Duration) -> UInt64 { UInt64(max(0, duration.nanosecondsClamped)) }
            header = nanoseconds(configuration.headerTimeout)
            bodyGap = nanoseconds(configuration.bodyGapTimeout)
            keepAlive = nanoseconds(configuration.keepAliveIdle)
            linger = nanoseconds(configuration.lingerTimeout)
        }
    }

    func deadline(after nanoseconds: UInt64) -> MonotonicTime {
        let (sum, overflow) = loop.now.nanoseconds.addingReportingOverflow(nanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }

    /// Deadlines are looked at by walking over all connections: a step of nanoseconds for each, about once a second, is less
    /// than arming and cancelling a timer for every request.
    private func scheduleTick() {
        tick = loop.schedule(after: tickInterval) { [weak self] in
            guard let self else { return }
            for connection in connections { connection.checkDeadlines() }
            tick = nil
            if !connections.isEmpty { scheduleTick() }
        }
    }

    /// A quarter of the shortest limit, so that limits are kept to a quarter; never more than a second.
    private var tickInterval: Duration {
        let shortest = min(
            configuration.headerTimeout,
            configuration.bodyGapTimeout,
            configuration.bodyTimeout,
            configuration.minimumBodyRateGrace,
            configuration.keepAliveIdle,
            configuration.stallTimeout,
            configuration.lingerTimeout
        )
        return max(.milliseconds(10), min(.seconds(1), shortest / 4))
    }

    fileprivate func flushDirty() {
        while !dirty.isEmpty {
            let waiting = dirty
            dirty.removeAll(keepingCapacity: true)
            for connection in waiting {
                connection.isDirty = false
                connection.flush()
            }
        }
    }
}

/// Sends at the end of each turn what was written in it.
private final class Flusher: LoopDriver {
    private weak var server: HTTPServer?

    init(_ server: HTTPServer) {
        self.server = server
    }

    func turn() -> Duration? {
        server?.flushDirty()
        return nil
    }
}
