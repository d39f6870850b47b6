import JSONCore

/// Writes a complete answer as one Ollama object.
enum OllamaAnswerBody {
    static func encode(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        let lines = OllamaLines(context: context)
        let blocks = answer.blocks.filter { $0.choice == 0 }
        var writer = lines.beginObject()
        if lines.isGenerate {
            writer.member("response", text(of: blocks))
            if let thought = thought(of: blocks) { writer.member("thinking", thought) }
        } else {
            writer.key("message")
            writeMessage(blocks, to: &writer)
        }
        let tokens = blocks.flatMap(\.logprobs)
        if !tokens.isEmpty {
            writer.key("logprobs")
            writer.beginArray()
            for token in tokens { writer.raw(token) }
            writer.endArray()
        }
        let durations = OllamaLines.Durations(total: lines.nanoseconds)
        lines.writeEnd(answer.stopReason, answer.usage, durations, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func writeMessage(_ blocks: [CollectedAnswer.Block], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("role", literal: "assistant")
        writer.member("content", text(of: blocks))
        if let thought = thought(of: blocks) { writer.member("thinking", thought) }
        let images = blocks.compactMap { block -> Media? in
            guard case .media(let media) = block.kind, case .base64 = media.source else { return nil }
            return media
        }
        if !images.isEmpty { OllamaImages.write(images, to: &writer) }
        writeCalls(blocks, to: &writer)
        writer.endObject()
    }

    private static func writeCalls(_ blocks: [CollectedAnswer.Block], to writer: inout JSONWriter) {
        let calls = blocks.filter { if case .toolCall = $0.kind { true } else { false } }
        guard !calls.isEmpty else { return }
        writer.key("tool_calls")
        writer.beginArray()
        for (index, call) in calls.enumerated() {
            guard case .toolCall(let id, let name, let kind) = call.kind else { continue }
            OllamaCalls.write(id, name, kind, JSONText(rawEscaped: call.escaped), index, to: &writer)
        }
        writer.endArray()
    }

    private static func text(of blocks: [CollectedAnswer.Block]) -> JSONText {
        joined(blocks) {
            switch $0 {
            case .text, .refusal: true
            default: false
            }
        }
    }

    private static func thought(of blocks: [CollectedAnswer.Block]) -> JSONText? {
        let text = joined(blocks) { if case .thinking = $0 { true } else { false } }
        return text.isEmpty ? nil : text
    }

    private static func joined(
        _ blocks: [CollectedAnswer.Block],
        where isWanted: (BlockKind) -> Bool
    ) -> JSONText {
        JSONText(
            rawEscaped: blocks.reduce(into: []) { if isWanted($1.kind) { $0.append(contentsOf: $1.escaped) } }
        )
    }
}
