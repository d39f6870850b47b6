/// The repair passes over a conversation, in their order; each changes nothing in a healthy one.
enum Repairs {
    static func apply(
        to conversation: inout Conversation,
        profile: TargetProfile,
        context: inout TranslationContext
    ) throws(DialectError) {
    }
}
