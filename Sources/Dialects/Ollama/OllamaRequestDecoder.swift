import JSONCore

/// Reads Ollama's chat requests.
struct OllamaRequestDecoder {
    private(set) var context: TranslationContext
    private let root: JSONValue
    private var conversation = Conversation()

    init(_ root: JSONValue, context: TranslationContext) {
        self.root = root
        self.context = context
    }

    mutating func decode() throws(DialectError) -> Conversation {
        guard let messages = root.present("messages"), messages.count > 0 else { throw TurnsMember.empty("messages") }
        var index = 0
        for message in messages.elements {
            try readMessage(message, at: index)
            index += 1
        }
        try readTools()
        if let options = root.present("options") { try readOptions(options) }
        try readFormat()
        conversation.reasoning = try readThinking()
        conversation.sampling.logprobs = try flag("logprobs")
        conversation.sampling.topLogprobs = try number("top_logprobs", of: root)
        context.loseFields(of: root, except: Self.known)
        return conversation
    }

    /// What is read; everything else (`keep_alive`, `truncate`, `shift` …) means nothing to other dialects.
    static let known: Set<String> = [
        "model", "messages", "stream", "format", "tools", "think", "options", "logprobs", "top_logprobs",
    ]

    // MARK: - Messages

    private mutating func readMessage(_ message: JSONValue, at index: Int) throws(DialectError) {
        let place = "messages[\(index)]"
        guard message.isObject else { throw DialectError("\(place) must be an object", param: place) }
        let content = try content(of: message, place)
        switch message["role"]?.string {
        case "system", "developer": readSystem(content)
        case "user": conversation.turns.append(Turn(.user, content))
        case "assistant":
            var parts: [Part] = []
            if let thought = try text("thinking", of: message, place), !thought.isEmpty {
                parts.append(.thinking(Thinking(text: thought, signature: nil)))
            }
            conversation.turns.append(Turn(.assistant, parts + content + (try calls(of: message, place))))
        case "tool":
            let key: StaticString = message.present("tool_name") == nil ? "name" : "tool_name"
            let name = try text(key, of: message, place)?.string
            conversation.append(ToolResult(callID: message["tool_call_id"]?.wireText ?? "", name: name, parts: content))
        default:
            throw DialectError("\(place).role must be one of system, user, assistant, tool", param: "\(place).role")
        }
    }

    private mutating func readSystem(_ parts: [Part]) {
        let parts = context.systemTexts(parts)
        guard conversation.turns.isEmpty else { return conversation.turns.append(Turn(.system, parts)) }
        conversation.system += parts.compactMap(\.plainText).map { SystemBlock(text: $0) }
    }

    /// The text of a message and then its images; parts as Chat writes them are read too.
    private mutating func content(of message: JSONValue, _ place: String) throws(DialectError) -> [Part] {
        let content = message.present("content")
        let parts = ChatParts.parts(of: content)
        let unknown = try Dialect.ollama.naming(.member("content"), at: place) { () throws(Misfit) in
            try ChatParts.unknownTypes(in: content, read: parts.count)
        }
        for type in unknown { context.lose(.contentPart, type) }
        guard let images = message.present("images") else { return parts }
        guard images.isArray, images.elements.allSatisfy(\.isString) else {
            throw DialectError("\(place).images must be an array of base64 strings", param: "\(place).images")
        }
        let media = images.elements.compactMap(\.text).map { MediaReading.medium(.image, base64: $0, type: nil) }
        return parts + media.map { .media($0) }
    }

    private func calls(of message: JSONValue, _ place: String) throws(DialectError) -> [Part] {
        guard let calls = message.present("tool_calls") else { return [] }
        guard calls.isArray else {
            throw DialectError("\(place).tool_calls must be an array", param: "\(place).tool_calls")
        }
        return calls.elements.filter(\.isObject).map { .toolCall(ChatParts.call($0)) }
    }

    // MARK: - Tools

    private mutating func readTools() throws(DialectError) {
        guard let tools = root.present("tools") else { return }
        guard tools.isArray else { throw DialectError("tools must be an array", param: "tools") }
        for (index, tool) in tools.elements.enumerated() {
            let function = tool.present("function") ?? tool
            let name = try Dialect.ollama.naming(.member("tools"), .element(index)) { () throws(Misfit) in
                guard tool.present("function") != nil else { return try tool.toolName() }
                return try Misfit.inside(.member("function")) { () throws(Misfit) in try function.toolName() }
            }
            var definition = ToolDefinition(name: name, description: function.present("description")?.text)
            definition.schema = function.present("parameters")
            conversation.tools.append(definition)
            context.loseFields(of: function, in: "tools", except: ["type", "name", "description", "parameters"])
        }
    }

    // MARK: - Options

    private mutating func readOptions(_ options: JSONValue) throws(DialectError) {
        guard options.isObject else { throw DialectError("options must be an object", param: "options") }
        // 0 and less stand for as much as the model likes, or as the context holds.
        conversation.maxOutput = try number("num_predict", of: options).flatMap { limit in
            limit.value >= 1 ? Int(min(limit.value, 1e9)) : nil
        }
        conversation.sampling.temperature = try number("temperature", of: options)
        conversation.sampling.topP = try number("top_p", of: options)
        conversation.sampling.topK = try number("top_k", of: options)
        conversation.sampling.minP = try number("min_p", of: options)
        conversation.sampling.seed = try number("seed", of: options)
        conversation.sampling.repeatPenalty = try number("repeat_penalty", of: options)
        conversation.sampling.presencePenalty = try number("presence_penalty", of: options)
        conversation.sampling.frequencyPenalty = try number("frequency_penalty", of: options)
        conversation.sampling.stop = try stopTexts(options)
        context.loseFields(of: options, except: Self.knownOptions)
    }

    static let knownOptions: Set<String> = [
        "num_predict", "temperature", "top_p", "top_k", "min_p", "seed", "repeat_penalty", "presence_penalty",
        "frequency_penalty", "stop",
    ]

    private func stopTexts(_ options: JSONValue) throws(DialectError) -> [JSONText] {
        guard let stop = options.present("stop") else { return [] }
        if let text = stop.text { return [text] }
        guard stop.isArray, stop.elements.allSatisfy(\.isString) else {
            throw DialectError("options.stop must be an array of strings", param: "options.stop")
        }
        return stop.elements.compactMap(\.text)
    }

    // MARK: - Settings

    private mutating func readFormat() throws(DialectError) {
        guard let format = root.present("format"), format.text?.isEmpty != true else { return }
        if format.isObject {
            let title = format["title"]?.string
            conversation.output = .jsonSchema(JSONSchemaFormat(name: title, schema: format, strict: nil))
        } else if format.equals("json") {
            conversation.output = .jsonObject
        } else {
            throw DialectError("format must be \"json\" or a JSON schema", param: "format")
        }
    }

    private func readThinking() throws(DialectError) -> ReasoningRequest? {
        guard let think = root.present("think") else { return nil }
        if let flag = think.bool { return ReasoningRequest(mode: flag ? .auto : .off) }
        if let word = think.string {
            if let level = EffortLevel(rawValue: word) { return ReasoningRequest(mode: .effort(level)) }
            if word == "none" { return ReasoningRequest(mode: .off) }
        }
        throw DialectError("think must be true, false or one of low, medium, high, max", param: "think")
    }

    // MARK: - Values

    private func text(_ key: StaticString, of object: JSONValue, _ place: String) throws(DialectError) -> JSONText? {
        guard let json = object.present(key) else { return nil }
        guard let text = json.text else {
            throw DialectError("\(place).\(key) must be a string", param: "\(place).\(key)")
        }
        return text
    }

    private func number(_ key: StaticString, of object: JSONValue) throws(DialectError) -> WireNumber? {
        guard let json = object.present(key) else { return nil }
        guard let number = WireNumber(json) else {
            let name = object.range == root.range ? "\(key)" : "options.\(key)"
            throw DialectError("\(name) must be a number", param: name)
        }
        return number
    }

    private func flag(_ key: StaticString) throws(DialectError) -> Bool? {
        guard let json = root.present(key) else { return nil }
        guard let flag = json.bool else { throw DialectError("\(key) must be true or false", param: "\(key)") }
        return flag
    }
}
