import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1)))
struct TimeoutTests {
    /// Runs `body`, which must fail by that limit, and checks that it took about as long.
    private func expectTimeout<Value>(
        _ phase: TransferError.Phase,
        after expected: Duration,
        _ body: () async throws -> Value
    ) async {
        let start = ContinuousClock.now
        let code = await failure(body)
        let elapsed = ContinuousClock.now - start
        #expect(code == .timeout(phase))
        #expect(elapsed >= expected * 0.95)
        #expect(elapsed < expected + .seconds(3), "took \(elapsed)")
    }

    @Test func `a host that does not answer SYN is given up`() async throws {
        // A full accept queue: the kernel drops further connection attempts.
        let (listener, port) = try ScriptedServer.listen(backlog: 0)
        defer { close(listener) }
        var fillers: [Int32] = []
        defer { for filler in fillers { close(filler) } }
        for _ in 0..<4 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            fillers.append(filler)
        }
        try await withClient { client, _ in
            await expectTimeout(.connect, after: .milliseconds(400)) {
                try await client.send(
                    .local("http://127.0.0.1:\(port)") { $0.timeouts.connect = .milliseconds(400) }
                )
            }
            #expect(client.activeTransfers == 0)
        }
    }

    @Test func `a host that does not shake hands is given up`() async throws {
        let script: ScriptedServer.Script = { _ = $0.secondsUntilPeerCloses() }
        try await withServer(script) { client, server in
            await expectTimeout(.connect, after: .milliseconds(300)) {
                try await client.send(
                    .local("https://127.0.0.1:\(server.port)") { $0.timeouts.connect = .milliseconds(300) }
                )
            }
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nX-", "HTTP/1.1 100 Continue\r\n\r\n"])
    func `a header that does not come is given up`(beginning: String) async throws {
        let closed = Reports<Bool>()
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.send(beginning)
            closed.add(connection.secondsUntilPeerCloses() != nil)
        }
        try await withServer(script) { client, server in
            await expectTimeout(.firstByte, after: .milliseconds(300)) {
                try await client.send(.local(server.url) { $0.timeouts.firstByte = .milliseconds(300) })
            }
            #expect(await closed.next() == true)
        }
    }

    @Test func `content that stops coming is given up`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            for _ in 0..<6 {
                try connection.send("x")
                connection.sleep(0.1)
            }
            _ = connection.secondsUntilPeerCloses()
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url) { $0.timeouts.idle = .milliseconds(300) })
            var received = 0
            // A drop now and then keeps it alive for longer than the limit.
            await expectTimeout(.idle, after: .milliseconds(600)) {
                while let bytes = try await response.read() { received += bytes.count }
            }
            #expect(received == 6)
        }
    }

    @Test func `a transfer that takes too long as a whole is given up`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while true {
                try connection.send("x")
                connection.sleep(0.02)
            }
        }
        try await withServer(script) { client, server in
            await expectTimeout(.total, after: .milliseconds(400)) {
                try await client.send(.local(server.url) { $0.timeouts.total = .milliseconds(400) })
                    .collect(limit: 2000)
            }
        }
    }

    @Test func `limits of many transfers are kept at the same time`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            _ = connection.secondsUntilPeerCloses(within: 30)
        }
        try await withServer(script) { client, server in
            await withTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        let limit = Duration.milliseconds(200 + 5 * number)
                        await expectTimeout(.firstByte, after: limit) {
                            try await client.send(.local(server.url) { $0.timeouts.firstByte = limit })
                        }
                    }
                }
            }
            #expect(client.activeTransfers == 0)
        }
    }
}
