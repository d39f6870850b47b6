import JSONCore

/// Writes events as the stream of a legacy completion: the text only, without reasoning and calls.
final class TextCompletionEncoder: AnswerEncoder {
    private let context: TranslationContext
    private let id: String
    /// The beginning of every chunk: `data: {"id":…,"choices":[`.
    private let head: [UInt8]
    /// The choices of the blocks that hold text.
    private var choices: [Int: Int] = [:]
    private var finishes: [(choice: Int, reason: StopReason)] = []
    private var usage = Usage()
    private var hasEnded = false

    init(context: TranslationContext) {
        self.context = context
        id = context.ids.completion()
        var writer = JSONWriter()
        writer.bytes.append("data: ")
        writer.beginObject()
        TextCompletionBody.writeIdentity(id: id, context, to: &writer)
        writer.key("choices")
        writer.beginArray()
        head = writer.bytes
    }

    func write(_ event: AnswerEvent, into out: inout [UInt8]) {
        guard !hasEnded else { return }
        switch event {
        case .open(let block, let choice, let kind):
            switch kind {
            case .text, .refusal: choices[block] = choice
            default: break
            }
        case .text(let block, let text), .refusal(let block, let text):
            writeChoice(choices[block] ?? 0, text, nil, into: &out)
        case .start(let start): if let known = start.usage { usage.merge(known) }
        case .usage(let later): usage.merge(later)
        case .finish(let choice, let reason): finishes.append((choice, reason))
        case .end: end(into: &out)
        case .error(let failure):
            hasEnded = true
            ChatErrors.writeEvent(failure, into: &out)
        case .thinking, .arguments, .signature, .citation, .logprobs, .close, .ping: break
        }
    }

    func writeKeepAlive(into out: inout [UInt8]) { ChatCodec.writeKeepAlive(context, into: &out) }

    private func writeChoice(_ choice: Int, _ text: JSONText, _ reason: StopReason?, into out: inout [UInt8]) {
        writeChunk(choice, text, reason, into: &out) {
            if context.includeUsage == true { $0.append(",\"usage\":null") }
        }
    }

    /// `rest` adds members behind the choices.
    private func writeChunk(
        _ choice: Int,
        _ text: JSONText,
        _ reason: StopReason?,
        into out: inout [UInt8],
        _ rest: (inout [UInt8]) -> Void
    ) {
        out.append(contentsOf: head)
        out.append("{\"index\":")
        out.append(contentsOf: JSONLiteral.int(choice))
        out.append(",\"text\":\"")
        out.appendFrameText(text)
        out.append("\",\"logprobs\":null,\"finish_reason\":")
        if let reason {
            out.append("\"")
            out.append(TextCompletionBody.word(for: reason))
            out.append("\"")
        } else {
            out.append("null")
        }
        out.append("}]")
        rest(&out)
        out.append("}\n\n")
    }

    // MARK: - End

    private func end(into out: inout [UInt8]) {
        hasEnded = true
        for (place, finish) in finishes.enumerated() {
            let isLast = place == finishes.count - 1
            guard isLast, context.includeUsage == nil else {
                writeChoice(finish.choice, "", finish.reason, into: &out)
                continue
            }
            writeChunk(finish.choice, "", finish.reason, into: &out) { appendUsage(to: &$0) }
        }
        if context.includeUsage == true {
            out.append(contentsOf: head)
            out.append("]")
            appendUsage(to: &out)
            out.append("}\n\n")
        }
        out.append("data: [DONE]\n\n")
    }

    private func appendUsage(to out: inout [UInt8]) {
        var writer = JSONWriter()
        ChatUsage.write(usage, to: &writer)
        out.append(",\"usage\":")
        out.append(contentsOf: writer.bytes)
    }
}

/// Writes a complete answer as the body of a legacy completion.
enum TextCompletionBody {
    static func encode(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + answer.blocks.reduce(0) { $0 + $1.escaped.count })
        writer.beginObject()
        writeIdentity(id: context.ids.completion(), context, to: &writer)
        writer.key("choices")
        writer.beginArray()
        for choice in Set(answer.finishes.keys).union([0]).sorted() {
            writer.beginObject()
            writer.member("index", choice)
            writer.member("text", text(of: answer, choice: choice))
            writer.memberNull("logprobs")
            writer.member("finish_reason", literal: word(for: answer.finishes[choice] ?? .stop))
            writer.endObject()
        }
        writer.endArray()
        writer.key("usage")
        ChatUsage.write(answer.usage, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    static func writeIdentity(id: String, _ context: TranslationContext, to writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("object", literal: "text_completion")
        writer.member("created", context.createdAt)
        writer.member("model", context.clientModel)
    }

    /// There are no calls, so that none can be the reason; and a refusal is text as any other, so that the reason tells.
    static func word(for reason: StopReason) -> StaticString {
        ChatStopReason.write(reason == .toolCalls ? .stop : reason, hasRefusalText: false, usesOldFunctions: false)
    }

    private static func text(of answer: CollectedAnswer, choice: Int) -> JSONText {
        let blocks = answer.blocks.filter { block in
            switch block.kind {
            case .text, .refusal: block.choice == choice
            default: false
            }
        }
        return JSONText(rawEscaped: blocks.flatMap(\.escaped))
    }
}
