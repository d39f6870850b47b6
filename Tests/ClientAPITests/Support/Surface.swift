import CryptoCore
import EventLoop
import Gate
import Gateway
import HTTPClient
import HTTPCore
import HTTPServer
import JSONCore
import LogCore
import Providers
import Store
import Synchronization
import TestSupport
import Testing
import TimeCore

@testable import ClientAPI

let catalogue: Catalogue = {
    guard let catalogue = try? Catalogue.load() else { preconditionFailure("the embedded catalogue does not load") }
    return catalogue
}()

/// The routes of model clients behind a real gate, on a port of this machine.
final class Surface: Sendable {
    let store: Store
    let gateway: Gateway
    private let directory: TemporaryDirectory
    private let group: EventLoopGroup
    private let server: HTTPServer
    /// Kept as long as they may be asked.
    private let upstreams = Mutex<[Upstream]>([])

    init(requiresKey: Bool = false) throws {
        directory = try TemporaryDirectory()
        let secrets = Secrets(
            jwt: Secret(String(repeating: "ab", count: 64)),
            apiKey: Secret(String(repeating: "cd", count: 32)),
            storage: Secret(String(repeating: "0f", count: 32))
        )
        store = try Store.open(
            try DataDirectory.open(directory.path),
            secrets: secrets,
            time: SystemTime(),
            log: .silent
        )
        group = try EventLoopGroup(count: 1)
        gateway = Gateway(
            store: store,
            catalogue: catalogue,
            settings: GatewaySettings(),
            environment: ["OMNIROUTE_ALLOW_PRIVATE_PROVIDER_URLS": "true"],
            version: "0.0.1",
            loopCount: 1,
            time: SystemTime(),
            log: .silent
        )
        let loopback = try #require(IPAddress("127.0.0.1"))
        let gate = Gate(
            routes: ClientRoutes.all(gateway),
            policy: GatePolicy(requireAPIKey: requiresKey, listeners: [loopback]),
            store: store,
            keys: Gate.Keys(tokens: try SessionTokens(key: secrets.key(for: .session)), environmentKey: nil),
            load: Load(),
            time: SystemTime(),
            log: .silent
        )
        var configuration = ServerConfiguration(addresses: [.ip(loopback, port: 0)])
        configuration.encodedSlashesBelow = ClientRoutes.pathsWithModels
        server = try HTTPServer(loop: group.loops[0], configuration: configuration, handler: gate, log: .silent)
        try group.start()
        try server.start()
        let (gateway, loop) = (gateway, group.loops[0])
        loop.execute {
            guard let client = try? HTTPClient(loop: loop, configuration: ClientConfiguration(), log: .silent) else {
                return
            }
            gateway.attach(client, to: loop)
        }
    }

    deinit {
        let (gateway, loop) = (gateway, group.loops[0])
        let done = Mutex(false)
        loop.execute {
            gateway.detach(from: loop)
            done.withLock { $0 = true }
        }
        while !done.withLock({ $0 }) {}
        server.close()
        group.stopAndJoin()
        store.close()
    }

    /// Sends a request on a connection of its own and reads the answer.
    func send(
        _ method: String,
        _ target: String,
        _ body: String? = nil,
        headers: [String: String] = [:]
    ) throws -> RawClient.Answer {
        try open(method, target, body, headers: headers).receiveAnswer(hasBody: method != "HEAD")
    }

    /// Sends a request on a connection of its own, whose answer is still to be read.
    func open(
        _ method: String,
        _ target: String,
        _ body: String? = nil,
        headers: [String: String] = [:]
    ) throws -> RawClient {
        let client = try RawClient(port: server.port)
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        client.send(head + "\r\n" + (body ?? ""))
        return client
    }

    /// Makes a key for clients.
    func makeKey(_ name: String = "laptop") async throws -> String {
        try await store.createKey(APIKeyDraft(name: name)).plaintext
    }

    /// Connects an upstream that speaks Chat under the prefix `near`.
    func connect(_ upstream: Upstream, as prefix: String = "near") async throws {
        upstreams.withLock { $0.append(upstream) }
        let now = WallTime.now()
        let node = ProviderNode(
            id: "node-\(prefix)",
            type: .openAICompatible,
            name: prefix,
            prefix: prefix,
            apiType: "chat",
            baseURL: "http://127.0.0.1:\(upstream.server.port)/v1",
            createdAt: now,
            updatedAt: now
        )
        try await store.saveNode(node)
        let account = Connection(
            provider: node.id,
            name: "a1",
            defaultModel: "m1",
            apiKey: Secret("a1"),
            createdAt: now,
            updatedAt: now
        )
        _ = try await store.createConnection(account)
    }
}

/// A provider of Chat on this machine that says one word.
final class Upstream: Sendable {
    let server: TestServer
    private let log: Log

    private final class Log: Sendable {
        let bodies = Mutex<[String]>([])
    }

    init(_ word: String = "Hello") throws {
        let log = Log()
        self.log = log
        server = try TestServer { request, exchange in
            guard request.head.method == .post else { return exchange.respond(.text("{}")) }
            let body = String(decoding: (try? request.body.bytes(limit: 1 << 20)) ?? [], as: UTF8.self)
            log.bodies.withLock { $0.append(body) }
            let streams = body.contains(#""stream":true"#)
            exchange.respond(
                Response(
                    .ok,
                    headers: HTTPHeaders([("content-type", streams ? "text/event-stream" : "application/json")]),
                    body: .text(Upstream.answer(word, streams: streams))
                )
            )
        }
    }

    /// One that answers in its own way.
    init(_ handle: @escaping TestServer.Handle) throws {
        log = Log()
        server = try TestServer(handle: handle)
    }

    /// The bodies that were asked with.
    var asked: [String] { log.bodies.withLock { $0 } }

    /// An answer of one word.
    static func answer(_ word: String, streams: Bool) -> String {
        let head = #"{"id":"c1","created":1,"model":"m1","object":"chat.completion"#
        let usage = #""usage":{"prompt_tokens":10,"completion_tokens":5}}"#
        guard streams else {
            let message = #"{"index":0,"message":{"role":"assistant","content":"\#(word)"},"finish_reason":"stop"}"#
            return head + #"","choices":["# + message + "]," + usage
        }
        let chunks = [
            #"{"index":0,"delta":{"role":"assistant","content":"\#(word)"},"finish_reason":null}"#,
            #"{"index":0,"delta":{},"finish_reason":"stop"}"#,
        ]
        let events = chunks.map { "data: " + head + #".chunk","choices":["# + $0 + "]," + usage + "\n\n" }
        return events.joined() + "data: [DONE]\n\n"
    }
}

extension RawClient.Answer {
    /// The body as JSON; `null` if it is none.
    var json: JSONValue { ((try? JSONDocument.parse(body)) ?? JSONDocument.null).root }
}
