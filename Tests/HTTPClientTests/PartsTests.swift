import HTTPCore
import Testing

@testable import HTTPClient

@Suite
struct PartsTests {
    private func receive(_ text: String) -> ResponseHead {
        var head = ResponseHead()
        var line: [UInt8] = []
        for byte in text.utf8 {
            line.append(byte)
            guard byte == 0x0A else { continue }
            line.withUnsafeBufferPointer { _ = head.receive($0, limits: TransferLimits()) }
            line = []
        }
        return head
    }

    @Test func `fields that could break out of their line are left out`() {
        let fields = "Good: 1\r\nBad name: 2\r\nBad: a\rb\r\nAlso: x\u{1}y\r\n: z\r\nLast:  3 \t\r\n"
        let head = receive("HTTP/1.1 200 OK\r\n\(fields)\r\n")
        #expect(head.headers.fields.map(\.name) == ["Good", "Last"])
        #expect(head.value("last") == "3")
        #expect(head.value("bad") == nil)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false), ("HTTP/1.1 200 OK\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", true), ("HTTP/2 200 \r\n\r\n", false),
        ("HTTP/1.1 204 No\r\n\r\n", false),
    ])
    func `the way content ends is known`(text: String, isDelimitedByClose: Bool) {
        #expect(receive(text).isDelimitedByClose == isDelimitedByClose)
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP", true), ("identity", false), ("identity, br", true), ("", false), (" , ", false),
    ])
    func `a content coding is recognised`(coding: String, isEncoded: Bool) {
        #expect(receive("HTTP/1.1 200 OK\r\nCONTENT-Encoding: \(coding)\r\n\r\n").isEncoded == isEncoded)
    }

    @Test func `each account and proxy has a number of its own`() {
        var pools = PoolNumbers()
        let proxies = [nil, ProxyURL("http://a"), ProxyURL("http://u:p@a"), ProxyURL("http://u:q@a")]
        var numbers: [UInt32] = []
        for pool in ["x", "y", ""] {
            for proxy in proxies { numbers.append(pools.number(of: pool, proxy)) }
        }
        let again = pools.number(of: "x", nil)
        #expect(Set(numbers).count == 12 && !numbers.contains(0) && again == numbers[0])
        for index in 0..<20_000 { _ = pools.number(of: "account \(index)", nil) }
        let later = pools.number(of: "x", nil)
        #expect(!numbers.dropFirst().contains(later))
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0x7f.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("[::1]", "::1"),
        ("localhost.", "127.0.0.1"), ("a.LOCALHOST", "127.0.0.1"), ("10.1", "10.0.0.1"), ("012.0.0.1", "10.0.0.1"),
    ])
    func `a host that is an address is recognised`(host: String, address: String) throws {
        let authority = try #require(Authority(host))
        #expect(authority.literalAddresses.first?.description == address)
        #expect(authority.literalAddresses.count == (host.lowercased().contains("localhost") ? 2 : 1))
    }

    @Test(arguments: ["example.com", "1.2.3.4.5", "1.2.3.4x", "0x", "localhost.example"])
    func `a host that is a name is no address`(host: String) throws {
        let authority = try #require(Authority(host))
        #expect(authority.literalAddresses.isEmpty)
    }

    @Test func `errors tell what happened without the request's words`() {
        let error = TransferError(.timeout(.firstByte), host: "api.example", diagnostic: "10.0.0.1 port 443")
        #expect(error.description == "api.example: the response did not begin in time")
        #expect(error.shortDescription == "the response did not begin in time")
    }
}
