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
    ///
    /// `address` is what the path of the request says already.
    package static func read(
        _ body: JSONDocument,
        dialect: Dialect,
        address: RequestAddress = RequestAddress()
    ) throws(DialectError) -> RequestFacts {
        let root = body.root
        guard root.isObject else { throw DialectError("the request body must be a JSON object") }
        return RequestFacts(
            model: try model(of: root, address),
            streams: try streams(root, address) ?? (dialect == .ollama ? true : nil),
            messageCount: try dialect.codec.checkShape(of: root),
            toolCount: dialect == .gemini ? functionCount(of: root) : root["tools"]?.count ?? 0,
            maxOutput: maxOutput(of: root)
        )
    }

    private static func streams(_ root: JSONValue, _ address: RequestAddress) throws(DialectError) -> Bool? {
        if let known = address.streams { return known }
        return try StreamFlag.read(root)
    }

    private static func model(of root: JSONValue, _ address: RequestAddress) throws(DialectError) -> String {
        if let known = address.model { return known }
        guard let model = root.present("model") else { throw DialectError("Missing model", param: "model") }
        guard let name = model.string, !name.isEmpty else {
            throw DialectError("model must be a non-empty string", param: "model")
        }
        return name
    }

    private static func maxOutput(of root: JSONValue) -> Int? {
        root["max_completion_tokens"]?.int ?? root["max_tokens"]?.int ?? root["max_output_tokens"]?.int
            ?? root.present("generationConfig", or: "generation_config")?
            .present("maxOutputTokens", or: "max_output_tokens")?.int
    }

    /// Gemini's tools are lists of functions.
    private static func functionCount(of root: JSONValue) -> Int {
        root["tools"]?.elements.reduce(0) { count, tool in
            count + (tool.present("functionDeclarations", or: "function_declarations")?.count ?? 1)
        } ?? 0
    }
}

extension Dialect {
    /// The dialect of a body that came to the endpoint of Chat: some clients send Responses there.
    package static func ofChatEndpoint(_ body: JSONDocument) -> Dialect {
        let root = body.root
        guard root["messages"] == nil else { return .openAIChat }
        let isResponses = root.present("input") != nil || root.present("previous_response_id") != nil
        return isResponses ? .openAIResponses : .openAIChat
    }
}

/// What the path of a request says about it, where a dialect puts it there.
package struct RequestAddress: Sendable, Hashable {
    package var model: String?
    package var streams: Bool?
    package var layout: AnswerLayout

    package init(model: String? = nil, streams: Bool? = nil, layout: AnswerLayout = .standard) {
        self.model = model
        self.streams = streams
        self.layout = layout
    }
}

/// The member that holds the turns of a request.
enum TurnsMember {
    /// Counts them, or says what is wrong.
    static func count(_ name: StaticString, of root: JSONValue) throws(DialectError) -> Int {
        guard let turns = root.present(name) else { throw DialectError("Missing \(name)", param: "\(name)") }
        guard turns.isArray else { throw DialectError("\(name) must be an array", param: "\(name)") }
        return turns.count
    }

    static func empty(_ name: StaticString) -> DialectError {
        DialectError("\(name) must not be empty", param: "\(name)")
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
