import JSONCore

/// Writes events as a Gemini stream: server-sent events, or the elements of one JSON array.
///
/// Calls are written whole when they are closed, in the order in which they were made. A signature of another family stands on the part behind its thinking,
/// where Gemini's own would: clients keep those parts and throw away thoughts.
final class GeminiAnswerEncoder: AnswerEncoder {
    private struct Block {
        var choice = 0
        var kind = BlockKind.text
        var hasText = false
        /// Where the block's text stands in that of its choice, in bytes.
        var range = 0..<0
        var arguments: [UInt8] = []
        var signature: Signature?
    }

    private struct Choice {
        /// Waits for the part that it stands on.
        var pending: Signature?
        var text: [UInt8] = []
        var sources = GeminiSources()
        var calls = CallOrder()
    }

    private let isArray: Bool
    private let countsText: Bool
    private let context: TranslationContext
    /// What follows the candidates in every chunk.
    private let identity: [UInt8]
    private let textTail: [UInt8]
    private var blocks: [Block] = []
    private var choices: [Int: Choice] = [:]
    private var finishes: [Int: StopReason] = [:]
    private var usage = Usage()
    private var hasElements = false
    private var hasEnded = false

    init(context: TranslationContext) {
        self.context = context
        isArray = context.layout == .jsonArray
        countsText = context.citesSources
        var identity: [UInt8] = []
        identity.append(",\"modelVersion\":")
        identity.append(contentsOf: JSONLiteral.string(context.clientModel))
        identity.append(",\"responseId\":")
        identity.append(contentsOf: JSONLiteral.string(context.ids.characters(22)))
        identity.append("}")
        self.identity = identity
        var tail: [UInt8] = []
        tail.append("\"}]},\"index\":0}]")
        textTail = tail + identity
    }

    // MARK: - Events

    func write(_ event: AnswerEvent, into out: inout [UInt8]) {
        guard !hasEnded else { return }
        switch event {
        case .text(let block, let text), .refusal(let block, let text): write(text, of: block, into: &out)
        case .thinking(let block, let text):
            guard blocks.indices.contains(block) else { return }
            blocks[block].hasText = true
            writeParts(of: blocks[block].choice, into: &out) { GeminiParts.write(text, isThought: true, to: &$0) }
        case .arguments(let block, let text):
            if blocks.indices.contains(block) { text.appendEscaped(to: &blocks[block].arguments) }
        case .signature(let block, let signature):
            if blocks.indices.contains(block) { blocks[block].signature = signature }
        case .citation(let block, let citation):
            guard blocks.indices.contains(block) else { return }
            choices[blocks[block].choice, default: Choice()].sources.add(citation, in: blocks[block].range)
        case .open(let block, let choice, let kind): open(block, choice, kind, into: &out)
        case .close(let block): close(block, into: &out)
        case .start(let start): if let known = start.usage { usage.merge(known) }
        case .usage(let later): usage.merge(later)
        case .finish(let choice, let reason): finishes[choice] = finishes[choice] ?? reason
        case .end: end(into: &out)
        case .error(let failure): fail(failure, into: &out)
        case .logprobs(let block, let tokens): write(Array(tokens.elements), of: block, into: &out)
        case .ping: break
        }
    }

    func writeKeepAlive(into out: inout [UInt8]) { GeminiCodec.writeKeepAlive(context, into: &out) }

    // MARK: - Chunks

    private func begin(into out: inout [UInt8]) {
        guard isArray else { return out.append("data: ") }
        out.append(hasElements ? ",\r\n" : "[")
        hasElements = true
    }

    private func finishChunk(into out: inout [UInt8]) { if !isArray { out.append("\r\n\r\n") } }

    private func write(_ text: JSONText, of block: Int, into out: inout [UInt8]) {
        guard blocks.indices.contains(block) else { return }
        let choice = blocks[block].choice
        if countsText { count(text, of: block) }
        guard choice == 0 else { return writeParts(of: choice, into: &out) { GeminiParts.write(text, to: &$0) } }
        begin(into: &out)
        out.append("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"")
        out.appendFrameText(text)
        out.append(contentsOf: textTail)
        finishChunk(into: &out)
    }

    private func count(_ text: JSONText, of block: Int) {
        let choice = blocks[block].choice
        let before = choices[choice]?.text.count ?? 0
        text.appendUnescaped(to: &choices[choice, default: Choice()].text)
        let start = blocks[block].range.isEmpty ? before : blocks[block].range.lowerBound
        blocks[block].range = start..<(choices[choice]?.text.count ?? start)
    }

    /// Writes the probabilities of the text in front of them.
    private func write(_ tokens: [JSONValue], of block: Int, into out: inout [UInt8]) {
        guard blocks.indices.contains(block), !tokens.isEmpty else { return }
        var writer = JSONWriter()
        writer.beginObject()
        GeminiLogprobs.write(tokens, to: &writer)
        let members = writer.bytes.dropFirst()
        writeParts(of: blocks[block].choice, members, into: &out) { GeminiParts.write("", to: &$0) }
    }

    /// Writes a chunk with parts and further members of its candidate.
    private func writeParts(
        of choice: Int,
        _ members: ArraySlice<UInt8> = [],
        into out: inout [UInt8],
        _ body: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        body(&writer)
        begin(into: &out)
        out.append("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[")
        out.appendFrameText(JSONText(rawEscaped: writer.bytes))
        out.append("]},\"index\":")
        out.append(contentsOf: JSONLiteral.int(choice))
        if !members.isEmpty {
            out.append(",")
            out.appendFrameText(JSONText(rawEscaped: Array(members)))
        }
        out.append("}]")
        out.append(contentsOf: identity)
        finishChunk(into: &out)
    }

    // MARK: - Blocks

    private func open(_ number: Int, _ choice: Int, _ kind: BlockKind, into out: inout [UInt8]) {
        while blocks.count <= number { blocks.append(Block()) }
        blocks[number] = Block(choice: choice, kind: kind)
        switch kind {
        case .redactedThinking(let signature):
            writeParts(of: choice, into: &out) { GeminiParts.write("", isThought: true, signature, to: &$0) }
        case .media(let media):
            let signature = takePending(of: choice)
            writeParts(of: choice, into: &out) { writer in
                writer.beginObject()
                GeminiMedia.writeMembers(of: media, to: &writer)
                GeminiParts.write(signature, to: &writer)
                writer.endObject()
            }
        case .opaque(let raw, .gemini): writeParts(of: choice, into: &out) { $0.raw(raw) }
        case .webSearch(let search): choices[choice, default: Choice()].sources.add(search)
        case .toolCall: choices[choice, default: Choice()].calls.open(number)
        case .text, .thinking, .refusal, .opaque: break
        }
    }

    private func takePending(of choice: Int) -> Signature? {
        defer { choices[choice]?.pending = nil }
        return choices[choice]?.pending
    }

    private func close(_ number: Int, into out: inout [UInt8]) {
        guard blocks.indices.contains(number) else { return }
        let block = blocks[number]
        switch block.kind {
        case .toolCall:
            for call in choices[block.choice]?.calls.close(number) ?? [] { write(call: call, into: &out) }
        case .thinking:
            guard let signature = block.signature, signature.isSigned else { return }
            if block.hasText, signature.family == .gemini {
                writeParts(of: block.choice, into: &out) { GeminiParts.write("", isThought: true, signature, to: &$0) }
            } else {
                flushPending(of: block.choice, into: &out)
                choices[block.choice, default: Choice()].pending = signature
            }
        case .text, .refusal: flushPending(of: block.choice, into: &out)
        case .redactedThinking, .media, .webSearch, .opaque: break
        }
    }

    private func write(call number: Int, into out: inout [UInt8]) {
        let block = blocks[number]
        guard case .toolCall(let id, let name, let kind) = block.kind else { return }
        blocks[number].arguments = []
        let pending = takePending(of: block.choice)
        writeParts(of: block.choice, into: &out) { writer in
            GeminiParts.write(
                call: id,
                name: name,
                kind: kind,
                arguments: JSONText(rawEscaped: block.arguments),
                block.signature ?? pending,
                to: &writer
            )
        }
    }

    private func flushPending(of choice: Int, into out: inout [UInt8]) {
        guard let signature = takePending(of: choice) else { return }
        writeParts(of: choice, into: &out) { GeminiParts.write("", signature, to: &$0) }
    }

    // MARK: - End

    private func end(into out: inout [UInt8]) {
        hasEnded = true
        for number in choices.keys.sorted() {
            for call in choices[number]?.calls.finish() ?? [] { write(call: call, into: &out) }
        }
        var ends = finishes
        for choice in Set(blocks.map(\.choice)).union([0]) { ends[choice] = ends[choice] ?? .stop }
        for (place, finish) in ends.sorted(by: { $0.key < $1.key }).enumerated() {
            let signature = takePending(of: finish.key)
            let choice = choices[finish.key] ?? Choice()
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("candidates")
            writer.beginArray()
            writer.beginObject()
            writer.key("content")
            writer.beginObject()
            writer.member("role", literal: "model")
            writer.key("parts")
            writer.beginArray()
            GeminiParts.write("", signature, to: &writer)
            writer.endArray()
            writer.endObject()
            writer.member("finishReason", literal: GeminiFinishReason.write(finish.value))
            writer.member("index", finish.key)
            choice.sources.write(text: choice.text, to: &writer)
            writer.endObject()
            writer.endArray()
            if place == ends.count - 1 {
                writer.key("usageMetadata")
                GeminiUsage.write(usage, to: &writer)
            }
            begin(into: &out)
            out.appendFrameText(JSONText(rawEscaped: writer.bytes))
            out.append(contentsOf: identity)
            finishChunk(into: &out)
        }
        if isArray { out.append("]") }
    }

    private func fail(_ failure: Failure, into out: inout [UInt8]) {
        hasEnded = true
        guard isArray else { return GeminiErrors.writeEvent(failure, into: &out) }
        begin(into: &out)
        out.append(contentsOf: GeminiErrors.body(failure, isInStream: true))
        out.append("]")
    }
}
