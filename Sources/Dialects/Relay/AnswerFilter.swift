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
        if !context.stopEmulation.isEmpty {
            filters.append(StopSequenceFilter(context.stopEmulation, choices: context.choices))
        }
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

/// Removes a Markdown code fence around a text, which models add although they were told not to.
final class CodeFenceFilter: AnswerFilter {
    /// The texts that are being written, by their blocks.
    private var texts: [Int: FencedText] = [:]

    func apply(to events: inout [AnswerEvent]) {
        events = events.flatMap { event -> [AnswerEvent] in
            switch event {
            case .text(let block, let text):
                self.texts[block, default: FencedText()].feed(text.string).map { [.text(block, JSONText($0))] } ?? []
            case .close(let block):
                (self.texts.removeValue(forKey: block)?.finish().map { [.text(block, JSONText($0))] } ?? []) + [event]
            default: [event]
            }
        }
    }
}

/// One text without the fence around it.
private struct FencedText {
    private enum State { case beginning, fenceLine, fenced, plain }

    /// A first line or blanks longer than this belong to no fence.
    private static let heldLimit = 4_096

    private var state = State.beginning
    private var held = ""

    mutating func feed(_ text: String) -> String? {
        if state == .plain { return text }
        held += text
        if state == .beginning { readBeginning() }
        if state == .fenceLine { readFenceLine() }
        if state != .fenced, held.utf8.count > Self.heldLimit { state = .plain }
        switch state {
        case .plain: return take(held.count)
        case .fenced:
            // White space and backticks at the end may be the closing fence.
            let tail = held.suffix(Self.heldLimit).reversed().prefix { $0 == "`" || $0.isWhitespace }.count
            return take(held.count - tail)
        case .beginning, .fenceLine: return nil
        }
    }

    private mutating func readBeginning() {
        let body = held.drop { $0.isWhitespace }
        if body.hasPrefix("```") {
            state = .fenceLine
            held = String(body)
        } else if !"```".hasPrefix(body) {
            state = .plain
        }
    }

    private mutating func readFenceLine() {
        guard let end = held.firstIndex(where: \.isNewline) else { return }
        held = String(held[held.index(after: end)...])
        state = .fenced
    }

    private mutating func take(_ count: Int) -> String? {
        guard count > 0 else { return nil }
        defer { held = String(held.dropFirst(count)) }
        return String(held.prefix(count))
    }

    /// What remains, without the closing fence.
    consuming func finish() -> String? {
        guard state == .fenced, let fence: Range<String.Index> = held.firstRange(of: "```") else {
            return held.isEmpty ? nil : held
        }
        let rest = String(held[..<fence.lowerBound]).trimmingBlanks()
        return rest.isEmpty ? nil : rest
    }
}
