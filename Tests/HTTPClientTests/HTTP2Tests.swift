import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1)))
struct HTTP2Tests {
    /// Runs `body` against nghttpd, which serves a small and a big file.
    private func withNghttpd(
        multiplexing: Bool = false,
        _ body: @escaping @Sendable (HTTPClient, String) async throws -> Void
    ) async throws {
        guard let certificates = SecureTests.certificates else {
            return print("skipped: the openssl program is not installed")
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("small".utf8).write(to: folder.appendingPathComponent("small.txt"))
        try Data(Pattern.bytes(10 << 20)).write(to: folder.appendingPathComponent("big.bin"))
        let command = ["nghttpd", "-a", "127.0.0.1", "-d", folder.path, "0"]
        let files = [certificates.path("good.key"), certificates.path("good.pem")]
        guard let server = try Program(command + files) else {
            return print("skipped: nghttpd (package nghttp2-server) is not installed")
        }
        let port = try #require(try await server.listeningPort())
        var configuration = ClientConfiguration()
        configuration.additionalCertificates = certificates.authority
        configuration.multiplexesRequests = multiplexing
        try await withClient(configuration) { client, _ in try await body(client, "https://127.0.0.1:\(port)") }
        withExtendedLifetime(server) {}
    }

    @Test func `HTTP2 is spoken where the server offers it, on kept connections of one account each`() async throws {
        try await withNghttpd { client, url in
            for index in 0..<5 {
                let response = try await client.send(.local(url + "/small.txt"))
                #expect(response.isHTTP2 && response.status == .ok)
                #expect(response.isReusedConnection == (index > 0))
                let body = try await response.collect(limit: 100)
                #expect(body == Array("small".utf8))
            }
            let other = try await client.send(.local(url + "/small.txt", pool: "other"))
            #expect(!other.isReusedConnection)
            #expect(client.openConnections == 2)
            let missing = try await client.send(.local(url + "/missing"))
            #expect(missing.status == .notFound)
        }
    }

    @Test func `HTTP1 alone is offered on request`() async throws {
        try await withNghttpd { client, url in
            // This server speaks nothing else.
            let code = await failure {
                try await client.send(.local(url + "/small.txt") { $0.httpVersionPreference = .http1 })
            }
            #expect(code != nil)
            let response = try await client.send(.local(url + "/small.txt"))
            #expect(response.isHTTP2)
        }
    }

    @Test(arguments: [false, true])
    func `content sent and received over HTTP2 is whole`(multiplexing: Bool) async throws {
        try await withNghttpd(multiplexing: multiplexing) { client, url in
            try await withThrowingTaskGroup { group in
                for number in 0..<10 {
                    group.addTask {
                        let request = ClientRequest.local(url + "/big.bin") {
                            $0.method = .post
                            $0.body = Pattern.bytes(100_000 * number)
                        }
                        let body = try await client.send(request).collect(limit: 10 << 20)
                        #expect(body.count == 10 << 20 && Pattern.matches(body, at: 0))
                    }
                }
                try await group.waitForAll()
            }
            #expect(client.activeTransfers == 0)
            if !multiplexing { #expect(client.openConnections <= 10) }
        }
    }

    @Test func `a slow reader over HTTP2 gets everything in small portions`() async throws {
        try await withNghttpd { client, url in
            let response = try await client.send(.local(url + "/big.bin"))
            try await Task.sleep(for: .milliseconds(200))
            var received = 0
            while let bytes = try await response.read() {
                #expect(bytes.count <= (256 << 10) + EasyHandle.receiveBufferSize)
                #expect(Pattern.matches(bytes, at: received))
                received += bytes.count
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(received == 10 << 20)
        }
    }

    @Test func `giving a response up leaves the account's other requests alone`() async throws {
        try await withNghttpd { client, url in
            for _ in 0..<10 {
                let response = try await client.send(.local(url + "/big.bin"))
                _ = try await response.read()
                response.cancel()
                let text = try await client.text(.local(url + "/small.txt"))
                #expect(text == "small")
            }
            #expect(client.activeTransfers == 0)
        }
    }
}
