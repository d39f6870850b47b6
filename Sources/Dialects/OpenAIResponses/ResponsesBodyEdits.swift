import JSONCore

/// The edits of a whole answer for a client of the provider's dialect.
enum ResponsesBodyEdits {
    static func apply(to body: JSONDocument, context: TranslationContext) -> [UInt8] {
        let root = body.root
        var editor = JSONEditor(body)
        editor.setMember("model", of: root, to: JSONLiteral.string(context.clientModel))
        namePrevious(of: root, context, with: &editor)
        let output = root["output"]
        if output == nil || output?.count == 0, let text = root["output_text"]?.text, !text.isEmpty {
            let part = ResponsesItem.textPart(text, citations: [], logprobs: [])
            let id = ResponsesItem.id("msg_", context.ids)
            let message = ResponsesItem.message(id, status: "completed", parts: [part])
            editor.setMember("output", of: root, to: [UInt8(ascii: "[")] + message + [UInt8(ascii: "]")])
        } else if let output {
            for item in output.elements {
                if context.dropsCommentary, item["phase"]?.equals("commentary") == true {
                    editor.removeElement(item, of: output)
                } else {
                    rename(item, context, with: &editor)
                }
            }
        }
        return editor.finish()
    }

    /// Names the response that the client goes on from, also if the target was sent its items instead.
    static func namePrevious(of response: JSONValue, _ context: TranslationContext, with editor: inout JSONEditor) {
        guard let id = context.continuedResponse else { return }
        editor.setMember("previous_response_id", of: response, to: JSONLiteral.string(id))
    }

    /// Gives a call the name by which the client knows the tool.
    static func rename(_ item: JSONValue, _ context: TranslationContext, with editor: inout JSONEditor) {
        guard !context.toolNames.isEmpty, let value = item["name"], let name = value.string else { return }
        let known = context.toolNames.client(name)
        if known != name { editor.replace(value, with: JSONLiteral.string(known)) }
    }
}
