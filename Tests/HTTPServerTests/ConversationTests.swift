import EventLoop
import HTTPCore
import HTTPServer
import TestSupport
import Testing
import TimeCore

@Suite(.timeLimit(.minutes(1)))
struct ConversationTests {
    /// Answers with what it understood.
    private func echo(_ configure: (inout ServerConfiguration) -> Void = { _ in }) throws -> TestServer {
        try TestServer(configure: configure) { request, exchange in
            let body = (try? request.body.bytes(limit: 1 << 20)) ?? []
            let text = "\(request.head.method) \(request.head.target.path) \(String(decoding: body, as: UTF8.self))"
            exchange.respond(.text(text))
        }
    }

    @Test func `an answer has a date, a length and a type, and no Server field`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try client.receiveAnswer()
        #expect(answer.statusLine == "HTTP/1.1 200 OK")
        #expect(answer.text == "GET /a ")
        #expect(answer["content-length"] == "7")
        #expect(answer["content-type"] == "text/plain; charset=utf-8")
        #expect(answer["server"] == nil)
        let date = try #require(WallTime(httpDate: answer["date"] ?? ""))
        #expect(abs(WallTime.now().unixSeconds - date.unixSeconds) <= 2)
    }

    @Test func `a connection serves one request after the other`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        for number in 1...50 {
            client.send("POST /\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
            #expect(try client.receiveAnswer().text == "POST /\(number) ok")
        }
        #expect(server.server.openConnections == 1)
    }

    @Test func `requests that are sent ahead are answered in order`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        let requests = (1...300).map {
            $0 % 2 == 0
                ? "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n"
                : "POST /\($0) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
        }
        client.send(requests.joined())
        for number in 1...300 {
            let expected = number % 2 == 0 ? "GET /\(number) " : "POST /\(number) ab"
            #expect(try client.receiveAnswer().text == expected)
        }
    }

    @Test func `thousands of refused requests in one packet do not exhaust the stack`() throws {
        let server = try TestServer(admit: { _ in .refuse(.text("no", status: .forbidden)) }) { _, _ in }
        let client = try RawClient(port: server.port)
        client.send(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 3000))
        for _ in 0..<3000 { #expect(try client.receiveAnswer().status == 403) }
    }

    @Test func `one request at a time is under way on a connection`() async throws {
        let server = try TestServer { request, exchange in
            try? await exchange.loop.sleep(for: .milliseconds(request.head.target.path == "/1" ? 100 : 0))
            exchange.respond(.text(request.head.target.path))
        }
        let client = try RawClient(port: server.port)
        client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().text == "/1")
        #expect(try client.receiveAnswer().text == "/2")
        #expect(server.seen == ["/1", "/2"])
    }

    @Test(arguments: [
        "GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-A:  1 \t\r\nX-B:\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n006\r\n world\r\n0\r\nT: v\r\n\r\n",
    ])
    func `a request may be cut anywhere`(_ request: String) throws {
        let server = try echo()
        let bytes = Array(request.utf8)
        let whole = try RawClient(port: server.port)
        whole.send(bytes)
        let expected = try whole.receiveAnswer()
        #expect(expected.status == 200)
        let client = try RawClient(port: server.port)
        for byte in bytes { client.send([byte]) }
        #expect(try client.receiveAnswer().text == expected.text)
        for cut in stride(from: 1, to: bytes.count, by: 7) {
            client.send(bytes[..<cut])
            client.send(bytes[cut...])
            #expect(try client.receiveAnswer().text == expected.text)
        }
    }

    @Test func `fields reach the handler trimmed, in order, and as they were spelt`() async throws {
        let server = try TestServer { request, exchange in
            let lines = request.head.headers.fields.map { "\($0.name)=\($0.value)" }
            exchange.respond(.text(lines.joined(separator: "|")))
        }
        let client = try RawClient(port: server.port)
        client.send(
            "GET / HTTP/1.1\r\nhOsT: x\r\nX-A: \t a b \t\r\nX-Empty:\r\nX-Blank:   \r\nX-A: c\r\nX-U: é\r\n\r\n"
        )
        #expect(try client.receiveAnswer().text == "hOsT=x|X-A=a b|X-Empty=|X-Blank=|X-A=c|X-U=é")
    }

    @Test func `empty lines before a request and bare line feeds are tolerated`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        client.send("\r\n\r\nGET /a HTTP/1.1\nHost: x\n\n")
        #expect(try client.receiveAnswer().text == "GET /a ")
        client.send("\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().text == "GET /b ")
    }

    @Test func `a target may name the host it is sent to`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        client.send("GET http://Localhost:1/a HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
        #expect(try client.receiveAnswer().text == "GET /a ")
        client.send("GET http://localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
        #expect(try client.receiveAnswer().text == "GET / ")
    }

    @Test func `HEAD is answered with the length but without the body`() throws {
        let server = try TestServer { request, exchange in
            if request.head.target.path == "/stream" {
                exchange.startStream(.ok)
                exchange.write(Array("never seen".utf8))
                exchange.finish()
            } else {
                exchange.respond(.text("0123456789"))
            }
        }
        let client = try RawClient(port: server.port)
        client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer(hasBody: false)["content-length"] == "10")
        client.send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer(hasBody: false).status == 200)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().text == "0123456789")
    }

    @Test(arguments: [204, 304])
    func `a status without a body gets none`(_ status: Int) throws {
        let server = try TestServer { _, exchange in
            exchange.respond(.text("never seen", status: HTTPStatus(rawValue: status)))
        }
        let client = try RawClient(port: server.port)
        for _ in 0..<2 {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try client.receiveAnswer()
            #expect(answer.status == status)
            #expect(answer["content-length"] == nil)
        }
    }

    @Test func `Connection: close is honoured and confirmed`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n")
        #expect(try client.receiveAnswer()["connection"] == "close")
        #expect(try client.isClosedByServer())
    }

    @Test func `a handler may end the connection`() throws {
        let server = try TestServer { _, exchange in
            exchange.respond(Response(.ok, headers: HTTPHeaders([("Connection", "close")]), body: .text("bye")))
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer()["connection"] == "close")
        #expect(try client.isClosedByServer())
    }

    @Test func `HTTP/1.0 keeps a connection only when asked`() throws {
        let server = try echo()
        let closing = try RawClient(port: server.port)
        closing.send("GET /a HTTP/1.0\r\n\r\n")
        #expect(try closing.receiveAnswer().text == "GET /a ")
        #expect(try closing.isClosedByServer())
        let keeping = try RawClient(port: server.port)
        for _ in 0..<2 {
            keeping.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try keeping.receiveAnswer()["connection"] == "keep-alive")
        }
    }

    @Test func `a client that waits for 100 gets it before the body and the answer after it`() throws {
        let server = try echo()
        let client = try RawClient(port: server.port)
        client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n")
        #expect(try client.receiveAnswer().statusLine == "HTTP/1.1 100 Continue")
        client.send("hello")
        #expect(try client.receiveAnswer().text == "POST /a hello")
    }

    @Test func `a client that waits for 100 is refused instead`() throws {
        let server = try TestServer(admit: { _ in .refuse(.text("no", status: .unauthorized)) }) { _, _ in }
        let client = try RawClient(port: server.port)
        client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        let answer = try client.receiveAnswer()
        #expect(answer.status == 401)
        #expect(answer["connection"] == "close")
        #expect(try client.isClosedByServer())
    }

    @Test func `a connection survives the refusal of a request with a small body`() throws {
        let server = try TestServer(
            admit: { $0.target.path == "/no" ? .refuse(.text("no", status: .unauthorized)) : .accept(bodyLimit: 10) }
        ) { request, exchange in exchange.respond(.text("yes")) }
        let client = try RawClient(port: server.port)
        client.send("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n" + String(repeating: "a", count: 500))
        #expect(try client.receiveAnswer().status == 401)
        client.send("GET /yes HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().text == "yes")
        #expect(server.seen == ["/yes"])
    }

    @Test func `a field's value cannot begin another field`() throws {
        let server = try TestServer { _, exchange in
            exchange.respond(Response(.ok, headers: HTTPHeaders([("X-A", "1\r\nX-B: 2\0")])))
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try client.receiveAnswer()
        #expect(answer["x-a"] == "1  X-B: 2 ")
        #expect(answer["x-b"] == nil)
    }

    @Test func `a handler that answers twice or not at all does no harm`() throws {
        let server = try TestServer { request, exchange in
            guard request.head.target.path == "/twice" else { return }
            exchange.respond(.text("first"))
            exchange.respond(.text("second"))
            exchange.startStream(.ok)
            exchange.write([1])
            exchange.finish()
        }
        let client = try RawClient(port: server.port)
        client.send("GET /twice HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().text == "first")
        client.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer().status == 500)
    }

    @Test func `a large answer arrives whole`() throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let server = try TestServer { _, exchange in exchange.respond(Response(.ok, body: .bytes(body))) }
        let client = try RawClient(port: server.port)
        for _ in 0..<2 {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receiveAnswer().body == body)
        }
    }

    @Test func `the Server field is sent when it is wanted`() throws {
        let server = try echo { $0.serverName = "omniroute" }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveAnswer()["server"] == "omniroute")
    }
}
