import JSONCore

/// Writes turns as the items of a Responses input.
struct ResponsesInputWriter {
    let profile: TargetProfile

    func write(_ turns: [Turn], system: some Sequence<SystemBlock>, to writer: inout JSONWriter) {
        writer.key("input")
        writer.beginArray()
        for block in system { writeMessage([.text(block.text)], role: "developer", to: &writer) }
        var custom: Set<String> = []
        for turn in turns {
            if turn.role == .user {
                writeUser(turn, custom: custom, to: &writer)
                continue
            }
            if profile.customTools { for call in turn.calls where call.kind == .custom { custom.insert(call.id) } }
            writeItems(of: turn, to: &writer)
        }
        writer.endArray()
    }

    /// Writes the items of a turn without custom tools' results.
    func writeItems(of turn: Turn, to writer: inout JSONWriter) {
        switch turn.role {
        case .system: writeMessage(turn.parts, role: "developer", to: &writer)
        case .user: writeUser(turn, custom: [], to: &writer)
        case .assistant: writeAssistant(turn, to: &writer)
        }
    }

    // MARK: - Users

    private func writeUser(_ turn: Turn, custom: Set<String>, to writer: inout JSONWriter) {
        for result in turn.results { write(result, isCustom: custom.contains(result.callID), to: &writer) }
        let rest = turn.parts.filter { !$0.isToolResult }
        if !rest.isEmpty { writeMessage(rest, role: "user", to: &writer) }
    }

    private func writeMessage(_ parts: [Part], role: StaticString, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "message")
        writer.member("role", literal: role)
        writer.key("content")
        writer.beginArray()
        for part in parts { write(part, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    /// Writes one item by itself: what a repair of the history made.
    func item(for result: ToolResult, isCustom: Bool) -> [UInt8] {
        var writer = JSONWriter()
        write(result, isCustom: isCustom, to: &writer)
        return writer.bytes
    }

    private func write(_ result: ToolResult, isCustom: Bool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: isCustom ? "custom_tool_call_output" : "function_call_output")
        writer.member("call_id", result.callID)
        writer.key("output")
        writeOutput(result, to: &writer)
        writer.endObject()
    }

    private func writeOutput(_ result: ToolResult, to writer: inout JSONWriter) {
        let texts = result.parts.compactMap(Self.text)
        guard texts.count == result.parts.count else {
            writer.beginArray()
            if result.isError { write(.text("Error:"), to: &writer) }
            for part in result.parts { write(part, to: &writer) }
            return writer.endArray()
        }
        var text = JSONText.joined(texts, separator: "\n")
        if result.isError, !text.string.hasPrefix("Error: ") {
            text = JSONText.joined(["Error: ", text], separator: "")
        }
        writer.text(text.isEmpty && profile.emptyResultsRefused ? "(empty)" : text)
    }

    /// The text of a part that is text.
    private static func text(_ part: Part) -> JSONText? {
        switch part {
        case .text(let part): part.text
        case .searchResult(let hit): SearchResults.text(of: hit)
        case .media(let media): ChatMedia.text(of: media)
        case .refusal(let text): text
        case .toolCall, .toolResult, .thinking, .redactedThinking, .opaque: nil
        }
    }

    private func write(_ part: Part, to writer: inout JSONWriter) {
        if let text = Self.text(part) {
            guard !text.isEmpty else { return }
            writer.beginObject()
            writer.member("type", literal: "input_text")
            writer.member("text", text)
            return writer.endObject()
        }
        if case .media(let media) = part { write(media, to: &writer) }
    }

    private func write(_ media: Media, to writer: inout JSONWriter) {
        writer.beginObject()
        switch media.kind {
        case .audio: ChatMedia.write(media, to: &writer)
        case .image, .video:
            writer.member("type", literal: "input_image")
            if case .file(let id, _) = media.source {
                writer.member("file_id", id)
            } else {
                writer.member("image_url", media.dataURL ?? "")
            }
            writer.member("detail", media.detail ?? "auto")
        case .document: writeFile(media, to: &writer)
        }
        writer.endObject()
    }

    private func writeFile(_ media: Media, to writer: inout JSONWriter) {
        writer.member("type", literal: "input_file")
        switch media.source {
        case .file(let id, _): writer.member("file_id", id)
        case .url(let url): writer.member("file_url", url)
        case .base64, .text, .blocks:
            writer.member("filename", media.filename ?? media.title ?? "document.pdf")
            writer.member("file_data", media.dataURL ?? "")
        }
    }

    // MARK: - Assistant

    /// The items of a turn in the order of its parts; texts that follow each other share a message.
    private func writeAssistant(_ turn: Turn, to writer: inout JSONWriter) {
        var texts: [Part] = []
        func flush() {
            guard !texts.isEmpty else { return }
            writer.beginObject()
            writer.member("type", literal: "message")
            writer.member("role", literal: "assistant")
            writer.key("content")
            writer.beginArray()
            for part in texts { writeOutputPart(part, to: &writer) }
            writer.endArray()
            writer.endObject()
            texts = []
        }
        for part in turn.parts {
            switch part {
            case .text, .refusal, .searchResult: texts.append(part)
            case .toolCall(let call):
                flush()
                write(call, to: &writer)
            case .thinking(let thinking):
                guard let signature = thinking.signature, signature.isSigned else { continue }
                flush()
                writeReasoning(thinking.text, signature, to: &writer)
            case .redactedThinking(let signature):
                flush()
                writeReasoning("", signature, to: &writer)
            case .media, .toolResult, .opaque: break
            }
        }
        flush()
    }

    private func writeOutputPart(_ part: Part, to writer: inout JSONWriter) {
        writer.beginObject()
        if case .refusal(let text) = part {
            writer.member("type", literal: "refusal")
            writer.member("refusal", text)
        } else {
            writer.member("type", literal: "output_text")
            writer.member("text", Self.text(part) ?? "")
            writer.key("annotations")
            writer.beginArray()
            writer.endArray()
        }
        writer.endObject()
    }

    private func writeReasoning(_ text: JSONText, _ signature: Signature, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "reasoning")
        writer.key("summary")
        writer.beginArray()
        if !text.isEmpty { writer.raw(bytes: ResponsesItem.summaryPart(text)) }
        writer.endArray()
        writer.member("encrypted_content", signature.data)
        writer.endObject()
    }

    private func write(_ call: ToolCall, to writer: inout JSONWriter) {
        let arguments: JSONText
        switch call.arguments {
        case .object(let value): arguments = JSONCompaction.text(value)
        case .text(let text): arguments = text.isEmpty && call.kind != .custom ? "{}" : text
        }
        let isCustom = call.kind == .custom && profile.customTools
        writer.beginObject()
        writer.member("type", literal: isCustom ? "custom_tool_call" : "function_call")
        writer.member("call_id", call.id)
        writer.member("name", call.name)
        if isCustom {
            writer.member("input", arguments)
        } else {
            writer.member("arguments", call.kind == .custom ? ChatCalls.wrapped(arguments) : arguments)
        }
        writer.endObject()
    }
}
