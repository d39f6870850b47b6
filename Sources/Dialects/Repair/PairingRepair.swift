import JSONCore

/// Passes 4 to 6: every call is followed at once by its result, results stand in the order of their calls, nothing stands
/// between, and results without a call have become text.
enum PairingRepair {
    static func apply(to turns: inout [Turn]) {
        guard turns.contains(where: { $0.hasCalls || $0.hasResults }), !isHealthy(turns) else { return }
        let results = collectResults(in: turns)
        var met: Set<String> = []
        var out: [Turn] = []
        out.reserveCapacity(turns.count + 2)
        var place = 0
        while place < turns.count {
            var turn = turns[place]
            place += 1
            guard turn.role == .assistant, turn.hasCalls else {
                append(withoutResults(turn, met: met), to: &out)
                continue
            }
            moveCommentary(into: &turn, from: turns, &place)
            let calls = Array(turn.calls)
            met.formUnion(calls.map(\.id))
            out.append(turn)
            var answer = Turn(.user, calls.map { .toolResult(results[$0.id] ?? missing($0)) })
            // What the user said next belongs behind the results, in the same turn.
            if place < turns.count, turns[place].role == .user {
                answer.parts += withoutResults(turns[place], met: met).parts
                place += 1
            }
            out.append(answer)
        }
        turns = out
    }

    private static func append(_ turn: Turn, to out: inout [Turn]) {
        if !turn.parts.isEmpty || turn.directive != nil { out.append(turn) }
    }

    /// Whether every turn with calls is followed by a turn that begins with exactly their results, in order.
    private static func isHealthy(_ turns: [Turn]) -> Bool {
        var expected: [String] = []
        for turn in turns {
            let results = turn.results.map(\.callID)
            guard results == expected else { return false }
            if !results.isEmpty, !turn.parts.prefix(results.count).allSatisfy(\.isToolResult) { return false }
            expected = turn.calls.map(\.id)
            if !expected.isEmpty, turn.role != .assistant { return false }
        }
        return expected.isEmpty
    }

    // MARK: - Results

    /// The results by the id of their call; of several for one call the last.
    private static func collectResults(in turns: [Turn]) -> [String: ToolResult] {
        var results: [String: ToolResult] = [:]
        var met: Set<String> = []
        for turn in turns {
            for result in turn.results where met.contains(result.callID) { results[result.callID] = result }
            met.formUnion(turn.calls.map(\.id))
        }
        return results
    }

    private static func missing(_ call: ToolCall) -> ToolResult {
        ToolResult(callID: call.id, parts: [.text("[no result was recorded for this tool call]")], isError: true)
    }

    /// The turn without results of calls that came before; those of no call become text.
    private static func withoutResults(_ turn: Turn, met: Set<String>) -> Turn {
        guard turn.hasResults else { return turn }
        var turn = turn
        turn.parts = turn.parts.flatMap { part -> [Part] in
            guard case .toolResult(let result) = part else { return [part] }
            return met.contains(result.callID) ? [] : text(of: result)
        }
        return turn
    }

    /// An orphan as the user's text; its call is never made up.
    private static func text(of result: ToolResult) -> [Part] {
        guard !result.parts.isEmpty else { return [] }
        let texts = result.parts.compactMap { if case .text(let part) = $0 { part.text } else { nil } }
        let others = result.parts.filter { if case .text = $0 { false } else { true } }
        return [.text(JSONText.joined(["[result of an earlier tool call]"] + texts, separator: "\n"))] + others
    }

    /// What the assistant said between its calls and their results moves in front of the calls.
    private static func moveCommentary(into turn: inout Turn, from turns: [Turn], _ place: inout Int) {
        var end = place
        while end < turns.count, turns[end].role == .assistant, !turns[end].hasCalls { end += 1 }
        guard end > place, end < turns.count, turns[end].hasResults,
            let firstCall = turn.parts.firstIndex(where: \.isToolCall)
        else { return }
        let commentary = turns[place..<end].flatMap(\.parts)
        turn.parts.insert(contentsOf: commentary, at: firstCall)
        place = end
    }
}
