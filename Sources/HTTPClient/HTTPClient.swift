public import EventLoop
public import LogCore

/// A request that was checked and can be sent.
public struct PreparedRequest {
    fileprivate let transfer: Transfer
}

/// Sends requests to upstreams, over connections that are kept and never mixed up.
///
///     let client = try HTTPClient(loop: loop, configuration: ClientConfiguration(), log: log)
///     let response = try await client.send(ClientRequest(url: url, pool: account, egress: .publicOnly))
///     while let bytes = try await response.read() { … }
///
/// One client works for one loop. It may be used from any thread; tasks that prefer its loop pay no change of thread.
public final class HTTPClient: Sendable {
    private let engine: TransferEngine

    /// Creates a client; it takes part in the loop from the loop's next turn on.
    public init(loop: EventLoop, configuration: ClientConfiguration, log: Logger) throws(TransferError) {
        engine = try TransferEngine(loop: loop, configuration: configuration, log: log.child(component: "client"))
    }

    deinit {
        engine.close()
    }

    /// Transfers under way; asked on the loop.
    public var activeTransfers: Int { engine.activeTransfers }

    /// Connections open, busy or idle; asked on the loop.
    public var openConnections: Int { engine.openConnections }

    /// Sends a request and waits for the response's header.
    ///
    /// Cancelling the task ends the transfer within one turn of the loop. When a connection that was kept turns out to be
    /// dead the request is sent once more, provided that not a single line came back.
    public func send(_ request: ClientRequest) async throws(TransferError) -> ClientResponse {
        try await send(prepare(request))
    }

    /// Checks a request, so that only what the transfer needs is held while it is sent.
    public func prepare(_ request: ClientRequest) throws(TransferError) -> PreparedRequest {
        PreparedRequest(transfer: try Transfer(engine: engine, request: request))
    }

    /// Sends a request that was prepared by this client, once, and waits for the response's header.
    public func send(_ request: PreparedRequest) async throws(TransferError) -> ClientResponse {
        let transfer = request.transfer
        await withTaskCancellationHandler {
            // Resumed exactly once: with the header, or by `Transfer.finish`, which every way out goes through.
            await withUnsafeContinuation { transfer.engine.begin(transfer, $0) }
        } onCancel: {
            transfer.engine.cancel(transfer)
        }
        return ClientResponse(try transfer.fetchArrival(), transfer)
    }

    /// Ends every transfer with an error and closes every connection; later requests fail.
    public func close() {
        engine.close()
    }
}
