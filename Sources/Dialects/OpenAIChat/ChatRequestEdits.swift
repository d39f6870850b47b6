import JSONCore

/// The request of a Chat client for a Chat target: the client's bytes, edited where the target needs it.
struct ChatRequestEdits {
    private let root: JSONValue
    private let messages: JSONValue?
    private let profile: TargetProfile
    private let streams: Bool
    private let upstreamModel: String
    private var recall: ReasoningRecall?
    private var editor: JSONEditor
    /// Stop sequences that the target cannot take.
    private var stopEmulation: [String]?
    /// Whether the target is told in words to answer in JSON.
    private var promptsForJSON = false

    static func apply(
        to body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] {
        context.includeUsage = body.root["stream_options"]?["include_usage"]?.bool
        let messages = body.root["messages"]
        if let messages, ChatForeignPieces.haveToolBlocks(messages) {
            return try translate(body, profile: profile, context: &context, streams: streams)
        }
        let repaired = messages.flatMap { repairingHistory($0, of: body, profile: profile) }
        var edits = ChatRequestEdits(
            repaired ?? body,
            messages: repaired == nil ? messages : repaired?.root["messages"],
            profile: profile,
            upstreamModel: context.upstreamModel,
            streams: streams
        )
        if profile.reasoningReplay == .required {
            let history = edits.messages
            edits.recall = ReasoningRecall(context, profile) { ChatCodec.history(history).all }
        }
        try edits.edit()
        if let texts = edits.stopEmulation { context.stopEmulation = texts }
        context.choices = max(1, body.root["n"]?.int ?? 1)
        if edits.promptsForJSON {
            context.structuredMode = .prompt
            context.lose(.structuredOutput)
        }
        return edits.editor.finish()
    }

    private init(
        _ body: JSONDocument,
        messages: JSONValue?,
        profile: TargetProfile,
        upstreamModel: String,
        streams: Bool
    ) {
        root = body.root
        self.messages = messages
        editor = JSONEditor(body)
        self.profile = profile
        self.upstreamModel = upstreamModel
        self.streams = streams
    }

    /// Anthropic's tool blocks inside Chat messages cannot be edited into place: the request is written anew.
    private static func translate(
        _ body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] {
        var conversation = try ChatCodec.decodeRequest(body, context: &context)
        try Repairs.apply(to: &conversation, body: body, profile: profile, context: &context)
        return try ChatCodec.encodeRequest(conversation, profile: profile, context: &context, streams: streams)
    }

    /// The request with another history; nil if its own is fine.
    private static func repairingHistory(
        _ messages: JSONValue,
        of body: JSONDocument,
        profile: TargetProfile
    ) -> JSONDocument? {
        guard let repaired = ChatHistoryRepair.repaired(messages, profile: profile) else { return nil }
        var editor = JSONEditor(body)
        editor.replace(messages, with: repaired)
        return try? JSONDocument.parse(editor.finish())
    }

    private mutating func edit() throws(DialectError) {
        mergeExtraBody()
        editModelAndStream()
        editLimits()
        try editSampling()
        editStops()
        editReasoning()
        editTools()
        editFormat()
        editMessages()
        for field in Self.emptyFields where isEmpty(root[field]) { remove(field) }
        for field in profile.stripFields { editor.removeMember(field, of: root) }
    }

    /// Fields that mean nothing when they are empty, and that some servers refuse then.
    private static let emptyFields: [StaticString] = ["user", "seed", "response_format"]

    private mutating func remove(_ field: StaticString) {
        if root[field] != nil { editor.removeMember(field.description, of: root) }
    }

    private func isEmpty(_ value: JSONValue?) -> Bool {
        guard let value else { return false }
        return value.isNull || value.text?.isEmpty == true || value.isArray && value.count == 0
    }

    // MARK: - Model and stream

    private mutating func mergeExtraBody() {
        guard let extra = root["extra_body"], extra.isObject else { return }
        remove("extra_body")
        for (key, value) in extra.members where root.member(key.string) == nil {
            editor.setMember(key.string, of: root, to: Array(value.raw))
        }
    }

    private mutating func editModelAndStream() {
        if root["model"]?.string != upstreamModel {
            editor.setMember("model", of: root, to: JSONLiteral.string(upstreamModel))
        }
        for alias in StreamFlag.aliases { remove(alias) }
        let flag = root["stream"]
        if flag?.bool != streams, streams || flag != nil {
            editor.setMember("stream", of: root, to: JSONLiteral.bool(streams))
        }
        guard streams, profile.usageInStream else { return remove("stream_options") }
        guard let options = root["stream_options"], options.isObject else {
            return editor.setMember("stream_options", of: root, to: Array(#"{"include_usage":true}"#.utf8))
        }
        if options["include_usage"]?.bool != true {
            editor.setMember("include_usage", of: options, to: JSONLiteral.bool(true))
        }
    }

    // MARK: - Limits and sampling

    private mutating func editLimits() {
        guard let (wanted, value) = givenLimit else { return }
        let name = profile.maxTokensField.rawValue
        let limit = value.int.map { min($0, profile.maxOutput ?? .max) }
        guard let limit, limit > 0 else { return removeLimits(except: nil) }
        removeLimits(except: name)
        if wanted != name || limit != value.int {
            let spelling = limit == value.int ? Array(value.raw) : JSONLiteral.int(limit)
            editor.setMember(name, of: root, to: spelling)
        }
    }

    /// The limit that counts of those that are given.
    private var givenLimit: (name: String, value: JSONValue)? {
        if let value = root.present("max_completion_tokens") { return ("max_completion_tokens", value) }
        if let value = root.present("max_tokens") { return ("max_tokens", value) }
        return root.present("max_output_tokens").map { ("max_output_tokens", $0) }
    }

    private mutating func removeLimits(except name: String?) {
        if name != "max_completion_tokens" { removePresent("max_completion_tokens") }
        if name != "max_tokens" { removePresent("max_tokens") }
        if name != "max_output_tokens" { removePresent("max_output_tokens") }
    }

    private mutating func removePresent(_ field: StaticString) {
        if root.present(field) != nil { remove(field) }
    }

    private static let samplingFields: [StaticString] = [
        "temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "n",
        "logit_bias",
    ]

    private mutating func editSampling() throws(DialectError) {
        if let choices = root["n"]?.int, choices > 1, !profile.givesSeveralAnswers {
            throw DialectError(
                .unsupported,
                "this model gives one answer per request: n must be 1",
                param: "n",
                code: "unsupported_parameter"
            )
        }
        if !profile.samplingAllowed { for field in Self.samplingFields { remove(field) } }
        if !profile.tempAndTopP, root.present("temperature") != nil { remove("top_p") }
        if !profile.penalties {
            remove("presence_penalty")
            remove("frequency_penalty")
        }
        if !profile.seed { remove("seed") }
        if !profile.logitBias { remove("logit_bias") }
        if !profile.logprobs {
            remove("logprobs")
            remove("top_logprobs")
        }
    }

    private mutating func editStops() {
        guard let stop = root["stop"] else { return }
        let texts = (stop.text.map { [$0] } ?? stop.elements.compactMap(\.text)).filter { !$0.isEmpty }
        let taken = profile.stopSequences ? profile.maxStop ?? .max : 0
        if texts.isEmpty {
            remove("stop")
        } else if texts.count > taken {
            stopEmulation = texts.dropFirst(taken).map(\.string)
            guard taken > 0 else { return remove("stop") }
            var writer = JSONWriter()
            writer.beginArray()
            for text in texts.prefix(taken) { writer.text(text) }
            writer.endArray()
            editor.replace(stop, with: writer.bytes)
        }
    }

    /// Only the standard field is translated; a client that speaks the target's own way of reasoning keeps its words.
    private mutating func editReasoning() {
        guard let effort = root.present("reasoning_effort"), let word = effort.string else { return }
        switch profile.reasoningStyle {
        case .effort, .effortNoNone:
            guard let level = EffortLevel(rawValue: word) else { return }
            let nearest = level.nearest(in: profile.efforts)
            if nearest != level { editor.replace(effort, with: JSONLiteral.string(nearest.rawValue)) }
        case .thinkingType, .enableThinking, .openRouter:
            guard let request = ChatReasoning.read({ $0.description == "reasoning_effort" ? effort : nil }) else {
                return
            }
            remove("reasoning_effort")
            var writer = JSONWriter()
            writer.beginObject()
            ChatReasoning.write(request, profile: profile, to: &writer)
            writer.endObject()
            guard let members = try? JSONDocument.parse(writer.bytes).root.members else { return }
            for (key, value) in members where root.member(key.string) == nil || key.equals("reasoning_effort") {
                editor.setMember(key.string, of: root, to: Array(value.raw))
            }
        case .none, .anthropicBudget, .anthropicAdaptive, .responses, .geminiBudget, .geminiLevel, .ollamaFlag,
            .ollamaLevel:
            break
        }
    }

    // MARK: - Tools

    private mutating func editTools() {
        let hasFunctions = root.present("functions")?.count ?? 0 > 0
        guard let tools = root.present("tools"), tools.isArray, tools.count > 0 else {
            if let tools = root["tools"] { if !tools.isArray || tools.count == 0 { remove("tools") } }
            if !hasFunctions { remove("tool_choice") }
            remove("parallel_tool_calls")
            return synthesiseTools()
        }
        var count = 0
        for tool in tools.elements {
            count += 1
            if count > profile.maxTools || ChatForeignPieces.isNameless(tool) {
                editor.removeElement(tool, of: tools)
            } else {
                ChatToolEdits(profile: profile).edit(tool, with: &editor)
            }
        }
        if !profile.parallelToolCallsField { remove("parallel_tool_calls") }
        if !profile.toolChoiceForced, let choice = root.present("tool_choice"),
            ChatToolChoice.read(choice)?.isForced == true
        {
            editor.replace(choice, with: JSONLiteral.string("auto"))
        }
    }

    private mutating func synthesiseTools() {
        guard profile.toolsForHistory, let messages else { return }
        var seen: Set<String> = []
        var writer = JSONWriter()
        writer.beginArray()
        for message in messages.elements {
            for call in message["tool_calls"]?.elements ?? JSONDocument.emptyArray.root.elements {
                guard let name = call["function"]?["name"]?.string, seen.insert(name).inserted else { continue }
                writer.beginObject()
                writer.member("type", literal: "function")
                writer.key("function")
                writer.beginObject()
                writer.member("name", name)
                writer.key("parameters")
                SchemaCleaner.writeEmpty(to: &writer)
                writer.endObject()
                writer.endObject()
            }
        }
        writer.endArray()
        guard !seen.isEmpty else { return }
        editor.setMember("tools", of: root, to: writer.bytes)
        editor.setMember("tool_choice", of: root, to: JSONLiteral.string("none"))
    }

    // MARK: - Output format

    private mutating func editFormat() {
        guard let format = root.present("response_format"), let messages else { return }
        let hasTools = root["tools"]?.count ?? 0 > 0
        let isFree = profile.jsonWithTools || !hasTools
        let wanted: OutputFormat
        if format["type"]?.equals("json_schema") == true, let schema = format["json_schema"]?["schema"] {
            guard !profile.jsonSchema || !isFree else { return }
            wanted = .jsonSchema(JSONSchemaFormat(schema: schema))
        } else if format["type"]?.equals("json_object") == true {
            guard !profile.jsonObject || !isFree else { return }
            wanted = .jsonObject
        } else {
            return
        }
        if profile.jsonObject, isFree {
            editor.replace(format, with: Array(#"{"type":"json_object"}"#.utf8))
        } else {
            remove("response_format")
        }
        promptsForJSON = true
        guard let text = JSONInstructions.text(for: wanted) else { return }
        addSystem(text, to: messages)
    }

    /// Appends to the first system message, or puts one in front.
    private mutating func addSystem(_ text: JSONText, to messages: JSONValue) {
        if let first = messages.first, first["role"]?.equals("system") == true, let content = first["content"],
            let old = content.text
        {
            let both = JSONText.joined([old, text], separator: "\n\n")
            return editor.replace(content, with: JSONLiteral.quoted(both))
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("role", literal: "system")
        writer.member("content", text)
        writer.endObject()
        editor.insertElement(writer.bytes, at: 0, of: messages)
    }

    // MARK: - Messages

    private mutating func editMessages() {
        guard let messages, messages.isArray else { return }
        if let system = root.present("system") {
            remove("system")
            let texts = MessagesBlockReader.parts(of: system).compactMap(\.plainText).filter { !$0.isEmpty }
            if !texts.isEmpty { addSystem(JSONText.joined(texts, separator: "\n\n"), to: messages) }
        }
        var edits = ChatMessageEdits(profile: profile, recall: recall)
        // From the end, for what is kept of the latest turns matters most.
        for (number, message) in messages.elements.filter(\.isObject).enumerated().reversed() {
            edits.edit(message, number: number, with: &editor)
        }
    }
}
