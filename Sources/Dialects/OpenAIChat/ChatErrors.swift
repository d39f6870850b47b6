import JSONCore

/// Failures as OpenAI spells them.
enum ChatErrors {
    static func status(of failure: Failure) -> Int { failure.status == 529 ? 503 : failure.status }

    static func body(_ failure: Failure, for dialect: Dialect = .openAIChat) -> [UInt8] {
        var writer = JSONWriter()
        write(failure, for: dialect, to: &writer)
        return writer.bytes
    }

    static func writeEvent(_ failure: Failure, into out: inout [UInt8]) {
        out.append("data: ")
        var writer = JSONWriter()
        write(failure, isInStream: true, to: &writer)
        out.append(contentsOf: writer.bytes)
        out.append("\n\ndata: [DONE]\n\n")
    }

    private static func write(
        _ failure: Failure,
        for dialect: Dialect = .openAIChat,
        isInStream: Bool = false,
        to writer: inout JSONWriter
    ) {
        let own = failure.origin == nil || failure.origin == dialect
        let words = words(for: failure)
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.member("message", failure.message)
        writer.member("type", own ? failure.type ?? words.type : words.type)
        if let param = failure.param {
            writer.member("param", param)
        } else {
            writer.memberNull("param")
        }
        writer.member("code", own ? failure.code ?? words.code : words.code)
        if let seconds = failure.retryAfter { writer.member("retry_after", seconds) }
        if isInStream { StreamEnding.write(failure, to: &writer) }
        writer.endObject()
        writer.endObject()
    }

    private static func words(for failure: Failure) -> (type: String, code: String) {
        switch failure.kind {
        case .invalidRequest: ("invalid_request_error", failure.status == 400 ? "bad_request" : "")
        case .contextLength: ("invalid_request_error", "context_length_exceeded")
        case .unsupported: ("invalid_request_error", "unsupported_parameter")
        case .contentPolicy: ("invalid_request_error", "content_policy_violation")
        case .authentication: ("authentication_error", "invalid_api_key")
        case .billing: ("billing_error", "payment_required")
        case .permission: ("permission_error", "insufficient_quota")
        case .notFound: ("invalid_request_error", "model_not_found")
        case .notSupported: ("invalid_request_error", "model_not_supported")
        case .requestTimeout, .unprocessable, .clientGone: ("invalid_request_error", "")
        case .tooLarge: ("invalid_request_error", "request_too_large")
        case .rateLimit: ("rate_limit_error", "rate_limit_exceeded")
        case .server: ("server_error", failure.status == 500 ? "internal_server_error" : "")
        case .badGateway: ("server_error", "bad_gateway")
        case .unavailable: ("server_error", "service_unavailable")
        case .overloaded: ("server_error", "overloaded")
        case .timeout: ("server_error", "gateway_timeout")
        }
    }
}
