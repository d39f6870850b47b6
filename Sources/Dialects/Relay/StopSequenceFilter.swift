import JSONCore

/// Ends an answer where a stop sequence appears, for targets that do not take stop sequences.
///
/// The one that is complete first counts, the longest of several; that does not depend on the pieces in which text
/// arrives. Each of several choices ends for itself, and the answer with the last of them.
final class StopSequenceFilter: AnswerFilter {
    private struct Block {
        var choice: Int
        var stops: [BytePattern]
        var held: [UInt8] = []

        /// Takes text in; gives what may be shown of it, and the stop sequence that ends it.
        mutating func take(_ text: JSONText) -> (text: [UInt8], stop: [UInt8]?) {
            let start = held.count
            text.appendUnescaped(to: &held)
            if let hit = firstHit(from: start) { return (release(hit.start), hit.stop) }
            // What may be the beginning of a stop sequence waits.
            return (release(held.count - (stops.map(\.matched).max() ?? 0)), nil)
        }

        private mutating func release(_ count: Int) -> [UInt8] {
            defer { held.removeFirst(count) }
            return [UInt8](held.prefix(count))
        }

        private mutating func firstHit(from start: Int) -> (start: Int, stop: [UInt8])? {
            for place in start..<held.count {
                for index in stops.indices { stops[index].read(held[place]) }
                let hits = stops.filter(\.isMatched).map(\.bytes)
                if let longest = hits.max(by: { $0.count < $1.count }) { return (place + 1 - longest.count, longest) }
            }
            return nil
        }
    }

    private let stops: [BytePattern]
    /// How many choices the request asks for.
    private let choices: Int
    /// The open blocks by their numbers; those of a choice that has ended are missing.
    private var open: [Int: Block] = [:]
    private var stopped: Set<Int> = []
    private var isOver = false

    init(_ stops: [String], choices: Int = 1) {
        self.stops = stops.filter { !$0.isEmpty }.map { BytePattern(Array($0.utf8)) }
        self.choices = choices
    }

    func apply(to events: inout [AnswerEvent]) {
        var out: [AnswerEvent] = []
        for event in events where !isOver { apply(event, to: &out) }
        events = out
    }

    private func apply(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        switch event {
        case .open(let block, let choice, _):
            guard !stopped.contains(choice) else { return }
            open[block] = Block(choice: choice, stops: stops)
            out.append(event)
        case .text(let block, let text):
            guard let choice = open[block]?.choice, let hit = open[block]?.take(text) else { return }
            if !hit.text.isEmpty { out.append(.text(block, JSONText(String(decoding: hit.text, as: UTF8.self)))) }
            if let stop = hit.stop { end(choice, at: stop, to: &out) }
        case .close(let block):
            guard let rest = open.removeValue(forKey: block)?.held else { return }
            if !rest.isEmpty { out.append(.text(block, JSONText(String(decoding: rest, as: UTF8.self)))) }
            out.append(event)
        case .thinking(let block, _), .refusal(let block, _), .arguments(let block, _), .signature(let block, _),
            .citation(let block, _), .logprobs(let block, _):
            if open[block] != nil { out.append(event) }
        case .finish(let choice, _): if !stopped.contains(choice) { out.append(event) }
        case .start, .usage, .error, .ping, .end: out.append(event)
        }
    }

    private func end(_ choice: Int, at stop: [UInt8], to out: inout [AnswerEvent]) {
        for (number, _) in open.filter({ $0.value.choice == choice }).sorted(by: { $0.key < $1.key }) {
            open[number] = nil
            out.append(.close(number))
        }
        out.append(.finish(choice: choice, .stopSequence(String(decoding: stop, as: UTF8.self))))
        stopped.insert(choice)
        guard stopped.count >= choices else { return }
        out.append(.end)
        isOver = true
    }
}
