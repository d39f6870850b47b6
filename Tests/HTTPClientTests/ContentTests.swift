import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1)))
struct ContentTests {
    /// Reads one request, sends the bytes and closes.
    private static func reply(_ parts: [UInt8]...) -> ScriptedServer.Script {
        { connection in
            try connection.readRequest()
            for part in parts { try connection.send(part) }
        }
    }

    private static func reply(_ text: String) -> ScriptedServer.Script { reply(Array(text.utf8)) }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ])
    func `content that stops too soon is an error, after what did arrive`(answer: String) async throws {
        try await withServer(Self.reply(answer)) { client, server in
            let response = try await client.send(.local(server.url))
            var received: [UInt8] = []
            let code = await failure {
                while let bytes = try await response.read() { received += bytes }
            }
            #expect(code == .closedEarly)
            #expect(received == Array("abc".utf8))
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n"])
    func `a header that stops too soon is an error`(answer: String) async throws {
        try await withServer(Self.reply(answer)) { client, server in
            let code = await failure { try await client.send(.local(server.url)) }
            #expect(code == .closedEarly)
        }
    }

    @Test func `a connection reset in the middle is an error`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.sleep(0.05)
            connection.reset()
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url))
            let code = await failure { try await response.collect(limit: 100) }
            #expect(code == .closedEarly)
        }
    }

    @Test func `content that lasts until the connection closes ends cleanly`() async throws {
        try await withServer(Self.reply("HTTP/1.1 200 OK\r\n\r\nto the end")) { client, server in
            let text = try await client.text(.local(server.url))
            #expect(text == "to the end")
        }
    }

    @Test(arguments: ["xyz\r\nabc\r\n", "3\r\nabcd\r\n", "-1\r\n", "FFFFFFFFFFFFFFFFF\r\nabc"])
    func `chunks that make no sense are an error`(chunks: String) async throws {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)"
        try await withServer(Self.reply(answer)) { client, server in
            let response = try await client.send(.local(server.url))
            let code = await failure { try await response.collect(limit: 100) }
            #expect(code == .protocolViolation)
        }
    }

    @Test func `very many tiny chunks arrive in order`() async throws {
        let count = 200_000
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            var answer = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            for index in 0..<count {
                answer += [0x31, 0x0D, 0x0A, UInt8(0x41 + index % 26), 0x0D, 0x0A]
            }
            try connection.send(answer + Array("0\r\nX-Trailer: ignored\r\n\r\n".utf8))
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url))
            var received: [UInt8] = []
            var portions = 0
            while let bytes = try await response.read() {
                received += bytes
                portions += 1
            }
            #expect(received.count == count)
            #expect(received.indices.allSatisfy { received[$0] == UInt8(0x41 + $0 % 26) })
            #expect(!response.headers.contains("x-trailer"))
            // What arrived together is handed out together.
            #expect(portions < count / 100)
        }
    }

    @Test func `an answer split anywhere means the same`() async throws {
        let answer =
            "HTTP/1.1 200 OK\r\nX-A: b\r\n\t  folded\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        let script: ScriptedServer.Script = { connection in
            while true {
                let request = try connection.readRequest()
                let cut = request.values("x-cut").first.flatMap(Int.init) ?? 0
                try connection.send(Array(answer.utf8.prefix(cut)))
                connection.sleep(0.002)
                try connection.send(Array(answer.utf8.dropFirst(cut)))
            }
        }
        try await withServer(script) { client, server in
            for cut in 1..<answer.utf8.count {
                let request = ClientRequest.local(server.url) { $0.headers = HTTPHeaders([("X-Cut", "\(cut)")]) }
                let response = try await client.send(request)
                #expect(response.header("x-a") == "b folded")
                let body = try await response.collect(limit: 100)
                #expect(body == Array("hello".utf8), "cut at \(cut)")
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test(arguments: [
        "Content-Length: -5", "Content-Length: abc", "Content-Length: 99999999999999999999999",
        "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3, 3", "Transfer-Encoding: chunked, gzip",
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: xyz", "Content-Length: 0x3",
        "Content-Length:", "Content-Length: +3", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ])
    func `framing that makes no sense does no harm`(field: String) async throws {
        try await withServer(Self.reply("HTTP/1.1 200 OK\r\n\(field)\r\n\r\nabc")) { client, server in
            // libcurl is lenient with some of these; what matters is that the end comes, and nothing of it stays behind.
            for _ in 0..<2 {
                _ = await failure { try await client.send(.local(server.url)).collect(limit: 1000) }
                #expect(client.activeTransfers == 0)
            }
        }
    }

    // MARK: - Limits

    @Test(arguments: [true, false])
    func `content above the limit is refused`(isAnnounced: Bool) async throws {
        let head = isAnnounced ? "Content-Length: 1001" : "Transfer-Encoding: chunked"
        let body =
            isAnnounced
            ? [UInt8](repeating: 1, count: 1001) : Array("3e9\r\n".utf8) + [UInt8](repeating: 1, count: 1001)
        let script = Self.reply(Array("HTTP/1.1 200 OK\r\n\(head)\r\n\r\n".utf8), body)
        try await withServer(script) { client, server in
            let request = ClientRequest.local(server.url) { $0.limits.bodyBytes = 1000 }
            #expect(await failure { try await client.send(request).collect(limit: 2000) } == .tooLarge)
            #expect(await failure { try await client.send(.local(server.url)).collect(limit: 1000) } == .tooLarge)
        }
    }

    @Test func `content at the limit is taken`() async throws {
        try await withServer(Self.reply("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour")) { client, server in
            let request = ClientRequest.local(server.url) { $0.limits.bodyBytes = 4 }
            let body = try await client.send(request).collect(limit: 4)
            #expect(body == Array("four".utf8))
        }
    }

    @Test(arguments: [(200, true), (201, false)])
    func `the number of fields is limited`(count: Int, isAccepted: Bool) async throws {
        let fields = (0..<(count - 1)).map { "X-\($0): y\r\n" }.joined()
        let script = Self.reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(fields)\r\n")
        try await withServer(script) { client, server in
            let code = await failure { try await client.send(.local(server.url)) }
            #expect(code == (isAccepted ? nil : .tooLarge))
        }
    }

    @Test(arguments: [60_000, 66_000, 300_000, 5_000_000])
    func `the size of the header is limited, however it is made up`(count: Int) async throws {
        let long = String(repeating: "y", count: count - 100)
        let many = String(repeating: "X-A: \(String(repeating: "y", count: 990))\r\n", count: count / 997)
        for fields in ["X-A: \(long)\r\n", many] {
            let script: ScriptedServer.Script = { connection in
                try connection.readRequest()
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(fields)\r\n")
            }
            try await withServer(script) { client, server in
                let code = await failure { try await client.send(.local(server.url)) }
                #expect(code == (count < 65_536 ? nil : .tooLarge))
            }
        }
    }

    @Test func `a flood of interim answers is an error`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            for _ in 0..<100_000 { try connection.send("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n") }
        }
        try await withServer(script) { client, server in
            #expect(await failure { try await client.send(.local(server.url)) } == .tooLarge)
        }
    }

    @Test func `trailers count as header`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
            for index in 0..<100_000 { try connection.send("X-\(index): y\r\n") }
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url))
            #expect(await failure { try await response.collect(limit: 1000) } == .tooLarge)
        }
    }

    // MARK: - Content codings

    @Test(arguments: [("gzip", "1f"), ("deflate", "78"), ("br", "")])
    func `coded content is decoded, whether it was asked for or not`(coding: String, magic: String) async throws {
        let plain = String(repeating: "some text that repeats. ", count: 400)
        guard let coded = try Coding.encode(Array(plain.utf8), coding) else { return }
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(coded.count)\r\nX-A: b\r\n\r\n"
        try await withServer(Self.reply(Array(head.utf8), coded)) { client, server in
            for compression in [ClientRequest.Compression.none, .any] {
                let response = try await client.send(.local(server.url) { $0.compression = compression })
                #expect(response.headers.fields.map(\.name) == ["X-A"])
                #expect(response.contentLength == nil)
                let body = try await response.collect(limit: 1 << 20)
                #expect(body == Array(plain.utf8))
            }
        }
    }

    @Test func `codings in several fields are one list`() async throws {
        let plain = Array(String(repeating: "some text that repeats. ", count: 400).utf8)
        guard let inner = try Coding.encode(plain, "deflate"), let coded = try Coding.encode(inner, "gzip") else {
            return
        }
        let fields = "Content-Encoding: deflate\r\nX-A: b\r\nContent-Encoding: identity, gzip\r\n"
        let head = "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(coded.count)\r\n\r\n"
        try await withServer(Self.reply(Array(head.utf8), coded)) { client, server in
            let response = try await client.send(.local(server.url))
            #expect(response.headers.fields.map(\.name) == ["X-A"])
            let body = try await response.collect(limit: 1 << 20)
            #expect(body == plain)
        }
    }

    @Test(arguments: [["gzip", "gzip"], ["br"]])
    func `a bomb behind much that is not one is no way to unbounded memory`(codings: [String]) async throws {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<(800 << 10)).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        var coded = noise + [UInt8](repeating: 0, count: 400 << 20)
        for coding in codings {
            guard let next = try Coding.encode(coded, coding) else { return }
            coded = next
        }
        let names = codings.joined(separator: ", ")
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: \(names)\r\nContent-Length: \(coded.count)\r\n\r\n"
        try await withServer(Self.reply(Array(head.utf8), coded), ways: .chosen) { client, server in
            let response = try await client.send(.local(server.url) { $0.limits.bodyBytes = .max })
            var largest = 0
            let code = await failure {
                while let bytes = try await response.read() { largest = max(largest, bytes.count) }
            }
            #expect(code == .ratio)
            #expect(largest < 16 << 20)
        }
    }

    @Test func `codings are asked for only when wanted`() async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                let request = try connection.readRequest()
                try connection.answer(request.values("accept-encoding").joined(separator: "|"))
            }
        }
        try await withServer(script) { client, server in
            let none = try await client.text(.local(server.url))
            let any = try await client.text(.local(server.url) { $0.compression = .any })
            let own = try await client.text(
                .local(server.url) {
                    $0.compression = .any
                    $0.headers = HTTPHeaders([("Accept-Encoding", "identity")])
                }
            )
            #expect(none == "" && any == "gzip, deflate, br" && own == "identity")
        }
    }

    @Test(arguments: ["gzip", "br", "deflate"])
    func `a decompression bomb is stopped early`(coding: String) async throws {
        guard let bomb = try Coding.encode([UInt8](repeating: 0, count: 100 << 20), coding) else { return }
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = Array("\(String(bomb.count, radix: 16))\r\n".utf8) + bomb + Array("\r\n0\r\n\r\n".utf8)
        try await withServer(Self.reply(Array(head.utf8), chunk)) { client, server in
            let response = try await client.send(.local(server.url) { $0.limits.bodyBytes = .max })
            var received = 0
            let code = await failure {
                while let bytes = try await response.read() { received += bytes.count }
            }
            #expect(code == .ratio)
            #expect(received < 20 << 20)
        }
    }

    @Test func `well compressed content below the ratio is taken`() async throws {
        let plain = (0..<400_000).flatMap { index in Array("line \(index / 7) of many\n".utf8) }
        guard let coded = try Coding.encode(plain, "gzip") else { return }
        #expect(plain.count > 4 << 20)
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(coded.count)\r\n\r\n"
        try await withServer(Self.reply(Array(head.utf8), coded)) { client, server in
            let body = try await client.send(.local(server.url)).collect(limit: 64 << 20)
            #expect(body == plain)
        }
    }

    @Test(arguments: ["gzip", "br", "deflate", "zstd", "unheard-of"])
    func `content that is not what its header says is an error`(coding: String) async throws {
        let body = "this is plain text, and rather long at that, so that no decoder can take it for its own"
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try await withServer(Self.reply(answer)) { client, server in
            let code = await failure { try await client.send(.local(server.url)).collect(limit: 1000) }
            #expect(code == .undecodable)
        }
    }
}

/// Content codings through programs of the system.
enum Coding {
    /// Nil when the machine has no program for the coding.
    static func encode(_ bytes: [UInt8], _ coding: String) throws -> [UInt8]? {
        let command: [String]? =
            switch coding {
            case "gzip": ["gzip", "-c"]
            case "br": ["brotli", "-c", "-q", "9"]
            case "deflate":
                ["python3", "-c", "import sys,zlib;sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))"]
            default: nil
            }
        guard let command else { return nil }
        return try Tool.run(command, input: bytes)
    }
}
