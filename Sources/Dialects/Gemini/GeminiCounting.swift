package import JSONCore

/// Gemini's `countTokens`.
package enum GeminiCountTokens {
    /// The request whose tokens are asked for: the body itself, or its `generateContentRequest`.
    package static func request(of body: JSONDocument) throws(DialectError) -> JSONDocument {
        guard body.root.isObject else { throw DialectError("the request body must be a JSON object") }
        let inner = body.root.present("generateContentRequest", or: "generate_content_request")
        guard let inner else {
            try checkTurns(of: body.root)
            return body
        }
        guard inner.isObject, let document = try? JSONDocument.parse(Array(inner.raw)) else {
            throw DialectError("generateContentRequest must be an object", param: "generateContentRequest")
        }
        try checkTurns(of: document.root)
        return document
    }

    /// A request without turns has a count too: clients break without one.
    private static func checkTurns(of root: JSONValue) throws(DialectError) {
        if root.present("contents") != nil { _ = try TurnsMember.count("contents", of: root) }
    }

    /// The body to ask a Gemini target with, made of the body that it would be sent for an answer.
    package static func upstreamBody(_ request: [UInt8], model: String) -> [UInt8] {
        guard let document = try? JSONDocument.parse(request) else { return request }
        var writer = JSONWriter(capacity: request.count + 64)
        writer.beginObject()
        writer.key("generateContentRequest")
        writer.object(document.root, changing: [("model", JSONLiteral.string("models/" + model))])
        writer.endObject()
        return writer.bytes
    }

    /// The count in a target's answer.
    package static func read(_ body: [UInt8]) -> Int? {
        guard let count = (try? JSONDocument.parse(body))?.root["totalTokens"]?.int, count >= 0 else { return nil }
        return count
    }

    /// The answer to a Gemini client.
    package static func answer(tokens: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("totalTokens", tokens)
        writer.endObject()
        return writer.bytes
    }
}

/// Counts the input of a Gemini request as ``TokenEstimate`` counts that of others.
struct GeminiTokenCount {
    private var characters = 0
    private var fixed = 0

    static func inputTokens(_ root: JSONValue) -> Int {
        var count = GeminiTokenCount()
        if let system = root.present("systemInstruction", or: "system_instruction") { count.add(content: system) }
        for content in root["contents"]?.elements ?? JSONDocument.emptyArray.root.elements {
            count.fixed += 3
            count.add(content: content)
        }
        for tool in root["tools"]?.elements ?? JSONDocument.emptyArray.root.elements {
            let functions = tool.present("functionDeclarations", or: "function_declarations")
            for function in functions?.elements ?? JSONDocument.emptyArray.root.elements { count.add(tool: function) }
        }
        return (count.characters + 3) / 4 + count.fixed
    }

    private mutating func add(content: JSONValue) {
        if let text = content.text { return characters += text.utf8Count }
        for part in content["parts"]?.elements ?? JSONDocument.emptyArray.root.elements { add(part: part) }
    }

    private mutating func add(part: JSONValue) {
        if let text = part.text ?? part["text"]?.text { return characters += text.utf8Count }
        if let media = part.present("inlineData", or: "inline_data") ?? part.present("fileData", or: "file_data") {
            return add(media: media)
        }
        if let response = part.present("functionResponse", or: "function_response") {
            add(raw: response["response"])
            for part in response["parts"]?.elements ?? JSONDocument.emptyArray.root.elements { add(part: part) }
        } else if let call = part.present("functionCall", or: "function_call") {
            characters += call["name"]?.text?.utf8Count ?? 0
            add(raw: call["args"])
        } else if let code = GeminiCode.text(of: part) {
            characters += code.utf8Count
        }
    }

    private mutating func add(raw: JSONValue?) { characters += raw?.range.count ?? 0 }

    private mutating func add(tool: JSONValue) {
        characters += (tool["name"]?.text?.utf8Count ?? 0) + (tool["description"]?.text?.utf8Count ?? 0)
        add(raw: tool["parametersJsonSchema"] ?? tool["parameters"])
    }

    private mutating func add(media: JSONValue) {
        let type = media.present("mimeType", or: "mime_type")?.string ?? ""
        let data = media["data"]?.text
        if type.hasPrefix("audio/") || type.hasPrefix("video/") {
            fixed += 500
        } else if type.hasPrefix("image/") {
            let size = data.flatMap(ImageSize.read)
            fixed += size.map { max(1, $0.width * $0.height / 750) } ?? 1_600
        } else if type.hasPrefix("text/"), let data {
            characters += data.utf8Count * 3 / 4
        } else {
            // A page is about 50 kB of a PDF.
            fixed += 1_500 * max(1, (data?.utf8Count ?? 0) * 3 / 4 / 50_000)
        }
    }
}
