import CryptoCore
import Dialects
import EventLoop
import HTTPCore
import HTTPServer
import JSONCore
import Routing
import Store
import Synchronization
import TestSupport
import TimeCore

@testable import Gateway

/// A provider on this machine that answers each call as its test wants.
final class Upstream: Sendable {
    /// What the gateway asked.
    struct Call: Sendable {
        var path: String
        /// The key that it presented, which names the account.
        var key: String
        var model: String
        var body: String
    }

    private final class Log: Sendable {
        let calls = Mutex<[Call]>([])
    }

    private let log = Log()
    private let server: TestServer

    init(_ answer: @escaping @Sendable (Call) -> Response) throws {
        server = try TestServer { [log] request, exchange in
            let body = (try? request.body.bytes(limit: 1 << 20)) ?? []
            let bearer = request.head.headers["authorization"].map { String($0.dropFirst(7)) }
            let call = Call(
                path: request.head.target.path,
                key: request.head.headers["x-api-key"] ?? bearer ?? "",
                model: (try? JSONDocument.parse(body))?.root["model"]?.string ?? "",
                body: String(decoding: body, as: UTF8.self)
            )
            log.calls.withLock { $0.append(call) }
            exchange.respond(answer(call))
        }
    }

    var url: String { "http://127.0.0.1:\(server.port)/v1" }
    var calls: [Call] { log.calls.withLock { $0 } }
    /// `account model` of every call.
    var asked: [String] { calls.map { "\($0.key) \($0.model)" } }
}

extension Response {
    static func chat(_ text: String = "Hello") -> Response { .json(Array(Chat.whole(text).utf8)) }

    static func stream(_ text: String) -> Response {
        Response(.ok, headers: HTTPHeaders([("content-type", "text/event-stream")]), body: .bytes(Array(text.utf8)))
    }

    static func failure(_ status: Int, _ message: String, headers: [(String, String)] = []) -> Response {
        var response = Response.json(
            Array(#"{"error":{"message":"\#(message)","type":"x"}}"#.utf8),
            status: HTTPStatus(rawValue: status)
        )
        for (name, value) in headers { response.headers.add(name, value) }
        return response
    }
}

extension World {
    /// Connects an upstream under a prefix; the accounts are tried in the order given, and their names are their keys.
    @discardableResult
    func connect(
        _ upstream: Upstream,
        as prefix: String = "near",
        type: ProviderNode.Kind = .openAICompatible,
        accounts: [String] = ["a1"]
    ) async throws -> [String: String] {
        let now = WallTime.now()
        let node = ProviderNode(
            id: "node-\(prefix)",
            type: type,
            name: prefix,
            prefix: prefix,
            apiType: "chat",
            baseURL: upstream.url,
            createdAt: now,
            updatedAt: now
        )
        try await store.saveNode(node)
        var ids: [String: String] = [:]
        for account in accounts {
            let connection = Connection(
                provider: node.id,
                name: account,
                apiKey: Secret(account),
                createdAt: now,
                updatedAt: now
            )
            ids[account] = try await store.createConnection(connection).id
        }
        return ids
    }

    /// A combo that tries the models in order, each once.
    func addCombo(_ name: String, _ models: [String]) async throws {
        let now = WallTime.now()
        let steps = models.enumerated().map { ComboStep.model(id: "s\($0.offset)", model: $0.element) }
        let config = try JSONDocument.parse(text: #"{"maxRetries":0}"#)
        try await store.saveCombo(Combo(name: name, steps: steps, config: config, createdAt: now, updatedAt: now))
    }

    /// What a client gets for a request: what was sent to it, or the failure that the surface would write.
    struct Answer {
        let sink: RecordingSink
        let failure: Failure?
        var status: Int { failure?.status ?? sink.status ?? 0 }
    }

    func ask(
        _ model: String,
        _ dialect: Dialect = .openAIChat,
        streams: Bool = false,
        headers: [(String, String)] = [],
        key: APIKey? = nil,
        to sink: RecordingSink = RecordingSink()
    ) async -> Answer {
        let stream = streams ? #","stream":true"# : ""
        let body =
            #"{"model":"\#(model)","max_tokens":9,"messages":[{"role":"user","content":"hello"}]\#(stream)}"#
        do {
            try await gateway.answer(request(body, dialect, headers: headers, key: key), to: sink)
            return Answer(sink: sink, failure: nil)
        } catch {
            return Answer(sink: sink, failure: error)
        }
    }

    /// Whether an account could be tried for a model right now.
    func isReady(_ model: String) throws -> Bool {
        let request = request("{}")
        let plan = gateway.makePlan(for: try gateway.resolve(model, request), request)
        guard case .attempt = plan.next(at: .now()) else { return false }
        return true
    }
}
