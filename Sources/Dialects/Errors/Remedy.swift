package import JSONCore

/// What may make a provider take a request that it has refused as a bad one.
///
/// Tried once, on the same account: the fault is the request's, so that no other account would do better.
package enum Remedy: Sendable, Hashable {
    /// Earlier turns lose their reasoning, whose signatures the provider does not take.
    case withoutReasoning
    /// Gemini's own schemas in place of JSON schemas, of which it does not know every keyword.
    case simpleSchemas
    /// A member of the request that the provider does not know.
    case without(String)
    /// The output limit under its newer name.
    case newLimitName

    /// The remedy for a refusal, if its text names one.
    package static func find(
        for failure: Failure,
        sent: JSONDocument,
        profile: TargetProfile,
        context: TranslationContext
    ) -> Remedy? {
        guard failure.cause == .status, failure.status == 400 || failure.status == 422 else { return nil }
        let said = failure.message.lowercased()
        if speaksOfReasoning(said) { return .withoutReasoning }
        if let field = unknownField(failure, said, sent.root, profile) {
            let isRenamed = field == "max_tokens" && said.contains("max_completion_tokens")
            return isRenamed ? .newLimitName : .without(field)
        }
        let isOurs = context.clientDialect != context.upstreamDialect && profile.schemaRule == .geminiJSONSchema
        guard isOurs, sent.bytes[...].contains("JsonSchema\""), speaksOfSchemas(said) else { return nil }
        return .simpleSchemas
    }

    /// The request to send instead; nil when it is the same, or must be translated anew with the changed profile.
    package func body(from sent: JSONDocument, context: inout TranslationContext) -> [UInt8]? {
        switch self {
        case .withoutReasoning:
            guard let body = ReasoningStripper.strip(sent, dialect: context.upstreamDialect) else { return nil }
            context.lose(.reasoningHistory)
            return body
        case .without(let field):
            context.lose(.field, field)
            var editor = JSONEditor(sent)
            editor.removeMember(field, of: sent.root)
            return editor.finish()
        case .simpleSchemas, .newLimitName: return nil
        }
    }

    /// Changes the profile for another translation; false when that is not what helps.
    package func adjust(_ profile: inout TargetProfile) -> Bool {
        switch self {
        case .simpleSchemas: profile.schemaRule = .geminiSchema
        case .newLimitName: profile.maxTokensField = .maxCompletionTokens
        case .withoutReasoning, .without: return false
        }
        return true
    }

    // MARK: - Texts

    private static func speaksOfReasoning(_ said: String) -> Bool {
        [
            "signature", "thinking block", "expected `thinking`", "encrypted content", "encrypted_content",
            "could not be verified",
        ].contains(where: said.contains)
    }

    private static func speaksOfSchemas(_ said: String) -> Bool {
        [
            "schema", "parameters", "functiondeclaration", "function_declaration", "additionalproperties", "$ref",
            "$defs", "oneof", "anyof", "allof", "unknown name",
        ].contains(where: said.contains)
    }

    /// Among more members than any client sends none is looked for.
    private static let fieldLimit = 200

    /// Members without which the request would be another one.
    private static let essential: Set<String> = [
        "model", "messages", "input", "contents", "system", "systemInstruction", "instructions", "stream", "tools",
        "tool_choice", "toolConfig", "response_format", "format", "text", "generationConfig", "options",
        "previous_response_id", "conversation", "prompt", "thread", "container", "cachedContent",
    ]

    /// The one member at the top of the request that the provider says it does not take.
    private static func unknownField(
        _ failure: Failure,
        _ said: String,
        _ sent: JSONValue,
        _ profile: TargetProfile
    ) -> String? {
        // Ollama's words for it.
        if said.contains("does not support thinking"), sent["think"] != nil { return "think" }
        let words = [
            "unsupported", "not supported", "unrecognized", "unknown", "extra inputs", "not permitted",
            "does not support", "unexpected",
        ]
        guard words.contains(where: said.contains) else { return nil }
        guard sent.count <= fieldLimit else { return nil }
        var sentFields = Set(sent.members.map { $0.key.string }).subtracting(essential)
        if profile.dialect == .anthropicMessages { sentFields.remove("max_tokens") }
        if let field = failure.param { return sentFields.contains(field) ? field : nil }
        let named = sentFields.filter { isNamed($0, in: failure.message) }
        return named.count == 1 ? named.first : nil
    }

    /// Whether a text names a member: in quotes, in front of a colon, or as a word that no language has.
    private static func isNamed(_ field: String, in text: String) -> Bool {
        let quoted = ["'", "\"", "`"].contains { text.contains($0 + field + $0) }
        if quoted || text.hasPrefix(field + ":") || text.hasPrefix("body.\(field):") { return true }
        guard field.contains("_") else { return false }
        return text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "." })
            .contains { $0 == field || $0 == field + "." }
    }
}
