public import EventLoop
import HTTPCore
public import HTTPServer
import LogCore
private import Synchronization

/// An HTTP server on a loop and a thread of its own, on a free port of 127.0.0.1; for tests.
///
///     let server = try TestServer { request, exchange in exchange.respond(.text("hello")) }
///     let client = try RawClient(port: server.port)
public final class TestServer: Sendable {
    /// Answers a request; runs on the server's loop.
    public typealias Handle = @Sendable (Request, Exchange) async -> Void
    /// Decides on a head.
    public typealias Admit = @Sendable (RequestHead) -> Admission

    /// The server's loop.
    public let loop: EventLoop
    /// The server.
    public let server: HTTPServer
    private let group: EventLoopGroup
    private let handler: Handler

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - configure: changes the limits.
    ///   - admit: decides on heads; the default accepts bodies of 10 MiB.
    ///   - handle: answers requests.
    /// - Throws: when the machine has no descriptor or thread left.
    public init(
        configure: (inout ServerConfiguration) -> Void = { _ in },
        admit: @escaping Admit = { _ in .accept(bodyLimit: 10 << 20) },
        handle: @escaping Handle
    ) throws {
        group = try EventLoopGroup(count: 1)
        loop = group.loops[0]
        handler = Handler(admit: admit, handle: handle)
        guard let loopback = IPAddress(bytes: [127, 0, 0, 1]) else {
            throw RawClient.Failure(description: "no loopback")
        }
        var configuration = ServerConfiguration(addresses: [.ip(loopback, port: 0)])
        configure(&configuration)
        server = try HTTPServer(loop: loop, configuration: configuration, handler: handler, log: .silent)
        try group.start()
        try server.start()
    }

    deinit {
        server.close()
        group.stopAndJoin()
    }

    /// The port that the server listens on.
    public var port: Int { server.port }

    /// The targets of the requests that reached the handler, in order.
    public var seen: [String] { handler.seen.withLock { $0 } }

    /// Requests whose work is over.
    public var ended: Int { handler.ended.withLock { $0 } }

    private final class Handler: RequestHandler {
        let seen = Mutex<[String]>([])
        let ended = Mutex(0)
        let admission: Admit
        let answer: Handle

        init(admit: @escaping Admit, handle: @escaping Handle) {
            admission = admit
            answer = handle
        }

        func admit(_ head: RequestHead) -> Admission { admission(head) }

        func handle(_ request: Request, _ exchange: Exchange) async {
            seen.withLock { $0.append(request.head.target.raw) }
            await answer(request, exchange)
        }

        func requestEnded() {
            ended.withLock { $0 += 1 }
        }

        func refusal(_ status: HTTPStatus, _ reason: String, head: RequestHead?) -> Response {
            .text(reason, status: status)
        }
    }
}
