/// Passes 2 and 3: every call has an id of its own that the target accepts, results name the call they belong to, and
/// calls without a name are gone with their results.
enum CallIDRepair {
    static func apply(to conversation: inout Conversation, rule: TargetProfile.ToolIDRule) {
        var book = CallBook(rule: rule)
        for turn in conversation.turns.indices {
            for part in conversation.turns[turn].parts.indices {
                switch conversation.turns[turn].parts[part] {
                case .toolCall(var call):
                    call.id = book.register(call, turn: turn)
                    conversation.turns[turn].parts[part] = .toolCall(call)
                case .toolResult(var result):
                    result.callID = book.claim(result)
                    conversation.turns[turn].parts[part] = .toolResult(result)
                default: break
                }
            }
        }
        if book.hasNameless { dropNameless(from: &conversation, book) }
    }

    private static func dropNameless(from conversation: inout Conversation, _ book: CallBook) {
        for turn in conversation.turns.indices {
            conversation.turns[turn].parts = conversation.turns[turn].parts.compactMap { part in
                switch part {
                case .toolCall(var call):
                    guard call.name.isEmpty else { return part }
                    guard let name = book.recoveredName(ofCall: call.id) else { return nil }
                    call.name = name
                    return .toolCall(call)
                case .toolResult(let result): return book.isNameless(result.callID) ? nil : part
                default: return part
                }
            }
        }
        conversation.turns.removeAll { $0.parts.isEmpty && $0.directive == nil }
    }
}

/// The calls of a conversation as they are met from its beginning.
private struct CallBook {
    private struct Entry {
        var id: String
        var name: String
        var isAnswered = false
        /// The tool's name as its result repeats it.
        var resultName: String?
    }

    /// Calls that wait for their results, in their order.
    private struct Queue {
        private var places: [Int] = []
        /// How many at the beginning are answered.
        private var done = 0

        var last: Int? { places.last }

        mutating func append(_ place: Int) { places.append(place) }

        mutating func first(in entries: [Entry]) -> Int? {
            while done < places.count, entries[places[done]].isAnswered { done += 1 }
            return done < places.count ? places[done] : nil
        }
    }

    /// The calls to which a client gave one and the same id.
    private struct Namesakes {
        var all = Queue()
        /// Those of the last turn that has any.
        var latest = Queue()
        var turn = -1
        /// The number that the next copy of the id may get.
        var copy = 2
    }

    private let rule: TargetProfile.ToolIDRule
    private var entries: [Entry] = []
    private var placesByID: [String: Int] = [:]
    private var all = Queue()
    private var byOriginal: [String: Namesakes] = [:]
    private var byName: [String: Queue] = [:]
    private(set) var hasNameless = false

    init(rule: TargetProfile.ToolIDRule) {
        self.rule = rule
    }

    mutating func register(_ call: ToolCall, turn: Int) -> String {
        if call.name.isEmpty { hasNameless = true }
        var namesakes = byOriginal.removeValue(forKey: call.id) ?? Namesakes()
        let place = entries.count
        let id = distinctID(call.id.isEmpty ? "call_\(turn)_\(place)" : call.id, copy: &namesakes.copy)
        placesByID[id] = place
        entries.append(Entry(id: id, name: call.name))
        if namesakes.turn != turn { (namesakes.turn, namesakes.latest) = (turn, Queue()) }
        namesakes.latest.append(place)
        namesakes.all.append(place)
        byOriginal[call.id] = namesakes
        byName[call.name, default: Queue()].append(place)
        all.append(place)
        return id
    }

    private func distinctID(_ given: String, copy: inout Int) -> String {
        var id = SafeNames.callID(given, rule: rule)
        while placesByID[id] != nil {
            id = SafeNames.callID("\(given)_\(copy)", rule: rule)
            copy += 1
        }
        return id
    }

    /// The id of the call that a result belongs to; the result's own id, made acceptable, if there is none.
    mutating func claim(_ result: ToolResult) -> String {
        guard let place = place(for: result) else { return SafeNames.callID(result.callID, rule: rule) }
        entries[place].isAnswered = true
        entries[place].resultName = entries[place].resultName ?? result.name
        return entries[place].id
    }

    private mutating func place(for result: ToolResult) -> Int? {
        guard result.callID.isEmpty else {
            // Of several calls with one id: the first unanswered one of the latest turn, then of any.
            return byOriginal[result.callID]?.latest.first(in: entries)
                ?? byOriginal[result.callID]?.all.first(in: entries) ?? byOriginal[result.callID]?.all.last
        }
        return result.name.flatMap { byName[$0]?.first(in: entries) } ?? all.first(in: entries)
    }

    func isNameless(_ id: String) -> Bool {
        placesByID[id].map { entries[$0].name.isEmpty && (entries[$0].resultName ?? "").isEmpty } ?? false
    }

    func recoveredName(ofCall id: String) -> String? {
        guard let name = placesByID[id].flatMap({ entries[$0].resultName }), !name.isEmpty else { return nil }
        return name
    }
}
