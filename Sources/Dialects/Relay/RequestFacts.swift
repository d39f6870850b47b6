package import JSONCore

/// What the gateway wants to know of a client's request before it is translated.
package struct RequestFacts: Sendable {
    package var model: String
    /// Whether the client asked for a stream; `nil` when it did not say.
    package var streams: Bool?
    package var messageCount: Int
    package var toolCount: Int
    /// The client's limit of output tokens.
    package var maxOutput: Int?

    /// Reads a request and refuses one that no target could answer.
    package static func read(_ body: JSONDocument, dialect: Dialect) throws(DialectError) -> RequestFacts {
        let root = body.root
        guard root.isObject else { throw DialectError("the request body must be a JSON object") }
        guard let model = root.present("model") else { throw DialectError("Missing model", param: "model") }
        guard let name = model.string, !name.isEmpty else {
            throw DialectError("model must be a non-empty string", param: "model")
        }
        guard let messages = root.present("messages") else { throw DialectError("Missing messages", param: "messages") }
        guard messages.isArray else { throw DialectError("messages must be an array", param: "messages") }
        guard messages.count > 0 || dialect == .openAIChat && root.present("system") != nil else {
            throw DialectError("messages must not be empty", param: "messages")
        }
        return RequestFacts(
            model: name,
            streams: try StreamFlag.read(root),
            messageCount: messages.count,
            toolCount: root["tools"]?.count ?? 0,
            maxOutput: maxOutput(of: root)
        )
    }

    private static func maxOutput(of root: JSONValue) -> Int? {
        root["max_completion_tokens"]?.int ?? root["max_tokens"]?.int ?? root["max_output_tokens"]?.int
    }
}

/// The stream flag and its other spellings.
enum StreamFlag {
    static let aliases: [StaticString] = ["streaming", "non_stream", "disable_stream", "disable_streaming"]

    private static let negated: [StaticString] = ["non_stream", "disable_stream", "disable_streaming"]

    /// Whether a stream is asked for; nil when the request does not say.
    static func read(_ root: JSONValue) throws(DialectError) -> Bool? {
        if let flag = root.present("stream") {
            guard let value = flag.bool else { throw DialectError("stream must be true or false", param: "stream") }
            return value
        }
        if let flag = root["streaming"]?.bool { return flag }
        for key in negated { if let flag = root[key]?.bool { return !flag } }
        return nil
    }
}
