public import EventLoop
public import HTTPCore

/// The answering side of one request: either one whole answer, or a stream.
///
/// Ownership: the connection holds its exchange while an answer is due, the handler's task holds it as long as it likes. When
/// the answer is complete or the client is gone, the exchange lets go of the connection, and everything written
/// afterwards is ignored.
///
/// `@unchecked Sendable`: all state belongs to the loop's thread, where the handler's task runs; debug builds check it.
public final class Exchange: @unchecked Sendable {
    /// The loop that the request lives on.
    public let loop: EventLoop
    /// The other end of the socket.
    public let peer: PeerAddress
    /// Whether the client has left; what is written then goes nowhere.
    public private(set) var isClientGone = false
    /// Whether the answer's head is on its way, so that its status cannot change any more.
    public var hasStarted: Bool { head == nil }
    /// Whether the answer is complete.
    public private(set) var isFinished = false

    private let handler: any RequestHandler
    /// The request's, until the answer has begun.
    private var head: RequestHead?
    private var connection: Connection?
    /// What is cancelled when the client leaves.
    private var task: Task<Void, Never>?
    /// How many tasks are at work: one, for a moment two while the answer is handed over.
    private var taskCount = 1
    private var waiter: CheckedContinuation<Bool, Never>?
    private var isStream = false

    init(connection: Connection, head: RequestHead) {
        loop = connection.server.loop
        peer = connection.peer
        handler = connection.server.handler
        self.head = head
        self.connection = connection
    }

    // MARK: - For the handler

    /// Sends a whole answer with some more fields behind its own; ignored when one has been started.
    public func respond(_ response: Response, and more: [HTTPHeaders.Field] = []) {
        assert(loop.isCurrent)
        guard let connection, let head = takeHead() else { return }
        finished()
        connection.answer(response, and: more, to: head)
    }

    /// Sends the head of an answer of unknown length: chunked, or to the end of the connection for HTTP/1.0.
    public func startStream(
        _ status: HTTPStatus,
        _ headers: HTTPHeaders = HTTPHeaders(),
        and more: [HTTPHeaders.Field] = []
    ) {
        assert(loop.isCurrent)
        guard let connection, let head = takeHead() else { return }
        isStream = true
        connection.beginStream(status, headers, and: more, to: head)
    }

    private func takeHead() -> RequestHead? {
        defer { head = nil }
        return head
    }

    /// Appends to a stream; everything that is written in one turn of the loop is sent together.
    public func write(_ bytes: [UInt8]) {
        assert(loop.isCurrent)
        guard let connection, isStream, !bytes.isEmpty else { return }
        connection.writeStream(bytes)
    }

    /// Whether `waitUntilWritable` would return at once, without an error.
    public var isWritable: Bool {
        assert(loop.isCurrent)
        // Trying to send may show that the client is gone.
        let isCongested = connection?.isCongested() ?? false
        return !isCongested && !isClientGone && !Task.isCancelled
    }

    /// Waits until the client has taken enough of what was written; returns at once in the usual case.
    ///
    /// - Throws: `ClientGone` when the client has left, takes nothing for too long, or the task is cancelled.
    public func waitUntilWritable() async throws(ClientGone) {
        assert(loop.isCurrent)
        guard !isClientGone, !Task.isCancelled else { throw ClientGone() }
        guard let connection, connection.isCongested() else {
            // Trying to send may have shown that the client is gone.
            if isClientGone { throw ClientGone() }
            return
        }
        let isWritable = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter = $0 }
        } onCancel: {
            loop.execute { self.resumeWaiter(isWritable: false) }
        }
        guard isWritable else { throw ClientGone() }
    }

    /// Ends a stream, with fields behind a chunked body; a stream's head announces them with `Trailer`.
    ///
    /// They are lost on clients of HTTP/1.0, and those that frame a message are left out.
    public func finish(trailers: HTTPHeaders = HTTPHeaders()) {
        assert(loop.isCurrent)
        guard let connection, isStream else { return }
        finished()
        connection.endStream(trailers)
    }

    /// Closes the connection, so that the client sees an answer that was cut off.
    public func abort() {
        assert(loop.isCurrent)
        guard let connection else { return }
        finished()
        connection.abortAnswer()
    }

    /// Leaves the rest of the answer to a task of its own, for a handler that returns then.
    ///
    /// Whatever the handler held goes with it: its frames, the request, and all that it made of the request. A stream that
    /// lasts for minutes holds only what `rest` does. From now on that is what is cancelled when the client leaves.
    public func handOver(_ rest: @escaping @Sendable () async -> Void) {
        assert(loop.isCurrent)
        taskCount += 1
        let task = Task(executorPreference: loop) {
            await rest()
            self.taskEnded()
        }
        if isClientGone { return task.cancel() }
        if !isFinished { self.task = task }
    }

    // MARK: - For the connection

    /// Runs the handler: `atOnce` up to its first wait, otherwise from its beginning when the loop comes to it.
    func run(_ request: Request, atOnce: Bool) {
        let task =
            atOnce
            ? Task.immediate(executorPreference: loop) { await self.serve(request) }
            : Task(executorPreference: loop) { await self.serve(request) }
        // What began at once may be over, may have handed over, or may have found that the client is gone, before there
        // was a task to cancel.
        if isClientGone { return task.cancel() }
        if !isFinished, self.task == nil { self.task = task }
    }

    private func serve(_ request: Request) async {
        await handler.handle(request, self)
        taskEnded()
    }

    /// The client is gone, or is given up: nothing can be sent any more.
    func clientLeft() {
        isClientGone = true
        let task = self.task
        finished()
        task?.cancel()
    }

    /// Less than the high-water mark is waiting.
    func drained() {
        resumeWaiter(isWritable: true)
    }

    /// With the last task the work is over.
    ///
    /// A handler that is done without an answer has a bug, which must not leave the client waiting.
    private func taskEnded() {
        taskCount -= 1
        guard taskCount == 0 else { return }
        handler.requestEnded()
        guard connection != nil else { return }
        if let head {
            respond(handler.refusal(.internalServerError, "The request was not answered.", head: head))
        } else {
            abort()
        }
    }

    private func finished() {
        isFinished = true
        connection = nil
        task = nil
        resumeWaiter(isWritable: !isClientGone)
    }

    private func resumeWaiter(isWritable: Bool) {
        guard waiter != nil else { return }
        let waiter = self.waiter
        self.waiter = nil
        waiter?.resume(returning: isWritable)
    }
}
