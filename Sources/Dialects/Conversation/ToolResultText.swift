import JSONCore

/// A tool's result for dialects whose results are text only: media are named in it and follow as attachments.
struct ToolResultText {
    private(set) var text: JSONText = ""
    private(set) var attachments: [Part] = []

    init(_ result: ToolResult) {
        var texts: [JSONText] = []
        for part in result.parts {
            switch part {
            case .text(let part): texts.append(part.text)
            case .media(let media):
                if let text = ChatMedia.text(of: media) {
                    texts.append(text)
                } else {
                    texts.append(JSONText("[\(media.kind.rawValue) attached below]"))
                    attachments.append(.media(media))
                }
            case .searchResult(let hit): texts.append(SearchResults.text(of: hit))
            case .toolCall, .toolResult, .thinking, .redactedThinking, .refusal, .opaque: break
            }
        }
        text = JSONText.joined(texts, separator: "\n")
        if result.isError, !text.string.hasPrefix("Error: ") {
            text = JSONText.joined(["Error: ", text], separator: "")
        }
    }
}
