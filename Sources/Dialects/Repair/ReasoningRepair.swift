import JSONCore

/// Pass 8: thinking of earlier turns stays only where the target can use it.
enum ReasoningRepair {
    static func apply(to conversation: inout Conversation, profile: TargetProfile, context: inout TranslationContext) {
        for place in conversation.turns.indices where conversation.turns[place].parts.contains(where: \.isThinking) {
            conversation.turns[place].parts.removeAll { part in
                guard !isKept(part, profile, context) else { return false }
                if part.isSignedThinking { context.lose(.reasoningHistory) }
                return true
            }
        }
        conversation.turns.removeAll { $0.parts.isEmpty && $0.directive == nil }
        guard profile.thinkingLeadsTurns, conversation.reasoning?.isOff == false else { return }
        guard !allowsThinking(conversation.turns) else { return }
        context.lose(.reasoning)
        conversation.reasoning = nil
    }

    /// Whether the target can use a part of an earlier turn.
    static func isKept(_ part: Part, _ profile: TargetProfile, _ context: TranslationContext) -> Bool {
        let keepsText = profile.reasoningReplay == .required || profile.reasoningReplay == .optional
        return switch part {
        case .thinking(let thinking):
            // What has only a signature says nothing as text.
            profile.replaysThinkingText
                ? keepsText && (!thinking.text.isEmpty || profile.reasoningStyle == .openRouter)
                : isValid(thinking.signature, profile, context)
        case .redactedThinking(let signature):
            profile.replaysThinkingText
                ? keepsText && profile.reasoningStyle == .openRouter : isValid(signature, profile, context)
        default: true
        }
    }

    private static func isValid(
        _ signature: Signature?,
        _ profile: TargetProfile,
        _ context: TranslationContext
    ) -> Bool {
        guard let signature, signature.isSigned, signature.family == profile.signatureFamily else { return false }
        // What OpenAI encrypted for one account, no other can read.
        return signature.family != .openAI || signature.scope == nil || signature.scope == context.accountScope
    }

    /// Anthropic refuses to think on in a tool loop, or to continue an answer, that did not begin with thinking.
    private static func allowsThinking(_ turns: [Turn]) -> Bool {
        guard let last = turns.last, last.role == .assistant || last.hasResults,
            let assistant = turns.last(where: { $0.role == .assistant })
        else { return true }
        return assistant.parts.first?.isThinking ?? false
    }
}
