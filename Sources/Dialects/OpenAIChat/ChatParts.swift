import JSONCore

/// Reads the content of one Chat message in all the forms that clients send.
struct ChatParts {
    private let message: JSONValue
    /// The parts of `content`; the mark on the message goes to the last of them.
    let content: [Part]

    init(message: JSONValue) {
        self.message = message
        var parts = Self.parts(of: message.present("content"))
        if let mark = CacheMark(of: message), let last = parts.indices.last { parts[last].cache = mark }
        content = parts
    }

    /// The parts of an assistant's message: reasoning, content, images, refusal, calls.
    var assistant: [Part] {
        var parts = reasoning
        parts += content
        if let images = message.present("images"), images.isArray { parts += Self.parts(of: images) }
        if let spoken { parts.append(.text(spoken)) }
        if let refusal = message.present("refusal")?.text, !refusal.isEmpty { parts.append(.refusal(refusal)) }
        if let calls = message.present("tool_calls"), calls.isArray {
            for call in calls.elements where call.isObject { parts.append(.toolCall(Self.call(call))) }
        } else if let function = message.present("function_call"), function.isObject {
            parts.append(.toolCall(Self.call(id: "", function, kind: .function)))
        }
        return parts
    }

    /// The result in a message of role `tool` or `function`.
    var result: ToolResult {
        var result = ToolResult(
            callID: message["tool_call_id"]?.wireText ?? "",
            name: message.present("name")?.string,
            parts: content
        )
        result.cache = CacheMark(of: message)
        return result
    }

    /// What stands in the text for an answer that was spoken: the words, if the client has them.
    private var spoken: TextPart? {
        guard let audio = message.present("audio"), audio.isObject else { return nil }
        if let text = audio["transcript"]?.text, !text.isEmpty { return TextPart(text: text) }
        return TextPart(text: Media(.audio, .file("", .openAIChat)).placeholder, isNote: true)
    }

    /// The types of content parts that nobody knows; parts of known types that hold nothing are refused.
    func unknownTypes() throws(Misfit) -> [String] {
        try Misfit.inside(.member("content")) { () throws(Misfit) in
            try Self.unknownTypes(in: message.present("content"), read: content.count)
        }
    }

    /// The same for a content of which so many parts could be read.
    static func unknownTypes(in content: JSONValue?, read count: Int) throws(Misfit) -> [String] {
        guard let content, !content.isString else { return [] }
        guard content.isArray else { return count > 0 ? [] : [try unknownType(of: content)] }
        guard count < content.count else { return [] }
        var types: [String] = []
        for (index, element) in content.elements.enumerated() where element.isObject && part(element) == nil {
            let type = try Misfit.inside(.element(index)) { () throws(Misfit) in try unknownType(of: element) }
            types.append(type)
        }
        return types
    }

    private static func unknownType(of part: JSONValue) throws(Misfit) -> String {
        let type = Self.type(of: part)
        if part.present("source")?.isObject == true { try MessagesShape.checkBlocks(of: part) }
        guard let needed = needed[type] else { return type }
        throw Misfit(missing: needed)
    }

    /// What parts of known types must have.
    private static let needed: [String: StaticString] = [
        "text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal", "image_url": "image_url",
        "input_image": "image_url", "image": "image", "input_audio": "input_audio", "audio_url": "audio_url",
        "video_url": "video_url", "file": "file", "input_file": "file_data", "document": "source",
        "redacted_thinking": "data",
    ]

    // MARK: - Reasoning

    private var reasoning: [Part] {
        if let details = message.present("reasoning_details"), details.isArray {
            let parts = signedReasoning(ChatReasoningDetail.read(details))
            if !parts.isEmpty { return parts }
        }
        if let blocks = message.present("thinking_blocks"), blocks.isArray {
            let parts = blocks.elements.compactMap { MessagesBlockReader.part($0) }.filter(\.isThinking)
            if !parts.isEmpty { return parts }
        }
        guard let text = plainReasoning else { return [] }
        return [.thinking(Thinking(text: text, signature: nil))]
    }

    private var plainReasoning: JSONText? {
        let text = message.present("reasoning_content")?.text ?? message.present("reasoning")?.text
        return text?.isEmpty == false ? text : nil
    }

    /// Details matter only if something in them is signed; a single entry may leave its text to `reasoning_content`.
    private func signedReasoning(_ details: [ChatReasoningDetail]) -> [Part] {
        guard details.contains(where: { $0.encrypted != nil || $0.signature?.isSigned == true }) else { return [] }
        let isOnly = details.filter { $0.encrypted == nil }.count == 1
        return details.map { detail in
            if let encrypted = detail.encrypted { return .redactedThinking(encrypted) }
            let text = detail.text ?? (isOnly ? plainReasoning : nil)
            return .thinking(Thinking(text: text ?? "", signature: detail.signature))
        }
    }

    // MARK: - Calls

    static func call(_ json: JSONValue) -> ToolCall {
        let id = json["id"]?.wireText ?? ""
        if let custom = json.present("custom"), custom.isObject { return call(id: id, custom, kind: .custom) }
        var call = call(id: id, json.present("function") ?? json, kind: .function)
        let google = json["extra_content"]?["google"]
        call.signature = Signature.read(google?["thought_signature"]?.text, native: .gemini)
        return call
    }

    private static func call(id: String, _ function: JSONValue, kind: ToolCall.Kind) -> ToolCall {
        let given = function.present(kind == .custom ? "input" : "arguments")
        let arguments: ToolCall.Arguments
        if let given, given.isObject {
            arguments = .object(given)
        } else {
            let text = given?.text ?? (kind == .custom ? "" : "{}")
            arguments = .text(kind == .custom ? text : JSONRepair.decodedOnce(text) ?? text)
        }
        return ToolCall(id: id, name: function["name"]?.string ?? "", arguments: arguments, kind: kind)
    }

    // MARK: - Parts

    static func parts(of content: JSONValue?) -> [Part] {
        guard let content else { return [] }
        if let text = content.text { return [.text(text)] }
        if content.isObject { return part(content).map { [$0] } ?? [] }
        return content.elements.compactMap { $0.isObject ? part($0) : $0.text.map { .text($0) } }
    }

    private static func type(of part: JSONValue) -> String {
        part["type"]?.string ?? (part["text"] != nil ? "text" : part["image_url"] != nil ? "image_url" : "")
    }

    static func part(_ json: JSONValue) -> Part? {
        let type = type(of: json)
        switch type {
        case "text", "input_text", "output_text":
            return json["text"]?.text.map { .text(TextPart(text: $0, cache: CacheMark(of: json))) }
        case "refusal": return json["refusal"]?.text.map { .refusal($0) }
        case "image_url", "input_image", "image", "input_audio", "audio_url", "video_url", "file", "input_file",
            "document":
            guard var media = media(json, type: type) else { return nil }
            media.cache = CacheMark(of: json)
            return .media(media)
        case "reasoning": return json["text"]?.text.map { .thinking(Thinking(text: $0, signature: nil)) }
        case "thinking", "redacted_thinking", "tool_use", "tool_result", "search_result":
            return MessagesBlockReader.part(json)
        default: return nil
        }
    }

    private static func media(_ json: JSONValue, type: String) -> Media? {
        if json.present("source")?.isObject == true { return MessagesBlockReader.media(json) }
        switch type {
        case "image_url", "input_image", "image": return image(json)
        case "input_audio": return audio(json)
        case "audio_url": return url(json["audio_url"]).map { MediaReading.medium(.audio, url: $0) }
        case "video_url": return url(json["video_url"]).map { MediaReading.medium(.video, url: $0) }
        default: return file(json.present("file") ?? json.present("document") ?? json)
        }
    }

    /// A URL by itself or in an object.
    private static func url(_ json: JSONValue?) -> JSONText? { json?.text ?? json?["url"]?.text }

    private static func image(_ json: JSONValue) -> Media? {
        let type = json["mediaType"]?.string ?? json["mimeType"]?.string
        var image: Media?
        if let url = url(json.present("image_url")) ?? json["url"]?.text {
            image = MediaReading.medium(.image, url: url, type: type)
        } else if let given = json["image"]?.text ?? json["data"]?.text {
            // The AI SDK's form: a URL, a data URL or bare base64.
            let head = given.utf8Count < 8_192 ? given.string : ""
            let isURL = head.hasPrefix("http://") || head.hasPrefix("https://")
            image = isURL ? Media(.image, .url(given)) : MediaReading.medium(.image, base64: given, type: type)
        } else if let id = json["file_id"]?.text {
            image = Media(.image, .file(id, .openAIChat))
        }
        image?.detail = json["image_url"]?["detail"]?.string ?? json["detail"]?.string
        return image
    }

    private static func audio(_ json: JSONValue) -> Media? {
        let audio = json.present("input_audio") ?? json
        guard let data = audio["data"]?.text else { return nil }
        return MediaReading.medium(.audio, base64: data, type: "audio/" + (audio["format"]?.string ?? "wav"))
    }

    private static func file(_ json: JSONValue) -> Media? {
        let inline = json.present("inlineData") ?? json.present("inline_data") ?? json
        let stored = json.present("fileData") ?? json.present("file_data").flatMap { $0.isObject ? $0 : nil } ?? json
        let type =
            inline["mediaType"]?.string ?? inline["mimeType"]?.string ?? inline["mime_type"]?.string
            ?? stored["mimeType"]?.string
        let kind: Media.Kind =
            type?.hasPrefix("image/") == true ? .image : type?.hasPrefix("audio/") == true ? .audio : .document
        var media: Media?
        if let data = json["file_data"]?.text ?? inline["data"]?.text {
            media = MediaReading.medium(kind, base64: data, type: type)
        } else if let url = json["file_url"]?.text ?? stored["fileUri"]?.text ?? json["url"]?.text {
            media = MediaReading.medium(kind, url: url, type: type ?? "application/pdf")
        } else if let id = json["file_id"]?.text {
            media = Media(kind, .file(id, .openAIChat), type: type)
        }
        media?.filename = json.present("filename")?.text ?? json.present("file_name")?.text
        return media
    }
}

extension Part {
    /// The mark that the prompt cache may end behind this part; parts that cannot carry one ignore it.
    var cache: CacheMark? {
        get {
            switch self {
            case .text(let part): part.cache
            case .media(let media): media.cache
            case .toolCall(let call): call.cache
            case .toolResult(let result): result.cache
            case .thinking, .redactedThinking, .refusal, .searchResult, .opaque: nil
            }
        }
        set {
            switch self {
            case .text(var part):
                part.cache = newValue
                self = .text(part)
            case .media(var media):
                media.cache = newValue
                self = .media(media)
            case .toolCall(var call):
                call.cache = newValue
                self = .toolCall(call)
            case .toolResult(var result):
                result.cache = newValue
                self = .toolResult(result)
            case .thinking, .redactedThinking, .refusal, .searchResult, .opaque: break
            }
        }
    }
}
