import JSONCore

/// Writes a complete answer as a Gemini response.
enum GeminiAnswerBody {
    static func encode(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + answer.blocks.reduce(0) { $0 + $1.escaped.count })
        writer.beginObject()
        writer.key("candidates")
        writer.beginArray()
        for choice in Set(answer.finishes.keys).union([0]).sorted() { write(answer, choice: choice, to: &writer) }
        writer.endArray()
        writer.key("usageMetadata")
        GeminiUsage.write(answer.usage, to: &writer)
        writer.member("modelVersion", context.clientModel)
        writer.member("responseId", context.ids.characters(22))
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ answer: CollectedAnswer, choice: Int, to writer: inout JSONWriter) {
        let blocks = answer.blocks.filter { $0.choice == choice }
        writer.beginObject()
        writer.key("content")
        writer.beginObject()
        writer.member("role", literal: "model")
        writer.key("parts")
        writer.beginArray()
        writeParts(blocks, to: &writer)
        writer.endArray()
        writer.endObject()
        writer.member("finishReason", literal: GeminiFinishReason.write(answer.finishes[choice] ?? .stop))
        writer.member("index", choice)
        writeSources(blocks, to: &writer)
        GeminiLogprobs.write(blocks.flatMap(\.logprobs), to: &writer)
        writer.endObject()
    }

    private static func writeParts(_ blocks: [CollectedAnswer.Block], to writer: inout JSONWriter) {
        var pending: Signature?
        var count = 0
        func take() -> Signature? {
            defer { pending = nil }
            return pending
        }
        for block in blocks {
            let text = JSONText(rawEscaped: block.escaped)
            count += 1
            switch block.kind {
            case .text, .refusal: if !text.isEmpty { GeminiParts.write(text, take(), to: &writer) }
            case .thinking:
                let isOwn = block.signature?.family == .gemini && !text.isEmpty
                if !text.isEmpty {
                    GeminiParts.write(text, isThought: true, isOwn ? block.signature : nil, to: &writer)
                }
                guard !isOwn, let signature = block.signature, signature.isSigned else { continue }
                if let earlier = take() { GeminiParts.write("", earlier, to: &writer) }
                pending = signature
            case .redactedThinking(let signature): GeminiParts.write("", isThought: true, signature, to: &writer)
            case .toolCall(let id, let name, let kind):
                let signature = take()
                GeminiParts.write(
                    call: id,
                    name: name,
                    kind: kind,
                    arguments: text,
                    block.signature ?? signature,
                    to: &writer
                )
            case .media(let media):
                writer.beginObject()
                GeminiMedia.writeMembers(of: media, to: &writer)
                GeminiParts.write(take(), to: &writer)
                writer.endObject()
            case .opaque(let raw, .gemini): writer.raw(raw)
            case .webSearch, .opaque: count -= 1
            }
        }
        if pending != nil || count == 0 { GeminiParts.write("", take(), to: &writer) }
    }

    private static func writeSources(_ blocks: [CollectedAnswer.Block], to writer: inout JSONWriter) {
        var sources = GeminiSources()
        var text: [UInt8] = []
        for block in blocks {
            switch block.kind {
            case .text, .refusal:
                let start = text.count
                JSONText(rawEscaped: block.escaped).appendUnescaped(to: &text)
                for citation in block.citations { sources.add(citation, in: start..<text.count) }
            case .webSearch(let search): sources.add(search)
            case .thinking, .redactedThinking, .toolCall, .media, .opaque: break
            }
        }
        sources.write(text: text, to: &writer)
    }
}
