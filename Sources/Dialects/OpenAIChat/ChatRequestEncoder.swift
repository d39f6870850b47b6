import JSONCore

/// Writes a conversation as a Chat request.
struct ChatRequestEncoder {
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

    mutating func encode() -> [UInt8] {
        noteLosses()
        let format = settleOutputFormat()
        var writer = JSONWriter(capacity: conversation.sourceSize + conversation.sourceSize / 8 + 1_024)
        writer.beginObject()
        writer.member("model", context.upstreamModel)
        writeLimits(to: &writer)
        if let reasoning = conversation.reasoning { ChatReasoning.write(reasoning, profile: profile, to: &writer) }
        writeSampling(to: &writer)
        writeFormat(format, to: &writer)
        writeTools(to: &writer)
        writeMetadata(to: &writer)
        ChatMessageWriter(profile: profile).write(conversation, to: &writer)
        if streams {
            writer.member("stream", true)
            if profile.usageInStream {
                writer.key("stream_options")
                writer.beginObject()
                writer.member("include_usage", true)
                writer.endObject()
            }
        }
        writer.endObject()
        return profile.strippingFields(of: writer.bytes, noting: &context)
    }

    // MARK: - Settings

    private func writeLimits(to writer: inout JSONWriter) {
        guard let limit = conversation.maxOutput else { return }
        switch profile.maxTokensField {
        case .maxTokens: writer.member("max_tokens", limit)
        case .maxCompletionTokens: writer.member("max_completion_tokens", limit)
        }
    }

    private func writeSampling(to writer: inout JSONWriter) {
        let sampling = conversation.sampling
        if profile.samplingAllowed {
            writer.member("temperature", sampling.temperature?.clamped(to: profile.dialect.mostTemperature))
            if profile.tempAndTopP || sampling.temperature == nil { writer.member("top_p", sampling.topP) }
            if profile.topK { writer.member("top_k", sampling.topK) }
            if profile.minP {
                writer.member("min_p", sampling.minP)
                writer.member("repetition_penalty", sampling.repeatPenalty)
            }
            if profile.penalties {
                writer.member("presence_penalty", sampling.presencePenalty)
                writer.member("frequency_penalty", sampling.frequencyPenalty)
            }
            if let choices = sampling.choices, choices > 1 { writer.member("n", choices) }
            if profile.logitBias, let bias = sampling.logitBias { writer.member("logit_bias", bias) }
            if profile.logprobs, sampling.logprobs == true {
                writer.member("logprobs", true)
                writer.member("top_logprobs", sampling.topLogprobs)
            }
        }
        if profile.seed { writer.member("seed", sampling.seed) }
        guard !sampling.stop.isEmpty else { return }
        writer.key("stop")
        writer.beginArray()
        for stop in sampling.stop { writer.text(stop) }
        writer.endArray()
    }

    private func writeMetadata(to writer: inout JSONWriter) {
        conversation.metadata.writeUser(as: profile.userField, to: &writer)
        if profile.nativeExtras { writeExtras(conversation.metadata, to: &writer) }
        guard profile.serviceTiers, let tier = conversation.metadata.serviceTier else { return }
        writer.member("service_tier", tier == "standard_only" ? "default" : tier)
    }

    /// What only OpenAI's own servers know.
    private func writeExtras(_ metadata: RequestMetadata, to writer: inout JSONWriter) {
        if let pairs = metadata.pairs { writer.member("metadata", pairs) }
        if let store = metadata.store { writer.member("store", store) }
        if let key = metadata.promptCacheKey { writer.member("prompt_cache_key", key) }
        if let retention = metadata.cacheRetention { writer.member("prompt_cache_retention", retention) }
        if let verbosity = metadata.verbosity { writer.member("verbosity", verbosity) }
    }

    // MARK: - Losses

    private mutating func noteLosses() {
        LossNotes(conversation, profile: profile, kept: keptWishes).note(in: &context)
        for tool in conversation.serverTools {
            LossNotes.noteSearch(tool, kept: ["search_context_size", "user_location"], in: &context)
        }
    }

    /// What `encode` writes down; the names of the wishes are those of its fields.
    private var keptWishes: Set<Wish> {
        var kept: Set<Wish> = [.imageDetail, .documentTitles]
        if profile.samplingAllowed {
            kept.insert(.temperature)
            if profile.tempAndTopP || conversation.sampling.temperature == nil { kept.insert(.topP) }
            if profile.topK { kept.insert(.topK) }
            if profile.minP { kept.formUnion([.minP, .repeatPenalty]) }
            if profile.penalties { kept.formUnion([.presencePenalty, .frequencyPenalty]) }
            if profile.logitBias { kept.insert(.logitBias) }
            if profile.logprobs { kept.insert(.logprobs) }
        }
        if profile.seed { kept.insert(.seed) }
        if profile.messageNames { kept.insert(.messageNames) }
        if profile.strictTools { kept.insert(.toolStrict) }
        if profile.customTools { kept.insert(.toolGrammar) }
        if profile.parallelToolCallsField { kept.insert(.parallelTools) }
        if profile.reasoningStyle == .openRouter, conversation.reasoning?.display == "omitted" {
            kept.insert(.reasoningDisplay)
        }
        if profile.serviceTiers { kept.insert(.serviceTier) }
        if profile.userField == .user || profile.userField == .safetyIdentifier { kept.insert(.user) }
        if profile.nativeExtras {
            kept.formUnion([.metadata, .store, .promptCacheKey, .cacheRetention, .verbosity])
        }
        return kept
    }

    // MARK: - Output format

    /// The format to ask for; what the target cannot do becomes an instruction.
    private mutating func settleOutputFormat() -> OutputFormat {
        let isFree = profile.jsonWithTools || conversation.tools.isEmpty
        switch conversation.output {
        case .text: return .text
        case .jsonObject where profile.jsonObject && isFree:
            mentionJSON()
            return .jsonObject
        case .jsonSchema where profile.jsonSchema && isFree: return conversation.output
        case .jsonObject, .jsonSchema: break
        }
        JSONInstructions.add(to: &conversation, context: &context)
        return profile.jsonObject && isFree ? .jsonObject : .text
    }

    /// OpenAI refuses `json_object` unless the messages speak of JSON.
    private mutating func mentionJSON() {
        let texts = conversation.system.map(\.text) + conversation.turns.flatMap { $0.parts.compactMap(\.plainText) }
        guard !texts.contains(where: { $0.string.lowercased().contains("json") }),
            let text = JSONInstructions.text(for: .jsonObject)
        else { return }
        conversation.system.append(SystemBlock(text: text))
    }

    private func writeFormat(_ format: OutputFormat, to writer: inout JSONWriter) {
        switch format {
        case .text: break
        case .jsonObject:
            writer.key("response_format")
            writer.beginObject()
            writer.member("type", literal: "json_object")
            writer.endObject()
        case .jsonSchema(let format):
            writer.key("response_format")
            writer.beginObject()
            writer.member("type", literal: "json_schema")
            writer.key("json_schema")
            writer.beginObject()
            writer.member("name", format.name.map { SafeNames.toolName($0, limit: 64) } ?? "output")
            if let description = format.description { writer.member("description", description) }
            writer.member("schema", format.schema)
            let isStrict = format.strict ?? StrictSchema.isOpenAIStrict(format.schema)
            if isStrict { writer.member("strict", true) }
            writer.endObject()
            writer.endObject()
        }
    }

    // MARK: - Tools

    private func writeTools(to writer: inout JSONWriter) {
        for tool in conversation.serverTools { writeSearch(tool, to: &writer) }
        guard !conversation.tools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for tool in conversation.tools { write(tool, to: &writer) }
        writer.endArray()
        if let choice = conversation.toolChoice {
            ChatToolChoice.write(choice, customTools: profile.customTools ? context.customTools : [], to: &writer)
        }
        if conversation.parallelTools == false, profile.parallelToolCallsField {
            writer.member("parallel_tool_calls", false)
        }
    }

    private func write(_ tool: ToolDefinition, to writer: inout JSONWriter) {
        writer.beginObject()
        if case .custom(let format) = tool.kind, profile.customTools {
            writer.member("type", literal: "custom")
            writer.key("custom")
            writer.beginObject()
            tool.writeNames(tool.description, to: &writer)
            if let format { writer.member("format", format) }
            writer.endObject()
        } else {
            writer.member("type", literal: "function")
            writer.key("function")
            writer.beginObject()
            tool.writeNames(tool.functionDescription, to: &writer)
            writer.key("parameters")
            if case .custom = tool.kind {
                writer.raw(bytes: CustomTool.schema)
            } else {
                SchemaCleaner.write(tool.schema, rule: profile.schemaRule, to: &writer)
            }
            if tool.strict == true, profile.strictTools {
                writer.member("strict", tool.schema.map { StrictSchema.isOpenAIStrict($0) } ?? false)
            }
            writer.endObject()
        }
        if profile.cacheMarks, let cache = tool.cache { cache.write(to: &writer) }
        writer.endObject()
    }

    private func writeSearch(_ tool: ServerTool, to writer: inout JSONWriter) {
        guard case .webSearch(let settings) = tool.kind, profile.hostedWebSearch == .options else { return }
        writer.key("web_search_options")
        writer.beginObject()
        if let size = settings.contextSize { writer.member("search_context_size", size) }
        if let location = settings.location {
            writer.key("user_location")
            writer.beginObject()
            writer.member("type", literal: "approximate")
            writer.key("approximate")
            writer.beginObject()
            for (key, value) in location.members where !key.equals("type") {
                writer.key(key)
                writer.raw(value)
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endObject()
    }
}

/// Tools that take free text, offered as a function where a target knows only functions.
enum CustomTool {
    static let schema = Array(#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"#.utf8)
}

extension ToolDefinition {
    /// The description for a target that knows only functions: it can be told a grammar in words only.
    var functionDescription: JSONText? {
        guard case .custom(let format?) = kind, let grammar = format.present("grammar"),
            let definition = grammar["definition"]?.text, !definition.isEmpty
        else { return description }
        let syntax = grammar["syntax"]?.text ?? "lark"
        let note = JSONText.joined(["The input must match this grammar (", syntax, "):\n", definition], separator: "")
        guard let description, !description.isEmpty else { return note }
        return JSONText.joined([description, note], separator: "\n\n")
    }
}

extension JSONWriter {
    /// Writes a number in the client's spelling; nothing if there is none.
    mutating func member(_ key: StaticString, _ number: WireNumber?) {
        guard let number else { return }
        self.key(key)
        if let spelling = number.spelling { raw(spelling) } else { writeShort(number.value) }
    }

    private mutating func writeShort(_ value: Double) {
        if let whole = Int(exactly: value) { int(whole) } else { double(value) }
    }
}

extension CacheMark {
    func write(to writer: inout JSONWriter) {
        writer.key("cache_control")
        writer.beginObject()
        writer.member("type", literal: "ephemeral")
        if isOneHour { writer.member("ttl", literal: "1h") }
        writer.endObject()
    }
}

extension Part {
    /// The text of a text part.
    var plainText: JSONText? { if case .text(let part) = self { part.text } else { nil } }
}
