import JSONCore

/// Writes a conversation as an Anthropic request.
struct MessagesRequestEncoder {
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
        let thinking = ThinkingPlan(conversation.reasoning, maxOutput: conversation.maxOutput, profile: profile)
        noteLosses(isThinking: thinking.isThinking)
        let schema = settleOutputFormat(isThinking: thinking.isThinking)
        var writer = JSONWriter(capacity: conversation.sourceSize + conversation.sourceSize / 8 + 1_024)
        writer.beginObject()
        writer.member("model", context.upstreamModel)
        writer.member("max_tokens", thinking.maxTokens)
        writeSystem(to: &writer)
        thinking.write(to: &writer)
        writeOutputConfig(effort: thinking.effort, schema: schema, to: &writer)
        writeTools(to: &writer)
        writeMessages(to: &writer)
        writeSampling(isThinking: thinking.isThinking, to: &writer)
        writeMetadata(to: &writer)
        if streams { writer.member("stream", true) }
        writer.endObject()
        return profile.strippingFields(of: writer.bytes, noting: &context)
    }

    // MARK: - Losses

    private mutating func noteLosses(isThinking: Bool) {
        LossNotes(conversation, profile: profile, kept: keptWishes(isThinking: isThinking)).note(in: &context)
        for tool in conversation.serverTools {
            LossNotes.noteSearch(tool, kept: ["allowed_domains", "user_location"], in: &context)
        }
        // There may be no room to think, or too little asked for.
        if let reasoning = conversation.reasoning, reasoning.isExplicit, !reasoning.isOff, !isThinking {
            context.lose(.reasoning)
        }
    }

    /// What `encode` writes down.
    private func keptWishes(isThinking: Bool) -> Set<Wish> {
        var kept: Set<Wish> = [
            .documentDetails, .documentTitles, .documentImages, .citations, .textOrder, .parallelTools,
            .reasoningDisplay,
        ]
        if profile.samplingAllowed { kept.formUnion(keptSampling(isThinking: isThinking)) }
        if profile.strictTools { kept.insert(.toolStrict) }
        if profile.userField == .metadataUserID { kept.insert(.user) }
        if profile.serviceTiers, conversation.metadata.serviceTier == "priority" { kept.insert(.serviceTier) }
        return kept
    }

    /// A model that thinks has its own temperature, which is 1.
    private func keptSampling(isThinking: Bool) -> Set<Wish> {
        let sampling = conversation.sampling
        guard !isThinking else {
            var kept: Set<Wish> = []
            if let topP = sampling.topP, Self.thinkingTopP.contains(topP.value) { kept.insert(.topP) }
            if sampling.temperature?.value == 1 { kept.insert(.temperature) }
            return kept
        }
        var kept: Set<Wish> = [.temperature]
        if profile.tempAndTopP || sampling.temperature == nil { kept.insert(.topP) }
        if profile.topK { kept.insert(.topK) }
        return kept
    }

    private static let thinkingTopP = 0.95...1.0

    // MARK: - Settings

    private func writeSampling(isThinking: Bool, to writer: inout JSONWriter) {
        let sampling = conversation.sampling
        if !sampling.stop.isEmpty {
            writer.key("stop_sequences")
            writer.beginArray()
            for stop in sampling.stop { writer.text(stop) }
            writer.endArray()
        }
        guard profile.samplingAllowed else { return }
        if isThinking {
            if let topP = sampling.topP, Self.thinkingTopP.contains(topP.value) { writer.member("top_p", topP) }
            return
        }
        writer.member("temperature", sampling.temperature?.clamped(to: profile.dialect.mostTemperature))
        if profile.tempAndTopP || sampling.temperature == nil { writer.member("top_p", sampling.topP) }
        if profile.topK { writer.member("top_k", sampling.topK) }
    }

    private func writeMetadata(to writer: inout JSONWriter) {
        if profile.userField == .metadataUserID, let user = conversation.metadata.user, !user.isEmpty {
            let text = user.string
            writer.key("metadata")
            writer.beginObject()
            writer.member("user_id", text.count <= 256 ? text : SafeNames.hexDigest(text))
            writer.endObject()
        }
        guard profile.serviceTiers else { return }
        switch conversation.metadata.serviceTier {
        case "auto", "priority": writer.member("service_tier", literal: "auto")
        case "default", "standard_only": writer.member("service_tier", literal: "standard_only")
        default: break
        }
    }

    private func writeSystem(to writer: inout JSONWriter) {
        guard !conversation.system.isEmpty else { return }
        writer.key("system")
        writer.beginArray()
        for block in conversation.system { MessagesBlockWriter.write(block.text, block.cache, to: &writer) }
        writer.endArray()
    }

    private func writeMessages(to writer: inout JSONWriter) {
        writer.key("messages")
        writer.beginArray()
        for turn in conversation.turns {
            writer.beginObject()
            switch turn.role {
            case .user: writer.member("role", literal: "user")
            case .assistant: writer.member("role", literal: "assistant")
            case .system: writer.member("role", literal: "system")
            }
            writer.key("content")
            MessagesBlockWriter.write(turn.parts, to: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    // MARK: - Output format

    /// The schema to ask for natively; other formats become a forced tool or an instruction.
    private mutating func settleOutputFormat(isThinking: Bool) -> [UInt8]? {
        switch conversation.output {
        case .text: return nil
        case .jsonSchema(let format):
            // A schema that refers to itself can be enforced by neither means.
            let strict = StrictSchema.anthropic(format.schema)
            if profile.jsonSchema, strict != nil { return StrictSchema.anthropic(format.describedSchema) }
            if strict != nil, profile.toolEmulatesJSON, profile.toolChoiceForced, !isThinking,
                conversation.tools.isEmpty,
                conversation.serverTools.isEmpty
            {
                emulate(format)
                return nil
            }
        case .jsonObject: break
        }
        JSONInstructions.add(to: &conversation, context: &context)
        return nil
    }

    /// A forced tool whose arguments are the answer.
    private mutating func emulate(_ format: JSONSchemaFormat) {
        let isObject = format.schema["type"]?.equals("object") == true
        var tool = ToolDefinition(name: "json_output", description: format.description)
        if isObject {
            tool.schema = format.schema
        } else {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("type", literal: "object")
            writer.key("properties")
            writer.beginObject()
            writer.member("value", format.schema)
            writer.endObject()
            writer.key("required")
            writer.beginArray()
            writer.literal("value")
            writer.endArray()
            writer.endObject()
            tool.schema = (try? JSONDocument.parse(writer.bytes))?.root
        }
        conversation.tools = [tool]
        conversation.toolChoice = .named(tool.name)
        context.structuredMode = .tool(name: tool.name, unwraps: !isObject)
    }

    private func writeOutputConfig(effort: EffortLevel?, schema: [UInt8]?, to writer: inout JSONWriter) {
        guard effort != nil || schema != nil else { return }
        writer.key("output_config")
        writer.beginObject()
        if let effort { writer.member("effort", effort.rawValue) }
        if let schema {
            writer.key("format")
            writer.beginObject()
            writer.member("type", literal: "json_schema")
            writer.member("schema", raw: schema)
            writer.endObject()
        }
        writer.endObject()
    }

    // MARK: - Tools

    private func writeTools(to writer: inout JSONWriter) {
        guard !conversation.tools.isEmpty || !conversation.serverTools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for tool in conversation.tools { write(tool, to: &writer) }
        for tool in conversation.serverTools { write(tool, to: &writer) }
        writer.endArray()
        writeChoice(to: &writer)
    }

    private func write(_ tool: ToolDefinition, to writer: inout JSONWriter) {
        writer.beginObject()
        tool.writeNames(tool.functionDescription, to: &writer)
        writer.key("input_schema")
        let strict = tool.strict == true && profile.strictTools ? tool.schema.flatMap(StrictSchema.anthropic) : nil
        if case .custom = tool.kind {
            writer.raw(bytes: CustomTool.schema)
        } else if let strict {
            writer.raw(bytes: strict)
            writer.member("strict", true)
        } else {
            SchemaCleaner.write(tool.schema, rule: profile.schemaRule, to: &writer)
        }
        if let cache = tool.cache, profile.cacheMarks { cache.write(to: &writer) }
        writer.endObject()
    }

    private func write(_ tool: ServerTool, to writer: inout JSONWriter) {
        guard case .webSearch(let settings) = tool.kind, case .anthropic(let type) = profile.hostedWebSearch else {
            return
        }
        writer.beginObject()
        writer.member("type", type)
        writer.member("name", literal: "web_search")
        if let domains = settings.allowedDomains { writer.member("allowed_domains", domains) }
        if let location = settings.location {
            writer.key("user_location")
            writer.beginObject()
            writer.member("type", literal: "approximate")
            for (key, value) in location.members where !key.equals("type") && !value.isNull {
                writer.key(key)
                writer.raw(value)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    private func writeChoice(to writer: inout JSONWriter) {
        let isSerial = conversation.parallelTools == false
        guard let choice = conversation.toolChoice ?? (isSerial ? .auto : nil) else { return }
        writer.key("tool_choice")
        writer.beginObject()
        switch choice {
        case .auto, .allowed(mustCall: false, _): writer.member("type", literal: "auto")
        case .required, .allowed(mustCall: true, _): writer.member("type", literal: "any")
        case .none: writer.member("type", literal: "none")
        case .named(let name):
            writer.member("type", literal: "tool")
            writer.member("name", name)
        }
        if isSerial, choice != .none { writer.member("disable_parallel_tool_use", true) }
        writer.endObject()
    }
}
