import JSONCore

/// The constant beginnings of a block's deltas, up to the text.
///
/// Made once for the first blocks, which are all that most answers have, so that open streams share them.
enum MessagesDeltaHead {
    private static let textStart: StaticString = "text_delta\",\"text\":\""
    private static let thinkingStart: StaticString = "thinking_delta\",\"thinking\":\""
    private static let texts = (0..<4).map { make($0, textStart) }
    private static let thoughts = (0..<4).map { make($0, thinkingStart) }

    static func text(_ index: Int) -> [UInt8] {
        index < texts.count ? texts[index] : make(index, textStart)
    }

    static func thinking(_ index: Int) -> [UInt8] {
        index < thoughts.count ? thoughts[index] : make(index, thinkingStart)
    }

    static func arguments(_ index: Int) -> [UInt8] {
        make(index, "input_json_delta\",\"partial_json\":\"")
    }

    private static func make(_ index: Int, _ start: StaticString) -> [UInt8] {
        var head: [UInt8] = []
        head.append("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        head.append(contentsOf: JSONLiteral.int(index))
        head.append(",\"delta\":{\"type\":\"")
        head.append(start)
        return head
    }
}
