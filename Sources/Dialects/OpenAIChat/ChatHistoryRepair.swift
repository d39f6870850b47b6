import JSONCore

/// The repair of calls and results (passes 2 to 6) on the messages of a Chat client for a Chat target: every message
/// that is fine keeps its bytes.
struct ChatHistoryRepair {
    private let profile: TargetProfile

    /// The repaired messages, or `nil` if they are fine.
    static func repaired(_ messages: JSONValue, profile: TargetProfile) -> [UInt8]? {
        guard messages.elements.contains(where: takesPartInCalls) else { return nil }
        var conversation = Conversation()
        conversation.turns = turns(of: messages)
        let before = fingerprint(of: conversation.turns)
        CallIDRepair.apply(to: &conversation, rule: profile.toolIDRule)
        PairingRepair.apply(to: &conversation.turns)
        guard fingerprint(of: conversation.turns) != before else { return nil }
        return ChatHistoryRepair(profile: profile).write(conversation.turns)
    }

    private static func takesPartInCalls(_ message: JSONValue) -> Bool {
        let message = JSONLookup(message)
        return message["tool_calls"] != nil || message["tool_call_id"] != nil
    }

    // MARK: - Messages as turns

    private static func turns(of messages: JSONValue) -> [Turn] {
        var turns: [Turn] = []
        for message in messages.elements {
            let role = message["role"]
            if role?.equals("tool") == true {
                var result = ChatParts(message: message).result
                result.raw = message
                if let last = turns.indices.last, turns[last].hasResults {
                    turns[last].parts.append(.toolResult(result))
                } else {
                    turns.append(Turn(.user, [.toolResult(result)]))
                }
            } else if role?.equals("assistant") == true {
                turns.append(Turn(.assistant, [.opaque(message, .openAIChat)] + calls(of: message)))
            } else {
                turns.append(Turn(role?.equals("user") == true ? .user : .system, [.opaque(message, .openAIChat)]))
            }
        }
        return turns
    }

    private static func calls(of message: JSONValue) -> [Part] {
        guard let calls = message.present("tool_calls"), calls.isArray else { return [] }
        return calls.elements.filter(\.isObject).map { json in
            var call = ChatParts.call(json)
            call.raw = json
            return .toolCall(call)
        }
    }

    /// What would be written, as places of the original and identifiers.
    private static func fingerprint(of turns: [Turn]) -> [HistoryPiece] {
        turns.flatMap(\.parts).map(HistoryPiece.init)
    }

    // MARK: - Turns as messages

    private func write(_ turns: [Turn]) -> [UInt8] {
        var writer = JSONWriter(capacity: 1 << 12)
        writer.beginArray()
        for turn in turns {
            if turn.role == .assistant { writeAssistant(turn, to: &writer) } else { writeOther(turn, to: &writer) }
        }
        writer.endArray()
        return writer.bytes
    }

    private func writeAssistant(_ turn: Turn, to writer: inout JSONWriter) {
        let messages = turn.parts.compactMap { if case .opaque(let message, _) = $0 { message } else { nil } }
        // Commentary that stood behind the calls now stands in front of them.
        for message in messages where message.present("tool_calls") == nil { writer.raw(message) }
        guard let message = messages.first(where: { $0.present("tool_calls") != nil }) else { return }
        let calls = Array(turn.calls)
        guard !calls.isEmpty else {
            let isSilent = message.present("content") == nil || message["content"]?.text?.isEmpty == true
            if !isSilent { writer.object(message, changing: [("tool_calls", nil)]) }
            return
        }
        let isSame = calls.map { $0.raw?["id"]?.string } == calls.map { $0.id }
        if isSame, message["tool_calls"]?.count == calls.count { return writer.raw(message) }
        var list = JSONWriter()
        list.beginArray()
        for call in calls {
            if let raw = call.raw { list.object(raw, changing: [("id", JSONLiteral.string(call.id))]) }
        }
        list.endArray()
        writer.object(message, changing: [("tool_calls", list.bytes)])
    }

    private func writeOther(_ turn: Turn, to writer: inout JSONWriter) {
        var made: [Part] = []
        for part in turn.parts {
            switch part {
            case .opaque(let message, _): writer.raw(message)
            case .toolResult(let result): write(result, to: &writer)
            default: made.append(part)
            }
        }
        if !made.isEmpty { ChatMessageWriter(profile: profile).write(Turn(.user, made), to: &writer) }
    }

    private func write(_ result: ToolResult, to writer: inout JSONWriter) {
        guard let raw = result.raw else {
            return ChatMessageWriter(profile: profile).write(Turn(.user, [.toolResult(result)]), to: &writer)
        }
        guard raw["tool_call_id"]?.string != result.callID else { return writer.raw(raw) }
        writer.object(raw, changing: [("tool_call_id", JSONLiteral.string(result.callID))])
    }
}
