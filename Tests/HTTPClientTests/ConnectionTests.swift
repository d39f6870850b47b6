import Foundation
import HTTPCore
import Synchronization
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    /// Answers every request with its `X-Account` and the connection's number.
    private static let echo: ScriptedServer.Script = { connection in
        while true {
            let request = try connection.readRequest()
            try connection.answer("\(request.values("x-account").first ?? "?")@\(connection.index)")
        }
    }

    private static func request(_ server: ScriptedServer, _ account: String) -> ClientRequest {
        .local(server.url, pool: account) { $0.headers = HTTPHeaders([("X-Account", account)]) }
    }

    @Test func `requests of one account share a connection`() async throws {
        try await withServer(Self.echo) { client, server in
            for index in 0..<20 {
                let response = try await client.send(Self.request(server, "a"))
                #expect(response.isReusedConnection == (index > 0))
                let text = String(decoding: try await response.collect(limit: 100), as: UTF8.self)
                #expect(text == "a@0")
            }
            #expect(server.connectionCount == 1)
            #expect(client.openConnections == 1)
            #expect(client.activeTransfers == 0)
        }
    }

    @Test func `two accounts never share a connection`() async throws {
        let seen = Mutex<[Int: Set<String>]>([:])
        let script: ScriptedServer.Script = { connection in
            while true {
                let request = try connection.readRequest()
                let account = request.values("x-account").first ?? "?"
                seen.withLock { _ = $0[connection.index, default: []].insert(account) }
                try connection.answer(account)
            }
        }
        try await withServer(script) { client, server in
            for _ in 0..<10 {
                await withTaskGroup { group in
                    for number in 0..<40 {
                        let account = "account-\(number % 8)"
                        group.addTask {
                            let text = try? await client.text(Self.request(server, account))
                            #expect(text == account)
                        }
                    }
                }
            }
            let accounts = seen.withLock { $0 }
            #expect(accounts.values.allSatisfy { $0.count == 1 })
            #expect(server.connectionCount >= 8 && server.connectionCount <= 40)
            #expect(client.openConnections == server.connectionCount)
        }
    }

    @Test func `a connection that the server closed while idle is replaced unseen`() async throws {
        let closed = Reports<Int>()
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.answer("\(connection.index)")
            connection.close()
            closed.add(connection.index)
        }
        try await withServer(script) { client, server in
            for index in 0..<5 {
                let text = try await client.text(.local(server.url))
                #expect(text == "\(index)")
                #expect(await closed.next() == index)
            }
        }
    }

    @Test func `a kept connection that dies without a byte is replaced, and the request sent once more`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.answer("\(connection.index)")
            if connection.index == 0 {
                try connection.readRequest()
                connection.reset()
            }
        }
        try await withServer(script) { client, server in
            let first = try await client.text(.local(server.url))
            let second = try await client.text(
                .local(server.url) {
                    $0.method = .post
                    $0.body = Array("again".utf8)
                }
            )
            #expect(first == "0" && second == "1")
            #expect(server.connectionCount == 2)
        }
    }

    @Test func `many kept connections may die at once, and again and again`() async throws {
        // Every connection answers once, and dies without a word when it is asked again.
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            connection.sleep(0.02)
            try connection.answer("\(connection.index)")
            try connection.readRequest()
            connection.reset()
        }
        try await withServer(script) { client, server in
            for _ in 0..<10 {
                try await withThrowingTaskGroup { group in
                    for _ in 0..<12 { group.addTask { _ = try await client.text(.local(server.url)) } }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `a kept connection that dies after a line is an error`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.answer("\(connection.index)")
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nX")
        }
        try await withServer(script) { client, server in
            _ = try await client.text(.local(server.url))
            #expect(await failure { try await client.send(.local(server.url)) } == .closedEarly)
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `a first connection that dies is not tried again`() async throws {
        let script: ScriptedServer.Script = { connection in try connection.readRequest() }
        try await withServer(script) { client, server in
            let request = ClientRequest.local(server.url) {
                $0.method = .post
                $0.body = Array("once".utf8)
            }
            #expect(await failure { try await client.send(request) } == .closedEarly)
            #expect(server.connectionCount == 1)
        }
    }

    @Test(arguments: [true, false])
    func `bytes nobody asked for never answer the next request`(atOnce: Bool) async throws {
        let sent = Reports<Int>()
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            let stray = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"
            if atOnce {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst" + stray)
            } else {
                try connection.answer("first")
                try connection.send(stray)
            }
            sent.add(connection.index)
            try connection.readRequest()
            try connection.answer("never")
        }
        try await withServer(script) { client, server in
            for _ in 0..<20 {
                let text = try await client.text(.local(server.url))
                #expect(text == "first")
                _ = await sent.next()
            }
        }
    }

    @Test func `what the server asks to be closed is closed`() async throws {
        let gone = Reports<Bool>()
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.answer("x", fields: ["Connection: close"])
            gone.add(connection.secondsUntilPeerCloses() != nil)
        }
        try await withServer(script) { client, server in
            _ = try await client.text(.local(server.url))
            #expect(await gone.next() == true)
            #expect(client.openConnections == 0)
        }
    }

    @Test func `five hundred transfers run at once, and connections are used again`() async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                let request = try connection.readRequest()
                connection.sleep(0.05)
                try connection.answer(request.requestLine)
            }
        }
        try await withServer(script) { client, server in
            for _ in 0..<2 {
                try await withThrowingTaskGroup { group in
                    for number in 0..<500 {
                        group.addTask {
                            let text = try await client.text(.local(server.url + "/\(number)"))
                            #expect(text == "GET /\(number) HTTP/1.1")
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(client.activeTransfers == 0)
            #expect(server.connectionCount <= 500)
        }
    }

    @Test func `idle connections are closed in time, also when nothing else happens`() async throws {
        let left = Reports<Double?>()
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.answer("x")
            left.add(connection.secondsUntilPeerCloses())
        }
        var configuration = ClientConfiguration()
        configuration.idleLifetime = .seconds(1)
        try await withServer(script, configuration: configuration) { client, server in
            _ = try await client.text(.local(server.url))
            #expect(client.openConnections == 1)
            let seconds = await left.next() ?? nil
            #expect(seconds.map { $0 >= 1 && $0 < 6 } == true)
            #expect(client.openConnections == 0)
        }
    }

    @Test func `closing the client ends what runs, and later requests fail`() async throws {
        let ended = Reports<Bool>()
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            ended.add(true)
            ended.add(connection.secondsUntilPeerCloses() != nil)
        }
        try await withServer(script) { client, server in
            let running = Task { await failure { try await client.send(.local(server.url)) } }
            _ = await ended.next()
            client.close()
            #expect(await running.value == .closed)
            #expect(await ended.next() == true)
            #expect(await failure { try await client.send(.local(server.url)) } == .closed)
        }
    }

    @Test func `a port nobody listens on is a connection error`() async throws {
        let (descriptor, port) = try ScriptedServer.listen(backlog: 1)
        close(descriptor)
        try await withClient { client, _ in
            #expect(await failure { try await client.send(.local("http://127.0.0.1:\(port)")) } == .connect)
        }
    }

    @Test func `IPv6 connections are kept per account too`() async throws {
        try await withClient { client, _ in
            // No IPv6 on this machine?
            guard let (listener, port) = Self.listenOnIPv6() else { return }
            defer { close(listener) }
            var texts: [String] = []
            for account in ["a", "b", "a", "b"] {
                let request = ClientRequest.local("http://[::1]:\(port)/", pool: account) {
                    $0.headers = HTTPHeaders([("X-Account", account)])
                }
                texts.append(try await client.text(request))
            }
            #expect(texts == ["a@0", "b@1", "a@0", "b@1"])
        }
    }

    @Test func `a name that stands for both loopback addresses reaches a server on either`() async throws {
        try await withClient { client, _ in
            guard let (listener, port) = Self.listenOnIPv6() else { return }
            defer { close(listener) }
            let text = try await client.text(.local("http://localhost:\(port)/"))
            #expect(text == "?@0")
        }
    }

    /// Answers as `echo` does on a free port of ::1.
    private static func listenOnIPv6() -> (descriptor: Int32, port: UInt16)? {
        let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { return nil }
        let thread = Thread {
            var index = 0
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                let connection = ScriptedServer.Connection(descriptor, index: index)
                index += 1
                Thread { try? Self.echo(connection) }.start()
            }
        }
        thread.start()
        return (listener, UInt16(bigEndian: address.sin6_port))
    }
}
