package import JSONCore

/// Calls without a prompt, which only ask Ollama to load a model into memory or to remove it.
///
/// A gateway has nothing to load: it answers at once, without a provider.
package enum OllamaLoad {
    /// Whether a chat body, or one made of `/api/generate`, has no messages.
    package static func isAsked(by root: JSONValue) -> Bool {
        guard let messages = root.present("messages") else { return true }
        return messages.isArray && messages.count == 0
    }

    /// The answer: the whole body, which is also the only line of a stream.
    package static func answer(to root: JSONValue, model: String, createdAt: Int, layout: AnswerLayout) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("model", model)
        writer.member("created_at", OllamaTime.text(createdAt))
        if layout == .generate {
            writer.member("response", "")
        } else {
            writer.key("message")
            writer.beginObject()
            writer.member("role", literal: "assistant")
            writer.member("content", "")
            writer.endObject()
        }
        writer.member("done", true)
        writer.member("done_reason", literal: unloads(root) ? "unload" : "load")
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Whether the model is to leave the memory: `keep_alive` is no time at all.
    private static func unloads(_ root: JSONValue) -> Bool {
        guard let time = root.present("keep_alive") else { return false }
        if let text = time.string { return ["0", "0s", "0m", "0h"].contains(text) }
        return time.double == 0
    }
}
