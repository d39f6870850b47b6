import Dialects
import Gate
import Gateway
import HTTPCore
import HTTPServer
import JSONCore
import Store
import TimeCore

/// What the routes of all dialects have in common.
struct ClientAPI: Sendable {
    let gateway: Gateway

    // MARK: - Completions and counts

    func complete(_ call: Call, _ dialect: Dialect, _ address: RequestAddress = RequestAddress()) async throws {
        try await gateway.answer(try chatRequest(call, dialect, address), to: ExchangeSink(call))
    }

    /// Chat, or the Responses request that some clients send to the path of Chat.
    func completeChat(_ call: Call) async throws {
        let body = try body(of: call)
        let dialect = ClientAPI.chatDialect(of: body)
        try await gateway.answer(chatRequest(call, dialect, RequestAddress(), body), to: ExchangeSink(call))
    }

    func countTokens(_ call: Call, _ dialect: Dialect, _ address: RequestAddress = RequestAddress()) async throws {
        call.respond(.json(try await gateway.countTokens(try chatRequest(call, dialect, address))))
    }

    func chatRequest(
        _ call: Call,
        _ dialect: Dialect,
        _ address: RequestAddress = RequestAddress()
    ) throws(Failure) -> ChatRequest {
        chatRequest(call, dialect, address, try body(of: call))
    }

    private func chatRequest(
        _ call: Call,
        _ dialect: Dialect,
        _ address: RequestAddress,
        _ body: [UInt8]
    ) -> ChatRequest {
        ChatRequest(
            dialect: dialect,
            headers: call.request.head.headers,
            body: body,
            path: call.recordedPath,
            address: address,
            requiredProvider: call.parameters["provider"],
            apiKey: call.principal.key,
            recordID: call.recordID,
            configuration: call.configuration,
            loop: call.exchange.loop,
            receivedAt: gateway.time.monotonic()
        )
    }

    /// A body without messages that has an input is one of Responses, whatever its path says.
    ///
    /// Nearly every body is known by a look for its messages; only others are read.
    static func chatDialect(of body: [UInt8]) -> Dialect {
        guard !body[...].contains("\"messages\""), let root = (try? JSONDocument.parse(body))?.root else {
            return .openAIChat
        }
        let isResponses = root["input"] != nil || root["previous_response_id"] != nil
        return isResponses && root["messages"] == nil ? .openAIResponses : .openAIChat
    }

    /// The body in memory; the gate has refused what is too large for the route already.
    func body(of call: Call) throws(Failure) -> [UInt8] {
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

    // MARK: - Models

    func listModels(_ call: Call) async throws {
        let models = await visibleModels(call)
        switch call.errors {
        case .dialect(.anthropicMessages): call.respond(.json(models.anthropicList))
        case .dialect(.gemini): call.respond(.json(try models.geminiList(GeminiPage(call.request.head.target))))
        default: call.respond(.json(models.openAIList))
        }
    }

    func showModel(_ call: Call) async throws {
        let id = call[parameter: "id"]
        guard let model = await visibleModels(call)[id] else {
            throw Failure(.notFound, "The model '\(id)' does not exist", code: "model_not_found", param: "model")
        }
        switch call.errors {
        case .dialect(.anthropicMessages): call.respond(.json(model.anthropic))
        case .dialect(.gemini): call.respond(.json(model.gemini))
        default: call.respond(.json(model.openAI))
        }
    }

    func visibleModels(_ call: Call) async -> ModelListing {
        let offered = await gateway.offeredModels(in: call.configuration, on: call.exchange.loop)
        let listing = ModelListing(call.configuration, catalogue: gateway.catalogue, offered: offered)
        return listing.filtered(by: call.principal.key)
    }
}

extension Call {
    /// The path as records may show it: without a token that is a key.
    fileprivate var recordedPath: String {
        let path = request.head.target.path
        guard let token = parameters["token"] else { return path }
        return path.split(separator: "/", omittingEmptySubsequences: false).map { $0 == token ? "*" : $0 }
            .joined(separator: "/")
    }
}
