import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1)))
struct EgressTests {
    private static let refusedAlways = [
        "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "100.100.100.200", "192.0.0.192", "192.0.0.1",
        "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "fe80::1", "febf::1", "fec0::1", "ff02::1",
        "fd00:ec2::254",
        "100::1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1",
    ]
    private static let privateOnly = [
        "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "172.16.0.1",
        "172.31.255.255", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
        "203.0.113.1", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2001::1",
        "2001:1ff::1", "2001:db8::1", "2002:808:808::1", "3fff::1", "fc00::1", "fdff::1", "fd00:ec2::253",
    ]
    private static let allowed = [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "2003::1", "3ffe::1", "4000::1", "fbff::1",
    ]

    @Test(arguments: refusedAlways)
    func `some addresses are refused to everybody`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!EgressPolicy.publicOnly.permits(address))
        #expect(!EgressPolicy.allowPrivate.permits(address))
    }

    @Test(arguments: privateOnly)
    func `private and special addresses need permission`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!EgressPolicy.publicOnly.permits(address))
        #expect(EgressPolicy.allowPrivate.permits(address))
    }

    @Test(arguments: allowed)
    func `the rest of the internet may be reached`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(EgressPolicy.publicOnly.permits(address))
        #expect(EgressPolicy.allowPrivate.permits(address))
    }

    @Test(arguments: [
        "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "2130706433", "0x7f000001", "0x7f.1", "017700000001",
        "127.1",
        "0177.0.0.1", "0x7f.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "127.0.0.1.",
    ])
    func `this machine is refused under every name`(host: String) async throws {
        try await withServer({ try $0.answer("reached") }) { client, server in
            let url = "http://\(host):\(server.port)/"
            let code = await failure {
                try await client.send(ClientRequest(url: url, pool: "a", egress: .publicOnly))
            }
            // A resolver may know nothing of a name with a final dot; then there is nothing to refuse.
            #expect(code == .egressRefused || (host.hasSuffix(".") && code == .resolve))
            #expect(server.connectionCount == 0)
        }
    }

    @Test(arguments: ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0", "[::]", "0", "2852039166"])
    func `where clouds keep credentials nobody is sent`(host: String) async throws {
        try await withClient { client, _ in
            for egress in [EgressPolicy.publicOnly, .allowPrivate] {
                let code = await failure {
                    try await client.send(ClientRequest(url: "http://\(host)/", pool: "a", egress: egress))
                }
                #expect(code == .egressRefused)
            }
        }
    }

    @Test func `a kept connection is no way around the policy`() async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                try connection.readRequest()
                try connection.answer("ok")
            }
        }
        try await withServer(script) { client, server in
            _ = try await client.text(.local(server.url))
            let code = await failure {
                try await client.send(ClientRequest(url: server.url, pool: "account", egress: .publicOnly))
            }
            #expect(code == .egressRefused)
        }
    }

    @Test(arguments: ["127.0.0.1", "0.0.0.0", "::"])
    func `nobody is sent to where this program listens itself`(listener: String) async throws {
        let server = try ScriptedServer { connection in
            try connection.readRequest()
            try connection.answer("reached")
        }
        defer { server.stop() }
        let neighbour = try ScriptedServer { connection in
            try connection.readRequest()
            try connection.answer("neighbour")
        }
        defer { neighbour.stop() }
        var configuration = ClientConfiguration()
        configuration.ownListeners = [.ip(try #require(IPAddress(listener)), port: server.port)]
        try await withClient(configuration) { client, _ in
            for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
                let code = await failure { try await client.send(.local("http://\(host):\(server.port)/")) }
                #expect(code == .egressRefused)
            }
            #expect(server.connectionCount == 0)
            let text = try await client.text(.local(neighbour.url))
            #expect(text == "neighbour")
        }
    }
}
