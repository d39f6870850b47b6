import JSONCore

/// What is asked of a model that has no JSON format of its own.
enum JSONInstructions {
    private static let schemaInstruction: JSONText =
        "Answer with one JSON value that validates against this JSON Schema, without code fences or commentary:"

    /// Asks in words for the form that a conversation's answer must have.
    static func add(to conversation: inout Conversation, context: inout TranslationContext) {
        if let text = text(for: conversation.output) { conversation.system.append(SystemBlock(text: text)) }
        context.structuredMode = .prompt
        context.lose(.structuredOutput)
    }

    static func text(for format: OutputFormat) -> JSONText? {
        switch format {
        case .text: nil
        case .jsonObject: "Answer with one JSON object, without code fences or commentary."
        case .jsonSchema(let format):
            JSONText.joined(
                [
                    schemaInstruction, JSONCompaction.text(format.describedSchema),
                ],
                separator: "\n"
            )
        }
    }
}
