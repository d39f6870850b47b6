import JSONCore

/// One piece of a history as it would be written, to find out whether repairs changed anything.
struct HistoryPiece: Equatable {
    /// Where the piece stands in the client's body; negative for what was made here.
    private var place: Int
    private var id = ""

    init(_ role: Turn.Role) {
        switch role {
        case .user: place = -2
        case .assistant: place = -3
        case .system: place = -4
        }
    }

    init(_ part: Part) {
        switch part {
        case .opaque(let json, _): place = json.range.lowerBound
        case .toolCall(let call):
            place = call.raw?.range.lowerBound ?? -1
            id = call.id
        case .toolResult(let result):
            place = result.raw?.range.lowerBound ?? -1
            id = result.callID
        default: place = -1
        }
    }
}
