import JSONCore

/// The system prompt for models that are not Claude.
enum SystemText {
    /// A line of Claude Code that only Claude's own servers want to see.
    static let billingHeader = "x-anthropic-billing-header:"

    /// The blocks without that line.
    static func withoutBilling(_ blocks: [SystemBlock]) -> [SystemBlock] {
        blocks.compactMap { block in
            guard block.text.utf8Count < 4_096, block.text.string.hasPrefix(billingHeader) else { return block }
            let rest = block.text.string.drop { !$0.isNewline }.drop { $0.isNewline }
            return rest.isEmpty ? nil : SystemBlock(text: JSONText(String(rest)), cache: block.cache)
        }
    }

    /// The texts of the messages that hold the prompt: one for each block, or one for all.
    static func messages(_ blocks: [SystemBlock], joined: Bool) -> [JSONText] {
        let texts = withoutBilling(blocks).map(\.text)
        return joined && texts.count > 1 ? [JSONText.joined(texts, separator: "\n\n")] : texts
    }
}
