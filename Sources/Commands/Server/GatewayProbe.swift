import Dialects
import EventLoop
import Gateway
import HTTPCore
import JSONCore
import Management
import Providers
import Store
import TimeCore

/// Tries connections out with the gateway's own client, so that a trial goes the way of a request.
struct GatewayProbe: ConnectionProbe {
    private let gateway: Gateway

    init(_ gateway: Gateway) {
        self.gateway = gateway
    }

    func test(_ connection: Connection, node: ProviderNode?, model: String?) async -> ProbeResult {
        guard let loop = EventLoop.current else { return .failed(.runtimeError, "The server is not ready") }
        do {
            if model == nil, let listed = try await gateway.fetchModels(of: connection, node: node, on: loop),
                !listed.saysNothing
            {
                return ProbeResult(listed)
            }
            guard let model = model ?? defaultModel(of: connection) else {
                return .failed(.unsupported, "The provider has no model list; name a model to test with")
            }
            return ProbeResult(
                try await gateway.tryChat(
                    connection,
                    node: node,
                    model: model,
                    text: "Hi",
                    maxTokens: 1,
                    on: loop
                )
            )
        } catch {
            return ProbeResult(error)
        }
    }

    func models(of connection: Connection, node: ProviderNode?) async -> ModelListing {
        guard let loop = EventLoop.current else { return .failed(status: nil, message: "The server is not ready") }
        do {
            guard let answer = try await gateway.fetchModels(of: connection, node: node, on: loop) else {
                return .unavailable
            }
            if let failure = answer.failure { return .failed(status: failure.status, message: failure.message) }
            guard let list = answer.offeredModels else {
                return .failed(status: nil, message: "The provider's model list cannot be read")
            }
            return .fetched(list.map { ListedModel(id: $0.id, name: $0.name) })
        } catch {
            return .failed(status: nil, message: error.message)
        }
    }

    func chat(model: String, connectionID: String?) async -> ChatProbe {
        guard let loop = EventLoop.current else {
            return ChatProbe(statusCode: nil, latencyMilliseconds: 0, error: "The server is not ready")
        }
        let sink = RecordingSink()
        var headers = HTTPHeaders()
        if let connectionID { headers.add("x-omniroute-connection", connectionID) }
        let start = gateway.time.monotonic()
        let request = ChatRequest(
            dialect: .openAIChat,
            headers: headers,
            body: Self.question(model),
            path: "/api/combos/test",
            apiKey: nil,
            recordID: "probe-" + RandomIDs().characters(24),
            configuration: gateway.store.configuration,
            loop: loop,
            receivedAt: start
        )
        var failure: Failure?
        do { try await gateway.answer(request, to: sink) } catch { failure = error }
        let latency = Int((gateway.time.monotonic() - start).milliseconds)
        if let failure {
            return ChatProbe(statusCode: failure.status, latencyMilliseconds: latency, error: failure.message)
        }
        let message = (try? JSONDocument.parse(sink.body))?.root["choices"]?.first?["message"]
        return ChatProbe(
            statusCode: sink.status,
            latencyMilliseconds: latency,
            text: message?["content"]?.string.map { String($0.prefix(200)) }
        )
    }

    private func defaultModel(of connection: Connection) -> String? {
        connection.defaultModel ?? gateway.catalogue.provider(connection.provider)?.chat?.models.first?.id
    }

    private static func question(_ model: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("model", model)
        json.member("max_tokens", 16)
        json.key("messages")
        json.beginArray()
        json.beginObject()
        json.member("role", "user")
        json.member("content", "Reply with OK.")
        json.endObject()
        json.endArray()
        json.endObject()
        return json.bytes
    }
}

/// Keeps an answer instead of sending it.
private final class RecordingSink: AnswerSink {
    private(set) var status: Int?
    private(set) var body: [UInt8] = []
    var isClientGone: Bool { false }

    func respond(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) {
        (self.status, self.body) = (status.rawValue, body)
    }

    func startStream(_ status: HTTPStatus, _ headers: HTTPHeaders) { self.status = status.rawValue }
    func write(_ bytes: [UInt8]) { body.append(contentsOf: bytes) }
    var isWritable: Bool { true }
    func waitUntilWritable() async throws {}
    func finish(_ trailers: HTTPHeaders) {}
    func abort() {}
}

extension TrialAnswer {
    /// Whether the answer tells nothing about the credential: the address has no model list.
    fileprivate var saysNothing: Bool { [404, 405, 501].contains(status.rawValue) }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension ProbeResult {
    fileprivate static func failed(_ diagnosis: Diagnosis, _ error: String) -> ProbeResult {
        ProbeResult(isValid: false, diagnosis: diagnosis, error: error, latencyMilliseconds: 0)
    }

    fileprivate init(_ answer: TrialAnswer) {
        let latency = Int(answer.latency.milliseconds)
        guard let failure = answer.failure else {
            self.init(
                isValid: true,
                diagnosis: .ok,
                statusCode: answer.status.rawValue,
                latencyMilliseconds: latency
            )
            return
        }
        let diagnosis: Diagnosis =
            switch failure.status {
            case 401, 402, 403: .upstreamAuthError
            case 429: .upstreamRateLimited
            case 500...: .upstreamUnavailable
            default: .upstreamError
            }
        self.init(
            isValid: false,
            diagnosis: diagnosis,
            error: failure.message,
            statusCode: answer.status.rawValue,
            latencyMilliseconds: latency,
            code: failure.code
        )
    }

    fileprivate init(_ error: TrialError) {
        let diagnosis: Diagnosis =
            switch error.kind {
            case .unsupported: .unsupported
            case .incomplete: .authMissing
            case .network: .networkError
            }
        self.init(
            isValid: false,
            diagnosis: diagnosis,
            error: error.message,
            latencyMilliseconds: Int(error.latency.milliseconds)
        )
    }
}
