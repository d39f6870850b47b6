import Dialects
import JSONCore

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

    /// A whole answer.
    static func whole(_ text: String) -> String {
        #"{"id":"m1","type":"message","role":"assistant","model":"up-model","content":[{"type":"text","text":"\#(text)"}],"#
            + #""stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":5}}"#
    }

    static func event(_ type: String, _ rest: String?) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\"\(rest.map { ",\($0)" } ?? "")}\n\n"
    }
}

extension Dialect {
    /// The beginning of a stream, up to and with some content.
    func opening(_ text: String) -> String {
        switch self {
        case .openAIChat: Chat.role + Chat.text(text)
        case .openAIResponses: Responses.start + Responses.text(text)
        case .anthropicMessages: Messages.start + Messages.open + Messages.text(text)
        case .gemini: Gemini.text(text)
        case .ollama: Ollama.text(text)
        }
    }

    /// More content.
    func more(_ text: String) -> String {
        switch self {
        case .openAIChat: Chat.text(text)
        case .openAIResponses: Responses.text(text, number: 4)
        case .anthropicMessages: Messages.text(text)
        case .gemini: Gemini.text(text)
        case .ollama: Ollama.text(text)
        }
    }

    /// The end of a stream that reports output tokens.
    func ending(output: Int) -> String { finish(output: output) + endMark }

    /// The reason for the end, with the figures.
    func finish(output: Int) -> String {
        switch self {
        case .openAIChat: Chat.finish() + Chat.usage(12, output)
        case .openAIResponses: Responses.completed(output: output)
        case .anthropicMessages: Messages.close + Messages.delta(output: output)
        case .gemini: Gemini.finish(output: output)
        case .ollama: Ollama.done(output: output)
        }
    }

    /// What follows the reason for the end; with the other dialects that is all.
    private var endMark: String {
        switch self {
        case .openAIChat: Chat.done
        case .anthropicMessages: Messages.stop
        case .openAIResponses, .gemini, .ollama: ""
        }
    }

    /// Whether anything is still to come after the reason for the end, be it only the end of the stream.
    var hasSeparateEnd: Bool { self != .openAIResponses && self != .ollama }

    /// How a provider says in mid-stream that it has failed.
    func failing(_ message: String) -> String {
        switch self {
        case .openAIChat: #"data: {"error":{"message":"\#(message)","type":"server_error"}}"# + "\n\n"
        case .openAIResponses: Responses.failed(message)
        case .anthropicMessages:
            Messages.event("error", #""error":{"type":"api_error","message":"\#(message)"}"#)
        case .gemini: #"data: {"error":{"code":500,"message":"\#(message)","status":"INTERNAL"}}"# + "\r\n\r\n"
        case .ollama: #"{"error":"\#(message)"}"# + "\n"
        }
    }

    /// A whole answer with 10 tokens in and 5 out.
    func whole(_ text: String) -> String {
        switch self {
        case .openAIChat: Chat.whole(text)
        case .openAIResponses: Responses.whole(text)
        case .anthropicMessages: Messages.whole(text)
        case .gemini: Gemini.whole(text)
        case .ollama: Ollama.whole(text)
        }
    }

    /// The type of a provider's stream.
    var streamType: String { self == .ollama ? "application/x-ndjson" : "text/event-stream" }

    /// What only a complete answer of the dialect has.
    var cleanEnd: String {
        switch self {
        case .openAIChat: #""finish_reason":"stop""#
        case .openAIResponses: "event: response.completed\n"
        case .anthropicMessages: "message_stop"
        case .gemini: #""finishReason":"STOP""#
        case .ollama: #""done":true"#
        }
    }

    /// What the last event of a stream has.
    var lastEvent: String {
        switch self {
        case .openAIChat: "[DONE]"
        case .openAIResponses, .anthropicMessages, .gemini, .ollama: cleanEnd.filter { $0 != "\n" }
        }
    }

    /// What an error event of the dialect begins with.
    var errorEvent: String {
        switch self {
        case .openAIChat, .gemini: #"data: {"error":{"#
        case .openAIResponses: #"event: response.failed"# + "\n" + #"data: {"type":"response.failed","#
        case .anthropicMessages: "event: error\ndata: {\"type\":\"error\",\"error\":{"
        case .ollama: #"{"error":""#
        }
    }

    /// The text that a client reads in a stream.
    func text(in sink: RecordingSink) -> String {
        let data = self == .ollama ? sink.text.split(separator: "\n").map(String.init) : sink.events
        return data.compactMap { (try? JSONDocument.parse(text: $0)).flatMap { text(in: $0.root) } }.joined()
    }

    private func text(in event: JSONValue) -> String? {
        switch self {
        case .openAIChat: event["choices"]?.first?["delta"]?["content"]?.string
        case .openAIResponses:
            event["type"]?.equals("response.output_text.delta") == true ? event["delta"]?.string : nil
        case .anthropicMessages: event["delta"]?["text"]?.string
        case .gemini: event["candidates"]?.first?["content"]?["parts"]?.first?["text"]?.string
        case .ollama: event["message"]?["content"]?.string
        }
    }

    /// Whether a piece of a stream to a client only says that the answer is still on its way.
    func isKeepAlive(_ piece: String) -> Bool {
        switch self {
        case .openAIChat: piece == ": keepalive\n\n"
        case .openAIResponses: piece.hasPrefix("event: response.in_progress\n")
        case .anthropicMessages: piece == "event: ping\ndata: {\"type\": \"ping\"}\n\n"
        case .gemini: piece == "\r\n"
        case .ollama: piece.contains(#""content":""},"done":false"#)
        }
    }
}
