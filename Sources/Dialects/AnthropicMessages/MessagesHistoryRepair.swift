import JSONCore

/// The repairs of the history of an Anthropic client for an Anthropic target.
///
/// They concern calls and results, thinking that the target cannot verify, system text in mid-conversation and the end.
/// Every message that is fine keeps its bytes.
struct MessagesHistoryRepair {
    /// The repaired messages; `nil` if they are fine.
    private(set) var messages: [UInt8]?
    /// Text that stood as a system message before the first turn.
    private(set) var leadingSystem: [JSONText] = []
    /// Whether signed thinking was left out because the target cannot read it.
    private(set) var leavesOutReasoning = false

    private let profile: TargetProfile

    init(_ messages: JSONValue, profile: TargetProfile, context: TranslationContext) {
        self.profile = profile
        var turns = messages.elements.map(Self.turn)
        let before = turns.flatMap(Self.fingerprint)
        let count = turns.count
        filterThinking(&turns)
        noteSearches(&turns)
        dropEmptyText(&turns)
        // Whether the answer is to be kept says also whether the model is asked to think.
        if context.remembersAnswer { restoreThinking(&turns, context) }
        if turns.contains(where: { $0.hasCalls || $0.hasResults }) {
            var conversation = Conversation()
            conversation.turns = turns
            CallIDRepair.apply(to: &conversation, rule: profile.toolIDRule)
            turns = conversation.turns
            PairingRepair.apply(to: &turns)
        }
        placeSystem(&turns)
        finishPrefill(&turns)
        guard turns.count != count || turns.flatMap(Self.fingerprint) != before else { return }
        self.messages = write(turns)
    }

    // MARK: - Messages as turns

    private static func turn(of message: JSONValue) -> Turn {
        var turn = Turn(message["role"]?.equals("assistant") == true ? .assistant : .user)
        if message["role"]?.equals("system") == true { turn.role = .system }
        turn.raw = message
        guard let content = message.present("content") else { return turn }
        guard content.isArray else {
            turn.parts = [.opaque(content, .anthropicMessages)]
            return turn
        }
        turn.parts = content.elements.map(part)
        if turn.role == .system, turn.parts.isEmpty { turn.directive = message }
        return turn
    }

    private static func part(of block: JSONValue) -> Part {
        let type = block["type"]
        if type?.equals("tool_use") == true {
            var call = MessagesBlockReader.call(block)
            call.raw = block
            return .toolCall(call)
        }
        if type?.equals("tool_result") == true {
            var result = MessagesBlockReader.result(block)
            result.raw = block
            return .toolResult(result)
        }
        return .opaque(block, .anthropicMessages)
    }

    /// What would be written, as places of the original and identifiers.
    private static func fingerprint(of turn: Turn) -> [HistoryPiece] {
        [HistoryPiece(turn.role)] + turn.parts.map(HistoryPiece.init)
    }

    // MARK: - Repairs

    /// Thinking that came from another provider, or is damaged, is refused by a server that checks signatures; what this
    /// gateway packed into a carrier is unpacked.
    private mutating func filterThinking(_ turns: inout [Turn]) {
        for place in turns.indices where turns[place].role == .assistant {
            turns[place].parts = turns[place].parts.compactMap { part in
                guard case .opaque(let block, _) = part, let type = block["type"] else { return part }
                guard type.equals("thinking") || type.equals("redacted_thinking") else { return part }
                let kept = type.equals("thinking") ? thinking(block, part) : redacted(block, part)
                if kept == nil, Self.isSigned(block) { leavesOutReasoning = true }
                return kept
            }
        }
        turns.removeAll { $0.parts.isEmpty && $0.role == .assistant }
    }

    /// Turns of the tool loop that goes on get back the thinking that their client dropped: without it the provider
    /// refuses to think on.
    private func restoreThinking(_ turns: inout [Turn], _ context: TranslationContext) {
        let history = turns
        let recall = ReasoningRecall(context, profile) {
            history.map { turn in
                turn.raw.map { Turn(turn.role, MessagesBlockReader.parts(of: $0.present("content"))) } ?? turn
            }
        }
        guard var recall else { return }
        for place in turns.indices.reversed() where turns[place].role != .system {
            guard turns[place].role == .assistant else {
                guard turns[place].hasResults else { return }
                continue
            }
            guard !turns[place].parts.contains(where: Self.isThinking), turns[place].hasCalls,
                let record = recall.record(of: place)
            else { continue }
            ReasoningMemoryPass.insert(record, into: &turns[place], profile, context)
        }
    }

    private static func isSigned(_ block: JSONValue) -> Bool {
        guard let text = (block["signature"] ?? block["data"])?.text else { return false }
        return Signature.read(text, native: .anthropic)?.isSigned == true
    }

    private static func isThinking(_ part: Part) -> Bool {
        guard case .opaque(let block, _) = part, let type = block["type"] else { return part.isThinking }
        return type.equals("thinking") || type.equals("redacted_thinking")
    }

    private func thinking(_ block: JSONValue, _ part: Part) -> Part? {
        let text = block["signature"]?.text
        let isCarrier = text.map { $0.utf8Count >= 5 && $0.string.hasPrefix("omr1.") } ?? false
        guard isCarrier || profile.signatureFamily == .anthropic else { return part }
        guard let signature = Signature.read(text, native: .anthropic), signature.isSigned,
            signature.family == profile.signatureFamily
        else { return nil }
        return isCarrier ? .thinking(Thinking(text: block["thinking"]?.text ?? "", signature: signature)) : part
    }

    private func redacted(_ block: JSONValue, _ part: Part) -> Part? {
        let text = block["data"]?.text
        guard let text, text.string.hasPrefix("omr1.") else { return part }
        guard let signature = Signature.read(text, native: .anthropic), signature.family == profile.signatureFamily
        else {
            return nil
        }
        return .redactedThinking(signature)
    }

    /// Searches that another dialect's provider made were shown to the client as Anthropic's.
    private func noteSearches(_ turns: inout [Turn]) {
        var searches = MessagesSearches()
        for place in turns.indices where turns[place].role == .assistant {
            turns[place].parts = searches.ownNoted(turns[place].parts)
        }
    }

    private func dropEmptyText(_ turns: inout [Turn]) {
        for place in turns.indices where turns[place].parts.contains(where: Self.isEmptyText) {
            turns[place].parts.removeAll(where: Self.isEmptyText)
            if turns[place].parts.isEmpty { turns[place].parts = [.text(".")] }
        }
    }

    private static func isEmptyText(_ part: Part) -> Bool {
        guard case .opaque(let block, _) = part, block.isObject, block["type"]?.equals("text") == true else {
            return false
        }
        return block["text"]?.text?.isEmpty ?? false
    }

    private mutating func placeSystem(_ turns: inout [Turn]) {
        guard turns.contains(where: { $0.role == .system }) else { return }
        var out: [Turn] = []
        var waiting: [Part] = []
        for (place, turn) in turns.enumerated() {
            guard turn.role == .system else {
                out.append(turn)
                if turn.role == .user, !waiting.isEmpty {
                    let results = turn.parts.prefix(while: \.isToolResult).count
                    out[out.count - 1].parts.insert(contentsOf: waiting, at: results)
                    waiting = []
                }
                continue
            }
            if mayStay(turn, at: place, in: turns) {
                out.append(turn)
                continue
            }
            let texts = Self.texts(of: turn)
            if texts.isEmpty { continue }
            if out.isEmpty {
                leadingSystem += texts
            } else if out.last?.role == .user {
                out[out.count - 1].parts.append(.text(RoleRepair.reminder(texts)))
            } else {
                waiting.append(.text(RoleRepair.reminder(texts)))
            }
        }
        if !waiting.isEmpty { out.append(Turn(.user, waiting)) }
        turns = out
    }

    private func mayStay(_ turn: Turn, at place: Int, in turns: [Turn]) -> Bool {
        guard profile.systemInConversation else { return false }
        if turn.directive != nil { return true }
        guard place > 0, turns[place - 1].role != .system else { return false }
        let follows = turns[place - 1].role == .user || Self.endsWithServerTool(turns[place - 1])
        return follows && (place == turns.count - 1 || turns[place + 1].role == .assistant)
    }

    private static func endsWithServerTool(_ turn: Turn) -> Bool {
        guard case .opaque(let block, _) = turn.parts.last, let type = block["type"]?.string else { return false }
        return type.hasSuffix("_tool_result") || type == "server_tool_use"
    }

    private static func texts(of turn: Turn) -> [JSONText] {
        turn.parts.compactMap { part in
            guard case .opaque(let block, _) = part else { return nil }
            let text = block.text ?? block["text"]?.text
            return text?.isEmpty == false ? text : nil
        }
    }

    private func finishPrefill(_ turns: inout [Turn]) {
        guard let last = turns.indices.last, turns[last].role == .assistant else { return }
        guard profile.prefill else { return turns.append(Turn(.user, [.text("(continue)")])) }
        guard let part = turns[last].parts.last, let text = Self.endingText(part) else { return }
        var trimmed = text.string
        guard trimmed.last?.isWhitespace == true else { return }
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        turns[last].parts.removeLast()
        if !trimmed.isEmpty { turns[last].parts.append(.text(JSONText(trimmed))) }
        if turns[last].parts.isEmpty { turns.removeLast() }
    }

    private static func endingText(_ part: Part) -> JSONText? {
        guard case .opaque(let block, _) = part else { return part.plainText }
        return block.text ?? (block["type"]?.equals("text") == true ? block["text"]?.text : nil)
    }

    // MARK: - Turns as messages

    private func write(_ turns: [Turn]) -> [UInt8] {
        var writer = JSONWriter(capacity: 1 << 12)
        writer.beginArray()
        for turn in turns { write(turn, to: &writer) }
        writer.endArray()
        return writer.bytes
    }

    private func write(_ turn: Turn, to writer: inout JSONWriter) {
        if let raw = turn.raw, Self.fingerprint(of: Self.turn(of: raw)) == Self.fingerprint(of: turn) {
            return writer.raw(raw)
        }
        var content = JSONWriter()
        content.beginArray()
        for part in turn.parts { write(part, to: &content) }
        content.endArray()
        if let raw = turn.raw { return writer.object(raw, changing: [("content", content.bytes)]) }
        writer.beginObject()
        writer.member("role", literal: turn.role == .assistant ? "assistant" : "user")
        writer.member("content", raw: content.bytes)
        writer.endObject()
    }

    private func write(_ part: Part, to writer: inout JSONWriter) {
        switch part {
        case .opaque(let block, _):
            if let text = block.text { MessagesBlockWriter.write(text, nil, to: &writer) } else { writer.raw(block) }
        case .toolCall(let call):
            guard let raw = call.raw, raw["id"]?.string != call.id || raw["name"]?.string != call.name else {
                return call.raw.map { writer.raw($0) } ?? MessagesBlockWriter.write(part, to: &writer)
            }
            let id = JSONLiteral.string(call.id)
            writer.object(raw, changing: [("id", id), ("name", JSONLiteral.string(call.name))])
        case .toolResult(let result):
            guard let raw = result.raw else { return MessagesBlockWriter.write(part, to: &writer) }
            guard raw["tool_use_id"]?.string != result.callID else { return writer.raw(raw) }
            writer.object(raw, changing: [("tool_use_id", JSONLiteral.string(result.callID))])
        default: MessagesBlockWriter.write(part, to: &writer)
        }
    }
}
