import CryptoCore
import Dialects
import EventLoop
import HTTPClient
import HTTPCore
import LogCore
import Providers
import TestSupport
import TimeCore

@testable import Gateway
@testable import Store

let catalogue: Catalogue = {
    guard let catalogue = try? Catalogue.load() else { preconditionFailure("the embedded catalogue does not load") }
    return catalogue
}()

/// A gateway over a store of its own; what runs in it runs on its loop.
struct World: Sendable {
    let gateway: Gateway
    let store: Store
    let loop: EventLoop

    /// A request as a surface would hand it over.
    func request(
        _ body: String,
        _ dialect: Dialect = .openAIChat,
        at address: RequestAddress = RequestAddress(),
        headers: [(String, String)] = [],
        key: APIKey? = nil
    ) -> ChatRequest {
        ChatRequest(
            dialect: dialect,
            headers: HTTPHeaders(headers),
            body: Array(body.utf8),
            path: dialect.path(address),
            address: address,
            apiKey: key,
            recordID: SecureRandom.uuid(),
            configuration: store.configuration,
            loop: loop,
            receivedAt: gateway.time.monotonic()
        )
    }

    /// The usage records that count, newest first.
    func usage() async throws -> [UsageRecord] { try await store.recentUsage() }
}

extension GatewaySettings {
    /// The defaults without keep-alives, and with what a test wants to be short.
    static func quiet(heartbeat: Duration? = nil, finishGrace: Duration = .seconds(5)) -> GatewaySettings {
        var settings = GatewaySettings()
        settings.heartbeat = heartbeat
        settings.finishGrace = finishGrace
        return settings
    }
}

/// Runs `body` on a loop, as the server runs its handlers.
func withWorld<Value: Sendable>(
    _ settings: GatewaySettings = .quiet(),
    environment: [String: String] = [:],
    in directory: TemporaryDirectory? = nil,
    _ body: @escaping @Sendable (World) async throws -> Value
) async throws -> Value {
    let directory = try directory ?? TemporaryDirectory()
    let secrets = Secrets(
        jwt: Secret(String(repeating: "ab", count: 64)),
        apiKey: Secret(String(repeating: "cd", count: 32)),
        storage: Secret(String(repeating: "0f", count: 32))
    )
    var limits = UsageJournal.Limits()
    limits.gathering = .milliseconds(1)
    let store = try Store.open(
        try DataDirectory.open(directory.path),
        secrets: secrets,
        time: SystemTime(),
        log: .silent,
        limits: limits
    )
    let group = try EventLoopGroup(count: 1)
    try group.start()
    let loop = group.loops[0]
    let gateway = Gateway(
        store: store,
        catalogue: catalogue,
        settings: settings,
        environment: environment.merging(["OMNIROUTE_ALLOW_PRIVATE_PROVIDER_URLS": "true"]) { given, _ in given },
        version: "0.0.1",
        loopCount: 1,
        time: SystemTime(),
        log: .silent
    )
    let world = World(gateway: gateway, store: store, loop: loop)
    let result = await Task(executorPreference: loop) {
        gateway.attach(try HTTPClient(loop: loop, configuration: ClientConfiguration(), log: .silent), to: loop)
        return try await body(world)
    }.result
    await withCheckedContinuation { continuation in
        loop.execute {
            gateway.detach(from: loop)
            continuation.resume()
        }
    }
    group.stopAndJoin()
    store.close()
    return try withExtendedLifetime(directory) { try result.get() }
}
