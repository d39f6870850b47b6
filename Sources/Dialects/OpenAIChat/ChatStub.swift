import JSONCore
struct ChatRequestEncoder {
    init(_ c: Conversation, profile: TargetProfile, context: TranslationContext, streams: Bool) {}
    func encode() throws(DialectError) -> [UInt8] { throw DialectError("x") }
}
enum ChatRequestEdits {
    static func apply(
        to b: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] { throw DialectError("x") }
}
