import JSONCore

/// The repair passes over a conversation, in their order; each changes nothing in a healthy one.
enum Repairs {
    static func apply(
        to conversation: inout Conversation,
        body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext
    ) throws(DialectError) {
        TextRepair.apply(to: &conversation, body: body, target: profile.dialect, context: &context)
        // Before ids change: what is kept is known by those that the client saw.
        ReasoningMemoryPass.apply(to: &conversation, profile: profile, context: &context)
        CallIDRepair.apply(to: &conversation, rule: profile.toolIDRule)
        PairingRepair.apply(to: &conversation.turns)
        ArgumentsRepair.apply(to: &conversation.turns, target: profile.dialect, context: &context)
        // Before the rules about roles, because it may leave turns without content.
        ReasoningRepair.apply(to: &conversation, profile: profile, context: &context)
        MediaRepair.moveAssistantMedia(in: &conversation.turns, profile: profile)
        RoleRepair.apply(to: &conversation, profile: profile, context: &context)
        try MediaRepair.apply(to: &conversation, profile: profile, context: &context)
        try ToolRepair.apply(to: &conversation, profile: profile, context: &context)
        try LimitRepair.apply(to: &conversation, profile: profile, context: &context)
    }
}
