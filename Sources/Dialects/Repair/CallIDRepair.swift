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
        var original: String
        var id: String
        var name: String
        var turn: Int
        var isAnswered = false
        /// The tool's name as its result repeats it.
        var resultName: String?
    }

    private let rule: TargetProfile.ToolIDRule
    private var entries: [Entry] = []
    private var placesByOriginal: [String: [Int]] = [:]
    private var usedIDs: Set<String> = []
    private(set) var hasNameless = false

    init(rule: TargetProfile.ToolIDRule) {
        self.rule = rule
    }

    mutating func register(_ call: ToolCall, turn: Int) -> String {
        if call.name.isEmpty { hasNameless = true }
        let given = call.id.isEmpty ? "call_\(turn)_\(entries.count)" : call.id
        var id = SafeNames.callID(given, rule: rule)
        var copy = 2
        while !usedIDs.insert(id).inserted {
            id = SafeNames.callID("\(given)_\(copy)", rule: rule)
            copy += 1
        }
        placesByOriginal[call.id, default: []].append(entries.count)
        entries.append(Entry(original: call.id, id: id, name: call.name, turn: turn))
        return id
    }

    /// The id of the call that a result belongs to; the result's own id, made acceptable, if there is none.
    mutating func claim(_ result: ToolResult) -> String {
        guard let place = place(for: result) else { return SafeNames.callID(result.callID, rule: rule) }
        entries[place].isAnswered = true
        entries[place].resultName = entries[place].resultName ?? result.name
        return entries[place].id
    }

    private func place(for result: ToolResult) -> Int? {
        if !result.callID.isEmpty {
            guard let places = placesByOriginal[result.callID], let last = places.last else { return nil }
            // Of several calls with one id: the first unanswered one of the latest turn, then of any.
            let turn = entries[last].turn
            return places.first { entries[$0].turn == turn && !entries[$0].isAnswered }
                ?? places.first { !entries[$0].isAnswered } ?? last
        }
        let open = entries.indices.filter { !entries[$0].isAnswered }
        if let name = result.name, let named = open.first(where: { entries[$0].name == name }) { return named }
        return open.first
    }

    func isNameless(_ id: String) -> Bool {
        entries.contains { $0.id == id && $0.name.isEmpty && ($0.resultName ?? "").isEmpty }
    }

    func recoveredName(ofCall id: String) -> String? {
        guard let name = entries.first(where: { $0.id == id })?.resultName, !name.isEmpty else { return nil }
        return name
    }
}
