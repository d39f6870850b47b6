import JSONCore

/// Writes events as a Responses stream.
///
/// Every block becomes an item of the output. An item gets its number with its first content and never again another;
/// a message ends where another item begins, calls may be open side by side. What comes for a block whose item has
/// ended begins a new item, so that no order of events makes an illegal stream.
///
///     created, in_progress │ (added, delta*, done)* │ completed, incomplete or failed
final class ResponsesAnswerEncoder: AnswerEncoder {
    private struct Block {
        var choice: Int
        var kind: BlockKind
        var item: Int?
    }

    private let context: TranslationContext
    private var object: ResponsesObject
    private var sequence = 0
    private var hasStarted = false
    private var hasEnded = false
    private var blocks: [Int: Block] = [:]
    private var items: [ResponsesOpenItem] = []
    /// The item that is open and no call: there is one at most.
    private var spoken: Int?
    /// The finished items by their number in the output.
    private var done: [Int: [UInt8]] = [:]
    private var nextIndex = 0
    private var stop = StopReason.stop
    private var hasRefusalText = false
    private var usage = Usage()
    private(set) var storedAnswer: [UInt8]?

    init(context: TranslationContext) {
        self.context = context
        object = ResponsesObject(
            id: ResponsesItem.id("resp_", context.ids),
            createdAt: context.createdAt,
            model: context.clientModel,
            echo: context.responsesEcho
        )
    }

    // MARK: - Events

    func write(_ event: AnswerEvent, into out: inout [UInt8]) {
        guard !hasEnded else { return }
        begin(into: &out)
        switch event {
        case .text(let block, let text): write(text, of: block, .text, into: &out)
        case .refusal(let block, let text):
            hasRefusalText = true
            write(text, of: block, .refusal, into: &out)
        case .thinking(let block, let text): write(text, of: block, .reasoning, into: &out)
        case .arguments(let block, let text): writeArguments(text, of: block, into: &out)
        case .signature(let block, let signature):
            guard let place = item(of: block, .reasoning, into: &out) else { return }
            items[place].signature = signature
        case .citation(let block, let citation): write(citation, of: block, into: &out)
        case .logprobs(let block, let tokens):
            guard let place = item(of: block, .text, into: &out) else { return }
            items[place].logprobs += tokens.elements
        case .open(let number, let choice, let kind): open(number, Block(choice: choice, kind: kind), into: &out)
        case .close(let block): close(block, into: &out)
        case .start(let start): if let known = start.usage { usage.merge(known) }
        case .usage(let later): usage.merge(later)
        case .finish(let choice, let reason): if choice == 0 { stop = reason }
        case .error(let failure): fail(failure, into: &out)
        case .end: end(into: &out)
        case .ping: break
        }
    }

    private func begin(into out: inout [UInt8]) {
        guard !hasStarted else { return }
        hasStarted = true
        ResponsesEvent.write(object, as: "response.created", sequence: &sequence, into: &out)
        ResponsesEvent.write(object, as: "response.in_progress", sequence: &sequence, into: &out)
    }

    func writeKeepAlive(into out: inout [UInt8]) {
        guard !hasEnded else { return }
        guard hasStarted else { return begin(into: &out) }
        ResponsesEvent.write(object, as: "response.in_progress", sequence: &sequence, into: &out)
    }

    private func end(into out: inout [UInt8]) {
        hasEnded = true
        stop = ResponsesObject.told(stop, hasRefusalText: hasRefusalText)
        let isWhole = ResponsesObject.incompleteReason(stop) == nil
        for place in items.indices { finish(place, isWhole: isWhole, into: &out) }
        object.output = done.sorted { $0.key < $1.key }.map(\.value)
        object.stop = stop
        object.completedAt = context.completedAt
        object.usage = usage
        let type: StaticString = isWhole ? "response.completed" : "response.incomplete"
        ResponsesEvent.write(object, as: type, sequence: &sequence, into: &out)
        if context.keepsAnswer { storedAnswer = object.bytes }
    }

    /// Items that are still open are shown in the failed response only: a client must not run half a call.
    private func fail(_ failure: Failure, into out: inout [UInt8]) {
        hasEnded = true
        for item in items where !item.isDone { done[item.index] = item.bytes(status: "incomplete") }
        object.output = done.sorted { $0.key < $1.key }.map(\.value)
        object.failure = failure
        if !usage.isEmpty { object.usage = usage }
        ResponsesEvent.write(object, as: "response.failed", sequence: &sequence, into: &out)
    }

    // MARK: - Blocks

    private func open(_ number: Int, _ block: Block, into out: inout [UInt8]) {
        guard block.choice == 0 else { return }
        blocks[number] = block
        switch block.kind {
        case .text, .thinking, .refusal: break
        case .redactedThinking(let signature):
            writeWhole(into: &out) { ids in
                ResponsesItem.reasoning(ResponsesItem.id("rs_", ids), text: nil, signature: signature)
            }
        case .toolCall(let id, let name, let kind):
            let call = ResponsesCall(id: id, name: name, kind: kind, context: context)
            blocks[number]?.item = add(.call(call), into: &out)
        case .media(let media): write(media, of: number, into: &out)
        case .webSearch(let call): write(call, into: &out)
        case .opaque(let raw, .openAIResponses): writeWhole(into: &out) { _ in JSONCompaction.compact(raw) }
        case .opaque: break
        }
    }

    private func close(_ number: Int, into out: inout [UInt8]) {
        guard let place = blocks[number]?.item else { return }
        switch items[place].kind {
        // A message waits: another part may follow, and only the end tells whether it is whole.
        case .text, .refusal: break
        case .reasoning, .call: finish(place, isWhole: true, into: &out)
        }
    }

    /// The open item of a block; one is begun if there is none.
    private func item(of number: Int, _ kind: ResponsesOpenItem.Kind, into out: inout [UInt8]) -> Int? {
        guard let block = blocks[number] else { return nil }
        if let place = block.item, !items[place].isDone, items[place].kind.isSame(as: kind) { return place }
        let place = add(kind, into: &out)
        blocks[number]?.item = place
        return place
    }

    private func add(_ kind: ResponsesOpenItem.Kind, into out: inout [UInt8]) -> Int {
        if let place = spoken, kind.continues(items[place].kind) {
            items[place].switchPart(to: kind, sequence: &sequence, into: &out)
            return place
        }
        finishSpoken(into: &out)
        var item = ResponsesOpenItem(kind, index: nextIndex, ids: context.ids)
        nextIndex += 1
        item.begin(sequence: &sequence, into: &out)
        items.append(item)
        if !kind.isCall { spoken = items.count - 1 }
        return items.count - 1
    }

    private func finish(_ place: Int, isWhole: Bool, into out: inout [UInt8]) {
        guard !items[place].isDone else { return }
        if spoken == place { spoken = nil }
        done[items[place].index] = items[place].finish(isWhole: isWhole, sequence: &sequence, into: &out)
    }

    // MARK: - Content

    private func write(
        _ text: JSONText,
        of block: Int,
        _ kind: ResponsesOpenItem.Kind,
        into out: inout [UInt8]
    ) {
        guard !text.isEmpty, let place = item(of: block, kind, into: &out) else { return }
        items[place].write(text, sequence: &sequence, into: &out)
    }

    private func writeArguments(_ text: JSONText, of block: Int, into out: inout [UInt8]) {
        guard let place = blocks[block]?.item, items[place].kind.isCall, !items[place].isDone else { return }
        items[place].write(text, sequence: &sequence, into: &out)
    }

    private func write(_ citation: Citation, of block: Int, into out: inout [UInt8]) {
        guard ResponsesItem.annotation(citation) != nil, let place = item(of: block, .text, into: &out) else { return }
        items[place].write(citation, sequence: &sequence, into: &out)
    }

    private func write(_ media: Media, of block: Int, into out: inout [UInt8]) {
        if let item = ResponsesItem.image(ResponsesItem.id("ig_", context.ids), media) {
            return writeWhole(into: &out) { _ in item }
        }
        write(MessagesBlocks.replacement(for: media), of: block, .text, into: &out)
    }

    /// Writes an item that is complete at once.
    private func writeWhole(into out: inout [UInt8], _ make: (any IDGenerator) -> [UInt8]) {
        finishSpoken(into: &out)
        let item = make(context.ids)
        let index = nextIndex
        nextIndex += 1
        ResponsesOpenItem.writeItem(item, as: "response.output_item.added", index, &sequence, into: &out)
        ResponsesOpenItem.writeItem(item, as: "response.output_item.done", index, &sequence, into: &out)
        done[index] = item
    }

    private func write(_ call: WebSearchCall, into out: inout [UInt8]) {
        finishSpoken(into: &out)
        let id = ResponsesItem.id("ws_", context.ids)
        let index = nextIndex
        nextIndex += 1
        let begun = ResponsesItem.webSearch(id, call, status: "in_progress")
        ResponsesOpenItem.writeItem(begun, as: "response.output_item.added", index, &sequence, into: &out)
        let steps: [StaticString] = [
            "response.web_search_call.in_progress", "response.web_search_call.searching",
            "response.web_search_call.completed",
        ]
        for step in steps {
            ResponsesEvent.begin(step, sequence: &sequence, into: &out)
            ResponsesOpenItem.writePlace(id, index, into: &out)
            out.append("}\n\n")
        }
        let item = ResponsesItem.webSearch(id, call, status: "completed")
        ResponsesOpenItem.writeItem(item, as: "response.output_item.done", index, &sequence, into: &out)
        done[index] = item
    }

    private func finishSpoken(into out: inout [UInt8]) {
        if let spoken { finish(spoken, isWhole: true, into: &out) }
    }
}
