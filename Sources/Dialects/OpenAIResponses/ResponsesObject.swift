package import JSONCore

/// The response object, as it stands in events and as a whole body.
struct ResponsesObject {
    enum Status: String {
        case completed, failed, incomplete
        case inProgress = "in_progress"
    }

    var id: String
    var createdAt: Int
    /// When the answer was complete; `nil` while it is not.
    var completedAt: Int?
    var model: String
    /// The members that repeat the request's settings.
    var echo: [UInt8]
    /// Finished items in their order, each as JSON.
    var output: [[UInt8]] = []
    var usage: Usage?
    /// Why the model stopped; `nil` while it has not.
    var stop: StopReason?
    var failure: Failure?

    var status: Status {
        if failure != nil { return .failed }
        guard let stop else { return .inProgress }
        return Self.incompleteReason(stop) == nil ? .completed : .incomplete
    }

    /// A refusal whose text is no part of its own would look like any other answer: it is told as a filter's work.
    static func told(_ stop: StopReason, hasRefusalText: Bool) -> StopReason {
        if case .refusal(let detail) = stop, !hasRefusalText { return .contentFilter(detail) }
        return stop
    }

    static func incompleteReason(_ stop: StopReason) -> StaticString? {
        switch stop {
        case .length, .contextLength: "max_output_tokens"
        case .contentFilter: "content_filter"
        case .stop, .stopSequence, .toolCalls, .refusal, .pause, .malformedToolCall, .other, .cancelled: nil
        }
    }

    var bytes: [UInt8] {
        var writer = JSONWriter(capacity: 512 + echo.count + output.reduce(0) { $0 + $1.count + 1 })
        writer.beginObject()
        writer.member("id", id)
        writer.member("object", literal: "response")
        writer.member("created_at", createdAt)
        writer.member("status", status.rawValue)
        if let completedAt, status == .completed { writer.member("completed_at", completedAt) }
        writeError(to: &writer)
        writer.key("incomplete_details")
        if let reason = stop.flatMap(Self.incompleteReason), failure == nil {
            writer.beginObject()
            writer.member("reason", literal: reason)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.member("model", model)
        writer.key("output")
        writer.beginArray()
        for item in output { writer.raw(bytes: item) }
        writer.endArray()
        writer.bytes.append(contentsOf: echo.isEmpty ? ResponsesEcho.none : echo)
        writer.key("usage")
        if let usage { ResponsesUsage.write(usage, to: &writer) } else { writer.null() }
        writer.endObject()
        return writer.bytes
    }

    private func writeError(to writer: inout JSONWriter) {
        guard let failure else { return writer.memberNull("error") }
        writer.key("error")
        writer.beginObject()
        let isOwn = failure.origin == .openAIResponses
        writer.member("code", isOwn ? failure.code ?? Self.code(of: failure) : Self.code(of: failure))
        writer.member("message", failure.message)
        StreamEnding.write(failure, to: &writer)
        writer.endObject()
    }

    private static func code(of failure: Failure) -> String {
        switch failure.kind {
        case .invalidRequest: "invalid_prompt"
        case .unsupported, .contentPolicy, .notSupported, .tooLarge, .unprocessable, .clientGone: "bad_request"
        case .contextLength: "context_length_exceeded"
        case .authentication: "invalid_authentication"
        case .billing: "insufficient_quota"
        case .permission: "permission_denied"
        case .notFound: "model_not_found"
        case .rateLimit: "rate_limit_exceeded"
        case .requestTimeout, .server, .badGateway, .unavailable, .overloaded, .timeout: "server_error"
        }
    }
}

/// The settings of a request that its answer repeats.
enum ResponsesEcho {
    private static let defaults: [(key: StaticString, value: StaticString)] = [
        ("instructions", "null"), ("max_output_tokens", "null"), ("metadata", "{}"), ("parallel_tool_calls", "true"),
        ("previous_response_id", "null"), ("reasoning", #"{"effort":null,"summary":null}"#), ("store", "true"),
        ("temperature", "null"), ("text", #"{"format":{"type":"text"}}"#), ("tool_choice", #""auto""#),
        ("tools", "[]"), ("top_p", "null"), ("truncation", #""disabled""#), ("user", "null"),
    ]

    /// The members for a request that says nothing.
    static let none = members(of: JSONDocument.emptyObject.root)

    /// The members to stand behind others, each with a comma in front; `earlier` is the response that the request named
    /// before its items took its place.
    static func members(of request: JSONValue, continuing earlier: String? = nil) -> [UInt8] {
        var out: [UInt8] = []
        for (key, value) in defaults {
            out.append(",\"")
            out.append(key)
            out.append("\":")
            if let given = request.present(key) {
                out.append(contentsOf: JSONCompaction.compact(given))
            } else if let earlier, "\(key)" == "previous_response_id" {
                out.append(contentsOf: JSONLiteral.string(earlier))
            } else {
                out.append(value)
            }
        }
        return out
    }
}

/// Events of a stream whose data is a response object.
enum ResponsesEvent {
    static func write(
        _ object: ResponsesObject,
        as type: StaticString,
        sequence: inout Int,
        into out: inout [UInt8]
    ) {
        begin(type, sequence: &sequence, into: &out)
        out.append(",\"response\":")
        out.append(contentsOf: object.bytes)
        out.append("}\n\n")
    }

    /// Writes an event up to its number.
    static func begin(_ type: StaticString, sequence: inout Int, into out: inout [UInt8]) {
        out.append("event: ")
        out.append(type)
        out.append("\ndata: {\"type\":\"")
        out.append(type)
        out.append("\",\"sequence_number\":")
        out.append(contentsOf: JSONLiteral.int(sequence))
        // The number before it may be a provider's.
        sequence &+= 1
    }
}

/// Usage as Responses writes it.
package enum ResponsesUsage {
    /// The figures, each at least 0: they come from outside.
    package static func read(_ json: JSONValue) -> Usage {
        var usage = Usage()
        let details = json.present("input_tokens_details")
        usage.cacheRead = count(details?["cached_tokens"])
        usage.cacheWrite5m = count(details?["cache_write_tokens"])
        usage.input = count(json["input_tokens"]).map {
            max(0, $0 &- (usage.cacheRead ?? 0) &- (usage.cacheWrite5m ?? 0))
        }
        usage.output = count(json["output_tokens"])
        usage.reasoning = count(json.present("output_tokens_details")?["reasoning_tokens"])
        return usage
    }

    private static func count(_ json: JSONValue?) -> Int? { json?.int.map { max(0, $0) } }

    static func write(_ usage: Usage, to writer: inout JSONWriter) {
        let input = usage.totalInput
        let output = usage.output ?? 0
        writer.beginObject()
        writer.member("input_tokens", input)
        writer.key("input_tokens_details")
        writer.beginObject()
        writer.member("cached_tokens", usage.cacheRead ?? 0)
        if let written = usage.cacheWrite, written > 0 { writer.member("cache_write_tokens", written) }
        writer.endObject()
        writer.member("output_tokens", output)
        writer.key("output_tokens_details")
        writer.beginObject()
        writer.member("reasoning_tokens", usage.reasoning ?? 0)
        writer.endObject()
        writer.member("total_tokens", input &+ output)
        if usage.estimated { writer.member("estimated", true) }
        writer.endObject()
    }
}
