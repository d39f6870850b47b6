import JSONCore

/// Writes a conversation as an Ollama chat request.
struct OllamaRequestEncoder {
    private(set) var context: TranslationContext
    private var conversation: Conversation
    private let profile: TargetProfile
    private let streams: Bool

    init(_ conversation: Conversation, profile: TargetProfile, context: TranslationContext, streams: Bool) {
        self.conversation = conversation
        self.profile = profile
        self.context = context
        self.streams = streams
    }

    mutating func encode() throws(DialectError) -> [UInt8] {
        try refuseImageURLs()
        LossNotes(conversation, profile: profile, kept: keptWishes).note(in: &context)
        let format = settleFormat()
        var writer = JSONWriter(capacity: conversation.sourceSize + conversation.sourceSize / 8 + 1_024)
        writer.beginObject()
        writer.member("model", context.upstreamModel)
        // Ollama streams unless told otherwise.
        writer.member("stream", streams)
        if let reasoning = conversation.reasoning { write(reasoning, to: &writer) }
        writeOptions(to: &writer)
        write(format, to: &writer)
        writeLogprobs(to: &writer)
        writeTools(to: &writer)
        var messages = OllamaMessageWriter(profile: profile)
        messages.write(conversation, context: &context, to: &writer)
        writer.endObject()
        return profile.strippingFields(of: writer.bytes, noting: &context)
    }

    /// Images by URL are fetched before; one that could not be, and that the user has just sent, is the request's end.
    private func refuseImageURLs() throws(DialectError) {
        guard profile.unreadableContent == .refuse, let turn = conversation.turns.last(where: { $0.role == .user })
        else {
            return
        }
        for part in turn.parts {
            guard case .media(let media) = part, media.kind == .image, case .url(let url) = media.source else {
                continue
            }
            throw DialectError(
                .unsupported,
                "this model cannot read images by URL (host \(url.string.hostOfURL)): send the image itself",
                param: "messages",
                code: "unsupported_content"
            )
        }
    }

    /// What `encode` writes down; the names of the wishes are those of its fields.
    private var keptWishes: Set<Wish> {
        var kept: Set<Wish> = profile.seed ? [.seed] : []
        guard profile.samplingAllowed else { return kept }
        kept.formUnion([.temperature, .topP])
        if profile.topK { kept.insert(.topK) }
        if profile.minP { kept.formUnion([.minP, .repeatPenalty]) }
        if profile.penalties { kept.formUnion([.presencePenalty, .frequencyPenalty]) }
        if profile.logprobs { kept.insert(.logprobs) }
        return kept
    }

    // MARK: - Settings

    private func writeOptions(to writer: inout JSONWriter) {
        var options = JSONWriter()
        options.beginObject()
        if let limit = conversation.maxOutput { options.member("num_predict", limit) }
        if profile.samplingAllowed { writeSampling(conversation.sampling, to: &options) }
        if profile.seed { options.member("seed", conversation.sampling.seed) }
        writeStops(conversation.sampling.stop, to: &options)
        options.endObject()
        if options.bytes.count > 2 { writer.member("options", raw: options.bytes) }
    }

    private func writeSampling(_ sampling: Sampling, to options: inout JSONWriter) {
        options.member("temperature", sampling.temperature)
        options.member("top_p", sampling.topP)
        if profile.topK { options.member("top_k", sampling.topK) }
        if profile.minP {
            options.member("min_p", sampling.minP)
            options.member("repeat_penalty", sampling.repeatPenalty)
        }
        if profile.penalties {
            options.member("presence_penalty", sampling.presencePenalty)
            options.member("frequency_penalty", sampling.frequencyPenalty)
        }
    }

    private func writeStops(_ stops: [JSONText], to options: inout JSONWriter) {
        guard !stops.isEmpty else { return }
        options.key("stop")
        options.beginArray()
        for stop in stops { options.text(stop) }
        options.endArray()
    }

    private func writeLogprobs(to writer: inout JSONWriter) {
        guard profile.logprobs, profile.samplingAllowed, conversation.sampling.logprobs == true else { return }
        writer.member("logprobs", true)
        writer.member("top_logprobs", conversation.sampling.topLogprobs)
    }

    private func write(_ reasoning: ReasoningRequest, to writer: inout JSONWriter) {
        switch profile.reasoningStyle {
        case .ollamaFlag: writer.member("think", !reasoning.isOff)
        case .ollamaLevel:
            if reasoning.isOff {
                writer.member("think", false)
            } else if let level = reasoning.level {
                writer.member("think", OllamaThink.level(level, known: profile.efforts).rawValue)
            } else {
                writer.member("think", true)
            }
        default: break
        }
    }

    // MARK: - Output format

    /// The format to ask for; what the model cannot do becomes an instruction.
    private mutating func settleFormat() -> OutputFormat {
        let isFree = profile.jsonWithTools || conversation.tools.isEmpty
        switch conversation.output {
        case .text: return .text
        case .jsonObject where profile.jsonObject && isFree: return conversation.output
        case .jsonSchema where profile.jsonSchema && isFree: return conversation.output
        case .jsonObject, .jsonSchema: break
        }
        JSONInstructions.add(to: &conversation, context: &context)
        return profile.jsonObject && isFree ? .jsonObject : .text
    }

    private func write(_ format: OutputFormat, to writer: inout JSONWriter) {
        switch format {
        case .text: break
        case .jsonObject: writer.member("format", literal: "json")
        case .jsonSchema(let format): writer.member("format", format.describedSchema)
        }
    }

    // MARK: - Tools

    /// There is no choice between tools: a model that must not call any is shown none.
    private func writeTools(to writer: inout JSONWriter) {
        guard !conversation.tools.isEmpty, conversation.toolChoice != ToolChoice.none else { return }
        writer.key("tools")
        writer.beginArray()
        for tool in conversation.tools { write(tool, to: &writer) }
        writer.endArray()
    }

    private func write(_ tool: ToolDefinition, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "function")
        writer.key("function")
        writer.beginObject()
        writer.member("name", tool.name)
        if let description = tool.functionDescription, !description.isEmpty {
            writer.member("description", description)
        }
        writer.key("parameters")
        if case .custom = tool.kind {
            writer.raw(bytes: CustomTool.schema)
        } else {
            SchemaCleaner.write(tool.schema, rule: profile.schemaRule, to: &writer)
        }
        writer.endObject()
        writer.endObject()
    }
}

/// The levels of `think`, which only some models know.
enum OllamaThink {
    static let usualLevels: Set<EffortLevel> = [.low, .medium, .high]

    /// The level to ask for: more than high is the most that a model knows.
    static func level(_ level: EffortLevel, known: Set<EffortLevel>?) -> EffortLevel {
        level.nearestOrMost(in: known ?? usualLevels)
    }
}
