import EventLoop
public import HTTPCore

/// The answer to a request: its header at once, its content as it arrives.
///
/// One task reads it at a time. Giving it up, by `cancel()` or by dropping the last reference, ends the transfer.
/// `@unchecked Sendable`: the transfer is confined to its loop, the header's fields are built on first use by that one task.
public final class ClientResponse: @unchecked Sendable {
    /// How long the transfer's phases took.
    public struct Timings: Sendable {
        /// From the start until the request could be sent; about zero on a kept connection.
        public let connect: Duration
        /// From the start until the response's header was complete.
        public let firstByte: Duration
    }

    /// Status of the final response.
    public let status: HTTPStatus
    /// The address the request was sent to; the proxy's if there is one.
    public let connectedAddress: IPAddress?
    /// How long it took.
    public let timings: Timings
    /// Whether a kept connection was used.
    public let isReusedConnection: Bool
    /// Whether HTTP/2 was spoken.
    public let isHTTP2: Bool
    /// Bytes of content the header announces; nil if it does not, or if they are decoded on the way.
    public let contentLength: Int?

    private let head: ResponseHead
    private let transfer: Transfer
    private lazy var builtHeaders = head.headers

    init(_ arrival: Transfer.Arrival, _ transfer: Transfer) {
        head = arrival.head
        status = HTTPStatus(rawValue: arrival.head.status)
        isHTTP2 = arrival.head.isHTTP2
        connectedAddress = arrival.address
        timings = arrival.timings
        isReusedConnection = arrival.isReusedConnection
        contentLength = arrival.contentLength
        self.transfer = transfer
    }

    deinit {
        transfer.engine.cancel(transfer)
    }

    /// The fields of the final response, duplicates included.
    ///
    /// `Content-Encoding` and the length that goes with it are left out when the content was decoded, and so are fields that
    /// are not well-formed.
    public var headers: HTTPHeaders { builtHeaders }

    /// Whether only the end of the connection ends the content, so that a cut answer cannot be told from a finished one.
    public var isDelimitedByClose: Bool { !isHTTP2 && head.isDelimitedByClose }

    /// The first value of a field, whose name is given in lower case; the others are not built.
    public func header(_ name: StaticString) -> String? {
        head.value(name)
    }

    /// Everything that arrived since the last call, after waiting for something if there is nothing.
    ///
    /// While more than the client's high-water mark is unread the transfer is paused, so that the server is slowed down.
    ///
    /// - Returns: nil at the clean end of the content.
    public func read() async throws(TransferError) -> [UInt8]? {
        let transfer = transfer
        if transfer.engine.loop.isCurrent, let portion = transfer.takePortion() { return try Self.content(of: portion) }
        await withTaskCancellationHandler {
            // Resumed exactly once: by `deliver`, which `finish` calls in any case.
            await withUnsafeContinuation { transfer.engine.wait(for: transfer, $0) }
        } onCancel: {
            transfer.engine.cancel(transfer)
        }
        return try Self.content(of: transfer.fetchPortion())
    }

    private static func content(of portion: Transfer.Portion) throws(TransferError) -> [UInt8]? {
        switch portion {
        case .bytes(let bytes): return bytes
        case .end: return nil
        case .failure(let error): throw error
        }
    }

    /// The whole content; more bytes than `limit` are an error and end the transfer.
    public func collect(limit: Int) async throws(TransferError) -> [UInt8] {
        var whole: [UInt8] = []
        if let contentLength, contentLength > limit, transfer.request.method != .head { throw tooLarge() }
        while let bytes = try await read() {
            guard bytes.count <= limit - whole.count else { throw tooLarge() }
            guard !whole.isEmpty else {
                whole = bytes
                continue
            }
            // As for a single portion: room for what a JSON parser wants behind its input.
            if let contentLength, whole.capacity < contentLength + 64 { whole.reserveCapacity(contentLength + 64) }
            whole.append(contentsOf: bytes)
        }
        return whole
    }

    private func tooLarge() -> TransferError {
        cancel()
        return transfer.failure(.tooLarge)
    }

    /// Gives the response up: the transfer ends within the present turn of its loop, and the connection is closed unless
    /// others share it.
    public func cancel() {
        transfer.engine.cancel(transfer)
    }
}
