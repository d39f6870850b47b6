/// A wire format that clients and providers speak.
package enum Dialect: String, Sendable, Hashable, CaseIterable {
    /// OpenAI Chat Completions and its look-alikes.
    case openAIChat = "chat"
    /// Anthropic Messages.
    case anthropicMessages = "anthropic"
}
