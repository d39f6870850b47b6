import CryptoCore
import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Providers
import Store
import TimeCore

/// `/api/providers/{id}/test`, `/api/providers/{id}/models`, `/api/providers/validate`: what needs a call upstream.
struct ConnectionTrialRoutes: Sendable {
    private let services: ManagementServices
    private let lists = ModelListCache()

    init(services: ManagementServices) {
        self.services = services
    }

    private var store: Store { services.store }

    var routes: [Route] {
        [
            .answering(.post, "/api/providers/{id}/test", access: .management, with: test),
            .answering(.get, "/api/providers/{id}/models", access: .management, with: models),
            // Sends a key to an address, both from the body.
            .answering(
                .post,
                "/api/providers/validate",
                access: .management,
                capabilities: .handlesCredentials,
                with: validate
            ),
        ]
    }

    private func find(_ call: Call) throws(Refusal) -> Connection {
        guard let connection = call.configuration.connection(call[parameter: "id"]) else {
            throw Refusal(.notFound, "Connection not found")
        }
        return connection
    }

    // MARK: - Test

    private func test(_ call: Call) async throws -> Response {
        let body = try Body(call, allowsEmpty: true)
        let model = body.optionalText("validationModelId", 0...500).flatMap { $0.isEmpty ? nil : $0 }
        try body.check()
        let connection = try find(call)
        let node = call.configuration.node(connection.provider)
        let result = await services.probe.test(connection, node: node, model: model)
        let now = services.time.wall()
        try await record(result, connection, call, at: now)
        return .object { writer in
            writer.member("valid", result.isValid)
            writer.nullable("error", result.error)
            writer.nullable("warning", result.warning)
            writer.member("refreshed", false)
            writer.object("diagnosis") { writer in
                writer.member("type", result.diagnosis.rawValue)
                writer.member("source", result.statusCode == nil ? "local" : "upstream")
                writer.nullable("message", result.error)
                writer.nullable("code", result.code)
            }
            writer.member("latencyMs", result.latencyMilliseconds)
            writer.nullable("statusCode", result.statusCode)
            writer.memberNull("runtime")
            writer.member("testedAt", now.iso8601)
        }
    }

    /// A trial tells the state of the account; a passed one also ends its rest.
    private func record(_ result: ProbeResult, _ connection: Connection, _ call: Call, at now: WallTime) async throws {
        store.journal.append(
            UsageRecord(
                requestID: SecureRandom.uuid(),
                timestamp: now,
                provider: connection.provider,
                model: "connection-test",
                connectionID: connection.id,
                status: result.statusCode ?? (result.isValid ? 200 : 502),
                success: result.isValid,
                latencyMs: result.latencyMilliseconds,
                errorCode: result.isValid ? nil : result.diagnosis.rawValue,
                errorSummary: result.error,
                path: "/api/providers/test",
                account: connection.label,
                requestType: "connection-test",
                isCounted: false
            )
        )
        guard result.diagnosis != .unsupported else { return }
        do {
            try await store.updateConnection(connection.id) { connection in
                connection.lastTested = now
                if result.isValid {
                    connection.testStatus = "active"
                    (connection.lastError, connection.lastErrorAt, connection.errorCode) = (nil, nil, nil)
                    (connection.lastErrorType, connection.lastErrorSource) = (nil, nil)
                    (connection.backoffLevel, connection.rateLimitedUntil) = (0, nil)
                } else {
                    connection.testStatus = result.diagnosis == .tokenExpired ? "expired" : "error"
                    (connection.lastError, connection.lastErrorAt) = (result.error, now)
                    connection.lastErrorType = result.diagnosis.rawValue
                    connection.lastErrorSource = result.statusCode == nil ? "local" : "upstream"
                    connection.errorCode = result.code ?? result.statusCode.map(String.init)
                }
            }
        } catch let error as StoreError where error.code == .notFound {
            // Deleted while it was tried: there is nothing left to note.
        }
    }

    // MARK: - Models

    private func models(_ call: Call) async throws -> Response {
        let connection = try find(call)
        let node = call.configuration.node(connection.provider)
        let refreshes = call.request.head.target.queryValue("refresh") == "true"
        if !refreshes, let cached = lists.list(of: connection, now: services.time.monotonic()) {
            return answer(connection, cached, source: "cache", warning: nil)
        }
        switch await services.probe.models(of: connection, node: node) {
        case .fetched(let models):
            lists.keep(models, of: connection, now: services.time.monotonic())
            return answer(connection, models, source: "api", warning: nil)
        case .unavailable:
            let known = catalogueModels(connection)
            guard !known.isEmpty else { throw Refusal(.badRequest, "This provider has no model list") }
            return answer(connection, known, source: "local_catalog", warning: nil)
        case .failed(let status, let message):
            let known = catalogueModels(connection)
            guard known.isEmpty else {
                return answer(connection, known, source: "local_catalog", warning: message)
            }
            throw Refusal(HTTPStatus(rawValue: status.flatMap { (400...599).contains($0) ? $0 : nil } ?? 502), message)
        }
    }

    private func catalogueModels(_ connection: Connection) -> [ListedModel] {
        services.catalogue.provider(connection.provider)?.chat?.models.map { ListedModel(id: $0.id, name: $0.name) }
            ?? []
    }

    private func answer(
        _ connection: Connection,
        _ models: [ListedModel],
        source: String,
        warning: String?
    ) -> Response {
        .object { writer in
            writer.member("provider", connection.provider)
            writer.member("connectionId", connection.id)
            writer.list("models", models) { writer, model in
                writer.beginObject()
                writer.member("id", model.id)
                writer.member("name", model.name)
                writer.endObject()
            }
            writer.member("source", source)
            writer.optional("warning", warning)
        }
    }

    // MARK: - Validate

    /// Tries a key that is not stored yet.
    private func validate(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let name = body.text("provider", 1...100)
        let key = body.optionalText("apiKey", 0...10_000).flatMap { $0.isEmpty ? nil : $0 }
        let model = body.optionalText("validationModelId", 0...500).flatMap { $0.isEmpty ? nil : $0 }
        _ = body.optionalText("customUserAgent", 0...500)
        ProviderData.checkURL(body, "baseUrl")
        try body.check()
        let provider = try ProviderLookup(name, catalogue: services.catalogue, configuration: call.configuration)
        var data = JSONWriter()
        data.beginObject()
        for field in ["customUserAgent", "baseUrl", "cx"] as [StaticString] {
            if let text = body.value.present(field)?.string, !text.isEmpty { data.member(field, text) }
        }
        data.endObject()
        let now = services.time.wall()
        let connection = Connection(
            provider: provider.id,
            name: "validation",
            apiKey: key.map { Secret($0) },
            providerSpecificData: provider.completed((try? JSONDocument.parse(data.bytes)) ?? .emptyObject),
            createdAt: now,
            updatedAt: now
        )
        let node = call.configuration.node(provider.id)
        let result = await services.probe.test(connection, node: node, model: model)
        if result.diagnosis == .unsupported { throw Refusal(.badRequest, "Provider validation not supported") }
        return .object { writer in
            writer.member("valid", result.isValid)
            writer.nullable("error", result.error)
            writer.nullable("warning", result.warning)
            writer.member("method", model == nil ? "models" : "chat")
        }
    }
}
