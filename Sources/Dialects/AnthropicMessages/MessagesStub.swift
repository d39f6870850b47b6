import JSONCore
struct MessagesRequestDecoder {
    var context: TranslationContext; init(_ r: JSONValue, context: TranslationContext) { self.context = context }
    mutating func decode() throws(DialectError) -> Conversation { throw DialectError("x") }
}
struct MessagesRequestEncoder {
    init(_ c: Conversation, profile: TargetProfile, context: TranslationContext, streams: Bool) {}
    func encode() throws(DialectError) -> [UInt8] { throw DialectError("x") }
}
enum MessagesRequestEdits {
    static func apply(
        to b: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) throws(DialectError) -> [UInt8] { throw DialectError("x") }
}
