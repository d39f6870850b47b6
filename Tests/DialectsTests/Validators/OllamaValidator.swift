import JSONCore

/// Ollama's `/api/chat`.
enum OllamaValidator: Validator {
    private static let members: Set<String> = [
        "model", "messages", "stream", "format", "tools", "think", "keep_alive", "options", "logprobs", "top_logprobs",
    ]
    private static let options: Set<String> = [
        "num_predict", "temperature", "top_p", "top_k", "min_p", "seed", "stop", "repeat_penalty", "presence_penalty",
        "frequency_penalty", "num_ctx",
    ]

    // MARK: - Requests

    static func checkRequest(_ root: Node) {
        root.only(members)
        root.name("model")
        root.required("stream", .bool)
        if let options = root.optional("options", .object) {
            options.only(Self.options)
            for key in options.keys where key != "stop" { options.optional(key, .number) }
            for stop in options.optional("stop", .array)?.elements ?? [] {
                stop.expect(stop.kind == .string, "is no text")
            }
        }
        if let think = root.present("think"), think.kind != .bool {
            think.expect(["low", "medium", "high", "max"].contains(think.string), "is no level")
        }
        if let format = root.present("format"), format.kind != .object {
            format.expect(format.string == "json", "is neither json nor a schema")
        }
        for tool in root.optional("tools", .array)?.elements ?? [] {
            tool.word("type", of: ["function"])
            guard let function = tool.required("function", .object) else { continue }
            function.name("name")
            if let parameters = function.required("parameters", .object) { SchemaRules.checkObject(parameters) }
        }
        guard let messages = root.required("messages", .array)?.elements else { return }
        root.expect(!messages.isEmpty, "has no messages")
        for message in messages { checkMessage(message) }
        checkPairs(messages)
    }

    private static func checkMessage(_ message: Node) {
        message.only(["role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id"])
        let role = message.word("role", of: ["system", "user", "assistant", "tool"])
        let content = message.required("content", .string)?.string ?? ""
        let calls = message.optional("tool_calls", .array)?.elements ?? []
        let images = message.optional("images", .array)?.elements ?? []
        message.expect(calls.isEmpty || role == "assistant", "has calls of \(role ?? "")")
        let says = !content.isEmpty || !calls.isEmpty || !images.isEmpty || message.present("thinking") != nil
        message.expect(says || role == "tool", "says nothing")
        for image in images {
            image.expect(Spelling.isWord(image.string ?? "", limit: .max, also: "+/="), "is no base64")
        }
        for (index, call) in calls.enumerated() {
            guard let function = call.required("function", .object) else { continue }
            function.name("name")
            function.required("arguments", .object)
            if let written = function.present("index") { written.expect(written.value.int == index, "is not \(index)") }
        }
        if role == "tool" { message.name("tool_name") }
    }

    /// Results come behind the turn of their calls, in its order.
    private static func checkPairs(_ messages: [Node]) {
        var open: [(id: String?, name: String?)] = []
        for message in messages {
            guard message.member("role")?.string == "tool" else {
                message.expect(open.isEmpty, "comes before the results of \(open.map { $0.name ?? "" })")
                open = (message.present("tool_calls")?.elements ?? []).map {
                    ($0.present("id")?.string, $0.present("function")?.member("name")?.string)
                }
                continue
            }
            guard let call = open.first else {
                message.complain("answers no call")
                continue
            }
            open.removeFirst()
            message.expect(message.present("tool_call_id")?.string == call.id, "has the id of another call")
            message.expect(message.present("tool_name")?.string == call.name, "has the name of another call")
        }
        messages.last?.expect(open.isEmpty, "is not answered")
    }

    // MARK: - Answers

    static func checkError(_ root: Node) {
        root.name("error")
    }

    static func checkBody(_ root: Node) {
        root.expect(checkLine(root), "is not done")
    }

    /// Returns whether it is the last line.
    private static func checkLine(_ line: Node) -> Bool {
        line.name("model")
        let time = line.name("created_at") ?? ""
        line.expect(time.contains("T") && time.hasSuffix("Z"), "was created at \(time)")
        if let message = line.required("message", .object) {
            message.word("role", of: ["assistant"])
            message.required("content", .string)
            for call in message.optional("tool_calls", .array)?.elements ?? [] {
                call.required("function", .object)?.name("name")
                call.present("function")?.required("arguments", .object)
            }
        }
        guard line.required("done", .bool)?.value.bool == true else { return false }
        line.word("done_reason", of: ["stop", "length", "load", "unload"])
        for key in ["total_duration", "eval_count", "prompt_eval_count"]
        where line.present("done_reason")?.string != "load" {
            line.count(key)
        }
        return true
    }

    static func checkStream(_ text: String, _ log: Complaints) -> StreamEnd {
        guard !text.isEmpty else { return .open }
        if !text.hasSuffix("\n") { log.add("stream", "does not end with a line end") }
        var calls = 0
        let lines = text.split(separator: "\n")
        for (number, text) in lines.enumerated() {
            guard let line = Node(parsing: text.utf8, "line \(number)", log) else { continue }
            let isLast = number == lines.count - 1
            if line.member("error") != nil {
                checkError(line)
                line.expect(isLast, "is an error with something behind it")
                return .failed
            }
            for call in line.present("message")?.present("tool_calls")?.elements ?? [] {
                if let index = call.present("function")?.present("index") {
                    index.expect(index.value.int == calls, "is not \(calls)")
                }
                calls += 1
            }
            if checkLine(line) {
                line.expect(isLast, "is done with something behind it")
                return .clean
            }
        }
        return .open
    }
}
