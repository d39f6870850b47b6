import JSONCore

/// OpenAI Responses: requests.
enum ResponsesValidator: Validator {
    private static let members: Set<String> = [
        "model", "input", "instructions", "stream", "stream_options", "background", "store", "max_output_tokens",
        "max_tool_calls", "temperature", "top_p", "top_logprobs", "truncation", "tools", "tool_choice",
        "parallel_tool_calls", "reasoning", "text", "include", "previous_response_id", "conversation", "prompt",
        "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier",
    ]
    private static let includable: Set<String> = [
        "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
        "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
        "reasoning.encrypted_content", "message.output_text.logprobs",
    ]

    static func checkRequest(_ root: Node) {
        root.only(members)
        root.name("model")
        root.optional("instructions", .string)
        root.optional("stream", .bool)
        root.number("temperature", in: 0...2)
        root.number("top_p", in: 0...1)
        root.number("max_output_tokens", in: 16...1e9)
        root.number("top_logprobs", in: 0...20)
        for name in root.optional("include", .array)?.elements ?? [] {
            name.expect(includable.contains(name.string ?? ""), "is \(name.string ?? "no text")")
        }
        if let reasoning = root.optional("reasoning", .object) {
            reasoning.only(["effort", "summary", "context", "mode"])
            if reasoning.present("effort") != nil {
                reasoning.word("effort", of: ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
            }
        }
        if let format = root.optional("text", .object)?.optional("format", .object) { checkFormat(format) }
        let names = checkTools(root)
        checkChoice(root, names)
        checkInput(root)
    }

    private static func checkFormat(_ format: Node) {
        guard format.word("type", of: ["text", "json_object", "json_schema"]) == "json_schema" else { return }
        if let name = format.name("name") { format.expect(Spelling.isWord(name, limit: 64), "is called \(name)") }
        format.required("schema", .object)
        format.expect(format.member("json_schema") == nil, "nests the schema as Chat does")
    }

    // MARK: - Tools

    private static func checkTools(_ root: Node) -> Set<String> {
        guard let tools = root.optional("tools", .array) else {
            for key in ["tool_choice", "parallel_tool_calls"] {
                root.expect(root.present(key) == nil, "has \(key) without tools")
            }
            return []
        }
        tools.expect(!tools.elements.isEmpty, "is empty")
        var names: Set<String> = []
        for tool in tools.elements {
            let type = tool.name("type") ?? ""
            guard type == "function" || type == "custom" else { continue }
            tool.expect(tool.member("function") == nil, "nests the function as Chat does")
            if let name = tool.name("name") {
                tool.expect(Spelling.isWord(name, limit: 64), "is called \(name)")
                tool.expect(names.insert(name).inserted, "is called \(name) again")
            }
            guard type == "function" else { continue }
            tool.required("strict", .bool)
            if let parameters = tool.required("parameters", .object) { SchemaRules.checkObject(parameters) }
        }
        return names
    }

    private static func checkChoice(_ root: Node, _ names: Set<String>) {
        guard let choice = root.present("tool_choice") else { return }
        if let word = choice.string {
            return choice.expect(["none", "auto", "required"].contains(word), "is \(word)")
        }
        switch choice.name("type") {
        case "function", "custom": choice.expect(names.contains(choice.name("name") ?? ""), "names no tool")
        case "allowed_tools":
            choice.word("mode", of: ["auto", "required"])
            choice.expect(choice.required("tools", .array)?.elements.isEmpty == false, "allows nothing")
        default: break
        }
    }

    // MARK: - Input

    private static let outputs: [String: String] = [
        "function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call",
        "local_shell_call_output": "local_shell_call", "shell_call_output": "shell_call",
        "apply_patch_call_output": "apply_patch_call",
    ]

    private static func checkInput(_ root: Node) {
        guard let input = root.present("input") else { return root.complain("lacks input") }
        if let text = input.string { return input.expect(!text.isEmpty, "is empty") }
        input.expect(!input.elements.isEmpty, "is empty")
        var open: [String: String] = [:]
        for item in input.elements {
            let type = item.member("type")?.string ?? "message"
            if let call = outputs[type] {
                let id = item.name("call_id") ?? ""
                item.expect(open.removeValue(forKey: id) == call, "answers no \(call) \(id)")
                checkOutput(item)
            } else {
                checkItem(item, type, &open)
            }
        }
        input.expect(open.isEmpty, "leaves calls without outputs: \(open.keys.sorted())")
    }

    private static func checkItem(_ item: Node, _ type: String, _ open: inout [String: String]) {
        switch type {
        case "message": checkMessage(item)
        case "function_call", "custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call":
            let id = item.name("call_id") ?? ""
            item.expect(id.utf8.count <= 64, "has a call_id of \(id.utf8.count) bytes")
            item.expect(open.updateValue(type, forKey: id) == nil, "uses the call_id \(id) again")
            if type == "function_call" || type == "custom_tool_call" {
                item.expect(Spelling.isWord(item.name("name") ?? "-", limit: 64), "has an illegal name")
            }
            if type == "function_call" { item.required("arguments", .string) }
            if type == "custom_tool_call" { item.required("input", .string) }
        case "reasoning":
            for part in item.required("summary", .array)?.elements ?? [] {
                part.word("type", of: ["summary_text"])
                part.required("text", .string)
            }
            for key in ["status", "content"] { item.expect(item.member(key)?.kind != .null, "has null as \(key)") }
        default: break
        }
        if item.present("id") == nil { item.expect(item.member("id") == nil, "has null as id") }
    }

    private static func checkOutput(_ item: Node) {
        guard let output = item.present("output") else { return item.complain("lacks output") }
        guard output.kind == .array else { return output.expect(output.kind == .string, "is neither text nor parts") }
        guard item.member("type")?.string != "shell_call_output" else { return }
        checkParts(output, ["input_text", "input_image", "input_file"])
    }

    private static func checkMessage(_ item: Node) {
        guard let role = item.word("role", of: ["user", "assistant", "system", "developer"]) else { return }
        guard let content = item.present("content") else { return item.complain("lacks content") }
        guard content.kind != .string else { return }
        content.expect(content.kind == .array && !content.elements.isEmpty, "is neither text nor parts")
        let kinds: Set<String> =
            switch role {
            case "assistant": ["output_text", "refusal"]
            case "user": ["input_text", "input_image", "input_file", "input_audio"]
            default: ["input_text"]
            }
        checkParts(content, kinds)
    }

    private static func checkParts(_ content: Node, _ kinds: Set<String>) {
        for part in content.elements {
            switch part.word("type", of: kinds) {
            case "input_text", "output_text": part.required("text", .string)
            case "refusal": part.required("refusal", .string)
            case "input_image":
                part.expect(part.present("file_id") != nil || part.name("image_url") != nil, "has no image")
                part.word("detail", of: ["auto", "low", "high", "original"])
            case "input_file":
                let sources = ["file_id", "file_data", "file_url"].filter { part.present($0) != nil }
                part.expect(sources.count == 1, "has \(sources.count) sources")
                if part.present("file_data") != nil { part.name("filename") }
            case "input_audio": part.required("input_audio", .object)?.word("format", of: ["wav", "mp3"])
            default: break
            }
        }
    }
}
