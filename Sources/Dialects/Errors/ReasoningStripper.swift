import JSONCore

/// Removes reasoning of earlier turns from a request that its provider has refused because of it.
enum ReasoningStripper {
    /// Switches Google's check of a signature off.
    private static let anySignature = JSONLiteral.string("skip_thought_signature_validator")

    /// The request without reasoning; nil when it has none.
    static func strip(_ request: JSONDocument, dialect: Dialect) -> [UInt8]? {
        var editor = JSONEditor(request)
        let root = request.root
        switch dialect {
        case .anthropicMessages: stripMessages(root, &editor)
        case .openAIResponses: stripInput(root, &editor)
        case .gemini: stripContents(root, &editor)
        case .openAIChat, .ollama: stripChat(root, &editor)
        }
        return editor.isEmpty ? nil : editor.finish()
    }

    private static func stripMessages(_ root: JSONValue, _ editor: inout JSONEditor) {
        guard let messages = root["messages"], messages.isArray else { return }
        for message in messages.elements {
            guard let content = message["content"], content.isArray else { continue }
            let thoughts = content.elements.filter(isThinking)
            if thoughts.count == content.count, !thoughts.isEmpty {
                editor.removeElement(message, of: messages)
            } else {
                for block in thoughts { editor.removeElement(block, of: content) }
            }
        }
        // A turn that is continued must begin with thinking while the model thinks; edits of thinking demand it too.
        if let thinking = root["thinking"], thinking["type"]?.equals("disabled") != true {
            editor.removeMember("thinking", of: root)
            if root["context_management"] != nil { editor.removeMember("context_management", of: root) }
        }
    }

    private static func isThinking(_ block: JSONValue) -> Bool {
        guard let type = block["type"] else { return false }
        return type.equals("thinking") || type.equals("redacted_thinking")
    }

    private static func stripInput(_ root: JSONValue, _ editor: inout JSONEditor) {
        guard let input = root["input"], input.isArray,
            input.elements.contains(where: { $0["type"]?.equals("reasoning") == true })
        else { return }
        for item in input.elements where item.isObject {
            if item["type"]?.equals("reasoning") == true {
                editor.removeElement(item, of: input)
            } else if item["id"] != nil {
                // Items under the ids of a kept response are refused without their reasoning.
                editor.removeMember("id", of: item)
            }
        }
    }

    private static func stripContents(_ root: JSONValue, _ editor: inout JSONEditor) {
        guard let contents = root["contents"], contents.isArray else { return }
        for content in contents.elements {
            guard let parts = content["parts"], parts.isArray else { continue }
            let thoughts = parts.elements.filter { $0["thought"]?.bool == true && call(of: $0) == nil }
            if thoughts.count == parts.count, !thoughts.isEmpty {
                editor.removeElement(content, of: contents)
            } else {
                for part in thoughts { editor.removeElement(part, of: parts) }
                replaceSignatures(of: parts.elements.filter { $0.isObject && $0["thought"]?.bool != true }, &editor)
            }
        }
    }

    /// The first call of a step must have a signature; the others need none.
    private static func replaceSignatures(of parts: [JSONValue], _ editor: inout JSONEditor) {
        let first = parts.firstIndex { call(of: $0) != nil }
        for (index, part) in parts.enumerated() {
            if part["thought_signature"] != nil { editor.removeMember("thought_signature", of: part) }
            if index == first {
                editor.setMember("thoughtSignature", of: part, to: anySignature)
            } else if part["thoughtSignature"] != nil {
                editor.removeMember("thoughtSignature", of: part)
            }
        }
    }

    private static func call(of part: JSONValue) -> JSONValue? { part["functionCall"] ?? part["function_call"] }

    private static func stripChat(_ root: JSONValue, _ editor: inout JSONEditor) {
        guard let messages = root["messages"], messages.isArray else { return }
        let members: [StaticString] = ["reasoning_content", "reasoning_details", "reasoning", "thinking"]
        for message in messages.elements where message.isObject {
            for member in members where message[member] != nil {
                editor.removeMember(member.description, of: message)
            }
            for call in message["tool_calls"]?.elements ?? JSONDocument.emptyArray.root.elements
            where call["extra_content"] != nil {
                editor.removeMember("extra_content", of: call)
            }
        }
    }
}
