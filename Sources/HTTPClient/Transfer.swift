import HTTPCore
import TimeCore

/// One request and its answer: what was received, what is unread, who waits for it, how it ended.
///
/// `@unchecked Sendable`: everything that changes is touched on the engine's loop only; other threads hand over.
final class Transfer: @unchecked Sendable {
    /// How far it has come; each has its own time limit.
    enum Phase {
        case queued
        case connecting
        case awaitingHead
        case body
        case finished
    }

    /// What a reader gets.
    enum Portion: Sendable {
        case bytes([UInt8])
        case end
        case failure(TransferError)
    }

    /// The response up to its content, as it goes to the task that sent the request.
    struct Arrival: Sendable {
        var head: ResponseHead
        var address: IPAddress?
        var timings: ClientResponse.Timings
        var isReusedConnection: Bool
        var contentLength: Int?
    }

    /// Resumed without a value: what it waited for is kept here, since each layer of waiting would reserve room for it.
    typealias Waiter = UnsafeContinuation<Void, Never>

    let engine: TransferEngine
    /// What is sent and how, without its content.
    let request: ClientRequest
    let destination: Destination
    /// What is sent; given back once it is all sent, since an answer may last for minutes.
    private(set) var content: [UInt8]?

    private(set) var phase = Phase.queued
    private(set) var outcome: Result<Void, TransferError>?
    /// Why a callback made libcurl or the parser stop; they themselves report only that one did.
    private(set) var abortCode: TransferError.Code?
    /// What carries it over the network, from its admission to its end.
    var carrier: Carrier?
    /// Position in the client's list of running transfers.
    var index: Int?
    /// libcurl's connection in use, once there is one.
    private var socket: SocketRecord?
    var isPaused = false
    /// Whether somebody wants to know how it ends.
    private(set) var isAwaited = false

    private var head = ResponseHead()
    private var isEncoded = false
    private var buffer: [UInt8] = []
    private var decodedCount = 0
    private var headWaiter: Waiter?
    private var bodyWaiter: Waiter?
    /// What `headWaiter` is told of, until it is fetched.
    private var arrival: Arrival?
    /// What `bodyWaiter` is told of, until it is fetched.
    private var portion: Portion?
    private var isDeliveryDue = false
    private var isReusedConnection = false
    private var isRetried = false

    private let limit: PhaseLimits
    private var startedAt: UInt64 = 0
    private var connectedAt: UInt64 = 0
    private var headAt: UInt64 = 0
    private var lastActivity: UInt64 = 0

    init(engine: TransferEngine, request: consuming ClientRequest) throws(TransferError) {
        guard let destination = engine.destinations.destination(request.url) else {
            throw TransferError(.invalidURL, host: "")
        }
        self.engine = engine
        self.destination = destination
        content = request.body.take()
        limit = PhaseLimits(request.timeouts)
        self.request = request
    }

    var url: RequestURL { destination.url }

    func failure(_ code: TransferError.Code, curlCode: Int = 0, diagnostic: String = "") -> TransferError {
        TransferError(
            code,
            host: url.authority.host,
            curlCode: curlCode,
            wasSent: connectedAt != 0,
            diagnostic: diagnostic
        )
    }

    // MARK: - Course

    /// Begins; without a waiter nobody will hear of its outcome.
    func start(at now: UInt64, _ waiter: Waiter?) {
        headWaiter = waiter
        isAwaited = waiter != nil
        startedAt = now
        lastActivity = now
        if outcome == nil { phase = .connecting }
    }

    /// A socket is being opened: also to replace a kept connection that turned out to be dead.
    func connectionStarted(at now: UInt64) {
        guard phase == .awaitingHead else { return }
        isRetried = true
        phase = .connecting
        lastActivity = now
        engine.deadlineMoved(deadline)
    }

    /// The connection, libcurl's if it has a record, is ready; the request is about to be sent.
    func connected(at now: UInt64, socket: SocketRecord? = nil, isReused: Bool) {
        // A refused address is no reason to fail when another one of the host could be reached.
        if abortCode == .egressRefused { abortCode = nil }
        phase = .awaitingHead
        connectedAt = now
        lastActivity = now
        isReusedConnection = isReused
        leaveSocket()
        self.socket = socket
        socket?.requests += 1
        engine.deadlineMoved(deadline)
    }

    /// Whether libcurl may have sent the request twice, which it counts per handle and never forgets.
    var hasStrainedHandle: Bool { isRetried || (isReusedConnection && phase == .awaitingHead) }

    /// The connection is not this transfer's any more.
    func leaveSocket() {
        socket?.requests -= 1
        socket = nil
    }

    /// Ends the transfer and tells whoever waits; what was received before stays readable.
    func finish(_ result: Result<Void, TransferError>) {
        guard outcome == nil else { return }
        outcome = result
        phase = .finished
        headWaiter?.resume()
        headWaiter = nil
        deliver()
    }

    /// The response up to its content, once the waiter was resumed; called by that one, on whatever thread.
    func fetchArrival() throws(TransferError) -> Arrival {
        if let arrival = arrival.take() { return arrival }
        if case .failure(let error)? = outcome { throw error }
        // libcurl is content with half a header.
        throw failure(.closedEarly)
    }

    /// Notes why the response is refused; returns false for callbacks to pass on.
    func abort(_ code: TransferError.Code) -> Bool {
        if abortCode == nil { abortCode = code }
        return false
    }

    func refuseEgress() {
        _ = abort(.egressRefused)
    }

    /// Whether content that lasts until the end of the connection was ended by somebody else than the server.
    var isCutOff: Bool {
        guard phase == .body, url.isSecure, request.method != .head, let socket, socket.goodbye.pointee == 0
        else { return false }
        return head.isDelimitedByClose
    }

    // MARK: - Receiving

    /// Bytes have arrived.
    func wasActive() {
        lastActivity = engine.turnTime
    }

    /// Takes a header line from libcurl; false stops the transfer.
    func receiveHeader(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard outcome == nil else { return false }
        lastActivity = engine.turnTime
        switch head.receive(line, limits: request.limits) {
        case .more: return true
        case .tooLarge: return abort(.tooLarge)
        case .violation: return abort(.protocolViolation)
        case .complete: return headIsComplete(announcing: carrier?.announcedLength)
        }
    }

    /// Takes the final response's header from a direct connection; false stops the transfer.
    func headArrived(_ head: ResponseHead, contentLength: Int?) -> Bool {
        guard outcome == nil else { return false }
        self.head = head
        return headIsComplete(announcing: contentLength)
    }

    /// Counts a part of a trailer; false when there is too much of them.
    func countTrailer(_ size: Int, beginsField: Bool) -> Bool {
        head.countTrailer(size, beginsField: beginsField, limits: request.limits) || abort(.tooLarge)
    }

    private func headIsComplete(announcing length: Int?) -> Bool {
        // Only a proxy says 407, and its answer is not the upstream's.
        if head.status == 407, request.proxy != nil { return abort(.proxy) }
        phase = .body
        headAt = lastActivity
        isEncoded = head.isEncoded
        socket?.isMultiplexed = head.isHTTP2
        // Bytes of content are counted: only that there were some, and all went out, means that the header went before them.
        if let count = content?.count, count > 0, carrier?.releaseContent(count) == true { content = nil }
        if let length, !isEncoded, request.method != .head, head.status != 204, head.status != 304 {
            guard length <= request.limits.bodyBytes else { return abort(.tooLarge) }
            // Room for the 64 bytes a JSON parser wants behind its input, so that it need not copy.
            if length <= 1 << 20 { buffer.reserveCapacity(length + 64) }
        }
        if let waiter = headWaiter {
            headWaiter = nil
            arrival = Arrival(
                head: head,
                address: socket?.address ?? carrier?.address,
                timings: timings,
                isReusedConnection: isReusedConnection,
                contentLength: isEncoded ? nil : length
            )
            waiter.resume()
        }
        engine.deadlineMoved(deadline)
        return true
    }

    private var timings: ClientResponse.Timings {
        let sent = max(startedAt, connectedAt)
        return ClientResponse.Timings(
            connect: .nanoseconds(Int64(clamping: sent - startedAt)),
            firstByte: .nanoseconds(Int64(clamping: max(headAt, startedAt) - startedAt))
        )
    }

    /// What becomes of a piece of content.
    enum Reception {
        case taken
        /// It is to be offered again when the reader has caught up.
        case later
        case refused
    }

    /// Takes content from libcurl, unless too much is unread.
    func receiveBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Reception {
        guard outcome == nil, phase == .body else { return .refused }
        wasActive()
        guard !isOverfull else {
            isPaused = true
            return .later
        }
        guard take(UnsafeRawBufferPointer(bytes)) else { return .refused }
        engine.received(bytes.count)
        return .taken
    }

    /// Together with an array's header just what the allocator keeps at hand for each thread (1,032 bytes with glibc).
    private static let pieceCapacity = 1000

    /// How much more than the high-water mark decoding may make unread.
    private static let excess = 8 << 20

    /// Takes content, however much is unread; false stops the transfer.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard outcome == nil else { return false }
        decodedCount += bytes.count
        guard isAcceptable else { return false }
        // What is decoded at once cannot be left for later, but it must not be any amount.
        if isEncoded, bytes.count > roomLeft + Self.excess { return abort(.ratio) }
        // Room for a few small pieces at once, which is given away with them.
        if buffer.capacity == 0 { buffer.reserveCapacity(max(Self.pieceCapacity, bytes.count)) }
        buffer.append(contentsOf: bytes)
        // Not at once: more of what has arrived together may follow in this turn.
        if bodyWaiter != nil, !isDeliveryDue {
            isDeliveryDue = true
            engine.deliveryIsDue(self)
        }
        return true
    }

    /// How many more bytes may be unread.
    var roomLeft: Int { highWaterMark - buffer.count }

    /// As much is unread as may be, or more.
    var isOverfull: Bool { roomLeft <= 0 }

    /// How much may be unread.
    ///
    /// While libcurl is paused it decodes the rest of what it has read into memory of its own,
    /// unseen by the guards; so with a coding they get to see more before.
    private var highWaterMark: Int {
        isEncoded ? max(engine.highWaterMark, 4 * TransferLimits.ratioFloor) : engine.highWaterMark
    }

    /// Whether the content is within its limits.
    private var isAcceptable: Bool {
        guard decodedCount <= request.limits.bodyBytes else { return abort(.tooLarge) }
        guard isEncoded, decodedCount > TransferLimits.ratioFloor else { return true }
        return decodedCount / max(1, request.limits.ratio) <= carrier?.receivedCount ?? 0 || abort(.ratio)
    }

    // MARK: - Reading, on the loop

    /// What can be read without waiting; nil when there is nothing yet.
    func takePortion() -> Portion? {
        if !buffer.isEmpty {
            var taken: [UInt8] = []
            swap(&taken, &buffer)
            if isPaused { engine.resume(self) }
            return .bytes(taken)
        }
        switch outcome {
        case nil: return nil
        case .success: return .end
        case .failure(let error): return .failure(error)
        }
    }

    /// Waits for the next portion; one task reads at a time.
    func wait(_ waiter: Waiter) {
        guard bodyWaiter == nil else { return waiter.resume() }
        bodyWaiter = waiter
        deliver()
    }

    /// Hands what there is to the waiting reader.
    func deliver() {
        isDeliveryDue = false
        guard let waiter = bodyWaiter, !buffer.isEmpty || outcome != nil else { return }
        // First of all: taking the portion may let libcurl go on, which comes back here.
        bodyWaiter = nil
        portion = takePortion()
        waiter.resume()
    }

    /// What the waiter was resumed for; called by that one, on whatever thread.
    func fetchPortion() -> Portion {
        portion.take() ?? .failure(failure(.internal, diagnostic: "two tasks read one response"))
    }

    // MARK: - Time

    /// When the transfer has taken too long unless something happens, in nanoseconds.
    var deadline: UInt64 {
        let phaseEnd: UInt64 =
            switch phase {
            case .connecting: lastActivity.saturatingAdding(limit.connect)
            case .awaitingHead: connectedAt.saturatingAdding(limit.firstByte)
            case .body: isPaused ? .max : lastActivity.saturatingAdding(limit.idle)
            case .queued, .finished: .max
            }
        return min(phaseEnd, startedAt.saturatingAdding(limit.total))
    }

    /// What it was that took too long at `now`.
    func timedOutPhase(at now: UInt64) -> TransferError.Phase {
        if startedAt.saturatingAdding(limit.total) <= now { return .total }
        return switch phase {
        case .queued, .connecting: .connect
        case .awaitingHead: .firstByte
        case .body, .finished: .idle
        }
    }

    /// The reader has caught up: the idle time begins anew.
    func wasResumed(at now: UInt64) {
        isPaused = false
        lastActivity = now
        engine.deadlineMoved(deadline)
    }
}
