import HTTPCore
import HTTPServer
import TestSupport
import Testing

/// A request that must be refused.
struct BadRequest: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var statuses: Set<Int>

    init(_ name: String, _ text: String, _ statuses: Int...) {
        testDescription = name
        bytes = Array(text.utf8)
        self.statuses = Set(statuses.isEmpty ? [400] : statuses)
    }
}

private let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
private let post = "POST /victim HTTP/1.1\r\nHost: a\r\n"
private let get = "GET /victim HTTP/1.1\r\nHost: a\r\n"

private let badRequests: [BadRequest] = [
    // Where does the body end?
    .init("length and chunked", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .init("chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    .init("two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    .init("the same length twice", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    .init("list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello"),
    .init("positive sign", post + "Content-Length: +5\r\n\r\nhello"),
    .init("negative length", post + "Content-Length: -5\r\n\r\nhello"),
    .init("hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello"),
    .init("length with a blank inside", post + "Content-Length: 5 5\r\n\r\nhello"),
    .init("empty length", post + "Content-Length: \r\n\r\nhello"),
    .init("length beyond 64 bits", post + "Content-Length: 18446744073709551621\r\n\r\nhello"),
    .init("length near 64 bits", post + "Content-Length: 9223372036854775807\r\n\r\nhello", 400, 413),
    .init("two transfer encodings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .init(
        "chunked, then identity",
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        400,
        501
    ),
    .init("chunked twice", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400, 501),
    .init("gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    .init("gzip", post + "Transfer-Encoding: gzip\r\n\r\n", 501),
    .init("xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    .init("quoted chunked", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501),
    .init("empty transfer encoding", post + "Transfer-Encoding: \r\n\r\n0\r\n\r\n", 400, 501),
    .init("vertical tab before chunked", post + "Transfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n"),
    .init("blank before the colon of an encoding", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    .init("chunked in HTTP/1.0", "POST /victim HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .init("identity in HTTP/1.0", "POST /victim HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n", 400, 501),
    .init("folded line that completes a name", post + "Content-:\r\n Length: 30\r\n\r\n"),
    .init("folded length", post + "Content-Length:\r\n 30\r\n\r\n"),
    .init("folded value", get + "X-A: 1\r\n 2\r\n\r\n"),
    .init("blank line begins the header", "GET /victim HTTP/1.1\r\n Host: a\r\n\r\n"),
    // Chunks.
    .init("no chunk size", post + "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n"),
    .init("chunk size with a sign", post + "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"),
    .init("chunk size with 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
    .init("chunk size with letters", post + "Transfer-Encoding: chunked\r\n\r\n5g\r\nhello\r\n0\r\n\r\n"),
    .init(
        "chunk size beyond 64 bits",
        post + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"
    ),
    .init("chunk without its line end", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n"),
    .init("chunk longer than its size", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n"),
    .init("chunk size ended by LF", post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"),
    .init("LF in a chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n"),
    .init("CR in a chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n"),
    .init("NUL in a chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n5;a\0b\r\nhello\r\n0\r\n\r\n"),
    .init("chunk data ended by LF", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"),
    .init("trailer that is no field", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nnonsense\r\n\r\n"),
    // Names and values.
    .init("blank before a colon", get + "X-A : 1\r\n\r\n"),
    .init("tab before a colon", get + "X-A\t: 1\r\n\r\n"),
    .init("blank in a name", get + "X A: 1\r\n\r\n"),
    .init("empty name", get + ": 1\r\n\r\n"),
    .init("line without a colon", get + "X-A\r\n\r\n"),
    .init("control character in a name", get + "X-\u{01}: 1\r\n\r\n"),
    .init("delimiter in a name", get + "X(A): 1\r\n\r\n"),
    .init("letters beyond ASCII in a name", get + "X-é: 1\r\n\r\n"),
    .init("NUL in a name", get + "X-\0A: 1\r\n\r\n"),
    .init("NUL in a value", get + "X-A: 1\0 2\r\n\r\n"),
    .init("NUL behind a length", post + "Content-Length: 0\0, 30\r\n\r\n"),
    .init("CR in a value", get + "X-A: 1\r2\r\n\r\n"),
    .init("CR CR LF", get + "X-A: 1\r\r\n\r\n"),
    .init("control character in a value", get + "X-A: 1\u{07}\r\n\r\n"),
    .init("DEL in a value", get + "X-A: 1\u{7F}\r\n\r\n"),
    .init("stray CR ends the head", get + "X-A: 1\r\n\rX\r\n"),
    // The request line.
    .init("no Host", "GET /victim HTTP/1.1\r\n\r\n"),
    .init("two Hosts", get + "Host: b\r\n\r\n"),
    .init("Host that is a list", "GET /victim HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    .init("Host with a path", "GET /victim HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    .init("HTTP/0.9", "GET /victim\r\n", 400, 505),
    .init("HTTP/0.9 with a head", "GET /victim\r\nHost: a\r\n\r\n", 400, 505),
    .init("HTTP/1.2", "GET /victim HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    .init("HTTP/2.0", "GET /victim HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    .init("HTTP/9.9", "GET /victim HTTP/9.9\r\nHost: a\r\n\r\n", 505),
    .init("HTTP/0.1", "GET /victim HTTP/0.1\r\nHost: a\r\n\r\n", 505),
    .init("version with two digits", "GET /victim HTTP/1.10\r\nHost: a\r\n\r\n"),
    .init("misspelt protocol", "GET /victim HTxP/1.1\r\nHost: a\r\n\r\n"),
    .init("protocol in lower case", "GET /victim http/1.1\r\nHost: a\r\n\r\n"),
    .init("blank behind the version", "GET /victim HTTP/1.1 \r\nHost: a\r\n\r\n"),
    .init("CR inside the request line", "GET /victim HTTP/1.1\rX\r\nHost: a\r\n\r\n"),
    .init("two blanks before the target", "GET  /victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("two blanks behind the target", "GET /victim  HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("tab behind the method", "GET\t/victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("blank before the method", " GET /victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("method in lower case", "get /victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("method that nobody knows", "BREW /victim HTTP/1.1\r\nHost: a\r\n\r\n", 400, 501),
    .init("NUL in the method", "GE\0T /victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("fragment", "GET /victim#a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("NUL in the target", "GET /vic\0tim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("tab in the target", "GET /vic\ttim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("DEL in the target", "GET /vic\u{7F}tim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("encoded NUL", "GET /vic%00tim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("encoded slash", "GET /vic%2ftim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("backslash", "GET /vic\\tim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("dot segments", "GET /a/../victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("target without a slash", "GET victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("target with another host", "GET http://b/victim HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 400, 405, 501),
    // Something else entirely.
    .init("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 505),
    .init("hello of TLS", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}"),
    .init("zeros", String(repeating: "\0", count: 200)),
    .init("SSH", "SSH-2.0-OpenSSH_9.2\r\n"),
    .init("an expectation that is not known", post + "Expect: 200-maybe\r\nContent-Length: 5\r\n\r\nhello", 417),
]

@Suite(.timeLimit(.minutes(1)))
struct RefusedRequestTests {
    @Test(arguments: badRequests)
    func `an ambiguous or malformed request is refused, and nothing behind it is served`(_ bad: BadRequest) throws {
        let server = try TestServer { _, exchange in exchange.respond(.text("served")) }
        let client = try RawClient(port: server.port)
        client.send(bad.bytes + smuggled.utf8)
        let everything = try client.receiveAll()
        let text = String(decoding: everything, as: UTF8.self)
        let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        #expect(bad.statuses.contains(status), "\(text)")
        #expect(text.components("HTTP/1.1 ") == 1, "one answer, then the end: \(text)")
        #expect(text.lowercased().contains("\r\nconnection: close\r\n"))
        #expect(server.seen.isEmpty)
    }

    @Test(arguments: badRequests)
    func `it is refused the same way when it arrives byte by byte`(_ bad: BadRequest) throws {
        let server = try TestServer { _, exchange in exchange.respond(.text("served")) }
        let client = try RawClient(port: server.port)
        for byte in bad.bytes + smuggled.utf8 where !client.send([byte]) { break }
        let text = String(decoding: try client.receiveAll(), as: UTF8.self)
        #expect(text.components("HTTP/1.1 ") == 1, "one answer, then the end: \(text)")
        #expect(server.seen.isEmpty)
    }
}

extension String {
    /// How often a text occurs.
    func components(_ text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
