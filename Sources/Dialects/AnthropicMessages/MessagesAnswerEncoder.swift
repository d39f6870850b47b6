import JSONCore

/// Writes events as an Anthropic stream.
///
/// Anthropic's blocks come strictly one after another. What another dialect sends in between waits:
///
///     current ── the block being written; its header comes with its first content
///     waiting ── blocks that appeared while a call was incomplete, each with its events, in their order
final class MessagesAnswerEncoder: AnswerEncoder {
    private enum Kind { case text, thinking, toolCall, opaque }

    private struct Block {
        var number: Int
        var kind: Kind
        /// The number on the wire, once the header is written.
        var index: Int?
        var hasArguments = false
        /// The free text of a call that has no arguments but it; it becomes a member of an object at the end.
        var freeText: [UInt8]?
        var balance = JSONBalance()
        var signature: Signature?
    }

    private struct WaitingBlock {
        var number: Int
        var kind: BlockKind
        var events: [AnswerEvent] = []
        var isClosed = false
    }

    private let ids: any IDGenerator
    private let model: String
    private let estimatedInputTokens: Int?
    private var hasStarted = false
    private var current: Block?
    private var waiting: [WaitingBlock] = []
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
        switch event {
        case .text(let block, let text), .thinking(let block, let text), .refusal(let block, let text):
            guard current?.number == block else { return wait(event, of: block, into: &out) }
            write(delta: text, into: &out)
        case .arguments(let block, let text):
            guard current?.number == block else { return wait(event, of: block, into: &out) }
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
            guard current?.number == block else { return wait(event, of: block, into: &out) }
            write(citation, into: &out)
        // There is one answer only: what belongs to another choice finds no block.
        case .open(let block, let choice, let kind): if choice == 0 { open(block, kind, into: &out) }
        case .close(let block): close(block, into: &out)
        case .start(let start): begin(start, into: &out)
        case .usage(let later): usage.merge(later)
        case .finish(let choice, let reason): if choice == 0 { stop = reason }
        case .end: end(into: &out)
        case .error(let failure): MessagesErrors.writeEvent(failure, into: &out)
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

    private func open(_ number: Int, _ kind: BlockKind, into out: inout [UInt8]) {
        if let current {
            if current.kind == .toolCall, !current.balance.isComplete {
                return waiting.append(WaitingBlock(number: number, kind: kind))
            }
            closeCurrent(into: &out)
        }
        guard waiting.isEmpty else {
            waiting.append(WaitingBlock(number: number, kind: kind))
            return promote(into: &out)
        }
        start(number, kind, into: &out)
    }

    private func close(_ number: Int, into out: inout [UInt8]) {
        if current?.number == number {
            closeCurrent(into: &out)
            promote(into: &out)
        } else if let place = waiting.firstIndex(where: { $0.number == number }) {
            waiting[place].isClosed = true
        }
    }

    private func wait(_ event: AnswerEvent, of number: Int, into out: inout [UInt8]) {
        guard let place = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting[place].events.append(event)
        if let current, current.kind == .toolCall, !current.balance.isComplete { return }
        closeCurrent(into: &out)
        promote(into: &out)
    }

    /// Writes waiting blocks for as long as the one being written is complete.
    private func promote(into out: inout [UInt8]) {
        while current == nil, !waiting.isEmpty {
            let next = waiting.removeFirst()
            start(next.number, next.kind, into: &out)
            for event in next.events { write(event, into: &out) }
            let isComplete = current?.balance.isComplete == true && !waiting.isEmpty
            if next.isClosed || isComplete { closeCurrent(into: &out) }
        }
    }

    private func end(into out: inout [UInt8]) {
        begin(AnswerStart(), into: &out)
        closeCurrent(into: &out)
        while !waiting.isEmpty {
            promote(into: &out)
            closeCurrent(into: &out)
        }
        var writer = JSONWriter()
        writer.bytes.append("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":")
        writer.beginObject()
        MessagesStopReason.writeMembers(stop, to: &writer)
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
        case .text, .refusal: current = Block(number: number, kind: .text)
        case .thinking: current = Block(number: number, kind: .thinking)
        case .toolCall(let id, let name, let kind):
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
            current = Block(number: number, kind: .opaque)
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
        current = Block(number: -1, kind: .opaque)
        writeHeader(into: &out) { MessagesBlocks.writeSearch(id, call, to: &$0) }
        closeCurrent(into: &out)
        current = Block(number: -1, kind: .opaque)
        writeHeader(into: &out) { MessagesBlocks.writeSearchResult(id, call, to: &$0) }
        closeCurrent(into: &out)
    }

    private func takeIndex(into out: inout [UInt8]) {
        current?.index = nextIndex
        out.append("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        out.append(contentsOf: JSONLiteral.int(nextIndex))
        out.append(",\"content_block\":")
        deltaHead =
            switch current?.kind {
            case .thinking: MessagesDeltaHead.thinking(nextIndex)
            case .toolCall, .opaque: MessagesDeltaHead.arguments(nextIndex)
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

    /// Only Anthropic's own citations can be expressed: the others lack what Anthropic wants to see again.
    private func write(_ citation: Citation, into out: inout [UInt8]) {
        guard citation.origin == .anthropicMessages, current?.kind == .text else { return }
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

/// What stands in Anthropic blocks for things of other dialects.
enum MessagesBlocks {
    /// The signature as an Anthropic client sees it: its own as it is, others in a carrier.
    static func text(of signature: Signature) -> JSONText {
        signature.family == .anthropic && signature.scope == nil ? signature.data : signature.carrier
    }

    /// Begins the ids of searches that another dialect's provider made: Anthropic must not see them again.
    static let ownSearch = "srvtoolu_omr1_"

    static func searchID(_ ids: any IDGenerator) -> String { ownSearch + ids.characters(24) }

    /// Writes the members of a search that the provider made.
    static func writeSearch(_ id: String, _ call: WebSearchCall, to writer: inout JSONWriter) {
        writer.member("type", literal: "server_tool_use")
        writer.member("id", id)
        writer.member("name", literal: "web_search")
        writer.key("input")
        writer.beginObject()
        writer.member("query", call.query)
        writer.endObject()
    }

    /// Writes the members of what a search found.
    static func writeSearchResult(_ id: String, _ call: WebSearchCall, to writer: inout JSONWriter) {
        writer.member("type", literal: "web_search_tool_result")
        writer.member("tool_use_id", id)
        writer.key("content")
        writer.beginArray()
        for source in call.sources {
            writer.beginObject()
            writer.member("type", literal: "web_search_result")
            writer.member("url", source.url)
            writer.member("title", source.title ?? source.url)
            writer.member("encrypted_content", literal: "")
            writer.memberNull("page_age")
            writer.endObject()
        }
        writer.endArray()
    }

    /// Stands for an image, which Anthropic's answers cannot contain.
    static func replacement(for media: Media) -> JSONText {
        if case .url(let url) = media.source { return JSONText.joined(["![image](", url, ")"], separator: "") }
        return "[image output omitted]"
    }
}
