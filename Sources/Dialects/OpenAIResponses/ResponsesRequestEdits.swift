import JSONCore

/// The request of a Responses client for a Responses target: the client's bytes, edited where the target needs it.
struct ResponsesRequestEdits {
    private let root: JSONValue
    private let input: JSONValue?
    private let profile: TargetProfile
    private let streams: Bool
    private let upstreamModel: String
    /// Tells whose encrypted reasoning is.
    private let context: TranslationContext
    private var editor: JSONEditor
    /// Whether thinking was left out that another model or account must have made.
    private var leavesOutReasoning = false
    /// Whether an item was left out that the provider was to look up, although it was told to keep none.
    private var leavesOutReferences = false

    static func apply(
        to body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] {
        context.responsesEcho = ResponsesEcho.members(of: body.root, continuing: context.continuedResponse)
        context.dropsCommentary = profile.dropsCommentary
        context.isBackground = body.root["background"]?.bool == true && !profile.stripFields.contains("background")
        let repaired = repairingHistory(of: body, profile: profile)
        var edits = ResponsesRequestEdits(
            repaired ?? body,
            profile: profile,
            context: context,
            streams: streams
        )
        edits.edit()
        if edits.leavesOutReasoning { context.lose(.reasoningHistory) }
        if !profile.storage, body.root["store"]?.bool == true { context.lose(.store) }
        if edits.leavesOutReferences { context.lose(.serverState, "item_reference") }
        return edits.editor.finish()
    }

    private init(_ body: JSONDocument, profile: TargetProfile, context: TranslationContext, streams: Bool) {
        root = body.root
        input = body.root.present("input")
        editor = JSONEditor(body)
        self.profile = profile
        upstreamModel = context.upstreamModel
        self.context = context
        self.streams = streams
    }

    /// The request with another history; nil if its own is fine, or lies at the provider in part.
    private static func repairingHistory(of body: JSONDocument, profile: TargetProfile) -> JSONDocument? {
        let root = body.root
        guard !hasServerState(root), let input = root.present("input"), input.isArray,
            let repaired = ResponsesHistoryRepair.repaired(input, profile: profile)
        else { return nil }
        var editor = JSONEditor(body)
        editor.replace(input, with: repaired)
        return try? JSONDocument.parse(editor.finish())
    }

    private static func hasServerState(_ root: JSONValue) -> Bool {
        root.present("previous_response_id") != nil || root.present("conversation") != nil
            || root.present("prompt") != nil
    }

    private mutating func edit() {
        editModelAndStream()
        editStorage()
        editInstructions()
        editLimits()
        editReasoning()
        if profile.alwaysShowsThinking { showThinking() }
        editTools()
        editInput()
        for field in profile.stripFields { editor.removeMember(field, of: root) }
    }

    private mutating func remove(_ field: StaticString) {
        if root[field] != nil { editor.removeMember(field.description, of: root) }
    }

    // MARK: - Settings

    private mutating func editModelAndStream() {
        if root["model"]?.string != upstreamModel {
            editor.setMember("model", of: root, to: JSONLiteral.string(upstreamModel))
        }
        for alias in StreamFlag.aliases { remove(alias) }
        let flag = root["stream"]
        if flag?.bool != streams, streams || flag != nil {
            editor.setMember("stream", of: root, to: JSONLiteral.bool(streams))
        }
        if !streams { remove("stream_options") }
    }

    private mutating func editStorage() {
        guard !profile.storage, root["store"]?.bool != false else { return }
        editor.setMember("store", of: root, to: JSONLiteral.bool(false))
    }

    private mutating func editInstructions() {
        guard let own = profile.instructions, root.present("instructions")?.text?.isEmpty ?? true else { return }
        editor.setMember("instructions", of: root, to: JSONLiteral.string(own.withoutTools))
    }

    private mutating func editLimits() {
        if let limit = root.present("max_output_tokens"), let wanted = limit.int {
            let allowed = max(16, min(wanted, profile.maxOutput ?? .max))
            if wanted < 1 {
                remove("max_output_tokens")
            } else if allowed != wanted {
                editor.replace(limit, with: JSONLiteral.int(allowed))
            }
        }
        if !profile.samplingAllowed { for field in Self.samplingFields { remove(field) } }
        if !profile.tempAndTopP, root.present("temperature") != nil { remove("top_p") }
    }

    private static let samplingFields: [StaticString] = ["temperature", "top_p", "top_logprobs"]

    private mutating func editReasoning() {
        guard let effort = root.present("reasoning")?.present("effort"), let word = effort.string else { return }
        guard let level = EffortLevel(rawValue: word == "ultra" ? "max" : word) else { return }
        let nearest = level.nearest(in: profile.efforts)
        if nearest.rawValue != word { editor.replace(effort, with: JSONLiteral.string(nearest.rawValue)) }
    }

    /// A client that says nothing of it gets a summary, and the encrypted form that it has to send back.
    private mutating func showThinking() {
        if let reasoning = root.present("reasoning"), reasoning.isObject {
            if reasoning.present("summary") == nil {
                editor.setMember("summary", of: reasoning, to: JSONLiteral.string("auto"))
            }
        } else {
            editor.setMember("reasoning", of: root, to: Array(#"{"summary":"auto"}"#.utf8))
        }
        let include = root.present("include")
        guard let include, include.isArray else {
            return editor.setMember("include", of: root, to: Array(#"["reasoning.encrypted_content"]"#.utf8))
        }
        guard !include.elements.contains(where: { $0.equals("reasoning.encrypted_content") }) else { return }
        editor.insertElement(JSONLiteral.string("reasoning.encrypted_content"), at: include.count, of: include)
    }

    // MARK: - Tools

    private mutating func editTools() {
        guard let tools = root.present("tools"), tools.isArray, tools.count > 0 else {
            for field in ["tools", "tool_choice", "parallel_tool_calls"] as [StaticString] { remove(field) }
            return
        }
        for tool in tools.elements {
            guard let nested = tool.present("function") ?? tool.present("custom"), nested.isObject else { continue }
            let type: StaticString = tool.present("custom") == nil ? "function" : "custom"
            let flat = ResponsesItem.object { writer in
                writer.member("type", literal: type)
                for (key, value) in nested.members where !key.equals("type") {
                    writer.key(key)
                    writer.raw(value)
                }
            }
            editor.replace(tool, with: flat)
        }
        if !profile.parallelToolCallsField { remove("parallel_tool_calls") }
        if !profile.toolChoiceForced, let choice = root.present("tool_choice"),
            ChatToolChoice.read(choice)?.isForced == true
        {
            editor.replace(choice, with: JSONLiteral.string("auto"))
        }
    }

    // MARK: - Input

    private mutating func editInput() {
        guard let input else {
            if !Self.hasServerState(root) { editor.setMember("input", of: root, to: inputOf("...")) }
            return
        }
        if input.isObject {
            return editor.replace(input, with: [UInt8(ascii: "[")] + Array(input.raw) + [UInt8(ascii: "]")])
        }
        if !Self.hasServerState(root), input.isArray && input.count == 0 || input.text?.isEmpty == true {
            return editor.replace(input, with: inputOf("..."))
        }
        if let text = input.text, profile.instructions != nil { editor.replace(input, with: inputOf(text)) }
        guard input.isArray else { return }
        let isStateless = root["store"]?.bool == false || !profile.storage
        for item in input.elements where item.isObject { edit(item, isStateless: isStateless) }
    }

    /// A text of the user's as input; where system text stands in it, as the list of one message that it is short for.
    private func inputOf(_ text: JSONText) -> [UInt8] {
        guard profile.instructions != nil else { return JSONLiteral.quoted(text) }
        var writer = JSONWriter()
        writer.beginArray()
        ResponsesInputWriter(profile: profile).writeItems(of: Turn(.user, [.text(text)]), to: &writer)
        writer.endArray()
        return writer.bytes
    }

    private mutating func edit(_ item: JSONValue, isStateless: Bool) {
        guard let input else { return }
        let type = item["type"]
        if profile.instructions != nil, let role = item["role"], role.equals("system") {
            editor.replace(role, with: JSONLiteral.string("developer"))
        }
        if isStateless, type?.equals("item_reference") == true {
            leavesOutReferences = true
            return editor.removeElement(item, of: input)
        }
        for (key, value) in item.members where value.isNull { editor.removeMember(key.string, of: item) }
        // The provider kept nothing, so that it would not find what the identifier names.
        if isStateless, let id = item["id"], id.isString { editor.removeMember("id", of: item) }
        if type?.equals("reasoning") == true { return editReasoning(item) }
        if item["role"]?.equals("assistant") == true, let content = item["content"], content.isArray {
            for part in content.elements {
                guard let type = part["type"], type.equals("input_text") || type.equals("text") else { continue }
                editor.replace(type, with: JSONLiteral.string("output_text"))
            }
        }
    }

    /// Thinking of other models and accounts stands in carriers, which OpenAI cannot decrypt.
    private mutating func editReasoning(_ item: JSONValue) {
        guard let input, let content = item.present("encrypted_content"), let text = content.text,
            text.utf8Count > 5
        else { return }
        guard let signature = Signature(carrier: text.string) else {
            guard context.isForeign(text) else { return }
            leavesOutReasoning = true
            return editor.removeElement(item, of: input)
        }
        let isOwn = signature.scope == nil || signature.scope == context.accountScope
        guard signature.family == .openAI, isOwn else {
            leavesOutReasoning = true
            return editor.removeElement(item, of: input)
        }
        editor.replace(content, with: JSONLiteral.quoted(signature.data))
    }
}
