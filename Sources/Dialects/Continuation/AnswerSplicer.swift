import JSONCore

/// Joins the answer of another target to one that broke off, so that the client sees one.
///
/// Text goes on in the block that is open, without what it repeats. Calls that had been sent must come again with the same
/// name and arguments that begin with every byte that was sent; only what is behind them goes to the client. Thinking
/// is left out.
final class AnswerSplicer: AnswerFilter {
    private let before: AnswerProgress
    /// What was used by the targets that have answered so far.
    let usedBefore: Usage
    private var trimmer: OverlapTrimmer
    private var numbers: [Int: Int] = [:]
    private var nextBlock: Int
    /// The text block that is open at the client and has not been gone on with or closed.
    private var openText: Int?
    /// Where the calls that must come again have got to.
    private var expected: ArraySlice<AnswerProgress.Call>
    private var replay: (block: Int, call: AnswerProgress.Call, matched: Int)?
    private var dropped: Set<Int> = []
    private var hasFailed = false

    init(_ before: AnswerProgress, used: Usage) {
        self.before = before
        usedBefore = used
        trimmer = OverlapTrimmer(behind: before.text)
        nextBlock = before.nextBlock
        openText = before.openText
        expected = before.calls[...]
    }

    func apply(to events: inout [AnswerEvent]) {
        var out: [AnswerEvent] = []
        for event in events where !hasFailed { apply(event, to: &out) }
        events = out
    }

    private func apply(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        switch event {
        case .start(let start):
            // The client knows that the answer has begun; what it costs counts.
            if let usage = start.usage { out.append(.usage(usage)) }
        case .open(let block, let choice, let kind): open(block, choice, kind, to: &out)
        case .text(let block, let text): continueText(text, of: block, to: &out)
        case .arguments(let block, let text): continueArguments(text, of: block, to: &out)
        case .close(let block): close(block, to: &out)
        case .finish(let choice, let reason): finish(choice, reason, to: &out)
        case .signature(let block, _), .citation(let block, _), .logprobs(let block, _), .thinking(let block, _),
            .refusal(let block, _):
            if let event = event.renumbered({ numbers[$0] }), !dropped.contains(block) { out.append(event) }
        case .usage, .error, .ping, .end: out.append(event)
        }
    }

    private func fail(_ reason: String, to out: inout [AnswerEvent]) {
        hasFailed = true
        out.append(.error(Failure(.badGateway, "The answer could not be continued: \(reason)", cause: .cutOff)))
    }

    // MARK: - Blocks

    private func open(_ block: Int, _ choice: Int, _ kind: BlockKind, to out: inout [AnswerEvent]) {
        // The client was begun to be sent one answer only.
        guard choice == 0 else { return fail("it has more than one answer", to: &out) }
        switch kind {
        case .thinking, .redactedThinking: dropped.insert(block)
        case .text:
            // Begun with its first new text, for it may have none.
            break
        case .toolCall(_, let name, _):
            guard let call = expected.popFirst() else {
                closeText(to: &out)
                return begin(block, choice, kind, to: &out)
            }
            guard call.name == name else { return fail("another tool was called", to: &out) }
            numbers[block] = call.block
            replay = (block, call, 0)
        case .refusal, .media, .webSearch, .opaque:
            closeText(to: &out)
            begin(block, choice, kind, to: &out)
        }
    }

    private func begin(_ block: Int, _ choice: Int, _ kind: BlockKind, to out: inout [AnswerEvent]) {
        numbers[block] = nextBlock
        out.append(.open(block: nextBlock, choice: choice, kind))
        nextBlock += 1
    }

    private func close(_ block: Int, to out: inout [AnswerEvent]) {
        if let replay, replay.block == block {
            self.replay = nil
            guard replay.matched >= replay.call.arguments.count else {
                return fail("the call ended early", to: &out)
            }
            if !replay.call.isClosed { out.append(.close(replay.call.block)) }
            return
        }
        if numbers[block] == openText, openText != nil {
            // Left open until something else begins: the target may have more text.
            return
        }
        if let number = numbers[block] { out.append(.close(number)) }
    }

    /// Closes the text that goes on no more.
    private func closeText(to out: inout [AnswerEvent]) {
        let rest = trimmer.finish()
        if !rest.isEmpty { appendText(rest, to: &out) }
        if let openText { out.append(.close(openText)) }
        openText = nil
    }

    private func finish(_ choice: Int, _ reason: StopReason, to out: inout [AnswerEvent]) {
        guard expected.isEmpty, replay == nil else { return fail("a call did not come again", to: &out) }
        closeText(to: &out)
        out.append(.finish(choice: choice, reason))
    }

    // MARK: - Text and arguments

    private func continueText(_ text: JSONText, of block: Int, to out: inout [AnswerEvent]) {
        guard !dropped.contains(block) else { return }
        var piece: [UInt8] = []
        text.appendUnescaped(to: &piece)
        if !before.calls.isEmpty, !expected.isEmpty || replay != nil {
            // In front of calls that have been sent there is no room for more text.
            let isBlank = piece.allSatisfy { $0 <= 0x20 }
            return isBlank ? () : fail("text came in place of a call", to: &out)
        }
        let new = trimmer.feed(piece)
        if !new.isEmpty { appendText(new, to: &out) }
        if let openText { numbers[block] = openText }
    }

    private func appendText(_ bytes: [UInt8], to out: inout [AnswerEvent]) {
        if openText == nil {
            openText = nextBlock
            out.append(.open(block: nextBlock, choice: 0, .text))
            nextBlock += 1
        }
        if let openText { out.append(.text(openText, JSONText(String(decoding: bytes, as: UTF8.self)))) }
    }

    private func continueArguments(_ text: JSONText, of block: Int, to out: inout [AnswerEvent]) {
        guard let current = replay, current.block == block else {
            if let number = numbers[block] { out.append(.arguments(number, text)) }
            return
        }
        var piece: [UInt8] = []
        text.appendUnescaped(to: &piece)
        let known = current.call.arguments[current.matched...].prefix(piece.count)
        guard piece.starts(with: known) else { return fail("the call came with other arguments", to: &out) }
        replay?.matched += known.count
        let rest = piece.dropFirst(known.count)
        guard !rest.isEmpty else { return }
        guard !current.call.isClosed else { return fail("the call came with more arguments", to: &out) }
        out.append(.arguments(current.call.block, JSONText(String(decoding: rest, as: UTF8.self))))
    }
}

extension AnswerEvent {
    /// The event under another block's number; nil for a number that is not known.
    fileprivate func renumbered(_ number: (Int) -> Int?) -> AnswerEvent? {
        switch self {
        case .signature(let block, let value): number(block).map { .signature($0, value) }
        case .citation(let block, let value): number(block).map { .citation($0, value) }
        case .logprobs(let block, let value): number(block).map { .logprobs($0, value) }
        case .thinking(let block, let value): number(block).map { .thinking($0, value) }
        case .refusal(let block, let value): number(block).map { .refusal($0, value) }
        default: self
        }
    }
}
