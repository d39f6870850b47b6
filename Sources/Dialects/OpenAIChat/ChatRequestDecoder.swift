import JSONCore

/// Reads Chat requests, and what clients send beyond the standard: pieces of Anthropic, Responses, OpenRouter and the
/// AI SDK.
struct ChatRequestDecoder {
    private(set) var context: TranslationContext
    private let root: JSONValue
    private let extra: JSONValue?
    private var conversation = Conversation()

    init(_ root: JSONValue, context: TranslationContext) {
        self.root = root
        self.context = context
        extra = root.present("extra_body").flatMap { $0.isObject ? $0 : nil }
    }

    /// A member of the body, or of `extra_body`, which some SDKs leave in place.
    private func field(_ key: StaticString) -> JSONValue? { root.present(key) ?? extra?.present(key) }

    mutating func decode() throws(DialectError) -> Conversation {
        if let system = root.present("system") { readSystem(system) }
        guard let messages = root.present("messages"), messages.isArray else {
            throw DialectError("messages must be an array", param: "messages")
        }
        var index = 0
        for message in messages.elements {
            try readMessage(message, at: index)
            index += 1
        }
        try readTools()
        try readChoice()
        try readSampling()
        conversation.reasoning = ChatReasoning.read(field)
        context.mirrorsReasoning = field("reasoning")?.isObject == true
        try readOutput()
        readMetadata()
        noteUnread()
        context.includeUsage = root["stream_options"]?["include_usage"]?.bool
        return conversation
    }

    // MARK: - Messages

    private mutating func readSystem(_ json: JSONValue) {
        append(system: MessagesBlockReader.parts(of: json))
    }

    private mutating func readMessage(_ message: JSONValue, at index: Int) throws(DialectError) {
        guard message.isObject else {
            throw DialectError("messages[\(index)] must be an object", param: "messages[\(index)]")
        }
        let parts = ChatParts(message: message)
        switch message["role"]?.string {
        case "system", "developer":
            if message.present("name") != nil { context.lose(.messageName) }
            readSystemMessage(parts.content)
        case "user": append(Turn(.user, parts.content, name: message.present("name")?.text))
        case "assistant": append(Turn(.assistant, parts.assistant, name: message.present("name")?.text))
        case "tool", "function": conversation.append(parts.result)
        default:
            throw DialectError(
                "messages[\(index)].role must be one of system, developer, user, assistant, tool",
                param: "messages[\(index)].role"
            )
        }
        if message.present("audio") != nil { context.lose(.media, "audio") }
        if message["annotations"]?.asks == true { context.lose(.contentPart, "annotations") }
        let unknown = try Dialect.openAIChat.naming(.member("messages"), .element(index)) { () throws(Misfit) in
            try parts.unknownTypes()
        }
        for type in unknown { context.lose(.contentPart, type) }
    }

    private mutating func readSystemMessage(_ parts: [Part]) {
        guard conversation.turns.isEmpty else { return append(Turn(.system, context.systemTexts(parts))) }
        append(system: parts)
    }

    private mutating func append(system parts: [Part]) {
        for case .text(let part) in context.systemTexts(parts) {
            conversation.system.append(SystemBlock(text: part.text, cache: part.cache))
        }
    }

    private mutating func append(_ turn: Turn) { conversation.turns.append(turn) }

    // MARK: - Tools

    private mutating func readTools() throws(DialectError) {
        if let tools = field("tools") {
            for (index, tool) in tools.elements.enumerated() {
                try Dialect.openAIChat.naming(.member("tools"), .element(index)) { () throws(Misfit) in
                    try readTool(tool)
                }
            }
        } else if let functions = field("functions") {
            context.legacyFunctions = true
            for (index, function) in functions.elements.enumerated() {
                try Dialect.openAIChat.naming(.member("functions"), .element(index)) { () throws(Misfit) in
                    try readFunction(function, in: function)
                }
            }
        }
        if let search = field("web_search_options"), search.isObject {
            var settings = ServerTool.WebSearch(contextSize: search["search_context_size"]?.text)
            settings.location = search["user_location"]?.present("approximate") ?? search.present("user_location")
            conversation.serverTools.append(ServerTool(kind: .webSearch(settings), origin: .openAIChat))
        }
    }

    private mutating func readTool(_ tool: JSONValue) throws(Misfit) {
        if let function = tool.present("function") {
            return try Misfit.inside(.member("function")) { () throws(Misfit) in try readFunction(function, in: tool) }
        }
        if let custom = tool.present("custom") {
            let name = try Misfit.inside(.member("custom")) { () throws(Misfit) in try custom.toolName() }
            context.customTools.insert(name)
            var definition = ToolDefinition(name: name, description: Self.text(custom["description"]))
            definition.kind = .custom(format: custom.present("format"))
            return conversation.tools.append(definition)
        }
        let type = tool["type"]?.string ?? "function"
        if ["function", "custom"].contains(type) { return try readFunction(tool, in: tool) }
        if type.hasPrefix("web_search") {
            var settings = ServerTool.WebSearch(contextSize: tool["search_context_size"]?.text)
            settings.location = tool.present("user_location")
            settings.allowedDomains = tool.present("allowed_domains") ?? tool["filters"]?.present("allowed_domains")
            let server = ServerTool(
                kind: .webSearch(settings),
                raw: tool,
                origin: .openAIChat,
                name: tool["name"]?.string
            )
            return conversation.serverTools.append(server)
        }
        let server = ServerTool(kind: .other(type), raw: tool, origin: .openAIChat, name: tool["name"]?.string)
        conversation.serverTools.append(server)
    }

    private mutating func readFunction(_ function: JSONValue, in tool: JSONValue) throws(Misfit) {
        var definition = ToolDefinition(name: try function.toolName(), description: Self.text(function["description"]))
        definition.schema = function.present("parameters") ?? function.present("input_schema")
        definition.strict = function["strict"]?.bool
        definition.cache = CacheMark(of: tool) ?? CacheMark(of: function)
        conversation.tools.append(definition)
        context.loseFields(of: function, in: "tools", except: Self.knownOfTools)
    }

    /// A description; clients that send something else than text mean its JSON.
    private static func text(_ json: JSONValue?) -> JSONText? {
        guard let json, !json.isNull else { return nil }
        return json.text ?? JSONCompaction.text(json)
    }

    private mutating func readChoice() throws(DialectError) {
        conversation.parallelTools = field("parallel_tool_calls")?.bool
        let modern = field("tool_choice")
        guard let choice = modern ?? field("function_call") else { return }
        if choice["disable_parallel_tool_use"]?.bool == true { conversation.parallelTools = false }
        guard let read = ChatToolChoice.read(choice) else {
            let name = modern == nil ? "function_call" : "tool_choice"
            throw DialectError("\(name) is not one of the known forms", param: name)
        }
        conversation.toolChoice = read
    }

    // MARK: - Settings

    private func number(_ key: StaticString) throws(DialectError) -> WireNumber? {
        guard let json = field(key) else { return nil }
        guard let number = WireNumber(json) else { throw DialectError("\(key) must be a number", param: "\(key)") }
        return number
    }

    private mutating func readSampling() throws(DialectError) {
        conversation.sampling.temperature = try number("temperature")
        conversation.sampling.topP = try number("top_p")
        conversation.sampling.topK = try number("top_k")
        conversation.sampling.minP = try number("min_p")
        conversation.sampling.repeatPenalty = try number(
            field("repetition_penalty") == nil ? "repeat_penalty" : "repetition_penalty"
        )
        conversation.sampling.seed = try number("seed")
        conversation.sampling.presencePenalty = try number("presence_penalty")
        conversation.sampling.frequencyPenalty = try number("frequency_penalty")
        conversation.sampling.topLogprobs = try number("top_logprobs")
        conversation.sampling.logprobs = field("logprobs")?.bool
        conversation.sampling.logitBias = field("logit_bias")
        conversation.sampling.choices = try number("n").map { Int(max(0, min($0.value, 1_024))) }
        conversation.sampling.stop = try stopTexts()
        conversation.maxOutput = try outputLimit()
    }

    private func stopTexts() throws(DialectError) -> [JSONText] {
        guard let stop = field("stop") else { return [] }
        if let text = stop.text { return [text] }
        guard stop.isArray else { throw DialectError("stop must be a string or an array of strings", param: "stop") }
        return stop.elements.compactMap(\.text)
    }

    /// The standard name wins, then the largest of the others; 0 and less mean no limit.
    private func outputLimit() throws(DialectError) -> Int? {
        var limits: [Int] = []
        for key in ["max_completion_tokens", "max_tokens", "max_output_tokens"] as [StaticString] {
            guard let number = try number(key) else { continue }
            limits.append(Int(max(0, min(number.value, 1e9))))
            if limits.count == 1, limits[0] > 0, field("max_completion_tokens") != nil { break }
        }
        return limits.max().flatMap { $0 > 0 ? $0 : nil }
    }

    private mutating func readOutput() throws(DialectError) {
        guard let format = field("response_format"), format.isObject else { return }
        switch format["type"]?.string {
        case "json_object": conversation.output = .jsonObject
        case "json_schema":
            let outer = format.present("json_schema") ?? format
            guard let schema = outer.present("schema"), schema.isObject else {
                throw DialectError("response_format.json_schema.schema must be an object", param: "response_format")
            }
            conversation.output = .jsonSchema(
                JSONSchemaFormat(
                    name: outer["name"]?.string,
                    description: outer.present("description")?.text,
                    schema: schema,
                    strict: outer["strict"]?.bool
                )
            )
        case "text": break
        default: context.lose(.structuredOutput)
        }
    }

    private mutating func readMetadata() {
        conversation.metadata.user = (field("safety_identifier") ?? field("user"))?.text
        conversation.metadata.serviceTier = field("service_tier")?.string
        conversation.metadata.promptCacheKey = field("prompt_cache_key")?.text
        conversation.metadata.cacheRetention = field("prompt_cache_retention")?.text
        conversation.metadata.pairs = field("metadata")
        conversation.metadata.store = field("store")?.bool
        conversation.metadata.verbosity = field("verbosity")?.text
        conversation.metadata.modalities = field("modalities")?.elements.compactMap(\.string)
    }

    // MARK: - Unknown fields

    /// Members that are read, or that ask for nothing by themselves.
    static let known: Set<String> = [
        "model", "messages", "system", "stream", "stream_options", "streaming", "non_stream", "disable_stream",
        "disable_streaming", "extra_body", "tools", "tool_choice", "functions", "function_call",
        "parallel_tool_calls", "web_search_options", "temperature", "top_p", "top_k", "min_p", "repetition_penalty",
        "repeat_penalty", "seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias",
        "n", "stop", "max_tokens", "max_completion_tokens", "max_output_tokens", "reasoning_effort", "reasoning",
        "output_config", "thinking", "thinking_budget", "enable_thinking", "response_format", "safety_identifier",
        "user", "service_tier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "metadata",
        "store", "verbosity", "modalities", "cache_control",
    ]

    /// Members of a tool, however it is written, that are read or do not matter where every tool is offered at once.
    private static let knownOfTools: [StaticString] = [
        "type", "name", "description", "parameters", "input_schema", "strict", "cache_control", "defer_loading",
        "eager_input_streaming",
    ]

    private mutating func noteUnread() {
        ChatReasoning.noteUnread(field, in: &context)
        context.loseFields(of: root, except: Self.known)
        if let extra { context.loseFields(of: extra, except: Self.known) }
    }
}
