private import CLinux
import EventLoop
private import Glibc
import HTTPCore

/// A connection that speaks HTTP/1.1 to an upstream without TLS and without a proxy, one request at a time.
///
///     connecting ─► active ─► idle ─► active …
///         └───────────┴────────┴────► closed
///
/// Ownership: the loop's watcher holds it from `open` to `close`; the transfer it works for holds it, too, and it holds the
/// transfer. The descriptor is closed in `close` and nowhere else, after it was unwatched, so no event can reach a later
/// connection that gets the same number. All of it happens on the loop's thread.
final class DirectConnection {
    /// Whose requests it may carry, and to where.
    struct Key: Hashable {
        /// Number of the pool.
        var pool: UInt32
        var address: IPAddress
        var port: Int
    }

    private enum Phase {
        case connecting, active, idle, closed
    }

    /// How a response's content ends, as http-parser read it.
    struct Framing {
        var isChunked: Bool
        var contentLength: Int?
    }

    /// What is left of a request that the socket did not take at once; its content is the transfer's.
    private struct Unsent {
        var head: [UInt8]
        /// Bytes of head and content that are gone.
        var sent: Int
    }

    /// How much is read at once where less would do.
    private static let leastRead = 16 << 10

    let key: Key
    /// The policy that last let a request through to the address.
    var permittedBy: EgressPolicy
    /// When it became idle, in nanoseconds.
    private(set) var idleSince: UInt64 = 0
    private let engine: TransferEngine
    private let descriptor: Int32
    private var phase = Phase.connecting
    private var interest: Interest = []

    private(set) var transfer: Transfer?
    private var unsent: Unsent?
    /// The request could not be sent to its end.
    private var isBroken = false
    /// Where the response ends is doubtful, so no other one is to follow.
    private var isLast = false
    private var isReused = false
    private var hasReceived = false
    private var response = ResponseReader.State()
    private var decoder: ContentDecoder?
    /// The response's header is complete.
    private(set) var hasHead = false
    /// Bytes of content received, before decoding.
    private(set) var receivedCount = 0

    private init(engine: TransferEngine, key: Key, descriptor: Int32, permittedBy policy: EgressPolicy) {
        self.engine = engine
        self.key = key
        self.descriptor = descriptor
        permittedBy = policy
    }

    var address: IPAddress { key.address }

    /// All of the request is with the kernel.
    var hasSentAll: Bool { unsent == nil && !isBroken }

    // MARK: - Opening

    /// Begins to connect for a transfer; nil with `errno` set when that is not possible.
    static func open(
        _ engine: TransferEngine,
        _ key: Key,
        for transfer: Transfer,
        permittedBy policy: EgressPolicy
    ) -> DirectConnection? {
        var isPending: Int32 = 0
        let bytes = key.address.bytes
        let descriptor = omni_tcp_connect(bytes, bytes.count, UInt16(clamping: key.port), &isPending)
        guard descriptor >= 0 else { return nil }
        let connection = DirectConnection(engine: engine, key: key, descriptor: descriptor, permittedBy: policy)
        engine.direct.opened()
        connection.transfer = transfer
        if isPending == 0 { connection.phase = .active }
        connection.setInterest(isPending == 0 ? .read : .write)
        return connection
    }

    /// Whether it can be sent on.
    var isConnected: Bool { phase == .active }

    /// Whether nothing has arrived while nothing was asked for.
    ///
    /// The loop tells of it as well, but perhaps later than the next request begins: an answer that was sent ahead must not
    /// be taken for that request's.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    private func connectingEnded() {
        let error = omni_socket_error(descriptor)
        guard error == 0 else { return engine.couldNotConnect(self, errno: error) }
        phase = .active
        guard setInterest(.read), let transfer else { return close() }
        engine.begin(transfer, on: self)
    }

    // MARK: - Sending

    /// Sends the request whose head the writer holds.
    func send(_ head: borrowing [UInt8], for transfer: Transfer, isReused: Bool) {
        self.transfer = transfer
        self.isReused = isReused
        phase = .active
        (hasReceived, hasHead, receivedCount) = (false, false, 0)
        if isReused { response = ResponseReader.State() }
        let sent = sendOnce(head, from: 0)
        if sent == head.count + (transfer.content?.count ?? 0) { return }
        unsent = Unsent(head: copy head, sent: max(0, sent))
        sendingStopped(sent)
    }

    private func flush() {
        guard var unsent, let transfer else { return }
        let sent = sendOnce(unsent.head, from: unsent.sent)
        unsent.sent += max(0, sent)
        self.unsent = unsent
        if unsent.sent == unsent.head.count + (transfer.content?.count ?? 0) {
            self.unsent = nil
            setInterest(interest.subtracting(.write))
        } else {
            sendingStopped(sent)
        }
    }

    private func sendingStopped(_ result: Int) {
        if result >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR {
            setInterest(interest.union(.write))
        } else {
            // Whatever the server said before it stopped listening is still to be read; so is the end.
            isBroken = true
            setInterest(interest.subtracting(.write).union(.read))
        }
    }

    /// Returns what the kernel took, -1 with `errno` set.
    private func sendOnce(_ head: borrowing [UInt8], from start: Int) -> Int {
        let ofHead = min(start, head.count)
        return head.withUnsafeBytes { head in
            let head = UnsafeRawBufferPointer(rebasing: head[ofHead...])
            guard let content = transfer?.content, !content.isEmpty else {
                return Glibc.send(descriptor, head.baseAddress, head.count, Int32(MSG_NOSIGNAL))
            }
            return content.withUnsafeBytes { content in
                let rest = UnsafeRawBufferPointer(rebasing: content[(start - ofHead)...])
                return omni_send_two(descriptor, head.baseAddress, head.count, rest.baseAddress, rest.count)
            }
        }
    }

    // MARK: - Events

    private func handle(_ readiness: Readiness) {
        switch phase {
        case .connecting: connectingEnded()
        case .active:
            if readiness.isWritable { flush() }
            guard phase == .active, readiness.isReadable || readiness.isPeerClosed else { return }
            // A hang-up is reported whether it is waited for or not; it has to wait until the reader has caught up.
            if transfer?.isPaused == true { setInterest([]) } else { receive() }
        // The server's goodbye, or bytes that must never become the answer to the next request.
        case .idle: close()
        case .closed: break
        }
    }

    private func receive() {
        let buffer = engine.readBuffer
        // What is read is taken, also when that is more than should be unread, or becomes so by decoding.
        let most = decoder == nil ? max(Self.leastRead, transfer?.roomLeft ?? 0) : Self.leastRead
        let count = recv(descriptor, buffer.baseAddress, min(buffer.count, most), 0)
        if count < 0, errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR { return }
        if count > 0 { read(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } else { lost(isEnd: count == 0) }
        engine.settle()
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        guard let transfer else { return close() }
        hasReceived = true
        transfer.wasActive()
        switch engine.responses.read(bytes, &response, for: self) {
        case .needsMore: if transfer.isOverfull { pause(transfer) }
        case .failed(let code): fail(code)
        case .ended(let count): ended(isClean: count == bytes.count)
        }
    }

    /// The connection has come to its end, which may be the content's end as well.
    private func lost(isEnd: Bool) {
        // The server had closed it when the request was sent, and has seen nothing of it.
        if isReused, !hasReceived { return sendAgain() }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        if isEnd, hasReceived, case .ended = engine.responses.read(nothing, &response, for: self) {
            ended(isClean: false)
        } else {
            fail(.closedEarly)
        }
    }

    private func sendAgain() {
        guard let transfer else { return close() }
        close()
        engine.sendAgain(transfer, pool: key.pool)
    }

    private func fail(_ code: TransferError.Code) {
        guard let transfer else { return close() }
        close()
        engine.ended(transfer, transfer.failure(transfer.abortCode ?? code, diagnostic: "on a direct connection"))
    }

    /// The response is complete; the connection is kept if nothing speaks against it.
    private func ended(isClean: Bool) {
        guard let transfer else { return close() }
        if let decoder, receivedCount > 0, !decoder.isFinished { return fail(.undecodable) }
        if isClean, !isLast, hasSentAll, response.keepsAlive { keep() } else { close() }
        engine.ended(transfer, nil)
    }

    private func keep() {
        transfer = nil
        decoder = nil
        phase = .idle
        guard setInterest(.read) else { return }
        idleSince = engine.turnTime
        engine.direct.keep(self)
    }

    // MARK: - Called by the reader of responses

    var limits: TransferLimits { transfer?.request.limits ?? TransferLimits() }

    func expectsNoContent(_ status: Int) -> Bool {
        status == 204 || status == 304 || transfer?.request.method == .head
    }

    func headEnded(_ head: ResponseHead, _ framing: Framing) -> Bool {
        guard let transfer else { return false }
        hasHead = true
        guard !expectsNoContent(head.status) else {
            return transfer.headArrived(
                head,
                contentLength: transfer.request.method == .head ? framing.contentLength : nil
            )
        }
        if let codings = head.list("transfer-encoding") {
            // What is left after the last coding we know is not what the server meant; nor is anything when the parser did not
            // see a coding that is there.
            let names = codings.listedTokens
            guard names.allSatisfy({ $0 == "chunked" || $0 == "identity" }) else { return transfer.abort(.undecodable) }
            guard names.contains("chunked") == framing.isChunked else { return transfer.abort(.protocolViolation) }
            // A length beside chunks is somebody's mistake, and who knows where the next response begins.
            if framing.contentLength != nil { isLast = true }
        }
        if let codings = head.codings {
            decoder = ContentDecoder(codings)
            guard decoder != nil else { return transfer.abort(.undecodable) }
        }
        return transfer.headArrived(head, contentLength: framing.isChunked ? nil : framing.contentLength)
    }

    func countTrailer(_ size: Int, beginsField: Bool) -> Bool {
        transfer?.countTrailer(size, beginsField: beginsField) ?? false
    }

    func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let transfer else { return false }
        receivedCount += bytes.count
        guard let decoder else { return transfer.take(bytes) }
        switch decoder.decode(bytes, transfer.take) {
        case .decoded: return true
        case .malformed: return transfer.abort(.undecodable)
        case .refused: return false
        }
    }

    // MARK: - Pausing

    private func pause(_ transfer: Transfer) {
        transfer.isPaused = true
        setInterest(interest.subtracting(.read))
    }

    /// Goes on receiving after a pause.
    func resume() {
        setInterest(unsent == nil || isBroken ? .read : [.read, .write])
    }

    @discardableResult
    private func setInterest(_ wanted: Interest) -> Bool {
        guard phase != .closed else { return false }
        guard wanted != interest else { return true }
        do {
            if interest.isEmpty {
                try engine.loop.watch(descriptor, for: wanted) { [self] in handle($0) }
            } else if wanted.isEmpty {
                engine.loop.unwatch(descriptor)
            } else {
                try engine.loop.update(descriptor, for: wanted)
            }
            interest = wanted
            return true
        } catch {
            fail(.internal)
            return false
        }
    }

    // MARK: - Ending

    /// Ends the connection at once; its transfer is not told.
    func close() {
        guard phase != .closed else { return }
        phase = .closed
        transfer = nil
        unsent = nil
        decoder = nil
        if !interest.isEmpty { engine.loop.unwatch(descriptor) }
        Glibc.close(descriptor)
        engine.direct.closed(self)
    }
}
