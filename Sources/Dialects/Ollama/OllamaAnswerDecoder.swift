import JSONCore

/// Reads Ollama's answers, whole or line by line, into events.
final class OllamaAnswerDecoder: AnswerDecoder {
    private enum TextKind { case text, thinking }

    private let names: NameMap
    private let ids: any IDGenerator
    private let clientDialect: Dialect
    private let isEndLenient: Bool
    private var splitter: ThinkTagSplitter?
    private var open: (block: Int, kind: TextKind)?
    private var usedIDs = DistinctIDs()
    private var nextBlock = 0
    private var hasStarted = false
    private var hasEnded = false

    init(profile: TargetProfile, context: TranslationContext) {
        names = context.toolNames
        ids = context.ids
        clientDialect = context.clientDialect
        isEndLenient = profile.lenientEnd
        splitter = profile.thinkTags ? ThinkTagSplitter() : nil
    }

    /// The last line says everything at once.
    var awaitsOnlyTheEnd: Bool { false }

    // MARK: - Frames

    func receive(_ frame: JSONValue, name: String?, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        if let error = frame.present("error") {
            return fail(UpstreamError.inAnswer(error, of: frame, dialect: .ollama), into: &events)
        }
        if !hasStarted {
            hasStarted = true
            events.append(.start(AnswerStart(model: frame["model"]?.string)))
        }
        if let message = frame.present("message"), message.isObject { receive(message: message, into: &events) }
        if let tokens = frame.present("logprobs"), tokens.isArray, tokens.count > 0, let open, open.kind == .text {
            events.append(.logprobs(open.block, tokens))
        }
        if frame["done"]?.bool == true { finish(frame, into: &events) }
    }

    func receiveEndMark(into events: inout [AnswerEvent]) { end(mayLackReason: true, into: &events) }

    func receive(whole body: JSONValue, into events: inout [AnswerEvent]) {
        receive(body, name: nil, into: &events)
        end(mayLackReason: true, into: &events)
    }

    func finish(isClean: Bool, into events: inout [AnswerEvent]) {
        end(mayLackReason: isClean && isEndLenient, into: &events)
    }

    private func fail(_ failure: Failure, into events: inout [AnswerEvent]) {
        hasEnded = true
        events.append(.error(failure))
    }

    // MARK: - Messages

    private func receive(message: JSONValue, into events: inout [AnswerEvent]) {
        if let thought = message.present("thinking")?.text, !thought.isEmpty {
            append(thought, .thinking, into: &events)
        }
        if let text = message.present("content")?.text, !text.isEmpty { receive(text: text, into: &events) }
        for image in message.present("images")?.elements ?? JSONDocument.emptyArray.root.elements {
            guard let data = image.text, !data.isEmpty else { continue }
            closeText(into: &events)
            let block = takeBlock()
            let media = MediaReading.medium(.image, base64: data, type: nil)
            events.append(.open(block: block, choice: 0, .media(media)))
            events.append(.close(block))
        }
        for call in message.present("tool_calls")?.elements ?? JSONDocument.emptyArray.root.elements where call.isObject
        {
            receive(call: ChatParts.call(call), into: &events)
        }
    }

    private func receive(text: JSONText, into events: inout [AnswerEvent]) {
        guard let pieces = splitter?.feed(text) else { return append(text, .text, into: &events) }
        for piece in pieces { append(piece.text, piece.isThinking ? .thinking : .text, into: &events) }
    }

    private func append(_ text: JSONText, _ kind: TextKind, into events: inout [AnswerEvent]) {
        let block = openBlock(kind, into: &events)
        events.append(kind == .text ? .text(block, text) : .thinking(block, text))
    }

    private func openBlock(_ kind: TextKind, into events: inout [AnswerEvent]) -> Int {
        if let open, open.kind == kind { return open.block }
        closeText(into: &events)
        let block = takeBlock()
        open = (block, kind)
        events.append(.open(block: block, choice: 0, kind == .text ? .text : .thinking))
        return block
    }

    private func closeText(into events: inout [AnswerEvent]) {
        guard let open else { return }
        self.open = nil
        events.append(.close(open.block))
    }

    private func takeBlock() -> Int {
        defer { nextBlock += 1 }
        return nextBlock
    }

    // MARK: - Calls

    /// Calls come whole; they are told apart by the order of their arrival, because old servers number all of them 0.
    private func receive(call: ToolCall, into events: inout [AnswerEvent]) {
        guard !call.name.isEmpty else { return }
        closeText(into: &events)
        let block = takeBlock()
        let id = usedIDs.take(call.id.isEmpty ? newID : call.id)
        let kind = BlockKind.toolCall(id: id, name: names.client(call.name), .function)
        events.append(.open(block: block, choice: 0, kind))
        switch call.arguments {
        case .object(let value): events.append(.arguments(block, JSONCompaction.text(value)))
        case .text(let text): events.append(.arguments(block, text.isEmpty ? "{}" : text))
        }
        events.append(.close(block))
    }

    private var newID: String { clientDialect == .anthropicMessages ? ids.toolUse() : ids.chatCall() }

    // MARK: - End

    private func finish(_ frame: JSONValue, into events: inout [AnswerEvent]) {
        let reason = OllamaStopReason.read(frame["done_reason"]?.string)
        flushSplitter(isCutOff: reason != .stop, into: &events)
        var usage = Usage()
        // Without a count the whole prompt came from the cache: how long it is, is not known.
        usage.input = frame["prompt_eval_count"]?.int.map { max(0, $0) }
        usage.output = frame["eval_count"]?.int.map { max(0, $0) }
        if !usage.isEmpty { events.append(.usage(usage)) }
        complete(reason, into: &events)
    }

    private func end(mayLackReason: Bool, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        flushSplitter(isCutOff: true, into: &events)
        guard mayLackReason, nextBlock > 0 else {
            return fail(mayLackReason ? .empty : .endedEarly, into: &events)
        }
        complete(.stop, into: &events)
    }

    private func complete(_ reason: StopReason, into events: inout [AnswerEvent]) {
        hasEnded = true
        closeText(into: &events)
        events.append(.finish(choice: 0, reason.corrected(hasCalls: !usedIDs.isEmpty)))
        events.append(.end)
    }

    private func flushSplitter(isCutOff: Bool, into events: inout [AnswerEvent]) {
        for piece in splitter?.finish(isCutOff: isCutOff) ?? [] {
            append(piece.text, piece.isThinking ? .thinking : .text, into: &events)
        }
    }
}
