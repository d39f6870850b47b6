import JSONCore

/// Writes events as an Anthropic stream.
///
/// Anthropic's blocks come strictly one after another. What another dialect sends in between waits, and a block that had
/// to end because another one began goes on in a further one:
///
///     current ── the block being written; its header comes with its first content
///     waiting ── blocks that appeared while a call was incomplete, each with its events, in their order
///     ended ──── blocks of text and thinking of which more may come
final class MessagesAnswerEncoder: AnswerEncoder {
    private enum Kind { case text, thinking, toolCall, opaque, complete }

    private struct Block {
        var number: Int
        var kind: Kind
        /// What the block would go on as; nil for one that is complete when it ends.
        var rest: BlockKind?
        /// The number on the wire, once the header is written.
        var index: Int?
        var hasArguments = false
        /// The free text of a call that has no arguments but it; it becomes a member of an object at the end.
        var freeText: [UInt8]?
        var balance = JSONBalance()
        var signature: Signature?

        var takesText: Bool { kind == .text || kind == .thinking }
        var takesArguments: Bool { kind == .toolCall || kind == .opaque }
    }

    private let ids: any IDGenerator
    private let model: String
    private let estimatedInputTokens: Int?
    private var hasStarted = false
    private var hasEnded = false
    private var hasCalls = false
    private var current: Block?
    private var waiting = WaitingBlocks()
    private var ended: [Int: BlockKind] = [:]
    private var nextIndex = 0
    private var stop = StopReason.stop
    private var usage = Usage()
    /// The constant beginning of the current block's deltas.
    private var deltaHead: [UInt8] = []

    init(context: TranslationContext) {
        ids = context.ids
        model = context.clientModel
        estimatedInputTokens = context.estimatedInputTokens
    }

    // MARK: - Events

    func write(_ event: AnswerEvent, into out: inout [UInt8]) {
        guard !hasEnded else { return }
        switch event {
        case .text(let block, let text), .thinking(let block, let text), .refusal(let block, let text):
            guard current?.number == block else { return wait(event, of: block, into: &out) }
            if current?.takesText == true { write(delta: text, into: &out) }
        case .arguments(let block, let text):
            guard current?.number == block else { return wait(event, of: block, into: &out) }
            guard current?.takesArguments == true else { return }
            guard current?.freeText == nil else {
                var bytes: [UInt8] = []
                text.appendUnescaped(to: &bytes)
                current?.freeText? += bytes
                return
            }
            current?.hasArguments = true
            current?.balance.feed(text)
            write(delta: text, into: &out)
        case .signature(let block, let signature):
            guard current?.number == block else { return wait(event, of: block, into: &out) }
            current?.signature = signature
        case .citation(let block, let citation):
            // Only Anthropic's own citations can be expressed: the others lack what Anthropic wants to see again.
            guard citation.origin == .anthropicMessages else { return }
            guard current?.number == block else { return wait(event, of: block, into: &out) }
            write(citation, into: &out)
        // There is one answer only: what belongs to another choice finds no block.
        case .open(let block, let choice, let kind): if choice == 0 { open(block, kind, into: &out) }
        case .close(let block): close(block, into: &out)
        case .start(let start): begin(start, into: &out)
        case .usage(let later): usage.merge(later)
        case .finish(let choice, let reason): if choice == 0 { stop = reason }
        case .end: end(into: &out)
        case .error(let failure):
            hasEnded = true
            MessagesErrors.writeEvent(failure, into: &out)
        case .logprobs: break
        case .ping: if hasStarted { out.append("event: ping\ndata: {\"type\":\"ping\"}\n\n") }
        }
    }

    private func begin(_ start: AnswerStart, into out: inout [UInt8]) {
        guard !hasStarted else { return }
        hasStarted = true
        if let known = start.usage { usage.merge(known) }
        var writer = JSONWriter()
        writer.bytes.append("event: message_start\ndata: {\"type\":\"message_start\",\"message\":")
        writer.beginObject()
        writer.member("id", ids.message())
        writer.member("type", literal: "message")
        writer.member("role", literal: "assistant")
        writer.member("model", model)
        writer.key("content")
        writer.beginArray()
        writer.endArray()
        writer.memberNull("stop_reason")
        writer.memberNull("stop_sequence")
        writer.key("usage")
        writer.beginObject()
        writer.member("input_tokens", usage.input ?? estimatedInputTokens ?? 0)
        writer.member("cache_creation_input_tokens", usage.cacheWrite ?? 0)
        writer.member("cache_read_input_tokens", usage.cacheRead ?? 0)
        writer.member("output_tokens", 1)
        writer.endObject()
        writer.endObject()
        out.append(contentsOf: writer.bytes)
        out.append("}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n")
    }

    // MARK: - Order of blocks

    private var isInsideCall: Bool { current?.kind == .toolCall && current?.balance.isComplete == false }

    private func open(_ number: Int, _ kind: BlockKind, into out: inout [UInt8]) {
        guard !isInsideCall else { return waiting.append(number, kind) }
        closeCurrent(into: &out)
        guard waiting.isEmpty else {
            waiting.append(number, kind)
            return promote(into: &out)
        }
        start(number, kind, into: &out)
    }

    private func close(_ number: Int, into out: inout [UInt8]) {
        if current?.number == number {
            closeCurrent(into: &out)
            promote(into: &out)
        } else {
            waiting.close(number)
        }
        ended[number] = nil
    }

    /// Takes an event of a block that is not being written: one that waits, or has ended too early.
    private func wait(_ event: AnswerEvent, of number: Int, into out: inout [UInt8]) {
        if let rest = ended.removeValue(forKey: number) { waiting.append(number, rest) }
        guard waiting.add(event, to: number), !isInsideCall else { return }
        closeCurrent(into: &out)
        promote(into: &out)
    }

    /// Writes waiting blocks for as long as the one being written is complete.
    private func promote(into out: inout [UInt8]) {
        while current == nil, let next = waiting.takeFirst() {
            start(next.number, next.kind, into: &out)
            for event in next.events { write(event, into: &out) }
            let isComplete = current?.balance.isComplete == true && !waiting.isEmpty
            if next.isClosed || isComplete { closeCurrent(into: &out) }
            if next.isClosed { ended[next.number] = nil }
        }
    }

    private func end(into out: inout [UInt8]) {
        begin(AnswerStart(), into: &out)
        closeCurrent(into: &out)
        while !waiting.isEmpty {
            promote(into: &out)
            closeCurrent(into: &out)
        }
        hasEnded = true
        var writer = JSONWriter()
        writer.bytes.append("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":")
        writer.beginObject()
        MessagesStopReason.writeMembers(stop.corrected(hasCalls: hasCalls), to: &writer)
        writer.endObject()
        writer.bytes.append(",\"usage\":")
        writer.startDocument()
        MessagesUsage.write(usage, to: &writer)
        out.append(contentsOf: writer.bytes)
        out.append("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
    }

    func writeKeepAlive(into out: inout [UInt8]) {
        MessagesCodec.writeKeepAlive(into: &out)
    }

    // MARK: - Blocks

    private func start(_ number: Int, _ kind: BlockKind, into out: inout [UInt8]) {
        switch kind {
        case .text, .refusal: current = Block(number: number, kind: .text, rest: kind)
        case .thinking: current = Block(number: number, kind: .thinking, rest: kind)
        case .toolCall(let id, let name, let kind):
            hasCalls = true
            current = Block(number: number, kind: .toolCall, freeText: kind == .custom ? [] : nil)
            writeHeader(into: &out) { writer in
                writer.member("type", literal: "tool_use")
                writer.member("id", id)
                writer.member("name", name)
                writer.key("input")
                writer.beginObject()
                writer.endObject()
            }
        case .redactedThinking(let signature):
            current = Block(number: number, kind: .complete)
            writeHeader(into: &out) { writer in
                writer.member("type", literal: "redacted_thinking")
                writer.member("data", MessagesBlocks.text(of: signature))
            }
        case .media(let media):
            current = Block(number: number, kind: .text)
            write(delta: MessagesBlocks.replacement(for: media), into: &out)
        case .opaque(let raw, .anthropicMessages):
            current = Block(number: number, kind: .opaque)
            writeHeader(into: &out, raw: raw)
        case .webSearch(let call): write(call, into: &out)
        case .opaque: current = nil
        }
    }

    /// A search that the provider made is two blocks: the call and what it found.
    private func write(_ call: WebSearchCall, into out: inout [UInt8]) {
        let id = MessagesBlocks.searchID(ids)
        current = Block(number: -1, kind: .complete)
        writeHeader(into: &out) { MessagesBlocks.writeSearch(id, call, to: &$0) }
        closeCurrent(into: &out)
        current = Block(number: -1, kind: .complete)
        writeHeader(into: &out) { MessagesBlocks.writeSearchResult(id, call, to: &$0) }
        closeCurrent(into: &out)
    }

    private func takeIndex(into out: inout [UInt8]) {
        begin(AnswerStart(), into: &out)
        current?.index = nextIndex
        out.append("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        out.append(contentsOf: JSONLiteral.int(nextIndex))
        out.append(",\"content_block\":")
        deltaHead =
            switch current?.kind {
            case .thinking: MessagesDeltaHead.thinking(nextIndex)
            case .toolCall, .opaque, .complete: MessagesDeltaHead.arguments(nextIndex)
            case .text, nil: MessagesDeltaHead.text(nextIndex)
            }
        nextIndex += 1
    }

    private func writeHeader(into out: inout [UInt8], raw: JSONValue) {
        takeIndex(into: &out)
        out.append(contentsOf: raw.raw)
        out.append("}\n\n")
    }

    private func writeHeader(into out: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        takeIndex(into: &out)
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        out.append(contentsOf: writer.bytes)
        out.append("}\n\n")
    }

    /// The header of a text or thinking block, which is written with its first content.
    private func writeLazyHeader(into out: inout [UInt8]) {
        guard let current, current.index == nil else { return }
        let isThinking = current.kind == .thinking
        takeIndex(into: &out)
        out.append(
            isThinking
                ? "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n"
                : "{\"type\":\"text\",\"text\":\"\"}}\n\n"
        )
    }

    private func write(delta text: JSONText, into out: inout [UInt8]) {
        writeLazyHeader(into: &out)
        out.append(contentsOf: deltaHead)
        out.appendFrameText(text)
        out.append("\"}}\n\n")
    }

    private func write(_ citation: Citation, into out: inout [UInt8]) {
        guard current?.kind == .text else { return }
        writeLazyHeader(into: &out)
        writeDelta(into: &out) { out in
            out.append("citations_delta\",\"citation\":")
            out.append(contentsOf: citation.raw.raw)
            out.append("}}\n\n")
        }
    }

    private func writeDelta(into out: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        out.append("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        out.append(contentsOf: JSONLiteral.int(current?.index ?? 0))
        out.append(",\"delta\":{\"type\":\"")
        body(&out)
    }

    private func closeCurrent(into out: inout [UInt8]) {
        guard let block = current else { return }
        ended[block.number] = block.rest
        if block.kind == .thinking { writeSignature(of: block, into: &out) }
        if let text = block.freeText {
            write(delta: ChatCalls.wrapped(JSONText(String(decoding: text, as: UTF8.self))), into: &out)
        } else if block.kind == .toolCall, !block.hasArguments {
            write(delta: "{}", into: &out)
        }
        defer { current = nil }
        guard let index = current?.index else { return }
        out.append("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
        out.append(contentsOf: JSONLiteral.int(index))
        out.append("}\n\n")
    }

    /// A thinking block without a signature gets an unsigned carrier: clients discard unsigned blocks, and the carrier
    /// says later that there was none.
    private func writeSignature(of block: Block, into out: inout [UInt8]) {
        if block.index == nil {
            guard block.signature != nil else { return }
            writeLazyHeader(into: &out)
        }
        writeDelta(into: &out) { out in
            out.append("signature_delta\",\"signature\":\"")
            MessagesBlocks.text(of: block.signature ?? .unsigned).appendEscaped(to: &out)
            out.append("\"}}\n\n")
        }
    }
}
