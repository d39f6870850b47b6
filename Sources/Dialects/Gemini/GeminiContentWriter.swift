import JSONCore

/// Writes the turns of a conversation as Gemini's contents.
///
/// A signature of thinking goes onto the part behind the thinking; the thinking's text is not sent back.
struct GeminiContentWriter {
    private static let dummySignature: JSONText = "skip_thought_signature_validator"

    private let turns: [Turn]
    private let profile: TargetProfile
    /// Results repeat the name of their call.
    private var names: [String: String] = [:]
    /// Where the current turn begins: behind what the user said last.
    private let current: Int

    init(_ conversation: Conversation, profile: TargetProfile) {
        turns = conversation.turns
        self.profile = profile
        current = (turns.lastIndex { $0.role == .user && $0.parts.contains { !$0.isToolResult } } ?? -1) + 1
        for turn in turns { for call in turn.calls { names[call.id] = call.name } }
    }

    func write(to writer: inout JSONWriter) {
        writer.key("contents")
        writer.beginArray()
        for (place, turn) in turns.enumerated() {
            writer.beginObject()
            writer.member("role", literal: turn.role == .assistant ? "model" : "user")
            writer.key("parts")
            writer.beginArray()
            if turn.role == .assistant {
                writeModel(turn, isCurrent: place >= current, to: &writer)
            } else {
                writeUser(turn, to: &writer)
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    // MARK: - The model

    private func writeModel(_ turn: Turn, isCurrent: Bool, to writer: inout JSONWriter) {
        var pending: JSONText?
        var hasCalls = false
        for part in turn.parts {
            switch part {
            case .thinking(let thinking):
                if let signature = own(thinking.signature) { takeOver(signature, pending: &pending, to: &writer) }
            case .redactedThinking(let signature):
                if let signature = own(signature) { takeOver(signature, pending: &pending, to: &writer) }
            case .toolCall(let call):
                let mayLack = hasCalls || !isCurrent || !profile.isThirdGemini
                if let signature = own(call.signature) { takeOver(signature, pending: &pending, to: &writer) }
                let signature = pending ?? (mayLack ? nil : Self.dummySignature)
                hasCalls = true
                pending = nil
                write(call, signature, to: &writer)
            // The model signed none of the text that stands for a search.
            case .text(let note) where note.isNote: writeText(note.text, nil, to: &writer)
            default:
                if writePlain(part, pending, to: &writer) { pending = nil }
            }
        }
        if let pending { writeText("", pending, to: &writer) }
    }

    private func own(_ signature: Signature?) -> JSONText? {
        guard let signature, signature.isSigned, signature.family == profile.signatureFamily else { return nil }
        return signature.data
    }

    /// Two signatures in a row belong to two parts, one of which was empty.
    private func takeOver(_ signature: JSONText, pending: inout JSONText?, to writer: inout JSONWriter) {
        if let earlier = pending { writeText("", earlier, to: &writer) }
        pending = signature
    }

    private func write(_ call: ToolCall, _ signature: JSONText?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("functionCall")
        writer.beginObject()
        if profile.callIDs { writer.member("id", call.id) }
        writer.member("name", call.name)
        writer.key("args")
        call.writeArgumentsObject(to: &writer)
        writer.endObject()
        if let signature { writer.member("thoughtSignature", signature) }
        writer.endObject()
    }

    private func writeText(_ text: JSONText, _ signature: JSONText?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("text", text)
        if let signature { writer.member("thoughtSignature", signature) }
        writer.endObject()
    }

    /// Writes text and media; false for what has no form here.
    private func writePlain(_ part: Part, _ signature: JSONText?, to writer: inout JSONWriter) -> Bool {
        switch part {
        case .text(let part): writeText(part.text, signature, to: &writer)
        case .refusal(let text): writeText(text, signature, to: &writer)
        case .searchResult(let hit): writeText(SearchResults.text(of: hit), signature, to: &writer)
        case .media(let media):
            writer.beginObject()
            GeminiMedia.writeMembers(of: media, to: &writer)
            if let signature { writer.member("thoughtSignature", signature) }
            writer.endObject()
        case .opaque(let raw, .gemini): writer.raw(raw)
        case .opaque, .toolCall, .toolResult, .thinking, .redactedThinking: return false
        }
        return true
    }

    // MARK: - The user

    private func writeUser(_ turn: Turn, to writer: inout JSONWriter) {
        var attachments: [Media] = []
        for result in turn.results { write(result, attachments: &attachments, to: &writer) }
        for media in attachments { GeminiMedia.write(media, to: &writer) }
        for part in turn.parts { _ = writePlain(part, nil, to: &writer) }
    }

    /// Media of a result stand in it where the model takes them, else behind all results.
    private func write(_ result: ToolResult, attachments: inout [Media], to writer: inout JSONWriter) {
        var texts: [JSONText] = []
        var media: [Media] = []
        for part in result.parts {
            switch part {
            case .text(let part): texts.append(part.text)
            case .searchResult(let hit): texts.append(SearchResults.text(of: hit))
            case .media(let medium):
                if let text = ChatMedia.text(of: medium) { texts.append(text) } else { media.append(medium) }
            case .toolCall, .toolResult, .thinking, .redactedThinking, .refusal, .opaque: break
            }
        }
        writer.beginObject()
        writer.key("functionResponse")
        writer.beginObject()
        if profile.callIDs { writer.member("id", result.callID) }
        writer.member("name", names[result.callID] ?? result.name ?? "unknown")
        writer.key("response")
        writer.beginObject()
        writer.member(result.isError ? "error" : "result", JSONText.joined(texts, separator: "\n"))
        writer.endObject()
        if profile.imagesInToolResults, !media.isEmpty {
            writer.key("parts")
            writer.beginArray()
            for medium in media { GeminiMedia.write(medium, to: &writer) }
            writer.endArray()
        } else {
            attachments += media
        }
        writer.endObject()
        writer.endObject()
    }
}
