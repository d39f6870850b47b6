import JSONCore

/// Reads Gemini's answers into events.
final class GeminiAnswerDecoder: AnswerDecoder {
    private struct Choice {
        /// The open block of text or thinking.
        var open: (block: Int, isThinking: Bool)?
        var hasContent = false
        var hasCalls = false
        var callIDs: Set<String> = []
        var finish: StopReason?
        /// Whether more came behind a reason: there are servers that give one with every chunk, and only the end of the
        /// transfer is the end then.
        var mayGoOn = false
        /// Whether there was a reason that is none.
        var hasUnspecified = false
        var grounding = GeminiGrounding()

        var isFinished: Bool { finish != nil || hasUnspecified }

        /// Takes a reason; of several the last one that goes with content counts, or says more than a plain stop.
        mutating func note(_ reason: String, isNews: Bool) {
            guard reason != GeminiFinishReason.unspecified else { return hasUnspecified = true }
            let told = GeminiFinishReason.read(reason)
            if isNews || finish == nil || told != .stop { finish = told }
        }
    }

    private let names: NameMap
    private let ids: any IDGenerator
    private let clientDialect: Dialect
    /// Who signs: a Claude model behind this API signs as Claude does.
    private let family: SignatureFamily
    private let citesSources: Bool
    private var choices: [Choice] = []
    private var nextBlock = 0
    private var hasStarted = false
    private var hasEnded = false

    init(profile: TargetProfile, context: TranslationContext) {
        names = context.toolNames
        ids = context.ids
        clientDialect = context.clientDialect
        family = profile.signatureFamily == .none ? .gemini : profile.signatureFamily
        citesSources = context.citesSources
    }

    var awaitsOnlyTheEnd: Bool { !choices.isEmpty && choices.allSatisfy { $0.finish != nil && !$0.mayGoOn } }

    let readsArrays = true

    // MARK: - Frames

    func receive(_ frame: JSONValue, name: String?, into events: inout [AnswerEvent]) {
        if frame.isArray {
            for element in frame.elements where element.isObject { receive(element, name: name, into: &events) }
            return
        }
        // What comes behind the end is usage at most.
        guard !hasEnded else { return }
        let chunk = frame["candidates"] == nil ? frame.present("response") ?? frame : frame
        if let error = UpstreamError.object(in: chunk, name: name) {
            guard !awaitsOnlyTheEnd else { return }
            return fail(UpstreamError.inAnswer(error, of: chunk, dialect: .gemini), into: &events)
        }
        let usage = chunk.present("usageMetadata", or: "usage_metadata").map(GeminiUsage.read)
        start(chunk, usage, into: &events)
        if let usage { events.append(.usage(usage)) }
        let candidates = chunk.present("candidates")
        for candidate in candidates?.elements ?? JSONDocument.emptyArray.root.elements where candidate.isObject {
            receive(candidate: candidate, into: &events)
        }
        if candidates?.first == nil { readFeedback(chunk) }
    }

    private func readFeedback(_ chunk: JSONValue) {
        let feedback = chunk.present("promptFeedback", or: "prompt_feedback")
        guard let reason = feedback?.present("blockReason", or: "block_reason")?.string else { return }
        prepare(0)
        choices[0].finish = choices[0].finish ?? .contentFilter(reason)
    }

    func receiveEndMark(into events: inout [AnswerEvent]) { finish(isClean: true, into: &events) }

    func receive(whole body: JSONValue, into events: inout [AnswerEvent]) {
        receive(body, name: nil, into: &events)
        finish(isClean: true, into: &events)
    }

    func finish(isClean: Bool, into events: inout [AnswerEvent]) {
        guard !hasEnded else { return }
        let isWhole = isClean && !choices.isEmpty && choices.allSatisfy(\.isFinished)
        guard isWhole || awaitsOnlyTheEnd else { return fail(.endedEarly, into: &events) }
        let isMalformed = choices.contains { $0.finish == .malformedToolCall }
        if isMalformed, choices.allSatisfy({ !$0.hasContent }) { return fail(.malformedCall, into: &events) }
        hasEnded = true
        for choice in choices.indices { end(choice, into: &events) }
        events.append(.end)
    }

    private func start(_ chunk: JSONValue, _ usage: Usage?, into events: inout [AnswerEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        let model = chunk.present("modelVersion", or: "model_version")?.string
        events.append(.start(AnswerStart(model: model, usage: usage)))
    }

    private func fail(_ failure: Failure, into events: inout [AnswerEvent]) {
        hasEnded = true
        events.append(.error(failure))
    }

    // MARK: - Candidates

    private func prepare(_ choice: Int) {
        while choices.count <= choice { choices.append(Choice()) }
    }

    private func receive(candidate: JSONValue, into events: inout [AnswerEvent]) {
        let choice = max(0, candidate["index"]?.int ?? 0)
        guard choice < 128 else { return }
        prepare(choice)
        let before = events.count
        for part in candidate["content"]?["parts"]?.elements ?? JSONDocument.emptyArray.root.elements
        where part.isObject {
            receive(part: part, of: choice, into: &events)
        }
        if let open = choices[choice].open, !open.isThinking, let tokens = GeminiLogprobs.read(candidate) {
            events.append(.logprobs(open.block, tokens))
        }
        choices[choice].grounding.read(candidate)
        let isNews = events.count > before
        if isNews, choices[choice].finish != nil { choices[choice].mayGoOn = true }
        guard let reason = GeminiFinishReason.of(candidate) else { return }
        choices[choice].note(reason, isNews: isNews)
    }

    private func receive(part: JSONValue, of choice: Int, into events: inout [AnswerEvent]) {
        if let text = part["text"]?.text {
            let isThinking = part["thought"]?.bool == true
            if !text.isEmpty { append(text, isThinking: isThinking, of: choice, into: &events) }
            guard let signature = GeminiSignature.read(part, native: family) else { return }
            return sign(signature, isThinking: isThinking, of: choice, into: &events)
        }
        if let call = part.present("functionCall", or: "function_call"), call.isObject {
            return receive(call: call, GeminiSignature.read(part, native: family), of: choice, into: &events)
        }
        if let code = GeminiCode.text(of: part) {
            append(code, isThinking: false, of: choice, into: &events)
        } else if let media = GeminiMedia.read(part) {
            if let signature = GeminiSignature.read(part, native: family) {
                sign(signature, isThinking: true, of: choice, into: &events)
            }
            appendWhole(.media(media), of: choice, into: &events)
        } else if part.members.contains(where: { $0.value.isObject }) {
            appendWhole(.opaque(part, .gemini), of: choice, into: &events)
        }
    }

    // MARK: - Blocks

    private func takeBlock() -> Int {
        defer { nextBlock += 1 }
        return nextBlock
    }

    private func append(_ text: JSONText, isThinking: Bool, of choice: Int, into events: inout [AnswerEvent]) {
        let block = openBlock(isThinking: isThinking, of: choice, into: &events)
        choices[choice].hasContent = true
        events.append(isThinking ? .thinking(block, text) : .text(block, text))
        guard citesSources, !isThinking else { return }
        choices[choice].grounding.count(text)
        // No later frame may be taken for one like this without being counted.
        events.append(.ping)
    }

    private func openBlock(isThinking: Bool, of choice: Int, into events: inout [AnswerEvent]) -> Int {
        if let open = choices[choice].open, open.isThinking == isThinking { return open.block }
        closeText(of: choice, into: &events)
        let block = takeBlock()
        choices[choice].open = (block, isThinking)
        events.append(.open(block: block, choice: choice, isThinking ? .thinking : .text))
        return block
    }

    private func closeText(of choice: Int, into events: inout [AnswerEvent]) {
        guard let open = choices[choice].open else { return }
        choices[choice].open = nil
        events.append(.close(open.block))
    }

    private func appendWhole(_ kind: BlockKind, of choice: Int, into events: inout [AnswerEvent]) {
        closeText(of: choice, into: &events)
        choices[choice].hasContent = true
        let block = takeBlock()
        events.append(.open(block: block, choice: choice, kind))
        events.append(.close(block))
    }

    /// A signature belongs to the thinking before it; one of text has an empty block of thinking to itself, which every
    /// dialect can carry.
    private func sign(_ signature: Signature, isThinking: Bool, of choice: Int, into events: inout [AnswerEvent]) {
        if !isThinking || choices[choice].open?.isThinking != true { closeText(of: choice, into: &events) }
        let block = openBlock(isThinking: true, of: choice, into: &events)
        events.append(.signature(block, signature))
        closeText(of: choice, into: &events)
    }

    private func receive(
        call: JSONValue,
        _ signature: Signature?,
        of choice: Int,
        into events: inout [AnswerEvent]
    ) {
        guard let name = call["name"]?.string, !name.isEmpty else { return }
        let given = call.present("id")?.wireText ?? ""
        if !given.isEmpty, !choices[choice].callIDs.insert(given).inserted { return }
        if let signature, !clientDialect.signsCalls || signature.family != .gemini {
            // The thinking that it proves may still be open.
            sign(signature, isThinking: true, of: choice, into: &events)
        }
        closeText(of: choice, into: &events)
        choices[choice].hasContent = true
        choices[choice].hasCalls = true
        let block = takeBlock()
        let kind = BlockKind.toolCall(id: given.isEmpty ? newID() : given, name: names.client(name), .function)
        events.append(.open(block: block, choice: choice, kind))
        if let signature, signature.family == .gemini, clientDialect.signsCalls {
            events.append(.signature(block, signature))
        }
        let arguments = call.present("args").map { $0.isObject ? JSONCompaction.text($0) : "{}" }
        events.append(.arguments(block, arguments ?? "{}"))
        events.append(.close(block))
    }

    private func newID() -> String {
        switch clientDialect {
        case .anthropicMessages: ids.toolUse()
        case .gemini: ids.characters(16)
        case .openAIChat, .openAIResponses, .ollama: ids.chatCall()
        }
    }

    // MARK: - End

    private func end(_ choice: Int, into events: inout [AnswerEvent]) {
        let grounding = choices[choice].grounding
        let citations = grounding.citations
        if !citations.isEmpty {
            let block = openBlock(isThinking: false, of: choice, into: &events)
            for citation in citations { events.append(.citation(block, citation)) }
        }
        closeText(of: choice, into: &events)
        if let search = grounding.search(id: { self.ids.characters(16) }) {
            appendWhole(.webSearch(search), of: choice, into: &events)
        }
        let reason = choices[choice].finish ?? .stop
        events.append(.finish(choice: choice, reason.corrected(hasCalls: choices[choice].hasCalls)))
    }
}

extension Failure {
    /// The model wrote a call that its provider could not read, and nothing else.
    static let malformedCall = Failure(
        .badGateway,
        "the model produced a tool call that its provider could not read",
        code: "malformed_function_call",
        cause: .errorInAnswer
    )
}
