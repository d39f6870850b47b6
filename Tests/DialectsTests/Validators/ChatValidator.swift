import JSONCore

/// OpenAI Chat Completions: requests.
enum ChatValidator: Validator {
    private static let members: Set<String> = [
        "model", "messages", "stream", "stream_options", "max_completion_tokens", "max_tokens", "temperature", "top_p",
        "presence_penalty", "frequency_penalty", "seed", "logit_bias", "n", "logprobs", "top_logprobs", "stop",
        "response_format", "tools", "tool_choice", "parallel_tool_calls", "reasoning_effort", "verbosity", "modalities",
        "audio", "prediction", "web_search_options", "service_tier", "store", "metadata", "user", "safety_identifier",
        "prompt_cache_key", "prompt_cache_retention",
    ]

    static func checkRequest(_ root: Node) {
        root.only(members)
        root.name("model")
        checkSampling(root)
        let names = checkTools(root)
        checkChoice(root, names)
        if let format = root.optional("response_format", .object) { checkFormat(format) }
        guard let messages = root.required("messages", .array)?.elements else { return }
        root.expect(!messages.isEmpty, "has no messages")
        for message in messages { checkMessage(message) }
        checkPairs(messages)
        if root.present("response_format")?.member("type")?.string == "json_object" {
            let says = messages.contains { String(decoding: $0.value.raw, as: UTF8.self).lowercased().contains("json") }
            root.expect(says, "asks for a JSON object without saying JSON")
        }
    }

    private static func checkSampling(_ root: Node) {
        root.number("temperature", in: 0...2)
        root.number("top_p", in: 0...1)
        root.number("presence_penalty", in: -2...2)
        root.number("frequency_penalty", in: -2...2)
        root.number("n", in: 1...128)
        root.number("top_logprobs", in: 0...20)
        root.number("max_tokens", in: 1...1e9)
        root.number("max_completion_tokens", in: 1...1e9)
        root.optional("stream", .bool)
        if root.present("stream_options") != nil {
            root.expect(root.present("stream")?.value.bool == true, "has stream_options without stream")
        }
        if let stop = root.present("stop") {
            let stops = stop.kind == .array ? stop.elements : [stop]
            stop.expect((1...4).contains(stops.count), "has \(stops.count) entries")
            for text in stops { text.expect(text.string?.isEmpty == false, "is no stop sequence") }
        }
        if root.present("top_logprobs") != nil {
            root.expect(root.present("logprobs")?.value.bool == true, "has top_logprobs without logprobs")
        }
    }

    // MARK: - Tools

    /// Returns the names of the tools.
    private static func checkTools(_ root: Node) -> Set<String> {
        guard let tools = root.optional("tools", .array) else {
            for key in ["tool_choice", "parallel_tool_calls"] {
                root.expect(root.present(key) == nil, "has \(key) without tools")
            }
            return []
        }
        tools.expect((1...128).contains(tools.elements.count), "has \(tools.elements.count) tools")
        var names: Set<String> = []
        for tool in tools.elements {
            let kind = tool.word("type", of: ["function", "custom"]) ?? "function"
            guard let body = tool.required(kind, .object), let name = body.name("name") else { continue }
            body.expect(Spelling.isWord(name, limit: 64), "is called \(name)")
            body.expect(names.insert(name).inserted, "is called \(name) again")
            body.optional("description", .string)
            if let parameters = body.optional("parameters", .object) { SchemaRules.checkObject(parameters) }
        }
        return names
    }

    private static func checkChoice(_ root: Node, _ names: Set<String>) {
        guard let choice = root.present("tool_choice") else { return }
        if let word = choice.string {
            return choice.expect(["none", "auto", "required"].contains(word), "is \(word)")
        }
        let kind = choice.word("type", of: ["function", "custom", "allowed_tools"]) ?? "function"
        let body = choice.required(kind, .object)
        if kind == "allowed_tools" {
            body?.word("mode", of: ["auto", "required"])
            body?.expect(body?.required("tools", .array)?.elements.isEmpty == false, "allows nothing")
        } else if let name = body?.name("name") {
            choice.expect(names.contains(name), "names no tool")
        }
    }

    private static func checkFormat(_ format: Node) {
        guard format.word("type", of: ["text", "json_object", "json_schema"]) == "json_schema" else { return }
        guard let schema = format.required("json_schema", .object) else { return }
        if let name = schema.name("name") { schema.expect(Spelling.isWord(name, limit: 64), "is called \(name)") }
        schema.required("schema", .object)
    }

    // MARK: - Messages

    private static func checkMessage(_ message: Node) {
        guard let role = message.word("role", of: ["system", "developer", "user", "assistant", "tool"]) else { return }
        let content = message.present("content")
        switch role {
        case "assistant":
            message.only(["role", "content", "refusal", "tool_calls", "name", "reasoning_content"])
            let calls = message.optional("tool_calls", .array)
            message.expect(content != nil || calls != nil || message.present("refusal") != nil, "says nothing")
            calls?.expect(calls?.elements.isEmpty == false, "is empty")
            for call in calls?.elements ?? [] { checkCall(call) }
            checkContent(content, ["text", "refusal"])
        case "tool":
            message.only(["role", "content", "tool_call_id"])
            message.name("tool_call_id")
            message.expect(content != nil, "lacks content")
            checkContent(content, ["text"])
        case "user":
            message.only(["role", "content", "name"])
            message.expect(content != nil, "lacks content")
            checkContent(content, ["text", "image_url", "input_audio", "file"])
        default:
            message.only(["role", "content", "name"])
            message.expect(content != nil, "lacks content")
            checkContent(content, ["text"])
        }
    }

    private static func checkContent(_ content: Node?, _ kinds: Set<String>) {
        guard let content, content.kind != .string else { return }
        content.expect(content.kind == .array && !content.elements.isEmpty, "is neither text nor parts")
        for part in content.elements {
            switch part.word("type", of: kinds) {
            case "text": part.required("text", .string)
            case "refusal": part.required("refusal", .string)
            case "image_url":
                let url = part.required("image_url", .object)?.name("url") ?? ""
                part.expect(
                    url.hasPrefix("http") || url.hasPrefix("data:image/"),
                    "has a strange URL \(url.prefix(40))"
                )
            case "input_audio":
                part.required("input_audio", .object)?.word("format", of: ["wav", "mp3"])
            case "file":
                let file = part.required("file", .object)
                file?.expect(file?.present("file_data") != nil || file?.present("file_id") != nil, "has no data")
                if file?.present("file_data") != nil { file?.name("filename") }
            default: break
            }
        }
    }

    private static func checkCall(_ call: Node) {
        if let id = call.name("id") { call.expect(id.utf8.count <= 64, "has an id of \(id.utf8.count) bytes") }
        switch call.word("type", of: ["function", "custom"]) {
        case "function":
            guard let function = call.required("function", .object) else { return }
            if let name = function.name("name") {
                function.expect(Spelling.isWord(name, limit: 64), "is called \(name)")
            }
            function.objectText("arguments")
        case "custom":
            call.required("custom", .object)?.name("name")
            call.present("custom")?.required("input", .string)
        default: break
        }
    }

    /// Every call is answered directly behind its message, and nothing else is.
    private static func checkPairs(_ messages: [Node]) {
        var open: [String] = []
        for message in messages {
            if message.member("role")?.string == "tool" {
                let id = message.member("tool_call_id")?.string ?? ""
                if let place = open.firstIndex(of: id) {
                    open.remove(at: place)
                } else {
                    message.complain("answers no call of the turn before")
                }
                continue
            }
            message.expect(open.isEmpty, "comes before the results of \(open)")
            open = (message.present("tool_calls")?.elements ?? []).compactMap { $0.member("id")?.string }
            message.expect(Set(open).count == open.count, "uses an id twice")
        }
        messages.last?.expect(open.isEmpty, "is not answered: \(open)")
    }
}

/// What every vendor demands of the schema of a tool's arguments.
enum SchemaRules {
    static func checkObject(_ schema: Node) {
        let type = schema.member("type")?.string
        schema.expect(type == "object" || type == "OBJECT", "is no schema of an object")
        guard let properties = schema.required("properties", .object) else { return }
        let names = Set(properties.keys)
        for name in schema.present("required")?.elements ?? [] {
            name.expect(names.contains(name.string ?? ""), "demands the unknown \(name.string ?? "?")")
        }
        checkReferences(schema, root: schema)
    }

    /// Every reference leads somewhere.
    private static func checkReferences(_ node: Node, root: Node) {
        if let reference = node.value.isObject ? node.present("$ref")?.string : nil {
            var place: Node? = root
            for step in reference.split(separator: "/").dropFirst() { place = place?.member(String(step)) }
            node.expect(reference.hasPrefix("#") && place != nil, "refers to nothing: \(reference)")
        }
        for key in node.value.isObject ? node.keys : [] { node.member(key).map { checkReferences($0, root: root) } }
        if node.value.isArray { for element in node.elements { checkReferences(element, root: root) } }
    }
}
