import JSONCore

/// Reads OpenAI Responses answers into events.
///
/// Content comes in deltas, again in `…done` events, again in the finished item and again in the finished response: each
/// time only what has not come before is taken.
final class ResponsesAnswerDecoder: AnswerDecoder {
    let names: NameMap
    private let skipsCommentary: Bool
    var items: [ResponsesReadItem] = []
    var nextBlock = 0
    private var hasStarted = false
    private var hasEnded = false
    var hasCalls = false
    var hasRefusal = false
    var searches = 0
    let ids: any IDGenerator

    init(profile: TargetProfile, context: TranslationContext) {
        names = context.toolNames
        ids = context.ids
        skipsCommentary = profile.dropsCommentary
    }

    /// The last event brings the reason and everything else at once.
    var awaitsOnlyTheEnd: Bool { false }

    // MARK: - Frames

    func receive(_ frame: JSONValue, name: String?, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        let type = frame["type"]?.string ?? name ?? ""
        switch type {
        case "response.output_text.delta": receiveText(frame, .text, key: "delta", isWhole: false, into: &events)
        case "response.refusal.delta": receiveText(frame, .refusal, key: "delta", isWhole: false, into: &events)
        case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            receiveThinking(frame, type, key: "delta", isWhole: false, into: &events)
        case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta",
            "response.mcp_call_arguments.delta":
            receiveArguments(frame["delta"]?.text, isWhole: false, frame, into: &events)
        case "response.output_item.added":
            guard let json = frame["item"], json.isObject else { return }
            receiveItem(json, at: frame["output_index"]?.int, isDone: false, into: &events)
        case "response.output_item.done":
            guard let json = frame["item"], json.isObject else { return }
            receiveItem(json, at: frame["output_index"]?.int, isDone: true, into: &events)
        case "response.created", "response.in_progress", "response.queued": start(frame["response"], into: &events)
        case "response.completed", "response.incomplete", "response.done", "response.failed", "response.cancelled":
            receiveEnd(frame.present("response") ?? frame, type, of: frame, into: &events)
        case "error": fail(frame.present("error") ?? frame, of: frame, into: &events)
        default: receiveRare(frame, type, into: &events)
        }
    }

    private func receiveRare(_ frame: JSONValue, _ type: String, into events: inout [AnswerEvent]) {
        switch type {
        case "response.output_text.done": receiveText(frame, .text, key: "text", isWhole: true, into: &events)
        case "response.refusal.done": receiveText(frame, .refusal, key: "refusal", isWhole: true, into: &events)
        case "response.reasoning_summary_text.done", "response.reasoning_text.done":
            receiveThinking(frame, type, key: "text", isWhole: true, into: &events)
        case "response.function_call_arguments.done":
            receiveArguments(frame["arguments"]?.text, isWhole: true, frame, into: &events)
        case "response.custom_tool_call_input.done":
            receiveArguments(frame["input"]?.text, isWhole: true, frame, into: &events)
        case "response.output_text.annotation.added":
            guard let json = frame["annotation"], json.isObject, let place = place(of: frame, .message, &events)
            else { return }
            let part = frame["content_index"]?.int ?? 0
            receive(annotations: [json], from: frame["annotation_index"]?.int, part: part, of: place, into: &events)
        default:
            if type.isEmpty, frame["object"]?.equals("response") == true { return receive(whole: frame, into: &events) }
            if type.isEmpty, let error = frame.present("error") { fail(error, of: frame, into: &events) }
        }
    }

    func receiveEndMark(into events: inout [AnswerEvent]) { finish(isClean: true, into: &events) }

    func receive(whole body: JSONValue, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        let response = body["object"]?.equals("response") == true ? body : body.present("response") ?? body
        receiveEnd(response, response["status"]?.string ?? "", of: body, into: &events)
    }

    func finish(isClean: Bool, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        fail(.endedEarly, into: &events)
    }

    // MARK: - Start and end

    private func start(_ response: JSONValue?, into events: inout [AnswerEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        events.append(.start(AnswerStart(model: response?["model"]?.string)))
    }

    private func fail(_ error: JSONValue, of frame: JSONValue, into events: inout [AnswerEvent]) {
        fail(UpstreamError.inAnswer(error, of: frame, dialect: .openAIResponses), into: &events)
    }

    private func fail(_ failure: Failure, into events: inout [AnswerEvent]) {
        hasEnded = true
        events.append(.error(failure))
    }

    private func receiveEnd(
        _ response: JSONValue,
        _ type: String,
        of frame: JSONValue,
        into events: inout [AnswerEvent]
    ) {
        let status = response["status"]?.string
        if let error = response.present("error") { return fail(error, of: frame, into: &events) }
        if status == "failed" || type == "response.failed" { return fail(response, of: frame, into: &events) }
        if status == "cancelled" || type == "response.cancelled" {
            return fail(
                Failure(.badGateway, "the provider cancelled the response", cause: .errorInAnswer),
                into: &events
            )
        }
        guard response.isObject, response["output"] != nil || response["output_text"] != nil || hasStarted else {
            return fail(.unreadable, into: &events)
        }
        start(response, into: &events)
        var index = 0
        for json in response["output"]?.elements ?? JSONDocument.emptyArray.root.elements {
            if json.isObject { receiveItem(json, at: index, isFinal: true, isDone: true, into: &events) }
            index += 1
        }
        receiveBareText(response["output_text"]?.text, into: &events)
        for place in items.indices { close(place, into: &events) }
        var usage = response.present("usage").map(ResponsesUsage.read) ?? Usage()
        usage.serviceTier = response["service_tier"]?.string
        if searches > 0 { usage.webSearches = searches }
        if !usage.isEmpty || searches > 0 { events.append(.usage(usage)) }
        hasEnded = true
        events.append(.finish(choice: 0, stopReason(of: response, isIncomplete: type.hasSuffix("incomplete"))))
        events.append(.end)
    }

    private func stopReason(of response: JSONValue, isIncomplete: Bool) -> StopReason {
        guard isIncomplete || response["status"]?.equals("incomplete") == true else {
            return hasCalls ? .toolCalls : hasRefusal ? .refusal(nil) : .stop
        }
        switch response.present("incomplete_details")?["reason"]?.string {
        case "content_filter": return .contentFilter(nil)
        case "max_output_tokens", "max_tokens", nil: return .length
        case let reason?: return .other(reason).corrected(hasCalls: hasCalls)
        }
    }

    /// Some servers send nothing but this convenience of the SDKs.
    private func receiveBareText(_ text: JSONText?, into events: inout [AnswerEvent]) {
        guard let text, !text.isEmpty, !items.contains(where: { $0.kind == .message }) else { return }
        let place = addItem(.message, index: nil, id: nil)
        receive(text, .text, isWhole: true, part: 0, of: place, into: &events)
    }

    // MARK: - Items

    /// The item that an event belongs to: by its number in the output, else by its identifier.
    func find(index: Int?, id: String?) -> Int? {
        if let index, let place = items.lastIndex(where: { $0.index == index }) { return place }
        guard let id, !id.isEmpty else { return index == nil ? items.indices.last : nil }
        return items.lastIndex { $0.id == id }
    }

    /// The item of a delta; one is begun if its beginning did not come.
    func place(of frame: JSONValue, _ kind: ResponsesReadItem.Kind, _ events: inout [AnswerEvent]) -> Int? {
        let index = frame["output_index"]?.int
        let id = frame["item_id"]?.wireText
        start(nil, into: &events)
        if let place = find(index: index, id: id) { return items[place].kind == kind ? place : nil }
        return addItem(kind, index: index, id: id)
    }

    private func addItem(_ kind: ResponsesReadItem.Kind, index: Int?, id: String?) -> Int {
        items.append(ResponsesReadItem(kind: kind, index: index, id: id))
        return items.count - 1
    }

    private func receiveItem(
        _ json: JSONValue,
        at index: Int?,
        isFinal: Bool = false,
        isDone: Bool,
        into events: inout [AnswerEvent]
    ) {
        start(nil, into: &events)
        let id = json["id"]?.wireText ?? json["call_id"]?.wireText
        let kind = ResponsesReadItem.Kind(json)
        // The final output may lack items, so that its numbers may be others: an identifier beats them there.
        let known = isFinal ? findFinal(kind, json, index: index, id: id) : find(index: index, id: id ?? "")
        let place = known ?? addItem(kind, index: isFinal ? nil : index, id: id)
        if !isFinal, let id { items[place].id = id }
        items[place].isSkipped =
            items[place].isSkipped || skipsCommentary && json["phase"]?.equals("commentary") == true
        guard items[place].kind == kind, !items[place].isClosed, !items[place].isSkipped else { return }
        if kind.isCall { openCall(json, at: place, isDone: isDone, into: &events) }
        guard isDone else { return }
        readWhole(json, at: place, into: &events)
        close(place, into: &events)
    }

    private func findFinal(_ kind: ResponsesReadItem.Kind, _ json: JSONValue, index: Int?, id: String?) -> Int? {
        // Nearly always the final output repeats the items in their places.
        if let id, let index, items.indices.contains(index), items[index].id == id { return index }
        if let id, let place = items.firstIndex(where: { $0.id == id }) { return place }
        if let call = json["call_id"]?.wireText, let place = items.firstIndex(where: { $0.callID == call }) {
            return place
        }
        guard let place = items.firstIndex(where: { $0.index == index }), items[place].kind == kind else { return nil }
        return id == nil || items[place].id == nil ? place : nil
    }

    private func readWhole(_ json: JSONValue, at place: Int, into events: inout [AnswerEvent]) {
        switch items[place].kind {
        case .message: readMessage(json, at: place, into: &events)
        case .reasoning: readReasoning(json, at: place, into: &events)
        case .function: receive(whole: json["arguments"], at: place, into: &events)
        case .custom: receive(whole: json["input"], at: place, into: &events)
        case .localShell, .shell: receive(whole: json["action"], at: place, into: &events)
        case .applyPatch: receive(whole: json["operation"], at: place, into: &events)
        case .hosted: readHosted(json, into: &events)
        }
    }

    private func close(_ place: Int, into events: inout [AnswerEvent]) {
        guard !items[place].isClosed else { return }
        items[place].isClosed = true
        for part in items[place].parts where part.block != nil { events.append(.close(part.block ?? 0)) }
    }

    /// The block of a part, opened with its first content.
    func block(_ part: Int, of place: Int, _ kind: BlockKind, into events: inout [AnswerEvent]) -> Int {
        if let block = items[place].parts[part].block { return block }
        let block = nextBlock
        nextBlock += 1
        items[place].parts[part].block = block
        events.append(.open(block: block, choice: 0, kind))
        return block
    }
}
