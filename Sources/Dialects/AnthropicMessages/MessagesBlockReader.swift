import JSONCore

/// Reads Anthropic's content blocks; Chat clients send some of them too.
enum MessagesBlockReader {
    /// The blocks of a message; `nil` content is none.
    static func parts(of content: JSONValue?) -> [Part] {
        guard let content else { return [] }
        if let text = content.text { return [.text(text)] }
        if content.isObject { return part(content).map { [$0] } ?? [] }
        return content.elements.compactMap { $0.isObject ? part($0) : $0.text.map { .text($0) } }
    }

    static func part(_ block: JSONValue) -> Part? {
        guard let type = block["type"]?.string else { return nil }
        switch type {
        case "text": return block["text"]?.text.map { .text(TextPart(text: $0, cache: CacheMark(of: block))) }
        case "image", "document": return media(block).map { .media($0) }
        case "thinking": return thinking(block)
        case "redacted_thinking":
            return Signature.read(block["data"]?.text, native: .anthropic).map { .redactedThinking($0) }
        case "tool_use": return .toolCall(call(block))
        case "tool_result": return .toolResult(result(block))
        case "search_result": return .searchResult(block)
        default: return .opaque(block, .anthropicMessages)
        }
    }

    private static func thinking(_ block: JSONValue) -> Part? {
        let text = block["thinking"]?.text ?? ""
        let signature = Signature.read(block["signature"]?.text, native: .anthropic)
        return text.isEmpty && signature == nil ? nil : .thinking(Thinking(text: text, signature: signature))
    }

    static func call(_ block: JSONValue) -> ToolCall {
        let input = block.present("input")
        let arguments: ToolCall.Arguments
        if let input, input.isObject {
            arguments = .object(input)
        } else {
            arguments = .text(input?.text ?? "{}")
        }
        return ToolCall(
            id: block["id"]?.wireText ?? "",
            name: block["name"]?.string ?? "",
            arguments: arguments,
            cache: CacheMark(of: block)
        )
    }

    static func result(_ block: JSONValue) -> ToolResult {
        var result = ToolResult(
            callID: block["tool_use_id"]?.wireText ?? "",
            parts: parts(of: block.present("content"))
        )
        result.isError = block["is_error"]?.bool ?? false
        result.cache = CacheMark(of: block)
        if result.cache == nil, let content = block["content"], content.isArray {
            // A mark inside the result would be lost with its part.
            result.cache = content.elements.compactMap { CacheMark(of: $0) }.last
        }
        return result
    }

    // MARK: - Media

    static func media(_ block: JSONValue) -> Media? {
        let kind: Media.Kind = block["type"]?.equals("document") == true ? .document : .image
        guard let source = block.present("source"), source.isObject, var media = media(kind, source: source) else {
            return nil
        }
        media.title = block.present("title")?.text
        media.context = block.present("context")?.text
        media.wantsCitations = block["citations"]?["enabled"]?.bool ?? false
        media.cache = CacheMark(of: block)
        return media
    }

    private static func media(_ kind: Media.Kind, source: JSONValue) -> Media? {
        let type = source["media_type"]?.string
        switch source["type"]?.string {
        case "base64": return source["data"]?.text.map { MediaReading.medium(kind, base64: $0, type: type) }
        case "url":
            return source["url"]?.text.map { url in
                MediaReading.medium(kind, url: url, type: kind == .document ? "application/pdf" : type)
            }
        case "file": return source["file_id"]?.text.map { Media(kind, .file($0, .anthropicMessages), type: type) }
        case "text": return source["data"]?.text.map { Media(.document, .text($0), type: type ?? "text/plain") }
        case "content":
            guard let content = source["content"] else { return nil }
            if let text = content.text { return Media(.document, .text(text), type: "text/plain") }
            return Media(.document, .blocks(content, .anthropicMessages))
        default: return nil
        }
    }
}

extension CacheMark {
    /// The mark on a block, message or tool.
    init?(of json: JSONValue) {
        guard let mark = json.present("cache_control"), mark.isObject else { return nil }
        self.init(isOneHour: mark["ttl"]?.equals("1h") == true)
    }
}

extension JSONValue {
    /// The text of Anthropic's blocks, for targets that know nothing else.
    var plainTextOfBlocks: [JSONText] {
        if let text { return [text] }
        return elements.compactMap { $0["text"]?.text }
    }
}
