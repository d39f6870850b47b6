import Gate
import Gateway
import HTTPCore
import HTTPServer

/// The server's exchange as the gateway's sink; the call adds what every answer carries.
final class ExchangeSink: AnswerSink {
    private let call: Call

    init(_ call: Call) {
        self.call = call
    }

    var isClientGone: Bool { call.exchange.isClientGone }

    func respond(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) {
        call.respond(Response(status, headers: headers, body: .bytes(body)))
    }

    func startStream(_ status: HTTPStatus, _ headers: HTTPHeaders) {
        call.startStream(status, headers)
    }

    func write(_ bytes: [UInt8]) {
        call.exchange.write(bytes)
    }

    func waitUntilWritable() async throws {
        try await call.exchange.waitUntilWritable()
    }

    func finish() {
        call.exchange.finish()
    }

    func abort() {
        call.exchange.abort()
    }
}
