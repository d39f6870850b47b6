import JSONCore

/// Reads Responses requests.
struct ResponsesRequestDecoder {
    private(set) var context: TranslationContext
    private let root: JSONValue
    private var conversation = Conversation()
    /// The names of the tools so far.
    private var names: Set<String> = []

    init(_ root: JSONValue, context: TranslationContext) {
        self.root = root
        self.context = context
    }

    mutating func decode() throws(DialectError) -> Conversation {
        try refuseServerState()
        context.responsesEcho = ResponsesEcho.members(of: root, continuing: context.continuedResponse)
        if let instructions = try text("instructions") { conversation.system.append(SystemBlock(text: instructions)) }
        // Before the input: calls of a namespace are named as its tools are.
        try readTools(root.present("tools"), param: "tools")
        try readInput()
        try readChoice()
        try readSampling()
        try readReasoning()
        try readOutput()
        try readMetadata()
        noteLosses()
        return conversation
    }

    // MARK: - Fields

    private func text(_ key: StaticString) throws(DialectError) -> JSONText? {
        guard let json = root.present(key) else { return nil }
        guard let text = json.text else { throw DialectError("\(key) must be a string", param: "\(key)") }
        return text
    }

    private func number(_ key: StaticString) throws(DialectError) -> WireNumber? {
        guard let json = root.present(key) else { return nil }
        guard let number = WireNumber(json) else { throw DialectError("\(key) must be a number", param: "\(key)") }
        return number
    }

    private func flag(_ key: StaticString) throws(DialectError) -> Bool? {
        guard let json = root.present(key) else { return nil }
        guard let flag = json.bool else { throw DialectError("\(key) must be true or false", param: "\(key)") }
        return flag
    }

    private func object(_ key: StaticString) throws(DialectError) -> JSONValue? {
        guard let json = root.present(key) else { return nil }
        guard json.isObject else { throw DialectError("\(key) must be an object", param: "\(key)") }
        return json
    }

    static let known: [StaticString] = [
        "model", "input", "instructions", "stream", "stream_options", "store", "max_output_tokens", "temperature",
        "top_p", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text", "include",
        "previous_response_id", "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
        "service_tier", "background", "truncation", "prompt_cache_options", "client_metadata",
    ]

    private mutating func noteLosses() {
        if root["background"]?.bool == true { context.lose(.background) }
        if root["truncation"]?.equals("auto") == true { context.lose(.truncation) }
        for (key, value) in root.members where !value.isNull {
            guard !Self.known.contains(where: { key.equals($0) }) else { continue }
            if StreamFlag.aliases.contains(where: { key.equals($0) }) { continue }
            context.lose(.field, String(key.string.prefix(64)))
        }
        context.loseFields(of: root["text"], in: "text", except: ["format", "verbosity"])
        noteReasoning()
        noteIncludes()
    }

    private mutating func noteReasoning() {
        guard let reasoning = root.present("reasoning") else { return }
        var known: [StaticString] = ["effort", "summary", "generate_summary"]
        if reasoning["context"]?.equals("auto") == true { known.append("context") }
        if reasoning["mode"]?.equals("standard") == true { known.append("mode") }
        context.loseFields(of: reasoning, in: "reasoning", except: known)
        let summary = reasoning.present("summary") ?? reasoning.present("generate_summary")
        if ["concise", "detailed"].contains(summary?.string) { context.lose(.reasoningDisplay, "summary") }
    }

    /// What answers have anyhow, or only with tools that are lost by themselves.
    private static let knownIncludes: [StaticString] = [
        "reasoning.encrypted_content", "message.output_text.logprobs", "web_search_call.action.sources",
        "message.input_image.image_url",
    ]

    private mutating func noteIncludes() {
        for include in root["include"]?.elements ?? JSONDocument.emptyArray.root.elements {
            guard let word = include.string, !Self.knownIncludes.contains(where: { include.equals($0) }) else {
                continue
            }
            context.lose(.field, "include.\(word)")
        }
    }

    /// What lies at OpenAI cannot be read for anybody else.
    private func refuseServerState() throws(DialectError) {
        if let id = try text("previous_response_id"), !id.isEmpty {
            throw DialectError(
                .invalidRequest,
                "Previous response with id '\(id.string.prefix(128))' not found.",
                param: "previous_response_id",
                code: "previous_response_not_found"
            )
        }
        for key in ["conversation", "prompt"] as [StaticString] where root.present(key) != nil {
            throw DialectError(
                .unsupported,
                "\(key) refers to state at OpenAI, which this model's provider does not have",
                param: "\(key)",
                code: "unsupported_parameter"
            )
        }
    }

    // MARK: - Input

    private mutating func readInput() throws(DialectError) {
        var reader = ResponsesInputReader(context: context)
        let input = root.present("input")
        if let text = input?.text {
            if !text.isEmpty { conversation.turns.append(Turn(.user, [.text(text)])) }
        } else if let input, input.isObject {
            try reader.read(input, at: 0)
        } else if let input {
            guard input.isArray else {
                throw DialectError("input must be a string or an array of items", param: "input")
            }
            var index = 0
            for item in input.elements {
                try reader.read(item, at: index)
                index += 1
            }
        }
        context = reader.context
        conversation.system += reader.system
        conversation.turns += reader.turns
        for list in reader.laterTools { try readTools(list, param: "input") }
        if conversation.turns.isEmpty, reader.system.isEmpty { conversation.turns = [Turn(.user, [.text("...")])] }
    }

    // MARK: - Tools

    private mutating func readTools(_ list: JSONValue?, param: String) throws(DialectError) {
        guard let list else { return }
        for (index, tool) in list.elements.enumerated() {
            try Dialect.openAIResponses.naming(.element(index), at: param) { () throws(Misfit) in
                try readTool(tool, namespace: nil)
            }
        }
    }

    private mutating func readTool(_ tool: JSONValue, namespace: String?) throws(Misfit) {
        let type = tool["type"]?.string ?? "function"
        switch type {
        case "function", "custom": try readFunction(tool, isCustom: type == "custom", namespace: namespace)
        case "namespace":
            guard namespace == nil else { return }
            let name = try tool.toolName()
            // What is said of the group has no place where its tools stand by themselves.
            if tool["description"]?.asks == true { context.lose(.field, "tools.namespace.description") }
            for (index, inner) in (tool["tools"] ?? JSONDocument.emptyArray.root).elements.enumerated() {
                try Misfit.inside(.member("tools")) { () throws(Misfit) in
                    try Misfit.inside(.element(index)) { () throws(Misfit) in try readTool(inner, namespace: name) }
                }
            }
        case "local_shell": add(.localShell)
        case "shell": add(.shell)
        case "apply_patch": add(.applyPatch)
        default: readHosted(tool, type)
        }
    }

    private mutating func add(_ tool: ClientTool) {
        guard let definition = ResponsesTools.definition(tool), names.insert(definition.name).inserted else { return }
        context.clientTools[definition.name] = tool
        conversation.tools.append(definition)
    }

    private mutating func readFunction(_ tool: JSONValue, isCustom: Bool, namespace: String?) throws(Misfit) {
        // Chat's nested form is what many clients send.
        var (json, own) = (tool, "")
        if let inner = tool.present("function") {
            (json, own) = (inner, try Misfit.inside(.member("function")) { () throws(Misfit) in try inner.toolName() })
        } else if let inner = tool.present("custom") {
            (json, own) = (inner, try Misfit.inside(.member("custom")) { () throws(Misfit) in try inner.toolName() })
        } else {
            own = try tool.toolName()
        }
        let name = namespace.map { ResponsesTools.flatName(own, in: $0) } ?? own
        if let namespace { context.clientTools[name] = .namespaced(namespace: namespace, name: own) }
        var definition = ToolDefinition(name: name)
        definition.description = json.present("description").map { $0.text ?? JSONCompaction.text($0) }
        if isCustom {
            context.customTools.insert(name)
            definition.kind = .custom(format: CustomToolFormat.read(json.present("format")))
        } else {
            definition.schema = json.present("parameters")
            definition.strict = json["strict"]?.bool
        }
        definition.namespace = namespace
        names.insert(name)
        conversation.tools.append(definition)
        context.loseFields(of: json, in: "tools", except: Self.knownOfTools)
    }

    /// Members of a tool that are read, or that do not matter where every tool is offered at once.
    private static let knownOfTools: [StaticString] = [
        "type", "name", "description", "parameters", "strict", "format", "cache_control", "defer_loading",
    ]

    private mutating func readHosted(_ tool: JSONValue, _ type: String) {
        var kind = ServerTool.Kind.other(type)
        if type.hasPrefix("web_search") {
            var settings = ServerTool.WebSearch(contextSize: tool["search_context_size"]?.text)
            settings.location = tool.present("user_location")
            settings.allowedDomains = tool.present("filters")?.present("allowed_domains")
            kind = .webSearch(settings)
        }
        let name = ServerTool.name(ofType: type)
        conversation.serverTools.append(ServerTool(kind: kind, raw: tool, origin: .openAIResponses, name: name))
    }

    private mutating func readChoice() throws(DialectError) {
        conversation.parallelTools = try flag("parallel_tool_calls")
        guard let choice = root.present("tool_choice") else { return }
        switch choice["type"]?.string {
        case "local_shell", "shell": conversation.toolChoice = .named(ResponsesTools.shell)
        case "apply_patch": conversation.toolChoice = .named(ResponsesTools.applyPatch)
        default:
            if let read = ChatToolChoice.read(choice) { return conversation.toolChoice = flattened(read, choice) }
            guard let type = choice["type"]?.string else {
                throw DialectError("tool_choice is not one of the known forms", param: "tool_choice")
            }
            // A hosted tool: a named one where it is known, otherwise nothing that another provider could do.
            let name = ServerTool.name(ofType: type)
            let isKnown = conversation.serverTools.contains { $0.name == name }
            guard isKnown else {
                throw DialectError(
                    "tool_choice names the tool \"\(type)\", which tools does not have",
                    param: "tool_choice"
                )
            }
            context.lose(.toolChoice)
            conversation.toolChoice = .required
        }
    }

    private func flattened(_ choice: ToolChoice, _ json: JSONValue) -> ToolChoice {
        switch choice {
        case .named(let name):
            json["namespace"]?.string.map { .named(ResponsesTools.flatName(name, in: $0)) } ?? choice
        case .allowed(let mustCall, let names):
            .allowed(mustCall: mustCall, names: names.map { $0 == "local_shell" ? ResponsesTools.shell : $0 })
        case .auto, .none, .required: choice
        }
    }

    // MARK: - Settings

    private mutating func readSampling() throws(DialectError) {
        conversation.sampling.temperature = try number("temperature")
        conversation.sampling.topP = try number("top_p")
        conversation.sampling.topLogprobs = try number("top_logprobs")
        if conversation.sampling.topLogprobs != nil { conversation.sampling.logprobs = true }
        conversation.maxOutput = try number("max_output_tokens").flatMap {
            $0.value >= 1 ? Int(min($0.value, 1e9)) : nil
        }
        guard let include = root.present("include") else { return }
        guard include.isArray else { throw DialectError("include must be an array of strings", param: "include") }
        if include.elements.contains(where: { $0.equals("message.output_text.logprobs") }) {
            conversation.sampling.logprobs = true
        }
    }

    private mutating func readReasoning() throws(DialectError) {
        guard let reasoning = try object("reasoning") else { return }
        guard let effort = reasoning.present("effort") else {
            let wantsSummary = (reasoning.present("summary") ?? reasoning.present("generate_summary")) != nil
            conversation.reasoning = wantsSummary ? ReasoningRequest(mode: .auto, isExplicit: false) : nil
            return
        }
        guard let word = effort.string else {
            throw DialectError("reasoning.effort must be a string", param: "reasoning.effort")
        }
        if word == "none" { return conversation.reasoning = ReasoningRequest(mode: .off) }
        guard let level = EffortLevel(rawValue: word == "ultra" ? "max" : word) else {
            throw DialectError(
                "reasoning.effort must be one of none, minimal, low, medium, high, xhigh, max",
                param: "reasoning.effort"
            )
        }
        conversation.reasoning = ReasoningRequest(mode: .effort(level))
    }

    private mutating func readOutput() throws(DialectError) {
        guard let text = try object("text") else { return }
        conversation.metadata.verbosity = text.present("verbosity")?.text
        guard let format = text.present("format") else { return }
        guard format.isObject else { throw DialectError("text.format must be an object", param: "text.format") }
        switch format["type"]?.string {
        case "text": break
        case "json_object": conversation.output = .jsonObject
        case "json_schema":
            let given = format.present("json_schema") ?? format
            guard let schema = given.present("schema"), schema.isObject else {
                throw DialectError("text.format.schema must be an object", param: "text.format.schema")
            }
            var wanted = JSONSchemaFormat(name: given["name"]?.string, schema: schema)
            wanted.description = given.present("description")?.text
            wanted.strict = given["strict"]?.bool
            conversation.output = .jsonSchema(wanted)
        default:
            throw DialectError(
                "text.format.type must be one of text, json_object, json_schema",
                param: "text.format.type"
            )
        }
    }

    private mutating func readMetadata() throws(DialectError) {
        let identifier = try text("safety_identifier")
        let user = try text("user")
        conversation.metadata.user = identifier ?? user
        conversation.metadata.serviceTier = try text("service_tier")?.string
        conversation.metadata.promptCacheKey = try text("prompt_cache_key")
        conversation.metadata.cacheRetention = try text("prompt_cache_retention")
        conversation.metadata.pairs = try object("metadata")
        conversation.metadata.store = try flag("store")
    }
}
