import JSONCore

/// Writes the turns of a conversation as Chat messages.
///
/// A user turn becomes one `tool` message per result and then a `user` message with everything else, beginning with the
/// media of the results, which `tool` messages cannot hold.
struct ChatMessageWriter {
    let profile: TargetProfile

    func write(_ conversation: Conversation, to writer: inout JSONWriter) {
        writer.key("messages")
        writer.beginArray()
        writeSystem(conversation.system, to: &writer)
        for turn in conversation.turns { write(turn, to: &writer) }
        writer.endArray()
    }

    /// Writes one turn as the messages it takes.
    func write(_ turn: Turn, to writer: inout JSONWriter) {
        switch turn.role {
        case .system: writeText(turn.parts, role: "system", to: &writer)
        case .user: writeUser(turn, to: &writer)
        case .assistant: writeAssistant(turn, to: &writer)
        }
    }

    // MARK: - System

    private func writeSystem(_ blocks: [SystemBlock], to writer: inout JSONWriter) {
        let kept = SystemText.withoutBilling(blocks)
        guard profile.systemOnlyFirst, kept.count > 1 else {
            for block in kept {
                writeText([.text(TextPart(text: block.text, cache: block.cache))], role: "system", to: &writer)
            }
            return
        }
        let cache = kept.last { $0.cache != nil }?.cache
        let text = JSONText.joined(kept.map(\.text), separator: "\n\n")
        writeText([.text(TextPart(text: text, cache: cache))], role: "system", to: &writer)
    }

    private func writeText(_ parts: [Part], role: StaticString, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("role", literal: role)
        writer.key("content")
        writeContent(parts, to: &writer)
        writer.endObject()
    }

    // MARK: - Users

    private func writeUser(_ turn: Turn, to writer: inout JSONWriter) {
        var rest: [Part] = []
        for result in turn.results { writeResult(result, attachments: &rest, to: &writer) }
        rest += turn.parts.filter { !$0.isToolResult }
        guard !rest.isEmpty else { return }
        writer.beginObject()
        writer.member("role", literal: "user")
        writer.key("content")
        writeContent(rest, to: &writer)
        if let name = turn.name, profile.messageNames { writer.member("name", name) }
        writer.endObject()
    }

    private func writeResult(_ result: ToolResult, attachments: inout [Part], to writer: inout JSONWriter) {
        if profile.imagesInToolResults, result.parts.contains(where: \.isMedia), !result.isError {
            writer.beginObject()
            writer.member("role", literal: "tool")
            writer.member("tool_call_id", result.callID)
            writer.key("content")
            writeContent(result.parts, to: &writer)
            return writer.endObject()
        }
        let shown = ToolResultText(result)
        attachments += shown.attachments
        var text = shown.text
        if text.isEmpty, profile.emptyResultsRefused { text = "(empty)" }
        writer.beginObject()
        writer.member("role", literal: "tool")
        writer.member("tool_call_id", result.callID)
        writer.member("content", text)
        writer.endObject()
    }

    // MARK: - Assistant

    private func writeAssistant(_ turn: Turn, to writer: inout JSONWriter) {
        let calls = Array(turn.calls)
        let refusals = turn.parts.compactMap { if case .refusal(let text) = $0 { text } else { nil } }
        writer.beginObject()
        writer.member("role", literal: "assistant")
        writer.key("content")
        let texts = turn.parts.compactMap(\.plainText)
        if !texts.isEmpty || calls.isEmpty && refusals.isEmpty {
            writer.text(JSONText.joined(texts, separator: ""))
        } else {
            writer.null()
        }
        if let refusal = refusals.first { writer.member("refusal", refusal) }
        if let name = turn.name, profile.messageNames { writer.member("name", name) }
        writeReasoning(turn, hasCalls: !calls.isEmpty, to: &writer)
        if !calls.isEmpty {
            writer.key("tool_calls")
            writer.beginArray()
            for call in calls { write(call, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    private func writeReasoning(_ turn: Turn, hasCalls: Bool, to writer: inout JSONWriter) {
        let texts = turn.parts.compactMap { part -> JSONText? in
            guard case .thinking(let thinking) = part, !thinking.text.isEmpty else { return nil }
            return thinking.text
        }
        switch profile.reasoningReplay {
        case .required where texts.isEmpty:
            if hasCalls { writer.member("reasoning_content", profile.missingReasoning) }
        case .required, .optional:
            if profile.reasoningStyle == .openRouter, writeDetails(turn, to: &writer) { return }
            if !texts.isEmpty { writer.member("reasoning_content", JSONText.joined(texts, separator: "\n\n")) }
        case .none, .forbidden: break
        }
    }

    /// OpenRouter hands signed reasoning back to the model that signed it.
    private func writeDetails(_ turn: Turn, to writer: inout JSONWriter) -> Bool {
        let details = turn.parts.compactMap { part -> ChatReasoningDetail? in
            switch part {
            case .thinking(let thinking) where thinking.signature?.isSigned == true:
                ChatReasoningDetail(text: thinking.text, signature: thinking.signature)
            case .redactedThinking(let signature) where signature.isSigned: ChatReasoningDetail(encrypted: signature)
            default: nil
            }
        }
        guard !details.isEmpty else { return false }
        writer.key("reasoning_details")
        writer.beginArray()
        for (index, detail) in details.enumerated() { detail.writeNative(index: index, to: &writer) }
        writer.endArray()
        return true
    }

    private func write(_ call: ToolCall, to writer: inout JSONWriter) {
        let arguments: JSONText
        switch call.arguments {
        case .object(let value): arguments = JSONCompaction.text(value)
        case .text(let text): arguments = text.isEmpty && call.kind == .function ? "{}" : text
        }
        writer.beginObject()
        writer.member("id", call.id)
        let isCustom = call.kind == .custom && profile.customTools
        let text = call.kind == .custom && !isCustom ? ChatCalls.wrapped(arguments) : arguments
        ChatCalls.write(name: call.name, arguments: text, isCustom: isCustom, to: &writer)
        if profile.signatureFamily == .gemini, call.signature?.family == .gemini {
            ChatCalls.write(call.signature, to: &writer)
        }
        writer.endObject()
    }

    // MARK: - Content

    /// Plain text as a string, everything else as parts.
    private func writeContent(_ parts: [Part], to writer: inout JSONWriter) {
        if parts.count == 1, case .text(let part) = parts[0], part.cache == nil || !profile.cacheMarks {
            return writer.text(part.text)
        }
        writer.beginArray()
        for part in parts { write(part, to: &writer) }
        writer.endArray()
    }

    /// One part by itself; `nil` if Chat has nothing like it.
    func part(_ part: Part) -> [UInt8]? {
        var writer = JSONWriter()
        write(part, to: &writer)
        return writer.bytes.isEmpty ? nil : writer.bytes
    }

    private func write(_ part: Part, to writer: inout JSONWriter) {
        switch part {
        case .text(let part): writePart(part.text, part.cache, to: &writer)
        case .refusal(let text): writePart(text, nil, to: &writer)
        case .searchResult(let hit): writePart(SearchResults.text(of: hit), nil, to: &writer)
        case .media(let media):
            if let text = ChatMedia.text(of: media) { return writePart(text, media.cache, to: &writer) }
            writer.beginObject()
            ChatMedia.write(media, to: &writer)
            if let cache = media.cache, profile.cacheMarks { cache.write(to: &writer) }
            writer.endObject()
        case .toolCall, .toolResult, .thinking, .redactedThinking, .opaque: break
        }
    }

    private func writePart(_ text: JSONText, _ cache: CacheMark?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "text")
        writer.member("text", text)
        if let cache, profile.cacheMarks { cache.write(to: &writer) }
        writer.endObject()
    }
}

/// Media as Chat parts.
enum ChatMedia {
    /// The text of a medium that is text: plain documents, with their title.
    static func text(of media: Media) -> JSONText? {
        let body: JSONText
        switch media.source {
        case .text(let text): body = text
        case .blocks(let blocks, _): body = JSONText.joined(blocks.plainTextOfBlocks, separator: "\n")
        case .base64, .url, .file: return nil
        }
        let head = [media.title, media.context].compactMap { $0 }.filter { !$0.isEmpty }
        return JSONText.joined(head + [body], separator: "\n")
    }

    /// Writes the members of a part.
    static func write(_ media: Media, to writer: inout JSONWriter) {
        switch media.kind {
        case .image, .video:
            let isImage = media.kind == .image
            writer.member("type", literal: isImage ? "image_url" : "video_url")
            writer.key(isImage ? "image_url" : "video_url")
            writer.beginObject()
            writer.member("url", media.dataURL ?? "")
            if isImage, let detail = media.detail { writer.member("detail", detail == "original" ? "high" : detail) }
            writer.endObject()
        case .audio:
            writer.member("type", literal: "input_audio")
            writer.key("input_audio")
            writer.beginObject()
            if case .base64(let data) = media.source { writer.member("data", data) }
            writer.member("format", literal: media.type?.hasSuffix("wav") == true ? "wav" : "mp3")
            writer.endObject()
        case .document:
            writer.member("type", literal: "file")
            writer.key("file")
            writer.beginObject()
            if case .file(let id, _) = media.source {
                writer.member("file_id", id)
            } else {
                writer.member("filename", media.filename ?? media.title ?? "document.pdf")
                writer.member("file_data", media.dataURL ?? "")
            }
            writer.endObject()
        }
    }
}

/// Hits of a client's own search, for targets that have no block for them.
enum SearchResults {
    static func text(of hit: JSONValue) -> JSONText {
        let head = [hit["title"]?.text, hit["source"]?.text].compactMap { $0 }
        return JSONText.joined(head + (hit["content"]?.plainTextOfBlocks ?? []), separator: "\n")
    }
}
