package import JSONCore

/// Counts of input tokens: `POST /v1/messages/count_tokens`, `POST /v1/responses/input_tokens`, `:countTokens` of Gemini.
package enum CountTokens {
    /// The request whose tokens are counted: Gemini's clients may wrap theirs.
    package static func counted(_ body: JSONDocument, dialect: Dialect) -> JSONDocument {
        guard dialect == .gemini, let wrapped = body.root.present("generateContentRequest"), wrapped.isObject,
            let request = try? JSONDocument.parse(Array(wrapped.raw))
        else { return body }
        return request
    }

    /// The body to ask a target with: a request in its dialect, without what counting does not know.
    package static func upstreamBody(
        _ body: JSONDocument,
        upstreamModel: String,
        dialect: Dialect = .anthropicMessages
    ) -> [UInt8] {
        switch dialect {
        case .gemini: wrapped(body, upstreamModel)
        case .anthropicMessages: edited(body, upstreamModel, removing: anthropicExtras)
        case .openAIResponses, .openAIChat, .ollama: edited(body, upstreamModel, removing: responsesExtras)
        }
    }

    private static let anthropicExtras: [StaticString] = [
        "stream", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "metadata", "service_tier",
    ]
    private static let responsesExtras: [StaticString] = [
        "stream", "stream_options", "max_output_tokens", "temperature", "top_p", "metadata", "service_tier", "store",
        "include", "background", "user", "prompt_cache_key", "prompt_cache_retention", "safety_identifier",
    ]

    private static func edited(_ body: JSONDocument, _ model: String, removing extras: [StaticString]) -> [UInt8] {
        var editor = JSONEditor(body)
        editor.setMember("model", of: body.root, to: JSONLiteral.string(model))
        for field in extras + StreamFlag.aliases { editor.removeMember(field.description, of: body.root) }
        return editor.finish()
    }

    private static func wrapped(_ body: JSONDocument, _ model: String) -> [UInt8] {
        var editor = JSONEditor(body)
        editor.setMember("model", of: body.root, to: JSONLiteral.string("models/" + model))
        var writer = JSONWriter(capacity: body.bytes.count + 64)
        writer.beginObject()
        writer.member("generateContentRequest", raw: editor.finish())
        writer.endObject()
        return writer.bytes
    }

    /// The count in a target's answer.
    package static func read(_ body: [UInt8]) -> Int? {
        guard let root = (try? JSONDocument.parse(body))?.root,
            let count = (root["input_tokens"] ?? root["totalTokens"])?.int, count >= 0
        else { return nil }
        return count
    }

    /// The answer to the client; `model` and `provider` are those that counted, if one did.
    package static func answer(
        tokens: Int,
        dialect: Dialect = .anthropicMessages,
        model: String? = nil,
        provider: String? = nil
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        switch dialect {
        case .gemini: writer.member("totalTokens", tokens)
        case .openAIResponses:
            writer.member("object", literal: "response.input_tokens")
            writer.member("input_tokens", tokens)
        case .openAIChat, .anthropicMessages, .ollama:
            writer.member("input_tokens", tokens)
            writer.member("source", literal: provider == nil ? "local" : "provider")
            if let model { writer.member("model", model) }
            if let provider { writer.member("provider", provider) }
        }
        writer.endObject()
        return writer.bytes
    }
}
