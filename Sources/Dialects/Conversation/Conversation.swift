import JSONCore

/// A request in no dialect: what every dialect's request is read into and written from.
///
///     system ─ text blocks before the first turn
///     turns  ─ user │ assistant │ system (in mid-conversation)
///               └ parts: text, media, calls, results, thinking … in their order
///     tools, choice, sampling, limits, reasoning, output format, metadata
struct Conversation {
    var system: [SystemBlock] = []
    var turns: [Turn] = []
    var tools: [ToolDefinition] = []
    /// Tools that the provider runs itself.
    var serverTools: [ServerTool] = []
    /// `nil` when the client did not say.
    var toolChoice: ToolChoice?
    var parallelTools: Bool?
    var sampling = Sampling()
    var maxOutput: Int?
    var reasoning: ReasoningRequest?
    var output = OutputFormat.text
    var metadata = RequestMetadata()
    /// The size of the client's body, which tells how large the target's will be.
    var sourceSize = 0
}

extension Conversation {
    /// Adds a result; those that follow each other belong to one turn.
    mutating func append(_ result: ToolResult) {
        if let last = turns.indices.last, turns[last].role == .user, turns[last].parts.last?.isToolResult == true {
            turns[last].parts.append(.toolResult(result))
        } else {
            turns.append(Turn(.user, [.toolResult(result)]))
        }
    }
}

/// One block of the system prompt.
struct SystemBlock {
    var text: JSONText
    var cache: CacheMark?
}

/// One turn of the conversation; results of tools are parts of a user turn.
struct Turn {
    enum Role { case user, assistant, system }

    var role: Role
    var parts: [Part]
    var name: JSONText?
    /// A system turn that carries only directives (`content: []`, `output_config`) of this dialect.
    var directive: JSONValue?
    /// The message as the client wrote it, where its bytes are to be kept.
    var raw: JSONValue?

    init(_ role: Role, _ parts: [Part] = [], name: JSONText? = nil) {
        self.role = role
        self.parts = parts
        self.name = name
    }
}

extension Turn {
    var calls: some Sequence<ToolCall> {
        parts.lazy.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
    }

    var results: some Sequence<ToolResult> {
        parts.lazy.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
    }

    var hasCalls: Bool { parts.contains(where: \.isToolCall) }

    var hasResults: Bool { parts.contains(where: \.isToolResult) }
}

/// Numbers that steer the choice of tokens; they keep the client's spelling.
struct Sampling {
    var temperature: WireNumber?
    var topP: WireNumber?
    var topK: WireNumber?
    var minP: WireNumber?
    var repeatPenalty: WireNumber?
    var seed: WireNumber?
    var presencePenalty: WireNumber?
    var frequencyPenalty: WireNumber?
    var choices: Int?
    var stop: [JSONText] = []
    var logitBias: JSONValue?
    var logprobs: Bool?
    var topLogprobs: WireNumber?
}

/// A number with the client's spelling (`1` and `1.0` differ on the wire).
struct WireNumber {
    var value: Double
    /// `nil` when the value was made here.
    var spelling: JSONValue?

    init?(_ json: JSONValue?) {
        guard let json, let value = json.double else { return nil }
        self.value = value
        spelling = json
    }

    init(_ value: Double) {
        self.value = value
    }

    /// The number, but not above `limit`, if there is one.
    func clamped(to limit: Int?) -> WireNumber {
        guard let limit, value > Double(limit) else { return self }
        return WireNumber(Double(limit))
    }
}

/// Who asks and how the request is to be served.
struct RequestMetadata {
    var user: JSONText?
    var serviceTier: String?
    var promptCacheKey: JSONText?
    var cacheRetention: JSONText?
    /// The client's own key-value pairs.
    var pairs: JSONValue?
    var store: Bool?
    /// What the answer may consist of (`text`, `image`, `audio`); nil when the client did not say.
    var modalities: [String]?
    var verbosity: JSONText?
}

/// The form that the answer must have.
enum OutputFormat {
    case text
    case jsonObject
    case jsonSchema(JSONSchemaFormat)
}

/// A JSON schema that the answer must satisfy.
struct JSONSchemaFormat {
    var name: String?
    var description: JSONText?
    var schema: JSONValue
    var strict: Bool?

    /// The schema with what is said of the format in it, for targets that have no other place for that.
    var describedSchema: JSONValue {
        guard let description, !description.isEmpty, let document = try? JSONDocument.parse(Array(schema.raw)) else {
            return schema
        }
        let own = document.root["description"]?.text
        let text = own.map { JSONText.joined([description, $0], separator: "\n\n") } ?? description
        var editor = JSONEditor(document)
        editor.setMember("description", of: document.root, to: JSONLiteral.string(text.string))
        return (try? JSONDocument.parse(editor.finish()))?.root ?? schema
    }
}
