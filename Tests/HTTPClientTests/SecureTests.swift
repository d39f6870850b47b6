import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

/// A TLS server in Python: answers by path, and can leave without saying goodbye.
private let tlsServer = """
    import socket, ssl, sys, threading
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion[sys.argv[3]]
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    def serve(raw):
        try:
            connection = context.wrap_socket(raw, server_side=True)
            while True:
                head = b""
                while b"\\r\\n\\r\\n" not in head:
                    piece = connection.recv(65536)
                    if not piece: return
                    head += piece
                path = head.split()[1].decode()
                if path == "/length-cut":
                    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nhalf")
                    raw_close(connection); return
                if path == "/open-cut":
                    connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\nhalf")
                    raw_close(connection); return
                if path == "/open-end":
                    connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\nwhole")
                    connection.unwrap().close(); return
                if path == "/big":
                    body = bytes(range(256)) * 40000
                    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
                    continue
                if path.startswith("/echo"):
                    head, body = head.split(b"\\r\\n\\r\\n", 1)
                    count = int(head.lower().split(b"content-length: ")[1].split(b"\\r\\n")[0])
                    answer = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % count
                    if path == "/echo-early": connection.sendall(answer)
                    while len(body) < count: body += connection.recv(65536)
                    connection.sendall(body if path == "/echo-early" else answer + body)
                    continue
                body = connection.version().encode()
                connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
        except Exception:
            pass
    def raw_close(connection):
        socket.socket(fileno=connection.detach()).close()
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=serve, args=(raw,), daemon=True).start()
    """

@Suite(.timeLimit(.minutes(1)))
struct SecureTests {
    /// Made once: keys are slow to make.
    static let certificates = try? Certificates()

    private func withTLS(
        _ certificate: String = "good",
        maximum: String? = nil,
        trusting: Bool = true,
        configuration: ClientConfiguration = ClientConfiguration(),
        _ body: @escaping @Sendable (HTTPClient, String) async throws -> Void
    ) async throws {
        guard let certificates = Self.certificates else {
            return print("skipped: the openssl program is not installed")
        }
        let files = [certificates.path("\(certificate).pem"), certificates.path("\(certificate).key")]
        guard let server = try Program(["python3", "-c", tlsServer] + files + (maximum.map { [$0] } ?? [])) else {
            return print("skipped: python3 is not installed")
        }
        let port = server.firstLine()
        var configuration = configuration
        if trusting { configuration.additionalCertificates = certificates.authority }
        try await withClient(configuration) { client, _ in try await body(client, "https://127.0.0.1:\(port)") }
        withExtendedLifetime(server) {}
    }

    @Test func `a server with a trusted certificate is spoken to, and its connection kept`() async throws {
        try await withTLS { client, url in
            let first = try await client.send(.local(url))
            let version = try await first.collect(limit: 100)
            let second = try await client.send(.local(url))
            #expect(version == Array("TLSv1.3".utf8))
            #expect(!first.isReusedConnection && second.isReusedConnection)
            let other = try await client.send(.local(url, pool: "other"))
            #expect(!other.isReusedConnection)
            #expect(other.connectedAddress == IPAddress("127.0.0.1"))
        }
    }

    @Test func `the certificates may come from one file`() async throws {
        var configuration = ClientConfiguration()
        configuration.certificateBundle = Self.certificates?.path("ca.pem")
        try await withTLS(trusting: false, configuration: configuration) { client, url in
            let text = try await client.text(.local(url))
            #expect(text == "TLSv1.3")
        }
    }

    @Test(arguments: ["good", "other", "expired"])
    func `a certificate that is not trusted, not for the host or not valid any more is refused`(
        certificate: String
    ) async throws {
        try await withTLS(certificate, trusting: certificate != "good") { client, url in
            #expect(await failure { try await client.send(.local(url)) } == .tls)
        }
    }

    @Test(arguments: [("TLSv1_2", true), ("TLSv1_1", false), ("TLSv1", false)])
    func `versions before 1·2 are refused`(maximum: String, isAccepted: Bool) async throws {
        try await withTLS(maximum: maximum) { client, url in
            let code = await failure { try await client.send(.local(url)) }
            #expect(code == (isAccepted ? nil : .tls))
        }
    }

    @Test func `a missing bundle is a TLS error, unreadable additional certificates too`() async throws {
        var configuration = ClientConfiguration()
        configuration.certificateBundle = "/nonexistent/bundle.pem"
        try await withTLS(trusting: false, configuration: configuration) { client, url in
            #expect(await failure { try await client.send(.local(url)) } == .tls)
        }
    }

    @Test(arguments: ["/length-cut", "/open-cut"])
    func `a connection closed without goodbye is not a clean end`(path: String) async throws {
        try await withTLS { client, url in
            let response = try await client.send(.local(url + path))
            var received: [UInt8] = []
            let code = await failure {
                while let bytes = try await response.read() { received += bytes }
            }
            #expect(received == Array("half".utf8))
            #expect(code == .closedEarly)
        }
    }

    @Test func `a connection closed with goodbye is a clean end`() async throws {
        try await withTLS { client, url in
            let text = try await client.text(.local(url + "/open-end"))
            #expect(text == "whole")
        }
    }

    @Test(arguments: ["/echo", "/echo-early"], [0, 1, 1_000, 70_000, 1_000_000])
    func `content is sent over TLS whole, also while it is answered`(path: String, count: Int) async throws {
        try await withTLS { client, url in
            let body = Pattern.bytes(count)
            for _ in 0..<2 {
                let request = ClientRequest.local(url + path) {
                    $0.method = .post
                    $0.body = body
                    $0.limits.bodyBytes = .max
                }
                let answer = try await client.send(request).collect(limit: 10 << 20)
                #expect(answer == body)
            }
        }
    }

    @Test func `a slow reader of a TLS server gets everything`() async throws {
        try await withTLS { client, url in
            let response = try await client.send(.local(url + "/big"))
            try await Task.sleep(for: .milliseconds(200))
            var received = 0
            while let bytes = try await response.read() {
                #expect(bytes.count <= (256 << 10) + EasyHandle.receiveBufferSize)
                for (offset, byte) in bytes.prefix(100).enumerated() {
                    #expect(byte == UInt8(truncatingIfNeeded: received + offset))
                }
                received += bytes.count
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(received == 10_240_000)
        }
    }

    @Test func `a server that speaks no TLS is a TLS error`() async throws {
        try await withServer({ try $0.answer("plain") }) { client, server in
            let code = await failure { try await client.send(.local("https://127.0.0.1:\(server.port)/")) }
            #expect(code == .tls)
        }
    }
}
