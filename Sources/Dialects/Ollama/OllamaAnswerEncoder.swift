import JSONCore

/// Writes events as Ollama's lines: one object each, exactly one of them `done`.
final class OllamaAnswerEncoder: AnswerEncoder {
    private struct Call {
        var id: String
        var name: String
        var kind: ToolCall.Kind
        /// The arguments so far: a line holds a whole call only.
        var arguments: [UInt8] = []
    }

    private let lines: OllamaLines
    /// Calls whose arguments are still coming, by block.
    private var calls: [Int: Call] = [:]
    private var order = CallOrder()
    private var callCount = 0
    /// The blocks of further choices, for which there is no place.
    private var ignored: Set<Int> = []
    private var untilFirstPiece: Int?
    private var reason = StopReason.stop
    private var usage = Usage()
    private var hasEnded = false

    init(context: TranslationContext) {
        lines = OllamaLines(context: context)
    }

    func write(_ event: AnswerEvent, into out: inout [UInt8]) {
        guard !hasEnded else { return }
        switch event {
        case .text(let block, let text), .refusal(let block, let text):
            guard !ignored.contains(block) else { return }
            noteFirstPiece()
            lines.writeText(text, into: &out)
        case .thinking(let block, let text):
            guard !ignored.contains(block) else { return }
            noteFirstPiece()
            lines.writeThinking(text, into: &out)
        case .arguments(let block, let text): if calls[block] != nil { add(text, to: block) }
        case .logprobs(let block, let tokens):
            if !ignored.contains(block) { lines.writeLogprobs(tokens, into: &out) }
        case .open(let block, let choice, let kind):
            if choice == 0 { open(block, kind, into: &out) } else { ignored.insert(block) }
        case .close(let block):
            guard calls[block] != nil else { return }
            for call in order.close(block) { write(call, into: &out) }
        case .start(let start): if let known = start.usage { usage.merge(known) }
        case .usage(let later): usage.merge(later)
        case .finish(let choice, let reason): if choice == 0 { self.reason = reason }
        case .end:
            for call in order.finish() { write(call, into: &out) }
            hasEnded = true
            let durations = OllamaLines.Durations(total: lines.nanoseconds, untilFirstPiece: untilFirstPiece)
            lines.writeEnd(reason, usage, durations, into: &out)
        case .error(let failure):
            hasEnded = true
            OllamaErrors.writeLine(failure, into: &out)
        case .signature, .citation, .ping: break
        }
    }

    func writeKeepAlive(into out: inout [UInt8]) { lines.writeText("", into: &out) }

    private func noteFirstPiece() {
        if untilFirstPiece == nil { untilFirstPiece = lines.nanoseconds }
    }

    private func add(_ text: JSONText, to block: Int) {
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        calls[block]?.arguments += bytes
    }

    private func open(_ block: Int, _ kind: BlockKind, into out: inout [UInt8]) {
        switch kind {
        case .toolCall(let id, let name, let kind):
            noteFirstPiece()
            if calls[block] == nil { order.open(block) }
            calls[block] = Call(id: id, name: name, kind: kind)
        case .media(let media):
            guard case .base64 = media.source else { return }
            lines.writeMessage(into: &out) { OllamaImages.write([media], to: &$0) }
        case .text, .thinking, .redactedThinking, .refusal, .webSearch, .opaque: break
        }
    }

    private func write(_ block: Int, into out: inout [UInt8]) {
        guard let call = calls.removeValue(forKey: block) else { return }
        let index = callCount
        callCount += 1
        lines.writeMessage(into: &out) { writer in
            writer.key("tool_calls")
            writer.beginArray()
            let arguments = JSONText(String(decoding: call.arguments, as: UTF8.self))
            OllamaCalls.write(call.id, call.name, call.kind, arguments, index, to: &writer)
            writer.endArray()
        }
    }
}

/// Calls in an answer to an Ollama client.
enum OllamaCalls {
    static func write(
        _ id: String,
        _ name: String,
        _ kind: ToolCall.Kind,
        _ arguments: JSONText,
        _ index: Int,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("id", id)
        writer.key("function")
        writer.beginObject()
        writer.member("index", index)
        writer.member("name", name)
        let object = JSONRepair.object(said: kind == .custom ? ChatCalls.wrapped(arguments) : arguments)
        // Compact, because an answer is one line.
        writer.member("arguments", raw: JSONCompaction.compact(object.root))
        writer.endObject()
        writer.endObject()
    }
}

/// Images that the model made; one that is only known by its URL has no place.
enum OllamaImages {
    static func write(_ images: [Media], to writer: inout JSONWriter) {
        writer.key("images")
        writer.beginArray()
        for image in images {
            if case .base64(let data) = image.source { writer.text(data) }
        }
        writer.endArray()
    }
}
