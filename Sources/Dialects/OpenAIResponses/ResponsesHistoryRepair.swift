import JSONCore

/// The repair of calls and results (passes 2 to 6) on the items of a Responses client for a Responses target: every item
/// that is fine keeps its bytes.
struct ResponsesHistoryRepair {
    private let profile: TargetProfile

    /// The repaired items, or `nil` if they are fine.
    static func repaired(_ input: JSONValue, profile: TargetProfile) -> [UInt8]? {
        guard input.elements.contains(where: { $0["call_id"] != nil }),
            !input.elements.contains(where: { $0["type"]?.equals("item_reference") == true })
        else { return nil }
        var conversation = Conversation()
        conversation.turns = turns(of: input)
        let before = fingerprint(of: conversation.turns)
        CallIDRepair.apply(to: &conversation, rule: profile.toolIDRule)
        PairingRepair.apply(to: &conversation.turns)
        guard fingerprint(of: conversation.turns) != before else { return nil }
        return ResponsesHistoryRepair(profile: profile).write(conversation.turns)
    }

    // MARK: - Items as turns

    private static func turns(of input: JSONValue) -> [Turn] {
        var turns: [Turn] = []
        func append(_ part: Part, to role: Turn.Role, joins: Bool) {
            if joins, let last = turns.indices.last, turns[last].role == role {
                turns[last].parts.append(part)
            } else {
                turns.append(Turn(role, [part]))
            }
        }
        for item in input.elements {
            switch Kind(item) {
            case .call:
                append(.toolCall(call(item)), to: .assistant, joins: true)
            case .result:
                let joins = turns.last?.hasResults ?? false
                append(.toolResult(result(item)), to: .user, joins: joins)
            case .user: append(.opaque(item, .openAIResponses), to: .user, joins: false)
            case .system: append(.opaque(item, .openAIResponses), to: .system, joins: false)
            case .assistant: append(.opaque(item, .openAIResponses), to: .assistant, joins: true)
            }
        }
        return turns
    }

    private enum Kind {
        case call, result, user, system, assistant

        init(_ item: JSONValue) {
            switch item["type"]?.string {
            case "function_call", "custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call":
                self = item["call_id"] == nil ? .assistant : .call
            case "function_call_output", "custom_tool_call_output", "local_shell_call_output", "shell_call_output",
                "apply_patch_call_output":
                self = item["call_id"] == nil ? .user : .result
            default:
                switch item["role"]?.string {
                case "user": self = .user
                case "system", "developer": self = .system
                default: self = item.isObject ? .assistant : .user
                }
            }
        }
    }

    private static func call(_ item: JSONValue) -> ToolCall {
        let hasName = item["type"]?.equals("function_call") == true || item["type"]?.equals("custom_tool_call") == true
        let name = hasName ? item["name"]?.string ?? "" : ResponsesTools.shell
        var call = ToolCall(id: item["call_id"]?.wireText ?? "", name: name, arguments: .text("{}"))
        if item["type"]?.equals("custom_tool_call") == true { call.kind = .custom }
        call.raw = item
        return call
    }

    private static func result(_ item: JSONValue) -> ToolResult {
        var result = ToolResult(callID: item["call_id"]?.wireText ?? "", parts: [])
        if let output = item["output"] { result.parts = ChatParts.parts(of: output) }
        result.raw = item
        return result
    }

    private static func fingerprint(of turns: [Turn]) -> [HistoryPiece] {
        turns.flatMap(\.parts).map(HistoryPiece.init)
    }

    // MARK: - Turns as items

    private func write(_ turns: [Turn]) -> [UInt8] {
        var writer = JSONWriter(capacity: 1 << 12)
        var custom: Set<String> = []
        writer.beginArray()
        for turn in turns {
            for call in turn.calls where call.kind == .custom { custom.insert(call.id) }
            for part in turn.parts { write(part, turn.role, custom: custom, to: &writer) }
        }
        writer.endArray()
        return writer.bytes
    }

    private func write(_ part: Part, _ role: Turn.Role, custom: Set<String>, to writer: inout JSONWriter) {
        let items = ResponsesInputWriter(profile: profile)
        switch part {
        case .opaque(let item, _): writer.raw(item)
        case .toolCall(let call): if let raw = call.raw { write(raw, callID: call.id, to: &writer) }
        case .toolResult(let result):
            guard let raw = result.raw else {
                return writer.raw(bytes: items.item(for: result, isCustom: custom.contains(result.callID)))
            }
            write(raw, callID: result.callID, to: &writer)
        default: items.writeItems(of: Turn(role, [part]), to: &writer)
        }
    }

    private func write(_ item: JSONValue, callID: String, to writer: inout JSONWriter) {
        guard item["call_id"]?.string != callID else { return writer.raw(item) }
        writer.object(item, changing: [("call_id", JSONLiteral.string(callID))])
    }
}
