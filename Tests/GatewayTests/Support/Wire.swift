import Dialects

/// Pieces of a Chat Completions stream.
enum Chat {
    static let role = event(#"{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}"#)
    static let done = "data: [DONE]\n\n"

    static func text(_ text: String) -> String {
        event(#"{"index":0,"delta":{"content":"\#(text)"},"finish_reason":null}"#)
    }

    static func finish(_ reason: String = "stop") -> String {
        event(#"{"index":0,"delta":{},"finish_reason":"\#(reason)"}"#)
    }

    /// The chunk with the figures; `more` is appended to them.
    static func usage(_ input: Int, _ output: Int, more: String = "") -> String {
        #"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up-model","choices":[],"#
            + #""usage":{"prompt_tokens":\#(input),"completion_tokens":\#(output)\#(more)}}"# + "\n\n"
    }

    /// A whole answer.
    static func whole(
        _ text: String = "Hello",
        usage: String? = #"{"prompt_tokens":10,"completion_tokens":5}"#
    ) -> String {
        #"{"id":"c1","object":"chat.completion","created":1,"model":"up-model","choices":[{"index":0,"message":"#
            + #"{"role":"assistant","content":"\#(text)"},"finish_reason":"stop"}]"#
            + (usage.map { #","usage":\#($0)"# } ?? "") + "}"
    }

    private static func event(_ choice: String) -> String {
        #"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up-model","choices":[\#(choice)]}"#
            + "\n\n"
    }
}

/// Pieces of an Anthropic Messages stream.
enum Messages {
    /// The first event, whose figure for the output is a placeholder.
    static let start = event(
        "message_start",
        #""message":{"id":"m1","type":"message","role":"assistant","model":"up-model","content":[],"#
            + #""usage":{"input_tokens":12,"output_tokens":1}}"#
    )
    static let open = event("content_block_start", #""index":0,"content_block":{"type":"text","text":""}"#)
    static let close = event("content_block_stop", #""index":0"#)
    static let stop = event("message_stop", nil)

    static func text(_ text: String) -> String {
        event("content_block_delta", #""index":0,"delta":{"type":"text_delta","text":"\#(text)"}"#)
    }

    static func delta(output: Int) -> String {
        event("message_delta", #""delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":\#(output)}"#)
    }

    static func event(_ type: String, _ rest: String?) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\"\(rest.map { ",\($0)" } ?? "")}\n\n"
    }
}

extension Dialect {
    /// Those that these tests have wire bytes of.
    static let scripted: [Dialect] = [.openAIChat, .anthropicMessages]

    /// The beginning of a stream, up to and with some content.
    func opening(_ text: String) -> String {
        switch self {
        case .openAIChat: Chat.role + Chat.text(text)
        case .anthropicMessages: Messages.start + Messages.open + Messages.text(text)
        default: ""
        }
    }

    /// The end of a stream that reports output tokens.
    func ending(output: Int) -> String {
        switch self {
        case .openAIChat: Chat.finish() + Chat.usage(12, output) + Chat.done
        case .anthropicMessages: Messages.close + Messages.delta(output: output) + Messages.stop
        default: ""
        }
    }

    /// What only a complete answer of the dialect has.
    var cleanEnd: String {
        switch self {
        case .openAIChat: #""finish_reason":"stop""#
        case .anthropicMessages: "message_stop"
        default: ""
        }
    }

    /// What an error event of the dialect begins with.
    var errorEvent: String {
        switch self {
        case .openAIChat: #"data: {"error":{"#
        case .anthropicMessages: "event: error\ndata: {\"type\":\"error\",\"error\":{"
        default: ""
        }
    }
}
