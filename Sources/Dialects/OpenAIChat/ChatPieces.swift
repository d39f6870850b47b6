import JSONCore

/// Tool calls in a Chat answer.
enum ChatCalls {
    /// Writes `tool_calls` of the delta that opens a call.
    static func writeOpening(id: String, name: String, index: Int, isCustom: Bool, to writer: inout JSONWriter) {
        writer.key("tool_calls")
        writer.beginArray()
        writer.beginObject()
        writer.member("index", index)
        writer.member("id", id)
        write(name: name, arguments: "", isCustom: isCustom, to: &writer)
        writer.endObject()
        writer.endArray()
    }

    /// Writes type, name and arguments of a call.
    static func write(name: String, arguments: JSONText, isCustom: Bool, to writer: inout JSONWriter) {
        writer.member("type", literal: isCustom ? "custom" : "function")
        writer.key(isCustom ? "custom" : "function")
        writer.beginObject()
        writer.member("name", name)
        writer.member(isCustom ? "input" : "arguments", arguments)
        writer.endObject()
    }

    /// Writes the signature of a call where Google's Chat endpoint has it; those of other families in a carrier.
    static func write(_ signature: Signature?, to writer: inout JSONWriter) {
        guard let signature, signature.isSigned else { return }
        writer.key("extra_content")
        writer.beginObject()
        writer.key("google")
        writer.beginObject()
        writer.member("thought_signature", signature.family == .gemini ? signature.data : signature.carrier)
        writer.endObject()
        writer.endObject()
    }

    /// Free text as the arguments of a function with one member `input`.
    static func wrapped(_ input: JSONText) -> JSONText {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("input", input)
        writer.endObject()
        return JSONText(String(decoding: writer.bytes, as: UTF8.self))
    }

    /// The free text of a custom tool that was offered as a function with one member `input`.
    static func customInput(_ arguments: [UInt8]) -> JSONText {
        if let text = (try? JSONDocument.parse(arguments))?.root["input"]?.text { return text }
        return JSONText(String(decoding: arguments, as: UTF8.self))
    }
}

/// Images in a Chat answer (the form of OpenRouter and Gemini).
enum ChatImages {
    static func write(_ images: [Media], from index: Int, to writer: inout JSONWriter) {
        writer.key("images")
        writer.beginArray()
        for (offset, media) in images.enumerated() {
            guard let url = media.dataURL else { continue }
            writer.beginObject()
            writer.member("type", literal: "image_url")
            writer.key("image_url")
            writer.beginObject()
            writer.member("url", url)
            writer.endObject()
            writer.member("index", index + offset)
            writer.endObject()
        }
        writer.endArray()
    }
}

/// Sources in a Chat answer.
enum ChatCitations {
    static func write(_ citations: [Citation], to writer: inout JSONWriter) {
        writer.key("annotations")
        writer.beginArray()
        for citation in citations {
            if citation.origin == .openAIChat {
                writer.raw(citation.raw)
                continue
            }
            guard let url = citation.url else { continue }
            writer.beginObject()
            writer.member("type", literal: "url_citation")
            writer.key("url_citation")
            writer.beginObject()
            writer.member("start_index", citation.start ?? 0)
            writer.member("end_index", citation.end ?? 0)
            writer.member("title", citation.title ?? "")
            writer.member("url", url)
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
    }
}

extension ChatReasoningDetail {
    /// Writes `reasoning_details` with one entry, so that the client's history can carry the signature back.
    static func write(
        _ text: JSONText?,
        _ signature: Signature,
        isEncrypted: Bool,
        index: Int,
        to writer: inout JSONWriter
    ) {
        writer.key("reasoning_details")
        writer.beginArray()
        writeEntry(text, signature, isEncrypted: isEncrypted, index: index, to: &writer)
        writer.endArray()
    }

    /// Writes the entry as OpenRouter itself would.
    func writeNative(index: Int, to writer: inout JSONWriter) {
        guard let signature = encrypted ?? signature else { return }
        writer.beginObject()
        writer.member("type", literal: encrypted == nil ? "reasoning.text" : "reasoning.encrypted")
        if encrypted == nil { writer.member("text", text ?? "") }
        writer.member(encrypted == nil ? "signature" : "data", signature.data)
        switch signature.family {
        case .gemini: writer.member("format", literal: "google-gemini-v1")
        case .openAI: writer.member("format", literal: "openai-responses-v1")
        case .anthropic, .kiro, .none, .foreign: writer.member("format", literal: "anthropic-claude-v1")
        }
        writer.member("index", index)
        writer.endObject()
    }

    static func writeEntry(
        _ text: JSONText?,
        _ signature: Signature,
        isEncrypted: Bool,
        index: Int,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("type", literal: isEncrypted ? "reasoning.encrypted" : "reasoning.text")
        if let text { writer.member("text", text) }
        writer.member(isEncrypted ? "data" : "signature", signature.carrier)
        writer.member("format", format)
        writer.member("index", index)
        writer.endObject()
    }
}
