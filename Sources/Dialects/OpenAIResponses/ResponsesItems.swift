import JSONCore

/// Writes items of an answer's output.
enum ResponsesItem {
    static func id(_ prefix: String, _ ids: any IDGenerator) -> String { prefix + ids.characters(48) }

    static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        return writer.bytes
    }

    static func status(_ isComplete: Bool) -> StaticString { isComplete ? "completed" : "incomplete" }

    // MARK: - Messages

    static func message(_ id: String, status: StaticString, parts: [[UInt8]]) -> [UInt8] {
        object { writer in
            writer.member("id", id)
            writer.member("type", literal: "message")
            writer.member("status", literal: status)
            writer.member("role", literal: "assistant")
            writer.key("content")
            writer.beginArray()
            for part in parts { writer.raw(bytes: part) }
            writer.endArray()
        }
    }

    static func textPart(_ text: JSONText, citations: [Citation], logprobs: [JSONValue]) -> [UInt8] {
        let length = citations.isEmpty ? 0 : text.string.unicodeScalars.count
        return object { writer in
            writer.member("type", literal: "output_text")
            writer.member("text", text)
            writer.key("annotations")
            writer.beginArray()
            for citation in citations.map({ $0.placed(in: 0..<length) }) {
                if let annotation = annotation(citation) { writer.raw(bytes: annotation) }
            }
            writer.endArray()
            writer.key("logprobs")
            writer.beginArray()
            for token in logprobs { writer.raw(token) }
            writer.endArray()
        }
    }

    static func refusalPart(_ text: JSONText) -> [UInt8] {
        object { writer in
            writer.member("type", literal: "refusal")
            writer.member("refusal", text)
        }
    }

    /// A source as an annotation; `nil` for sources without an address.
    static func annotation(_ citation: Citation) -> [UInt8]? {
        if citation.origin == .openAIResponses { return Array(citation.raw.raw) }
        guard let url = citation.url else { return nil }
        return object { writer in
            writer.member("type", literal: "url_citation")
            writer.member("start_index", citation.start ?? 0)
            writer.member("end_index", citation.end ?? 0)
            writer.member("url", url)
            writer.member("title", citation.title ?? "")
        }
    }

    // MARK: - Reasoning

    /// Thinking with its text, be it empty; `nil` for thinking that shows none.
    static func reasoning(_ id: String, text: JSONText?, signature: Signature?) -> [UInt8] {
        object { writer in
            writer.member("id", id)
            writer.member("type", literal: "reasoning")
            writer.key("summary")
            writer.beginArray()
            if let text { writer.raw(bytes: summaryPart(text)) }
            writer.endArray()
            if let signature, signature.isSigned {
                writer.member("encrypted_content", encrypted(signature))
            }
        }
    }

    static func summaryPart(_ text: JSONText) -> [UInt8] {
        object { writer in
            writer.member("type", literal: "summary_text")
            writer.member("text", text)
        }
    }

    /// The signature as a Responses client sees it: OpenAI's own as it is, others in a carrier.
    static func encrypted(_ signature: Signature) -> JSONText {
        signature.family == .openAI && signature.scope == nil ? signature.data : signature.carrier
    }

    // MARK: - What providers ran themselves

    /// Reads a search that the provider made.
    static func search(_ json: JSONValue) -> WebSearchCall {
        let action = json["action"]
        let query = action?["query"]?.text ?? action?["queries"]?.first?.text ?? action?["url"]?.text
        var call = WebSearchCall(id: json["id"]?.wireText ?? "", query: query ?? action?["pattern"]?.text ?? "")
        call.sources = (action?["sources"]?.elements ?? JSONDocument.emptyArray.root.elements).compactMap { source in
            source["url"]?.text.map { WebSearchCall.Source(url: $0, title: source["title"]?.text) }
        }
        return call
    }

    static func webSearch(_ id: String, _ call: WebSearchCall, status: StaticString) -> [UInt8] {
        object { writer in
            writer.member("id", id)
            writer.member("type", literal: "web_search_call")
            writer.member("status", literal: status)
            writer.key("action")
            writer.beginObject()
            writer.member("type", literal: "search")
            writer.member("query", call.query)
            if !call.sources.isEmpty {
                writer.key("sources")
                writer.beginArray()
                for source in call.sources {
                    writer.beginObject()
                    writer.member("type", literal: "url")
                    writer.member("url", source.url)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.endObject()
        }
    }

    /// An image that the model made; `nil` for what only a text can stand for.
    static func image(_ id: String, _ media: Media) -> [UInt8]? {
        guard media.kind == .image, case .base64(let data) = media.source else { return nil }
        return object { writer in
            writer.member("id", id)
            writer.member("type", literal: "image_generation_call")
            writer.member("status", literal: "completed")
            writer.member("result", data)
        }
    }
}

/// A call of a tool as the client declared the tool.
struct ResponsesCall {
    enum Form: Equatable {
        case function(namespace: String?), custom, localShell, shell, applyPatch
    }

    var callID: String
    var name: String
    var form: Form
    /// Whether the free text of a custom tool arrives as the member `input` of a JSON object.
    var isWrapped: Bool

    init(id: String, name: String, kind: ToolCall.Kind, context: TranslationContext) {
        callID = id
        self.name = name
        isWrapped = kind == .function
        switch (kind, context.clientTools[name]) {
        case (.custom, _): form = .custom
        case (.localShell, _), (_, .localShell): form = .localShell
        case (.shell, _), (_, .shell): form = .shell
        case (.applyPatch, _), (_, .applyPatch): form = .applyPatch
        case (.function, .namespaced(let namespace, let own)):
            form = context.customTools.contains(name) ? .custom : .function(namespace: namespace)
            self.name = own
        case (.function, nil): form = context.customTools.contains(name) ? .custom : .function(namespace: nil)
        }
    }

    var prefix: String {
        switch form {
        case .function: "fc_"
        case .custom: "ctc_"
        case .localShell: "lsh_"
        case .shell: "sh_"
        case .applyPatch: "apc_"
        }
    }

    /// The item; `text` are the arguments or the free text.
    func item(_ id: String, status: StaticString, text: JSONText) -> [UInt8] {
        ResponsesItem.object { writer in
            writer.member("id", id)
            switch form {
            case .function(let namespace):
                writer.member("type", literal: "function_call")
                writer.member("status", literal: status)
                writer.member("call_id", callID)
                writer.member("name", name)
                if let namespace { writer.member("namespace", namespace) }
                writer.member("arguments", text)
            case .custom:
                writer.member("type", literal: "custom_tool_call")
                writer.member("status", literal: status)
                writer.member("call_id", callID)
                writer.member("name", name)
                writer.member("input", text)
            case .localShell: writeLocalShell(text, status: status, to: &writer)
            case .shell:
                writer.member("type", literal: "shell_call")
                writer.member("status", literal: status)
                writer.member("call_id", callID)
                writer.member("action", raw: JSONRepair.object(said: text).bytes)
            case .applyPatch:
                let arguments = JSONRepair.object(said: text).root
                writer.member("type", literal: "apply_patch_call")
                writer.member("status", literal: status)
                writer.member("call_id", callID)
                writer.member("operation", arguments["operation"] ?? arguments)
            }
        }
    }

    private func writeLocalShell(_ text: JSONText, status: StaticString, to writer: inout JSONWriter) {
        let arguments = JSONRepair.object(said: text).root
        writer.member("type", literal: "local_shell_call")
        writer.member("status", literal: status)
        writer.member("call_id", callID)
        writer.key("action")
        writer.beginObject()
        writer.member("type", literal: "exec")
        if let command = arguments["command"], command.isArray {
            writer.member("command", command)
        } else {
            writer.key("command")
            writer.beginArray()
            if let command = arguments["command"]?.text { writer.text(command) }
            writer.endArray()
        }
        writer.member("env", arguments["env"] ?? JSONDocument.emptyObject.root)
        if let limit = arguments.present("timeout_ms") { writer.member("timeout_ms", limit) }
        if let folder = arguments.present("workdir") ?? arguments.present("working_directory") {
            writer.member("working_directory", folder)
        }
        if let user = arguments.present("user") { writer.member("user", user) }
        writer.endObject()
    }
}
