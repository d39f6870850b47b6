import JSONCore

/// Knows a frame of an event stream again that differs from the one before it in a piece of text only, as nearly all
/// frames of a long answer do: such a frame need be neither parsed nor decoded.
///
/// The frame before is split around its text:
///
///     {"id":"c1","choices":[{"index":0,"delta":{"content":"  Hello  "}}]}
///     └──────────────────── head ───────────────────────┘ text └ tail ┘
///
/// If a new frame has the same head and tail, and what stands between them can be the content of one JSON string, then
/// both are the same JSON but for that string. A decoder that read exactly one piece of text out of the first, and has
/// seen nothing else since, would read exactly the new text out of the second. Frames that also carry pieces of a call are
/// left out: a decoder gathers those before it says anything.
final class FramePattern {
    private enum Kind { case text, thinking }

    private var kind = Kind.text
    private var block = 0
    private var name: String?
    /// The frame before; empty when there is no pattern.
    private var frame: [UInt8] = []
    /// Where its text stands, without the quotes.
    private var place = 0..<0
    /// What a client of the same dialect was sent before and behind the text; `nil` when no such client is served.
    private var forwarded: (head: [UInt8], tail: [UInt8])?

    /// Takes note of a frame and of what was read out of it.
    ///
    /// `output` is what a client of the same dialect was sent for it.
    func learn(_ document: JSONDocument, name: String?, events: [AnswerEvent], output: ArraySlice<UInt8>?) {
        forget()
        guard events.count == 1, let text = note(events[0]), let place = text.place(in: document),
            !Self.mayCarryCalls(document.bytes)
        else { return }
        if let output {
            guard let parts = Self.split(output, around: place, of: document.bytes) else { return }
            forwarded = parts
        } else {
            forwarded = nil
        }
        self.name = name
        self.place = place
        frame = document.bytes
    }

    /// What a decoder does after other frames is not known.
    func forget() {
        if !frame.isEmpty { frame = [] }
    }

    /// The only event of a frame that fits the pattern; `nil` for every other frame.
    ///
    /// A client of the same dialect gets its frame in `out`.
    func event(for data: [UInt8], name: String?, into out: inout [UInt8]) -> AnswerEvent? {
        guard !frame.isEmpty else { return nil }
        let end = data.count - (frame.count - place.upperBound)
        guard end > place.lowerBound, name == self.name,
            data[..<place.lowerBound].isSame(as: frame[..<place.lowerBound]),
            data[end...].isSame(as: frame[place.upperBound...]),
            let piece = JSONText(content: data[place.lowerBound..<end])
        else { return nil }
        if let forwarded {
            out.append(contentsOf: forwarded.head)
            out.append(contentsOf: data[place.lowerBound..<end])
            out.append(contentsOf: forwarded.tail)
        }
        switch kind {
        case .text: return .text(block, piece)
        case .thinking: return .thinking(block, piece)
        }
    }

    // MARK: - Parts

    private func note(_ event: AnswerEvent) -> JSONText? {
        switch event {
        case .text(let block, let text):
            (kind, self.block) = (.text, block)
            return text
        case .thinking(let block, let text):
            (kind, self.block) = (.thinking, block)
            return text
        default: return nil
        }
    }

    /// Responses repeats its text, so that its decoder counts what has come.
    private static func mayCarryCalls(_ frame: [UInt8]) -> Bool {
        frame[...].contains("tool_calls") || frame[...].contains("function_call") || frame[...].contains("\"response.")
    }

    /// Splits what was written for a frame around its text.
    ///
    /// An edit stands before or behind the text; on the other side the frame's own bytes show where the text is. Nothing is
    /// known when more than this frame was written: one that was held back until now.
    private static func split(
        _ output: ArraySlice<UInt8>,
        around place: Range<Int>,
        of frame: [UInt8]
    ) -> (head: [UInt8], tail: [UInt8])? {
        let end = Array(frame[place.lowerBound...]) + Array("\n\n".utf8)
        guard !output.dropLast(2).contains("\n\n") else { return nil }
        if output.count > end.count, output.suffix(end.count).isSame(as: end[...]) {
            return (Array(output.dropLast(end.count)), Array(end.dropFirst(place.count)))
        }
        let beginning = Array("data: ".utf8) + frame[..<place.upperBound]
        guard output.starts(with: beginning) else { return nil }
        return (Array(beginning.dropLast(place.count)), Array(output.dropFirst(beginning.count)))
    }
}
