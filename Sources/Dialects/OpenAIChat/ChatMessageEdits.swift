import JSONCore

/// The edits of single messages of a Chat client for a Chat target.
struct ChatMessageEdits {
    let profile: TargetProfile
    /// Knows reasoning that the client did not send back; `nil` where nobody demands it.
    var recall: ReasoningRecall?

    mutating func edit(_ message: JSONValue, number: Int, with editor: inout JSONEditor) {
        let members = JSONLookup(message)
        let role = members["role"]
        if let role, !profile.developerRole, role.equals("developer") {
            editor.replace(role, with: JSONLiteral.string("system"))
        }
        if let name = members["name"], name.isNull || name.text?.isEmpty == true || !profile.messageNames,
            role?.equals("function") != true
        {
            editor.removeMember("name", of: message)
        }
        if !profile.cacheMarks, members["cache_control"] != nil { editor.removeMember("cache_control", of: message) }
        if let content = members["content"], content.isArray {
            for part in content.elements where part.isObject { edit(part: part, of: content, with: &editor) }
        }
        if role?.equals("assistant") == true {
            editReasoning(of: message, number: number, with: &editor)
            editCalls(of: message, with: &editor)
        }
    }

    // MARK: - Parts

    private func edit(part: JSONValue, of content: JSONValue, with editor: inout JSONEditor) {
        if ChatForeignPieces.isForeign(part: part) {
            // Forms of other APIs and SDKs, which a Chat server does not know.
            guard let read = ChatParts.part(part) else { return }
            if read.isThinking { return editor.removeElement(part, of: content) }
            guard let bytes = ChatMessageWriter(profile: profile).part(read) else { return }
            editor.replace(part, with: bytes)
        } else if !profile.cacheMarks, part["cache_control"] != nil {
            editor.removeMember("cache_control", of: part)
        }
    }

    // MARK: - Assistant

    private static let reasoningFields = [
        "reasoning_content", "reasoning", "reasoning_details", "annotations", "thinking_blocks",
    ]

    private mutating func editReasoning(of message: JSONValue, number: Int, with editor: inout JSONEditor) {
        switch profile.reasoningReplay {
        case .forbidden:
            for field in Self.reasoningFields where message.member(field) != nil {
                editor.removeMember(field, of: message)
            }
            if !profile.nativeExtras, message["refusal"] != nil { editor.removeMember("refusal", of: message) }
        case .required:
            guard message.present("tool_calls")?.count ?? 0 > 0 else { return }
            let text = message.present("reasoning_content")?.text ?? message.present("reasoning")?.text
            guard text?.isEmpty ?? true else { return }
            let known = recall?.record(of: number)?.text ?? JSONText(profile.missingReasoning)
            editor.setMember("reasoning_content", of: message, to: JSONLiteral.quoted(known))
        case .none, .optional: break
        }
    }

    /// Arguments must be the text of a JSON object.
    private func editCalls(of message: JSONValue, with editor: inout JSONEditor) {
        guard let calls = message.present("tool_calls"), calls.isArray else { return }
        for call in calls.elements {
            guard let function = call.present("function"), function.isObject else { continue }
            let arguments = function["arguments"]
            if let text = arguments?.text {
                guard let object = text.isEmpty ? "{}" : JSONRepair.decodedOnce(text) else { continue }
                editor.setMember("arguments", of: function, to: JSONLiteral.quoted(object))
            } else {
                let text = arguments.map { $0.isObject ? JSONCompaction.text($0) : "{}" } ?? "{}"
                editor.setMember("arguments", of: function, to: JSONLiteral.quoted(text))
            }
        }
    }
}

/// The edits of single tools of a Chat client for a Chat target.
struct ChatToolEdits {
    let profile: TargetProfile

    func edit(_ tool: JSONValue, with editor: inout JSONEditor) {
        guard let function = tool.present("function"), function.isObject else {
            return editForeign(tool, with: &editor)
        }
        if tool["type"] == nil { editor.setMember("type", of: tool, to: JSONLiteral.string("function")) }
        if !profile.cacheMarks {
            editor.removeMember("cache_control", of: tool)
            editor.removeMember("cache_control", of: function)
        }
        editDescription(of: function, with: &editor)
        if profile.schemaRule != .loose { editSchema(of: function, with: &editor) }
        if function["strict"]?.bool == true, !profile.strictTools { editor.removeMember("strict", of: function) }
    }

    private func editDescription(of function: JSONValue, with editor: inout JSONEditor) {
        guard let description = function["description"] else { return }
        guard let text = description.text else {
            guard !description.isNull else { return editor.removeMember("description", of: function) }
            return editor.replace(description, with: JSONLiteral.quoted(JSONCompaction.text(description)))
        }
        if text.isEmpty { editor.removeMember("description", of: function) }
    }

    /// The client speaks the target's language: a schema stays as it is, unless it is none at all.
    private func editSchema(of function: JSONValue, with editor: inout JSONEditor) {
        guard let schema = function["parameters"], !schema.isObject || schema.count == 0,
            let cleaned = SchemaCleaner.cleaned(schema)
        else { return }
        editor.replace(schema, with: cleaned)
    }

    /// Tools in the shape of Responses or Anthropic.
    private func editForeign(_ tool: JSONValue, with editor: inout JSONEditor) {
        guard tool["custom"] == nil, let name = tool["name"], tool["parameters"] != nil || tool["input_schema"] != nil
        else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", literal: "function")
        writer.key("function")
        writer.beginObject()
        writer.member("name", name)
        if let description = tool.present("description") {
            writer.member("description", description.text ?? JSONCompaction.text(description))
        }
        writer.key("parameters")
        SchemaCleaner.write(tool.present("parameters") ?? tool.present("input_schema"), to: &writer)
        writer.endObject()
        writer.endObject()
        editor.replace(tool, with: writer.bytes)
    }
}

/// Pieces of other APIs that clients put into Chat requests.
enum ChatForeignPieces {
    /// Whether Anthropic's calls or results stand inside the messages.
    static func haveToolBlocks(_ messages: JSONValue) -> Bool {
        messages.elements.contains { message in
            guard let content = message["content"], content.isArray else { return false }
            return content.elements.contains { part in
                guard let type = part["type"] else { return false }
                return type.equals("tool_use") || type.equals("tool_result")
            }
        }
    }

    /// Whether a content part is in a form that Chat does not define but that can be read.
    static func isForeign(part: JSONValue) -> Bool {
        guard let type = part["type"] else { return false }
        if type.equals("text") || type.equals("refusal") || type.equals("input_audio") || type.equals("video_url") {
            return false
        }
        if type.equals("image_url") { return part["image_url"]?.isString == true }
        if type.equals("file") { return part["file"]?.isObject != true }
        guard let word = type.string else { return false }
        return foreignTypes.contains(word)
    }

    private static let foreignTypes: Set<String> = [
        "input_text", "output_text", "input_image", "image", "audio_url", "input_file", "document", "thinking",
        "redacted_thinking", "reasoning", "search_result",
    ]

    /// Whether a function has no name; hosted tools need none.
    static func isNameless(_ tool: JSONValue) -> Bool {
        guard tool.isObject, let function = tool.present("function") else { return !tool.isObject }
        return function["name"]?.text?.isEmpty ?? true
    }
}
