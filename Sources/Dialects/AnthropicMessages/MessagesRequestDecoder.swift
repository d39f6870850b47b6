import JSONCore

/// Reads Anthropic requests.
struct MessagesRequestDecoder {
    private(set) var context: TranslationContext
    private let root: JSONValue
    private var conversation = Conversation()
    private var searches = MessagesSearches()

    init(_ root: JSONValue, context: TranslationContext) {
        self.root = root
        self.context = context
    }

    mutating func decode() throws(DialectError) -> Conversation {
        try refuseThread()
        try readSystem()
        guard let messages = root.present("messages"), messages.isArray else {
            throw DialectError("messages must be an array", param: "messages")
        }
        var index = 0
        for message in messages.elements {
            try readMessage(message, at: index)
            index += 1
        }
        // A search that goes on has nothing to show yet.
        if !searches.takeOpen().isEmpty { context.lose(.contentPart, "server_tool_use") }
        try readTools()
        try readChoice()
        try readSampling()
        conversation.reasoning = try readReasoning()
        readOutput()
        conversation.metadata.user = root.present("metadata")?.present("user_id")?.text
        conversation.metadata.serviceTier = root["service_tier"]?.string
        noteUnread()
        return conversation
    }

    /// Members that are read, or that ask for nothing by themselves.
    static let known: Set<String> = [
        "model", "messages", "system", "max_tokens", "stream", "streaming", "non_stream", "disable_stream",
        "disable_streaming", "temperature", "top_p", "top_k", "stop_sequences", "thinking", "output_config",
        "output_format", "tools", "tool_choice", "metadata", "service_tier", "cache_control",
    ]

    private mutating func noteUnread() {
        context.loseFields(of: root, except: Self.known)
        context.loseFields(of: root["metadata"], in: "metadata", except: ["user_id"])
        context.loseFields(of: root["thinking"], in: "thinking", except: ["type", "budget_tokens", "display"])
        context.loseFields(of: root["output_config"], in: "output_config", except: ["effort", "format"])
        if let effort = root["output_config"]?["effort"]?.string, EffortLevel(rawValue: effort) == nil {
            context.lose(.reasoning, "effort")
        }
    }

    /// Members of tools that are read, or that do not matter where every tool is offered at once.
    private static let knownOfTools: [StaticString] = [
        "name", "description", "input_schema", "type", "strict", "cache_control", "defer_loading",
        "eager_input_streaming",
    ]

    /// Only code that the provider runs could call a tool otherwise than directly.
    private static func isCalledDirectly(_ tool: JSONValue) -> Bool {
        tool["allowed_callers"]?.elements.allSatisfy { $0.equals("direct") } ?? true
    }

    /// What a request with `thread` says is the rest of a conversation that only Anthropic knows.
    private func refuseThread() throws(DialectError) {
        guard root.present("thread") != nil else { return }
        throw DialectError(
            .unsupported,
            "thread: this model's provider keeps no threads; send the whole conversation without one",
            param: "thread",
            code: MessagesErrors.threadUnsupported
        )
    }

    // MARK: - Messages

    private mutating func readSystem() throws(DialectError) {
        guard let system = root.present("system") else { return }
        guard system.isString || system.isArray else {
            throw DialectError("system must be a string or an array of text blocks", param: "system")
        }
        try Dialect.anthropicMessages.naming(.member("system")) { () throws(Misfit) in
            try MessagesShape.checkBlocks(of: system)
        }
        for case .text(let part) in context.systemTexts(MessagesBlockReader.parts(of: system)) {
            conversation.system.append(SystemBlock(text: part.text, cache: part.cache))
        }
        noteSources(in: system)
    }

    /// Notes what text says of its sources.
    private mutating func noteSources(in content: JSONValue?) {
        guard let content, content.isArray else { return }
        for block in content.elements where block.isObject {
            guard let type = block["type"] else { continue }
            if type.equals("tool_result") { noteSources(in: block["content"]) }
            if type.equals("text"), block["citations"]?.isArray == true, block["citations"]?.asks == true {
                context.lose(.contentPart, "citations")
            }
        }
    }

    private mutating func readMessage(_ message: JSONValue, at index: Int) throws(DialectError) {
        guard message.isObject else {
            throw DialectError("messages.\(index): Input should be an object", param: "messages.\(index)")
        }
        let content = message.present("content")
        let role: Turn.Role
        switch message["role"]?.string {
        case "user": role = .user
        case "assistant": role = .assistant
        case "system": role = .system
        default:
            throw DialectError(
                "messages.\(index).role: Input should be 'user' or 'assistant'",
                param: "messages.\(index).role"
            )
        }
        try Dialect.anthropicMessages.naming(.member("messages"), .element(index), .member("content")) {
            () throws(Misfit) in try MessagesShape.checkBlocks(of: content)
        }
        let (parts, lost) = searches.noted(MessagesBlockReader.parts(of: content))
        noteSources(in: content)
        for type in lost { context.lose(.contentPart, type) }
        var turn = Turn(role, role == .system ? context.systemTexts(parts) : parts)
        // A directive for Anthropic's newest models, which says nothing to any other.
        if role == .system, turn.parts.isEmpty { turn.directive = message }
        conversation.turns.append(turn)
    }

    // MARK: - Tools

    private mutating func readTools() throws(DialectError) {
        guard let tools = root.present("tools") else { return }
        for (index, tool) in tools.elements.enumerated() {
            let type = tool.present("type")?.string ?? "custom"
            guard type == "custom" else {
                readServerTool(tool, type: type)
                continue
            }
            let name = try Dialect.anthropicMessages.naming(.member("tools"), .element(index)) { () throws(Misfit) in
                try tool.toolName()
            }
            var definition = ToolDefinition(name: name, description: tool.present("description")?.text)
            definition.schema = tool.present("input_schema")
            definition.strict = tool["strict"]?.bool
            definition.cache = CacheMark(of: tool)
            conversation.tools.append(definition)
            let isDirect = Self.isCalledDirectly(tool)
            context.loseFields(
                of: tool,
                in: "tools",
                except: isDirect ? Self.knownOfTools + ["allowed_callers"] : Self.knownOfTools
            )
        }
    }

    private mutating func readServerTool(_ tool: JSONValue, type: String) {
        var kind = ServerTool.Kind.other(type)
        if type.hasPrefix("web_search") {
            var settings = ServerTool.WebSearch()
            settings.location = tool.present("user_location")
            settings.allowedDomains = tool.present("allowed_domains")
            kind = .webSearch(settings)
        }
        let server = ServerTool(kind: kind, raw: tool, origin: .anthropicMessages, name: tool["name"]?.string)
        conversation.serverTools.append(server)
    }

    private mutating func readChoice() throws(DialectError) {
        guard let choice = root.present("tool_choice") else { return }
        if choice["disable_parallel_tool_use"]?.bool == true { conversation.parallelTools = false }
        switch choice["type"]?.string {
        case "auto": conversation.toolChoice = .auto
        case "any": conversation.toolChoice = .required
        case "none": conversation.toolChoice = ToolChoice.none
        case "tool":
            guard let name = choice["name"]?.string, !name.isEmpty else {
                throw DialectError("tool_choice.name: Field required", param: "tool_choice")
            }
            conversation.toolChoice = .named(name)
        default:
            throw DialectError(
                "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'",
                param: "tool_choice"
            )
        }
    }

    // MARK: - Settings

    private func number(_ key: StaticString) throws(DialectError) -> WireNumber? {
        guard let json = root.present(key) else { return nil }
        guard let number = WireNumber(json) else {
            throw DialectError("\(key): Input should be a valid number", param: "\(key)")
        }
        return number
    }

    private mutating func readSampling() throws(DialectError) {
        conversation.sampling.temperature = try number("temperature")
        conversation.sampling.topP = try number("top_p")
        conversation.sampling.topK = try number("top_k")
        // 0 asks only to warm the cache: the least another target can do is one token.
        conversation.maxOutput = try number("max_tokens").map { Int(max(1, min($0.value, 1e9))) }
        guard let stop = root.present("stop_sequences") else { return }
        guard stop.isArray else {
            throw DialectError("stop_sequences: Input should be an array of strings", param: "stop_sequences")
        }
        conversation.sampling.stop = stop.elements.compactMap(\.text)
    }

    private func readReasoning() throws(DialectError) -> ReasoningRequest? {
        let effort = root.present("output_config")?["effort"]?.string.flatMap(EffortLevel.init(rawValue:))
        guard let thinking = root.present("thinking") else {
            return effort.map { ReasoningRequest(mode: .effort($0)) }
        }
        let display = thinking["display"]?.string
        switch thinking["type"]?.string {
        case "disabled": return ReasoningRequest(mode: .off)
        case "adaptive": return ReasoningRequest(mode: .adaptive(effort), display: display)
        case "enabled":
            if let effort { return ReasoningRequest(mode: .effort(effort), display: display) }
            let budget = thinking["budget_tokens"]?.int ?? 0
            return ReasoningRequest(mode: budget > 0 ? .budget(budget) : .auto, display: display)
        default:
            throw DialectError("thinking.type: Input should be 'enabled', 'disabled' or 'adaptive'", param: "thinking")
        }
    }

    private mutating func readOutput() {
        guard let format = root.present("output_config")?.present("format") ?? root.present("output_format"),
            let type = format["type"]?.string
        else { return }
        guard type == "json_schema", let schema = format["schema"], schema.isObject else {
            if type != "text" { context.lose(.structuredOutput) }
            return
        }
        let title = schema["title"]?.string
        conversation.output = .jsonSchema(JSONSchemaFormat(name: title, schema: schema, strict: nil))
    }
}
