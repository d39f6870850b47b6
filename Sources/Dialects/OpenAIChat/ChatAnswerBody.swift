import JSONCore

/// Writes a complete answer as an OpenAI Chat body.
enum ChatAnswerBody {
    static func encode(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + answer.blocks.reduce(0) { $0 + $1.escaped.count })
        writer.beginObject()
        writer.member("id", context.ids.chatCompletion())
        writer.member("object", literal: "chat.completion")
        writer.member("created", context.createdAt)
        writer.member("model", context.clientModel)
        writer.key("choices")
        writer.beginArray()
        for choice in Set(answer.finishes.keys).union([0]).sorted() {
            write(answer, choice: choice, context, to: &writer)
        }
        writer.endArray()
        writer.key("usage")
        ChatUsage.write(answer.usage, to: &writer)
        switch answer.usage.serviceTier {
        case nil: break
        case "standard"?, "batch"?: writer.member("service_tier", literal: "default")
        case let tier?: writer.member("service_tier", tier)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func write(
        _ answer: CollectedAnswer,
        choice: Int,
        _ context: TranslationContext,
        to writer: inout JSONWriter
    ) {
        let blocks = answer.blocks.filter { $0.choice == choice }
        let refusal = joined(blocks) { if case .refusal = $0 { true } else { false } }
        writer.beginObject()
        writer.member("index", choice)
        writer.key("message")
        writeMessage(blocks, refusal: refusal, context, to: &writer)
        writeLogprobs(blocks, to: &writer)
        let reason = ChatStopReason.write(
            answer.finishes[choice] ?? .stop,
            hasRefusalText: refusal != nil,
            usesOldFunctions: context.legacyFunctions
        )
        writer.member("finish_reason", literal: reason)
        writer.endObject()
    }

    private static func writeLogprobs(_ blocks: [CollectedAnswer.Block], to writer: inout JSONWriter) {
        let tokens = blocks.flatMap(\.logprobs)
        guard !tokens.isEmpty else { return writer.memberNull("logprobs") }
        writer.key("logprobs")
        writer.beginObject()
        writer.key("content")
        writer.beginArray()
        for token in tokens { writer.raw(token) }
        writer.endArray()
        writer.memberNull("refusal")
        writer.endObject()
    }

    private static func writeMessage(
        _ blocks: [CollectedAnswer.Block],
        refusal: JSONText?,
        _ context: TranslationContext,
        to writer: inout JSONWriter
    ) {
        let calls = blocks.filter { if case .toolCall = $0.kind { true } else { false } }
        writer.beginObject()
        writer.member("role", literal: "assistant")
        if let text = joined(blocks, where: { if case .text = $0 { true } else { false } }) {
            writer.member("content", text)
        } else if calls.isEmpty {
            writer.member("content", "")
        } else {
            writer.memberNull("content")
        }
        if let refusal {
            writer.member("refusal", refusal)
        } else {
            writer.memberNull("refusal")
        }
        if let thinking = joined(blocks, where: { if case .thinking = $0 { true } else { false } }) {
            writer.member("reasoning_content", thinking)
            if context.mirrorsReasoning { writer.member("reasoning", thinking) }
        }
        writeDetails(blocks, to: &writer)
        if !calls.isEmpty { writeCalls(calls, context, to: &writer) }
        let images = blocks.compactMap { if case .media(let media) = $0.kind { media } else { nil } }
        if !images.isEmpty { ChatImages.write(images, from: 0, to: &writer) }
        let citations = placedCitations(blocks)
        if !citations.isEmpty { ChatCitations.write(citations, to: &writer) }
        writer.endObject()
    }

    private static func placedCitations(_ blocks: [CollectedAnswer.Block]) -> [Citation] {
        guard blocks.contains(where: { !$0.citations.isEmpty }) else { return [] }
        var length = 0
        return blocks.flatMap { block -> [Citation] in
            guard case .text = block.kind else { return block.citations }
            let start = length
            length += JSONText(rawEscaped: block.escaped).string.unicodeScalars.count
            return block.citations.map { $0.placed(in: start..<length) }
        }
    }

    private static func joined(
        _ blocks: [CollectedAnswer.Block],
        where isWanted: (BlockKind) -> Bool
    ) -> JSONText? {
        let texts = blocks.filter { isWanted($0.kind) && !$0.escaped.isEmpty }
        guard !texts.isEmpty else { return nil }
        return JSONText(rawEscaped: texts.reduce(into: []) { $0.append(contentsOf: $1.escaped) })
    }

    private static func writeDetails(_ blocks: [CollectedAnswer.Block], to writer: inout JSONWriter) {
        var entries: [(text: JSONText?, signature: Signature)] = []
        for block in blocks {
            if case .redactedThinking(let signature) = block.kind { entries.append((nil, signature)) }
            if case .thinking = block.kind, let signature = block.signature, signature.isSigned {
                entries.append((JSONText(rawEscaped: block.escaped), signature))
            }
        }
        guard !entries.isEmpty else { return }
        writer.key("reasoning_details")
        writer.beginArray()
        for (index, entry) in entries.enumerated() {
            ChatReasoningDetail.writeEntry(
                entry.text,
                entry.signature,
                isEncrypted: entry.text == nil,
                index: index,
                to: &writer
            )
        }
        writer.endArray()
    }

    private static func writeCalls(
        _ calls: [CollectedAnswer.Block],
        _ context: TranslationContext,
        to writer: inout JSONWriter
    ) {
        if context.legacyFunctions, let call = calls.first, case .toolCall(_, let name, _) = call.kind {
            writer.key("function_call")
            writer.beginObject()
            writer.member("name", name)
            writer.member("arguments", arguments(call))
            writer.endObject()
            return
        }
        writer.key("tool_calls")
        writer.beginArray()
        for call in calls {
            guard case .toolCall(let id, let name, let kind) = call.kind else { continue }
            let isCustom = kind == .custom || context.customTools.contains(name)
            writer.beginObject()
            writer.member("id", id)
            let text = isCustom ? customInput(call, isWrapped: kind == .function) : arguments(call)
            ChatCalls.write(name: name, arguments: text, isCustom: isCustom, to: &writer)
            ChatCalls.write(call.signature, to: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func arguments(_ call: CollectedAnswer.Block) -> JSONText {
        call.escaped.isEmpty ? "{}" : JSONText(rawEscaped: call.escaped)
    }

    private static func customInput(_ call: CollectedAnswer.Block, isWrapped: Bool) -> JSONText {
        guard isWrapped else { return JSONText(rawEscaped: call.escaped) }
        var text: [UInt8] = []
        JSONText(rawEscaped: call.escaped).appendUnescaped(to: &text)
        return ChatCalls.customInput(text)
    }
}
