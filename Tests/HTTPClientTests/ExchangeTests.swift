import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test func `an answer has its status, every field in order, and its content`() async throws {
        let script: ScriptedServer.Script = {
            try $0.readRequest()
            try $0.answer("hello", status: "201 Made", fields: ["Set-Cookie: a=1", "X-Empty:", "Set-Cookie: b=2"])
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url + "/path?q=1"))
            #expect(response.status == .created)
            #expect(response.headers.values("set-cookie") == ["a=1", "b=2"])
            #expect(response.headers["x-empty"] == "")
            #expect(response.header("content-length") == "5")
            #expect(response.contentLength == 5)
            #expect(response.connectedAddress == IPAddress("127.0.0.1"))
            #expect(!response.isReusedConnection && !response.isHTTP2)
            let value1 = try await response.read()
            #expect(value1 == Array("hello".utf8))
            let value2 = try await response.read()
            #expect(value2 == nil)
            let value3 = try await response.read()
            #expect(value3 == nil)
        }
    }

    @Test(arguments: [0, 1, 5000, 100_000, 3 << 20])
    func `content is sent whole and unannounced`(count: Int) async throws {
        let body = Pattern.bytes(count)
        let script: ScriptedServer.Script = { connection in
            let request = try connection.readRequest()
            #expect(request.requestLine == "POST /v1 HTTP/1.1")
            #expect(request.values("content-length") == [String(count)])
            #expect(request.values("expect").isEmpty && request.values("transfer-encoding").isEmpty)
            #expect(request.values("content-type").isEmpty)
            try connection.answer(request.body == body ? "same" : "different")
        }
        try await withServer(script) { client, server in
            let request = ClientRequest.local(server.url + "/v1") {
                $0.method = .post
                $0.body = body
            }
            let value4 = try await client.text(request)
            #expect(value4 == "same")
        }
    }

    @Test(arguments: [
        (HTTPMethod.get, false, "GET"), (.put, true, "PUT"), (.patch, true, "PATCH"), (.delete, false, "DELETE"),
        (.delete, true, "DELETE"), (.options, false, "OPTIONS"), (.get, true, "GET"), (.post, false, "POST"),
        (HTTPMethod(rawValue: "PROPFIND"), false, "PROPFIND"),
    ])
    func `every method is sent as it is, also on a handle used for another one`(
        method: HTTPMethod,
        hasBody: Bool,
        name: String
    ) async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                let request = try connection.readRequest()
                let length = request.values("content-length").first ?? "-"
                try connection.answer("\(request.requestLine.split(separator: " ")[0]) \(length)")
            }
        }
        try await withServer(script) { client, server in
            let before = ClientRequest.local(server.url) {
                $0.method = .post
                $0.body = Array("xyz".utf8)
            }
            let value5 = try await client.text(before)
            #expect(value5 == "POST 3")
            let request = ClientRequest.local(server.url) {
                $0.method = method
                $0.body = hasBody ? Array("abcd".utf8) : nil
            }
            let length = hasBody ? "4" : method == .post ? "0" : "-"
            let value6 = try await client.text(request)
            #expect(value6 == "\(name) \(length)")
            let value7 = try await client.text(.local(server.url))
            #expect(value7 == "GET -")
        }
    }

    @Test func `a handle sends each request's own path and fields, not those of the one before`() async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                let request = try connection.readRequest()
                let value = Array((request.values("x-key").first ?? "none").utf8)
                try connection.answer("\(request.requestLine.split(separator: " ")[1]) \(value)")
            }
        }
        try await withServer(script) { client, server in
            // The last two are equal to Swift: an accented letter, and a letter with an accent.
            let keys: [String?] = ["a", "a", "b", nil, nil, "\u{E9}", "e\u{301}"]
            for (index, key) in keys.enumerated() {
                let path = "/path\(index / 2)?q=\(index / 3)"
                let request = ClientRequest.local(server.url + path) { request in
                    if let key { request.headers.add("x-key", key) }
                }
                let text = try await client.text(request)
                #expect(text == "\(path) \(Array((key ?? "none").utf8))")
            }
        }
    }

    @Test(arguments: [1, 2_047, 2_048, 2_049, 20_000, 1_000_000])
    func `a stream's content arrives whole, whatever came before on its handle`(count: Int) async throws {
        let body = Pattern.bytes(count)
        let script: ScriptedServer.Script = { connection in
            while true {
                _ = try connection.readRequest()
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
                try connection.send(body)
            }
        }
        try await withServer(script) { client, server in
            for isStream in [true, false, true] {
                let request = ClientRequest.local(server.url) { if isStream { $0.limits.bodyBytes = .max } }
                let content = try await client.send(request).collect(limit: 1 << 30)
                #expect(content == body)
            }
        }
    }

    @Test func `fields are sent as given, without those that frame the message`() async throws {
        let script: ScriptedServer.Script = { connection in
            let request = try connection.readRequest()
            #expect(request.values("x-one") == ["1", "2"])
            #expect(request.values("x-empty") == [""])
            #expect(request.values("content-type") == ["application/json"])
            #expect(request.values("authorization") == ["Bearer sk-1"])
            #expect(request.values("content-length") == ["2"])
            #expect(request.values("accept-encoding").isEmpty)
            #expect(request.values("user-agent").isEmpty)
            for name in ["transfer-encoding", "connection", "te", "expect", "upgrade", "proxy-authorization"] {
                #expect(request.values(name).isEmpty, "\(name)")
            }
            #expect(request.values("host") == ["127.0.0.1:\(request.values("x-port")[0])"])
            try connection.answer("")
        }
        try await withServer(script) { client, server in
            let request = ClientRequest.local(server.url) {
                $0.method = .post
                $0.body = Array("{}".utf8)
                $0.headers = HTTPHeaders([
                    ("X-One", "1"), ("x-one", "2"), ("X-Empty", ""), ("Content-Type", "application/json"),
                    ("Authorization", "Bearer sk-1"), ("Content-Length", "999"), ("Transfer-Encoding", "chunked"),
                    ("Connection", "close"), ("TE", "trailers"), ("Expect", "100-continue"), ("Host", "evil.example"),
                    ("Upgrade", "h2c"), ("Proxy-Authorization", "Basic eA=="), ("X-Port", String(server.port)),
                ])
            }
            _ = try await client.text(request)
        }
    }

    @Test(arguments: [
        ("X-Bad", "a\r\nInjected: 1"), ("X-Bad", "a\nb"), ("X-Bad", "a\0b"), ("X Bad", "a"), ("", "a"), ("X:Bad", "a"),
        ("X-Bad", "\u{7F}"), ("Xé", "a"),
    ])
    func `a field that could break out of its line is refused`(name: String, value: String) async throws {
        try await withServer({ _ in }) { client, server in
            let request = ClientRequest.local(server.url) { $0.headers = HTTPHeaders([(name, value)]) }
            #expect(await failure { try await client.send(request) } == .invalidRequest)
            #expect(server.connectionCount == 0)
        }
    }

    @Test(arguments: ["", "GET /", "G\r\n", "CONNECT"])
    func `a method that is not a token is refused`(method: String) async throws {
        try await withServer({ _ in }) { client, server in
            let request = ClientRequest.local(server.url) { $0.method = HTTPMethod(rawValue: method) }
            #expect(await failure { try await client.send(request) } == .invalidRequest)
        }
    }

    @Test(arguments: [
        "", "127.0.0.1", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http:///", "http://",
        "http://user@127.0.0.1/", "http://user:word@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: 1",
        "http://127.0.0.1/\u{1}", "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:x/",
        "http://127.0.0.1:/", "http://127.0.0.1#frag", "http://127.0.0.1/#frag", "http://127.0.0.1\\@evil/",
        "http://ex%61mple.com/", "http://[::1/", "http://[::1%25eth0]/", "http://[1.2.3.4]/", "http://exämple.com/",
        "http://１２７.0.0.1/", "http://a b/", "//127.0.0.1/", "https:127.0.0.1", "http://?q", "http://:80/",
    ])
    func `a URL that could be read in two ways is refused`(url: String) async throws {
        try await withClient { client, _ in
            #expect(await failure { try await client.send(.local(url)) } == .invalidURL)
        }
    }

    @Test(arguments: [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")])
    func `an answer without content ends at once and leaves the connection usable`(
        method: String,
        status: String
    ) async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                let request = try connection.readRequest()
                if request.requestLine.contains("/plain") {
                    try connection.answer("plain")
                } else {
                    let length = status.hasPrefix("204") ? "" : "Content-Length: 99999999999\r\n"
                    try connection.send("HTTP/1.1 \(status)\r\n\(length)X-A: b\r\n\r\n")
                }
            }
        }
        try await withServer(script) { client, server in
            let request = ClientRequest.local(server.url) { $0.method = HTTPMethod(rawValue: method) }
            let response = try await client.send(request)
            #expect(response.header("x-a") == "b")
            let value8 = try await response.collect(limit: 10)
            #expect(value8 == [])
            let value9 = try await client.text(.local(server.url + "/plain"))
            #expect(value9 == "plain")
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `interim answers are passed over`() async throws {
        let script: ScriptedServer.Script = {
            try $0.readRequest()
            try $0.send("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            try $0.answer("final", fields: ["X-Final: 1"])
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url))
            #expect(response.status == .ok)
            #expect(response.headers.fields.map(\.name) == ["Content-Length", "X-Final"])
            let value10 = try await response.collect(limit: 100)
            #expect(value10 == Array("final".utf8))
        }
    }

    @Test func `a protocol nobody asked for is refused`() async throws {
        let script: ScriptedServer.Script = {
            try $0.readRequest()
            try $0.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\nxxxx")
            _ = $0.secondsUntilPeerCloses()
        }
        try await withServer(script) { client, server in
            #expect(await failure { try await client.send(.local(server.url)) } == .protocolViolation)
        }
    }

    @Test(arguments: ["301", "302", "303", "307", "308"])
    func `a redirect is an answer like any other`(status: String) async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.answer("moved", status: "\(status) Moved", fields: ["Location: /elsewhere"])
            #expect(throws: ScriptedServer.PeerGone.self) { try connection.readRequest() }
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url))
            #expect(response.status.rawValue == Int(status))
            #expect(response.header("location") == "/elsewhere")
            let value11 = try await response.collect(limit: 100)
            #expect(value11 == Array("moved".utf8))
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "garbage without end",
    ])
    func `what is not HTTP is refused`(answer: String) async throws {
        let script: ScriptedServer.Script = {
            try $0.readRequest()
            try $0.send(answer)
        }
        try await withServer(script) { client, server in
            #expect(await failure { try await client.send(.local(server.url)) } == .protocolViolation)
        }
    }

    @Test func `a response can be read by a task that runs elsewhere`() async throws {
        let script: ScriptedServer.Script = {
            try $0.readRequest()
            try $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<50 { try $0.send("3\r\nabc\r\n") }
            try $0.send("0\r\n\r\n")
        }
        try await withServer(script) { client, server in
            let count = try await Task.detached {
                try await client.send(.local(server.url)).collect(limit: 1000).count
            }.value
            #expect(count == 150)
        }
    }
}
