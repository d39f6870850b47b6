import Dialects
import JSONCore

extension BodyRules {
    /// The body with the changes made; every other byte stays.
    package func apply(to body: [UInt8], stream: Bool) throws -> [UInt8] {
        if isEmpty { return body }
        let document = try JSONDocument.parse(body)
        let root = document.root
        guard root.isObject else { return body }
        var editor = JSONEditor(document)
        applyDefaults(root, &editor)
        applyEffort(root, &editor)
        applyMembers(root, stream: stream, &editor)
        if flattensContent { try flattenContent(root, &editor) }
        return editor.isEmpty ? body : editor.finish()
    }

    private func applyDefaults(_ root: JSONValue, _ editor: inout JSONEditor) {
        let hasLimit = root.present("max_tokens") != nil || root.present("max_completion_tokens") != nil
        if let defaultMaxTokens, !hasLimit {
            editor.setMember("max_tokens", of: root, to: JSONLiteral.int(defaultMaxTokens))
        }
        if let defaultTemperature, root.present("temperature") == nil {
            editor.setMember("temperature", of: root, to: JSONLiteral.double(defaultTemperature))
        }
        if let defaultThinking, root.present("thinking") == nil, fixed["thinking"] == nil {
            editor.setMember("thinking", of: root, to: Array(defaultThinking.utf8))
        }
        if let defaultServiceTier, root.present("service_tier") == nil {
            editor.setMember("service_tier", of: root, to: JSONLiteral.string(defaultServiceTier))
        }
    }

    private func applyEffort(_ root: JSONValue, _ editor: inout JSONEditor) {
        let reasoning = nestsEffort ? root.present("reasoning") : nil
        let stated = nestsEffort ? reasoning?["effort"]?.string : root.present("reasoning_effort")?.string
        guard let wanted = effort ?? stated ?? defaultEffort else { return }
        let name = effortNames[wanted] ?? wanted
        guard name != stated else { return }
        let literal = JSONLiteral.string(name)
        if let reasoning, reasoning.isObject {
            editor.setMember("effort", of: reasoning, to: literal)
        } else if nestsEffort {
            editor.setMember("reasoning", of: root, to: Array(#"{"effort":"#.utf8) + literal + Array("}".utf8))
        } else {
            editor.setMember("reasoning_effort", of: root, to: literal)
        }
    }

    private func applyMembers(_ root: JSONValue, stream: Bool, _ editor: inout JSONEditor) {
        for (key, value) in fixed.sorted(by: { $0.key < $1.key }) {
            editor.setMember(key, of: root, to: Array(value.utf8))
        }
        if streamsTools, stream, (root.present("tools")?.count ?? 0) > 0 {
            editor.setMember("tool_stream", of: root, to: JSONLiteral.bool(true))
        }
        if flagsJSONMode, let format = root.present("response_format")?.present("type"), !format.equals("text") {
            editor.setMember("jsonMode", of: root, to: JSONLiteral.bool(true))
        }
        if keepsThinking {
            if let thinking = root.present("thinking"), thinking.isObject {
                editor.setMember("keep", of: thinking, to: JSONLiteral.null)
            } else {
                editor.setMember("thinking", of: root, to: Array(#"{"type":"enabled","keep":null}"#.utf8))
            }
        }
    }

    /// Text parts are joined by line ends; a part that is no text cannot be dropped without changing the request.
    private func flattenContent(_ root: JSONValue, _ editor: inout JSONEditor) throws {
        guard let messages = root.present("messages") else { return }
        for message in messages.elements {
            guard let content = message.present("content"), content.isArray else { continue }
            var texts: [JSONText] = []
            for part in content.elements {
                guard let text = part.present("text")?.text else {
                    let reason = "this provider reads text only; the message holds other content"
                    throw DialectError(.unsupported, reason, param: "messages")
                }
                texts.append(text)
            }
            editor.replace(content, with: JSONLiteral.quoted(JSONText.joined(texts, separator: "\n")))
        }
    }
}
