import JSONCore

/// Changes the events of an answer between its decoder and its encoder; made for one answer.
protocol AnswerFilter: AnyObject {
    func apply(to events: inout [AnswerEvent])
}

enum AnswerFilters {
    /// What the request's translation made necessary.
    static func make(for context: TranslationContext, _ guarding: ToolCallGuard?) -> [any AnswerFilter] {
        var filters: [any AnswerFilter] = []
        switch context.structuredMode {
        case .native: break
        case .tool(let name, let unwraps): filters.append(JSONToolFilter(tool: name, unwraps: unwraps))
        case .prompt: filters.append(CodeFenceFilter())
        }
        if context.toolPolicy == .repair, let guarding { filters.append(guarding) }
        if !context.stopEmulation.isEmpty { filters.append(StopSequenceFilter(context.stopEmulation)) }
        return filters
    }
}

/// Turns the call of the tool that stands in for a JSON format into the text that the client asked for.
final class JSONToolFilter: AnswerFilter {
    private let tool: String
    private let unwraps: Bool
    private var block: Int?
    /// Arguments whose member `value` is the answer: known only when they are complete.
    private var wrapped: [UInt8] = []

    init(tool: String, unwraps: Bool) {
        self.tool = tool
        self.unwraps = unwraps
    }

    func apply(to events: inout [AnswerEvent]) {
        events = events.flatMap(replacement)
    }

    private func replacement(for event: AnswerEvent) -> [AnswerEvent] {
        switch event {
        case .open(let number, let choice, .toolCall(_, tool, _)):
            block = number
            return [.open(block: number, choice: choice, .text)]
        case .arguments(let number, let text) where number == block:
            guard unwraps else { return [.text(number, text)] }
            text.appendUnescaped(to: &wrapped)
            return []
        case .close(let number) where number == block && unwraps:
            return [.text(number, unwrapped), event]
        case .finish(let choice, .toolCalls): return [.finish(choice: choice, .stop)]
        default: return [event]
        }
    }

    private var unwrapped: JSONText {
        if let value = (try? JSONDocument.parse(wrapped))?.root["value"] { return JSONCompaction.text(value) }
        return JSONText(String(decoding: wrapped, as: UTF8.self))
    }
}

/// Removes a Markdown code fence around the whole answer, which models add although they were told not to.
final class CodeFenceFilter: AnswerFilter {
    private enum State { case beginning, fenceLine, fenced, plain }

    private var state = State.beginning
    private var held = ""

    func apply(to events: inout [AnswerEvent]) {
        events = events.flatMap { event -> [AnswerEvent] in
            switch event {
            case .text(let block, let text): self.feed(text.string).map { [.text(block, JSONText($0))] } ?? []
            case .close(let block): (self.finish().map { [.text(block, JSONText($0))] } ?? []) + [event]
            default: [event]
            }
        }
    }

    private func feed(_ text: String) -> String? {
        if state == .plain { return text }
        held += text
        if state == .beginning { readBeginning() }
        if state == .fenceLine { readFenceLine() }
        switch state {
        case .plain: return take(held.count)
        case .fenced:
            // White space and backticks at the end may be the closing fence.
            let tail = held.reversed().prefix { $0 == "`" || $0.isWhitespace }.count
            return take(held.count - tail)
        case .beginning, .fenceLine: return nil
        }
    }

    private func readBeginning() {
        let body = held.drop { $0.isWhitespace }
        if body.hasPrefix("```") {
            state = .fenceLine
            held = String(body)
        } else if !"```".hasPrefix(body) {
            state = .plain
        }
    }

    private func readFenceLine() {
        guard let end = held.firstIndex(where: \.isNewline) else { return }
        held = String(held[held.index(after: end)...])
        state = .fenced
    }

    private func take(_ count: Int) -> String? {
        guard count > 0 else { return nil }
        defer { held = String(held.dropFirst(count)) }
        return String(held.prefix(count))
    }

    private func finish() -> String? {
        defer {
            held = ""
            state = .plain
        }
        guard state == .fenced, let fence: Range<String.Index> = held.firstRange(of: "```") else {
            return held.isEmpty ? nil : held
        }
        let rest = String(held[..<fence.lowerBound]).trimmingBlanks()
        return rest.isEmpty ? nil : rest
    }
}

/// Ends an answer where a stop sequence appears, for targets that do not take stop sequences.
final class StopSequenceFilter: AnswerFilter {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    private var open: [Int] = []
    private var hasHit = false

    init(_ stops: [String]) {
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    func apply(to events: inout [AnswerEvent]) {
        var out: [AnswerEvent] = []
        for event in events where !hasHit { apply(event, to: &out) }
        events = out
    }

    private func apply(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        switch event {
        case .text(let block, let text):
            text.appendUnescaped(to: &held)
            if let hit = firstHit {
                release(hit.range.lowerBound, of: block, to: &out)
                for number in open { out.append(.close(number)) }
                let text = String(decoding: hit.stop, as: UTF8.self)
                out.append(.finish(choice: 0, .stopSequence(text)))
                out.append(.end)
                hasHit = true
            } else {
                release(held.count - heldBack, of: block, to: &out)
            }
        case .open(let block, _, _):
            open.append(block)
            out.append(event)
        case .close(let block):
            if !held.isEmpty { release(held.count, of: block, to: &out) }
            open.removeAll { $0 == block }
            out.append(event)
        default: out.append(event)
        }
    }

    private func release(_ count: Int, of block: Int, to out: inout [AnswerEvent]) {
        guard count > 0 else { return }
        out.append(.text(block, JSONText(String(decoding: held.prefix(count), as: UTF8.self))))
        held.removeFirst(count)
    }

    private var firstHit: (range: Range<Int>, stop: [UInt8])? {
        stops.compactMap { stop in held.firstRange(of: stop).map { (range: $0, stop: stop) } }
            .min { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// How many bytes at the end may be the beginning of a stop sequence.
    private var heldBack: Int {
        stops.map { stop in
            var length = min(stop.count - 1, held.count)
            while length > 0, !stop.starts(with: held.suffix(length)) { length -= 1 }
            return length
        }
        .max() ?? 0
    }
}
