import JSONCore

/// The content of items: each time it comes, only what has not come before is taken.
extension ResponsesAnswerDecoder {
    // MARK: - Messages

    enum TextKind { case text, refusal }

    func receiveText(
        _ frame: JSONValue,
        _ kind: TextKind,
        key: StaticString,
        isWhole: Bool,
        into events: inout [AnswerEvent]
    ) {
        guard let text = frame[key]?.text, let place = place(of: frame, .message, &events) else { return }
        let part = frame["content_index"]?.int ?? 0
        receive(text, kind, isWhole: isWhole, part: part, of: place, into: &events)
        if !isWhole, let tokens = frame["logprobs"], tokens.count > 0 { receive(tokens, part, of: place, &events) }
    }

    func receive(
        _ text: JSONText,
        _ kind: TextKind,
        isWhole: Bool,
        part number: Int,
        of place: Int,
        into events: inout [AnswerEvent]
    ) {
        guard !items[place].isClosed, !items[place].isSkipped else { return }
        let part = items[place].part(number)
        guard let new = items[place].parts[part].take(text, isWhole: isWhole) else { return }
        if kind == .refusal { hasRefusal = true }
        let block = block(part, of: place, kind == .text ? .text : .refusal, into: &events)
        events.append(kind == .text ? .text(block, new) : .refusal(block, new))
    }

    func receive(_ tokens: JSONValue, _ number: Int, of place: Int, _ events: inout [AnswerEvent]) {
        guard !items[place].isClosed, let block = items[place].parts[items[place].part(number)].block else { return }
        events.append(.logprobs(block, tokens))
    }

    func receive(
        annotations: [JSONValue],
        from index: Int?,
        part number: Int,
        of place: Int,
        into events: inout [AnswerEvent]
    ) {
        guard !items[place].isClosed, !items[place].isSkipped else { return }
        let part = items[place].part(number)
        for (offset, json) in annotations.enumerated() {
            let known = items[place].parts[part].citations
            guard (index ?? known) &+ offset >= known else { continue }
            items[place].parts[part].citations += 1
            let block = block(part, of: place, .text, into: &events)
            events.append(.citation(block, Self.citation(json)))
        }
    }

    private static func citation(_ json: JSONValue) -> Citation {
        Citation(
            url: json["url"]?.text,
            title: json["title"]?.text,
            start: json["start_index"]?.int,
            end: json["end_index"]?.int,
            raw: json,
            origin: .openAIResponses
        )
    }

    func readMessage(_ json: JSONValue, at place: Int, into events: inout [AnswerEvent]) {
        guard let content = json["content"] else { return }
        if let text = content.text { return receive(text, .text, isWhole: true, part: 0, of: place, into: &events) }
        var number = 0
        for part in content.elements {
            if let text = part["refusal"]?.text {
                receive(text, .refusal, isWhole: true, part: number, of: place, into: &events)
            } else if let text = part["text"]?.text {
                let hasNone = items[place].parts[items[place].part(number)].length == 0
                receive(text, .text, isWhole: true, part: number, of: place, into: &events)
                if hasNone, let tokens = part["logprobs"], tokens.count > 0 {
                    receive(tokens, number, of: place, &events)
                }
                let list = part["annotations"]?.elements.filter(\.isObject) ?? []
                receive(annotations: list, from: 0, part: number, of: place, into: &events)
            }
            number += 1
        }
    }

    // MARK: - Reasoning

    func receiveThinking(
        _ frame: JSONValue,
        _ type: String,
        key: StaticString,
        isWhole: Bool,
        into events: inout [AnswerEvent]
    ) {
        guard let text = frame[key]?.text, let place = place(of: frame, .reasoning, &events) else { return }
        let isSummary = type.hasPrefix("response.reasoning_summary")
        let number = frame[isSummary ? "summary_index" : "content_index"]?.int ?? 0
        receive(thinking: text, isSummary: isSummary, isWhole: isWhole, part: number, of: place, into: &events)
    }

    /// All parts of a reasoning item are one block, with blank lines between them; of summary and text the first to come
    /// is taken.
    private func receive(
        thinking text: JSONText,
        isSummary: Bool,
        isWhole: Bool,
        part number: Int,
        of place: Int,
        into events: inout [AnswerEvent]
    ) {
        guard !items[place].isClosed, !items[place].isSkipped, !text.isEmpty else { return }
        if items[place].showsSummary == nil { items[place].showsSummary = isSummary }
        guard items[place].showsSummary == isSummary else { return }
        let isFurther = items[place].parts.contains { $0.number != number && $0.length > 0 }
        let part = items[place].part(number)
        let isFirst = items[place].parts[part].length == 0
        guard let new = items[place].parts[part].take(text, isWhole: isWhole) else { return }
        let block = thinkingBlock(of: place, into: &events)
        if isFirst, isFurther { events.append(.thinking(block, "\n\n")) }
        events.append(.thinking(block, new))
    }

    private func thinkingBlock(of place: Int, into events: inout [AnswerEvent]) -> Int {
        let part = items[place].parts.firstIndex { $0.block != nil } ?? items[place].part(0)
        return block(part, of: place, .thinking, into: &events)
    }

    func readReasoning(_ json: JSONValue, at place: Int, into events: inout [AnswerEvent]) {
        for (key, isSummary) in [("summary", true), ("content", false)] as [(StaticString, Bool)] {
            var number = 0
            for part in json[key]?.elements ?? JSONDocument.emptyArray.root.elements {
                if let text = part["text"]?.text {
                    receive(
                        thinking: text,
                        isSummary: isSummary,
                        isWhole: true,
                        part: number,
                        of: place,
                        into: &events
                    )
                }
                number += 1
            }
        }
        guard let signature = Signature.read(json.present("encrypted_content")?.text, native: .openAI) else { return }
        events.append(.signature(thinkingBlock(of: place, into: &events), signature))
    }

    // MARK: - Calls

    func openCall(_ json: JSONValue, at place: Int, isDone: Bool, into events: inout [AnswerEvent]) {
        guard items[place].callID == nil else { return }
        let callID = json["call_id"]?.wireText ?? (isDone ? json["id"]?.wireText : nil) ?? ""
        let kind = items[place].kind
        let name = kind.ownName ?? json["name"]?.string ?? ""
        // Without both there is nothing to call yet; the finished item has them.
        guard !name.isEmpty, !callID.isEmpty || isDone else { return }
        hasCalls = true
        let id = callID.isEmpty ? ids.chatCall() : callID
        items[place].callID = id
        _ = block(
            items[place].part(0),
            of: place,
            .toolCall(id: id, name: names.client(name), kind.callKind),
            into: &events
        )
        if let held = items[place].takeHeld() { receive(arguments: held, isWhole: false, at: place, into: &events) }
    }

    func receiveArguments(
        _ text: JSONText?,
        isWhole: Bool,
        _ frame: JSONValue,
        into events: inout [AnswerEvent]
    ) {
        guard let text, let place = find(index: frame["output_index"]?.int, id: frame["item_id"]?.wireText),
            items[place].kind.isCall
        else { return }
        receive(arguments: text, isWhole: isWhole, at: place, into: &events)
    }

    func receive(whole json: JSONValue?, at place: Int, into events: inout [AnswerEvent]) {
        guard let json, !json.isNull else { return }
        let text = json.text ?? JSONCompaction.text(json)
        receive(arguments: text, isWhole: true, at: place, into: &events)
    }

    private func receive(arguments text: JSONText, isWhole: Bool, at place: Int, into events: inout [AnswerEvent]) {
        guard !items[place].isClosed, !items[place].isSkipped else { return }
        guard items[place].callID != nil else {
            if !isWhole { items[place].hold(text) }
            return
        }
        let part = items[place].part(0)
        guard let block = items[place].parts[part].block,
            let new = items[place].parts[part].take(text, isWhole: isWhole)
        else { return }
        events.append(.arguments(block, new))
    }

    // MARK: - Hosted tools

    func readHosted(_ json: JSONValue, into events: inout [AnswerEvent]) {
        let kind: BlockKind
        if json["type"]?.equals("web_search_call") == true {
            searches += 1
            kind = .webSearch(ResponsesItem.search(json))
        } else if json["type"]?.equals("image_generation_call") == true, let data = json["result"]?.text {
            let type = json["output_format"]?.string.map { "image/" + $0 }
            kind = .media(MediaReading.medium(.image, base64: data, type: type ?? "image/png"))
        } else {
            kind = .opaque(json, .openAIResponses)
        }
        let block = nextBlock
        nextBlock += 1
        events.append(.open(block: block, choice: 0, kind))
        events.append(.close(block))
    }
}
