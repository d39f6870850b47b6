import JSONCore

/// The request that asks another target to go on with an answer.
enum ContinuationRequest {
    private static let instruction = """
        Your previous message was cut off by a technical fault. Continue it exactly where it stopped: your next \
        characters follow directly on its last one. Do not repeat anything and do not mention the interruption.
        """

    /// The client's request with the answer so far behind it, and the limit of its tokens lowered by `spent`; `nil` if
    /// the target cannot go on with the answer.
    ///
    /// `prefills` tells whether the target goes on with a last turn of the assistant by itself.
    static func document(
        _ request: JSONDocument,
        context: TranslationContext,
        progress: AnswerProgress,
        prefills: Bool,
        spent: Int
    ) -> JSONDocument? {
        let dialect = context.clientDialect
        guard !progress.text.isEmpty || !progress.calls.isEmpty else { return request }
        let prefills = prefills && progress.calls.isEmpty && !progress.text.isEmpty
        guard mayGoOn(with: request, context, prefills: prefills) else { return nil }
        let text = String(decoding: progress.text, as: UTF8.self)
        var turns: [[UInt8]] = []
        if !text.isEmpty { turns.append(turn(isUser: false, text, in: dialect)) }
        if !prefills { turns.append(turn(isUser: true, instruction(for: progress), in: dialect)) }
        var editor = JSONEditor(request)
        OutputLimits.lower(by: spent, of: request.root, dialect, with: &editor)
        append(turns, to: request, dialect, with: &editor)
        return try? JSONDocument.parse(editor.finish())
    }

    /// Whether the form of the answer allows another target to go on with it.
    ///
    /// What must be JSON as a whole can be gone on with from its last byte only: asked in words, a model begins a new
    /// document. The means by which providers follow a schema begin anew, too.
    private static func mayGoOn(with request: JSONDocument, _ context: TranslationContext, prefills: Bool) -> Bool {
        var context = context.restarted
        switch try? context.clientDialect.codec.decodeRequest(request, context: &context).output {
        case .jsonSchema: return false
        case .jsonObject: return prefills
        case .text, nil: return true
        }
    }

    private static func instruction(for progress: AnswerProgress) -> String {
        guard !progress.calls.isEmpty else { return instruction }
        var lines = ["You had begun to call tools. Make the same calls again, in this order, byte for byte:"]
        for call in progress.calls {
            let arguments = String(decoding: call.arguments, as: UTF8.self)
            lines.append("- \(call.name): arguments \(call.isClosed ? "" : "that begin with ")\(arguments)")
        }
        if progress.text.isEmpty { lines.insert("Your previous message was cut off by a technical fault.", at: 0) }
        let opening = progress.text.isEmpty ? [] : [instruction, "Write no more text in front of the calls."]
        return (opening + lines).joined(separator: "\n")
    }

    // MARK: - Spelling

    private static func turn(isUser: Bool, _ text: String, in dialect: Dialect) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        let isGemini = dialect == .gemini
        writer.member("role", literal: isUser ? "user" : isGemini ? "model" : "assistant")
        if isGemini {
            writer.key("parts")
            writer.beginArray()
            writer.beginObject()
            writer.member("text", text)
            writer.endObject()
            writer.endArray()
        } else {
            writer.member("content", text)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func append(
        _ turns: [[UInt8]],
        to request: JSONDocument,
        _ dialect: Dialect,
        with editor: inout JSONEditor
    ) {
        let name: StaticString =
            switch dialect {
            case .openAIChat, .anthropicMessages, .ollama: "messages"
            case .openAIResponses: "input"
            case .gemini: "contents"
            }
        guard let list = request.root[name], list.isArray else {
            // A Responses request whose input is a text or a single item.
            var first: [[UInt8]] = []
            if let text = request.root[name]?.string { first = [turn(isUser: true, text, in: dialect)] }
            if let item = request.root[name], item.isObject { first = [Array(item.raw)] }
            return editor.setMember("\(name)", of: request.root, to: array(first + turns))
        }
        for turn in turns { editor.insertElement(turn, at: list.count, of: list) }
    }

    private static func array(_ elements: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + Array(elements.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")]
    }
}
