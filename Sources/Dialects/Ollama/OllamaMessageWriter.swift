import JSONCore

/// Writes the turns of a conversation as Ollama messages.
///
/// A user turn becomes one `tool` message per result and then a `user` message with everything else, beginning with the
/// images of the results, which `tool` messages cannot hold.
struct OllamaMessageWriter {
    private let profile: TargetProfile
    /// The names of the tools by the identifiers of their calls: results repeat them.
    private var toolNames: [String: String] = [:]

    init(profile: TargetProfile) {
        self.profile = profile
    }

    func write(_ conversation: Conversation, context: inout TranslationContext, to writer: inout JSONWriter) {
        var named = self
        for call in conversation.turns.lazy.flatMap(\.calls) { named.toolNames[call.id] = call.name }
        writer.key("messages")
        writer.beginArray()
        for text in SystemText.messages(conversation.system, joined: profile.systemOnlyFirst) {
            write("system", [.text(text)], context: &context, to: &writer)
        }
        for turn in conversation.turns {
            switch turn.role {
            case .system: named.write("system", turn.parts, context: &context, to: &writer)
            case .user: named.writeUser(turn, context: &context, to: &writer)
            case .assistant: named.writeAssistant(turn, to: &writer)
            }
        }
        writer.endArray()
    }

    // MARK: - Users

    private func writeUser(_ turn: Turn, context: inout TranslationContext, to writer: inout JSONWriter) {
        var rest: [Part] = []
        for result in turn.results { writeResult(result, attachments: &rest, to: &writer) }
        rest += turn.parts.filter { !$0.isToolResult }
        if !rest.isEmpty { write("user", rest, context: &context, to: &writer) }
    }

    private func write(
        _ role: StaticString,
        _ parts: [Part],
        context: inout TranslationContext,
        to writer: inout JSONWriter
    ) {
        var texts: [JSONText] = []
        var images: [JSONText] = []
        for part in parts {
            if case .media(let media) = part, media.kind == .image {
                if case .base64(let data) = media.source {
                    images.append(data)
                } else {
                    // Images by URL are fetched before; what could not be is only mentioned.
                    context.lose(.media, media.kind.rawValue)
                    texts.append(media.placeholder)
                }
            } else if let text = OllamaText.of(part) {
                texts.append(text)
            }
        }
        writer.beginObject()
        writer.member("role", literal: role)
        writer.member("content", JSONText.joined(texts, separator: "\n"))
        if !images.isEmpty {
            writer.key("images")
            writer.beginArray()
            for image in images { writer.text(image) }
            writer.endArray()
        }
        writer.endObject()
    }

    private func writeResult(_ result: ToolResult, attachments: inout [Part], to writer: inout JSONWriter) {
        let text = ToolResultText(result)
        attachments += text.attachments
        writer.beginObject()
        writer.member("role", literal: "tool")
        if let name = toolNames[result.callID] ?? result.name { writer.member("tool_name", name) }
        writer.member("tool_call_id", result.callID)
        writer.member("content", text.text)
        writer.endObject()
    }

    // MARK: - Assistant

    private func writeAssistant(_ turn: Turn, to writer: inout JSONWriter) {
        let thoughts = turn.parts.compactMap { part -> JSONText? in
            guard case .thinking(let thinking) = part, !thinking.text.isEmpty else { return nil }
            return thinking.text
        }
        writer.beginObject()
        writer.member("role", literal: "assistant")
        writer.member("content", JSONText.joined(turn.parts.compactMap(OllamaText.of), separator: ""))
        if !thoughts.isEmpty { writer.member("thinking", JSONText.joined(thoughts, separator: "\n\n")) }
        if turn.hasCalls {
            writer.key("tool_calls")
            writer.beginArray()
            for (index, call) in turn.calls.enumerated() { write(call, index, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    private func write(_ call: ToolCall, _ index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", call.id)
        writer.key("function")
        writer.beginObject()
        writer.member("index", index)
        writer.member("name", call.name)
        writer.key("arguments")
        switch call.arguments {
        case .object(let value): writer.raw(value)
        case .text(let text) where call.kind == .custom:
            writer.beginObject()
            writer.member("input", text)
            writer.endObject()
        case .text(let text): writer.raw(bytes: JSONRepair.object(from: text).bytes)
        }
        writer.endObject()
        writer.endObject()
    }
}

/// The text of the parts that Ollama knows as text only.
private enum OllamaText {
    static func of(_ part: Part) -> JSONText? {
        switch part {
        case .text(let part): part.text
        case .refusal(let text): text
        case .searchResult(let hit): SearchResults.text(of: hit)
        case .media(let media): ChatMedia.text(of: media)
        case .toolCall, .toolResult, .thinking, .redactedThinking, .opaque: nil
        }
    }
}
