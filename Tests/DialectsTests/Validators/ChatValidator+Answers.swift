import JSONCore

/// OpenAI Chat Completions: answers.
extension ChatValidator {
    private static let reasons: Set<String> = ["stop", "length", "tool_calls", "content_filter", "function_call"]

    static func checkError(_ root: Node) {
        guard let error = root.required("error", .object) else { return }
        error.name("message")
        error.name("type")
        for key in ["param", "code"] { error.expect(error.member(key) != nil, "lacks \(key)") }
    }

    static func checkBody(_ root: Node) {
        checkHead(root, object: "chat.completion")
        guard let choices = root.required("choices", .array)?.elements else { return }
        root.expect(!choices.isEmpty, "has no choices")
        for (index, choice) in choices.enumerated() {
            choice.expect(choice.count("index") == index, "has another index")
            let reason = choice.word("finish_reason", of: reasons)
            guard let message = choice.required("message", .object) else { continue }
            message.word("role", of: ["assistant"])
            message.expect(message.member("content") != nil, "lacks content")
            let calls = message.optional("tool_calls", .array)?.elements ?? []
            for call in calls { checkWholeCall(call, isCut: reason == "length") }
            message.expect(reason != "tool_calls" || !calls.isEmpty, "ends for calls that it does not have")
            message.expect(reason != "stop" || calls.isEmpty, "ends ordinarily with calls")
            for source in message.optional("annotations", .array)?.elements ?? [] {
                source.required("url_citation", .object)?.name("url")
            }
        }
        checkUsage(root.required("usage", .object))
    }

    private static func checkHead(_ root: Node, object: String) {
        root.name("id")
        root.word("object", of: [object])
        root.count("created")
        root.name("model")
    }

    private static func checkUsage(_ usage: Node?) {
        guard let usage else { return }
        let prompt = usage.count("prompt_tokens") ?? 0
        let completion = usage.count("completion_tokens") ?? 0
        usage.expect(usage.count("total_tokens") == prompt + completion, "does not add up")
    }

    /// Arguments that the limit has cut off are passed on as they are.
    private static func checkWholeCall(_ call: Node, isCut: Bool) {
        call.name("id")
        if call.word("type", of: ["function", "custom"]) == "custom" {
            call.required("custom", .object)?.required("input", .string)
        } else {
            guard let function = call.required("function", .object) else { return }
            function.name("name")
            if isCut { function.required("arguments", .string) } else { function.objectText("arguments") }
        }
    }

    // MARK: - Streams

    private struct Choice {
        var hasRole = false
        var calls: [(name: String, arguments: String)] = []
        var reason: String?
    }

    static func checkStream(_ text: String, _ log: Complaints) -> StreamEnd {
        var frames = Frame.all(text, log)
        guard !frames.isEmpty else { return .open }
        guard frames.last?.data == "[DONE]" else { return .open }
        frames.removeLast()
        var choices: [Int: Choice] = [:]
        var identity: [String] = []
        for (number, frame) in frames.enumerated() {
            if frame.event != nil { log.add("frame \(number)", "has a name") }
            guard let chunk = Node(parsing: frame.data.utf8, "frame \(number)", log) else { continue }
            if chunk.member("error") != nil {
                checkError(chunk)
                chunk.expect(number == frames.count - 1, "is an error with something behind it")
                let isClean = choices.values.contains { $0.reason == "stop" || $0.reason == "tool_calls" }
                chunk.expect(!isClean, "is an error behind a good end")
                return .failed
            }
            checkHead(chunk, object: "chat.completion.chunk")
            let own = ["id", "model"].map { chunk.member($0)?.string ?? "" }
            if identity.isEmpty { identity = own }
            chunk.expect(identity == own, "belongs to another answer")
            checkChunk(chunk, &choices)
        }
        for (index, choice) in choices { checkEnd(choice, "choice \(index)", log) }
        if choices[0] == nil { log.add("stream", "has no choice") }
        return .clean
    }

    private static func checkChunk(_ chunk: Node, _ choices: inout [Int: Choice]) {
        checkUsage(chunk.optional("usage", .object))
        guard let list = chunk.required("choices", .array)?.elements else { return }
        chunk.expect(!list.isEmpty || chunk.present("usage") != nil, "has neither choices nor usage")
        for choice in list {
            guard let index = choice.count("index"), let delta = choice.required("delta", .object) else { continue }
            var state = choices[index] ?? Choice()
            choice.expect(state.reason == nil, "comes behind the end of its choice")
            let role = delta.present("role")?.string
            delta.expect(
                (role == "assistant") == !state.hasRole && (role ?? "assistant") == "assistant",
                "has role \(role ?? "none")"
            )
            state.hasRole = true
            delta.only([
                "role", "content", "reasoning_content", "reasoning", "reasoning_details", "refusal", "tool_calls",
                "annotations",
                "images",
            ])
            for call in delta.optional("tool_calls", .array)?.elements ?? [] { checkFragment(call, &state) }
            if choice.required("finish_reason", choice.present("finish_reason") == nil ? .null : .string)?.kind
                == .string
            {
                state.reason = choice.word("finish_reason", of: reasons)
            }
            choices[index] = state
        }
    }

    private static func checkFragment(_ call: Node, _ state: inout Choice) {
        guard let index = call.count("index") else { return }
        let isCustom = call.member("custom") != nil
        // A signature that comes behind its call has a fragment of its own.
        if call.member("extra_content") != nil, call.member("function") == nil, index < state.calls.count { return }
        let body = call.required(isCustom ? "custom" : "function", .object)
        let text = body?.optional(isCustom ? "input" : "arguments", .string)?.string ?? ""
        if index == state.calls.count {
            call.name("id")
            call.word("type", of: [isCustom ? "custom" : "function"])
            state.calls.append((body?.name("name") ?? "", isCustom ? "{}" : text))
        } else if state.calls.indices.contains(index) {
            call.only(["index", "function", "custom", "extra_content"])
            body?.expect(body?.member("name") == nil, "is named again")
            body?.expect(!text.isEmpty || call.member("extra_content") != nil, "says nothing")
            if !isCustom { state.calls[index].arguments += text }
        } else {
            call.complain("skips an index")
        }
    }

    private static func checkEnd(_ choice: Choice, _ path: String, _ log: Complaints) {
        guard let reason = choice.reason else { return log.add(path, "does not end") }
        if reason == "stop", !choice.calls.isEmpty { log.add(path, "ends ordinarily with calls") }
        if reason == "tool_calls", choice.calls.isEmpty { log.add(path, "ends for calls that it does not have") }
        guard reason == "tool_calls" else { return }
        for call in choice.calls where (try? JSONDocument.parse(Array(call.arguments.utf8)).root.isObject) != true {
            log.add(path, "\(call.name) has arguments \(call.arguments)")
        }
    }
}
