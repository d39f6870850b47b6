import JSONCore

/// Anthropic Messages: requests.
enum MessagesValidator: Validator {
    private static let members: Set<String> = [
        "model", "max_tokens", "messages", "system", "stop_sequences", "temperature", "top_p", "top_k", "stream",
        "tools",
        "tool_choice", "thinking", "output_config", "metadata", "service_tier",
    ]

    static func checkRequest(_ root: Node) {
        root.only(members)
        root.name("model")
        root.count("max_tokens")
        root.number("temperature", in: 0...1)
        root.number("top_p", in: 0...1)
        root.number("top_k", in: 0...1e6)
        root.optional("stream", .bool)
        for stop in root.optional("stop_sequences", .array)?.elements ?? [] {
            stop.expect(stop.string?.contains { !$0.isWhitespace } == true, "is white space")
        }
        if let system = root.present("system"), system.kind != .string {
            for block in system.elements { checkBlock(block, ["text"]) }
        }
        let names = checkTools(root)
        checkChoice(root, names)
        checkThinking(root)
        checkMessages(root)
        let marks = String(decoding: root.value.raw, as: UTF8.self).components("\"cache_control\"")
        root.expect(marks <= 4, "has \(marks) cache marks")
    }

    private static func checkTools(_ root: Node) -> Set<String> {
        guard let tools = root.optional("tools", .array) else {
            root.expect(root.present("tool_choice") == nil, "has tool_choice without tools")
            return []
        }
        tools.expect(!tools.elements.isEmpty, "is empty")
        var names: Set<String> = []
        for tool in tools.elements {
            guard let name = tool.name("name") else { continue }
            tool.expect(names.insert(name).inserted, "is called \(name) again")
            if let type = tool.present("type")?.string, type != "custom" { continue }
            tool.only(["name", "description", "input_schema", "type", "strict", "cache_control"])
            tool.expect(Spelling.isWord(name, limit: 64), "is called \(name)")
            if let schema = tool.required("input_schema", .object) { SchemaRules.checkObject(schema) }
        }
        return names
    }

    private static func checkChoice(_ root: Node, _ names: Set<String>) {
        guard let choice = root.optional("tool_choice", .object) else { return }
        let kind = choice.word("type", of: ["auto", "any", "tool", "none"])
        if kind == "tool" { choice.expect(names.contains(choice.name("name") ?? ""), "names no tool") }
        if kind == "none" { choice.only(["type"]) }
        let isThinking = ["enabled", "adaptive"].contains(root.present("thinking")?.member("type")?.string)
        choice.expect(!isThinking || kind == "auto" || kind == "none", "demands a call while thinking")
    }

    private static func checkThinking(_ root: Node) {
        guard let thinking = root.optional("thinking", .object) else { return }
        switch thinking.word("type", of: ["enabled", "adaptive", "disabled"]) {
        case "enabled":
            let budget = thinking.count("budget_tokens") ?? 0
            thinking.expect(budget >= 1024, "has a budget of \(budget)")
            thinking.expect(budget < root.member("max_tokens")?.value.int ?? 0, "may use all of max_tokens")
        case "disabled": return
        default: break
        }
        let temperature = root.present("temperature")?.value.double ?? 1
        root.expect(temperature == 1, "has a temperature while thinking")
        root.expect(root.present("top_k") == nil, "has top_k while thinking")
    }

    // MARK: - Messages

    private static func checkMessages(_ root: Node) {
        guard let messages = root.required("messages", .array)?.elements else { return }
        root.expect(!messages.isEmpty, "has no messages")
        messages.first?.expect(messages.first?.member("role")?.string == "user", "is not the user's")
        var ids: Set<String> = []
        var open: Set<String> = []
        for (index, message) in messages.enumerated() {
            let role = message.word("role", of: ["user", "assistant"])
            if index > 0 {
                message.expect(messages[index - 1].member("role")?.string != role, "has the role of its neighbour")
            }
            let blocks = checkContent(message, role == "user")
            checkResults(message, blocks, &open)
            for call in blocks where call.member("type")?.string == "tool_use" {
                let id = call.member("id")?.string ?? ""
                call.expect(ids.insert(id).inserted, "uses the id \(id) again")
                open.insert(id)
            }
        }
        guard let last = messages.last else { return }
        last.expect(open.isEmpty, "leaves calls without results: \(open)")
        if last.member("role")?.string == "assistant" {
            let text = last.member("content")?.string ?? last.member("content")?.elements.last?.member("text")?.string
            last.expect(text?.last?.isWhitespace != true, "ends with white space")
        }
    }

    private static func checkContent(_ message: Node, _ isUser: Bool) -> [Node] {
        guard let content = message.present("content") else {
            message.complain("lacks content")
            return []
        }
        if let text = content.string {
            content.expect(text.contains { !$0.isWhitespace }, "is blank")
            return []
        }
        content.expect(!content.elements.isEmpty, "is empty")
        let kinds: Set<String> =
            isUser
            ? ["text", "image", "document", "search_result", "tool_result"]
            : ["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result"]
        for block in content.elements { checkBlock(block, kinds) }
        return content.elements
    }

    /// Results come first in the turn behind their calls, one for each.
    private static func checkResults(_ message: Node, _ blocks: [Node], _ open: inout Set<String>) {
        var isBehind = false
        for block in blocks {
            guard block.member("type")?.string == "tool_result" else {
                isBehind = true
                continue
            }
            block.expect(!isBehind, "comes behind other content")
            block.expect(open.remove(block.member("tool_use_id")?.string ?? "") != nil, "answers no call")
        }
        message.expect(open.isEmpty, "does not answer \(open)")
        open = []
    }

    private static func checkBlock(_ block: Node, _ kinds: Set<String>) {
        switch block.word("type", of: kinds) {
        case "text":
            block.only(["type", "text", "cache_control", "citations"])
            let text = block.required("text", .string)?.string ?? ""
            block.expect(text.contains { !$0.isWhitespace }, "is blank")
        case "image": checkSource(block, ["image/jpeg", "image/png", "image/gif", "image/webp"])
        case "document": checkSource(block, ["application/pdf", "text/plain"])
        case "thinking":
            block.only(["type", "thinking", "signature"])
            block.required("thinking", .string)
            block.name("signature")
        case "redacted_thinking": block.name("data")
        case "tool_use":
            block.only(["type", "id", "name", "input", "cache_control"])
            block.expect(Spelling.isWord(block.name("id") ?? "-", limit: 64), "has an illegal id")
            block.expect(Spelling.isWord(block.name("name") ?? "-", limit: 128), "has an illegal name")
            block.required("input", .object)
        case "tool_result":
            block.only(["type", "tool_use_id", "content", "is_error", "cache_control"])
            block.name("tool_use_id")
            guard let content = block.present("content"), content.kind != .string else { return }
            content.expect(!content.elements.isEmpty, "is empty")
            for part in content.elements { checkBlock(part, ["text", "image", "document", "search_result"]) }
        default: break
        }
    }

    private static func checkSource(_ block: Node, _ types: Set<String>) {
        guard let source = block.required("source", .object) else { return }
        switch source.word("type", of: ["base64", "url", "file", "text", "content"]) {
        case "base64":
            source.word("media_type", of: types)
            let data = source.name("data") ?? ""
            source.expect(Spelling.isWord(data, limit: .max, also: "+/="), "is no base64")
        case "url": source.expect(source.name("url")?.hasPrefix("http") == true, "has a strange URL")
        case "file": source.name("file_id")
        case "text": source.word("media_type", of: ["text/plain"])
        default: break
        }
    }
}

extension String {
    /// How often a text occurs.
    func components(_ text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
