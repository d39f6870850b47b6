import HTTPCore
import JSONCore
import Testing

@testable import Dialects

/// Kinds of failures: their status and words in every dialect, and the way back.
@Suite struct `Table of errors` {
    struct Row: Sendable, CustomTestStringConvertible {
        var kind: FailureKind
        var status: Int
        var openAI: (type: String, code: String)
        var anthropic: String
        var gemini: String
        /// The code in a Responses stream.
        var responses: String
        /// The status for clients of Anthropic and Ollama, where it is another one.
        var atAnthropic: Int?
        var atOllama: Int?

        init(
            _ kind: FailureKind,
            _ status: Int,
            _ openAI: (type: String, code: String),
            _ anthropic: String,
            _ gemini: String,
            _ responses: String,
            atAnthropic: Int? = nil,
            atOllama: Int? = nil
        ) {
            (self.kind, self.status, self.openAI, self.anthropic) = (kind, status, openAI, anthropic)
            (self.gemini, self.responses, self.atAnthropic, self.atOllama) = (gemini, responses, atAnthropic, atOllama)
        }

        var testDescription: String { kind.rawValue }

        func status(for dialect: Dialect) -> Int {
            switch dialect {
            case .anthropicMessages: atAnthropic ?? status
            case .ollama: atOllama ?? status
            case .openAIChat, .openAIResponses, .gemini: status
            }
        }
    }

    static let rows = [
        Row(
            .invalidRequest,
            400,
            ("invalid_request_error", "bad_request"),
            "invalid_request_error",
            "INVALID_ARGUMENT",
            "invalid_prompt"
        ),
        Row(
            .contextLength,
            400,
            ("invalid_request_error", "context_length_exceeded"),
            "invalid_request_error",
            "INVALID_ARGUMENT",
            "context_length_exceeded"
        ),
        Row(
            .unsupported,
            400,
            ("invalid_request_error", "unsupported_parameter"),
            "invalid_request_error",
            "INVALID_ARGUMENT",
            "bad_request"
        ),
        Row(
            .contentPolicy,
            400,
            ("invalid_request_error", "content_policy_violation"),
            "invalid_request_error",
            "INVALID_ARGUMENT",
            "bad_request"
        ),
        Row(
            .authentication,
            401,
            ("authentication_error", "invalid_api_key"),
            "authentication_error",
            "UNAUTHENTICATED",
            "invalid_authentication"
        ),
        Row(
            .billing,
            402,
            ("billing_error", "payment_required"),
            "billing_error",
            "FAILED_PRECONDITION",
            "insufficient_quota"
        ),
        Row(
            .permission,
            403,
            ("permission_error", "insufficient_quota"),
            "permission_error",
            "PERMISSION_DENIED",
            "permission_denied"
        ),
        Row(
            .notFound,
            404,
            ("invalid_request_error", "model_not_found"),
            "not_found_error",
            "NOT_FOUND",
            "model_not_found"
        ),
        Row(
            .notSupported,
            406,
            ("invalid_request_error", "model_not_supported"),
            "invalid_request_error",
            "FAILED_PRECONDITION",
            "bad_request"
        ),
        Row(
            .requestTimeout,
            408,
            ("invalid_request_error", ""),
            "timeout_error",
            "DEADLINE_EXCEEDED",
            "server_error"
        ),
        Row(
            .tooLarge,
            413,
            ("invalid_request_error", "request_too_large"),
            "request_too_large",
            "INVALID_ARGUMENT",
            "bad_request"
        ),
        Row(
            .unprocessable,
            422,
            ("invalid_request_error", ""),
            "invalid_request_error",
            "INVALID_ARGUMENT",
            "bad_request",
            atOllama: 400
        ),
        Row(
            .rateLimit,
            429,
            ("rate_limit_error", "rate_limit_exceeded"),
            "rate_limit_error",
            "RESOURCE_EXHAUSTED",
            "rate_limit_exceeded"
        ),
        // Nobody is there to read it but the log.
        Row(.clientGone, 499, ("invalid_request_error", ""), "invalid_request_error", "CANCELLED", "bad_request"),
        Row(.server, 500, ("server_error", "internal_server_error"), "api_error", "INTERNAL", "server_error"),
        Row(.badGateway, 502, ("server_error", "bad_gateway"), "api_error", "UNAVAILABLE", "server_error"),
        Row(
            .unavailable,
            503,
            ("server_error", "service_unavailable"),
            "overloaded_error",
            "UNAVAILABLE",
            "server_error"
        ),
        Row(
            .overloaded,
            503,
            ("server_error", "overloaded"),
            "overloaded_error",
            "UNAVAILABLE",
            "server_error",
            atAnthropic: 529
        ),
        Row(
            .timeout,
            504,
            ("server_error", "gateway_timeout"),
            "timeout_error",
            "DEADLINE_EXCEEDED",
            "server_error"
        ),
    ]

    @Test func `the table has every kind`() {
        #expect(Self.rows.map(\.kind) == FailureKind.allCases)
    }

    // MARK: - Writing

    @Test(arguments: rows, Dialect.spoken)
    func `an error has its status and words in each client's dialect`(row: Row, client: Dialect) throws {
        let failure = Failure(row.kind, "why", param: nil)
        let (status, body) = ErrorBody.render(failure, dialect: client, requestID: "1")
        #expect(status == row.status(for: client))
        let isContext = row.kind == .contextLength
        let expected: String =
            switch client {
            case .openAIChat, .openAIResponses:
                #"{"error":{"message":"why","type":"\#(row.openAI.type)","param":null,"code":"\#(row.openAI.code)"}}"#
            case .anthropicMessages:
                #"{"type":"error","error":{"type":"\#(row.anthropic)","message":"\#(isContext ? "prompt is too long: " : "")why"},"request_id":"req_1"}"#
            case .gemini: #"{"error":{"code":\#(status),"message":"why","status":"\#(row.gemini)","details":[]}}"#
            case .ollama: #"{"error":"why"}"#
            }
        #expect(String(decoding: body, as: UTF8.self) == expected)
    }

    @Test(arguments: rows, Dialect.spoken)
    func `an error in a stream has the same words`(row: Row, client: Dialect) throws {
        let written = Self.event(Failure(row.kind, "why"), client)
        let hints = #""retryable":\#(Failure(row.kind, "").isRetryable),"reason":"\#(row.kind.word)""#
        let isContext = row.kind == .contextLength
        switch client {
        case .openAIChat:
            let error =
                #""message":"why","type":"\#(row.openAI.type)","param":null,"code":"\#(row.openAI.code)","# + hints
            #expect(written == "data: {\"error\":{\(error)}}\n\ndata: [DONE]\n\n")
        case .openAIResponses:
            #expect(written.contains(#""error":{"code":"\#(row.responses)","message":"why","# + hints + "}"))
            #expect(written.contains("event: response.failed\n") && written.contains(#""status":"failed""#))
        case .anthropicMessages:
            let error =
                #""type":"\#(row.anthropic)","message":"\#(isContext ? "prompt is too long: " : "")why","# + hints
            #expect(written == "event: error\ndata: {\"type\":\"error\",\"error\":{\(error)}}\n\n")
        case .gemini:
            let code = row.status(for: .gemini)
            let error = #""code":\#(code),"message":"why","status":"\#(row.gemini)","details":[],"# + hints
            #expect(written == "data: {\"error\":{\(error)}}\r\n\r\n")
        case .ollama: #expect(written == #"{"error":"why","# + hints + "}\n")
        }
    }

    private static func event(_ failure: Failure, _ client: Dialect) -> String {
        var out: [UInt8] = []
        client.codec.makeAnswerEncoder(context: makeContext(client, client)).write(.error(failure), into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Statuses that no row has: the number stays, and the words are those of its hundred.
    @Test(arguments: [
        (405, FailureKind.invalidRequest, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
        (409, .invalidRequest, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
        (451, .invalidRequest, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
        (501, .server, "server_error", "api_error", "INTERNAL"),
        (520, .server, "server_error", "api_error", "INTERNAL"),
    ])
    func `other statuses stay, with general words`(
        status: Int,
        kind: FailureKind,
        openAI: String,
        anthropic: String,
        gemini: String
    ) throws {
        let failure = UpstreamError.read(status: status, headers: HTTPHeaders(), body: Array("why".utf8))
        #expect(failure.kind == kind)
        for client in Dialect.spoken {
            let (given, body) = ErrorBody.render(failure, dialect: client, requestID: "1")
            let error = try JSONDocument.parse(body).root["error"]
            #expect(given == status, "\(client)")
            switch client {
            case .openAIChat, .openAIResponses:
                #expect(error?["type"]?.string == openAI && error?["code"]?.string == "", "\(client)")
            case .anthropicMessages: #expect(error?["type"]?.string == anthropic)
            case .gemini: #expect(error?["status"]?.string == gemini && error?["code"]?.int == status)
            case .ollama: #expect(error?.string == "why")
            }
        }
    }

    @Test func `a provider's words are shown to clients of its own dialect only`() throws {
        for (provider, client) in [(Dialect.openAIChat, Dialect.openAIResponses), (.anthropicMessages, .openAIChat)] {
            let failure = Failure(.rateLimit, "why", type: "odd", code: "odd", origin: provider)
            let body = ErrorBody.render(failure, dialect: client, requestID: "1").body
            #expect(!String(decoding: body, as: UTF8.self).contains("odd"))
            let own = ErrorBody.render(failure, dialect: provider, requestID: "1").body
            #expect(String(decoding: own, as: UTF8.self).contains("odd"))
        }
    }

    // MARK: - Reading

    @Test(arguments: rows) func `a status is read as its kind`(row: Row) {
        // Several kinds share the 400; what it says tells them apart.
        let failure = UpstreamError.read(status: row.kind.status, headers: HTTPHeaders(), body: Array("{}".utf8))
        #expect(failure.kind == (row.kind.status == 400 ? .invalidRequest : row.kind))
        #expect(failure.status == row.kind.status && failure.cause == .status)
    }

    @Test(arguments: rows) func `OpenAI's codes tell the kinds of a 400 apart`(row: Row) {
        guard row.kind.status == 400 else { return }
        let body = #"{"error":{"message":"why","type":"\#(row.openAI.type)","code":"\#(row.openAI.code)"}}"#
        let failure = UpstreamError.read(status: 400, headers: HTTPHeaders(), body: Array(body.utf8))
        #expect(failure.kind == row.kind)
    }

    /// What the words of a stream's error event cannot tell apart.
    private static let coarse: [Dialect: [FailureKind: FailureKind]] = [
        .openAIChat: [
            .requestTimeout: .invalidRequest, .unprocessable: .invalidRequest, .clientGone: .invalidRequest,
        ],
        .openAIResponses: [
            .unsupported: .invalidRequest, .contentPolicy: .invalidRequest, .notSupported: .invalidRequest,
            .tooLarge: .invalidRequest, .unprocessable: .invalidRequest, .clientGone: .invalidRequest,
            .requestTimeout: .server, .badGateway: .server, .unavailable: .server, .overloaded: .server,
            .timeout: .server,
        ],
        .anthropicMessages: [
            .unsupported: .invalidRequest, .contentPolicy: .invalidRequest, .notSupported: .invalidRequest,
            .unprocessable: .invalidRequest, .clientGone: .invalidRequest, .requestTimeout: .timeout,
            .badGateway: .server, .unavailable: .overloaded,
        ],
        // A number says all but what the number stands for.
        .gemini: [
            .contextLength: .invalidRequest, .unsupported: .invalidRequest, .contentPolicy: .invalidRequest,
            .overloaded: .unavailable,
        ],
    ]

    @Test(arguments: rows, Dialect.spoken)
    func `an error event is read as what was written`(row: Row, provider: Dialect) throws {
        let failure = Failure(row.kind, "why")
        let client: Dialect = provider == .openAIChat ? .anthropicMessages : .openAIChat
        let got = relay(
            Self.event(failure, provider),
            makeContext(client, provider),
            contentType: provider.streamType
        )
        // Ollama's errors are a text.
        let expected = provider == .ollama ? .badGateway : Self.coarse[provider]?[row.kind] ?? row.kind
        #expect(got.failure?.kind == expected)
        #expect(got.failure?.message.hasSuffix("why") == true && got.failure?.cause == .errorInAnswer)
    }

    /// As providers write them in streams that began well.
    @Test(arguments: [
        (#"{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}"#, FailureKind.authentication, 401),
        (#"{"message":"m","type":"server_error","code":"rate_limit_exceeded"}"#, .rateLimit, 429),
        (#"{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}"#, .billing, 402),
        (#"{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}"#, .contextLength, 400),
        (#"{"message":"m","type":"invalid_request_error","code":"unsupported_value"}"#, .unsupported, 400),
        (#"{"message":"m","type":"invalid_request_error","code":"unsupported_content"}"#, .unsupported, 400),
        (#"{"message":"m","code":"invalid_image_format"}"#, .invalidRequest, 400),
        (#"{"message":"m","code":"image_too_large"}"#, .invalidRequest, 400),
        (#"{"message":"m","code":"server_is_overloaded"}"#, .overloaded, 529),
        (#"{"message":"m","type":"not_found_error"}"#, .notFound, 404),
        (#"{"message":"m","code":"502","type":"x"}"#, .badGateway, 502),
        (#"{"message":"m","code":429,"status":"RESOURCE_EXHAUSTED"}"#, .rateLimit, 429),
        (#"{"message":"m","status":"INTERNAL"}"#, .server, 500), (#"{"message":"m"}"#, .badGateway, 502),
        (#"{"message":"Rate limit reached"}"#, .rateLimit, 429),
    ])
    func `the more special of an error's words counts`(error: String, kind: FailureKind, status: Int) {
        let got = relay("data: {\"error\":\(error)}\n\n", makeContext(.anthropicMessages, .openAIChat))
        #expect(got.failure?.kind == kind && got.failure?.status == status)
    }
}
