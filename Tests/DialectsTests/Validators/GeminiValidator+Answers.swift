import JSONCore

/// Gemini: answers.
extension GeminiValidator {
    private static let reasons: Set<String> = [
        "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER", "MALFORMED_FUNCTION_CALL", "BLOCKLIST",
        "PROHIBITED_CONTENT", "SPII",
    ]

    static func checkError(_ root: Node) {
        guard let error = root.required("error", .object) else { return }
        error.count("code")
        error.name("message")
        error.name("status")
    }

    static func checkBody(_ root: Node) {
        var reasons: [Int: Bool] = [:]
        checkChunk(root, &reasons)
        for (index, isOver) in reasons where !isOver { root.complain("does not end candidate \(index)") }
        root.expect(!reasons.isEmpty, "has no candidates")
        root.required("usageMetadata", .object)
    }

    /// Notes of every candidate whether it has ended.
    private static func checkChunk(_ root: Node, _ ended: inout [Int: Bool]) {
        root.name("modelVersion")
        root.name("responseId")
        if let usage = root.optional("usageMetadata", .object) { checkUsage(usage) }
        for candidate in root.required("candidates", .array)?.elements ?? [] {
            let index = candidate.count("index") ?? 0
            candidate.expect(ended[index] != true, "comes behind its end")
            ended[index] = candidate.present("finishReason") != nil
            if candidate.present("finishReason") != nil { candidate.word("finishReason", of: reasons) }
            guard let content = candidate.required("content", .object) else { continue }
            content.word("role", of: ["model"])
            for part in content.required("parts", .array)?.elements ?? [] { checkAnswerPart(part) }
        }
    }

    private static func checkAnswerPart(_ part: Node) {
        if let call = part.optional("functionCall", .object) {
            call.name("name")
            call.required("args", .object)
        } else if let data = part.optional("inlineData", .object) {
            data.name("mimeType")
            data.name("data")
        } else if part.present("executableCode") == nil, part.present("codeExecutionResult") == nil {
            part.required("text", .string)
        }
    }

    private static func checkUsage(_ usage: Node) {
        let prompt = usage.count("promptTokenCount") ?? 0
        let parts = ["candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount"]
        let rest = parts.map { usage.present($0)?.value.int ?? 0 }.reduce(0, +)
        usage.expect(usage.count("totalTokenCount") == prompt + rest, "does not add up")
        usage.expect(usage.present("cachedContentTokenCount")?.value.int ?? 0 <= prompt, "has more cached than read")
    }

    static func checkStream(_ text: String, _ log: Complaints) -> StreamEnd {
        let frames = Frame.all(text, log)
        var ended: [Int: Bool] = [:]
        for (number, frame) in frames.enumerated() {
            if frame.event != nil { log.add("chunk \(number)", "has a name") }
            guard let chunk = Node(parsing: frame.data.utf8, "chunk \(number)", log) else { continue }
            if chunk.member("error") != nil {
                checkError(chunk)
                chunk.expect(number == frames.count - 1, "is an error with something behind it")
                chunk.expect(ended[0] != true, "is an error behind a good end")
                return .failed
            }
            checkChunk(chunk, &ended)
            if number == frames.count - 1 { chunk.required("usageMetadata", .object) }
        }
        return ended[0] == true && ended.values.allSatisfy { $0 } ? .clean : .open
    }
}
