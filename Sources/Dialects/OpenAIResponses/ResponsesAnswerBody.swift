import JSONCore

/// Writes a complete answer as a response object.
enum ResponsesAnswerBody {
    static func encode(_ answer: CollectedAnswer, context: TranslationContext) -> [UInt8] {
        var object = ResponsesObject(
            id: ResponsesItem.id("resp_", context.ids),
            createdAt: context.createdAt,
            model: context.clientModel,
            echo: context.responsesEcho
        )
        object.usage = answer.usage
        let blocks = answer.blocks.filter { $0.choice == 0 }
        let hasRefusalText = blocks.contains { $0.kind.isRefusal && !$0.escaped.isEmpty }
        let stop = ResponsesObject.told(answer.stopReason, hasRefusalText: hasRefusalText)
        object.stop = stop
        object.completedAt = context.completedAt
        let isCut = ResponsesObject.incompleteReason(stop) != nil
        var message: [[UInt8]] = []
        var lastPart: BlockKind?
        func endMessage(isLast: Bool) {
            guard !message.isEmpty else { return }
            let status = ResponsesItem.status(!(isLast && isCut))
            object.output.append(
                ResponsesItem.message(ResponsesItem.id("msg_", context.ids), status: status, parts: message)
            )
            message = []
            lastPart = nil
        }
        for block in blocks {
            if let part = part(of: block) {
                if lastPart?.isRefusal == block.kind.isRefusal { endMessage(isLast: false) }
                message.append(part)
                lastPart = block.kind
            } else if let item = item(of: block, context) {
                endMessage(isLast: false)
                object.output.append(item)
            }
        }
        endMessage(isLast: true)
        return object.bytes
    }

    /// The block as a part of a message; `nil` if it is something else or empty.
    private static func part(of block: CollectedAnswer.Block) -> [UInt8]? {
        let text = JSONText(rawEscaped: block.escaped)
        switch block.kind {
        case .text where !text.isEmpty:
            return ResponsesItem.textPart(text, citations: block.citations, logprobs: block.logprobs)
        case .refusal where !text.isEmpty: return ResponsesItem.refusalPart(text)
        case .media(let media):
            if case .base64 = media.source, media.kind == .image { return nil }
            return ResponsesItem.textPart(MessagesBlocks.replacement(for: media), citations: [], logprobs: [])
        default: return nil
        }
    }

    private static func item(of block: CollectedAnswer.Block, _ context: TranslationContext) -> [UInt8]? {
        let text = JSONText(rawEscaped: block.escaped)
        let ids = context.ids
        switch block.kind {
        case .text, .refusal: return nil
        case .thinking:
            guard !text.isEmpty || block.signature != nil else { return nil }
            return ResponsesItem.reasoning(ResponsesItem.id("rs_", ids), text: text, signature: block.signature)
        case .redactedThinking(let signature):
            return ResponsesItem.reasoning(ResponsesItem.id("rs_", ids), text: nil, signature: signature)
        case .toolCall(let id, let name, let kind):
            let call = ResponsesCall(id: id, name: name, kind: kind, context: context)
            return item(of: call, text, ids)
        case .media(let media): return ResponsesItem.image(ResponsesItem.id("ig_", ids), media)
        case .webSearch(let call):
            return ResponsesItem.webSearch(ResponsesItem.id("ws_", ids), call, status: "completed")
        case .opaque(let raw, .openAIResponses): return JSONCompaction.compact(raw)
        case .opaque: return nil
        }
    }

    private static func item(of call: ResponsesCall, _ text: JSONText, _ ids: any IDGenerator) -> [UInt8] {
        let id = ResponsesItem.id(call.prefix, ids)
        var arguments: [UInt8] = []
        text.appendUnescaped(to: &arguments)
        if call.form == .custom {
            let input = call.isWrapped && !text.isEmpty ? ChatCalls.customInput(arguments) : text
            return call.item(id, status: "completed", text: input)
        }
        let isComplete = text.isEmpty || JSONBalance.isComplete(arguments)
        return call.item(id, status: ResponsesItem.status(isComplete), text: text.isEmpty ? "{}" : text)
    }
}

extension BlockKind {
    fileprivate var isRefusal: Bool { if case .refusal = self { true } else { false } }
}
