import JSONCore

/// Writes a complete answer as an Anthropic message.
enum MessagesAnswerBody {
    static func encode(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + answer.blocks.reduce(0) { $0 + $1.escaped.count })
        writer.beginObject()
        writer.member("id", context.ids.message())
        writer.member("type", literal: "message")
        writer.member("role", literal: "assistant")
        writer.member("model", context.clientModel)
        writer.key("content")
        writer.beginArray()
        for block in answer.blocks where block.choice == 0 {
            if case .webSearch(let call) = block.kind {
                write(call, id: MessagesBlocks.searchID(context.ids), to: &writer)
            } else {
                write(block, to: &writer)
            }
        }
        writer.endArray()
        MessagesStopReason.writeMembers(answer.stopReason, to: &writer)
        writer.key("usage")
        MessagesUsage.write(answer.usage, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ block: CollectedAnswer.Block, to writer: inout JSONWriter) {
        let text = JSONText(rawEscaped: block.escaped)
        switch block.kind {
        case .text, .refusal:
            guard !text.isEmpty else { return }
            write(text, block.citations, to: &writer)
        case .media(let media): write(MessagesBlocks.replacement(for: media), [], to: &writer)
        case .thinking:
            guard !text.isEmpty || block.signature != nil else { return }
            writer.beginObject()
            writer.member("type", literal: "thinking")
            writer.member("thinking", text)
            writer.member("signature", MessagesBlocks.text(of: block.signature ?? .unsigned))
            writer.endObject()
        case .redactedThinking(let signature):
            writer.beginObject()
            writer.member("type", literal: "redacted_thinking")
            writer.member("data", MessagesBlocks.text(of: signature))
            writer.endObject()
        case .toolCall(let id, let name, let kind):
            writer.beginObject()
            writer.member("type", literal: "tool_use")
            writer.member("id", id)
            writer.member("name", name)
            let arguments = kind == .custom ? ChatCalls.wrapped(text) : text
            writer.member("input", raw: JSONRepair.object(said: arguments).bytes)
            writer.endObject()
        case .opaque(let raw, .anthropicMessages): write(opaque: raw, input: text, to: &writer)
        case .webSearch, .opaque: break
        }
    }

    private static func write(_ call: WebSearchCall, id: String, to writer: inout JSONWriter) {
        writer.beginObject()
        MessagesBlocks.writeSearch(id, call, to: &writer)
        writer.endObject()
        writer.beginObject()
        MessagesBlocks.writeSearchResult(id, call, to: &writer)
        writer.endObject()
    }

    private static func write(_ text: JSONText, _ citations: [Citation], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "text")
        writer.member("text", text)
        let own = citations.filter { $0.origin == .anthropicMessages }
        if !own.isEmpty {
            writer.key("citations")
            writer.beginArray()
            for citation in own { writer.raw(citation.raw) }
            writer.endArray()
        }
        writer.endObject()
    }

    /// A block of Anthropic's own, whose input may have come in fragments.
    private static func write(opaque raw: JSONValue, input: JSONText, to writer: inout JSONWriter) {
        guard !input.isEmpty else { return writer.raw(raw) }
        var editor = JSONEditor(raw.document)
        editor.setMember("input", of: raw, to: JSONRepair.object(said: input).bytes)
        let edited = editor.finish()
        let growth = edited.count - raw.document.bytes.count
        writer.raw(bytes: edited[raw.range.lowerBound..<raw.range.upperBound + growth])
    }
}
