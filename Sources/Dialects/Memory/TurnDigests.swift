import CryptoCore
import JSONCore

/// Where an answer stands in its conversation: the digests of the turns, each computed once and only if asked for.
///
/// A place is known by how the conversation began and by what was said since the last answer but one: the beginning tells
/// conversations apart, the end the same words said twice in one, and both cost the same however long it is. System text
/// does not count, for many clients write the time into it.
struct TurnDigests {
    let turns: [Turn]
    private var known: [Range<Int>: Digest] = [:]

    init(_ turns: [Turn]) {
        self.turns = turns
    }

    /// What the client sees of one turn of the assistant; `nil` for nothing.
    mutating func content(of turn: Int) -> Digest? {
        var content = VisibleContent()
        for part in turns[turn].parts { content.add(part) }
        return content.isEmpty ? nil : content.digest
    }

    /// The place in front of a turn; `nil` at the beginning.
    mutating func place(before turn: Int) -> Digest? {
        var bytes: [UInt8] = []
        var end = turn
        var answers = 0
        while let run = run(endingAt: end) {
            if turns[run.lowerBound].role == .assistant {
                guard answers == 0 else { break }
                answers += 1
            }
            bytes += digest(of: run).bytes
            end = run.lowerBound
        }
        return bytes.isEmpty ? nil : SHA256.hash(bytes + digest(of: opening).bytes)
    }

    /// The turns of the side that began.
    private var opening: Range<Int> {
        guard let first = turns.firstIndex(where: { $0.role != .system }) else { return 0..<0 }
        let others = turns[first...].firstIndex { $0.role != .system && $0.role != turns[first].role }
        return first..<(others ?? turns.endIndex)
    }

    /// The turns of one side up to `end`; system text between them, which clients move about, belongs to neither side.
    private func run(endingAt end: Int) -> Range<Int>? {
        guard let last = turns[..<end].lastIndex(where: { $0.role != .system }) else { return nil }
        var start = last
        for place in (0..<last).reversed() where turns[place].role != .system {
            guard turns[place].role == turns[last].role else { break }
            start = place
        }
        return start..<last + 1
    }

    private mutating func digest(of run: Range<Int>) -> Digest {
        if let digest = known[run] { return digest }
        var content = VisibleContent()
        for turn in turns[run] where turn.role != .system {
            for part in turn.parts { content.add(part) }
        }
        known[run] = content.digest
        return content.digest
    }
}

/// A history of messages as turns.
struct MessageTurns {
    private let messages: [JSONValue]
    private let turn: (JSONValue, Turn.Role) -> Turn

    init(_ messages: JSONValue?, as turn: @escaping (JSONValue, Turn.Role) -> Turn) {
        self.messages = messages.map { $0.elements.filter(\.isObject) } ?? []
        self.turn = turn
    }

    /// One turn of each message.
    var all: [Turn] { messages.map { turn($0, Turn.Role(of: $0)) } }

    /// The beginning and the end: as much as the place behind it is known by.
    var recent: [Turn] {
        var turns: [Turn] = []
        var answers = 0
        var side: Turn.Role?
        for (place, message) in messages.enumerated().reversed() {
            let role = Turn.Role(of: message)
            if role == .assistant, side != .assistant { answers += 1 }
            if answers > 1 { return opening(until: place) + turns.reversed() }
            if role != .system { side = role }
            turns.append(turn(message, role))
        }
        return turns.reversed()
    }

    /// The turns of the side that began, and an empty one of the assistant for what is left out behind them.
    private func opening(until last: Int) -> [Turn] {
        var turns: [Turn] = []
        for message in messages[...last] {
            let role = Turn.Role(of: message)
            guard role != .system else { continue }
            guard turns.first.map({ $0.role == role }) ?? true else { break }
            turns.append(turn(message, role))
        }
        return turns + [Turn(.assistant, [])]
    }
}

extension Turn.Role {
    /// The side that a message with a `role` is on.
    fileprivate init(of message: JSONValue) {
        let role = message["role"]
        if role?.equals("assistant") == true {
            self = .assistant
        } else {
            self = role?.equals("system") == true || role?.equals("developer") == true ? .system : .user
        }
    }
}
