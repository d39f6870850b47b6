import JSONCore

/// Arguments of earlier calls are objects where the target knows nothing else.
enum ArgumentsRepair {
    static func apply(to turns: inout [Turn], target: Dialect, context: inout TranslationContext) {
        guard target.hasObjectArguments else { return }
        for turn in turns.indices where turns[turn].hasCalls {
            for part in turns[turn].parts.indices {
                guard case .toolCall(var call) = turns[turn].parts[part], call.kind != .custom,
                    case .text(let text) = call.arguments
                else { continue }
                let (object, isWhole) = JSONRepair.reading(of: text)
                // What broke off is closed; what cannot be read is left out.
                if !isWhole { context.lose(.contentPart, "arguments") }
                call.arguments = .object(object.root)
                turns[turn].parts[part] = .toolCall(call)
            }
        }
    }
}
