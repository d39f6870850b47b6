import JSONCore

/// Writes parts as Anthropic's content blocks.
enum MessagesBlockWriter {
    static func write(_ parts: [Part], to writer: inout JSONWriter) {
        writer.beginArray()
        for part in parts { write(part, to: &writer) }
        writer.endArray()
    }

    static func write(_ text: JSONText, _ cache: CacheMark?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "text")
        writer.member("text", text)
        cache?.write(to: &writer)
        writer.endObject()
    }

    static func write(_ part: Part, to writer: inout JSONWriter) {
        switch part {
        case .text(let part): write(part.text, part.cache, to: &writer)
        case .refusal(let text): write(text, nil, to: &writer)
        case .media(let media): write(media, to: &writer)
        case .toolCall(let call): write(call, to: &writer)
        case .toolResult(let result): write(result, to: &writer)
        case .thinking(let thinking):
            writer.beginObject()
            writer.member("type", literal: "thinking")
            writer.member("thinking", thinking.text)
            writer.member("signature", thinking.signature?.data ?? "")
            writer.endObject()
        case .redactedThinking(let signature):
            writer.beginObject()
            writer.member("type", literal: "redacted_thinking")
            writer.member("data", signature.data)
            writer.endObject()
        case .searchResult(let block), .opaque(let block, .anthropicMessages): writer.raw(block)
        case .opaque: break
        }
    }

    // MARK: - Tools

    private static func write(_ call: ToolCall, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "tool_use")
        writer.member("id", call.id)
        writer.member("name", call.name)
        writer.key("input")
        call.writeArgumentsObject(to: &writer)
        call.cache?.write(to: &writer)
        writer.endObject()
    }

    private static func write(_ result: ToolResult, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "tool_result")
        writer.member("tool_use_id", result.callID)
        if result.parts.count == 1, case .text(let part) = result.parts[0] {
            writer.member("content", part.text)
        } else if !result.parts.isEmpty {
            writer.key("content")
            writer.beginArray()
            for part in result.parts {
                // A mark belongs to the result, not to a part of it.
                var part = part
                part.cache = nil
                write(part, to: &writer)
            }
            writer.endArray()
        }
        if result.isError { writer.member("is_error", true) }
        result.cache?.write(to: &writer)
        writer.endObject()
    }

    // MARK: - Media

    private static func write(_ media: Media, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: media.kind == .document ? "document" : "image")
        writer.key("source")
        writer.beginObject()
        switch media.source {
        case .base64(let data):
            writer.member("type", literal: "base64")
            writer.member("media_type", media.type ?? (media.kind == .document ? "application/pdf" : "image/png"))
            writer.member("data", data)
        case .url(let url):
            writer.member("type", literal: "url")
            writer.member("url", url)
        case .file(let id, _):
            writer.member("type", literal: "file")
            writer.member("file_id", id)
        case .text(let text):
            writer.member("type", literal: "text")
            writer.member("media_type", literal: "text/plain")
            writer.member("data", text)
        case .blocks(let blocks, _):
            writer.member("type", literal: "content")
            writer.member("content", blocks)
        }
        writer.endObject()
        if media.kind == .document { writeDetails(of: media, to: &writer) }
        media.cache?.write(to: &writer)
        writer.endObject()
    }

    private static func writeDetails(of media: Media, to writer: inout JSONWriter) {
        if let title = media.title ?? media.filename { writer.member("title", title) }
        if let context = media.context { writer.member("context", context) }
        guard media.wantsCitations else { return }
        writer.key("citations")
        writer.beginObject()
        writer.member("enabled", true)
        writer.endObject()
    }
}
