import JSONCore

/// The members of a delta or message that mean something here.
enum ChatDeltaKey {
    case content, reasoningContent, reasoning, reasoningDetails, thinking, refusal, annotations, images, toolCalls
    case functionCall

    init?(_ key: JSONText) {
        // In the order of their frequency: nearly every delta has only the first.
        if key.equals("content") {
            self = .content
        } else if key.equals("tool_calls") {
            self = .toolCalls
        } else if key.equals("reasoning_content") {
            self = .reasoningContent
        } else if key.equals("role") {
            return nil
        } else if let rare = Self.rare.first(where: { key.equals($0.name) }) {
            self = rare.key
        } else {
            return nil
        }
    }

    private static let rare: [(name: StaticString, key: ChatDeltaKey)] = [
        ("reasoning", .reasoning), ("reasoning_details", .reasoningDetails), ("refusal", .refusal),
        ("annotations", .annotations), ("images", .images), ("thinking", .thinking), ("function_call", .functionCall),
    ]
}

/// The members of a choice, found in one pass; those that are null count as absent.
struct ChatChoiceParts {
    private(set) var index: JSONValue?
    private(set) var usage: JSONValue?
    private(set) var delta: JSONValue?
    private(set) var message: JSONValue?
    private(set) var text: JSONValue?
    private(set) var finishReason: JSONValue?
    private(set) var logprobs: JSONValue?

    init(_ choice: JSONValue) {
        for (key, value) in choice.members where !value.isNull {
            if key.equals("index") {
                index = value
            } else if key.equals("delta") {
                delta = value
            } else if key.equals("finish_reason") {
                finishReason = value
            } else if key.equals("message") {
                message = value
            } else if key.equals("usage") {
                usage = value
            } else if key.equals("text") {
                text = value
            } else if key.equals("logprobs") {
                logprobs = value
            }
        }
    }
}

/// One entry of `reasoning_details` (OpenRouter's form, which also carries our signatures).
struct ChatReasoningDetail {
    var text: JSONText?
    var signature: Signature?
    var encrypted: Signature?

    /// The name under which this gateway writes its own entries.
    static let format = "omniroute-v1"

    static func read(_ list: JSONValue) -> [ChatReasoningDetail] {
        list.elements.compactMap { entry in
            guard entry.isObject else { return nil }
            let family = family(ofFormat: entry["format"]?.string ?? "")
            if let data = entry.present("data")?.text {
                return Signature.read(data, native: family).map { ChatReasoningDetail(encrypted: $0) }
            }
            let text = entry.present("text")?.text ?? entry.present("summary")?.text
            let signature = Signature.read(entry.present("signature")?.text, native: family)
            return text == nil && signature == nil ? nil : ChatReasoningDetail(text: text, signature: signature)
        }
    }

    private static func family(ofFormat format: String) -> SignatureFamily {
        if format.hasPrefix("anthropic") { return .anthropic }
        if format.hasPrefix("google") { return .gemini }
        return format.hasPrefix("openai") ? .openAI : .foreign
    }
}

enum ChatStopReason {
    /// Reads `finish_reason` of a choice.
    static func read(_ reason: String, of choice: JSONValue) -> StopReason {
        switch reason {
        case "stop", "eos", "end_turn":
            // vLLM and SGLang name the stop sequence that was hit; numbers there are token ids.
            let members = JSONLookup(choice)
            let text = members["stop_reason"]?.string ?? members["matched_stop"]?.string
            return text.map { .stopSequence($0) } ?? .stop
        case "length", "max_tokens": return .length
        case "tool_calls", "function_call": return .toolCalls
        case "content_filter", "sensitive": return .contentFilter(nil)
        default: return .other(reason)
        }
    }

    /// The `finish_reason` of an answer that has refusal text or not.
    static func write(_ reason: StopReason, hasRefusalText: Bool, usesOldFunctions: Bool) -> StaticString {
        switch reason {
        case .stop, .stopSequence, .pause, .malformedToolCall, .other, .cancelled: "stop"
        case .length, .contextLength: "length"
        case .toolCalls: usesOldFunctions ? "function_call" : "tool_calls"
        case .contentFilter: "content_filter"
        case .refusal: hasRefusalText ? "stop" : "content_filter"
        }
    }
}

extension JSONValue {
    /// A string, or the text of a number where a server sends numbers for identifiers.
    var wireText: String? { string ?? numberText }
}
