import JSONCore

/// An item of a streamed output that has begun: writes its events and remembers what its end repeats.
struct ResponsesOpenItem {
    enum Kind {
        case text, refusal, reasoning
        case call(ResponsesCall)

        var isCall: Bool { if case .call = self { true } else { false } }

        func isSame(as other: Kind) -> Bool {
            switch (self, other) {
            case (.text, .text), (.refusal, .refusal), (.reasoning, .reasoning), (.call, .call): true
            default: false
            }
        }

        /// Whether the content can be a further part of an open message.
        func continues(_ other: Kind) -> Bool {
            switch (self, other) {
            case (.text, .refusal), (.refusal, .text): true
            default: false
            }
        }
    }

    private(set) var kind: Kind
    let index: Int
    private let id: String
    private(set) var isDone = false
    var signature: Signature?
    var logprobs: [JSONValue] = []
    /// The text, or the arguments, of the current part; escaped.
    private var text: [UInt8] = []
    private var citations: [Citation] = []
    /// The parts of a message before the current one.
    private var parts: [[UInt8]] = []
    private var hasPart = false
    private var balance = JSONBalance()
    private var input = CustomInputReader()
    /// The constant piece of a delta between its number and its text.
    private var deltaHead: [UInt8] = []

    init(_ kind: Kind, index: Int, ids: any IDGenerator) {
        self.kind = kind
        self.index = index
        id =
            switch kind {
            case .text, .refusal: ResponsesItem.id("msg_", ids)
            case .reasoning: ResponsesItem.id("rs_", ids)
            case .call(let call): ResponsesItem.id(call.prefix, ids)
            }
    }

    // MARK: - The item

    /// Shell commands and patches have no deltas: their items are shown when they are complete.
    private var isShownWhole: Bool {
        guard case .call(let call) = kind else { return false }
        switch call.form {
        case .function, .custom: return false
        case .localShell, .shell, .applyPatch: return true
        }
    }

    func bytes(status: StaticString) -> [UInt8] {
        switch kind {
        case .text, .refusal: ResponsesItem.message(id, status: status, parts: hasPart ? parts + [part] : parts)
        case .reasoning:
            ResponsesItem.reasoning(id, text: hasPart ? JSONText(rawEscaped: text) : nil, signature: signature)
        case .call(let call): call.item(id, status: status, text: argumentText(of: call))
        }
    }

    private func argumentText(of call: ResponsesCall) -> JSONText {
        if call.form == .custom { return JSONText(rawEscaped: call.isWrapped ? input.text : text) }
        return text.isEmpty ? "{}" : JSONText(rawEscaped: text)
    }

    private var part: [UInt8] {
        if case .refusal = kind { return ResponsesItem.refusalPart(JSONText(rawEscaped: text)) }
        return ResponsesItem.textPart(JSONText(rawEscaped: text), citations: citations, logprobs: logprobs)
    }

    mutating func begin(sequence: inout Int, into out: inout [UInt8]) {
        guard !isShownWhole else { return }
        let item: [UInt8] =
            switch kind {
            case .call(let call): call.item(id, status: "in_progress", text: "")
            case .text, .refusal, .reasoning: bytes(status: "in_progress")
            }
        Self.writeItem(item, as: "response.output_item.added", index, &sequence, into: &out)
    }

    /// Ends the item; returns it as the final response shows it.
    mutating func finish(isWhole: Bool, sequence: inout Int, into out: inout [UInt8]) -> [UInt8] {
        var isComplete = isWhole
        switch kind {
        case .text, .refusal: endPart(sequence: &sequence, into: &out)
        case .reasoning:
            // Thinking has a summary, be it empty, which tells it from thinking that shows none.
            beginPart(sequence: &sequence, into: &out)
            endPart(sequence: &sequence, into: &out)
        case .call(let call):
            isComplete = endCall(call, sequence: &sequence, into: &out)
        }
        let item = bytes(status: ResponsesItem.status(isComplete))
        if isShownWhole { Self.writeItem(item, as: "response.output_item.added", index, &sequence, into: &out) }
        Self.writeItem(item, as: "response.output_item.done", index, &sequence, into: &out)
        isDone = true
        return item
    }

    // MARK: - Parts

    /// Ends the current part of a message and lets one of another kind follow.
    mutating func switchPart(to kind: Kind, sequence: inout Int, into out: inout [UInt8]) {
        endPart(sequence: &sequence, into: &out)
        if hasPart { parts.append(part) }
        self.kind = kind
        hasPart = false
        text = []
        citations = []
        logprobs = []
    }

    private mutating func beginPart(sequence: inout Int, into out: inout [UInt8]) {
        guard !hasPart else { return }
        hasPart = true
        let head: StaticString
        switch kind {
        case .reasoning:
            ResponsesEvent.begin("response.reasoning_summary_part.added", sequence: &sequence, into: &out)
            writePlace(into: &out)
            out.append(#","part":{"type":"summary_text","text":""}}"#)
            head = ",\"delta\":\""
        case .text, .refusal, .call:
            ResponsesEvent.begin("response.content_part.added", sequence: &sequence, into: &out)
            writePlace(into: &out)
            out.append(",\"part\":")
            out.append(contentsOf: part)
            out.append("}")
            head = ",\"delta\":\""
        }
        out.append("\n\n")
        deltaHead = []
        writePlace(into: &deltaHead)
        deltaHead.append(head)
    }

    private func endPart(sequence: inout Int, into out: inout [UInt8]) {
        guard hasPart else { return }
        let whole = JSONText(rawEscaped: text)
        switch kind {
        case .reasoning:
            writeEvent("response.reasoning_summary_text.done", "text", whole, &sequence, into: &out)
            out.append("}\n\n")
            ResponsesEvent.begin("response.reasoning_summary_part.done", sequence: &sequence, into: &out)
            writePlace(into: &out)
            out.append(",\"part\":")
            out.append(contentsOf: ResponsesItem.summaryPart(whole))
        case .text, .refusal, .call:
            if case .refusal = kind {
                writeEvent("response.refusal.done", "refusal", whole, &sequence, into: &out)
                out.append("}\n\n")
            } else {
                writeEvent("response.output_text.done", "text", whole, &sequence, into: &out)
                out.append(",\"logprobs\":")
                writeLogprobs(into: &out)
                out.append("}\n\n")
            }
            ResponsesEvent.begin("response.content_part.done", sequence: &sequence, into: &out)
            writePlace(into: &out)
            out.append(",\"part\":")
            out.append(contentsOf: part)
        }
        out.append("}\n\n")
    }

    private func writeLogprobs(into out: inout [UInt8]) {
        var writer = JSONWriter()
        writer.beginArray()
        for token in logprobs { writer.raw(token) }
        writer.endArray()
        out.append(contentsOf: writer.bytes)
    }

    mutating func write(_ citation: Citation, sequence: inout Int, into out: inout [UInt8]) {
        beginPart(sequence: &sequence, into: &out)
        let length = JSONText(rawEscaped: text).string.unicodeScalars.count
        guard let annotation = ResponsesItem.annotation(citation.placed(in: 0..<length)) else { return }
        ResponsesEvent.begin("response.output_text.annotation.added", sequence: &sequence, into: &out)
        writePlace(into: &out)
        out.append(",\"annotation_index\":")
        out.append(contentsOf: JSONLiteral.int(citations.count))
        out.append(",\"annotation\":")
        out.append(contentsOf: annotation)
        out.append("}\n\n")
        citations.append(citation)
    }

    // MARK: - Deltas

    mutating func write(_ piece: JSONText, sequence: inout Int, into out: inout [UInt8]) {
        switch kind {
        case .text: writeDelta("response.output_text.delta", piece, &sequence, into: &out)
        case .refusal: writeDelta("response.refusal.delta", piece, &sequence, into: &out)
        case .reasoning: writeDelta("response.reasoning_summary_text.delta", piece, &sequence, into: &out)
        case .call(let call): write(piece, of: call, &sequence, into: &out)
        }
    }

    private mutating func writeDelta(
        _ type: StaticString,
        _ piece: JSONText,
        _ sequence: inout Int,
        into out: inout [UInt8]
    ) {
        beginPart(sequence: &sequence, into: &out)
        piece.appendEscaped(to: &text)
        ResponsesEvent.begin(type, sequence: &sequence, into: &out)
        out.append(contentsOf: deltaHead)
        out.appendFrameText(piece)
        if case .text = kind { out.append("\",\"logprobs\":[]}\n\n") } else { out.append("\"}\n\n") }
    }

    private mutating func write(
        _ piece: JSONText,
        of call: ResponsesCall,
        _ sequence: inout Int,
        into out: inout [UInt8]
    ) {
        balance.feed(piece)
        guard call.form == .custom else {
            piece.appendEscaped(to: &text)
            guard !isShownWhole else { return }
            return writeCallDelta("response.function_call_arguments.delta", piece, &sequence, into: &out)
        }
        guard call.isWrapped else {
            piece.appendEscaped(to: &text)
            return writeCallDelta("response.custom_tool_call_input.delta", piece, &sequence, into: &out)
        }
        guard let plain = input.feed(piece) else { return }
        writeCallDelta("response.custom_tool_call_input.delta", plain, &sequence, into: &out)
    }

    private func writeCallDelta(
        _ type: StaticString,
        _ piece: JSONText,
        _ sequence: inout Int,
        into out: inout [UInt8]
    ) {
        writeEvent(type, "delta", piece, &sequence, into: &out)
        out.append("}\n\n")
    }

    /// Writes the events that end a call; returns whether its arguments are complete.
    private mutating func endCall(
        _ call: ResponsesCall,
        sequence: inout Int,
        into out: inout [UInt8]
    ) -> Bool {
        switch call.form {
        case .custom:
            if call.isWrapped, let rest = input.finish() {
                writeCallDelta("response.custom_tool_call_input.delta", rest, &sequence, into: &out)
            }
            let type: StaticString = "response.custom_tool_call_input.done"
            writeEvent(type, "input", argumentText(of: call), &sequence, into: &out)
            out.append("}\n\n")
            return !call.isWrapped || balance.isEmpty || balance.isComplete
        case .function:
            // Clients that put the deltas together expect an object too.
            if text.isEmpty { writeCallDelta("response.function_call_arguments.delta", "{}", &sequence, into: &out) }
            let type: StaticString = "response.function_call_arguments.done"
            writeEvent(type, "arguments", argumentText(of: call), &sequence, into: &out)
            out.append(",\"name\":")
            out.append(contentsOf: JSONLiteral.string(call.name))
            out.append("}\n\n")
        case .localShell, .shell, .applyPatch: break
        }
        return balance.isEmpty || balance.isComplete
    }

    // MARK: - Frames

    /// Writes an event with one text up to its end, which stays open.
    private func writeEvent(
        _ type: StaticString,
        _ key: StaticString,
        _ value: JSONText,
        _ sequence: inout Int,
        into out: inout [UInt8]
    ) {
        ResponsesEvent.begin(type, sequence: &sequence, into: &out)
        writePlace(into: &out)
        out.append(",\"")
        out.append(key)
        out.append("\":\"")
        out.appendFrameText(value)
        out.append("\"")
    }

    private func writePlace(into out: inout [UInt8]) {
        Self.writePlace(id, index, into: &out)
        switch kind {
        case .text, .refusal:
            out.append(",\"content_index\":")
            out.append(contentsOf: JSONLiteral.int(parts.count))
        case .reasoning: out.append(",\"summary_index\":0")
        case .call: break
        }
    }

    static func writePlace(_ id: String, _ index: Int, into out: inout [UInt8]) {
        out.append(",\"item_id\":\"")
        out.append(contentsOf: id.utf8)
        out.append("\",\"output_index\":")
        out.append(contentsOf: JSONLiteral.int(index))
    }

    static func writeItem(
        _ item: [UInt8],
        as type: StaticString,
        _ index: Int,
        _ sequence: inout Int,
        into out: inout [UInt8]
    ) {
        ResponsesEvent.begin(type, sequence: &sequence, into: &out)
        out.append(",\"output_index\":")
        out.append(contentsOf: JSONLiteral.int(index))
        out.append(",\"item\":")
        out.append(contentsOf: item)
        out.append("}\n\n")
    }
}
