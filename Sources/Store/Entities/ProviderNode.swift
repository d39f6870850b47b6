package import TimeCore

/// A user-defined endpoint that speaks the wire format of OpenAI or Anthropic.
///
/// Its id is the `provider` of the connections that belong to it.
package struct ProviderNode: Sendable, Identifiable {
    /// The wire format of a node.
    package enum Kind: String, Sendable {
        case openAICompatible = "openai-compatible"
        case anthropicCompatible = "anthropic-compatible"
    }

    package var id: String
    package var type: Kind
    package var name: String
    /// What model names begin with: `prefix/model`.
    package var prefix: String
    /// What it offers, such as `chat`, `responses` or `embeddings`.
    package var apiType: String?
    package var baseURL: String?
    package var chatPath: String?
    package var modelsPath: String?
    package var createdAt: WallTime
    package var updatedAt: WallTime

    /// A node with every field.
    package init(
        id: String,
        type: Kind,
        name: String,
        prefix: String,
        apiType: String? = nil,
        baseURL: String? = nil,
        chatPath: String? = nil,
        modelsPath: String? = nil,
        createdAt: WallTime,
        updatedAt: WallTime
    ) {
        (self.id, self.type, self.name, self.prefix) = (id, type, name, prefix)
        (self.apiType, self.baseURL, self.chatPath, self.modelsPath) = (apiType, baseURL, chatPath, modelsPath)
        (self.createdAt, self.updatedAt) = (createdAt, updatedAt)
    }
}
