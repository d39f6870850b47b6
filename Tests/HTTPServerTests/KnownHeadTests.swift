import HTTPCore
import HTTPServer
import TestSupport
import Testing

/// Heads that a connection sends again are not read again, and nobody can tell by the answers.
@Suite(.timeLimit(.minutes(1)))
struct KnownHeadTests {
    /// Answers with what it understood.
    private func echo() throws -> TestServer {
        try TestServer { request, exchange in
            let (head, body) = (request.head, (try? request.body.bytes(limit: 1 << 20)) ?? [])
            let fields = head.headers.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
            let length = head.contentLength.map(String.init) ?? "-"
            exchange.respond(.text("\(head.target.raw) \(length) \(fields) \(String(decoding: body, as: UTF8.self))"))
        }
    }

    /// A connection that has sent one head often enough for it to be known.
    private func acquaintedClient(of server: TestServer, _ request: String) throws -> RawClient {
        let client = try RawClient(port: server.port)
        for _ in 0..<3 {
            client.send(request)
            #expect(try client.receiveAnswer().status == 200)
        }
        return client
    }

    @Test func `the same head announces bodies of every length`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        for count in [2, 2, 2, 5, 0, 12, 100, 2, 99_999, 3] {
            let body = String(repeating: "x", count: count)
            client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\nX-A: b\r\n\r\n\(body)")
            #expect(try client.receiveAnswer().text == "/a \(count) Host=x|Content-Length=\(count)|X-A=b \(body)")
        }
    }

    @Test func `heads that are sent ahead or without a body are told apart`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        let paths = ["/a", "/a", "/a", "/b", "/a", "/b", "/b", "/b"]
        client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
        for path in paths { #expect(try client.receiveAnswer().text == "\(path) - Host=x ") }
    }

    @Test func `a known head may be cut anywhere`() throws {
        let server = try echo()
        let request = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"
        let client = try acquaintedClient(of: server, request)
        for cut in 1..<request.utf8.count {
            client.send(Array(request.utf8.prefix(cut)))
            client.send(Array(request.utf8.dropFirst(cut)))
            #expect(try client.receiveAnswer().text == "/a 2 Host=x|Content-Length=2 ok")
        }
    }

    @Test(arguments: [
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2,2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2 2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0000000000000000002\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999999999\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\0\r\nContent-Length: 2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n folded\r\n\r\nok",
        "POST /a HTTP/9.9\r\nHost: x\r\nContent-Length: 2\r\n\r\nok",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\rXok",
    ])
    func `a head is refused behind a known one as it is alone`(_ request: String) throws {
        let server = try echo()
        let alone = try RawClient(port: server.port)
        alone.send(request)
        let expected = try alone.receiveAnswer().status
        #expect(expected >= 400)
        let client = try acquaintedClient(of: server, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
        client.send(request)
        #expect(try client.receiveAnswer().status == expected)
    }

    @Test func `what a handler notes comes back with such heads, on their connection only`() throws {
        let server = try TestServer(
            admit: { head in
                let note = head.memory?.note as? Note
                if note == nil { head.memory?.note = Note(name: head.headers["x-name"] ?? "") }
                return .accept(bodyLimit: 100, note: note)
            },
            handle: { request, exchange in exchange.respond(.text((request.note as? Note)?.name ?? "-")) }
        )
        let clients = [try RawClient(port: server.port), try RawClient(port: server.port)]
        for round in 0..<5 {
            for (client, name) in zip(clients, ["ann", "bob"]) {
                client.send("POST / HTTP/1.1\r\nHost: x\r\nX-Name: \(name)\r\nContent-Length: \(round)\r\n\r\n")
                client.send(String(repeating: "x", count: round))
                #expect(try client.receiveAnswer().text == (round < 3 ? "-" : name))
            }
        }
        clients[0].send("POST / HTTP/1.1\r\nHost: x\r\nX-Name: bob\r\nContent-Length: 0\r\n\r\n")
        #expect(try clients[0].receiveAnswer().text == "-")
    }

    @Test func `a client that numbers its requests for a while is known when it no longer does`() throws {
        let server = try TestServer { request, exchange in
            exchange.respond(.text(request.head.memory == nil ? "new" : "known"))
        }
        let client = try RawClient(port: server.port)
        func answer(_ number: Int) throws -> String {
            client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Number: \(number)\r\n\r\n")
            return try client.receiveAnswer().text
        }
        for number in 10..<30 { #expect(try answer(number) == "new") }
        let answers = try (0..<64).map { _ in try answer(99) }
        #expect(answers.first == "new")
        #expect(answers.last == "known")
    }

    private final class Note: Sendable {
        let name: String
        init(name: String) { self.name = name }
    }
}
