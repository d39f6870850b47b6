import JSONCore

/// Reads OpenAI Chat answers, and those of its many look-alikes, into events.
final class ChatAnswerDecoder: AnswerDecoder {
    /// What is known of one choice.
    private struct Choice {
        /// The open block of text, thinking or refusal.
        var open: (block: Int, kind: TextKind)?
        var calls = ChatCallTable()
        /// The call whose name may go on: it is opened with its arguments, or when anything else comes.
        var unnamed: Int?
        var finish: StopReason?
        var hasRefusal = false
        var hasText = false
        var splitter: ThinkTagSplitter?
    }

    private enum TextKind { case text, thinking, refusal }

    // Of the target's profile only what is needed: a decoder lasts as long as its stream.
    private let splitsThinkTags: Bool
    private let isEndLenient: Bool
    private let areArgumentsCumulative: Bool
    private let names: NameMap
    private let ids: any IDGenerator
    private let clientDialect: Dialect
    private let declarations: ToolDeclarations?
    private var choices: [Choice] = []
    private var nextBlock = 0
    private var hasStarted = false
    private var hasEnded = false

    init(profile: TargetProfile, context: TranslationContext) {
        splitsThinkTags = profile.thinkTags
        isEndLenient = profile.lenientEnd
        areArgumentsCumulative = profile.cumulativeArguments
        names = context.toolNames
        ids = context.ids
        clientDialect = context.clientDialect
        declarations = context.toolDeclarations
    }

    var awaitsOnlyTheEnd: Bool { !choices.isEmpty && choices.allSatisfy { $0.finish != nil } }

    // MARK: - Frames

    func receive(_ frame: JSONValue, name: String?, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        if let error = UpstreamError.object(in: frame, name: name) {
            return fail(UpstreamError.inAnswer(error, of: frame, dialect: .openAIChat), into: &events)
        }
        let usage = (frame.present("usage") ?? frame.present("x_groq")?.present("usage")).map(ChatUsage.read)
        start(frame, usage, into: &events)
        if let usage { events.append(.usage(usage)) }
        guard let list = frame["choices"], list.isArray else { return }
        for choice in list.elements { receive(choice: choice, into: &events) }
    }

    func receiveEndMark(into events: inout [AnswerEvent]) {
        end(mayLackReason: true, into: &events)
    }

    func receive(whole body: JSONValue, into events: inout [AnswerEvent]) {
        receive(body, name: nil, into: &events)
        end(mayLackReason: true, into: &events)
    }

    func finish(isClean: Bool, into events: inout [AnswerEvent]) {
        end(mayLackReason: isClean && isEndLenient, into: &events)
    }

    private func start(_ frame: JSONValue, _ usage: Usage?, into events: inout [AnswerEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        var start = AnswerStart(model: frame["model"]?.string, usage: usage)
        if let tier = frame.present("service_tier")?.string {
            start.usage = start.usage ?? Usage()
            start.usage?.serviceTier = tier
        }
        events.append(.start(start))
    }

    private func fail(_ failure: Failure, into events: inout [AnswerEvent]) {
        hasEnded = true
        events.append(.error(failure))
    }

    // MARK: - Choices

    private func receive(choice json: JSONValue, into events: inout [AnswerEvent]) {
        let parts = ChatChoiceParts(json)
        let number = max(0, parts.index?.int ?? 0)
        guard number < 128 else { return }
        while choices.count <= number {
            choices.append(Choice(splitter: splitsThinkTags ? ThinkTagSplitter() : nil))
        }
        if let usage = parts.usage { events.append(.usage(ChatUsage.read(usage))) }
        if let message = parts.delta ?? parts.message, message.isObject {
            receive(message: message, of: number, into: &events)
        } else if let text = parts.text?.text, !text.isEmpty {
            append(text, .text, of: number, into: &events)
        }
        if let tokens = parts.logprobs?.present("content"), tokens.isArray, tokens.count > 0,
            let open = choices[number].open, open.kind == .text
        {
            events.append(.logprobs(open.block, tokens))
        }
        if let reason = parts.finishReason?.string, !reason.isEmpty {
            if reason == "error" {
                let failure = Failure(.badGateway, "the provider ended the answer with an error", cause: .errorInAnswer)
                return fail(failure, into: &events)
            }
            choices[number].finish = ChatStopReason.read(reason, of: json)
        }
    }

    private func receive(message: JSONValue, of choice: Int, into events: inout [AnswerEvent]) {
        // Nearly every delta is just a piece of text.
        if message.count == 1, let text = message["content"]?.text {
            if !text.isEmpty { append(text, .text, of: choice, into: &events) }
            return
        }
        var reasoning: JSONText?
        var spareReasoning: JSONText?
        var details: JSONValue?
        var content: JSONValue?
        var refusal: JSONText?
        var annotations: JSONValue?
        var images: JSONValue?
        var calls: JSONValue?
        var oldCall: JSONValue?
        for (key, value) in message.members where !value.isNull {
            switch ChatDeltaKey(key) {
            case .content: content = value
            case .reasoningContent: reasoning = value.text
            case .reasoning, .thinking: spareReasoning = value.text ?? spareReasoning
            case .reasoningDetails: details = value
            case .refusal: refusal = value.text
            case .annotations: annotations = value
            case .images: images = value
            case .toolCalls: calls = value
            case .functionCall: oldCall = value
            case nil: break
            }
        }
        var thought = reasoning ?? ""
        if thought.isEmpty, let spareReasoning { thought = spareReasoning }
        if !thought.isEmpty { append(thought, .thinking, of: choice, into: &events) }
        if let details { receive(details: details, hasText: !thought.isEmpty, of: choice, into: &events) }
        if let content { receive(content: content, of: choice, into: &events) }
        if let refusal, !refusal.isEmpty { append(refusal, .refusal, of: choice, into: &events) }
        if let annotations { receive(annotations: annotations, of: choice, into: &events) }
        if let images { receive(images: images, of: choice, into: &events) }
        if let calls, calls.isArray {
            for call in calls.elements where call.isObject { receive(call: call, of: choice, into: &events) }
        }
        if let oldCall, oldCall.isObject { receive(oldCall: oldCall, of: choice, into: &events) }
    }

    private func receive(content: JSONValue, of choice: Int, into events: inout [AnswerEvent]) {
        if let text = content.text {
            guard !text.isEmpty else { return }
            return append(text, .text, of: choice, into: &events)
        }
        guard content.isArray else { return }
        for part in content.elements {
            if let text = part.text {
                if !text.isEmpty { append(text, .text, of: choice, into: &events) }
                continue
            }
            // Mistral: {"type":"thinking","thinking":[{"type":"text","text":…}]} beside ordinary text parts.
            if let thinking = part.present("thinking") {
                let texts = thinking.text.map { [$0] } ?? thinking.elements.compactMap { $0["text"]?.text }
                for text in texts where !text.isEmpty { append(text, .thinking, of: choice, into: &events) }
            } else if let text = part["text"]?.text, !text.isEmpty {
                append(text, .text, of: choice, into: &events)
            } else if let refusal = part["refusal"]?.text, !refusal.isEmpty {
                append(refusal, .refusal, of: choice, into: &events)
            }
        }
    }

    // MARK: - Text

    private func append(_ text: JSONText, _ kind: TextKind, of choice: Int, into events: inout [AnswerEvent]) {
        if kind == .text, choices[choice].splitter != nil {
            guard let pieces = choices[choice].splitter?.feed(text) else { return }
            for piece in pieces { appendBlock(piece.text, piece.isThinking ? .thinking : .text, choice, &events) }
            return
        }
        appendBlock(text, kind, choice, &events)
    }

    private func appendBlock(_ text: JSONText, _ kind: TextKind, _ choice: Int, _ events: inout [AnswerEvent]) {
        let block = openBlock(kind, of: choice, into: &events)
        switch kind {
        case .text: events.append(.text(block, text))
        case .thinking: events.append(.thinking(block, text))
        case .refusal: events.append(.refusal(block, text))
        }
    }

    private func openBlock(_ kind: TextKind, of choice: Int, into events: inout [AnswerEvent]) -> Int {
        openUnnamed(of: choice, into: &events)
        if let open = choices[choice].open, open.kind == kind { return open.block }
        closeText(of: choice, into: &events)
        let block = takeBlock()
        choices[choice].open = (block, kind)
        switch kind {
        case .text:
            choices[choice].hasText = true
            events.append(.open(block: block, choice: choice, .text))
        case .thinking: events.append(.open(block: block, choice: choice, .thinking))
        case .refusal:
            choices[choice].hasRefusal = true
            events.append(.open(block: block, choice: choice, .refusal))
        }
        return block
    }

    private func closeText(of choice: Int, into events: inout [AnswerEvent]) {
        openUnnamed(of: choice, into: &events)
        guard let open = choices[choice].open else { return }
        choices[choice].open = nil
        events.append(.close(open.block))
    }

    private func takeBlock() -> Int {
        defer { nextBlock += 1 }
        return nextBlock
    }

    /// OpenRouter's form of reasoning: text, summaries, encrypted blocks and signatures.
    private func receive(details: JSONValue, hasText: Bool, of choice: Int, into events: inout [AnswerEvent]) {
        guard details.isArray else { return }
        for detail in ChatReasoningDetail.read(details) {
            if let encrypted = detail.encrypted {
                closeText(of: choice, into: &events)
                let block = takeBlock()
                events.append(.open(block: block, choice: choice, .redactedThinking(encrypted)))
                events.append(.close(block))
                continue
            }
            // Our own carriers repeat the block's text for the client's history; the deltas already had it.
            let repeats = detail.signature != nil && choices[choice].open?.kind == .thinking
            if !hasText, !repeats, let text = detail.text, !text.isEmpty {
                append(text, .thinking, of: choice, into: &events)
            }
            if let signature = detail.signature {
                let block = openBlock(.thinking, of: choice, into: &events)
                events.append(.signature(block, signature))
            }
        }
    }

    private func receive(annotations: JSONValue, of choice: Int, into events: inout [AnswerEvent]) {
        guard annotations.isArray, let open = choices[choice].open, open.kind == .text else { return }
        for annotation in annotations.elements {
            guard let source = annotation["url_citation"], source.isObject else { continue }
            let citation = Citation(
                url: source["url"]?.text,
                title: source["title"]?.text,
                start: source["start_index"]?.int,
                end: source["end_index"]?.int,
                raw: annotation,
                origin: .openAIChat
            )
            events.append(.citation(open.block, citation))
        }
    }

    private func receive(images: JSONValue, of choice: Int, into events: inout [AnswerEvent]) {
        guard images.isArray else { return }
        for image in images.elements {
            guard let url = image["image_url"]?["url"]?.text ?? image["image_url"]?.text else { continue }
            closeText(of: choice, into: &events)
            let block = takeBlock()
            events.append(.open(block: block, choice: choice, .media(MediaReading.image(url: url))))
            events.append(.close(block))
        }
    }

    // MARK: - Calls

    private func receive(call: JSONValue, of choice: Int, into events: inout [AnswerEvent]) {
        let function = call.present("function") ?? call.present("custom")
        let isCustom = call["custom"]?.isObject == true
        let fragment = ChatCallFragment(
            index: call["index"]?.int,
            id: call["id"]?.wireText,
            name: function?["name"]?.string,
            arguments: function.flatMap { $0.present(isCustom ? "input" : "arguments") },
            isCustom: isCustom
        )
        let google = call.present("extra_content")?.present("google")
        let signature = Signature.read(google?["thought_signature"]?.text, native: .gemini)
        if let signature, !clientDialect.signsCalls { sign(signature, of: choice, into: &events) }
        receive(fragment, of: choice, into: &events)
        guard let signature, clientDialect.signsCalls else { return }
        openUnnamed(of: choice, into: &events)
        if let block = choices[choice].calls.lastOpenBlock { events.append(.signature(block, signature)) }
    }

    /// A call's signature as thinking in front of the call, for clients whose calls have no place for it.
    private func sign(_ signature: Signature, of choice: Int, into events: inout [AnswerEvent]) {
        let block = openBlock(.thinking, of: choice, into: &events)
        events.append(.signature(block, signature))
        closeText(of: choice, into: &events)
    }

    private func receive(oldCall: JSONValue, of choice: Int, into events: inout [AnswerEvent]) {
        let fragment = ChatCallFragment(
            index: 0,
            id: nil,
            name: oldCall["name"]?.string,
            arguments: oldCall.present("arguments"),
            isCustom: false
        )
        receive(fragment, of: choice, into: &events)
    }

    private func receive(_ fragment: ChatCallFragment, of choice: Int, into events: inout [AnswerEvent]) {
        let slot = choices[choice].calls.slot(for: fragment)
        let waits = choices[choice].unnamed == slot
        if !waits { openUnnamed(of: choice, into: &events) }
        let news = choices[choice].calls.take(fragment, into: slot, cumulative: areArgumentsCumulative)
        if choices[choice].calls[slot].block == nil {
            guard choices[choice].calls[slot].isReadyToOpen else { return }
            guard isNameWhole(choices[choice].calls[slot]) else { return choices[choice].unnamed = slot }
            openCall(slot, of: choice, saying: waits ? news : nil, into: &events)
        } else if let news, let block = choices[choice].calls[slot].block {
            events.append(.arguments(block, news))
        }
    }

    private func isNameWhole(_ call: ChatCallTable.Slot) -> Bool {
        !call.arguments.isEmpty || declarations?.entry(names.client(call.name)) != nil
    }

    private func openUnnamed(of choice: Int, into events: inout [AnswerEvent]) {
        if let slot = choices[choice].unnamed { openCall(slot, of: choice, into: &events) }
    }

    private func openCall(_ slot: Int, of choice: Int, saying text: JSONText? = nil, into events: inout [AnswerEvent]) {
        choices[choice].unnamed = nil
        closeText(of: choice, into: &events)
        let block = takeBlock()
        let fallback = { self.clientDialect == .anthropicMessages ? self.ids.toolUse() : self.ids.chatCall() }
        let id = choices[choice].calls.open(slot, as: block, generating: fallback)
        let call = choices[choice].calls[slot]
        let kind: ToolCall.Kind = call.isCustom ? .custom : .function
        events.append(.open(block: block, choice: choice, .toolCall(id: id, name: names.client(call.name), kind)))
        guard !call.arguments.isEmpty else { return }
        events.append(.arguments(block, text ?? JSONText(String(decoding: call.arguments, as: UTF8.self))))
    }

    // MARK: - End

    private func end(mayLackReason: Bool, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        flushSplitters(into: &events)
        for choice in choices.indices {
            for slot in choices[choice].calls.unopened { openCall(slot, of: choice, into: &events) }
        }
        let unfinished = choices.isEmpty || choices.contains { $0.finish == nil }
        if unfinished, !mayLackReason || !isCompleteWithoutReason {
            return fail(mayLackReason && choices.isEmpty ? .empty : .endedEarly, into: &events)
        }
        hasEnded = true
        for choice in choices.indices {
            closeText(of: choice, into: &events)
            for block in choices[choice].calls.openBlocks { events.append(.close(block)) }
            let finish = choices[choice].finish ?? .stop
            let refused = finish == .stop && choices[choice].hasRefusal && !choices[choice].hasText
            let reason = refused ? .refusal(nil) : finish.corrected(hasCalls: choices[choice].calls.hasOpened)
            events.append(.finish(choice: choice, reason))
        }
        events.append(.end)
    }

    /// Whether what came so far is complete by itself: text, or calls whose arguments are whole.
    private var isCompleteWithoutReason: Bool {
        !choices.isEmpty
            && choices.allSatisfy { choice in
                let hasContent = choice.calls.hasOpened || choice.hasText || choice.hasRefusal
                return choice.finish != nil || choice.calls.areComplete && hasContent
            }
    }

    private func flushSplitters(into events: inout [AnswerEvent]) {
        for choice in choices.indices {
            let isCutOff = choices[choice].finish != .stop
            guard let pieces = choices[choice].splitter?.finish(isCutOff: isCutOff) else { continue }
            for piece in pieces { appendBlock(piece.text, piece.isThinking ? .thinking : .text, choice, &events) }
        }
    }
}
