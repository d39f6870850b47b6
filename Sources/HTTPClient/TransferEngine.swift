import EventLoop
import HTTPCore
import LogCore
import TimeCore

/// Runs the transfers of one loop: starts them, lets libcurl and the direct connections work, enforces time limits, ends
/// them.
///
/// `@unchecked Sendable`: everything that changes is touched on the loop only; other threads hand over through `cancel` and
/// `close`.
final class TransferEngine: LoopDriver, @unchecked Sendable {
    let loop: EventLoop
    let highWaterMark: Int
    let destinations = DestinationCache()
    let configuration: ClientConfiguration
    private let log: Logger
    private let certificates: TrustStore
    /// Nil once the engine is closed.
    private var multi: MultiHandle?
    var pools = PoolNumbers()
    private var idleHandles: [EasyHandle] = []
    private var running: [Transfer] = []
    private var due = Due()
    /// Bytes of content that came while libcurl acted on a socket.
    private var receivedCount = 0

    // For direct connections; see TransferEngine+Direct.swift.
    var direct = DirectPool()
    var heads = RequestWriter()
    let responses = ResponseReader()
    /// What they read into; nothing stays in it.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// What has to wait: for libcurl to return, or for its time.
    private struct Due {
        var removals: [Transfer] = []
        var deliveries: [Transfer] = []
        /// When the next time limit may run out, in nanoseconds.
        var limits = UInt64.max
        /// When idle connections are looked through next, in nanoseconds.
        var sweep = UInt64.max
    }

    init(loop: EventLoop, configuration: ClientConfiguration, log: Logger) throws(TransferError) {
        self.loop = loop
        self.configuration = configuration
        self.log = log
        highWaterMark = max(1, configuration.highWaterMark)
        certificates = try TrustStore(configuration)
        multi = try MultiHandle(configuration: configuration, loop: loop, log: log) {
            [unowned self] record, readiness in
            // Unowned: the loop holds the engine as a driver as long as it watches sockets for it.
            socketIsReady(record, readiness)
        }
        if loop.isCurrent { loop.addDriver(self) } else { loop.execute { loop.addDriver(self) } }
    }

    deinit {
        readBuffer.deallocate()
    }

    /// Transfers under way.
    var activeTransfers: Int { running.count }

    /// Connections open, busy or idle.
    var openConnections: Int { carriedByLibcurl + direct.count }

    private var carriedByLibcurl: Int { multi?.sockets.connectionCount ?? 0 }

    // MARK: - From any thread

    /// Starts a transfer; the waiter is resumed when there is something to fetch.
    func begin(_ transfer: Transfer, _ waiter: Transfer.Waiter) {
        if loop.isCurrent { return start(transfer, waiter) }
        loop.execute { self.start(transfer, waiter) }
    }

    /// Waits for content in the same way.
    func wait(for transfer: Transfer, _ waiter: Transfer.Waiter) {
        if loop.isCurrent { return transfer.wait(waiter) }
        loop.execute { transfer.wait(waiter) }
    }

    /// Ends a transfer that nobody wants any more; does nothing to one that has ended.
    func cancel(_ transfer: Transfer) {
        if loop.isCurrent { return stop(transfer, .cancelled) }
        loop.execute { self.stop(transfer, .cancelled) }
    }

    /// Ends every transfer and closes every connection.
    func close() {
        if loop.isCurrent { return shutDown() }
        loop.execute { self.shutDown() }
    }

    private func shutDown() {
        guard multi != nil else { return }
        for transfer in running { stop(transfer, .closed) }
        for connection in direct.waiting { connection.close() }
        multi = nil
        idleHandles = []
        loop.removeDriver(self)
    }

    // MARK: - Transfers

    private func start(_ transfer: Transfer, _ waiter: Transfer.Waiter) {
        // Cancelled before it began.
        guard transfer.outcome == nil else { return waiter.resume() }
        transfer.start(at: turnTime, waiter)
        do throws(TransferError) {
            try admit(transfer)
        } catch {
            transfer.finish(.failure(error))
        }
    }

    private func admit(_ transfer: Transfer) throws(TransferError) {
        guard let multi else { throw transfer.failure(.closed) }
        if let route = transfer.destination.route, transfer.request.proxy == nil, configuration.connectsDirectly {
            return try startDirectly(transfer, route)
        }
        // A proxy resolves the target's name, but an address can be judged here.
        if transfer.request.proxy != nil {
            let port = transfer.url.authority.port ?? (transfer.url.isSecure ? 443 : 80)
            for literal in transfer.url.authority.literalAddresses
            where !isAcceptable(.ip(literal, port: port), to: transfer.request.egress) {
                throw transfer.failure(.egressRefused)
            }
        }
        let handle: EasyHandle
        if let idle = idleHandles.popLast() { handle = idle } else { handle = try makeHandle(multi) }
        // A handle for which this fails is not used again: it may be left with half of the request's options.
        try handle.prepare(transfer, pool: pools.number(of: transfer.request.pool, transfer.request.proxy))
        let result = multi.add(handle)
        guard result == 0 else {
            handle.release()
            throw transfer.failure(.internal, curlCode: result, diagnostic: "the handle was not taken")
        }
        transfer.carrier = .libcurl(handle)
        enlist(transfer)
    }

    func enlist(_ transfer: Transfer) {
        transfer.index = running.count
        running.append(transfer)
        deadlineMoved(transfer.deadline)
    }

    private func makeHandle(_ multi: MultiHandle) throws(TransferError) -> EasyHandle {
        let lifetime = Int(configuration.idleLifetime.components.seconds)
        return try EasyHandle(multi: multi, certificates: certificates.path, idleLifetime: lifetime)
    }

    /// Ends a transfer for a reason of our own.
    private func stop(_ transfer: Transfer, _ code: TransferError.Code) {
        guard transfer.outcome == nil else { return }
        if multi?.isBusy == true { due.removals.append(transfer) } else { detach(transfer) }
        transfer.finish(.failure(transfer.failure(code)))
    }

    /// Takes a transfer away from what carries it; outside libcurl's callbacks only.
    private func detach(_ transfer: Transfer) {
        guard let index = transfer.index else { return }
        transfer.index = nil
        let last = running.removeLast()
        if last !== transfer {
            running[index] = last
            last.index = index
        }
        transfer.isPaused = false
        transfer.leaveSocket()
        if due.sweep == .max { due.sweep = turnTime.saturatingAdding(sweepInterval) }
        switch transfer.carrier.take() {
        case nil: break
        case .libcurl(let handle): takeBack(handle, from: transfer)
        // Unless it works for others by now.
        case .direct(let connection): if connection.transfer === transfer { connection.close() }
        }
    }

    /// Keeps a handle for the next transfer.
    private func takeBack(_ handle: EasyHandle, from transfer: Transfer) {
        multi?.remove(handle)
        handle.release()
        if idleHandles.count < 128, !transfer.hasStrainedHandle { idleHandles.append(handle) }
    }

    private func ended(_ end: MultiHandle.Ended) {
        guard let transfer = end.handle.transfer else { return }
        ended(transfer, transfer.error(for: end.code, end.handle))
    }

    /// A transfer has come to its end, a good one without an error.
    func ended(_ transfer: Transfer, _ error: TransferError?) {
        detach(transfer)
        guard let error else { return transfer.finish(.success(())) }
        transfer.finish(.failure(error))
        guard transfer.isAwaited else { return }
        log.debug(
            "a transfer failed",
            .string("host", error.host),
            .string("reason", error.shortDescription),
            .int("curl", error.curlCode),
            .string("detail", error.diagnostic)
        )
    }

    // MARK: - Reading

    func deliveryIsDue(_ transfer: Transfer) {
        due.deliveries.append(transfer)
    }

    /// So much content came.
    func received(_ count: Int) {
        receivedCount += count
    }

    /// The reader wants more of a paused transfer.
    func resume(_ transfer: Transfer) {
        guard transfer.outcome == nil, let carrier = transfer.carrier else { return }
        transfer.wasResumed(at: turnTime)
        switch carrier {
        case .libcurl(let handle):
            multi?.resume(handle)
            settle()
        case .direct(let connection): connection.resume()
        }
    }

    // MARK: - The loop's turn

    /// The present as of this turn, in nanoseconds.
    var turnTime: UInt64 { loop.now.nanoseconds }

    /// A transfer's time may run out earlier than was known.
    func deadlineMoved(_ deadline: UInt64) {
        due.limits = min(due.limits, deadline)
    }

    /// Does what has become due; called by the loop before it waits.
    func turn() -> Duration? {
        guard let multi else { return nil }
        var now = MonotonicTime.now().nanoseconds
        if multi.deadline <= now {
            multi.timeIsUp()
            settle()
            now = MonotonicTime.now().nanoseconds
        }
        if due.limits <= now { enforceLimits(at: now) }
        if due.sweep <= now { sweepConnections(at: now) }
        let next = min(multi.deadline, due.limits, due.sweep)
        guard next != .max else { return nil }
        return .nanoseconds(Int64(clamping: next > now ? next - now : 0))
    }

    /// Stops what took too long.
    ///
    /// The limits are not kept in order, since almost every event moves one; they are looked
    /// through when the earliest that was ever announced is reached, and with many transfers not too often.
    private func enforceLimits(at now: UInt64) {
        var next = UInt64.max
        for transfer in running.reversed() {
            let deadline = transfer.deadline
            if deadline <= now {
                stop(transfer, .timeout(transfer.timedOutPhase(at: now)))
            } else {
                next = min(next, deadline)
            }
        }
        let pause = UInt64(1_000_000 + 10_000 * running.count)
        due.limits = next == .max ? .max : max(next, now + pause)
    }

    /// Closes idle connections that have died or grown old.
    ///
    /// libcurl does so only when a transfer begins, so one begins that gets no further than its address, which no policy
    /// permits.
    private func sweepConnections(at now: UInt64) {
        let lifetime = UInt64(max(0, configuration.idleLifetime.nanosecondsClamped))
        if now > lifetime {
            for connection in direct.idle(since: now - lifetime) { connection.close() }
        }
        due.sweep = openConnections > 0 ? now.saturatingAdding(sweepInterval) : .max
        guard carriedByLibcurl > 0, let sweeper = try? Transfer(engine: self, request: Self.sweeping) else { return }
        sweeper.start(at: now, nil)
        do throws(TransferError) { try admit(sweeper) } catch { sweeper.finish(.failure(error)) }
    }

    private static let sweeping = ClientRequest(url: "http://0.0.0.0/", pool: "", egress: .publicOnly)

    private var sweepInterval: UInt64 {
        max(1_000_000_000, UInt64(max(0, configuration.idleLifetime.nanosecondsClamped)) / 2)
    }

    private func socketIsReady(_ record: SocketRecord, _ readiness: Readiness) {
        guard let multi else { return }
        guard !record.wanted.isEmpty else { return multi.sockets.ignored(record) }
        // libcurl reads once. As much as nearly fills the small buffer of a stream may have left something behind: better
        // taken now, and handed over together, than in a turn of its own.
        var rounds = 0
        repeat {
            receivedCount = 0
            rounds += 1
            multi.act(on: record, readiness)
        } while rounds < 8 && receivedCount > EasyHandle.streamBufferSize * 3 / 4 && record.wanted.contains(.read)
        settle()
    }

    /// Does what callbacks left to do.
    func settle() {
        while let end = multi?.nextEnded() { ended(end) }
        while let transfer = due.removals.popLast() { detach(transfer) }
        while let transfer = due.deliveries.popLast() { transfer.deliver() }
    }

    // MARK: - Called back by libcurl

    /// Whether the transfer may open a connection to the address: to its target, or to the proxy an administrator set.
    func permits(_ transfer: Transfer, connectingTo peer: PeerAddress) -> Bool {
        isAcceptable(peer, to: policy(for: transfer))
    }

    /// The policy for what is connected to, which is the proxy if there is one.
    private func policy(for transfer: Transfer) -> EgressPolicy {
        transfer.request.proxy == nil ? transfer.request.egress : .allowPrivate
    }

    func isAcceptable(_ peer: PeerAddress, to policy: EgressPolicy) -> Bool {
        guard case .ip(let address, let port) = peer, policy.permits(address) else { return false }
        let own = configuration.ownListeners
        guard !own.isEmpty else { return true }
        let isWildcard = address.isLoopback && own.contains { $0.isUnspecified(port: port) }
        return !isWildcard && !own.contains(.ip(address.unmapped, port: port))
    }

    func socketOpened(_ descriptor: Int32, for transfer: Transfer) {
        multi?.sockets.opened(descriptor)
        transfer.connectionStarted(at: turnTime)
    }

    /// The request is about to be sent on this connection: the last moment to say no.
    func requestIsDue(
        _ handle: EasyHandle,
        _ transfer: Transfer,
        _ identity: ConnectionIdentity,
        peer: () -> PeerAddress?
    ) -> Bool {
        guard let sockets = multi?.sockets else { return false }
        let isNew = !handle.openedSockets.isEmpty
        if isNew, let record = sockets.record(of: handle.takeSocket(localPort: identity.localPort)) {
            sockets.established(record, identity, pool: handle.pool, peer: peer())
            if transfer.url.isSecure { handle.watchGoodbye(record) }
        }
        // Whatever libcurl thinks it may reuse: a connection carries the requests of one pool only.
        guard let record = sockets.record(of: identity), record.pool == handle.pool else {
            log.error("a connection of another pool was offered", .string("host", transfer.url.authority.host))
            return false
        }
        let policy = policy(for: transfer)
        if record.permittedBy != policy {
            guard let peer = record.peer, isAcceptable(peer, to: policy) else {
                transfer.refuseEgress()
                return false
            }
            record.permittedBy = policy
        }
        if !isNew {
            record.closeIfReadable()
            handle.connectAfreshIfRetried()
        }
        transfer.connected(at: turnTime, socket: record, isReused: !isNew)
        return true
    }
}

extension PeerAddress {
    /// Whether this stands for all addresses of the machine, with that port.
    fileprivate func isUnspecified(port: Int) -> Bool {
        if case .ip(let address, port) = self { return address.isUnspecified }
        return false
    }
}
