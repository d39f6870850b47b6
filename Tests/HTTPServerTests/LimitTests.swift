import HTTPCore
@testable import HTTPServer
import TestSupport
import Testing

/// A request that is exactly at a limit, and one that is one above it.
struct LimitCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var statusAbove: Int
    /// Makes the request with the measured thing of the given size.
    var request: @Sendable (Int) -> String
    var limit: Int
}

private func padded(_ count: Int) -> String { String(repeating: "a", count: count) }

private let start = "GET / HTTP/1.1\r\n"

private let limits: [LimitCase] = [
    LimitCase(
        testDescription: "request line of 8 KiB",
        statusAbove: 414,
        request: { size in "GET /\(padded(size - 14)) HTTP/1.1\r\nHost: a\r\n\r\n" },
        limit: 8192
    ),
    LimitCase(
        testDescription: "header line of 16 KiB",
        statusAbove: 431,
        request: { size in "\(start)Host: a\r\nX: \(padded(size - 3))\r\n\r\n" },
        limit: 16_384
    ),
    LimitCase(
        testDescription: "header block of 32 KiB",
        statusAbove: 431,
        request: { size in
            let first = "Host: a\r\nX: \(padded(12_000))\r\nY: \(padded(12_000))\r\nZ: "
            return "\(start)\(first)\(padded(size - first.utf8.count - 2))\r\n\r\n"
        },
        limit: 32_768
    ),
    LimitCase(
        testDescription: "100 header lines",
        statusAbove: 431,
        request: { size in
            start + "Host: a\r\n" + (1..<size).map { "X-\($0): y\r\n" }.joined() + "\r\n"
        },
        limit: 100
    ),
    LimitCase(
        testDescription: "declared body of 1000 bytes",
        statusAbove: 413,
        request: { size in "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n\(padded(size))" },
        limit: 1000
    ),
    LimitCase(
        testDescription: "chunked body of 1000 bytes",
        statusAbove: 413,
        request: { size in
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "\(String(size, radix: 16))\r\n\(padded(size))\r\n0\r\n\r\n"
        },
        limit: 1000
    ),
    LimitCase(
        testDescription: "chunk-size line of 256 bytes",
        statusAbove: 400,
        request: { size in
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;\(padded(size - 2))\r\nhello\r\n0\r\n\r\n"
        },
        limit: 256
    ),
    LimitCase(
        testDescription: "chunk extensions of 4 KiB",
        statusAbove: 400,
        request: { size in
            var rest = size
            var chunks = ""
            while rest > 0 {
                let part = min(rest, 200)
                chunks += "5;\(padded(part - 1))\r\nhello\r\n"
                rest -= part
            }
            return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n"
        },
        limit: 4096
    ),
    LimitCase(
        testDescription: "trailer of 4 KiB",
        statusAbove: 400,
        request: { size in
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \(padded(size - 5))\r\n\r\n"
        },
        limit: 4096
    ),
    LimitCase(
        testDescription: "16 trailer lines",
        statusAbove: 400,
        request: { size in
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                + (1...size).map { "X-\($0): y\r\n" }.joined() + "\r\n"
        },
        limit: 16
    ),
]

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    private func server() throws -> TestServer {
        try TestServer(admit: { _ in .accept(bodyLimit: 1000) }) { _, exchange in exchange.respond(.text("served")) }
    }

    @Test(arguments: limits)
    func `what is at the limit passes`(_ row: LimitCase) throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send(row.request(row.limit))
        let answer = try client.receiveAnswer()
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["connection"] == nil)
    }

    @Test(arguments: limits)
    func `what is one above the limit is refused and ends the connection`(_ row: LimitCase) throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send(row.request(row.limit + 1))
        let answer = try client.receiveAnswer()
        #expect(answer.status == row.statusAbove, "\(answer.text)")
        #expect(answer["connection"] == "close")
        #expect(try client.isClosedByServer())
        #expect(server.seen.isEmpty)
    }

    @Test(arguments: ["GET /", "GET / HTTP/1.1\r\nHost: a\r\nX", "GET / HTTP/1.1\r\nHost: a\r\nX: "])
    func `a head that never ends is refused as soon as it is too long`(_ beginning: String) throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send(beginning)
        for _ in 0..<64 where !client.send(padded(1024)) { break }
        let answer = try client.receiveAnswer()
        #expect([414, 431].contains(answer.status))
        #expect(try client.isClosedByServer())
    }

    @Test(arguments: [
        "GET                                ", "GET / HTTP/1.1\r\nHost: a\r\nX:",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;",
    ])
    func `padding that never ends is refused too`(_ beginning: String) throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send(beginning)
        for _ in 0..<64 where !client.send(String(repeating: " ", count: 1024)) { break }
        let answer = try client.receiveAnswer()
        #expect([400, 414, 431].contains(answer.status))
        #expect(try client.isClosedByServer())
    }

    @Test func `a declared body above the limit is refused before it is sent`() throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
        #expect(try client.receiveAnswer().status == 413)
    }

    @Test func `a refusal reaches a client that goes on sending`() throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
        client.send(padded(3_000_000))
        #expect(try client.receiveAnswer().status == 413)
        #expect(try client.isClosedByServer())
    }

    @Test func `the last request of a connection says so`() throws {
        let server = try TestServer(configure: { $0.requestsPerConnection = 3 }) { _, exchange in
            exchange.respond(.text("served"))
        }
        let client = try RawClient(port: server.port)
        for number in 1...3 {
            client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.receiveAnswer()["connection"] == (number == 3 ? "close" : nil))
        }
        #expect(try client.isClosedByServer())
    }

    @Test func `an address has so many connections and no more, but this machine as many as it likes`() throws {
        let ledger = ConnectionLedger(maximum: 10, maximumPerAddress: 2)
        let far = PeerAddress.ip(try #require(IPAddress("192.0.2.1")), port: 1)
        let mapped = PeerAddress.ip(try #require(IPAddress("::ffff:192.0.2.1")), port: 2)
        let near = PeerAddress.ip(try #require(IPAddress("127.0.0.1")), port: 3)
        #expect(ledger.enter(far))
        #expect(ledger.enter(mapped))
        #expect(!ledger.enter(far))
        ledger.leave(mapped)
        #expect(ledger.enter(far))
        for _ in 0..<5 { #expect(ledger.enter(near)) }
        #expect(ledger.count == 7)
    }
}
