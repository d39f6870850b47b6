import HTTPCore
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: ["127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1", "[::1]", "::1%lo"])
    func `loopback is recognised in every spelling`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isLoopback)
        #expect(!address.isPublic)
    }

    @Test(arguments: [
        "169.254.169.254", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
    ])
    func `metadata addresses are recognised`(text: String) throws {
        #expect(try #require(IPAddress(text)).isMetadata)
    }

    @Test(arguments: [
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fc00::1", "fdff::1", "198.18.0.1",
        "0.0.0.0", "::",
        "224.0.0.1", "ff02::1", "fe80::1", "255.255.255.255", "2001:db8::1",
    ])
    func `special ranges are not public`(text: String) throws {
        #expect(!(try #require(IPAddress(text)).isPublic))
    }

    @Test(arguments: ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "192.169.0.1"])
    func `other addresses are public`(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
    }

    @Test(arguments: [
        "", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", "1.2.3.256", ":::",
        "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.04", "1.2.3.00", "1.2.3.4 ", "+1.2.3.4", "1111.2.3.4", "[", "]",
        "[]", "1.2.3.4:80", "::1\0", "\(String(repeating: "1:", count: 40))",
    ])
    func `odd notations are no addresses`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `addresses print in their usual form`() {
        #expect(IPAddress("::FFFF:1.2.3.4")?.unmapped.description == "1.2.3.4")
        #expect(IPAddress("2001:0DB8:0:0::1")?.description == "2001:db8::1")
        #expect(IPAddress("::1").map { PeerAddress.ip($0, port: 80).description } == "[::1]:80")
    }

    @Test(
        arguments: [
            ("0.0.0.0", [0, 0, 0, 0]), ("1.20.0.255", [1, 20, 0, 255]), ("[10.0.0.1]", [10, 0, 0, 1]),
            ("::", [UInt8](repeating: 0, count: 16)),
            ("102:304:506:708:90a:b0c:d0e:f10", Array(1...16)),
            ("::ffff:1.2.3.4", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4]),
        ] as [(String, [UInt8])]
    )
    func `addresses are their bytes`(text: String, bytes: [UInt8]) throws {
        let address = try #require(IPAddress(text))
        #expect(address.bytes == bytes)
        #expect(IPAddress(bytes: bytes) == address)
        #expect(address.isV4 == (bytes.count == 4))
    }

    @Test func `equal numbers of both families are different addresses`() {
        #expect(IPAddress("0.0.0.1") != IPAddress("::1"))
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test func `only a mapped address is the peer of a dual-stack socket`() {
        #expect(IPAddress("::ffff:127.0.0.1")?.isOwnLoopback == true)
        #expect(IPAddress("::1")?.isOwnLoopback == true)
        #expect(IPAddress("2002:7f00:1::1")?.isOwnLoopback == false)
        #expect(IPAddress("64:ff9b::7f00:1")?.isOwnLoopback == false)
    }
}
