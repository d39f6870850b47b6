import HTTPCore
import JSONCore

/// The built-in model `demo/echo`: it repeats what it was told, so that a new installation answers before any key is added.
enum DemoProvider {
    static let id = "demo"

    /// Answers a Chat Completions request as an upstream would, whole or streamed.
    static func answer(_ request: JSONDocument, stream: Bool, id: String, createdAt: Int) -> LocalSource {
        let text = reply(to: request)
        let inputTokens = (request.bytes.count + 3) / 4
        let outputTokens = (text.utf8.count + 3) / 4
        let answer = Answer(id: id, createdAt: createdAt, text: text, input: inputTokens, output: outputTokens)
        return stream
            ? LocalSource(status: .ok, contentType: "text/event-stream", pieces: answer.events)
            : LocalSource(status: .ok, contentType: "application/json", pieces: [answer.whole])
    }

    private static func reply(to request: JSONDocument) -> String {
        var said = ""
        if let messages = request.root["messages"] {
            for message in messages.elements where message["role"]?.equals("user") == true {
                said = text(of: message["content"]) ?? said
            }
        }
        let notice = "OmniRoute works. This is the built-in demo model; add a provider key to talk to a real one."
        return said.isEmpty ? notice : "\(notice) You said: \(said)"
    }

    private static func text(of content: JSONValue?) -> String? {
        guard let content else { return nil }
        if let text = content.string { return text }
        let parts = content.elements.compactMap { $0["text"]?.string }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}

private struct Answer {
    var id: String
    var createdAt: Int
    var text: String
    var input: Int
    var output: Int

    var whole: [UInt8] {
        var json = JSONWriter()
        begin(&json, object: "chat.completion")
        json.beginObject()
        json.member("index", 0)
        json.key("message")
        json.beginObject()
        json.member("role", "assistant")
        json.member("content", text)
        json.endObject()
        json.member("finish_reason", "stop")
        json.endObject()
        json.endArray()
        writeUsage(&json)
        json.endObject()
        return json.bytes
    }

    /// A chunk per word, the finish, the usage, and the sentinel.
    var events: [[UInt8]] {
        var events = [event(content: "", role: true)]
        for (index, word) in text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            events.append(event(content: index == 0 ? String(word) : " \(word)", role: false))
        }
        events.append(event(content: nil, role: false))
        var usage = JSONWriter()
        begin(&usage, object: "chat.completion.chunk")
        usage.endArray()
        writeUsage(&usage)
        usage.endObject()
        events.append(frame(usage.bytes))
        events.append(Array("data: [DONE]\n\n".utf8))
        return events
    }

    private func event(content: String?, role: Bool) -> [UInt8] {
        var json = JSONWriter()
        begin(&json, object: "chat.completion.chunk")
        json.beginObject()
        json.member("index", 0)
        json.key("delta")
        json.beginObject()
        if role { json.member("role", "assistant") }
        if let content { json.member("content", content) }
        json.endObject()
        if content == nil { json.member("finish_reason", "stop") } else { json.memberNull("finish_reason") }
        json.endObject()
        json.endArray()
        json.endObject()
        return frame(json.bytes)
    }

    private func begin(_ json: inout JSONWriter, object: String) {
        json.beginObject()
        json.member("id", id)
        json.member("object", object)
        json.member("created", createdAt)
        json.member("model", "echo")
        json.key("choices")
        json.beginArray()
    }

    private func writeUsage(_ json: inout JSONWriter) {
        json.key("usage")
        json.beginObject()
        json.member("prompt_tokens", input)
        json.member("completion_tokens", output)
        json.member("total_tokens", input + output)
        json.endObject()
    }

    private func frame(_ json: [UInt8]) -> [UInt8] {
        Array("data: ".utf8) + json + Array("\n\n".utf8)
    }
}
