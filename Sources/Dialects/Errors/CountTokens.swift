package import JSONCore

/// `POST /v1/messages/count_tokens`.
package enum CountTokens {
    /// The body to ask an Anthropic target with: the client's, without what counting does not know.
    package static func upstreamBody(_ body: JSONDocument, upstreamModel: String) -> [UInt8] {
        var editor = JSONEditor(body)
        editor.setMember("model", of: body.root, to: JSONLiteral.string(upstreamModel))
        let unknown: [StaticString] = [
            "stream", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "metadata", "service_tier",
        ]
        for field in unknown + StreamFlag.aliases { editor.removeMember(field.description, of: body.root) }
        return editor.finish()
    }

    /// The count in a target's answer.
    package static func read(_ body: [UInt8]) -> Int? {
        guard let count = (try? JSONDocument.parse(body))?.root["input_tokens"]?.int, count >= 0 else { return nil }
        return count
    }

    /// The answer to the client; `model` and `provider` are those that counted, if one did.
    package static func answer(tokens: Int, model: String? = nil, provider: String? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("input_tokens", tokens)
        writer.member("source", literal: provider == nil ? "estimate" : "provider")
        if let model { writer.member("model", model) }
        if let provider { writer.member("provider", provider) }
        writer.endObject()
        return writer.bytes
    }
}
