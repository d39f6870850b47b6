import Gate
import Gateway
import HTTPCore
import HTTPServer

/// The server's exchange as the gateway's sink; the call adds what every answer carries.
final class ExchangeSink: AnswerSink {
    private let exchange: Exchange
    /// Until the answer begins: a stream has no more use for the request.
    private var call: Call?

    init(_ call: Call) {
        exchange = call.exchange
        self.call = call
    }

    var isClientGone: Bool { exchange.isClientGone }

    func respond(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) {
        call?.respond(Response(status, headers: headers, body: .bytes(body)))
        call = nil
    }

    func startStream(_ status: HTTPStatus, _ headers: HTTPHeaders) {
        call?.startStream(status, headers)
        call = nil
    }

    func write(_ bytes: [UInt8]) {
        exchange.write(bytes)
    }

    var isWritable: Bool { exchange.isWritable }

    func waitUntilWritable() async throws {
        try await exchange.waitUntilWritable()
    }

    func handOver(_ rest: @escaping @Sendable () async -> Void) async {
        exchange.handOver(rest)
    }

    func finish(_ trailers: HTTPHeaders) {
        exchange.finish(trailers: trailers)
    }

    func abort() {
        exchange.abort()
    }
}
