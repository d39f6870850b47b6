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

    @Test(arguments: ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", "1.2.3.256", ":::"])
    func `odd notations are no addresses`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `addresses print in their usual form`() {
        #expect(IPAddress("::FFFF:1.2.3.4")?.unmapped.description == "1.2.3.4")
        #expect(IPAddress("2001:0DB8:0:0::1")?.description == "2001:db8::1")
        #expect(IPAddress("::1").map { PeerAddress.ip($0, port: 80).description } == "[::1]:80")
    }
}
