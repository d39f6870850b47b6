package import JSONCore

/// `/v1/completions`: OpenAI's endpoint from before there were chats, which some editors and tools still call.
package enum TextCompletion {
    /// What the endpoint itself writes when the client does not say.
    private static let defaultMaxTokens = 16

    /// The texts to complete, each a request of its own.
    package static func prompts(of body: JSONDocument) throws(DialectError) -> [JSONText] {
        guard body.root.isObject else { throw DialectError("the request body must be a JSON object") }
        guard let prompt = body.root.present("prompt") else { throw DialectError("Missing prompt", param: "prompt") }
        if let text = prompt.text { return [text] }
        guard prompt.isArray else {
            throw DialectError("prompt must be a string or an array of strings", param: "prompt")
        }
        let texts = prompt.elements.compactMap(\.text)
        guard texts.count == prompt.count else {
            throw DialectError("prompt must be text: tokens mean nothing to other models", param: "prompt")
        }
        guard !texts.isEmpty else { throw DialectError("prompt must not be empty", param: "prompt") }
        return texts
    }

    /// The chat body that asks for the same, with the prompt as the user's only message.
    ///
    /// Several prompts are refused, and so is what changes the answer and no chat can do: text behind the gap
    /// (`suffix`), the prompt in the answer (`echo`), the best of several answers (`best_of`), probabilities in the old
    /// form (`logprobs`).
    package static func chatBody(from body: JSONDocument) throws(DialectError) -> JSONDocument {
        let prompts = try prompts(of: body)
        guard let prompt = prompts.first, prompts.count == 1 else {
            throw DialectError("prompt must be one text: send a request for each", param: "prompt")
        }
        try refuseUnknown(body.root)
        var writer = JSONWriter(capacity: body.bytes.count + 128)
        writer.beginObject()
        for (key, value) in body.root.members where !replaced.contains(where: key.equals) {
            writer.key(key)
            writer.raw(value)
        }
        if body.root.present("max_tokens") == nil, body.root.present("max_completion_tokens") == nil {
            writer.member("max_tokens", defaultMaxTokens)
        } else if let limit = body.root.present("max_tokens") {
            writer.member("max_tokens", limit)
        }
        writer.key("messages")
        writer.beginArray()
        writer.beginObject()
        writer.member("role", literal: "user")
        writer.member("content", prompt)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        guard let document = try? JSONDocument.parse(writer.bytes) else {
            throw DialectError("the request body cannot be read")
        }
        return document
    }

    private static let replaced: [StaticString] = [
        "prompt", "messages", "max_tokens", "suffix", "echo", "best_of", "logprobs",
    ]

    private static func refuseUnknown(_ root: JSONValue) throws(DialectError) {
        let asked: [(name: String, isAsked: Bool)] = [
            ("suffix", root.present("suffix").map { $0.text?.isEmpty != true } ?? false),
            ("echo", root.present("echo").map { $0.bool != false } ?? false),
            ("best_of", root.present("best_of").map { $0.int ?? 0 != root.present("n")?.int ?? 1 } ?? false),
            ("logprobs", root.present("logprobs") != nil),
        ]
        guard let field = asked.first(where: \.isAsked)?.name else { return }
        throw DialectError(
            .unsupported,
            "\(field) is not supported: the models behind this endpoint are chat models",
            param: field,
            code: "unsupported_parameter"
        )
    }
}
