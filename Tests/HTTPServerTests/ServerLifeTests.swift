import EventLoop
import Glibc
import HTTPCore
import HTTPServer
import LogCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ServerLifeTests {
    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `draining closes idle connections, finishes running requests and refuses new ones`() async throws {
        let gate = Gate()
        let server = try TestServer { _, exchange in
            await gate.pass(exchange)
            exchange.respond(.text("done"))
        }
        let idle = try RawClient(port: server.port)
        let busy = try RawClient(port: server.port)
        busy.send(Self.get)
        try await waitUntil { server.seen.count == 1 && server.server.openConnections == 2 }
        let drained = Task { await server.server.drain() }
        #expect(try idle.isClosedByServer())
        #expect(throws: RawClient.Failure.self) { _ = try RawClient(port: server.port) }
        try await waitUntil { server.server.openConnections == 1 }
        gate.open()
        let answer = try busy.receiveAnswer()
        #expect(answer.text == "done")
        #expect(answer["connection"] == "close")
        #expect(try busy.isClosedByServer())
        await drained.value
        #expect(server.server.openConnections == 0)
    }

    @Test func `draining an idle server returns at once`() async throws {
        let server = try TestServer { _, exchange in exchange.respond(.text("done")) }
        await server.server.drain()
        await server.server.drain()
    }

    @Test func `closing cancels what is running`() async throws {
        let wasCancelled = Flag()
        let server = try TestServer { _, exchange in
            try? await exchange.loop.sleep(for: .seconds(30))
            if Task.isCancelled { wasCancelled.set() }
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        try await waitUntil { server.seen.count == 1 }
        server.server.close()
        #expect(try client.isClosedByServer())
        try await waitUntil { wasCancelled.isSet }
    }

    @Test func `several loops share a port`() async throws {
        let group = try EventLoopGroup(count: 2)
        try group.start()
        defer { group.stopAndJoin() }
        let handler = LoopNamer()
        let loopback = try #require(IPAddress("127.0.0.1"))
        var configuration = ServerConfiguration(addresses: [.ip(loopback, port: 0)])
        configuration.reusePort = true
        let first = try HTTPServer(
            loop: group.loops[0],
            configuration: configuration,
            handler: handler,
            log: .silent
        )
        configuration.addresses = [.ip(loopback, port: first.port)]
        let second = try HTTPServer(
            loop: group.loops[1],
            configuration: configuration,
            handler: handler,
            log: .silent
        )
        try first.start()
        try second.start()
        #expect(second.port == first.port)
        var clients: [RawClient] = []
        var loops: Set<String> = []
        // The kernel spreads by a hash of the ports: 64 connections on one side only happen once in 10^19 runs.
        for _ in 0..<64 {
            let client = try RawClient(port: first.port)
            client.send(Self.get)
            loops.insert(try client.receiveAnswer().text)
            clients.append(client)
        }
        #expect(loops == ["0", "1"])
        #expect(first.openConnections + second.openConnections == 64)
        #expect(configuration.ledger.count == 64)
        first.close()
        second.close()
    }

    @Test func `a port that is taken is named in the error`() throws {
        let server = try TestServer { _, exchange in exchange.respond(.text("done")) }
        let loopback = try #require(IPAddress("127.0.0.1"))
        let configuration = ServerConfiguration(addresses: [.ip(loopback, port: server.port)])
        let error = #expect(throws: ServerError.self) {
            _ = try HTTPServer(
                loop: server.loop,
                configuration: configuration,
                handler: LoopNamer(),
                log: .silent
            )
        }
        #expect(error?.isAddressInUse == true)
        #expect(error?.description.contains("127.0.0.1:\(server.port)") == true)
    }

    @Test func `loops that share a port share it with no other server`() throws {
        let server = try TestServer(configure: { $0.reusePort = true }) { _, exchange in
            exchange.respond(.text("done"))
        }
        let loopback = try #require(IPAddress("127.0.0.1"))
        var configuration = ServerConfiguration(addresses: [.ip(loopback, port: server.port)])
        configuration.reusePort = true
        let error = #expect(throws: ServerError.self) {
            _ = try HTTPServer(loop: server.loop, configuration: configuration, handler: LoopNamer(), log: .silent)
        }
        #expect(error?.isAddressInUse == true)
    }

    @Test func `a UNIX socket may lie in a directory with a long name`() throws {
        let directory = try TemporaryDirectory()
        let long = directory.path(String(repeating: "x", count: 120))
        let short = directory.path("short")
        #expect(mkdir(long, 0o700) == 0 && symlink(long, short) == 0)
        let server = try TestServer(
            configure: { $0.addresses.append(.unix(path: long + "/server.sock")) },
            handle: { _, exchange in exchange.respond(.text("served")) }
        )
        let client = try RawClient(path: short + "/server.sock")
        client.send(Self.get)
        #expect(try client.receiveAnswer().text == "served")
        _ = server
    }

    @Test func `a UNIX socket tells who is at the other end, and replaces a stale one only`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("server.sock")
        let configure = { @Sendable (configuration: inout ServerConfiguration) in
            configuration.addresses.append(.unix(path: path))
        }
        do {
            let server = try TestServer(configure: configure) { _, exchange in
                exchange.respond(.text("\(exchange.peer.description) \(exchange.peer.isLocal)"))
            }
            let client = try RawClient(path: path)
            client.send(Self.get)
            #expect(try client.receiveAnswer().text == "unix:\(getuid()) true")
            #expect(throws: ServerError.self) {
                _ = try TestServer(configure: configure) { _, exchange in exchange.respond(.text("")) }
            }
            _ = server
        }
        let again = try TestServer(configure: configure) { _, exchange in exchange.respond(.text("again")) }
        let client = try RawClient(path: path)
        client.send(Self.get)
        #expect(try client.receiveAnswer().text == "again")
        _ = again
    }

    @Test func `the peer's address is known`() throws {
        let server = try TestServer { request, exchange in
            exchange.respond(.text("\(request.head.peer.host) \(request.head.peer == exchange.peer)"))
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        #expect(try client.receiveAnswer().text == "127.0.0.1 true")
    }

    @Test func `above the total number of connections accepting waits until one ends`() async throws {
        let ledger = ConnectionLedger(maximum: 2, maximumPerAddress: 512)
        let server = try TestServer(configure: { $0.ledger = ledger }) { _, exchange in
            exchange.respond(.text("served"))
        }
        var clients = try (0..<2).map { _ in try RawClient(port: server.port) }
        for client in clients {
            client.send(Self.get)
            #expect(try client.receiveAnswer().status == 200)
        }
        let third = try RawClient(port: server.port)
        third.send(Self.get)
        try await Task.sleep(for: .milliseconds(150))
        #expect(ledger.count == 2)
        #expect(server.seen.count == 2)
        clients.removeLast()
        #expect(try third.receiveAnswer().status == 200)
        #expect(ledger.count == 2)
    }

    @Test func `hundreds of connections at once are all served`() throws {
        let server = try TestServer { request, exchange in
            try? await exchange.loop.sleep(for: .milliseconds(1))
            exchange.respond(.text(request.head.target.path))
        }
        let clients = try (0..<400).map { _ in try RawClient(port: server.port) }
        for round in 0..<5 {
            for (number, client) in clients.enumerated() {
                client.send("GET /\(number).\(round) HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            for (number, client) in clients.enumerated() {
                #expect(try client.receiveAnswer().text == "/\(number).\(round)")
            }
        }
        #expect(server.server.openConnections == 400)
    }
}

/// Answers with the number of the loop it runs on.
private final class LoopNamer: RequestHandler {
    func admit(_ head: RequestHead) -> Admission { .accept(bodyLimit: 0) }

    func handle(_ request: Request, _ exchange: Exchange) async {
        exchange.respond(.text(String(exchange.loop.index)))
    }

    func refusal(_ status: HTTPStatus, _ reason: String, head: RequestHead?) -> Response {
        .text(reason, status: status)
    }
}
