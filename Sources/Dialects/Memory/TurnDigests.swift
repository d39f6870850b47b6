import CryptoCore
import JSONCore

/// Where an answer stands in its conversation: the digests of the turns, each computed once and only if asked for.
///
/// A place is known by what was said since the last answer but one. That is what tells the same words said twice apart,
/// it costs the same however long the conversation is, and it survives clients that cut or sum up its beginning.
struct TurnDigests {
    private let turns: [Turn]
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
        return bytes.isEmpty ? nil : SHA256.hash(bytes)
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

/// The end of a history of messages as turns: as much of it as a place is known by.
enum RecentTurns {
    static func read(_ messages: JSONValue?, as turn: (JSONValue, Turn.Role) -> Turn) -> [Turn] {
        let messages = Array((messages?.elements ?? JSONDocument.emptyArray.root.elements).filter(\.isObject))
        var turns: [Turn] = []
        var answers = 0
        for message in messages.reversed() {
            let role = Turn.Role(of: message)
            if role == .assistant, turns.last?.role != .assistant { answers += 1 }
            if answers > 1 { break }
            turns.append(turn(message, role))
        }
        return turns.reversed()
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
