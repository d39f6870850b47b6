import CryptoCore
import HTTPCore
import HTTPServer
import LogCore
import Store
import Synchronization
import TestSupport
import Testing
import TimeCore

@testable import Gate

/// The gate in front of a server, over a real store.
@Suite(.timeLimit(.minutes(1)))
struct GateTests {
    /// A clock that counts how often it is asked: a decision asks once.
    private final class CountingTime: TimeSource {
        let readings = Mutex(0)

        func wall() -> WallTime {
            readings.withLock { $0 += 1 }
            return WallTime(unixSeconds: 1_800_000_000)
        }

        func monotonic() -> MonotonicTime { .now() }
    }

    private let directory: TemporaryDirectory
    private let store: Store
    private let time = CountingTime()
    private let server: TestSupport.TestServer

    init() throws {
        directory = try TemporaryDirectory()
        let secrets = Secrets(
            jwt: Secret(String(repeating: "ab", count: 64)),
            apiKey: Secret(String(repeating: "cd", count: 32)),
            storage: Secret(String(repeating: "0f", count: 32))
        )
        let data = try DataDirectory.open(directory.path("data"))
        store = try Store.open(data, secrets: secrets, time: SystemTime(), log: .silent)
        let gate = Gate(
            routes: [
                .answering(.post, "/v1/echo", access: .clientAPI) { call in
                    .text("\(try call.bodyBytes().count) \(call.principal.key?.name ?? "-")")
                }
            ],
            policy: GatePolicy(listeners: [IPAddress("127.0.0.1")].compactMap(\.self)),
            store: store,
            keys: Gate.Keys(tokens: try SessionTokens(key: secrets.key(for: .session)), environmentKey: nil),
            load: Load(),
            time: time,
            log: .silent
        )
        server = try TestSupport.TestServer(
            admit: { gate.admit($0) },
            handle: { request, exchange in await gate.handle(request, exchange) }
        )
    }

    private func head(_ fields: String) -> String {
        "POST /v1/echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\(fields)\r\n"
    }

    @Test(arguments: ["", "Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"])
    func `a request is judged once`(_ rest: String) throws {
        let client = try RawClient(port: server.port)
        client.send(head(rest))
        #expect(try client.receiveAnswer().text == (rest.isEmpty ? "0 -" : "2 -"))
        #expect(time.readings.withLock { $0 } == 1)
    }

    @Test func `a request is judged by the configuration it came with`() async throws {
        let made = try await store.createKey(APIKeyDraft(name: "mine"))
        let client = try RawClient(port: server.port)
        let head = head("Authorization: Bearer \(made.plaintext)\r\nContent-Length: 2\r\n")
        client.send(head)
        while time.readings.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        _ = try await store.deleteKey(made.key.id)
        client.send("{}")
        #expect(try client.receiveAnswer().text == "2 mine")
        client.send(head + "{}")
        #expect(try client.receiveAnswer().text == "2 -")
    }

    @Test func `a key that a head has presented often counts only as long as it may be used`() async throws {
        let (mine, yours) = (
            try await store.createKey(APIKeyDraft(name: "mine")), try await store.createKey(APIKeyDraft(name: "yours"))
        )
        let client = try RawClient(port: server.port)
        func answer(_ key: String, _ body: String) throws -> String {
            client.send(head("Authorization: Bearer \(key)\r\nContent-Length: \(body.utf8.count)\r\n") + body)
            return try client.receiveAnswer().text
        }
        for round in 0..<5 {
            #expect(try answer(mine.plaintext, String(repeating: " ", count: round)) == "\(round) mine")
        }
        #expect(try answer(yours.plaintext, "{}") == "2 yours")
        for _ in 0..<3 { #expect(try answer(mine.plaintext, "{}") == "2 mine") }
        _ = try await store.deleteKey(mine.key.id)
        for _ in 0..<3 { #expect(try answer(mine.plaintext, "{}") == "2 -") }
        for _ in 0..<3 { #expect(try answer(yours.plaintext, "{}") == "2 yours") }
    }
}
