import CryptoCore
import EventLoop
import Foundation
import Gate
import HTTPCore
import HTTPServer
import LogCore
import Providers
import Store
import Synchronization
import Testing
import TimeCore

@testable import Management

/// The management API on a free port, over a real store in a temporary directory and with a clock that stands still.
final class TestServer: Sendable {
    static let password = "correct horse battery staple"

    let time = ManualTime(wall: WallTime(milliseconds: 1_780_000_000_000))
    let store: Store
    let probe = FakeProbe()
    let port: Int
    let routes: [Route]
    private let path: String
    private let group: EventLoopGroup
    private let server: HTTPServer

    init(initialPassword: String = TestServer.password, allowsKeyReveal: Bool = false) throws {
        path = FileManager.default.temporaryDirectory.path + "/omniroute-\(UUID().uuidString)"
        let directory = try DataDirectory.open(path)
        let secrets = Secrets(
            jwt: Secret(String(repeating: "ab", count: 64)),
            apiKey: Secret(String(repeating: "cd", count: 32)),
            storage: Secret(String(repeating: "0f", count: 32))
        )
        store = try Store.open(directory, secrets: secrets, time: time, log: .silent)
        _ = try store.ensurePassword(initial: initialPassword)
        group = try EventLoopGroup(count: 1)
        let tokens = try SessionTokens(key: secrets.key(for: .session))
        let policy = GatePolicy(listeners: [IPAddress("127.0.0.1")].compactMap(\.self))
        let shutdown = shutdown
        let context = ServerContext(
            version: "0.0.1",
            startedAt: time.monotonic(),
            addresses: ["http://127.0.0.1:1"],
            status: {
                RuntimeStatus(
                    activeRequests: [.init(model: "m", provider: "openai", connectionID: "gone", count: 2)],
                    toolCalls: [
                        .init(provider: "b", model: "seldom", calls: 1, valid: 1, repaired: 0, faults: [:]),
                        .init(
                            provider: "a",
                            model: "often",
                            calls: 9,
                            valid: 5,
                            repaired: 3,
                            faults: ["wrongType": 3, "malformed": 1]
                        ),
                    ]
                )
            },
            requestShutdown: { shutdown.signal() }
        )
        routes =
            ManagementAPI(
                ManagementServices(
                    store: store,
                    catalogue: try Catalogue.load(),
                    probe: probe,
                    context: context,
                    tokens: tokens,
                    policy: policy,
                    allowsKeyReveal: allowsKeyReveal,
                    time: time,
                    log: .silent
                )
            ).routes
        let gate = Gate(
            routes: routes,
            policy: policy,
            store: store,
            keys: Gate.Keys(tokens: tokens, environmentKey: nil),
            load: Load(),
            time: time,
            log: .silent
        )
        let loopback = try #require(IPAddress("127.0.0.1"))
        server = try HTTPServer(
            loop: group.loops[0],
            configuration: ServerConfiguration(addresses: [.ip(loopback, port: 0)]),
            handler: gate,
            log: .silent
        )
        port = server.port
        try group.start()
        try server.start()
    }

    private let shutdown = DispatchSemaphore(value: 0)

    /// Waits until somebody has asked for the end; false if nobody does.
    func shutdownWasAsked() -> Bool { shutdown.wait(timeout: .now() + 20) == .success }

    deinit {
        server.close()
        group.stopAndJoin()
        store.close()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A client that is logged in.
    func manager() throws -> TestClient {
        let client = TestClient(self)
        let answer = try client.send("POST", "/api/auth/login", ["password": Self.password])
        try #require(answer.status == 200)
        return client
    }

    func stranger() -> TestClient { TestClient(self) }

    /// The actions in the audit log, newest first.
    func auditActions() async throws -> [String] {
        try await store.auditLog().records.map(\.action)
    }
}

/// Answers trials the way a test wants.
final class FakeProbe: ConnectionProbe {
    struct State {
        var result = ProbeResult(isValid: true, diagnosis: .ok, statusCode: 200, latencyMilliseconds: 12)
        var listing = ModelListing.fetched([ListedModel(id: "m1", name: "Model 1")])
        var calls: [String] = []
        var chats: [String: ChatProbe] = [:]
    }

    let state = Mutex(State())

    func test(_ connection: Connection, node: ProviderNode?, model: String?) async -> ProbeResult {
        state.withLock { state in
            let key = connection.apiKey?.exposedText() ?? "-"
            state.calls.append("test \(connection.provider) \(key) \(node?.baseURL ?? "-") \(model ?? "-")")
            return state.result
        }
    }

    func models(of connection: Connection, node: ProviderNode?) async -> ModelListing {
        state.withLock { state in
            state.calls.append("models \(connection.provider)")
            return state.listing
        }
    }

    func chat(model: String, connectionID: String?) async -> ChatProbe {
        state.withLock { state in
            state.calls.append("chat \(model) \(connectionID ?? "-")")
            return state.chats[model] ?? ChatProbe(statusCode: 200, latencyMilliseconds: 5, text: "ok")
        }
    }
}
