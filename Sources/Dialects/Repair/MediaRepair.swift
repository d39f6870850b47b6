import JSONCore

/// Pass 9: media that the target cannot read become a note, or the request's refusal if the user has just sent them.
enum MediaRepair {
    static func apply(
        to conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) throws(DialectError) {
        let lastUser = conversation.turns.lastIndex { $0.role == .user }
        for place in conversation.turns.indices {
            if profile.dialect != .anthropicMessages { unfold(&conversation.turns[place].parts) }
            let refuses = place == lastUser && profile.unreadableContent == .refuse
            for part in conversation.turns[place].parts.indices {
                switch conversation.turns[place].parts[part] {
                case .media(let media):
                    let readable = try readable(media, profile, refuses: refuses, &context)
                    conversation.turns[place].parts[part] = readable
                case .toolResult(var result):
                    for inner in result.parts.indices {
                        guard case .media(let media) = result.parts[inner] else { continue }
                        result.parts[inner] = try readable(media, profile, refuses: refuses, &context)
                    }
                    conversation.turns[place].parts[part] = .toolResult(result)
                default: break
                }
            }
        }
    }

    /// Puts the images inside a document of blocks behind it, for targets that know no such documents.
    private static func unfold(_ parts: inout [Part]) {
        for place in parts.indices {
            guard case .toolResult(var result) = parts[place] else { continue }
            unfold(&result.parts)
            parts[place] = .toolResult(result)
        }
        guard parts.contains(where: { $0.blocks != nil }) else { return }
        parts = parts.flatMap { part -> [Part] in
            guard let blocks = part.blocks else { return [part] }
            let media = MessagesBlockReader.parts(of: blocks).filter(\.isMedia)
            let hasText = blocks.plainTextOfBlocks.contains { !$0.isEmpty }
            return (hasText || media.isEmpty ? [part] : []) + media
        }
    }

    private static func readable(
        _ media: Media,
        _ profile: TargetProfile,
        refuses: Bool,
        _ context: inout TranslationContext
    ) throws(DialectError) -> Part {
        let media = media.fetched(for: profile, context)
        guard let problem = problem(with: media, profile) else { return .media(media) }
        if refuses { throw DialectError(.unsupported, problem, param: "messages", code: "unsupported_content") }
        context.lose(.media, media.kind.rawValue)
        return .text(TextPart(text: media.placeholder, cache: media.cache))
    }

    /// Why the target cannot take a medium.
    private static func problem(with media: Media, _ profile: TargetProfile) -> String? {
        if case .file(_, let dialect) = media.source, dialect != profile.dialect {
            return "files stored at another provider cannot be read by this model"
        }
        if case .url(let url) = media.source, profile.googleFiles {
            if GeminiFiles.isVideo(url) || GeminiFiles.isStored(url) { return nil }
            return "this model cannot read files by URL (host \(url.string.hostOfURL)): send the file itself"
        }
        switch media.kind {
        case .image:
            guard profile.images else { return "this model cannot read images" }
            if case .url(let url) = media.source, media.hasForeignURL(for: profile) {
                return "this model cannot read images by URL (host \(url.string.hostOfURL)): send the image itself"
            }
            guard case .base64 = media.source, let type = media.type else { return nil }
            return MediaType.commonImages.contains(type) || profile.mediaOfAnyFormat
                ? nil : "this model cannot read images of type \(type)"
        case .document: return problem(withDocument: media, profile)
        case .audio:
            guard profile.audioIn else { return "this model cannot hear audio" }
            let formats: Set<String> = ["audio/wav", "audio/mp3", "audio/mpeg", "audio/x-wav"]
            let isKnown = profile.mediaOfAnyFormat || media.type.map(formats.contains) ?? false
            return isKnown ? nil : "this model cannot hear audio of type \(media.type ?? "unknown")"
        case .video: return profile.videoIn ? nil : "this model cannot read videos"
        }
    }

    private static func problem(withDocument media: Media, _ profile: TargetProfile) -> String? {
        switch media.source {
        case .text, .blocks: return nil
        case .url(let url):
            guard profile.pdf else { return "this model cannot read PDF files" }
            guard media.hasForeignURL(for: profile) else { return nil }
            return "this model cannot read documents by URL (host \(url.string.hostOfURL)): send the file itself"
        case .base64, .file:
            guard profile.pdf else { return "this model cannot read PDF files" }
            let isPDF = media.type == nil || media.type == "application/pdf"
            return isPDF || profile.documentsOfAnyType
                ? nil : "this model cannot read documents of type \(media.type ?? "unknown")"
        }
    }

    // MARK: - Images by the assistant

    /// Neither Chat nor Anthropic takes images in assistant turns: they become the user's, with a note whose they are.
    ///
    /// Before the rules about roles, because it may leave turns without content.
    static func moveAssistantMedia(in turns: inout [Turn], profile: TargetProfile) {
        guard !profile.assistantMedia else { return }
        guard turns.contains(where: { $0.role == .assistant && $0.parts.contains(where: \.isMedia) }) else { return }
        var out: [Turn] = []
        var moved: [Part] = []
        for var turn in turns {
            if turn.role == .assistant {
                let media = turn.parts.filter(\.isMedia)
                turn.parts.removeAll(where: \.isMedia)
                if !moved.isEmpty { out.append(Turn(.user, moved)) }
                moved = media.isEmpty ? [] : [.text("[image generated by the assistant]")] + media
                if !turn.parts.isEmpty { out.append(turn) }
            } else {
                if turn.role == .user, !moved.isEmpty {
                    let results = turn.parts.prefix(while: \.isToolResult).count
                    turn.parts.insert(contentsOf: moved, at: results)
                    moved = []
                }
                out.append(turn)
            }
        }
        if !moved.isEmpty { out.append(Turn(.user, moved)) }
        turns = out
    }
}

extension Part {
    var isMedia: Bool { if case .media = self { true } else { false } }

    /// The blocks of a document that is made of them.
    fileprivate var blocks: JSONValue? {
        guard case .media(let media) = self, case .blocks(let blocks, _) = media.source else { return nil }
        return blocks
    }
}
