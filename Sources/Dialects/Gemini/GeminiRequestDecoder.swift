import JSONCore

/// Reads Gemini requests, in either spelling of their members.
struct GeminiRequestDecoder {
    private(set) var context: TranslationContext
    private let root: JSONValue
    private var conversation = Conversation()

    init(_ root: JSONValue, context: TranslationContext) {
        self.root = root
        self.context = context
    }

    mutating func decode() throws(DialectError) -> Conversation {
        try readSystem()
        guard let contents = root.present("contents"), contents.isArray else {
            throw DialectError("contents must be an array", param: "contents")
        }
        var reader = GeminiContentReader(contents, context: context)
        conversation.turns = try reader.read()
        context = reader.context
        try readTools()
        try readChoice()
        var settings = GeminiSettingsReader(root, context: context)
        try settings.read(into: &conversation)
        context = settings.context
        loseUnknownFields()
        return conversation
    }

    static let known: Set<String> = [
        "contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "tool_config",
        "generationConfig", "generation_config", "serviceTier", "service_tier", "model", "stream",
    ]

    private mutating func loseUnknownFields() {
        for (key, value) in root.members where !value.isNull {
            let name = key.string
            if name == "cachedContent" || name == "cached_content" {
                context.lose(.serverState, name)
            } else if !Self.known.contains(name) {
                context.lose(.field, name)
            }
        }
    }

    private mutating func readSystem() throws(DialectError) {
        guard let system = root.present("systemInstruction", or: "system_instruction") else { return }
        guard !system.isArray || system.count > 0 else {
            throw DialectError("systemInstruction must be a content or a text", param: "systemInstruction")
        }
        if let text = system.text { return conversation.system.append(SystemBlock(text: text)) }
        let parts = system.isArray ? system : system["parts"] ?? system
        for part in parts.isArray ? Array(parts.elements) : [parts] {
            if let text = part.text ?? part["text"]?.text {
                conversation.system.append(SystemBlock(text: text))
            } else if let media = GeminiMedia.read(part) {
                context.lose(.media, media.kind.rawValue)
            } else if let name = part.members.first(where: { !$0.value.isNull })?.key.string {
                context.lose(.contentPart, name)
            }
        }
    }

    // MARK: - Tools

    private mutating func readTools() throws(DialectError) {
        guard let tools = root.present("tools") else { return }
        for (index, tool) in (tools.isArray ? Array(tools.elements) : [tools]).enumerated() {
            for (key, value) in tool.members where !value.isNull {
                try readTool(key.string, value, at: "tools[\(index)]")
            }
        }
    }

    private mutating func readTool(_ name: String, _ value: JSONValue, at place: String) throws(DialectError) {
        switch name {
        case "functionDeclarations", "function_declarations":
            for (index, function) in (value.isArray ? Array(value.elements) : [value]).enumerated() {
                try Dialect.gemini.naming(.element(index), at: "\(place).\(name)") { () throws(Misfit) in
                    try readFunction(function)
                }
            }
        case "googleSearch", "google_search", "googleSearchRetrieval", "google_search_retrieval":
            if value.count > 0 { context.lose(.hostedToolSetting, name) }
            let kind = ServerTool.Kind.webSearch(ServerTool.WebSearch())
            conversation.serverTools.append(ServerTool(kind: kind, raw: value, origin: .gemini, name: name))
        default:
            conversation.serverTools.append(ServerTool(kind: .other(name), raw: value, origin: .gemini, name: name))
        }
    }

    private mutating func readFunction(_ function: JSONValue) throws(Misfit) {
        let name = try function.toolName()
        var definition = ToolDefinition(name: name, description: function.present("description")?.text)
        if let schema = function.present("parametersJsonSchema", or: "parameters_json_schema") {
            definition.schema = schema
        } else if let schema = function.present("parameters") {
            definition.schema = GeminiSchemaReader.jsonSchema(schema)
        }
        context.loseFields(
            of: function,
            in: "functionDeclarations",
            except: ["name", "description", "parameters", "parametersJsonSchema", "parameters_json_schema"]
        )
        conversation.tools.append(definition)
    }

    private mutating func readChoice() throws(DialectError) {
        guard let config = root.present("toolConfig", or: "tool_config") else { return }
        guard config.isObject else { throw DialectError("toolConfig must be an object", param: "toolConfig") }
        let calling = config.present("functionCallingConfig", or: "function_calling_config")
        for (key, _) in config.members where !["functionCallingConfig", "function_calling_config"].contains(key.string)
        {
            context.lose(.field, "toolConfig.\(key.string)")
        }
        guard let calling else { return }
        let place = "toolConfig.functionCallingConfig"
        guard calling.isObject else { throw DialectError("\(place) must be an object", param: place) }
        let known: [StaticString] = ["mode", "allowedFunctionNames", "allowed_function_names"]
        context.loseFields(of: calling, in: place, except: known)
        let list = calling.present("allowedFunctionNames", or: "allowed_function_names")
        let names = list?.elements.compactMap(\.string) ?? []
        switch calling["mode"]?.string?.uppercased() {
        case nil, "MODE_UNSPECIFIED": break
        case "AUTO": conversation.toolChoice = .auto
        case "VALIDATED": conversation.toolChoice = names.isEmpty ? .auto : .allowed(mustCall: false, names: names)
        case "NONE": conversation.toolChoice = ToolChoice.none
        case "ANY":
            conversation.toolChoice =
                names.isEmpty ? .required : names.count == 1 ? .named(names[0]) : .allowed(mustCall: true, names: names)
        default: throw DialectError("\(place).mode must be AUTO, ANY, NONE or VALIDATED", param: "\(place).mode")
        }
    }
}
