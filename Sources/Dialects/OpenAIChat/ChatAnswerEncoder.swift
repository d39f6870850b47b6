import JSONCore

/// Writes events as an OpenAI Chat stream.
///
/// What is the same in every chunk is built once; a text delta is three copies: head, escaped text, tail.
final class ChatAnswerEncoder: AnswerEncoder {
    private struct Call {
        var index: Int
        var isCustom: Bool
        /// A custom tool that was offered as a function: its text is inside the arguments' JSON and comes at the end.
        var isWrapped: Bool
        var hasArguments = false
        var input: [UInt8] = []
    }

    private struct Block {
        var choice = 0
        /// Where the block's text stands in the choice's text, counted in characters if sources may refer to it.
        var textRange = 0..<0
        var call: Call?
        var thought: [UInt8] = []
        var signature: Signature?
    }

    private let context: TranslationContext
    private let id: String
    /// The beginning of every chunk: `data: {"id":…,"choices":[{"index":`.
    private let head: [UInt8]
    /// `},"finish_reason":null}]…}` and the blank line.
    private let tail: [UInt8]
    private let textHead: [UInt8]
    private let textTail: [UInt8]

    private var blocks: [Block] = []
    private var callCounts: [Int: Int] = [:]
    private var detailCount = 0
    private var imageCount = 0
    private var citations: [Int: [(block: Int, citation: Citation)]] = [:]
    private var textLength = 0
    private var begun: Set<Int> = []
    private var hasBegunFirst = false
    private var refused: Set<Int> = []
    private var finishes: [Int: StopReason] = [:]
    private var usage = Usage()
    private var hasEnded = false

    init(context: TranslationContext) {
        self.context = context
        id = context.ids.chatCompletion()
        var writer = JSONWriter()
        writer.bytes.append("data: ")
        writer.beginObject()
        Self.writeIdentity(id: id, context: context, to: &writer)
        writer.key("choices")
        writer.beginArray()
        var head = writer.bytes
        head.append("{\"index\":")
        self.head = head
        var tail: [UInt8] = []
        tail.append("},\"finish_reason\":null}]")
        if context.includeUsage == true { tail.append(",\"usage\":null") }
        tail.append("}\n\n")
        self.tail = tail
        var textHead = head
        textHead.append("0,\"delta\":{\"content\":\"")
        self.textHead = textHead
        textTail = [UInt8(ascii: "\"")] + tail
    }

    private static func writeIdentity(id: String, context: TranslationContext, to writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("object", literal: "chat.completion.chunk")
        writer.member("created", context.createdAt)
        writer.member("model", context.clientModel)
    }

    // MARK: - Events

    func write(_ event: AnswerEvent, into out: inout [UInt8]) {
        guard !hasEnded else { return }
        switch event {
        case .text(let block, let text):
            let choice = choice(of: block)
            begin(choice, into: &out)
            if context.citesSources { count(text, of: block) }
            guard choice == 0 else { return writeMember("content", text, of: choice, into: &out) }
            out.append(contentsOf: textHead)
            out.appendFrameText(text)
            out.append(contentsOf: textTail)
        case .arguments(let block, let text): write(arguments: text, of: block, into: &out)
        case .thinking(let block, let text): write(thinking: text, of: block, into: &out)
        case .refusal(let block, let text):
            let choice = choice(of: block)
            begin(choice, into: &out)
            refused.insert(choice)
            writeMember("refusal", text, of: choice, into: &out)
        case .open(let block, let choice, let kind): open(block, choice, kind, into: &out)
        case .close(let block): close(block, into: &out)
        case .signature(let block, let signature):
            guard blocks.indices.contains(block) else { return }
            blocks[block].signature = signature
        case .citation(let block, let citation):
            citations[choice(of: block), default: []].append((block, citation))
        case .start(let start): if let known = start.usage { usage.merge(known) }
        case .usage(let later): usage.merge(later)
        case .finish(let choice, let reason): finishes[choice] = finishes[choice] ?? reason
        case .end: end(into: &out)
        case .error(let failure):
            hasEnded = true
            ChatErrors.writeEvent(failure, into: &out)
        case .logprobs(let block, let tokens): write(logprobs: tokens, of: choice(of: block), into: &out)
        case .ping: break
        }
    }

    private func choice(of block: Int) -> Int { blocks.indices.contains(block) ? blocks[block].choice : 0 }

    private func count(_ text: JSONText, of block: Int) {
        guard blocks.indices.contains(block) else { return }
        let start = blocks[block].textRange.isEmpty ? textLength : blocks[block].textRange.lowerBound
        textLength += text.string.unicodeScalars.count
        blocks[block].textRange = start..<textLength
    }

    /// The first chunk of a choice names the role, and only it.
    private func begin(_ choice: Int, into out: inout [UInt8]) {
        if choice == 0 {
            if hasBegunFirst { return }
            hasBegunFirst = true
        } else if !begun.insert(choice).inserted {
            return
        }
        out.append(contentsOf: head)
        out.append(contentsOf: JSONLiteral.int(choice))
        out.append(",\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null")
        out.append(contentsOf: tail.dropFirst())
    }

    private func writeMember(_ key: StaticString, _ text: JSONText, of choice: Int, into out: inout [UInt8]) {
        out.append(contentsOf: head)
        out.append(contentsOf: JSONLiteral.int(choice))
        out.append(",\"delta\":{\"")
        out.append(key)
        out.append("\":\"")
        out.appendFrameText(text)
        out.append(contentsOf: textTail)
    }

    /// Probabilities have a chunk of their own behind the text that they belong to.
    private func write(logprobs tokens: JSONValue, of choice: Int, into out: inout [UInt8]) {
        begin(choice, into: &out)
        out.append(contentsOf: head)
        out.append(contentsOf: JSONLiteral.int(choice))
        out.append(",\"delta\":{},\"logprobs\":{\"content\":")
        out.append(contentsOf: tokens.raw)
        out.append(",\"refusal\":null")
        out.append(contentsOf: tail)
    }

    private func writeDelta(of choice: Int, into out: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        begin(choice, into: &out)
        out.append(contentsOf: head)
        out.append(contentsOf: JSONLiteral.int(choice))
        out.append(",\"delta\":")
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        out.append(contentsOf: writer.bytes)
        out.append(contentsOf: tail)
    }

    func writeKeepAlive(into out: inout [UInt8]) {
        ChatCodec.writeKeepAlive(context, into: &out)
    }

    // MARK: - Blocks

    private func open(_ block: Int, _ choice: Int, _ kind: BlockKind, into out: inout [UInt8]) {
        while blocks.count <= block { blocks.append(Block()) }
        close(block, into: &out)
        blocks[block].choice = choice
        switch kind {
        case .toolCall(let id, let name, let kind):
            let index = callCounts[choice, default: 0]
            callCounts[choice] = index + 1
            let isCustom = kind == .custom || context.customTools.contains(name)
            blocks[block].call = Call(index: index, isCustom: isCustom, isWrapped: isCustom && kind == .function)
            guard !context.legacyFunctions else { return openFunction(name, index, of: choice, into: &out) }
            writeDelta(of: choice, into: &out) { writer in
                ChatCalls.writeOpening(id: id, name: name, index: index, isCustom: isCustom, to: &writer)
            }
        case .redactedThinking(let signature):
            writeDelta(of: choice, into: &out) { writer in
                ChatReasoningDetail.write(nil, signature, isEncrypted: true, index: detailCount, to: &writer)
            }
            detailCount += 1
        case .media(let media):
            let index = imageCount
            writeDelta(of: choice, into: &out) { writer in ChatImages.write([media], from: index, to: &writer) }
            imageCount += 1
        case .text, .thinking, .refusal, .webSearch, .opaque: break
        }
    }

    /// The old form knows one call only.
    private func openFunction(_ name: String, _ index: Int, of choice: Int, into out: inout [UInt8]) {
        guard index == 0 else { return }
        writeDelta(of: choice, into: &out) { writer in
            writer.key("function_call")
            writer.beginObject()
            writer.member("name", name)
            writer.member("arguments", "")
            writer.endObject()
        }
    }

    private func write(thinking text: JSONText, of block: Int, into out: inout [UInt8]) {
        let choice = choice(of: block)
        begin(choice, into: &out)
        if blocks.indices.contains(block) { text.appendEscaped(to: &blocks[block].thought) }
        guard context.mirrorsReasoning else { return writeMember("reasoning_content", text, of: choice, into: &out) }
        writeDelta(of: choice, into: &out) { writer in
            writer.member("reasoning_content", text)
            writer.member("reasoning", text)
        }
    }

    private func write(arguments text: JSONText, of block: Int, into out: inout [UInt8]) {
        guard blocks.indices.contains(block), let call = blocks[block].call else { return }
        blocks[block].call?.hasArguments = true
        if call.isWrapped {
            var input: [UInt8] = []
            text.appendUnescaped(to: &input)
            blocks[block].call?.input += input
        } else {
            writeArguments(text, of: block, call, into: &out)
        }
    }

    /// A call's signature travels with the arguments that follow it: clients look for a function in every fragment.
    private func writeArguments(_ text: JSONText, of block: Int, _ call: Call, into out: inout [UInt8]) {
        let choice = choice(of: block)
        if context.legacyFunctions {
            guard call.index == 0 else { return }
            writeDelta(of: choice, into: &out) { writer in
                writer.key("function_call")
                writer.beginObject()
                writer.member("arguments", text)
                writer.endObject()
            }
            return
        }
        out.append(contentsOf: head)
        out.append(contentsOf: JSONLiteral.int(choice))
        out.append(",\"delta\":{\"tool_calls\":[{\"index\":")
        out.append(contentsOf: JSONLiteral.int(call.index))
        out.append(call.isCustom ? ",\"custom\":{\"input\":\"" : ",\"function\":{\"arguments\":\"")
        out.appendFrameText(text)
        out.append("\"}")
        if let signature = blocks[block].signature, signature.isSigned {
            blocks[block].signature = nil
            var writer = JSONWriter()
            writer.beginObject()
            ChatCalls.write(signature, to: &writer)
            out.append(",")
            out.append(contentsOf: writer.bytes.dropFirst())
        }
        out.append("}]")
        out.append(contentsOf: tail)
    }

    private func close(_ block: Int, into out: inout [UInt8]) {
        guard blocks.indices.contains(block) else { return }
        let closed = blocks[block]
        defer {
            blocks[block].thought = []
            blocks[block].call = nil
            blocks[block].signature = nil
        }
        if let call = closed.call {
            if call.isWrapped {
                writeArguments(ChatCalls.customInput(call.input), of: block, call, into: &out)
            } else if !call.hasArguments, !call.isCustom {
                writeArguments("{}", of: block, call, into: &out)
            }
            if blocks[block].signature?.isSigned == true, !context.legacyFunctions {
                writeArguments("", of: block, call, into: &out)
            }
        } else if let signature = closed.signature, signature.isSigned {
            let text = context.mirrorsReasoning ? nil : JSONText(rawEscaped: closed.thought)
            writeDelta(of: closed.choice, into: &out) { writer in
                ChatReasoningDetail.write(text, signature, isEncrypted: false, index: detailCount, to: &writer)
            }
            detailCount += 1
        }
    }

    // MARK: - End

    private func end(into out: inout [UInt8]) {
        hasEnded = true
        for block in blocks.indices where blocks[block].call != nil { close(block, into: &out) }
        var ends = finishes
        for choice in begun.union([0]) { ends[choice] = ends[choice] ?? .stop }
        for (place, finish) in ends.sorted(by: { $0.key < $1.key }).enumerated() {
            let (choice, reason) = finish
            begin(choice, into: &out)
            if let sources = citations[choice] {
                let placed = sources.map { source in
                    blocks.indices.contains(source.block)
                        ? source.citation.placed(in: blocks[source.block].textRange) : source.citation
                }
                writeDelta(of: choice, into: &out) { ChatCitations.write(placed, to: &$0) }
            }
            let told = reason.corrected(hasCalls: callCounts[choice] != nil)
            writeFinish((choice, told), isLast: place == ends.count - 1, into: &out)
        }
        if context.includeUsage == true { writeUsage(into: &out) }
        out.append("data: [DONE]\n\n")
    }

    private func writeFinish(
        _ finish: (choice: Int, reason: StopReason),
        isLast: Bool,
        into out: inout [UInt8]
    ) {
        out.append(contentsOf: head)
        out.append(contentsOf: JSONLiteral.int(finish.choice))
        out.append(",\"delta\":{},\"finish_reason\":\"")
        let hasRefusal = refused.contains(finish.choice)
        out.append(
            ChatStopReason.write(finish.reason, hasRefusalText: hasRefusal, usesOldFunctions: context.legacyFunctions)
        )
        out.append("\"}]")
        if context.includeUsage == true {
            out.append(",\"usage\":null")
        } else if context.includeUsage == nil, isLast {
            var writer = JSONWriter()
            ChatUsage.write(usage, to: &writer)
            out.append(",\"usage\":")
            out.append(contentsOf: writer.bytes)
        }
        out.append("}\n\n")
    }

    private func writeUsage(into out: inout [UInt8]) {
        var writer = JSONWriter()
        writer.bytes.append("data: ")
        writer.beginObject()
        Self.writeIdentity(id: id, context: context, to: &writer)
        writer.key("choices")
        writer.beginArray()
        writer.endArray()
        writer.key("usage")
        ChatUsage.write(usage, to: &writer)
        writer.endObject()
        out.append(contentsOf: writer.bytes)
        out.append("\n\n")
    }
}
