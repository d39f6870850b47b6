import Dialects

extension Dialect {
    /// What tells a streaming client that the answer is still on its way, and changes nothing for it: a comment, or
    /// Anthropic's own event.
    var keepAlive: [UInt8] {
        switch self {
        case .openAIChat: Self.comment
        case .anthropicMessages: Self.ping
        }
    }

    // Made once: every open stream holds one.
    private static let comment = Array(": keepalive\n\n".utf8)
    private static let ping = Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)
}
