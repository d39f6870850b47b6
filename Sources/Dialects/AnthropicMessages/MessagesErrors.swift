import JSONCore

/// Failures as Anthropic spells them.
enum MessagesErrors {
    static func body(_ failure: Failure, requestID: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", literal: "error")
        writer.key("error")
        writer.beginObject()
        writer.member(
            "type",
            failure.origin == .anthropicMessages ? failure.type ?? type(of: failure) : type(of: failure)
        )
        writer.member("message", message(of: failure))
        if let code = failure.code, code.hasPrefix(threadCodes) { writeDetails(code, to: &writer) }
        if requestID == nil { StreamEnding.write(failure, to: &writer) }
        writer.endObject()
        if let requestID { writer.member("request_id", MessagesRequestID.text(requestID)) }
        writer.endObject()
        return writer.bytes
    }

    static func writeEvent(_ failure: Failure, into out: inout [UInt8]) {
        out.append("event: error\ndata: ")
        out.append(contentsOf: body(failure, requestID: nil))
        out.append("\n\n")
    }

    /// A conversation that the provider keeps cannot go on there; Anthropic's clients then send the whole of it.
    static let threadUnsupported = threadCodes + "unsupported_request"
    private static let threadCodes = "thread_"

    private static func writeDetails(_ code: String, to writer: inout JSONWriter) {
        writer.key("details")
        writer.beginObject()
        writer.member("error_code", code)
        writer.endObject()
    }

    /// Claude Code compacts its context when it reads these words.
    private static func message(of failure: Failure) -> String {
        let opening = "prompt is too long"
        guard failure.kind == .contextLength, !failure.message.hasPrefix(opening) else { return failure.message }
        return "\(opening): \(failure.message)"
    }

    private static func type(of failure: Failure) -> String {
        switch failure.kind {
        case .invalidRequest, .contextLength, .unsupported, .contentPolicy, .notSupported, .unprocessable, .clientGone:
            "invalid_request_error"
        case .authentication: "authentication_error"
        case .billing: "billing_error"
        case .permission: "permission_error"
        case .notFound: "not_found_error"
        case .requestTimeout, .timeout: "timeout_error"
        case .tooLarge: "request_too_large"
        case .rateLimit: "rate_limit_error"
        case .server, .badGateway: "api_error"
        case .unavailable, .overloaded: "overloaded_error"
        }
    }
}
