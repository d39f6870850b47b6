import JSONCore

/// Writes a conversation as a Responses request.
struct ResponsesRequestEncoder {
    private(set) var context: TranslationContext
    private var conversation: Conversation
    private let profile: TargetProfile
    private let streams: Bool

    private static let leastOutput = 16

    init(_ conversation: Conversation, profile: TargetProfile, context: TranslationContext, streams: Bool) {
        self.conversation = conversation
        self.profile = profile
        self.context = context
        self.streams = streams
    }

    mutating func encode() -> [UInt8] {
        context.dropsCommentary = profile.dropsCommentary
        settleOutputFormat()
        noteLosses()
        var writer = JSONWriter(capacity: conversation.sourceSize + conversation.sourceSize / 8 + 1_024)
        writer.beginObject()
        writer.member("model", context.upstreamModel)
        if let limit = conversation.maxOutput { writer.member("max_output_tokens", max(limit, Self.leastOutput)) }
        let stores = conversation.metadata.store == true && profile.nativeExtras && profile.storage
        writer.member("store", stores)
        let system = writeInstructions(to: &writer)
        writeReasoning(to: &writer)
        writeIncludes(stores: stores, to: &writer)
        writeSampling(to: &writer)
        writeText(to: &writer)
        writeTools(to: &writer)
        writeMetadata(to: &writer)
        ResponsesInputWriter(profile: profile).write(conversation.turns, system: system, to: &writer)
        if streams { writer.member("stream", true) }
        writer.endObject()
        return profile.strippingFields(of: writer.bytes, noting: &context)
    }

    // MARK: - Losses

    /// What Responses has no words for.
    private mutating func noteLosses() {
        LossNotes(conversation, profile: profile, kept: keptWishes).note(in: &context)
        for tool in conversation.serverTools {
            let kept: Set<String> = ["search_context_size", "user_location", "allowed_domains"]
            LossNotes.noteSearch(tool, kept: kept, in: &context)
        }
    }

    /// What `encode` writes down; the names of the wishes are those of its fields.
    private var keptWishes: Set<Wish> {
        var kept: Set<Wish> = [.imageDetail, .documentTitles, .textOrder, .reasoningDisplay]
        if profile.samplingAllowed {
            kept.formUnion([.temperature, .logprobs])
            if profile.tempAndTopP || conversation.sampling.temperature == nil { kept.insert(.topP) }
        }
        if profile.strictTools { kept.insert(.toolStrict) }
        if profile.customTools { kept.insert(.toolGrammar) }
        if profile.parallelToolCallsField { kept.insert(.parallelTools) }
        if profile.serviceTiers { kept.insert(.serviceTier) }
        if profile.userField == .user || profile.userField == .safetyIdentifier { kept.insert(.user) }
        if profile.nativeExtras {
            kept.formUnion([.metadata, .promptCacheKey, .cacheRetention, .verbosity])
            if profile.storage { kept.insert(.store) }
        }
        return kept
    }

    // MARK: - Settings

    /// Writes the instructions; returns the system text that stands in the input.
    private func writeInstructions(to writer: inout JSONWriter) -> ArraySlice<SystemBlock> {
        let system = SystemText.withoutBilling(conversation.system)
        if let own = profile.instructions {
            writer.member("instructions", conversation.tools.isEmpty ? own.withoutTools : own.withTools)
            return system[...]
        }
        if let first = system.first { writer.member("instructions", first.text) }
        return system.dropFirst()
    }

    /// How the model is to think: as the client says, or as it likes but visibly.
    private var wantedReasoning: ReasoningRequest? {
        guard profile.reasoningStyle == .responses else { return nil }
        return conversation.reasoning ?? (profile.alwaysShowsThinking ? ReasoningRequest(mode: .auto) : nil)
    }

    private func writeReasoning(to writer: inout JSONWriter) {
        guard let reasoning = wantedReasoning else { return }
        writer.key("reasoning")
        writer.beginObject()
        if reasoning.isOff {
            let least = EffortLevel.minimal.nearest(in: profile.efforts)
            writer.member("effort", profile.canSkipThinking ? "none" : least.rawValue)
        } else {
            if let level = reasoning.level { writer.member("effort", level.nearest(in: profile.efforts).rawValue) }
            if reasoning.display != "omitted" { writer.member("summary", literal: "auto") }
        }
        writer.endObject()
    }

    private func writeIncludes(stores: Bool, to writer: inout JSONWriter) {
        var includes: [StaticString] = []
        if let reasoning = wantedReasoning, !reasoning.isOff, !stores {
            includes.append("reasoning.encrypted_content")
        }
        if conversation.sampling.logprobs == true, profile.samplingAllowed {
            includes.append("message.output_text.logprobs")
        }
        if !conversation.serverTools.isEmpty { includes.append("web_search_call.action.sources") }
        guard !includes.isEmpty else { return }
        writer.key("include")
        writer.beginArray()
        for include in includes { writer.literal(include) }
        writer.endArray()
    }

    private func writeSampling(to writer: inout JSONWriter) {
        guard profile.samplingAllowed else { return }
        let sampling = conversation.sampling
        writer.member("temperature", sampling.temperature?.clamped(to: profile.dialect.mostTemperature))
        if profile.tempAndTopP || sampling.temperature == nil { writer.member("top_p", sampling.topP) }
        if sampling.logprobs == true { writer.member("top_logprobs", sampling.topLogprobs) }
    }

    private func writeMetadata(to writer: inout JSONWriter) {
        let metadata = conversation.metadata
        metadata.writeUser(as: profile.userField, to: &writer)
        if profile.serviceTiers, let tier = metadata.serviceTier {
            writer.member("service_tier", tier == "standard_only" ? "default" : tier)
        }
        guard profile.nativeExtras else { return }
        if let pairs = metadata.pairs, pairs.isObject { writer.member("metadata", pairs) }
        if let key = metadata.promptCacheKey { writer.member("prompt_cache_key", key) }
        if let retention = metadata.cacheRetention { writer.member("prompt_cache_retention", retention) }
    }

    // MARK: - Output format

    private mutating func settleOutputFormat() {
        let isFree = profile.jsonWithTools || conversation.tools.isEmpty
        switch conversation.output {
        case .text: return
        case .jsonObject where profile.jsonObject && isFree:
            // OpenAI refuses `json_object` unless the input speaks of JSON.
            let texts = conversation.turns.flatMap { $0.parts.compactMap(\.plainText) }
            if texts.contains(where: { $0.string.lowercased().contains("json") }) { return }
            guard let text = JSONInstructions.text(for: .jsonObject) else { return }
            return conversation.turns.insert(Turn(.system, [.text(text)]), at: 0)
        case .jsonSchema where profile.jsonSchema && isFree: return
        case .jsonObject, .jsonSchema: break
        }
        if let text = JSONInstructions.text(for: conversation.output) {
            conversation.system.append(SystemBlock(text: text))
        }
        context.lose(.structuredOutput)
        context.structuredMode = .prompt
        conversation.output = .text
    }

    private func writeText(to writer: inout JSONWriter) {
        let verbosity = profile.nativeExtras ? conversation.metadata.verbosity : nil
        if case .text = conversation.output, verbosity == nil { return }
        writer.key("text")
        writer.beginObject()
        switch conversation.output {
        case .text: break
        case .jsonObject:
            writer.key("format")
            writer.beginObject()
            writer.member("type", literal: "json_object")
            writer.endObject()
        case .jsonSchema(let format):
            writer.key("format")
            writer.beginObject()
            writer.member("type", literal: "json_schema")
            writer.member("name", format.name.map { SafeNames.toolName($0, limit: 64) } ?? "output")
            if let description = format.description { writer.member("description", description) }
            writer.member("schema", format.schema)
            writer.member("strict", format.strict ?? StrictSchema.isOpenAIStrict(format.schema))
            writer.endObject()
        }
        if let verbosity { writer.member("verbosity", verbosity) }
        writer.endObject()
    }

    // MARK: - Tools

    private func writeTools(to writer: inout JSONWriter) {
        guard !conversation.tools.isEmpty || !conversation.serverTools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for tool in conversation.tools { write(tool, to: &writer) }
        for tool in conversation.serverTools { writeSearch(tool, to: &writer) }
        writer.endArray()
        if let choice = conversation.toolChoice { writeChoice(choice, to: &writer) }
        if conversation.parallelTools == false, profile.parallelToolCallsField {
            writer.member("parallel_tool_calls", false)
        }
    }

    private func write(_ tool: ToolDefinition, to writer: inout JSONWriter) {
        writer.beginObject()
        if case .custom(let format) = tool.kind, profile.customTools {
            writer.member("type", literal: "custom")
            tool.writeNames(tool.description, to: &writer)
            if let format { CustomToolFormat.write(format, to: &writer) }
        } else {
            writer.member("type", literal: "function")
            tool.writeNames(tool.functionDescription, to: &writer)
            writer.key("parameters")
            if case .custom = tool.kind {
                writer.raw(bytes: CustomTool.schema)
            } else {
                SchemaCleaner.write(tool.schema, rule: profile.schemaRule, to: &writer)
            }
            let wantsStrict = tool.strict == true && profile.strictTools
            writer.member("strict", wantsStrict && tool.schema.map { StrictSchema.isOpenAIStrict($0) } ?? false)
        }
        writer.endObject()
    }

    private func writeSearch(_ tool: ServerTool, to writer: inout JSONWriter) {
        guard case .webSearch(let settings) = tool.kind, profile.hostedWebSearch == .responses else { return }
        writer.beginObject()
        writer.member("type", literal: "web_search")
        if let size = settings.contextSize { writer.member("search_context_size", size) }
        if let domains = settings.allowedDomains, domains.isArray {
            writer.key("filters")
            writer.beginObject()
            writer.member("allowed_domains", domains)
            writer.endObject()
        }
        if let location = settings.location, location.isObject {
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

    private func writeChoice(_ choice: ToolChoice, to writer: inout JSONWriter) {
        writer.key("tool_choice")
        switch choice {
        case .auto: writer.literal("auto")
        case .none: writer.literal("none")
        case .required: writer.literal("required")
        case .named(let name): writeChoice(of: name, to: &writer)
        case .allowed(let mustCall, let names):
            writer.beginObject()
            writer.member("type", literal: "allowed_tools")
            writer.member("mode", literal: mustCall ? "required" : "auto")
            writer.key("tools")
            writer.beginArray()
            for name in names { writeChoice(of: name, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private func writeChoice(of name: String, to writer: inout JSONWriter) {
        writer.beginObject()
        let isKnown = conversation.tools.contains { $0.name == name }
        if !isKnown, conversation.serverTools.contains(where: { $0.name == name }) {
            writer.member("type", literal: "web_search")
        } else {
            let isCustom = profile.customTools && context.customTools.contains(context.toolNames.client(name))
            writer.member("type", literal: isCustom ? "custom" : "function")
            writer.member("name", name)
        }
        writer.endObject()
    }
}
