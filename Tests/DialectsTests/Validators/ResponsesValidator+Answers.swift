import JSONCore

/// OpenAI Responses: answers.
extension ResponsesValidator {
    static func checkError(_ root: Node) {
        guard let error = root.required("error", .object) else { return }
        error.name("message")
        error.name("type")
        for key in ["param", "code"] { error.expect(error.member(key) != nil, "lacks \(key)") }
    }

    static func checkBody(_ root: Node) {
        let status = checkResponse(root)
        root.expect(["completed", "incomplete", "failed"].contains(status), "is \(status ?? "nothing")")
        checkItems(root, status)
    }

    private static let always = [
        "error", "incomplete_details", "instructions", "metadata", "temperature", "top_p", "max_output_tokens",
        "previous_response_id", "reasoning", "text", "truncation", "usage", "user", "store",
    ]

    @discardableResult private static func checkResponse(_ root: Node) -> String? {
        root.name("id")
        root.word("object", of: ["response"])
        root.count("created_at")
        root.name("model")
        root.required("output", .array)
        root.required("parallel_tool_calls", .bool)
        root.required("tools", .array)
        root.expect(root.present("tool_choice") != nil, "lacks tool_choice")
        for key in always { root.expect(root.member(key) != nil, "lacks \(key)") }
        let status = root.word("status", of: ["completed", "failed", "in_progress", "incomplete"])
        root.expect((status == "failed") == (root.present("error") != nil), "is \(status ?? "") with another error")
        if let error = root.optional("error", .object) {
            error.name("code")
            error.name("message")
        }
        root.expect(
            (status == "incomplete") == (root.present("incomplete_details") != nil),
            "has wrong incomplete_details"
        )
        root.optional("incomplete_details", .object)?.word("reason", of: ["max_output_tokens", "content_filter"])
        if status == "completed" || status == "incomplete" { checkUsage(root.required("usage", .object)) }
        return status
    }

    private static func checkUsage(_ usage: Node?) {
        guard let usage else { return }
        let sum = (usage.count("input_tokens") ?? 0) + (usage.count("output_tokens") ?? 0)
        usage.expect(usage.count("total_tokens") == sum, "does not add up")
        usage.required("input_tokens_details", .object)?.count("cached_tokens")
        usage.required("output_tokens_details", .object)?.count("reasoning_tokens")
    }

    private static func checkItems(_ root: Node, _ status: String?) {
        var ids: Set<String> = []
        for item in root.member("output")?.elements ?? [] {
            item.expect(ids.insert(item.name("id") ?? "").inserted, "has the id of another item")
            checkItem(item, isDone: true)
            let isCut = item.present("status")?.string == "incomplete"
            item.expect(!isCut || status != "completed", "is incomplete in a complete response")
        }
    }

    private static func checkItem(_ item: Node, isDone: Bool) {
        switch item.name("type") {
        case "message":
            item.word("role", of: ["assistant"])
            item.word("status", of: ["in_progress", "completed", "incomplete"])
            let content = item.required("content", .array)?.elements ?? []
            item.expect(content.isEmpty != isDone, "has \(content.count) parts")
            for part in content { checkPart(part) }
        case "function_call":
            item.name("call_id")
            item.name("name")
            item.word("status", of: ["in_progress", "completed", "incomplete"])
            let isComplete = isDone && item.member("status")?.string == "completed"
            if isComplete { item.objectText("arguments") } else { item.required("arguments", .string) }
        case "custom_tool_call":
            item.name("call_id")
            item.name("name")
            item.required("input", .string)
        case "reasoning": item.required("summary", .array)
        case "web_search_call": item.name("status")
        default: break
        }
    }

    private static func checkPart(_ part: Node) {
        if part.word("type", of: ["output_text", "refusal"]) == "refusal" {
            part.required("refusal", .string)
            return
        }
        part.required("text", .string)
        for source in part.required("annotations", .array)?.elements ?? [] {
            source.name("type")
            source.name("url")
        }
    }

    // MARK: - Streams

    private struct Item {
        var id: String
        var type: String
        var parts: [String: String] = [:]
        var openParts: Set<String> = []
        var done: JSONValue?
    }

    private struct State {
        var items: [Item] = []
        var terminal: String?
        var id: String?
    }

    static func checkStream(_ text: String, _ log: Complaints) -> StreamEnd {
        var state = State()
        let frames = Frame.all(text, log)
        for (number, frame) in frames.enumerated() {
            guard let event = Node(parsing: frame.data.utf8, "event \(number)", log) else { continue }
            let type = event.name("type") ?? ""
            event.expect(frame.event == type, "is named \(frame.event ?? "nothing")")
            event.expect(event.count("sequence_number") == number, "has another sequence_number than \(number)")
            event.expect(state.terminal == nil, "comes behind the end")
            event.expect(number != 0 || type == "response.created", "comes before response.created")
            check(event, String(type.dropFirst("response.".count)), &state)
        }
        switch state.terminal {
        case nil: return .open
        case "failed": return .failed
        default: return .clean
        }
    }

    private static func check(_ event: Node, _ type: String, _ state: inout State) {
        switch type {
        case "created", "in_progress", "completed", "incomplete", "failed": checkWhole(event, type, &state)
        case "output_item.added": add(event, &state)
        case "output_item.done": finish(event, &state)
        case "content_part.added", "reasoning_summary_part.added": openPart(event, &state)
        case "content_part.done", "reasoning_summary_part.done": closePart(event, &state)
        case "output_text.delta", "refusal.delta", "reasoning_summary_text.delta", "reasoning_text.delta",
            "function_call_arguments.delta", "custom_tool_call_input.delta":
            grow(event, type, &state)
        case "output_text.done": compare(event, "text", &state)
        case "reasoning_summary_text.done", "reasoning_text.done": compare(event, "text", &state)
        case "refusal.done": compare(event, "refusal", &state)
        case "function_call_arguments.done": compare(event, "arguments", &state)
        case "custom_tool_call_input.done": compare(event, "input", &state)
        case "output_text.annotation.added":
            event.count("annotation_index")
            event.required("annotation", .object)?.name("type")
        case "web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed":
            withItem(event, &state) { _ in }
        default: event.complain("is unknown: \(type)")
        }
    }

    private static func checkWhole(_ event: Node, _ type: String, _ state: inout State) {
        guard let response = event.required("response", .object) else { return }
        let status = checkResponse(response)
        let isBegin = type == "created" || type == "in_progress"
        response.expect(status == (isBegin ? "in_progress" : type), "is \(status ?? "nothing") in \(type)")
        let id = response.member("id")?.string
        response.expect(state.id == nil || state.id == id, "has another id")
        state.id = id
        guard !isBegin else { return }
        state.terminal = type
        for (index, item) in state.items.enumerated() where item.done == nil && type != "failed" {
            event.complain("leaves item \(index) open")
        }
        checkItems(response, type)
        let output = response.member("output")?.elements ?? []
        let done = state.items.compactMap(\.done)
        // A failed response shows what had come, items that were open included.
        let open = Set(state.items.filter { $0.done == nil }.map(\.id))
        let shown = type == "failed" ? output.filter { !open.contains($0.member("id")?.string ?? "") } : output
        response.expect(shown.count == done.count, "has \(shown.count) items, \(done.count) were done")
        for (item, was) in zip(shown, done) {
            item.expect(item.value.isStructurallyEqual(to: was), "is not the item that was done")
        }
    }

    private static func add(_ event: Node, _ state: inout State) {
        guard let item = event.required("item", .object) else { return }
        event.expect(event.count("output_index") == state.items.count, "has another index than \(state.items.count)")
        checkItem(item, isDone: false)
        let type = item.name("type") ?? ""
        let reasoning = state.items.contains { $0.type == "reasoning" && $0.done == nil }
        event.expect(!reasoning, "begins an item while reasoning is open")
        let id = item.name("id") ?? ""
        event.expect(!state.items.contains { $0.id == id }, "uses an id again")
        state.items.append(Item(id: id, type: type))
    }

    private static func finish(_ event: Node, _ state: inout State) {
        guard let item = event.required("item", .object), let index = event.count("output_index") else { return }
        guard state.items.indices.contains(index), state.items[index].done == nil else {
            return event.complain("ends an item that is not open")
        }
        checkItem(item, isDone: true)
        let known = state.items[index]
        event.expect(item.member("id")?.string == known.id, "has another id")
        event.expect(item.member("type")?.string == known.type, "has another type")
        event.expect(known.openParts.isEmpty, "leaves parts open: \(known.openParts)")
        for key in ["arguments", "input"] {
            guard let text = item.present(key)?.string else { continue }
            item.expect(text == known.parts[""] ?? "", "ends with other \(key) than its deltas")
        }
        let texts = (item.present("content") ?? item.present("summary"))?.elements ?? []
        for (number, part) in texts.enumerated() {
            let text = (part.present("text") ?? part.present("refusal"))?.string
            part.expect(text == known.parts["\(number)"], "ends with another text than its deltas")
        }
        state.items[index].done = item.value
    }

    private static func withItem(_ event: Node, _ state: inout State, _ body: (inout Item) -> Void) {
        guard let index = event.count("output_index"), state.items.indices.contains(index),
            state.items[index].done == nil
        else { return event.complain("belongs to no open item") }
        event.expect(event.name("item_id") == state.items[index].id, "has the id of another item")
        body(&state.items[index])
    }

    private static func part(_ event: Node) -> String {
        (event.member("content_index") ?? event.member("summary_index"))?.value.int.map(String.init) ?? ""
    }

    private static func openPart(_ event: Node, _ state: inout State) {
        withItem(event, &state) { item in
            event.required("part", .object)?.name("type")
            event.expect(part(event) == "\(item.parts.count)", "has another index than \(item.parts.count)")
            event.expect(item.openParts.insert(part(event)).inserted, "opens a part again")
            item.parts[part(event)] = ""
        }
    }

    private static func closePart(_ event: Node, _ state: inout State) {
        withItem(event, &state) { item in
            event.expect(item.openParts.remove(part(event)) != nil, "closes a part that is not open")
            let made = event.required("part", .object)
            let text = (made?.present("text") ?? made?.present("refusal"))?.string
            event.expect(text == item.parts[part(event)], "closes a part with another text than its deltas")
        }
    }

    private static func grow(_ event: Node, _ type: String, _ state: inout State) {
        withItem(event, &state) { item in
            let key = part(event)
            let needsPart = !type.contains("call")
            event.expect(!needsPart || item.openParts.contains(key), "belongs to no open part")
            let delta = event.required("delta", .string)?.string ?? ""
            event.expect(!delta.isEmpty, "has an empty delta")
            item.parts[key, default: ""] += delta
        }
    }

    private static func compare(_ event: Node, _ key: String, _ state: inout State) {
        withItem(event, &state) { item in
            let text = event.required(key, .string)?.string
            event.expect(text == item.parts[part(event)] ?? "", "says something else than its deltas")
        }
    }
}
