import JSONCore

/// The lines of an answer to an Ollama client, whose beginning is built once.
///
///     {"model":"m","created_at":"…","message":{"role":"assistant","content":"Hel"},"done":false}     /api/chat
///     {"model":"m","created_at":"…","response":"Hel","done":false}                                   /api/generate
struct OllamaLines {
    let isGenerate: Bool
    private let model: String
    private let createdAt: String
    /// Everything in front of a piece of text.
    private let textHead: [UInt8]
    /// Everything behind the text of a line, from its closing quote on.
    private let textTail: [UInt8]
    private let stopwatch: any Stopwatch

    init(context: TranslationContext) {
        self.init(
            model: context.clientModel,
            createdAt: context.createdAt,
            layout: context.layout,
            stopwatch: context.stopwatch
        )
    }

    init(model: String, createdAt: Int, layout: AnswerLayout, stopwatch: any Stopwatch) {
        isGenerate = layout == .generate
        self.stopwatch = stopwatch
        self.model = model
        self.createdAt = OllamaTime.text(createdAt)
        var head = JSONWriter()
        head.beginObject()
        head.member("model", model)
        head.member("created_at", self.createdAt)
        head.bytes.append(isGenerate ? ",\"response\":\"" : ",\"message\":{\"role\":\"assistant\",\"content\":\"")
        textHead = head.bytes
        var tail: [UInt8] = []
        tail.append(isGenerate ? "\",\"done\":false}\n" : "\"},\"done\":false}\n")
        textTail = tail
    }

    // MARK: - Lines on the way

    func writeText(_ text: JSONText, into out: inout [UInt8]) {
        out.append(contentsOf: textHead)
        out.appendFrameText(text)
        out.append(contentsOf: textTail)
    }

    func writeThinking(_ text: JSONText, into out: inout [UInt8]) {
        out.append(contentsOf: textHead)
        out.append("\",\"thinking\":\"")
        out.appendFrameText(text)
        out.append(contentsOf: textTail)
    }

    /// Writes a line with members of the message beside its empty content; only `/api/chat` has a message.
    func writeMessage(into out: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        guard !isGenerate else { return }
        writeLine(into: &out) { writer in
            writeEmptyText(to: &writer, members)
            writer.member("done", false)
        }
    }

    /// Writes a line with the probabilities of the text in front of it.
    func writeLogprobs(_ tokens: JSONValue, into out: inout [UInt8]) {
        writeLine(into: &out) { writer in
            writeEmptyText(to: &writer)
            writer.member("logprobs", raw: JSONCompaction.compact(tokens))
            writer.member("done", false)
        }
    }

    private func writeLine(into out: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        var writer = beginObject()
        members(&writer)
        writer.endObject()
        out.append(contentsOf: writer.bytes)
        out.append("\n")
    }

    private func writeEmptyText(to writer: inout JSONWriter, _ members: (inout JSONWriter) -> Void = { _ in }) {
        guard !isGenerate else { return writer.member("response", "") }
        writer.key("message")
        writer.beginObject()
        writer.member("role", literal: "assistant")
        writer.member("content", "")
        members(&writer)
        writer.endObject()
    }

    /// A writer inside of a new object that has its first members.
    func beginObject() -> JSONWriter {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("model", model)
        writer.member("created_at", createdAt)
        return writer
    }

    // MARK: - The last line

    /// What an answer took, in nanoseconds; clients divide by these figures, so that none is 0.
    struct Durations {
        var total: Int
        /// Until the first piece of the answer.
        var prompt: Int

        /// Where only the whole answer's time is known, it counts as the model's.
        init(total: Int, untilFirstPiece: Int? = nil) {
            self.total = max(1, total)
            prompt = max(1, untilFirstPiece ?? 1)
        }
    }

    var nanoseconds: Int { stopwatch.nanoseconds }

    func writeEnd(_ reason: StopReason, _ usage: Usage, _ durations: Durations, into out: inout [UInt8]) {
        writeLine(into: &out) { writer in
            writeEmptyText(to: &writer)
            writeEnd(reason, usage, durations, to: &writer)
        }
    }

    /// Writes `done` and what follows it.
    func writeEnd(_ reason: StopReason, _ usage: Usage, _ durations: Durations, to writer: inout JSONWriter) {
        writer.member("done", true)
        writer.member("done_reason", literal: OllamaStopReason.write(reason))
        if isGenerate {
            writer.key("context")
            writer.beginArray()
            writer.endArray()
        }
        writer.member("total_duration", durations.total)
        writer.member("load_duration", 1)
        writer.member("prompt_eval_count", usage.totalInput)
        writer.member("prompt_eval_duration", durations.prompt)
        writer.member("eval_count", usage.output ?? 0)
        writer.member("eval_duration", max(1, durations.total - durations.prompt))
    }
}

enum OllamaStopReason {
    static func read(_ word: String?) -> StopReason {
        switch word {
        case "stop", "", nil: .stop
        case "length": .length
        case let word?: .other(word)
        }
    }

    static func write(_ reason: StopReason) -> StaticString {
        switch reason {
        case .length, .contextLength: "length"
        case .stop, .stopSequence, .toolCalls, .contentFilter, .refusal, .pause, .malformedToolCall, .other, .cancelled:
            "stop"
        }
    }
}
