import EventLoop
import HTTPCore
import HTTPServer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SlowClientTests {
    private func server(_ configure: (inout ServerConfiguration) -> Void) throws -> TestServer {
        try TestServer(configure: configure) { _, exchange in exchange.respond(.text("served")) }
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"])
    func `a head that is not finished in time is refused`(_ beginning: String) throws {
        let server = try server { $0.headerTimeout = .milliseconds(150) }
        let client = try RawClient(port: server.port)
        client.send(beginning)
        let answer = try client.receiveAnswer()
        #expect(answer.status == 408)
        #expect(answer["connection"] == "close")
        #expect(try client.isClosedByServer())
    }

    @Test func `a head that trickles in is refused although something always arrives`() async throws {
        let server = try server { $0.headerTimeout = .milliseconds(150) }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\n")
        let clock = ContinuousClock()
        let start = clock.now
        while server.server.openConnections > 0 || clock.now - start < .milliseconds(20) {
            guard client.send("X: y\r\n"), clock.now - start < .seconds(10) else { break }
            if clock.now - start > .milliseconds(600) { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try client.receiveAnswer().status == 408)
    }

    @Test func `the time of a head begins with the head, also on a connection that was kept`() async throws {
        let server = try server { $0.headerTimeout = .milliseconds(300) }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().status == 200)
        try await Task.sleep(for: .milliseconds(500))
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().status == 200)
        client.send("GET / HT")
        #expect(try client.receiveAnswer().status == 408)
    }

    @Test func `a connection that says nothing is closed without a word`() throws {
        let server = try server {
            $0.headerTimeout = .milliseconds(100)
            $0.keepAliveIdle = .milliseconds(100)
        }
        let silent = try RawClient(port: server.port)
        #expect(try silent.isClosedByServer())
        let kept = try RawClient(port: server.port)
        kept.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try kept.receiveAnswer().status == 200)
        #expect(try kept.isClosedByServer())
    }

    @Test func `a body that stops is refused`() throws {
        let server = try server { $0.bodyGapTimeout = .milliseconds(150) }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
        let answer = try client.receiveAnswer()
        #expect(answer.status == 408)
        #expect(try client.isClosedByServer())
        #expect(server.seen.isEmpty)
    }

    @Test func `a body that comes too slowly is refused although something always arrives`() async throws {
        let server = try server {
            $0.minimumBodyRateGrace = .milliseconds(200)
            $0.minimumBodyRate = 100_000
        }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        for _ in 0..<40 {
            guard client.send("a") else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try client.receiveAnswer().status == 408)
    }

    @Test func `a body that takes too long as a whole is refused`() async throws {
        let server = try server {
            $0.bodyTimeout = .milliseconds(200)
            $0.minimumBodyRate = 0
        }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<40 {
            guard client.send("1\r\na\r\n") else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try client.receiveAnswer().status == 408)
    }

    @Test func `a refused client that goes on sending is cut off`() async throws {
        let server = try server { $0.lingerTimeout = .milliseconds(100) }
        let client = try RawClient(port: server.port)
        client.send("NONSENSE\r\n\r\n")
        #expect(try client.receiveAnswer().status == 400)
        try await waitUntil { server.server.openConnections == 0 }
    }
}
