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
        var method: HTTPMethod
        var path: String
        /// The key that it presented, which names the account.
        var key: String
        var model: String
        var body: String

        init(_ request: Request) {
            let body = (try? request.body.bytes(limit: 1 << 20)) ?? []
            method = request.head.method
            path = request.head.target.path
            key = Call.key(request.head.headers)
            model = Call.modelOfPath(path) ?? (try? JSONDocument.parse(body))?.root["model"]?.string ?? ""
            self.body = String(decoding: body, as: UTF8.self)
        }

        /// Whether a stream is asked for.
        var streams: Bool { body.contains(#""stream":true"#) || path.hasSuffix(":streamGenerateContent") }

        private static func key(_ headers: HTTPHeaders) -> String {
            let bearer = headers["authorization"].map { String($0.dropFirst(7)) }
            return headers["x-api-key"] ?? headers["x-goog-api-key"] ?? bearer ?? ""
        }

        /// Gemini's calls name their model in the path.
        private static func modelOfPath(_ path: String) -> String? {
            guard let last = path.split(separator: "/").last, last.contains(":"), path.contains("/models/") else {
                return nil
            }
            return String(last.prefix { $0 != ":" })
        }
    }

    private final class Log: Sendable {
        let calls = Mutex<[Call]>([])
    }

    private let log = Log()
    private let server: TestServer

    init(_ answer: @escaping @Sendable (Call) -> Response) throws {
        server = try TestServer { [log] request, exchange in
            let call = Call(request)
            log.calls.withLock { $0.append(call) }
            exchange.respond(answer(call))
        }
    }

    var url: String { origin + "/v1" }
    var origin: String { "http://127.0.0.1:\(server.port)" }
    var calls: [Call] { log.calls.withLock { $0 } }
    /// `account model` of every call.
    var asked: [String] { calls.map { "\($0.key) \($0.model)" } }
}

extension Response {
    static func chat(_ text: String = "Hello") -> Response { .json(Array(Chat.whole(text).utf8)) }

    static func stream(_ text: String, of dialect: Dialect = .openAIChat) -> Response {
        Response(.ok, headers: HTTPHeaders([("content-type", dialect.streamType)]), body: .bytes(Array(text.utf8)))
    }

    /// What a provider of a dialect answers, in the form that it is asked for.
    static func answer(_ text: String, _ dialect: Dialect, to call: Upstream.Call) -> Response {
        call.streams
            ? .stream(dialect.opening(text) + dialect.ending(output: 5), of: dialect)
            : .json(Array(dialect.whole(text).utf8))
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
        api: String = "chat",
        accounts: [String] = ["a1"]
    ) async throws -> [String: String] {
        let now = WallTime.now()
        let node = ProviderNode(
            id: "node-\(prefix)",
            type: type,
            name: prefix,
            prefix: prefix,
            apiType: api,
            baseURL: upstream.url,
            createdAt: now,
            updatedAt: now
        )
        try await store.saveNode(node)
        return try await addAccounts(accounts, of: node.id)
    }

    /// Connects an upstream that speaks a dialect; returns what its models' names begin with.
    @discardableResult
    func connect(_ upstream: Upstream, speaking dialect: Dialect, accounts: [String] = ["a1"]) async throws -> String {
        switch dialect {
        case .openAIChat: try await connect(upstream, as: "chat", accounts: accounts)
        case .openAIResponses: try await connect(upstream, as: "responses", api: "responses", accounts: accounts)
        case .anthropicMessages:
            try await connect(upstream, as: "messages", type: .anthropicCompatible, accounts: accounts)
        case .gemini: return try await connect(upstream, provider: "gemini", accounts)
        case .ollama: return try await connect(upstream, provider: "ollama-local", accounts)
        }
        return dialect == .openAIChat ? "chat" : dialect == .openAIResponses ? "responses" : "messages"
    }

    private func connect(_ upstream: Upstream, provider: String, _ accounts: [String]) async throws -> String {
        let address = try JSONDocument.parse(text: #"{"baseUrl":"\#(upstream.origin)"}"#)
        try await addAccounts(accounts, of: provider, address)
        return provider
    }

    @discardableResult
    func addAccounts(
        _ names: [String],
        of provider: String,
        _ data: JSONDocument = .emptyObject
    ) async throws -> [String: String] {
        var ids: [String: String] = [:]
        for name in names {
            let account = Connection(
                provider: provider,
                name: name,
                apiKey: Secret(name),
                providerSpecificData: data,
                createdAt: .now(),
                updatedAt: .now()
            )
            ids[name] = try await store.createConnection(account).id
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
        await ask(
            ClientQuestion(dialect: dialect, model: model, streams: streams),
            headers: headers,
            key: key,
            to: sink
        )
    }

    func ask(
        _ question: ClientQuestion,
        headers: [(String, String)] = [],
        key: APIKey? = nil,
        to sink: RecordingSink = RecordingSink()
    ) async -> Answer {
        let request = request(
            question.body,
            question.dialect,
            at: question.address,
            headers: headers,
            key: key
        )
        do {
            try await gateway.answer(request, to: sink)
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
