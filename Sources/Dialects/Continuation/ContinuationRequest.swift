import JSONCore

/// The request that asks another target to go on with an answer.
enum ContinuationRequest {
    private static let instruction = """
        Your previous message was cut off by a technical fault. Continue it exactly where it stopped: your next \
        characters follow directly on its last one. Do not repeat anything and do not mention the interruption.
        """

    /// The client's request with the answer so far behind it; nil if it cannot be built.
    ///
    /// `prefills` tells whether the target goes on with a last turn of the assistant by itself.
    static func document(
        _ request: JSONDocument,
        dialect: Dialect,
        progress: AnswerProgress,
        prefills: Bool
    ) -> JSONDocument? {
        guard !progress.text.isEmpty || !progress.calls.isEmpty else { return request }
        let text = String(decoding: progress.text, as: UTF8.self)
        var turns: [[UInt8]] = []
        if !text.isEmpty { turns.append(turn(isUser: false, text, in: dialect)) }
        if !(prefills && progress.calls.isEmpty && !text.isEmpty) {
            turns.append(turn(isUser: true, instruction(for: progress), in: dialect))
        }
        return try? JSONDocument.parse(appending(turns, to: request, dialect))
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

    private static func appending(_ turns: [[UInt8]], to request: JSONDocument, _ dialect: Dialect) -> [UInt8] {
        let name: StaticString =
            switch dialect {
            case .openAIChat, .anthropicMessages, .ollama: "messages"
            case .openAIResponses: "input"
            case .gemini: "contents"
            }
        var editor = JSONEditor(request)
        guard let list = request.root[name], list.isArray else {
            // A Responses request whose input is a text or a single item.
            var first: [[UInt8]] = []
            if let text = request.root[name]?.string { first = [turn(isUser: true, text, in: dialect)] }
            if let item = request.root[name], item.isObject { first = [Array(item.raw)] }
            editor.setMember("\(name)", of: request.root, to: array(first + turns))
            return editor.finish()
        }
        for turn in turns { editor.insertElement(turn, at: list.count, of: list) }
        return editor.finish()
    }

    private static func array(_ elements: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + Array(elements.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")]
    }
}
