import JSONCore

/// Ends an answer where a stop sequence appears, for targets that do not take stop sequences.
///
/// The one that is complete first counts, the longest of several; that does not depend on the pieces in which text arrives.
final class StopSequenceFilter: AnswerFilter {
    private var stops: [BytePattern]
    private var held: [UInt8] = []
    private var open: [Int] = []
    private var hasHit = false

    init(_ stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map { BytePattern(Array($0.utf8)) }
    }

    func apply(to events: inout [AnswerEvent]) {
        var out: [AnswerEvent] = []
        for event in events where !hasHit { apply(event, to: &out) }
        events = out
    }

    private func apply(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        switch event {
        case .text(let block, let text):
            let start = held.count
            text.appendUnescaped(to: &held)
            if let hit = firstHit(from: start) { return end(at: hit, in: block, to: &out) }
            // What may be the beginning of a stop sequence waits.
            release(held.count - (stops.map(\.matched).max() ?? 0), of: block, to: &out)
        case .open(let block, _, _):
            open.append(block)
            out.append(event)
        case .close(let block):
            if !held.isEmpty { release(held.count, of: block, to: &out) }
            for index in stops.indices { stops[index].restart() }
            open.removeAll { $0 == block }
            out.append(event)
        default: out.append(event)
        }
    }

    private func end(at hit: (start: Int, stop: [UInt8]), in block: Int, to out: inout [AnswerEvent]) {
        release(hit.start, of: block, to: &out)
        for number in open { out.append(.close(number)) }
        out.append(.finish(choice: 0, .stopSequence(String(decoding: hit.stop, as: UTF8.self))))
        out.append(.end)
        hasHit = true
    }

    private func release(_ count: Int, of block: Int, to out: inout [AnswerEvent]) {
        guard count > 0 else { return }
        out.append(.text(block, JSONText(String(decoding: held.prefix(count), as: UTF8.self))))
        held.removeFirst(count)
    }

    private func firstHit(from start: Int) -> (start: Int, stop: [UInt8])? {
        for place in start..<held.count {
            for index in stops.indices { stops[index].read(held[place]) }
            let hits = stops.filter(\.isMatched).map(\.bytes)
            if let longest = hits.max(by: { $0.count < $1.count }) { return (place + 1 - longest.count, longest) }
        }
        return nil
    }
}
