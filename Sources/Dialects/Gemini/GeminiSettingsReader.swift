import JSONCore

/// Reads `generationConfig` and the tier of a Gemini request.
struct GeminiSettingsReader {
    private(set) var context: TranslationContext
    private let root: JSONValue
    private let config: JSONValue

    init(_ root: JSONValue, context: TranslationContext) {
        self.root = root
        self.context = context
        config = root.present("generationConfig", or: "generation_config") ?? JSONDocument.emptyObject.root
    }

    mutating func read(into conversation: inout Conversation) throws(DialectError) {
        guard config.isObject else { throw Self.wrong("generationConfig", "an object") }
        try readSampling(into: &conversation)
        conversation.maxOutput = try number("maxOutputTokens", "max_output_tokens").flatMap { limit in
            limit.value > 0 ? Int(min(limit.value, 1e9)) : nil
        }
        conversation.reasoning = try reasoning()
        try readOutput(into: &conversation)
        let tier = root.present("serviceTier", or: "service_tier")?.string
        conversation.metadata.serviceTier = tier == "standard" ? "default" : tier
        let modalities = config.present("responseModalities", or: "response_modalities")
        conversation.metadata.modalities = modalities?.elements.compactMap { $0.string?.lowercased() }
        loseUnknownFields()
    }

    private static func wrong(_ name: String, _ kind: String) -> DialectError {
        DialectError("\(name) must be \(kind)", param: name)
    }

    private func number(_ camel: StaticString, _ snake: StaticString) throws(DialectError) -> WireNumber? {
        guard let json = config.present(camel, or: snake) else { return nil }
        guard let number = WireNumber(json) else { throw Self.wrong("generationConfig.\(camel)", "a number") }
        return number
    }

    private func readSampling(into conversation: inout Conversation) throws(DialectError) {
        conversation.sampling.temperature = try number("temperature", "temperature")
        conversation.sampling.topP = try number("topP", "top_p")
        conversation.sampling.topK = try number("topK", "top_k")
        conversation.sampling.seed = try number("seed", "seed")
        conversation.sampling.presencePenalty = try number("presencePenalty", "presence_penalty")
        conversation.sampling.frequencyPenalty = try number("frequencyPenalty", "frequency_penalty")
        conversation.sampling.topLogprobs = try number("logprobs", "logprobs")
        conversation.sampling.logprobs = config.present("responseLogprobs", or: "response_logprobs")?.bool
        conversation.sampling.choices = try number("candidateCount", "candidate_count").map {
            Int(max(0, min($0.value, 1_024)))
        }
        guard let stop = config.present("stopSequences", or: "stop_sequences") else { return }
        guard stop.isArray else { throw Self.wrong("generationConfig.stopSequences", "an array of strings") }
        conversation.sampling.stop = stop.elements.compactMap(\.text)
    }

    private func reasoning() throws(DialectError) -> ReasoningRequest? {
        guard let thinking = config.present("thinkingConfig", or: "thinking_config") else { return nil }
        guard thinking.isObject else { throw Self.wrong("generationConfig.thinkingConfig", "an object") }
        let shows = thinking.present("includeThoughts", or: "include_thoughts")?.bool
        let display = shows == false ? "omitted" : nil
        if let level = thinking.present("thinkingLevel", or: "thinking_level")?.string {
            guard let level = EffortLevel(rawValue: level.lowercased()) else {
                return ReasoningRequest(mode: .auto, display: display)
            }
            return ReasoningRequest(mode: .effort(level), display: display)
        }
        guard let budget = thinking.present("thinkingBudget", or: "thinking_budget")?.int else {
            return shows == true ? ReasoningRequest(mode: .auto) : nil
        }
        if budget == 0 { return ReasoningRequest(mode: .off) }
        return ReasoningRequest(mode: budget < 0 ? .auto : .budget(budget), display: display)
    }

    private mutating func readOutput(into conversation: inout Conversation) throws(DialectError) {
        let type = config.present("responseMimeType", or: "response_mime_type")?.string ?? "text/plain"
        if !["text/plain", "application/json", "text/x.enum", ""].contains(type) { context.lose(.structuredOutput) }
        let standard = config.present("responseJsonSchema", or: "response_json_schema")
        let own = config.present("responseSchema", or: "response_schema")
        if let schema = standard ?? own {
            guard schema.isObject else { throw Self.wrong("generationConfig.responseSchema", "an object") }
            conversation.output = .jsonSchema(
                JSONSchemaFormat(
                    name: schema["title"]?.string,
                    schema: standard ?? GeminiSchemaReader.jsonSchema(schema),
                    strict: nil
                )
            )
        } else if config.present("responseMimeType", or: "response_mime_type")?.equals("application/json") == true {
            conversation.output = .jsonObject
        }
        guard config.present("responseMimeType", or: "response_mime_type")?.equals("text/x.enum") == true else {
            return
        }
        readEnumeration(into: &conversation)
    }

    /// An answer that is one of several words has no JSON around it: the target is asked in words.
    private mutating func readEnumeration(into conversation: inout Conversation) {
        guard case .jsonSchema(let format) = conversation.output else { return }
        conversation.output = .text
        context.lose(.structuredOutput)
        let words = format.schema["enum"]?.elements.compactMap(\.text) ?? []
        guard !words.isEmpty else { return }
        let list = JSONText.joined(words, separator: "\n")
        let text = JSONText.joined(["Answer with exactly one of these, and nothing else:", list], separator: "\n")
        conversation.system.append(SystemBlock(text: text))
    }

    static let known: Set<String> = [
        "temperature", "topP", "top_p", "topK", "top_k", "seed", "presencePenalty", "presence_penalty",
        "frequencyPenalty", "frequency_penalty", "logprobs", "responseLogprobs", "response_logprobs",
        "candidateCount", "candidate_count", "stopSequences", "stop_sequences", "maxOutputTokens",
        "max_output_tokens", "thinkingConfig", "thinking_config", "responseJsonSchema", "response_json_schema",
        "responseSchema", "response_schema", "responseMimeType", "response_mime_type", "responseModalities",
        "response_modalities",
    ]

    private static let knownOfThinking: [StaticString] = [
        "includeThoughts", "include_thoughts", "thinkingLevel", "thinking_level", "thinkingBudget", "thinking_budget",
    ]

    private mutating func loseUnknownFields() {
        for (key, value) in config.members where !value.isNull && !Self.known.contains(key.string) {
            context.lose(.field, "generationConfig.\(key.string)")
        }
        guard let thinking = config.present("thinkingConfig", or: "thinking_config") else { return }
        context.loseFields(of: thinking, in: "generationConfig.thinkingConfig", except: Self.knownOfThinking)
        let level = thinking.present("thinkingLevel", or: "thinking_level")?.string
        if let level, EffortLevel(rawValue: level.lowercased()) == nil, level != "THINKING_LEVEL_UNSPECIFIED" {
            context.lose(.reasoning, "effort")
        }
    }
}
