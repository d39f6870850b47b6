import JSONCore

/// Writes the turns of a conversation as Ollama messages.
///
/// A user turn becomes one `tool` message per result and then a `user` message with everything else, beginning with the
/// images of the results, which `tool` messages cannot hold.
struct OllamaMessageWriter {
    private let profile: TargetProfile
    /// The names of the tools by the identifiers of their calls: results repeat them.
    private var toolNames: [String: String] = [:]
    /// Media of results that wait for a message of the user's.
    private var attachments: [Part] = []

    init(profile: TargetProfile) {
        self.profile = profile
    }

    mutating func write(_ conversation: Conversation, context: inout TranslationContext, to writer: inout JSONWriter) {
        for call in conversation.turns.lazy.flatMap(\.calls) { toolNames[call.id] = call.name }
        writer.key("messages")
        writer.beginArray()
        for text in SystemText.messages(conversation.system, joined: profile.systemOnlyFirst) {
            write("system", [.text(text)], context: &context, to: &writer)
        }
        for (place, turn) in conversation.turns.enumerated() {
            switch turn.role {
            case .system: write("system", turn.parts, context: &context, to: &writer)
            case .user:
                let next = conversation.turns.dropFirst(place + 1).first
                writeUser(turn, before: next, context: &context, to: &writer)
            case .assistant: writeAssistant(turn, to: &writer)
            }
        }
        writer.endArray()
    }

    // MARK: - Users

    private mutating func writeUser(
        _ turn: Turn,
        before next: Turn?,
        context: inout TranslationContext,
        to writer: inout JSONWriter
    ) {
        for result in turn.results { writeResult(result, to: &writer) }
        let said = turn.parts.filter { !$0.isToolResult }
        // What the user says next, in a turn of its own, takes the images of the results along.
        if said.isEmpty, let next, next.role == .user, !next.hasResults { return }
        let parts = attachments + said
        attachments = []
        if !parts.isEmpty { write("user", parts, context: &context, to: &writer) }
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

    private mutating func writeResult(_ result: ToolResult, to writer: inout JSONWriter) {
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
        call.writeArgumentsObject(to: &writer)
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
