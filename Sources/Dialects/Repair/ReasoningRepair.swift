/// Pass 8: thinking of earlier turns stays only where the target can use it.
enum ReasoningRepair {
    static func apply(to conversation: inout Conversation, profile: TargetProfile) {
        let keepsText = profile.reasoningReplay == .required || profile.reasoningReplay == .optional
        for place in conversation.turns.indices where conversation.turns[place].parts.contains(where: \.isThinking) {
            conversation.turns[place].parts.removeAll { part in
                switch part {
                case .thinking(let thinking):
                    profile.dialect == .openAIChat ? !keepsText : !isValid(thinking.signature, profile)
                case .redactedThinking(let signature):
                    profile.dialect == .openAIChat
                        ? !(keepsText && profile.reasoningStyle == .openRouter) : !isValid(signature, profile)
                default: false
                }
            }
        }
        conversation.turns.removeAll { $0.parts.isEmpty && $0.directive == nil }
        guard profile.dialect == .anthropicMessages, conversation.reasoning?.isOff == false else { return }
        if !allowsThinking(conversation.turns) { conversation.reasoning = nil }
    }

    private static func isValid(_ signature: Signature?, _ profile: TargetProfile) -> Bool {
        guard let signature, signature.isSigned else { return false }
        return signature.family == profile.signatureFamily
    }

    /// Anthropic refuses to think on in a tool loop, or to continue an answer, that did not begin with thinking.
    private static func allowsThinking(_ turns: [Turn]) -> Bool {
        guard let last = turns.last, last.role == .assistant || last.hasResults,
            let assistant = turns.last(where: { $0.role == .assistant })
        else { return true }
        return assistant.parts.first?.isThinking ?? false
    }
}
