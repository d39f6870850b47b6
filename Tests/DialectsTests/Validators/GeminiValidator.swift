import JSONCore

/// Gemini: requests.
enum GeminiValidator: Validator {
    private static let members: Set<String> = [
        "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "cachedContent",
        "labels", "serviceTier",
    ]
    private static let config: Set<String> = [
        "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed", "presencePenalty",
        "frequencyPenalty", "responseLogprobs", "logprobs", "responseMimeType", "responseSchema", "responseJsonSchema",
        "responseModalities", "mediaResolution", "speechConfig", "imageConfig", "thinkingConfig",
    ]

    static func checkRequest(_ root: Node) {
        root.only(members)
        if let system = root.optional("systemInstruction", .object) {
            system.only(["parts", "role"])
            for part in system.required("parts", .array)?.elements ?? [] { part.name("text") }
        }
        let names = checkTools(root)
        checkChoice(root, names)
        if let config = root.optional("generationConfig", .object) { checkConfig(config) }
        for setting in root.optional("safetySettings", .array)?.elements ?? [] {
            setting.name("category")
            setting.name("threshold")
        }
        checkContents(root)
    }

    private static func checkConfig(_ node: Node) {
        node.only(config)
        node.expect(!node.keys.isEmpty, "is empty")
        node.number("temperature", in: 0...2)
        node.number("topP", in: 0...1)
        node.number("maxOutputTokens", in: 1...1e9)
        node.number("candidateCount", in: 1...8)
        let stops = node.optional("stopSequences", .array)?.elements ?? []
        node.expect(stops.count <= 5, "has \(stops.count) stop sequences")
        for stop in stops { stop.expect(stop.string?.isEmpty == false, "is no stop sequence") }
        if let thinking = node.optional("thinkingConfig", .object) {
            thinking.only(["includeThoughts", "thinkingBudget", "thinkingLevel"])
            let both = thinking.present("thinkingBudget") != nil && thinking.present("thinkingLevel") != nil
            thinking.expect(!both, "has both a budget and a level")
        }
        let hasSchema = node.present("responseSchema") != nil || node.present("responseJsonSchema") != nil
        node.expect(!hasSchema || node.present("responseMimeType") != nil, "has a schema without a media type")
        let both = node.present("responseSchema") != nil && node.present("responseJsonSchema") != nil
        node.expect(!both, "has two schemas")
        if node.present("logprobs") != nil {
            node.expect(node.present("responseLogprobs")?.value.bool == true, "has logprobs without responseLogprobs")
        }
    }

    private static func checkTools(_ root: Node) -> Set<String> {
        var names: Set<String> = []
        for tool in root.optional("tools", .array)?.elements ?? [] {
            tool.only([
                "functionDeclarations", "googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext",
                "googleMaps",
            ])
            tool.expect(!tool.keys.isEmpty, "is empty")
            for function in tool.optional("functionDeclarations", .array)?.elements ?? [] {
                function.only(["name", "description", "parameters", "parametersJsonSchema", "response", "behavior"])
                guard let name = function.name("name") else { continue }
                function.expect(Spelling.isWord(name, limit: 64, also: ".:"), "is called \(name)")
                function.expect(name.first.map { $0.isLetter || $0 == "_" } ?? false, "begins badly: \(name)")
                function.expect(names.insert(name).inserted, "is called \(name) again")
                let schemas = ["parameters", "parametersJsonSchema"].compactMap { function.present($0) }
                function.expect(schemas.count <= 1, "has two schemas")
                if let schema = schemas.first, schema.present("properties") != nil { SchemaRules.checkObject(schema) }
            }
        }
        return names
    }

    private static func checkChoice(_ root: Node, _ names: Set<String>) {
        guard let config = root.optional("toolConfig", .object)?.optional("functionCallingConfig", .object) else {
            return
        }
        root.expect(!names.isEmpty, "has a toolConfig without functions")
        let mode = config.word("mode", of: ["AUTO", "ANY", "NONE", "VALIDATED"])
        guard let allowed = config.optional("allowedFunctionNames", .array) else { return }
        config.expect(mode == "ANY" || mode == "VALIDATED", "allows names in mode \(mode ?? "")")
        for name in allowed.elements { name.expect(names.contains(name.string ?? ""), "names no function") }
    }

    // MARK: - Contents

    private static func checkContents(_ root: Node) {
        guard let contents = root.required("contents", .array)?.elements else { return }
        root.expect(!contents.isEmpty, "has no contents")
        contents.first?.expect(contents.first?.member("role")?.string == "user", "is not the user's")
        var calls: [Node] = []
        for (index, content) in contents.enumerated() {
            content.only(["role", "parts"])
            let role = content.word("role", of: ["user", "model"])
            if index > 0 {
                content.expect(contents[index - 1].member("role")?.string != role, "has the role of its neighbour")
            }
            let parts = content.required("parts", .array)?.elements ?? []
            content.expect(!parts.isEmpty, "has no parts")
            for part in parts { checkPart(part, isModel: role == "model") }
            let results = parts.compactMap { $0.present("functionResponse") }
            content.expect(results.count == calls.count, "answers \(results.count) of \(calls.count) calls")
            checkPairs(calls, results)
            calls = parts.compactMap { $0.present("functionCall") }
        }
        contents.last?.expect(contents.last?.member("role")?.string == "user", "ends the conversation")
    }

    private static func checkPairs(_ calls: [Node], _ results: [Node]) {
        for (call, result) in zip(calls, results) {
            result.expect(
                call.member("name")?.string == result.member("name")?.string,
                "has another name than its call"
            )
            result.expect(call.present("id")?.string == result.present("id")?.string, "has another id than its call")
        }
    }

    private static let data: Set<String> = [
        "text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult",
    ]

    private static func checkPart(_ part: Node, isModel: Bool) {
        part.only(data.union(["thought", "thoughtSignature", "videoMetadata", "mediaResolution"]))
        let kinds = part.keys.filter(data.contains)
        part.expect(kinds.count == 1, "has \(kinds.count) kinds of data")
        part.optional("thoughtSignature", .string)
        switch kinds.first {
        case "text":
            let text = part.required("text", .string)?.string ?? ""
            part.expect(!text.isEmpty || part.present("thoughtSignature") != nil, "is empty")
        case "inlineData": checkData(part.required("inlineData", .object))
        case "fileData": part.required("fileData", .object)?.name("fileUri")
        case "functionCall":
            part.expect(isModel, "is a call of the user")
            part.required("functionCall", .object)?.name("name")
            part.present("functionCall")?.optional("args", .object)
        case "functionResponse":
            part.expect(!isModel, "is a result of the model")
            guard let result = part.required("functionResponse", .object) else { return }
            result.name("name")
            result.required("response", .object)
            for media in result.optional("parts", .array)?.elements ?? [] { checkData(media.present("inlineData")) }
        default: break
        }
    }

    private static func checkData(_ data: Node?) {
        guard let data else { return }
        data.expect(data.name("mimeType")?.contains("/") == true, "has no media type")
        data.expect(Spelling.isWord(data.name("data") ?? "", limit: .max, also: "+/="), "is no base64")
    }
}
