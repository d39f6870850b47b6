import Dialects
package import Gate
package import Gateway
import HTTPCore
import HTTPServer

/// The routes of model clients.
package enum ClientRoutes {
    /// The whole table; the gate adds the other spellings of each path.
    package static func all(_ gateway: Gateway) -> [Route] {
        let api = ClientAPI(gateway: gateway)
        return openAI(api) + responses(api) + anthropic(api) + models(api) + gemini(api) + ollama(api)
    }

    /// Beginnings of paths that go on with a model's id.
    package static let pathsWithModels: [String] =
        ["", "/api", "/v1"].flatMap { prefix in
            ["/v1/models/"].map { prefix + $0 } + geminiCollections.map { prefix + $0 + "/" }
        } + ["/models/"]

    private static let geminiCollections = ["/v1beta", "/v1alpha"].flatMap { [$0 + "/models", $0 + "/tunedModels"] }

    private static func openAI(_ api: ClientAPI) -> [Route] {
        [
            route(.post, "/v1/chat/completions", .openAIChat) { try await api.completeChat($0) },
            route(.post, "/v1/providers/{provider}/chat/completions", .openAIChat) { try await api.completeChat($0) },
            route(.post, "/v1/completions", .openAIChat) {
                try await api.complete($0, .openAIChat, RequestAddress(layout: .textCompletion))
            },
        ]
    }

    private static func responses(_ api: ClientAPI) -> [Route] {
        let responses = ResponsesAPI(api: api)
        return [
            route(.post, "/v1/responses", .openAIResponses) { try await api.complete($0, .openAIResponses) },
            route(.post, "/v1/responses/input_tokens", .openAIResponses) {
                try await api.countTokens($0, .openAIResponses)
            },
            route(.post, "/v1/responses/compact", .openAIResponses) { try await responses.compact($0) },
            route(.get, "/v1/responses/{id}", .openAIResponses) { try await responses.retrieve($0) },
            route(.delete, "/v1/responses/{id}", .openAIResponses) { try await responses.delete($0) },
            route(.post, "/v1/responses/{id}/cancel", .openAIResponses) { try await responses.cancel($0) },
            route(.get, "/v1/responses/{id}/input_items", .openAIResponses) { try await responses.listInput($0) },
        ]
    }

    private static func anthropic(_ api: ClientAPI) -> [Route] {
        [
            route(.post, "/v1/messages", .anthropicMessages) { try await api.complete($0, .anthropicMessages) },
            route(.post, "/v1/messages/count_tokens", .anthropicMessages) {
                try await api.countTokens($0, .anthropicMessages)
            },
        ]
    }

    /// The list that clients of several dialects ask for under one path.
    private static func models(_ api: ClientAPI) -> [Route] {
        [
            route(.get, "/v1/models", .openAIChat) { try await api.listModels($0) },
            route(.get, "/v1/models/{id...}", .openAIChat) { try await api.showModel($0) },
        ]
    }

    private static func gemini(_ api: ClientAPI) -> [Route] {
        let gemini = GeminiAPI(api: api)
        var routes = [route(.post, "/v1/models/{call...}", .gemini) { try await gemini.perform($0) }]
        for version in ["/v1beta", "/v1alpha"] {
            for collection in ["/models", "/tunedModels"] {
                routes.append(
                    route(.post, version + collection + "/{call...}", .gemini) { try await gemini.perform($0) }
                )
            }
            routes.append(route(.get, version + "/models", .gemini) { try await gemini.listModels($0) })
            routes.append(route(.get, version + "/models/{id...}", .gemini) { try await gemini.showModel($0) })
        }
        return routes
    }

    private static func ollama(_ api: ClientAPI) -> [Route] {
        let ollama = OllamaAPI(api: api)
        // The gate serves `/v1/api/…` as `/api/…` too; a token in the path is the key of an editor that sends no header.
        var routes: [Route] = ["/v1/api", "/v1/vscode/{token}/api"].flatMap { base in
            [
                route(.post, base + "/chat", .ollama) { try await api.complete($0, .ollama) },
                route(.get, base + "/tags", .ollama) { await ollama.listModels($0) },
                route(.post, base + "/show", .ollama) { try await ollama.showModel($0) },
                route(.get, base + "/version", .ollama) { ollama.tellVersion($0) },
            ]
        }
        routes.append(
            route(.post, "/v1/api/generate", .ollama) {
                try await api.complete($0, .ollama, RequestAddress(layout: .generate))
            }
        )
        routes.append(route(.get, "/v1/api/ps", .ollama) { ollama.listRunning($0) })
        routes.append(Route(.get, "/", access: .open, errors: .dialect(.ollama)) { ollama.tellRunning($0) })
        return routes
    }

    private static func route(
        _ method: HTTPMethod,
        _ path: String,
        _ dialect: Dialect,
        handler: @escaping Route.Handler
    ) -> Route {
        Route(method, path, access: .clientAPI, errors: .dialect(dialect), handler: handler)
    }
}
