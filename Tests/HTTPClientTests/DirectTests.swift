import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

/// What only a connection of our own does, or what is easier to get wrong there.
@Suite(.timeLimit(.minutes(1)))
struct DirectTests {
    @Test func `an answer that comes before the request was read is taken, and its connection not used again`()
        async throws
    {
        let script: ScriptedServer.Script = { connection in
            _ = try connection.read(count: 10)
            try connection.answer("too much @\(connection.index)", status: "413 Content Too Large")
            _ = connection.secondsUntilPeerCloses()
        }
        try await withServer(script) { client, server in
            for index in 0..<2 {
                let request = ClientRequest.local(server.url) {
                    $0.method = .post
                    $0.body = [UInt8](repeating: 1, count: 32 << 20)
                }
                let response = try await client.send(request)
                #expect(response.status.rawValue == 413)
                let body = try await response.collect(limit: 100)
                #expect(body == Array("too much @\(index)".utf8))
            }
        }
    }

    @Test(arguments: ["gzip", "deflate", "br"])
    func `coded content that is cut off inside an answer of the right length is an error`(coding: String) async throws {
        let plain = Array(String(repeating: "some text that repeats. ", count: 400).utf8)
        guard let coded = try Coding.encode(plain, coding) else { return }
        let cut = Array(coded.dropLast(6))
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(cut.count)\r\n\r\n"
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.send(Array(head.utf8) + cut)
        }
        // libcurl 7.88 does not notice.
        try await withServer(script, ways: .chosen) { client, server in
            #expect(await failure { try await client.send(.local(server.url)).collect(limit: 1 << 20) } == .undecodable)
        }
    }

    @Test func `the connection that was idle longest makes room`() async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                try connection.readRequest()
                try connection.answer("\(connection.index)")
            }
        }
        var configuration = ClientConfiguration()
        configuration.maximumConnections = 2
        try await withServer(script, configuration: configuration, ways: .chosen) { client, server in
            var texts: [String] = []
            for account in ["a", "b", "c", "b", "a"] {
                texts.append(try await client.text(.local(server.url, pool: account)))
            }
            #expect(texts == ["0", "1", "2", "1", "3"])
            #expect(client.openConnections == 2)
        }
    }

    @Test func `a length beside chunks is ignored, and the connection not used again`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
            try connection.send(head + "8\r\nall of i\r\n2\r\nt.\r\n0\r\n\r\n")
            _ = connection.secondsUntilPeerCloses()
        }
        try await withServer(script, ways: .chosen) { client, server in
            for count in 1...2 {
                let text = try await client.text(.local(server.url))
                #expect(text == "all of it.")
                #expect(server.connectionCount == count)
            }
        }
    }

    @Test(arguments: [
        ("Transfer-Encoding: gzip, chunked\r\n", TransferError.Code.undecodable),
        ("Transfer-Encoding: chunked\r\n \r\n", .protocolViolation),
    ])
    func `framing that the parser does not undo is an error`(field: String, code: TransferError.Code) async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\n\(field)\r\n3\r\nabc\r\n0\r\n\r\n")
        }
        try await withServer(script, ways: .chosen) { client, server in
            #expect(await failure { try await client.send(.local(server.url)).collect(limit: 100) } == code)
        }
    }

    @Test func `fields that are not well-formed are left out, whatever comes with them`() async throws {
        let script: ScriptedServer.Script = { connection in
            try connection.readRequest()
            try connection.answer("here", fields: ["X-Bad: a\u{1}b", "Transfer-Encoding-Info: x", "X-Good: yes"])
        }
        try await withServer(script) { client, server in
            let response = try await client.send(.local(server.url))
            let body = try await response.collect(limit: 100)
            #expect(body == Array("here".utf8))
            #expect(response.headers.fields.map(\.name) == ["Content-Length", "Transfer-Encoding-Info", "X-Good"])
        }
    }
}

@Suite
struct ContentDecoderTests {
    private static let plain = Array(String(repeating: "some text that repeats. ", count: 2_000).utf8)

    private struct Decoded: Equatable {
        var outcome: ContentDecoder.Outcome
        var bytes: [UInt8] = []
        var isFinished = false
    }

    /// Decodes in pieces of so many bytes.
    private static func decode(_ bytes: [UInt8], _ codings: String, pieces: Int) -> Decoded? {
        guard let decoder = ContentDecoder(codings) else { return nil }
        var decoded = Decoded(outcome: .decoded)
        var start = 0
        while start < bytes.count, decoded.outcome == .decoded {
            let end = min(start + pieces, bytes.count)
            decoded.outcome = bytes[start..<end].withUnsafeBytes { piece in
                decoder.decode(piece) {
                    decoded.bytes.append(contentsOf: $0)
                    return true
                }
            }
            start = end
        }
        decoded.isFinished = decoder.isFinished
        return decoded
    }

    @Test(arguments: ["gzip", "x-gzip", "deflate", "br"], [1, 2, 7, 100_000])
    func `pieces of any size mean the same`(coding: String, pieces: Int) throws {
        guard let coded = try Coding.encode(Self.plain, coding == "x-gzip" ? "gzip" : coding) else { return }
        let decoded = Self.decode(coded, coding, pieces: pieces)
        #expect(decoded == Decoded(outcome: .decoded, bytes: Self.plain, isFinished: true))
        let cut = Self.decode(coded.dropLast(8), coding, pieces: pieces)
        #expect(cut?.outcome == .decoded && cut?.isFinished == false)
        let behind = Self.decode(coded + Array("behind the end".utf8), coding, pieces: pieces)
        #expect(behind?.bytes == Self.plain && behind?.isFinished == true)
    }

    @Test(arguments: [1, 2, 100_000])
    func `deflate is taken without the header of zlib, as some servers send it`(pieces: Int) throws {
        guard let coded = try Coding.encode(Self.plain, "deflate") else { return }
        let bare = Array(coded.dropFirst(2).dropLast(4))
        let decoded = Self.decode(bare, "deflate", pieces: pieces)
        #expect(decoded == Decoded(outcome: .decoded, bytes: Self.plain, isFinished: true))
    }

    @Test func `stacked codings are undone from the last to the first`() throws {
        guard let inner = try Coding.encode(Self.plain, "deflate"), let outer = try Coding.encode(inner, "gzip") else {
            return
        }
        let decoded = Self.decode(outer, "deflate, identity, GZIP", pieces: 5)
        #expect(decoded == Decoded(outcome: .decoded, bytes: Self.plain, isFinished: true))
        let reversed = Self.decode(outer, "gzip, deflate", pieces: 5)
        #expect(reversed?.outcome == .malformed)
    }

    @Test(arguments: [1, 3, 100_000])
    func `all members of a gzip text are decoded`(pieces: Int) throws {
        guard let member = try Coding.encode(Self.plain, "gzip") else { return }
        let decoded = Self.decode(member + member, "gzip", pieces: pieces)
        #expect(decoded == Decoded(outcome: .decoded, bytes: Self.plain + Self.plain, isFinished: true))
        let torn = Self.decode(member + member.prefix(20), "gzip", pieces: pieces)
        #expect(torn?.isFinished == false)
    }

    @Test(arguments: ["zstd", "gzip, compress", "gzip, gzip, gzip, gzip"])
    func `codings that cannot be undone are refused`(codings: String) {
        #expect(ContentDecoder(codings) == nil)
    }

    @Test func `a receiver that wants no more ends the decoding`() throws {
        guard let coded = try Coding.encode([UInt8](repeating: 0, count: 50 << 20), "gzip") else { return }
        let decoder = try #require(ContentDecoder("gzip"))
        var received = 0
        let outcome = coded.withUnsafeBytes { bytes in
            decoder.decode(bytes) {
                received += $0.count
                return received < 1 << 20
            }
        }
        #expect(outcome == .refused && received < 2 << 20)
    }
}
