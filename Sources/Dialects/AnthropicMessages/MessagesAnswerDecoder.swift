import JSONCore

/// Reads Anthropic Messages answers into events.
final class MessagesAnswerDecoder: AnswerDecoder {
    /// A content block that has started and not stopped.
    private struct Block {
        /// The number the provider gives it.
        var wireIndex: Int
        var block: Int
        var kind: Kind
        /// The complete input that came with the block's start; used if no fragments follow.
        var input: JSONValue?
        var hasContent = false
    }

    private enum Kind { case text, thinking, toolCall, opaque, complete }

    private let names: NameMap
    private let ids: any IDGenerator
    private var open: [Block] = []
    private var nextBlock = 0
    private var hasStarted = false
    private var hasEnded = false
    private var hasCalls = false
    private var stop: StopReason?
    /// `nil` for clients who know Anthropic's own blocks.
    private var searches: MessagesSearches?

    init(context: TranslationContext) {
        names = context.toolNames
        searches = context.clientDialect == .anthropicMessages ? nil : MessagesSearches()
        ids = context.ids
    }

    var awaitsOnlyTheEnd: Bool { stop != nil }

    // MARK: - Frames

    func receive(_ frame: JSONValue, name: String?, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        switch MessagesEventType(frame, name: name) {
        case .contentBlockDelta: receiveDelta(frame, into: &events)
        case .contentBlockStart:
            start(nil, into: &events)
            if let block = frame["content_block"], block.isObject {
                receiveStart(of: block, at: frame["index"]?.int ?? nextBlock, into: &events)
            }
        case .contentBlockStop: receiveStop(at: frame["index"]?.int, into: &events)
        case .messageStart: start(frame["message"], into: &events)
        case .messageDelta: receiveMessageDelta(frame, into: &events)
        case .messageStop:
            if stop == nil, !hasStarted { return fail(.endedEarly, into: &events) }
            end(into: &events)
        case .ping: events.append(.ping)
        case .error:
            let error = frame.present("error") ?? frame
            fail(UpstreamError.inAnswer(error, of: frame, dialect: .anthropicMessages), into: &events)
        case .message: receive(whole: frame, into: &events)
        case nil: break
        }
    }

    func receiveEndMark(into events: inout [AnswerEvent]) {
        finish(isClean: true, into: &events)
    }

    func receive(whole body: JSONValue, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        if let error = body.present("error"), body["content"] == nil {
            return fail(UpstreamError.inAnswer(error, of: body, dialect: .anthropicMessages), into: &events)
        }
        start(body, into: &events)
        if let content = body["content"], content.isArray {
            for (index, block) in content.elements.enumerated() where block.isObject {
                receiveStart(of: block, at: index, into: &events)
                receiveStop(at: index, into: &events)
            }
        } else if let text = body["content"]?.text, !text.isEmpty {
            appendWholeText(text, into: &events)
        }
        stop = MessagesStopReason.read(body)
        end(into: &events)
    }

    func finish(isClean: Bool, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        // Everything of the answer has come once the stop reason is known; only the last frame is missing.
        guard stop != nil else { return fail(.endedEarly, into: &events) }
        end(into: &events)
    }

    private func start(_ message: JSONValue?, into events: inout [AnswerEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        var start = AnswerStart(model: message?["model"]?.string)
        start.usage = message?.present("usage").map(MessagesUsage.read)
        events.append(.start(start))
    }

    private func fail(_ failure: Failure, into events: inout [AnswerEvent]) {
        hasEnded = true
        events.append(.error(failure))
    }

    private func end(into events: inout [AnswerEvent]) {
        while let block = open.first { close(block, into: &events) }
        for search in searches?.takeOpen() ?? [] { append(search, into: &events) }
        hasEnded = true
        events.append(.finish(choice: 0, (stop ?? .stop).corrected(hasCalls: hasCalls)))
        events.append(.end)
    }

    private func receiveMessageDelta(_ frame: JSONValue, into events: inout [AnswerEvent]) {
        start(nil, into: &events)
        if let delta = frame["delta"], let reason = MessagesStopReason.read(delta) { stop = reason }
        if let usage = frame.present("usage") { events.append(.usage(MessagesUsage.read(usage))) }
    }

    // MARK: - Blocks

    private func receiveStart(of json: JSONValue, at index: Int, into events: inout [AnswerEvent]) {
        if let old = open.first(where: { $0.wireIndex == index }) { close(old, into: &events) }
        if let step = searches?.take(json, at: index) {
            if case .finished(let search) = step { append(search, into: &events) }
            return
        }
        let number = nextBlock
        nextBlock += 1
        var block = Block(wireIndex: index, block: number, kind: .opaque)
        let kind: BlockKind
        if json["type"]?.equals("text") == true {
            (block.kind, kind) = (.text, .text)
        } else if json["type"]?.equals("thinking") == true {
            (block.kind, kind) = (.thinking, .thinking)
        } else if json["type"]?.equals("redacted_thinking") == true {
            let signature = Signature.read(json["data"]?.text, native: .anthropic)
            (block.kind, kind) = (.complete, .redactedThinking(signature ?? .unsigned))
        } else if json["type"]?.equals("tool_use") == true {
            hasCalls = true
            let id = json["id"]?.wireText ?? ""
            let name = names.client(json["name"]?.string ?? "")
            (block.kind, kind) = (.toolCall, .toolCall(id: id.isEmpty ? ids.toolUse() : id, name: name, .function))
            block.input = json["input"]
        } else {
            kind = .opaque(json, .anthropicMessages)
        }
        open.append(block)
        events.append(.open(block: number, choice: 0, kind))
        appendContent(of: json, block, into: &events)
    }

    private func append(_ search: WebSearchCall, into events: inout [AnswerEvent]) {
        let block = nextBlock
        nextBlock += 1
        events.append(.open(block: block, choice: 0, .webSearch(search)))
        events.append(.close(block))
    }

    /// What a block's start already contains: nothing in streams as documented, everything in whole answers.
    private func appendContent(of json: JSONValue, _ block: Block, into events: inout [AnswerEvent]) {
        switch block.kind {
        case .text:
            if let text = json["text"]?.text, !text.isEmpty { events.append(.text(block.block, text)) }
            for citation in json["citations"]?.elements ?? JSONDocument.emptyArray.root.elements {
                events.append(.citation(block.block, Self.citation(citation)))
            }
        case .thinking:
            if let text = json["thinking"]?.text, !text.isEmpty { events.append(.thinking(block.block, text)) }
            if let signature = Signature.read(json["signature"]?.text, native: .anthropic) {
                events.append(.signature(block.block, signature))
            }
        case .toolCall, .opaque, .complete: break
        }
    }

    private func appendWholeText(_ text: JSONText, into events: inout [AnswerEvent]) {
        let block = nextBlock
        nextBlock += 1
        events.append(.open(block: block, choice: 0, .text))
        events.append(.text(block, text))
        events.append(.close(block))
    }

    private func receiveDelta(_ frame: JSONValue, into events: inout [AnswerEvent]) {
        guard let delta = frame["delta"], delta.isObject else { return }
        let index = frame["index"]?.int ?? open.last?.wireIndex ?? nextBlock
        if delta["type"]?.equals("text_delta") == true {
            guard let text = delta["text"]?.text, !text.isEmpty else { return }
            events.append(.text(block(at: index, .text, into: &events), text))
        } else if delta["type"]?.equals("input_json_delta") == true {
            receive(arguments: delta["partial_json"]?.text, at: index, into: &events)
        } else if delta["type"]?.equals("thinking_delta") == true {
            guard let text = delta["thinking"]?.text, !text.isEmpty else { return }
            events.append(.thinking(block(at: index, .thinking, into: &events), text))
        } else if delta["type"]?.equals("signature_delta") == true {
            guard let signature = Signature.read(delta["signature"]?.text, native: .anthropic) else { return }
            events.append(.signature(block(at: index, .thinking, into: &events), signature))
        } else if delta["type"]?.equals("citations_delta") == true, let citation = delta["citation"] {
            events.append(.citation(block(at: index, .text, into: &events), Self.citation(citation)))
        }
    }

    private func receive(arguments: JSONText?, at index: Int, into events: inout [AnswerEvent]) {
        // Arguments of a call that never started have no name to go with and cannot be used.
        guard let arguments, !arguments.isEmpty, searches?.take(input: arguments, at: index) != true,
            let place = open.firstIndex(where: { $0.wireIndex == index }),
            open[place].kind == .toolCall || open[place].kind == .opaque
        else { return }
        open[place].hasContent = true
        events.append(.arguments(open[place].block, arguments))
    }

    /// The open block at a wire index; one is opened if the provider forgot to.
    private func block(at index: Int, _ kind: Kind, into events: inout [AnswerEvent]) -> Int {
        if let found = open.first(where: { $0.wireIndex == index }) {
            if found.kind == kind { return found.block }
            close(found, into: &events)
        }
        start(nil, into: &events)
        let block = nextBlock
        nextBlock += 1
        open.append(Block(wireIndex: index, block: block, kind: kind))
        events.append(.open(block: block, choice: 0, kind == .thinking ? .thinking : .text))
        return block
    }

    private func receiveStop(at index: Int?, into events: inout [AnswerEvent]) {
        guard let block = index.map({ index in open.first { $0.wireIndex == index } }) ?? open.last else { return }
        close(block, into: &events)
    }

    private func close(_ block: Block, into events: inout [AnswerEvent]) {
        open.removeAll { $0.block == block.block }
        if block.kind == .toolCall, !block.hasContent, let input = block.input, input.isObject, input.count > 0 {
            events.append(.arguments(block.block, JSONCompaction.text(input)))
        }
        events.append(.close(block.block))
    }

    private static func citation(_ json: JSONValue) -> Citation {
        Citation(url: json["url"]?.text, title: json["title"]?.text, raw: json, origin: .anthropicMessages)
    }
}
