import JSONCore

/// Writes a conversation as a Gemini request.
struct GeminiRequestEncoder {
    private(set) var context: TranslationContext
    private var conversation: Conversation
    private let profile: TargetProfile

    init(_ conversation: Conversation, profile: TargetProfile, context: TranslationContext) {
        self.conversation = conversation
        self.profile = profile
        self.context = context
    }

    mutating func encode() -> [UInt8] {
        settleOutputFormat()
        settleHostedTools()
        noteLosses()
        var writer = JSONWriter(capacity: conversation.sourceSize + conversation.sourceSize / 8 + 1_024)
        writer.beginObject()
        writeSystem(to: &writer)
        writeConfig(to: &writer)
        writeTools(to: &writer)
        writeSafety(to: &writer)
        GeminiContentWriter(conversation, profile: profile).write(to: &writer)
        writer.endObject()
        return strippingFields(writer.bytes)
    }

    private mutating func strippingFields(_ body: [UInt8]) -> [UInt8] {
        guard !profile.stripFields.isEmpty, let document = try? JSONDocument.parse(body) else { return body }
        let names = profile.stripFields.sorted()
        EditLosses.noteStripped(names, of: document.root, profile: profile, in: &context)
        if let config = document.root["generationConfig"] {
            EditLosses.noteStripped(names, of: config, profile: profile, in: &context)
        }
        var editor = JSONEditor(document)
        for field in names {
            editor.removeMember(field, of: document.root)
            if let config = document.root["generationConfig"] { editor.removeMember(field, of: config) }
        }
        return editor.finish()
    }

    // MARK: - What cannot be said

    private mutating func noteLosses() {
        LossNotes(conversation, profile: profile, kept: keptWishes).note(in: &context)
        for tool in conversation.serverTools { LossNotes.noteSearch(tool, kept: [], in: &context) }
    }

    /// What `encode` writes down.
    private var keptWishes: Set<Wish> {
        var kept: Set<Wish> = [.modalities, .imageDetail, .textOrder, .reasoningDisplay]
        if profile.seed { kept.insert(.seed) }
        guard profile.samplingAllowed else { return kept }
        kept.insert(.temperature)
        if profile.tempAndTopP || conversation.sampling.temperature == nil { kept.insert(.topP) }
        if profile.topK { kept.insert(.topK) }
        if profile.penalties { kept.formUnion([.presencePenalty, .frequencyPenalty]) }
        if profile.logprobs { kept.insert(.logprobs) }
        return kept
    }

    // MARK: - Settings

    private func writeSystem(to writer: inout JSONWriter) {
        let texts = conversation.system.map(\.text).filter {
            !($0.utf8Count < 4_096 && $0.string.hasPrefix(SystemText.billingHeader))
        }
        guard !texts.isEmpty else { return }
        writer.key("systemInstruction")
        writer.beginObject()
        writer.key("parts")
        writer.beginArray()
        for text in texts {
            writer.beginObject()
            writer.member("text", text)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private func writeConfig(to writer: inout JSONWriter) {
        var config = JSONWriter()
        config.beginObject()
        writeSampling(to: &config)
        if let limit = conversation.maxOutput { config.member("maxOutputTokens", limit) }
        writeFormat(to: &config)
        if let modalities = conversation.metadata.modalities, !modalities.isEmpty {
            config.key("responseModalities")
            config.beginArray()
            for modality in modalities { config.string(modality.uppercased()) }
            config.endArray()
        }
        if let resolution = mediaResolution { config.member("mediaResolution", literal: resolution) }
        GeminiThinking.write(conversation.reasoning, profile: profile, to: &config)
        config.endObject()
        if config.bytes.count > 2 { writer.member("generationConfig", raw: config.bytes) }
    }

    private func writeSampling(to writer: inout JSONWriter) {
        let sampling = conversation.sampling
        if profile.samplingAllowed {
            writer.member("temperature", sampling.temperature?.clamped(to: profile.dialect.mostTemperature))
            if profile.tempAndTopP || sampling.temperature == nil { writer.member("topP", sampling.topP) }
            if profile.topK { writer.member("topK", sampling.topK) }
            if profile.penalties {
                writer.member("presencePenalty", sampling.presencePenalty)
                writer.member("frequencyPenalty", sampling.frequencyPenalty)
            }
            if let choices = sampling.choices, choices > 1 { writer.member("candidateCount", choices) }
            if profile.logprobs, sampling.logprobs == true {
                writer.member("responseLogprobs", true)
                writer.member("logprobs", sampling.topLogprobs)
            }
        }
        if profile.seed { writer.member("seed", sampling.seed) }
        guard !sampling.stop.isEmpty else { return }
        writer.key("stopSequences")
        writer.beginArray()
        for stop in sampling.stop { writer.text(stop) }
        writer.endArray()
    }

    /// How closely images are looked at: the wish for one image is that for all of them.
    private var mediaResolution: StaticString? {
        var isLow = false
        for turn in conversation.turns where turn.role == .user {
            for case .media(let media) in turn.parts {
                if media.detail == "high" || media.detail == "original" { return "MEDIA_RESOLUTION_HIGH" }
                isLow = isLow || media.detail == "low"
            }
        }
        return isLow ? "MEDIA_RESOLUTION_LOW" : nil
    }

    /// Nothing is filtered unless a client of Gemini itself wants it: no other dialect has such settings.
    private func writeSafety(to writer: inout JSONWriter) {
        let categories: [StaticString] = [
            "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT",
            "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY",
        ]
        writer.key("safetySettings")
        writer.beginArray()
        for category in categories {
            writer.beginObject()
            writer.member("category", literal: category)
            writer.member("threshold", literal: "OFF")
            writer.endObject()
        }
        writer.endArray()
    }

    // MARK: - Output format

    private mutating func settleOutputFormat() {
        let isFree = profile.jsonWithTools || conversation.tools.isEmpty
        switch conversation.output {
        case .text: return
        case .jsonObject where profile.jsonObject && isFree: return
        case .jsonSchema where profile.jsonSchema && isFree: return
        case .jsonObject, .jsonSchema: break
        }
        if let text = JSONInstructions.text(for: conversation.output) {
            conversation.system.append(SystemBlock(text: text))
        }
        conversation.output = .text
        context.structuredMode = .prompt
        context.lose(.structuredOutput)
    }

    private func writeFormat(to writer: inout JSONWriter) {
        switch conversation.output {
        case .text: break
        case .jsonObject: writer.member("responseMimeType", literal: "application/json")
        case .jsonSchema(let format):
            writer.member("responseMimeType", literal: "application/json")
            if profile.schemaRule == .geminiSchema {
                writer.key("responseSchema")
                GeminiSchema.write(format.describedSchema, to: &writer)
            } else {
                writer.key("responseJsonSchema")
                GeminiJSONSchema.write(format.describedSchema, isTool: false, to: &writer)
            }
        }
    }

    // MARK: - Tools

    /// Models before the third generation refuse their own tools beside functions: the functions stay.
    private mutating func settleHostedTools() {
        guard !conversation.tools.isEmpty, !conversation.serverTools.isEmpty, !profile.isThirdGemini else { return }
        for tool in conversation.serverTools { context.lose(.hostedTool, tool.name) }
        conversation.serverTools = []
        context.citesSources = false
    }

    private func writeTools(to writer: inout JSONWriter) {
        guard !conversation.tools.isEmpty || !conversation.serverTools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        if !conversation.tools.isEmpty {
            writer.beginObject()
            writer.key("functionDeclarations")
            writer.beginArray()
            for tool in conversation.tools { write(tool, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
        if !conversation.serverTools.isEmpty { writer.raw(bytes: Array(#"{"googleSearch":{}}"#.utf8)) }
        writer.endArray()
        writeChoice(to: &writer)
    }

    private func write(_ tool: ToolDefinition, to writer: inout JSONWriter) {
        writer.beginObject()
        tool.writeNames(tool.functionDescription, to: &writer)
        writer.key(profile.schemaRule == .geminiSchema ? "parameters" : "parametersJsonSchema")
        if case .custom = tool.kind {
            writer.raw(bytes: CustomTool.schema)
        } else {
            SchemaCleaner.write(tool.schema, rule: profile.schemaRule, to: &writer)
        }
        writer.endObject()
    }

    private func writeChoice(to writer: inout JSONWriter) {
        let mixes = !conversation.serverTools.isEmpty && !conversation.tools.isEmpty
        let choice = conversation.tools.isEmpty ? nil : conversation.toolChoice
        guard choice != nil || mixes else { return }
        writer.key("toolConfig")
        writer.beginObject()
        if let choice {
            writer.key("functionCallingConfig")
            writer.beginObject()
            write(choice, to: &writer)
            writer.endObject()
        }
        if mixes { writer.member("includeServerSideToolInvocations", true) }
        writer.endObject()
    }

    private func write(_ choice: ToolChoice, to writer: inout JSONWriter) {
        var names: [String] = []
        switch choice {
        case .auto: writer.member("mode", literal: "AUTO")
        case .none: writer.member("mode", literal: "NONE")
        case .required: writer.member("mode", literal: "ANY")
        case .named(let name):
            names = [name]
            writer.member("mode", literal: "ANY")
        case .allowed(let mustCall, let allowed):
            names = allowed
            writer.member("mode", literal: mustCall ? "ANY" : "VALIDATED")
        }
        guard !names.isEmpty else { return }
        writer.key("allowedFunctionNames")
        writer.beginArray()
        for name in names { writer.string(name) }
        writer.endArray()
    }
}
