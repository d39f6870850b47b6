import JSONCore

/// The limits of an answer's tokens in clients' requests.
enum OutputLimits {
    /// Lowers every limit by what has been used of it; at least one token is left.
    static func lower(by spent: Int, of root: JSONValue, _ dialect: Dialect, with editor: inout JSONEditor) {
        guard spent > 0 else { return }
        for holder in holders(in: root, dialect) where holder.isObject {
            for name in names(dialect) {
                guard let limit = holder[name], let count = limit.double, count >= 1 else { continue }
                editor.replace(limit, with: Array("\(Int(max(1, min(count, 1e9) - Double(spent))))".utf8))
            }
        }
    }

    private static func holders(in root: JSONValue, _ dialect: Dialect) -> [JSONValue] {
        switch dialect {
        case .openAIChat, .openAIResponses, .anthropicMessages: [root]
        case .gemini: [root["generationConfig"], root["generation_config"]].compactMap { $0 }
        case .ollama: [root["options"]].compactMap { $0 }
        }
    }

    private static func names(_ dialect: Dialect) -> [StaticString] {
        switch dialect {
        case .openAIChat: ["max_completion_tokens", "max_tokens", "max_output_tokens"]
        case .openAIResponses: ["max_output_tokens"]
        case .anthropicMessages: ["max_tokens"]
        case .gemini: ["maxOutputTokens", "max_output_tokens"]
        case .ollama: ["num_predict"]
        }
    }
}
