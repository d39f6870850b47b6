import JSONCore

/// Reads the contents of a Gemini request as turns.
///
/// Calls and results decide whose turn it is, whatever the role says: calls are the model's, results the user's.
struct GeminiContentReader {
    private(set) var context: TranslationContext
    private let contents: JSONValue
    /// The ids that calls have; a result with any other belongs to a call by name and order.
    private var callIDs: Set<String> = []
    private var turns: [Turn] = []
    /// The places of the last turn's thinking that is not signed.
    private var unsigned: [Int] = []
    /// The pieces of the thinking at the end, when they are several.
    private var thought: [JSONText] = []

    init(_ contents: JSONValue, context: TranslationContext) {
        self.contents = contents
        self.context = context
    }

    mutating func read() throws(DialectError) -> [Turn] {
        var index = 0
        for content in contents.elements {
            try read(content, at: index)
            index += 1
        }
        joinThought()
        return turns
    }

    private mutating func begin(_ turn: Turn) {
        joinThought()
        unsigned = []
        turns.append(turn)
    }

    private mutating func read(_ content: JSONValue, at index: Int) throws(DialectError) {
        let place = "contents[\(index)]"
        if let text = content.text { return begin(Turn(.user, [.text(text)])) }
        guard content.isObject else { throw DialectError("\(place) must be an object", param: place) }
        let role: Turn.Role
        switch content.present("role")?.string ?? "user" {
        case "user", "function": role = .user
        case "model": role = .assistant
        default: throw DialectError("\(place).role must be user or model", param: "\(place).role")
        }
        guard let parts = content.present("parts") else { return begin(Turn(role)) }
        guard parts.isArray || parts.isObject else {
            throw DialectError("\(place).parts must be an array", param: "\(place).parts")
        }
        begin(Turn(role))
        readGrounding(of: content)
        var number = 0
        for part in parts.isArray ? Array(parts.elements) : [parts] {
            guard part.isObject else {
                throw DialectError("\(place).parts[\(number)] must be an object", param: "\(place).parts[\(number)]")
            }
            guard read(part, of: role, id: "g_\(index)_\(number)") else {
                let path = "\(place).parts[\(number)]"
                throw DialectError("\(path) must have text, inlineData, fileData, a call or a result", param: path)
            }
            number += 1
        }
    }

    private mutating func append(_ part: Part, _ role: Turn.Role) {
        joinThought()
        if let last = turns.last, last.role != role, !last.parts.isEmpty {
            begin(Turn(role))
        } else if turns.last?.role != role {
            turns[turns.count - 1].role = role
        }
        turns[turns.count - 1].parts.append(part)
    }

    // MARK: - Parts

    /// Reads a part; false for one that has nothing in it.
    private mutating func read(_ part: JSONValue, of role: Turn.Role, id: String) -> Bool {
        let signature = GeminiSignature.read(part, native: .gemini)
        if let call = part.present("functionCall", or: "function_call"), call.isObject {
            read(call: call, signature, id: id)
        } else if let response = part.present("functionResponse", or: "function_response"), response.isObject {
            noteUnread(of: response)
            append(.toolResult(result(response)), .user)
        } else if let text = part["text"]?.text, part["thought"]?.bool == true {
            read(thought: text, signature)
        } else {
            if role == .assistant { read(signature, isCall: false) }
            return readContent(part, of: role) || signature != nil
        }
        return true
    }

    private mutating func readContent(_ part: JSONValue, of role: Turn.Role) -> Bool {
        if let text = part["text"]?.text ?? GeminiCode.text(of: part) {
            append(.text(text), role)
        } else if let media = GeminiMedia.read(part) {
            noteUnread(of: part, media)
            append(.media(media), role)
        } else if let call = part.present("toolCall", or: "tool_call"), GeminiGrounding.isSearch(call) {
            append(search: GeminiGrounding.search(call))
        } else if let name = part.members.first(where: { $0.value.isObject })?.key.string {
            context.lose(.contentPart, name)
        } else {
            return false
        }
        return true
    }

    /// Clients that keep a whole candidate have what it says of its sources beside its parts.
    private mutating func readGrounding(of content: JSONValue) {
        var grounding = GeminiGrounding()
        grounding.read(content)
        guard let search = grounding.search(id: { "" }) else { return }
        context.lose(.contentPart, "groundingMetadata")
        append(search: search)
    }

    private mutating func append(search: WebSearchCall) {
        // Whether text stands in front is all that the note wants to know.
        var parts = turns.last?.role == .assistant ? Array(turns[turns.count - 1].parts.suffix(1)) : []
        let count = parts.count
        SearchNote.append(search, to: &parts)
        for part in parts.dropFirst(count) { append(part, .assistant) }
    }

    private mutating func read(call: JSONValue, _ signature: Signature?, id: String) {
        let given = call.present("id")?.wireText ?? ""
        if !given.isEmpty { callIDs.insert(given) }
        var result = ToolCall(id: given.isEmpty ? id : given, name: call["name"]?.string ?? "", arguments: .text("{}"))
        if let arguments = call.present("args") {
            result.arguments = arguments.isObject ? .object(arguments) : .text(arguments.text ?? "{}")
        }
        if signature?.family == .gemini { result.signature = signature } else { read(signature, isCall: true) }
        append(.toolCall(result), .assistant)
    }

    private mutating func read(thought text: JSONText, _ signature: Signature?) {
        if text.isEmpty, let signature, signature.family != .gemini {
            return append(.redactedThinking(signature), .assistant)
        }
        guard !text.isEmpty || signature != nil else { return }
        if signature == nil, turns.last?.role == .assistant, case .thinking(let open) = turns.last?.parts.last,
            open.signature == nil
        {
            return thought += thought.isEmpty ? [open.text, text] : [text]
        }
        append(.thinking(Thinking(text: text, signature: signature)), .assistant)
        if signature == nil { unsigned.append(turns[turns.count - 1].parts.count - 1) }
    }

    /// Puts the pieces of the thinking at the end together, once for all of them.
    private mutating func joinThought() {
        guard !thought.isEmpty, let last = turns.indices.last, let place = turns[last].parts.indices.last,
            case .thinking(var open) = turns[last].parts[place]
        else { return }
        open.text = JSONText.joined(thought, separator: "")
        turns[last].parts[place] = .thinking(open)
        thought = []
    }

    /// A signature on a text or, of another family, on a call: Gemini's own stands in front of what it signs, others
    /// belong to the thinking that came before.
    private mutating func read(_ signature: Signature?, isCall: Bool) {
        guard let signature, signature.isSigned else { return }
        if signature.family == .gemini {
            return append(.thinking(Thinking(text: "", signature: signature)), .assistant)
        }
        if let last = turns.indices.last, turns[last].role == .assistant, let place = unsigned.popLast(),
            case .thinking(var thinking) = turns[last].parts[place]
        {
            thinking.signature = signature
            turns[last].parts[place] = .thinking(thinking)
        } else if signature.family == .openAI {
            append(.redactedThinking(signature), .assistant)
        } else {
            // The client kept the signature and threw away the text that it signs.
            context.lose(.reasoningHistory)
        }
    }

    // MARK: - What is not read

    /// Notes how a function's result is to be taken.
    private mutating func noteUnread(of response: JSONValue) {
        let known: [StaticString] = ["id", "name", "response", "parts"]
        context.loseFields(of: response, in: "functionResponse", except: known)
    }

    /// Notes which piece of a video is meant, and how closely a medium is to be looked at in words of Gemini's own.
    private mutating func noteUnread(of part: JSONValue, _ media: Media) {
        if part.present("videoMetadata", or: "video_metadata")?.asks == true { context.lose(.field, "videoMetadata") }
        if media.detail == nil, part.present("mediaResolution", or: "media_resolution")?.asks == true {
            context.lose(.imageDetail)
        }
    }

    // MARK: - Results

    private static let resultMembers: Set<String> = [
        "text", "inlineData", "inline_data", "fileData", "file_data", "mediaResolution", "media_resolution",
    ]

    private mutating func result(_ json: JSONValue) -> ToolResult {
        let id = json.present("id")?.wireText ?? ""
        var result = ToolResult(callID: callIDs.contains(id) ? id : "", name: json["name"]?.string, parts: [])
        if let response = json.present("response") {
            let (text, isError) = Self.text(of: response)
            result.isError = isError
            if !text.isEmpty { result.parts.append(.text(text)) }
        }
        for part in json.present("parts")?.elements ?? JSONDocument.emptyArray.root.elements {
            if let text = part["text"]?.text { result.parts.append(.text(text)) }
            if let media = GeminiMedia.read(part) { result.parts.append(.media(media)) }
            for (key, value) in part.members where !value.isNull && !Self.resultMembers.contains(key.string) {
                context.lose(.contentPart, key.string)
            }
        }
        return result
    }

    private static func text(of response: JSONValue) -> (text: JSONText, isError: Bool) {
        if let text = response.text { return (text, false) }
        guard response.count == 1, let only = response.members.first(where: { _ in true }) else {
            return (JSONCompaction.text(response), false)
        }
        let isError = only.key.equals("error")
        guard isError || only.key.equals("result") || only.key.equals("output") else {
            return (JSONCompaction.text(response), false)
        }
        return (only.value.text ?? (only.value.isNull ? "" : JSONCompaction.text(only.value)), isError)
    }
}

/// Code that the model ran, for dialects that have only text for it.
enum GeminiCode {
    static func text(of part: JSONValue) -> JSONText? {
        if let code = part.present("executableCode", or: "executable_code") {
            return fenced(code["code"]?.text, language: code["language"]?.string?.lowercased() ?? "")
        }
        if let result = part.present("codeExecutionResult", or: "code_execution_result") {
            return fenced(result["output"]?.text, language: "")
        }
        return nil
    }

    private static func fenced(_ text: JSONText?, language: String) -> JSONText? {
        guard let text, !text.isEmpty else { return nil }
        let name = language == "language_unspecified" ? "" : language
        return JSONText.joined([JSONText("\n```\(name)\n"), text, "\n```\n"], separator: "")
    }
}
