import JSONCore

/// Anthropic Messages: answers.
extension MessagesValidator {
    private static let reasons: Set<String> = [
        "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded",
    ]

    static func checkError(_ root: Node) {
        root.word("type", of: ["error"])
        guard let error = root.required("error", .object) else { return }
        error.name("type")
        error.name("message")
    }

    static func checkBody(_ root: Node) {
        checkMessage(root)
        let reason = checkReason(root)
        let content = root.member("content")?.elements ?? []
        for block in content { checkAnswerBlock(block) }
        let calls = content.contains { $0.member("type")?.string == "tool_use" }
        root.expect(reason != "tool_use" || calls, "ends for calls that it does not have")
        root.expect(reason != "end_turn" || !calls, "ends ordinarily with calls")
    }

    private static func checkMessage(_ message: Node) {
        message.name("id")
        message.word("type", of: ["message"])
        message.word("role", of: ["assistant"])
        message.name("model")
        message.required("content", .array)
        for key in ["stop_reason", "stop_sequence"] { message.expect(message.member(key) != nil, "lacks \(key)") }
        guard let usage = message.required("usage", .object) else { return }
        for key in ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] {
            usage.count(key)
        }
    }

    @discardableResult private static func checkReason(_ node: Node) -> String? {
        let reason = node.word("stop_reason", of: reasons)
        let hasText = node.present("stop_sequence") != nil
        node.expect((reason == "stop_sequence") == hasText, "has \(reason ?? "") and stop_sequence \(hasText)")
        return reason
    }

    private static func checkAnswerBlock(_ block: Node) {
        switch block.name("type") {
        case "text": block.expect(block.required("text", .string)?.string?.isEmpty == false, "is empty")
        case "thinking":
            block.required("thinking", .string)
            block.name("signature")
        case "redacted_thinking": block.name("data")
        case "tool_use", "server_tool_use":
            block.name("id")
            block.name("name")
            block.required("input", .object)
        default: break
        }
    }

    // MARK: - Streams

    private struct State {
        var open: (index: Int, kind: String)?
        var arguments = ""
        var deltas = 0
        var next = 0
        var hasStarted = false
        var calls = 0
        /// Arguments that are no JSON: only a limit may leave them so.
        var cut: String?
        var reason: String?
    }

    static func checkStream(_ text: String, _ log: Complaints) -> StreamEnd {
        let frames = Frame.all(text, log)
        var state = State()
        for (number, frame) in frames.enumerated() {
            guard let event = Node(parsing: frame.data.utf8, "event \(number)", log) else { continue }
            let type = event.name("type") ?? ""
            event.expect(frame.event == type, "is named \(frame.event ?? "nothing")")
            if type == "error" {
                checkError(event)
                event.expect(number == frames.count - 1, "is an error with something behind it")
                event.expect(state.reason == nil, "is an error behind a good end")
                return .failed
            }
            if type == "message_stop" {
                event.expect(number == frames.count - 1, "is the end with something behind it")
                event.expect(state.reason != nil && state.open == nil, "comes too early")
                return .clean
            }
            event.expect(state.hasStarted || type == "message_start" || type == "ping", "comes before the start")
            check(event, type, &state)
        }
        return .open
    }

    private static func check(_ event: Node, _ type: String, _ state: inout State) {
        switch type {
        case "message_start":
            event.expect(!state.hasStarted, "starts again")
            state.hasStarted = true
            guard let message = event.required("message", .object) else { return }
            checkMessage(message)
            message.expect(message.member("content")?.elements.isEmpty == true, "has content")
        case "content_block_start": start(event, &state)
        case "content_block_delta": delta(event, &state)
        case "content_block_stop": stop(event, &state)
        case "message_delta":
            event.expect(state.open == nil && state.reason == nil, "comes too early or twice")
            guard let delta = event.required("delta", .object) else { return }
            state.reason = checkReason(delta)
            event.expect(state.reason != "tool_use" || state.calls > 0, "ends for calls that it does not have")
            event.expect(state.reason != "end_turn" || state.calls == 0, "ends ordinarily with calls")
            event.expect(state.cut == nil || state.reason == "max_tokens", "leaves the arguments \(state.cut ?? "")")
            event.required("usage", .object)?.count("output_tokens")
        case "ping": break
        default: event.complain("is unknown: \(type)")
        }
    }

    private static func start(_ event: Node, _ state: inout State) {
        event.expect(state.open == nil, "opens a block inside another")
        event.expect(state.reason == nil, "comes behind message_delta")
        event.expect(event.count("index") == state.next, "has another index than \(state.next)")
        let block = event.required("content_block", .object)
        let kind = block?.name("type") ?? ""
        if kind == "tool_use" {
            state.calls += 1
            for key in ["id", "name"] { block?.name(key) }
            block?.expect(block?.required("input", .object)?.keys.isEmpty == true, "has input at its start")
        }
        state.open = (state.next, kind)
        state.next += 1
        state.arguments = ""
        state.deltas = 0
    }

    private static let deltas: [String: (kind: String, key: String)] = [
        "text_delta": ("text", "text"), "thinking_delta": ("thinking", "thinking"),
        "signature_delta": ("thinking", "signature"), "input_json_delta": ("tool_use", "partial_json"),
    ]

    private static func delta(_ event: Node, _ state: inout State) {
        guard let open = state.open else { return event.complain("is outside of a block") }
        event.expect(event.count("index") == open.index, "belongs to another block")
        guard let delta = event.required("delta", .object), let type = delta.name("type") else { return }
        state.deltas += 1
        guard let rule = deltas[type] else { return delta.expect(type == "citations_delta", "is \(type)") }
        let isServerTool = open.kind == "server_tool_use" && rule.kind == "tool_use"
        delta.expect(rule.kind == open.kind || isServerTool, "is \(type) in \(open.kind)")
        let text = delta.required(rule.key, .string)?.string ?? ""
        if type == "input_json_delta" { state.arguments += text } else { delta.expect(!text.isEmpty, "is empty") }
    }

    private static func stop(_ event: Node, _ state: inout State) {
        guard let open = state.open else { return event.complain("closes nothing") }
        event.expect(event.count("index") == open.index, "closes another block")
        if open.kind == "text" || open.kind == "thinking" { event.expect(state.deltas > 0, "closes an empty block") }
        if open.kind == "tool_use" {
            let root = try? JSONDocument.parse(Array(state.arguments.utf8)).root
            if root?.isObject != true { state.cut = state.arguments }
        }
        state.open = nil
    }
}
