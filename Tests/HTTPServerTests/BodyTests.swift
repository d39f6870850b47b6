import HTTPCore
import HTTPServer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BodyTests {
    private static func describe(_ body: RequestBody) -> String {
        let kind =
            switch body {
            case .empty: "empty"
            case .memory: "memory"
            case .file: "file"
            }
        let bytes = (try? body.bytes(limit: 64 << 20)) ?? []
        let sum = bytes.reduce(into: UInt64(0)) { $0 = $0 &* 31 &+ UInt64($1) }
        return "\(kind) \(body.count) \(sum)"
    }

    private static func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) } }

    private static func expected(_ kind: String, _ count: Int) -> String {
        let sum = content(count).reduce(into: UInt64(0)) { $0 = $0 &* 31 &+ UInt64($1) }
        return "\(kind) \(count) \(sum)"
    }

    private func server(_ directory: TemporaryDirectory) throws -> TestServer {
        try TestServer(configure: {
            $0.spoolDirectory = directory.path
            $0.spoolThreshold = 100_000
        }) { request, exchange in exchange.respond(.text(Self.describe(request.body))) }
    }

    @Test(arguments: [0, 1, 99_999, 100_000]) func `a small body stays in memory`(_ count: Int) throws {
        let directory = try TemporaryDirectory()
        let server = try server(directory)
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n")
        client.send(Self.content(count))
        #expect(try client.receiveAnswer().text == Self.expected(count == 0 ? "empty" : "memory", count))
    }

    @Test(arguments: [true, false]) func `a large body goes to a file without a name`(_ isChunked: Bool) throws {
        let directory = try TemporaryDirectory()
        let server = try server(directory)
        let client = try RawClient(port: server.port)
        let content = Self.content(3_000_000)
        if isChunked {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            var start = 0
            while start < content.count {
                let end = min(content.count, start + 70_001)
                client.send("\(String(end - start, radix: 16))\r\n")
                client.send(content[start..<end])
                client.send("\r\n")
                start = end
            }
            client.send("0\r\n\r\n")
        } else {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(content.count)\r\n\r\n")
            client.send(content)
        }
        #expect(try client.receiveAnswer().text == Self.expected("file", 3_000_000))
        #expect(directory.entries().isEmpty)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().text == "empty 0 0")
    }

    @Test func `bodies go to files at once while others take much memory`() async throws {
        let directory = try TemporaryDirectory()
        let server = try TestServer(configure: {
            $0.spoolDirectory = directory.path
            $0.bodyMemoryLimit = 1000
        }) { request, exchange in exchange.respond(.text(Self.describe(request.body))) }
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        let waiting = try RawClient(port: server.port)
        waiting.send(head + "a")
        try await waitUntil { server.server.openConnections == 1 }
        // The first body counts from the moment that its head was read.
        let probe = try RawClient(port: server.port)
        var answer = ""
        while !answer.hasPrefix("file") {
            probe.send(head)
            probe.send(Self.content(1000))
            answer = try probe.receiveAnswer().text
        }
        #expect(answer == Self.expected("file", 1000))
        waiting.send(Self.content(1000).dropFirst())
        #expect(try waiting.receiveAnswer().text.hasPrefix("memory"))
        probe.send(head)
        probe.send(Self.content(1000))
        #expect(try probe.receiveAnswer().text == Self.expected("memory", 1000))
    }

    @Test func `a body that cannot be stored is refused`() throws {
        let server = try TestServer(configure: {
            $0.spoolDirectory = "/nowhere"
            $0.spoolThreshold = 10
        }) { _, exchange in exchange.respond(.text("served")) }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world")
        #expect(try client.receiveAnswer().status == 507)
        #expect(server.seen.isEmpty)
    }

    @Test func `a client that leaves in the middle of a body is forgotten`() async throws {
        let server = try TestServer { _, exchange in exchange.respond(.text("served")) }
        do {
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello")
            try await waitUntil { server.server.openConnections == 1 }
        }
        try await waitUntil { server.server.openConnections == 0 }
        #expect(server.seen.isEmpty)
    }

    @Test func `a caller's limit on the size in memory is kept`() throws {
        let directory = try TemporaryDirectory()
        let server = try TestServer(configure: {
            $0.spoolDirectory = directory.path
            $0.spoolThreshold = 10
        }) { request, exchange in
            do {
                let bytes = try request.body.bytes(limit: 20)
                exchange.respond(.text("\(bytes.count) \(bytes.capacity >= bytes.count + 64)"))
            } catch {
                exchange.respond(.text("\(error)", status: .contentTooLarge))
            }
        }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n" + String(repeating: "a", count: 20))
        #expect(try client.receiveAnswer().text == "20 true")
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\n" + String(repeating: "a", count: 21))
        #expect(try client.receiveAnswer().status == 413)
    }

    @Test(arguments: ["", "Content-Length: 2\r\n", "Content-Length: 12\r\n", "Transfer-Encoding: chunked\r\n"])
    func `what was noted on the head comes back with the request`(_ framing: String) throws {
        let directory = try TemporaryDirectory()
        let server = try TestServer(
            configure: {
                $0.spoolDirectory = directory.path
                $0.spoolThreshold = 10
            },
            admit: { .accept(bodyLimit: 100, note: Note($0.target.path)) },
            handle: { request, exchange in exchange.respond(.text((request.note as? Note)?.text ?? "lost")) }
        )
        let client = try RawClient(port: server.port)
        for path in ["/a", "/b"] {
            client.send("POST \(path) HTTP/1.1\r\nHost: x\r\n\(framing)\r\n")
            if framing.contains("Length: 2") { client.send("hi") }
            if framing.contains("Length: 12") { client.send("hello, world") }
            if framing.contains("chunked") { client.send("2\r\nhi\r\n0\r\n\r\n") }
            #expect(try client.receiveAnswer().text == path)
        }
    }
}

/// What a handler remembers of a head.
private final class Note: Sendable {
    let text: String
    init(_ text: String) { self.text = text }
}
