package import JSONCore

/// Counts of input tokens: `POST /v1/messages/count_tokens`, `POST /v1/responses/input_tokens`, `:countTokens` of Gemini.
package enum CountTokens {
    /// The request whose tokens are counted: Gemini's clients may wrap theirs.
    package static func counted(_ body: JSONDocument, dialect: Dialect) throws(DialectError) -> JSONDocument {
        dialect == .gemini ? try GeminiCountTokens.request(of: body) : body
    }

    /// The body to ask a target with: a request in its dialect, without what counting does not know.
    package static func upstreamBody(
        _ body: JSONDocument,
        upstreamModel: String,
        dialect: Dialect = .anthropicMessages
    ) -> [UInt8] {
        switch dialect {
        case .gemini: GeminiCountTokens.upstreamBody(body.bytes, model: upstreamModel)
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

    /// The count in a target's answer.
    package static func read(_ body: [UInt8]) -> Int? {
        guard let count = (try? JSONDocument.parse(body))?.root["input_tokens"]?.int, count >= 0 else {
            return GeminiCountTokens.read(body)
        }
        return count
    }

    /// The answer to the client; `model` and `provider` are those that counted, if one did.
    package static func answer(
        tokens: Int,
        dialect: Dialect = .anthropicMessages,
        model: String? = nil,
        provider: String? = nil
    ) -> [UInt8] {
        guard dialect != .gemini else { return GeminiCountTokens.answer(tokens: tokens) }
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        switch dialect {
        case .openAIResponses:
            writer.member("object", literal: "response.input_tokens")
            writer.member("input_tokens", tokens)
        case .openAIChat, .anthropicMessages, .gemini, .ollama:
            writer.member("input_tokens", tokens)
            writer.member("source", literal: provider == nil ? "local" : "provider")
            if let model { writer.member("model", model) }
            if let provider { writer.member("provider", provider) }
        }
        writer.endObject()
        return writer.bytes
    }
}
