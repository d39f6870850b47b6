/// Pieces of a Responses stream.
enum Responses {
    static let start =
        event("response.created", 0, #""response":\#(object("in_progress"))"#)
        + event("response.output_item.added", 1, #""output_index":0,"item":\#(message("in_progress", []))"#)
        + event("response.content_part.added", 2, place + #","part":{"type":"output_text","text":"","annotations":[]}"#)

    private static let place = #""item_id":"msg_1","output_index":0,"content_index":0"#

    static func text(_ text: String, number: Int = 3) -> String {
        event("response.output_text.delta", number, place + #","delta":"\#(text)""#)
    }

    /// The last event; its output is empty, as some servers have it.
    static func completed(output: Int, input: Int = 12) -> String {
        event("response.completed", 4, #""response":\#(object("completed", usage: (input, output)))"#)
    }

    /// The last event of a response that came to nothing.
    static func failed(_ message: String) -> String {
        let error = #","error":{"code":"server_error","message":"\#(message)"}"#
        return event("response.failed", 4, #""response":\#(object("failed", more: error))"#)
    }

    /// A whole answer.
    static func whole(_ text: String, id: String = "resp_1", more: String = "") -> String {
        object("completed", id: id, items: message("completed", [text]), usage: (10, 5), more: more)
    }

    static func event(_ type: String, _ number: Int, _ rest: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\",\"sequence_number\":\(number),\(rest)}\n\n"
    }

    private static func message(_ status: String, _ texts: [String]) -> String {
        let parts = texts.map { #"{"type":"output_text","text":"\#($0)","annotations":[]}"# }.joined(separator: ",")
        return #"{"id":"msg_1","type":"message","status":"\#(status)","role":"assistant","content":[\#(parts)]}"#
    }

    private static func object(
        _ status: String,
        id: String = "resp_1",
        items: String = "",
        usage: (input: Int, output: Int)? = nil,
        more: String = ""
    ) -> String {
        let figures = usage.map {
            #"{"input_tokens":\#($0.input),"output_tokens":\#($0.output),"total_tokens":\#($0.input + $0.output)}"#
        }
        return #"{"id":"\#(id)","object":"response","created_at":1,"status":"\#(status)","model":"up-model","#
            + #""output":[\#(items)],"usage":\#(figures ?? "null")\#(more)}"#
    }
}

/// Pieces of a Gemini stream.
enum Gemini {
    static func text(_ text: String) -> String {
        "data: " + chunk(text, #""usageMetadata":{"promptTokenCount":12,"totalTokenCount":12}"#) + "\r\n\r\n"
    }

    static func finish(output: Int) -> String { "data: " + end("", usage(12, output)) + "\r\n\r\n" }

    /// A whole answer.
    static func whole(_ text: String) -> String { end(text, usage(10, 5)) }

    private static func end(_ text: String, _ usage: String) -> String {
        chunk(text, usage).replacing(#"},"index":0"#, with: #"},"finishReason":"STOP","index":0"#)
    }

    private static func chunk(_ text: String, _ rest: String) -> String {
        #"{"candidates":[{"content":{"parts":[{"text":"\#(text)"}],"role":"model"},"index":0}],"#
            + rest + #","modelVersion":"up-model","responseId":"r1"}"#
    }

    private static func usage(_ input: Int, _ output: Int) -> String {
        #""usageMetadata":{"promptTokenCount":\#(input),"candidatesTokenCount":\#(output),"#
            + #""totalTokenCount":\#(input + output)}"#
    }
}

/// Lines of an Ollama stream.
enum Ollama {
    static func text(_ text: String) -> String { line(text, #""done":false"#) + "\n" }

    static func done(output: Int) -> String { line("", end(12, output)) + "\n" }

    /// A whole answer.
    static func whole(_ text: String) -> String { line(text, end(10, 5)) }

    private static func line(_ text: String, _ rest: String) -> String {
        #"{"model":"up-model","created_at":"2026-01-01T00:00:00Z","#
            + #""message":{"role":"assistant","content":"\#(text)"},\#(rest)}"#
    }

    private static func end(_ input: Int, _ output: Int) -> String {
        #""done":true,"done_reason":"stop","total_duration":1,"load_duration":1,"prompt_eval_count":\#(input),"#
            + #""prompt_eval_duration":1,"eval_count":\#(output),"eval_duration":1"#
    }
}
