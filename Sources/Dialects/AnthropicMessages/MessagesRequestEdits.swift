import JSONCore

/// The request of an Anthropic client for an Anthropic target: the client's bytes, edited where the target needs it.
struct MessagesRequestEdits {
    private let root: JSONValue
    private let profile: TargetProfile
    private let streams: Bool
    private var context: TranslationContext
    private var editor: JSONEditor
    /// Text to add to the end of the system prompt.
    private var addedSystem: [JSONText]
    /// Members of `output_config` that the target does not take.
    private var removedConfig: Set<String> = []

    static func apply(
        to body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] {
        guard let messages = body.root["messages"] else {
            throw DialectError("messages: Field required", param: "messages")
        }
        let repair = MessagesHistoryRepair(messages, profile: profile, context: context)
        var edits = MessagesRequestEdits(
            replacing(messages, with: repair.messages, in: body),
            addedSystem: repair.leadingSystem,
            profile: profile,
            context: context,
            streams: streams
        )
        edits.edit()
        context = edits.context
        if repair.leavesOutReasoning { context.lose(.reasoningHistory) }
        return edits.editor.finish()
    }

    private static func replacing(_ messages: JSONValue, with repaired: [UInt8]?, in body: JSONDocument) -> JSONDocument
    {
        guard let repaired else { return body }
        var editor = JSONEditor(body)
        editor.replace(messages, with: repaired)
        return (try? JSONDocument.parse(editor.finish())) ?? body
    }

    private init(
        _ body: JSONDocument,
        addedSystem: [JSONText],
        profile: TargetProfile,
        context: TranslationContext,
        streams: Bool
    ) {
        root = body.root
        editor = JSONEditor(body)
        self.addedSystem = addedSystem
        self.profile = profile
        self.context = context
        self.streams = streams
    }

    private mutating func edit() {
        editModelAndStream()
        editThinking()
        editSampling()
        editOutputFormat()
        editOutputConfig()
        editTools()
        editSystem()
        MessagesCacheMarks(root, profile: profile).edit(with: &editor)
        for field in profile.stripFields { editor.removeMember(field, of: root) }
    }

    private mutating func remove(_ field: StaticString) {
        if root[field] != nil { editor.removeMember(field.description, of: root) }
    }

    private mutating func editModelAndStream() {
        if root["model"]?.string != context.upstreamModel {
            editor.setMember("model", of: root, to: JSONLiteral.string(context.upstreamModel))
        }
        for alias in StreamFlag.aliases { remove(alias) }
        let flag = root["stream"]
        if flag?.bool != streams, streams || flag != nil {
            editor.setMember("stream", of: root, to: JSONLiteral.bool(streams))
        }
    }

    // MARK: - Thinking and limits

    private mutating func editThinking() {
        let given = root["max_tokens"]?.int
        let capped = given.map { min($0, profile.maxOutput ?? .max) }
        let plan = ThinkingPlan(wantedThinking, maxOutput: capped, profile: profile)
        var limit = capped ?? plan.maxTokens
        if let thinking = root.present("thinking") {
            if isRefused(thinking) {
                replaceThinking(with: plan)
                limit = plan.isThinking ? plan.maxTokens : limit
            }
        }
        if limit != given { editor.setMember("max_tokens", of: root, to: JSONLiteral.int(limit)) }
        if !takesEffort {
            removedConfig.insert("effort")
            if root.present("output_config")?.present("effort") != nil { context.lose(.reasoning, "effort") }
        }
    }

    /// Removes what the target does not take of `output_config`, and the object itself if nothing is left.
    private mutating func editOutputConfig() {
        guard let config = root["output_config"], config.isObject, !removedConfig.isEmpty else { return }
        guard config.members.contains(where: { !removedConfig.contains($0.key.string) }) else {
            return remove("output_config")
        }
        for key in removedConfig { editor.removeMember(key, of: config) }
    }

    /// The client's wish, unless the state of the conversation forbids to think.
    private var wantedThinking: ReasoningRequest? {
        guard let thinking = root.present("thinking") else { return nil }
        let effort = root.present("output_config")?["effort"]?.string.flatMap(EffortLevel.init(rawValue:))
        let display = thinking["display"]?.string
        if thinking["type"]?.equals("enabled") == true {
            guard isThinkingAllowed else { return nil }
            let budget = thinking["budget_tokens"]?.int ?? 0
            // A level named beside the budget beats it where the target knows levels.
            if let effort, takesEffort { return ReasoningRequest(mode: .effort(effort), display: display) }
            return ReasoningRequest(mode: budget > 0 ? .budget(budget) : .auto, display: display)
        }
        if thinking["type"]?.equals("adaptive") == true {
            return ReasoningRequest(mode: .adaptive(effort), display: display)
        }
        return ReasoningRequest(mode: .off)
    }

    private var takesEffort: Bool {
        profile.reasoningStyle == .anthropicAdaptive
            || profile.reasoningStyle == .anthropicBudget && profile.efforts != nil
    }

    /// Anthropic refuses to think on in a tool loop that did not begin with thinking.
    private var isThinkingAllowed: Bool {
        guard profile.signatureFamily == .anthropic, let messages = root["messages"]?.elements.suffix(2),
            let last = messages.last, last["role"]?.equals("user") == true,
            last["content"]?.elements.contains(where: { $0["type"]?.equals("tool_result") == true }) == true,
            let assistant = messages.first, assistant["role"]?.equals("assistant") == true
        else { return true }
        let type = assistant["content"]?.first?["type"]
        return type?.equals("thinking") == true || type?.equals("redacted_thinking") == true
    }

    /// Whether the target would refuse the thinking settings as they are.
    private func isRefused(_ thinking: JSONValue) -> Bool {
        let limit = root["max_tokens"]?.int
        if let limit, limit <= 16, thinking["type"]?.equals("disabled") != true { return true }
        switch profile.reasoningStyle {
        case .anthropicAdaptive: return thinking["type"]?.equals("enabled") == true
        case .anthropicBudget:
            if thinking["type"]?.equals("adaptive") == true { return true }
            guard thinking["type"]?.equals("enabled") == true else { return false }
            guard isThinkingAllowed, let budget = thinking["budget_tokens"]?.int, let limit else { return true }
            return budget < 1_024 || budget >= min(limit, profile.maxOutput ?? .max)
        default: return true
        }
    }

    private var thinkingIsWanted: Bool {
        guard let type = root.present("thinking")?["type"] else { return false }
        return !type.equals("disabled")
    }

    private mutating func replaceThinking(with plan: ThinkingPlan) {
        var writer = JSONWriter()
        writer.beginObject()
        plan.write(to: &writer)
        writer.endObject()
        guard plan.isThinking, let thinking = try? JSONDocument.parse(writer.bytes).root["thinking"] else {
            if thinkingIsWanted { context.lose(.reasoning) }
            return remove("thinking")
        }
        editor.setMember("thinking", of: root, to: Array(thinking.raw))
        guard let effort = plan.effort, root.present("output_config")?.present("effort") == nil else { return }
        if let config = root.present("output_config"), config.isObject {
            editor.setMember("effort", of: config, to: JSONLiteral.string(effort.rawValue))
        } else {
            editor.setMember("output_config", of: root, to: Array("{\"effort\":\"\(effort.rawValue)\"}".utf8))
        }
    }

    private mutating func editSampling() {
        if !profile.samplingAllowed {
            remove("temperature")
            remove("top_p")
            remove("top_k")
        } else if !profile.tempAndTopP, root.present("temperature") != nil {
            remove("top_p")
        }
        if let temperature = root["temperature"], let value = temperature.double, value > 1, profile.samplingAllowed {
            editor.replace(temperature, with: JSONLiteral.int(1))
        }
        guard let stops = root["stop_sequences"], stops.isArray else { return }
        if !profile.stopSequences {
            context.stopEmulation = stops.elements.compactMap(\.string).filter { !$0.isEmpty }
            return remove("stop_sequences")
        }
        for stop in stops.elements where stop.string?.allSatisfy(\.isWhitespace) == true {
            editor.removeElement(stop, of: stops)
        }
    }

    // MARK: - Output format

    private mutating func editOutputFormat() {
        guard !profile.jsonSchema else { return }
        let config = root.present("output_config")
        guard let format = config?.present("format") ?? root.present("output_format"), let schema = format["schema"]
        else {
            return
        }
        remove("output_format")
        removedConfig.insert("format")
        context.structuredMode = .prompt
        context.lose(.structuredOutput)
        if let text = JSONInstructions.text(for: .jsonSchema(JSONSchemaFormat(schema: schema))) {
            addedSystem.append(text)
        }
    }

    private mutating func editSystem() {
        guard let system = root.present("system"), system.isArray || system.isString else {
            if !addedSystem.isEmpty { editor.setMember("system", of: root, to: blocks(addedSystem)) }
            return
        }
        if let text = system.text {
            let kept = profile.signatureFamily == .anthropic ? text : Self.withoutBillingHeader(text)
            let all = ([kept] + addedSystem).filter { !$0.isEmpty }
            if kept != text || !addedSystem.isEmpty {
                editor.setMember("system", of: root, to: JSONLiteral.quoted(JSONText.joined(all, separator: "\n\n")))
            }
            return
        }
        // Clients that take over each other's requests stack these lines up; one is enough, and only for Claude.
        var isKnown = profile.signatureFamily != .anthropic
        for block in system.elements where block["text"]?.string?.hasPrefix(SystemText.billingHeader) == true {
            if isKnown { editor.removeElement(block, of: system) }
            isKnown = true
        }
        for text in addedSystem { editor.insertElement(Self.block(text), at: system.count, of: system) }
    }

    private static func withoutBillingHeader(_ text: JSONText) -> JSONText {
        let string = text.string
        guard string.hasPrefix(SystemText.billingHeader) else { return text }
        return JSONText(String(string.drop { !$0.isNewline }.drop { $0.isNewline }))
    }

    private func blocks(_ texts: [JSONText]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for text in texts { writer.raw(bytes: Self.block(text)) }
        writer.endArray()
        return writer.bytes
    }

    private static func block(_ text: JSONText) -> [UInt8] {
        var writer = JSONWriter()
        MessagesBlockWriter.write(text, nil, to: &writer)
        return writer.bytes
    }

    // MARK: - Tools

    private mutating func editTools() {
        guard let tools = root.present("tools"), tools.isArray, tools.count > 0 else {
            remove("tool_choice")
            return synthesiseTools()
        }
        var count = 0
        for tool in tools.elements {
            let type = tool.present("type")?.string ?? "custom"
            count += 1
            if count > profile.maxTools { context.lose(.toolLimit, String(profile.maxTools)) }
            if type != "custom", !profile.datedTools { context.lose(.hostedTool, tool["name"]?.string ?? type) }
            if !tool.isObject || count > profile.maxTools || type != "custom" && !profile.datedTools {
                editor.removeElement(tool, of: tools)
            } else if tool["input_schema"] == nil, type == "custom" {
                editor.setMember("input_schema", of: tool, to: Array(#"{"type":"object","properties":{}}"#.utf8))
            }
        }
        relaxChoice()
    }

    private mutating func relaxChoice() {
        guard let choice = root.present("tool_choice"), let type = choice["type"],
            type.equals("any") || type.equals("tool")
        else { return }
        let thinks = root.present("thinking")?["type"]?.equals("enabled") == true && isThinkingAllowed
        guard !profile.toolChoiceForced || thinks && profile.reasoningStyle == .anthropicBudget else { return }
        context.lose(.toolChoice)
        editor.replace(type, with: JSONLiteral.string("auto"))
        editor.removeMember("name", of: choice)
    }

    private mutating func synthesiseTools() {
        guard profile.toolsForHistory, let messages = root["messages"] else { return }
        var seen: Set<String> = []
        var writer = JSONWriter()
        writer.beginArray()
        for message in messages.elements {
            for block in message["content"]?.elements ?? JSONDocument.emptyArray.root.elements
            where block["type"]?.equals("tool_use") == true {
                guard let name = block["name"]?.string, seen.insert(name).inserted else { continue }
                writer.beginObject()
                writer.member("name", name)
                writer.key("input_schema")
                SchemaCleaner.writeEmpty(to: &writer)
                writer.endObject()
            }
        }
        writer.endArray()
        guard !seen.isEmpty else { return }
        editor.setMember("tools", of: root, to: writer.bytes)
        editor.setMember("tool_choice", of: root, to: Array(#"{"type":"none"}"#.utf8))
    }
}

/// The marks of the prompt cache in an Anthropic client's request for an Anthropic target.
struct MessagesCacheMarks {
    private static let limit = 4

    private struct Mark {
        enum Place { case tool, system, message }

        var place: Place
        /// The object that carries the mark.
        var owner: JSONValue
        var value: JSONValue
    }

    private let profile: TargetProfile
    private var marks: [Mark] = []

    init(_ root: JSONValue, profile: TargetProfile) {
        self.profile = profile
        collect(root["tools"], .tool)
        collect(root["system"], .system)
        for message in root["messages"]?.elements ?? JSONDocument.emptyArray.root.elements {
            guard let content = message["content"], content.isArray else { continue }
            for block in content.elements {
                if block["type"]?.equals("tool_result") == true { collect(block["content"], .message) }
                collect(block: block, .message)
            }
        }
    }

    private mutating func collect(_ list: JSONValue?, _ place: Mark.Place) {
        guard let list, list.isArray else { return }
        for block in list.elements { collect(block: block, place) }
    }

    private mutating func collect(block: JSONValue, _ place: Mark.Place) {
        guard let mark = block["cache_control"] else { return }
        if mark.isNull, profile.cacheMarks { return }
        marks.append(Mark(place: place, owner: block, value: mark))
    }

    func edit(with editor: inout JSONEditor) {
        guard profile.cacheMarks else {
            for mark in marks { editor.removeMember("cache_control", of: mark.owner) }
            return
        }
        let kept = marks.count > Self.limit ? keptMarks : Set(marks.indices)
        var hasShort = false
        for (index, mark) in marks.enumerated() {
            guard kept.contains(index) else {
                editor.removeMember("cache_control", of: mark.owner)
                continue
            }
            let isLong = mark.value["ttl"]?.equals("1h") == true
            if isLong, hasShort { editor.setMember("ttl", of: mark.value, to: JSONLiteral.string("5m")) }
            if !isLong { hasShort = true }
        }
    }

    /// The last of the tools, the last of the system blocks, then the latest of the messages.
    private var keptMarks: Set<Int> {
        var kept: Set<Int> = []
        for place in [Mark.Place.tool, .system] {
            if let last = marks.lastIndex(where: { $0.place == place }) { kept.insert(last) }
        }
        for index in marks.indices.reversed() where kept.count < Self.limit && marks[index].place == .message {
            kept.insert(index)
        }
        for index in marks.indices.reversed() where kept.count < Self.limit { kept.insert(index) }
        return kept
    }
}
