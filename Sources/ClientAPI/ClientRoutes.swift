import Dialects
package import Gate
package import Gateway
import HTTPCore
import HTTPServer
import Providers
import TimeCore

/// The routes of model clients.
package enum ClientRoutes {
    /// The whole table; the gate adds the spellings with `/api` in front.
    package static func all(_ gateway: Gateway) -> [Route] {
        let api = ClientAPI(gateway: gateway)
        return [
            Route(.post, "/v1/chat/completions", access: .clientAPI, errors: .dialect(.openAIChat)) { call in
                try await api.complete(call, .openAIChat)
            },
            Route(
                .post,
                "/v1/providers/{provider}/chat/completions",
                access: .clientAPI,
                errors: .dialect(.openAIChat)
            ) { call in
                try await api.complete(call, .openAIChat)
            },
            Route(.post, "/v1/messages", access: .clientAPI, errors: .dialect(.anthropicMessages)) { call in
                try await api.complete(call, .anthropicMessages)
            },
            Route(.post, "/v1/messages/count_tokens", access: .clientAPI, errors: .dialect(.anthropicMessages)) {
                call in
                try await api.countTokens(call)
            },
            Route(.get, "/v1/models", access: .clientAPI, errors: .dialect(.openAIChat)) { call in
                await api.listModels(call)
            },
            Route(.get, "/v1/models/{id...}", access: .clientAPI, errors: .dialect(.openAIChat)) { call in
                try await api.showModel(call)
            },
        ]
    }
}

/// The handlers behind the routes.
struct ClientAPI: Sendable {
    let gateway: Gateway

    func complete(_ call: Call, _ dialect: Dialect) async throws {
        try await gateway.answer(try chatRequest(call, dialect), to: ExchangeSink(call))
    }

    func countTokens(_ call: Call) async throws {
        call.respond(.json(try await gateway.countTokens(try chatRequest(call, .anthropicMessages))))
    }

    func listModels(_ call: Call) async {
        let models = await visibleModels(call)
        call.respond(.json(wantsAnthropic(call) ? models.anthropicList : models.openAIList))
    }

    func showModel(_ call: Call) async throws {
        let id = call.parameters["id"] ?? ""
        guard let model = await visibleModels(call)[id] else {
            throw Failure(.notFound, "The model '\(id)' does not exist", code: "model_not_found", param: "model")
        }
        call.respond(.json(wantsAnthropic(call) ? model.anthropic : model.openAI))
    }

    private func visibleModels(_ call: Call) async -> ModelListing {
        let offered = await gateway.offeredModels(in: call.configuration, on: call.exchange.loop)
        let listing = ModelListing(call.configuration, catalogue: gateway.catalogue, offered: offered)
        return listing.filtered(by: call.principal.key)
    }

    /// Anthropic's clients name the version of their API with every request, others never do.
    private func wantsAnthropic(_ call: Call) -> Bool {
        call.request.head.headers.contains("anthropic-version")
    }

    private func chatRequest(_ call: Call, _ dialect: Dialect) throws(Failure) -> ChatRequest {
        ChatRequest(
            dialect: dialect,
            headers: call.request.head.headers,
            body: try body(of: call),
            path: call.request.head.target.path,
            requiredProvider: call.parameters["provider"],
            apiKey: call.principal.key,
            recordID: call.recordID,
            configuration: call.configuration,
            loop: call.exchange.loop,
            receivedAt: gateway.time.monotonic()
        )
    }

    /// The body in memory; the gate has refused what is too large for the route already.
    private func body(of call: Call) throws(Failure) -> [UInt8] {
        if let coding = call.request.head.headers["content-encoding"], !coding.equalsIgnoringASCIICase("identity") {
            throw Failure(
                .invalidRequest,
                "Requests must not be compressed",
                status: HTTPStatus.unsupportedMediaType.rawValue,
                code: "unsupported_content_encoding"
            )
        }
        do {
            return try call.request.body.bytes(limit: .max)
        } catch {
            throw Failure(.server, "The request body could not be read")
        }
    }
}
