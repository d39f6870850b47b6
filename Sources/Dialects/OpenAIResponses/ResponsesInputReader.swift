import JSONCore

/// Reads the items of a Responses input as turns.
///
/// Reasoning, messages and calls of the assistant that follow each other are one turn, and so are results.
struct ResponsesInputReader {
    private(set) var context: TranslationContext
    /// Instructions in front of the conversation.
    private(set) var system: [SystemBlock] = []
    private(set) var turns: [Turn] = []
    /// Lists of tools that stand among the items.
    private(set) var laterTools: [JSONValue] = []
    /// The identifiers of calls by those of their items, which some clients repeat instead.
    private var callIDs: [String: String] = [:]

    init(context: TranslationContext) {
        self.context = context
    }

    mutating func read(_ item: JSONValue, at index: Int) throws(DialectError) {
        let place = "input[\(index)]"
        if let text = item.text { return append([.text(text)], to: .user) }
        guard item.isObject else { throw DialectError("\(place) must be an object", param: place) }
        if let type = item.present("type"), !type.isString {
            throw DialectError("\(place).type must be a string", param: "\(place).type")
        }
        let type = item["type"]?.string ?? (item["role"] != nil ? "message" : "")
        switch type {
        case "message": try readMessage(item, place)
        case "function_call", "custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call":
            readCall(item, type)
        case "function_call_output", "custom_tool_call_output", "local_shell_call_output", "shell_call_output",
            "apply_patch_call_output":
            try readResult(item, type, place)
        case "reasoning": readReasoning(item)
        case "image_generation_call": readImage(item)
        case "web_search_call": readSearch(item)
        case "tool_search_output", "additional_tools": if let tools = item.present("tools") { laterTools.append(tools) }
        case "tool_search_call": break
        case "item_reference": context.lose(.serverState, "item_reference")
        case "compaction", "compaction_trigger", "program", "program_output":
            throw DialectError(
                .unsupported,
                "\(place): only OpenAI itself can read an item of type \(type)",
                param: place,
                code: "unsupported_input_item"
            )
        default: try readUnknown(item, type, place)
        }
    }

    private mutating func readUnknown(_ item: JSONValue, _ type: String, _ place: String) throws(DialectError) {
        guard item["role"] == nil, item["content"] == nil else {
            throw DialectError("\(place).type is not known", param: "\(place).type")
        }
        context.lose(.contentPart, type.isEmpty ? nil : String(type.prefix(64)))
    }

    // MARK: - Turns

    private mutating func append(_ parts: [Part], to role: Turn.Role) {
        turns.append(Turn(role, parts))
    }

    private mutating func appendToAssistant(_ parts: [Part]) {
        guard let last = turns.indices.last, turns[last].role == .assistant else {
            return append(parts, to: .assistant)
        }
        turns[last].parts += parts
    }

    private mutating func readMessage(_ item: JSONValue, _ place: String) throws(DialectError) {
        let parts = try content(item, place)
        switch item["role"]?.string {
        case "user": append(parts, to: .user)
        case "assistant": appendToAssistant(parts)
        case "system", "developer":
            let texts = context.systemTexts(parts)
            guard turns.isEmpty else { return append(texts, to: .system) }
            for case .text(let part) in texts { system.append(SystemBlock(text: part.text)) }
        default:
            throw DialectError(
                "\(place).role must be one of user, assistant, system, developer",
                param: "\(place).role"
            )
        }
    }

    private mutating func content(_ item: JSONValue, _ place: String) throws(DialectError) -> [Part] {
        guard let content = item.present("content") else { return [] }
        if let text = content.text { return [.text(text)] }
        return try parts(content, "content", place)
    }

    private mutating func parts(
        _ content: JSONValue,
        _ member: StaticString,
        _ place: String
    ) throws(DialectError) -> [Part] {
        let parts = ChatParts.parts(of: content)
        if content.isArray, content.elements.contains(where: { $0["annotations"]?.asks == true }) {
            context.lose(.contentPart, "annotations")
        }
        let unknown = try Dialect.openAIResponses.naming(.member(member), at: place) { () throws(Misfit) in
            try ChatParts.unknownTypes(in: content, read: parts.count)
        }
        for type in unknown { context.lose(.contentPart, String(type.prefix(64))) }
        return parts.map { part in
            guard case .media(var media) = part, case .file(let id, .openAIChat) = media.source else { return part }
            media.source = .file(id, .openAIResponses)
            return .media(media)
        }
    }

    // MARK: - Calls and results

    private mutating func readCall(_ item: JSONValue, _ type: String) {
        let itemID = item["id"]?.wireText ?? ""
        let callID = item["call_id"]?.wireText ?? ""
        if !callID.isEmpty, !itemID.isEmpty { callIDs[itemID] = callID }
        var call = ToolCall(
            id: callID.isEmpty ? itemID : callID,
            name: item["name"]?.string ?? "",
            arguments: .text("{}")
        )
        switch type {
        case "custom_tool_call":
            call.kind = .custom
            call.arguments = .text(item["input"]?.text ?? "")
        case "local_shell_call":
            call.kind = .localShell
            call.name = ResponsesTools.shell
            call.arguments = localShellArguments(item["action"])
        case "shell_call":
            call.kind = .shell
            call.name = ResponsesTools.shell
            if let action = item["action"], action.isObject { call.arguments = .object(action) }
        case "apply_patch_call":
            call.kind = .applyPatch
            call.name = ResponsesTools.applyPatch
            call.arguments = patchArguments(item["operation"])
        default: readFunction(item, into: &call)
        }
        appendToAssistant([.toolCall(call)])
    }

    private func readFunction(_ item: JSONValue, into call: inout ToolCall) {
        if let arguments = item.present("arguments") {
            if arguments.isObject {
                call.arguments = .object(arguments)
            } else if let text = arguments.text {
                call.arguments = .text(JSONRepair.decodedOnce(text) ?? text)
            }
        }
        guard let namespace = item["namespace"]?.string, !namespace.isEmpty, !call.name.isEmpty else { return }
        call.name = ResponsesTools.flatName(call.name, in: namespace)
        call.namespace = namespace
    }

    private func localShellArguments(_ action: JSONValue?) -> ToolCall.Arguments {
        let bytes = ResponsesItem.object { writer in
            for (key, value) in action?.members ?? JSONDocument.emptyObject.root.members where !value.isNull {
                if key.equals("type") || key.equals("env") && value.count == 0 { continue }
                if key.equals("working_directory") { writer.key("workdir") } else { writer.key(key) }
                writer.raw(value)
            }
        }
        return (try? JSONDocument.parse(bytes)).map { .object($0.root) } ?? .text("{}")
    }

    private func patchArguments(_ operation: JSONValue?) -> ToolCall.Arguments {
        guard let operation, operation.isObject else { return .text("{}") }
        let bytes = ResponsesItem.object { $0.member("operation", operation) }
        return (try? JSONDocument.parse(bytes)).map { .object($0.root) } ?? .text("{}")
    }

    private mutating func readResult(_ item: JSONValue, _ type: String, _ place: String) throws(DialectError) {
        let id = item["call_id"]?.wireText ?? item["id"]?.wireText ?? ""
        var result = ToolResult(callID: callIDs[id] ?? id, parts: [])
        let output = item.present("output")
        if let text = output?.text {
            result.parts = [.text(text)]
        } else if let output, type.hasPrefix("function") || type.hasPrefix("custom"), output.isArray {
            result.parts = try parts(output, "output", place)
        } else if let output, output.isArray || output.isObject {
            // What a shell or a hosted tool returns is JSON.
            result.parts = [.text(JSONCompaction.text(output))]
        } else if output != nil {
            throw DialectError("\(place).output must be a string or an array of parts", param: "\(place).output")
        }
        result.isError = type == "apply_patch_call_output" && item["status"]?.equals("failed") == true
        if let last = turns.indices.last, turns[last].role == .user, turns[last].parts.last?.isToolResult == true {
            turns[last].parts.append(.toolResult(result))
        } else {
            append([.toolResult(result)], to: .user)
        }
    }

    // MARK: - Reasoning and images

    private mutating func readReasoning(_ item: JSONValue) {
        let signature = Signature.read(item.present("encrypted_content")?.text, native: .openAI)
        var texts = item["summary"]?.elements.compactMap { $0["text"]?.text } ?? []
        let hasSummary = !texts.isEmpty
        if texts.allSatisfy(\.isEmpty) { texts = item["content"]?.elements.compactMap { $0["text"]?.text } ?? [] }
        let text = JSONText.joined(texts.filter { !$0.isEmpty }, separator: "\n\n")
        if text.isEmpty, !hasSummary, let signature {
            appendToAssistant([.redactedThinking(signature)])
        } else if !text.isEmpty || signature != nil {
            appendToAssistant([.thinking(Thinking(text: text, signature: signature))])
        }
    }

    private mutating func readSearch(_ item: JSONValue) {
        context.lose(.contentPart, "web_search_call")
        if turns.last?.role != .assistant { append([], to: .assistant) }
        SearchNote.append(ResponsesItem.search(item), to: &turns[turns.count - 1].parts)
        if turns.last?.parts.isEmpty == true { turns.removeLast() }
    }

    private mutating func readImage(_ item: JSONValue) {
        guard let data = item["result"]?.text, !data.isEmpty else { return }
        appendToAssistant([.media(MediaReading.medium(.image, base64: data, type: "image/png"))])
    }
}
