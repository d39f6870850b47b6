import JSONCore

/// Failures as Google's APIs spell them.
enum GeminiErrors {
    static func status(of failure: Failure) -> Int { failure.status == 529 ? 503 : failure.status }

    static func body(_ failure: Failure, isInStream: Bool = false) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.member("code", status(of: failure))
        writer.member("message", failure.message)
        writer.member("status", literal: word(for: failure))
        writer.key("details")
        writer.beginArray()
        writeDetails(of: failure, to: &writer)
        writer.endArray()
        if isInStream { StreamEnding.write(failure, to: &writer) }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private static func writeDetails(of failure: Failure, to writer: inout JSONWriter) {
        if let field = failure.param {
            writer.beginObject()
            writer.member("@type", literal: "type.googleapis.com/google.rpc.BadRequest")
            writer.key("fieldViolations")
            writer.beginArray()
            writer.beginObject()
            writer.member("field", field)
            writer.member("description", failure.message)
            writer.endObject()
            writer.endArray()
            writer.endObject()
        }
        if let seconds = failure.retryAfter {
            writer.beginObject()
            writer.member("@type", literal: "type.googleapis.com/google.rpc.RetryInfo")
            writer.member("retryDelay", "\(seconds)s")
            writer.endObject()
        }
    }

    static func writeEvent(_ failure: Failure, into out: inout [UInt8]) {
        out.append("data: ")
        out.append(contentsOf: body(failure, isInStream: true))
        out.append("\r\n\r\n")
    }

    private static func word(for failure: Failure) -> StaticString {
        switch failure.kind {
        case .invalidRequest, .contextLength, .unsupported, .contentPolicy, .tooLarge, .unprocessable:
            "INVALID_ARGUMENT"
        case .authentication: "UNAUTHENTICATED"
        case .billing, .notSupported: "FAILED_PRECONDITION"
        case .permission: "PERMISSION_DENIED"
        case .notFound: "NOT_FOUND"
        case .requestTimeout, .timeout: "DEADLINE_EXCEEDED"
        case .rateLimit: "RESOURCE_EXHAUSTED"
        case .clientGone: "CANCELLED"
        case .server: "INTERNAL"
        case .badGateway, .unavailable, .overloaded: "UNAVAILABLE"
        }
    }
}
