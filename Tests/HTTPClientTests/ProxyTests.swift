import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

/// Copies bytes between a client of a proxy and its target until both have ended.
private func relay(_ client: ScriptedServer.Connection, toPort port: Int) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard result == 0 else { throw ScriptedServer.PeerGone() }
    let target = ScriptedServer.Connection(descriptor, index: 0)
    let back = Thread {
        while let bytes = target.receive(), (try? client.send(bytes)) != nil {}
        client.abandon()
    }
    back.start()
    while let bytes = client.receive(), (try? target.send(bytes)) != nil {}
    target.abandon()
}

@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
    /// Answers with what of the request matters here.
    private static let target: ScriptedServer.Script = { connection in
        while true {
            let request = try connection.readRequest()
            let secret = request.values("proxy-authorization").isEmpty ? "-" : "leaked"
            try connection.answer("\(request.requestLine) \(secret) @\(connection.index)")
        }
    }

    /// An HTTP proxy for absolute-form requests and CONNECT; reports each head.
    private static func httpProxy(
        toPort port: Int,
        user: String? = nil,
        _ heads: Reports<ScriptedServer.Connection.Request>
    ) -> ScriptedServer.Script {
        { connection in
            while true {
                let request = try connection.readRequest()
                heads.add(request)
                if let user, request.values("proxy-authorization") != ["Basic \(Data(user.utf8).base64EncodedString())"]
                {
                    try connection.answer("who are you", status: "407 Proxy Authentication Required")
                    continue
                }
                guard request.requestLine.hasPrefix("CONNECT") else {
                    try connection.answer("via proxy @\(connection.index)")
                    continue
                }
                try connection.send("HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n")
                return try relay(connection, toPort: port)
            }
        }
    }

    @Test func `plain requests reach an HTTP proxy in absolute form, with its credentials`() async throws {
        let heads = Reports<ScriptedServer.Connection.Request>()
        try await withServer(Self.httpProxy(toPort: 0, user: "us er:p@ss:word", heads), ways: .chosen) {
            client,
            server in
            let proxy = ProxyURL("http://us%20er:p%40ss%3Aword@127.0.0.1:\(server.port)")
            for _ in 0..<2 {
                let request = ClientRequest.local("http://api.example/v1?x=1") { $0.proxy = proxy }
                let text = try await client.text(request)
                #expect(text == "via proxy @0")
                #expect(await heads.next()?.requestLine == "GET http://api.example/v1?x=1 HTTP/1.1")
            }
            // Other credentials, or another account: another connection.
            let stranger = ProxyURL("http://other:word@127.0.0.1:\(server.port)")
            let code = await failure {
                try await client.send(.local("http://api.example/") { $0.proxy = stranger })
            }
            #expect(code == .proxy)
            let text = try await client.text(.local("http://api.example/", pool: "b") { $0.proxy = proxy })
            #expect(text == "via proxy @2")
        }
    }

    @Test func `secure requests go through a tunnel, and the proxy's header stays its own`() async throws {
        guard let certificates = SecureTests.certificates,
            let program = try Program([
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificates.path("good.pem"), "-key",
                certificates.path("good.key"),
            ])
        else { return print("skipped: the openssl program is not installed") }
        let port = try #require(try await program.listeningPort())
        var configuration = ClientConfiguration()
        configuration.additionalCertificates = certificates.authority
        let heads = Reports<ScriptedServer.Connection.Request>()
        try await withServer(Self.httpProxy(toPort: port, user: "u:p", heads), configuration: configuration) {
            client,
            server in
            let proxy = ProxyURL("http://u:p@127.0.0.1:\(server.port)")
            let request = ClientRequest.local("https://localhost:\(port)/") {
                $0.proxy = proxy
                $0.headers = HTTPHeaders([("Authorization", "Bearer secret")])
            }
            let response = try await client.send(request)
            #expect(response.status == .ok)
            #expect(!response.headers.contains("x-proxy"))
            let head = await heads.next()
            #expect(head?.requestLine == "CONNECT localhost:\(port) HTTP/1.1")
            #expect(head?.values("authorization") == [])
        }
        withExtendedLifetime(program) {}
    }

    @Test(arguments: ["http", "https"])
    func `a proxy that wants other credentials is a proxy error`(scheme: String) async throws {
        let heads = Reports<ScriptedServer.Connection.Request>()
        try await withServer(Self.httpProxy(toPort: 0, user: "right:word", heads), ways: .chosen) { client, server in
            for text in ["http://127.0.0.1:\(server.port)", "http://wrong:word@127.0.0.1:\(server.port)"] {
                let code = await failure {
                    try await client.send(.local("\(scheme)://api.example/") { $0.proxy = ProxyURL(text) })
                }
                #expect(code == .proxy)
            }
        }
    }

    @Test(arguments: ["http", "https", "socks5", "socks5h"])
    func `a proxy that is not there is a proxy error`(scheme: String) async throws {
        let (descriptor, port) = try ScriptedServer.listen(backlog: 1)
        close(descriptor)
        try await withClient { client, _ in
            let proxy = ProxyURL("\(scheme)://127.0.0.1:\(port)")
            let code = await failure { try await client.send(.local("http://127.0.0.1:1/") { $0.proxy = proxy }) }
            #expect(code == .proxy)
        }
    }

    @Test func `a proxy that says nothing is given up`() async throws {
        try await withServer({ _ = $0.secondsUntilPeerCloses() }) { client, server in
            for scheme in ["http", "socks5h"] {
                let code = await failure {
                    try await client.send(
                        .local("https://api.example/") {
                            $0.proxy = ProxyURL("\(scheme)://127.0.0.1:\(server.port)")
                            $0.timeouts.connect = .milliseconds(200)
                        }
                    )
                }
                #expect(code == .timeout(.connect))
            }
        }
    }

    // MARK: - SOCKS

    private struct Greeting: Sendable {
        var user: String
        var host: String
        var port: Int
    }

    /// A SOCKS 5 proxy that wants a user and a password, and connects to our target whatever it is asked for.
    private static func socksProxy(toPort port: Int, _ greetings: Reports<Greeting>) -> ScriptedServer.Script {
        { connection in
            let methods = try connection.read(count: Int(try connection.read(count: 2)[1]))
            guard methods.contains(2) else { return try connection.send([5, 0xFF]) }
            try connection.send([5, 2])
            let user = try connection.read(count: Int(try connection.read(count: 2)[1]))
            let word = try connection.read(count: Int(try connection.read(count: 1)[0]))
            let isKnown = String(decoding: word, as: UTF8.self) == "word"
            try connection.send([1, isKnown ? 0 : 1])
            guard isKnown else { return }
            let kind = try connection.read(count: 4)[3]
            let host: String
            if kind == 3 {
                host = String(
                    decoding: try connection.read(count: Int(try connection.read(count: 1)[0])),
                    as: UTF8.self
                )
            } else {
                host = try connection.read(count: 4).map(String.init).joined(separator: ".")
            }
            let number = try connection.read(count: 2)
            greetings.add(
                Greeting(
                    user: String(decoding: user, as: UTF8.self),
                    host: host,
                    port: Int(number[0]) << 8 | Int(number[1])
                )
            )
            try connection.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])
            try relay(connection, toPort: port)
        }
    }

    @Test func `SOCKS proxies get user and password, and the name when they are to resolve it`() async throws {
        let target = try ScriptedServer(Self.target)
        defer { target.stop() }
        let greetings = Reports<Greeting>()
        try await withServer(Self.socksProxy(toPort: target.port, greetings), ways: .chosen) { client, server in
            let byName = ProxyURL("socks5h://us%3Aer:word@127.0.0.1:\(server.port)")
            let response = try await client.send(.local("http://api.example:8080/a") { $0.proxy = byName })
            let text = String(decoding: try await response.collect(limit: 100), as: UTF8.self)
            #expect(text == "GET /a HTTP/1.1 - @0")
            let first = await greetings.next()
            #expect(first?.user == "us:er" && first?.host == "api.example" && first?.port == 8080)

            let byAddress = ProxyURL("socks5://user:word@127.0.0.1:\(server.port)")
            let second = try await client.text(.local("http://127.0.0.2:81/b") { $0.proxy = byAddress })
            #expect(second == "GET /b HTTP/1.1 - @1")
            #expect(await greetings.next()?.host == "127.0.0.2")

            let wrong = ProxyURL("socks5h://user:nonsense@127.0.0.1:\(server.port)")
            let code = await failure { try await client.send(.local("http://api.example/") { $0.proxy = wrong }) }
            #expect(code == .proxy)
        }
    }

    // MARK: - Policy

    @Test(arguments: [
        "127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "10.0.0.1", "localhost.", "a.localhost",
    ])
    func `a proxy is no way to private addresses`(host: String) async throws {
        let heads = Reports<ScriptedServer.Connection.Request>()
        try await withServer(Self.httpProxy(toPort: 0, heads), ways: .chosen) { client, server in
            for scheme in ["http", "socks5", "socks5h"] {
                var request = ClientRequest(url: "http://\(host)/", pool: "a", egress: .publicOnly)
                request.proxy = ProxyURL("\(scheme)://127.0.0.1:\(server.port)")
                #expect(await failure { try await client.send(request) } == .egressRefused)
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `a proxy at a metadata address is refused`() async throws {
        try await withClient { client, _ in
            let request = ClientRequest.local("http://api.example/") {
                $0.proxy = ProxyURL("http://169.254.169.254:80")
            }
            #expect(await failure { try await client.send(request) } == .egressRefused)
        }
    }

    @Test func `proxies of the environment are ignored`() async throws {
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            setenv(name, "http://127.0.0.1:1", 1)
        }
        setenv("no_proxy", "*", 1)
        let heads = Reports<ScriptedServer.Connection.Request>()
        try await withServer(Self.httpProxy(toPort: 0, heads), ways: .chosen) { client, server in
            let direct = try await client.text(.local(server.url))
            #expect(direct == "via proxy @0")
            let proxy = ProxyURL("http://127.0.0.1:\(server.port)")
            let proxied = try await client.text(.local("http://api.example/") { $0.proxy = proxy })
            #expect(proxied == "via proxy @1")
        }
    }

    @Test(arguments: [
        ("http://host", "http://host:8080"), ("host:3128", "http://host:3128"), ("socks5://host", "socks5://host:1080"),
        ("SOCKS5H://h:1/", "socks5h://h:1"), ("https://u:p@h:1", "https://***@h:1"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("http://a:b:c@h:1", "http://***@h:1"),
    ])
    func `proxy addresses are read`(text: String, description: String) {
        #expect(ProxyURL(text)?.description == description)
    }

    @Test(arguments: [
        "", "ftp://h", "socks4://h", "http://", "http://h:0", "http://h:99999", "http://h/path", "http://u:%zz@h",
        "http://u:a%0d%0a@h", "http://h h", "http://h?x",
    ])
    func `what is no proxy address is refused`(text: String) {
        #expect(ProxyURL(text) == nil)
    }
}
