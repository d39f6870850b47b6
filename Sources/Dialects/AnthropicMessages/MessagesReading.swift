import JSONCore

/// The frames of an Anthropic stream, in the order of their frequency.
enum MessagesEventType {
    case contentBlockDelta, contentBlockStart, contentBlockStop, messageStart, messageDelta, messageStop, ping, error
    /// A whole message where a stream was expected.
    case message

    /// Reads the type from the data, else from the frame's `event:` field.
    init?(_ frame: JSONValue, name: String?) {
        let type = frame["type"]
        if type?.equals("content_block_delta") == true {
            self = .contentBlockDelta
        } else if let known = type?.string.flatMap({ Self.named[$0] }) ?? name.flatMap({ Self.named[$0] }) {
            self = known
        } else if frame.present("error") != nil {
            self = .error
        } else {
            return nil
        }
    }

    private static let named: [String: MessagesEventType] = [
        "content_block_delta": .contentBlockDelta, "content_block_start": .contentBlockStart,
        "content_block_stop": .contentBlockStop, "message_start": .messageStart, "message_delta": .messageDelta,
        "message_stop": .messageStop, "ping": .ping, "error": .error, "message": .message,
    ]
}

enum MessagesStopReason {
    /// Reads the stop reason of a message or of a `message_delta`'s delta; `nil` when there is none yet.
    static func read(_ json: JSONValue) -> StopReason? {
        guard let reason = json.present("stop_reason")?.string else { return nil }
        switch reason {
        case "end_turn": return .stop
        case "max_tokens": return .length
        case "stop_sequence": return .stopSequence(json.present("stop_sequence")?.string)
        case "tool_use": return .toolCalls
        case "pause_turn": return .pause
        case "refusal": return .refusal(json.present("stop_details")?.present("explanation")?.string)
        case "model_context_window_exceeded": return .contextLength
        default: return .other(reason)
        }
    }

    static func write(_ reason: StopReason) -> StaticString {
        switch reason {
        case .stop, .malformedToolCall, .other, .cancelled: "end_turn"
        case .stopSequence(let text): text == nil ? "end_turn" : "stop_sequence"
        case .length: "max_tokens"
        case .contextLength: "model_context_window_exceeded"
        case .toolCalls: "tool_use"
        case .contentFilter, .refusal: "refusal"
        case .pause: "pause_turn"
        }
    }

    /// Writes `stop_reason`, `stop_sequence` and, for refusals, `stop_details`.
    static func writeMembers(_ reason: StopReason, to writer: inout JSONWriter) {
        writer.member("stop_reason", literal: write(reason))
        if case .stopSequence(let text?) = reason {
            writer.member("stop_sequence", text)
        } else {
            writer.memberNull("stop_sequence")
        }
        switch reason {
        case .contentFilter(let explanation), .refusal(let explanation):
            writer.key("stop_details")
            writer.beginObject()
            writer.member("type", literal: "refusal")
            writer.memberNull("category")
            if let explanation {
                writer.member("explanation", explanation)
            } else {
                writer.memberNull("explanation")
            }
            writer.endObject()
        default: break
        }
    }
}

/// Usage as Anthropic writes it.
enum MessagesUsage {
    static func read(_ json: JSONValue) -> Usage {
        var usage = Usage()
        usage.input = count(json["input_tokens"])
        usage.output = count(json["output_tokens"])
        usage.cacheRead = count(json["cache_read_input_tokens"])
        let written = count(json["cache_creation_input_tokens"])
        let split = json.present("cache_creation")
        let short = count(split?["ephemeral_5m_input_tokens"])
        let long = count(split?["ephemeral_1h_input_tokens"])
        if (short ?? 0) &+ (long ?? 0) > 0 || written == nil {
            usage.cacheWrite5m = short
            usage.cacheWrite1h = long
        } else {
            usage.cacheWrite5m = written
        }
        usage.reasoning = count(json.present("output_tokens_details")?["thinking_tokens"])
        usage.webSearches = count(json.present("server_tool_use")?["web_search_requests"])
        usage.webFetches = count(json.present("server_tool_use")?["web_fetch_requests"])
        usage.serviceTier = json["service_tier"]?.string
        return usage
    }

    private static func count(_ json: JSONValue?) -> Int? { json?.int.map { max(0, $0) } }

    /// Writes the figures of a finished answer.
    static func write(_ usage: Usage, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("input_tokens", usage.input ?? 0)
        writer.member("cache_creation_input_tokens", usage.cacheWrite ?? 0)
        writer.member("cache_read_input_tokens", usage.cacheRead ?? 0)
        if let long = usage.cacheWrite1h {
            writer.key("cache_creation")
            writer.beginObject()
            writer.member("ephemeral_5m_input_tokens", usage.cacheWrite5m ?? 0)
            writer.member("ephemeral_1h_input_tokens", long)
            writer.endObject()
        }
        writer.member("output_tokens", usage.output ?? 0)
        if let reasoning = usage.reasoning {
            writer.key("output_tokens_details")
            writer.beginObject()
            writer.member("thinking_tokens", reasoning)
            writer.endObject()
        }
        if usage.webSearches != nil || usage.webFetches != nil {
            writer.key("server_tool_use")
            writer.beginObject()
            writer.member("web_search_requests", usage.webSearches ?? 0)
            writer.member("web_fetch_requests", usage.webFetches ?? 0)
            writer.endObject()
        }
        switch usage.serviceTier {
        case nil: break
        case "priority"?: writer.member("service_tier", literal: "priority")
        case "batch"?: writer.member("service_tier", literal: "batch")
        default: writer.member("service_tier", literal: "standard")
        }
        if usage.estimated { writer.member("estimated", true) }
        writer.endObject()
    }
}
