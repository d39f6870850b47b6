import JSONCore
import Testing

@testable import Dialects

/// A random conversation that is in order: what a healthy client may ask of a model.
private struct RandomConversation {
    private var random: SeededRandom
    private(set) var conversation = Conversation()
    private var callCount = 0

    init(seed: UInt64) {
        random = SeededRandom(seed)
        addTools()
        if chance(2) { conversation.system = [SystemBlock(text: JSONText("Rules: " + words()))] }
        for _ in 0..<Int.random(in: 1...3, using: &random) { addExchange() }
        conversation.turns.append(Turn(.user, userParts()))
        addWishes()
    }

    private mutating func chance(_ odds: Int) -> Bool { Int.random(in: 0..<odds, using: &random) == 0 }

    private mutating func words() -> String {
        let pool = ["Grüße", "日本", "😀", "\"q\"", "\\", "\n", "a b", "{}", "\u{2028}", "end"]
        let count = Int.random(in: 1...5, using: &random)
        return "w" + (0..<count).map { _ in pool.randomElement(using: &random) ?? "" }.joined(separator: " ") + "."
    }

    private mutating func signature() -> Signature? {
        let families: [SignatureFamily] = [.anthropic, .gemini, .openAI]
        return families.randomElement(using: &random).map {
            Signature(family: $0, scope: nil, data: $0 == .openAI ? "gAAAAsigned1234" : "EsignedText1234")
        }
    }

    private mutating func userParts() -> [Part] {
        var parts: [Part] = [.text(JSONText(words()))]
        if chance(3) {
            parts.append(
                .media(Media(.image, .base64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"), type: "image/png"))
            )
        }
        if chance(3) { parts.append(.text(JSONText(words()))) }
        return parts
    }

    /// Within what strict formats allow.
    private static let schema =
        #"{"type":"object","properties":{"t":{"type":"string"},"n":{"type":"number"}},"required":["t","n"],"additionalProperties":false}"#

    private mutating func addTools() {
        guard !chance(4) else { return }
        for name in ["get_weather", "write"] {
            var tool = ToolDefinition(name: name)
            if chance(2) { tool.description = JSONText(words()) }
            tool.schema = try? JSONDocument.parse(
                Array(Self.schema.utf8)
            ).root
            conversation.tools.append(tool)
        }
    }

    private mutating func addExchange() {
        conversation.turns.append(Turn(.user, userParts()))
        var answer: [Part] = []
        if chance(3) { answer.append(.thinking(Thinking(text: JSONText(words()), signature: signature()))) }
        answer.append(.text(JSONText(words())))
        guard !conversation.tools.isEmpty, !chance(3) else {
            return conversation.turns.append(Turn(.assistant, answer))
        }
        var results: [Part] = []
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            callCount += 1
            let text = String(decoding: JSONLiteral.string(words()), as: UTF8.self)
            let arguments = JSONText("{\"t\":\(text),\"n\":1.50}")
            let name = chance(2) ? "write" : "get_weather"
            answer.append(.toolCall(ToolCall(id: "call_\(callCount)", name: name, arguments: .text(arguments))))
            var result = ToolResult(callID: "call_\(callCount)", name: name, parts: [.text(JSONText(words()))])
            result.isError = chance(4)
            results.append(.toolResult(result))
        }
        conversation.turns.append(Turn(.assistant, answer))
        conversation.turns.append(Turn(.user, results))
        conversation.turns.append(Turn(.assistant, [.text(JSONText(words()))]))
    }

    private mutating func addWishes() {
        if chance(2) { conversation.sampling.temperature = WireNumber(0.5) }
        if chance(2) { conversation.sampling.topP = WireNumber(0.75) }
        if chance(3) { conversation.sampling.topK = WireNumber(40) }
        if chance(3) { conversation.sampling.seed = WireNumber(7) }
        if chance(3) { conversation.sampling.presencePenalty = WireNumber(0.25) }
        if chance(3) { conversation.sampling.stop = ["STOP", "</end>"] }
        if chance(2) { conversation.maxOutput = 4_000 }
        if chance(3) { conversation.reasoning = ReasoningRequest(mode: .effort(.high)) }
        if !conversation.tools.isEmpty, chance(2) {
            conversation.toolChoice = [.auto, .none, .required, .named("write")].randomElement(using: &random)
        }
        if !conversation.tools.isEmpty, conversation.toolChoice != ToolChoice.none, chance(4) {
            conversation.parallelTools = false
        }
        if chance(4), let schema = conversation.tools.first?.schema {
            conversation.output = .jsonSchema(JSONSchemaFormat(name: "out", schema: schema, strict: nil))
        }
        if chance(4) { conversation.metadata.user = "user-1" }
    }
}

/// What a conversation says, aspect by aspect, in a form that does not depend on how a dialect groups it.
private struct Digest {
    private(set) var aspects: [String: String] = [:]

    /// What may differ when a loss is noted.
    static let excuses: [String: Set<Loss.Feature>] = [
        "thinking": [.reasoningHistory], "temperature": [.temperature], "topP": [.topP], "topK": [.topK],
        "seed": [.seed],
        "presence": [.penalty], "stop": [.stop], "maxOutput": [.maxOutput], "reasoning": [.reasoning],
        "choice": [.toolChoice], "parallel": [.parallelTools], "format": [.structuredOutput, .schema], "user": [.user],
        "tools": [.schema, .toolStrict], "media": [.media], "text": [.textOrder, .systemPosition],
    ]

    init(_ conversation: Conversation) {
        aspects["system"] = conversation.system.map(\.text.string).joined(separator: "|")
        for turn in conversation.turns {
            for part in turn.parts { add(part, of: turn.role) }
        }
        let tools = conversation.tools.map { tool in
            let schema = tool.schema.map { JSONCompaction.text($0).string } ?? ""
            return "\(tool.name) \(tool.description?.string ?? "") \(schema)"
        }
        aspects["tools"] = tools.joined(separator: "|")
        let sampling = conversation.sampling
        aspects["temperature"] = sampling.temperature.map { "\($0.value)" }
        aspects["topP"] = sampling.topP.map { "\($0.value)" }
        aspects["topK"] = sampling.topK.map { "\($0.value)" }
        aspects["seed"] = sampling.seed.map { "\($0.value)" }
        aspects["presence"] = sampling.presencePenalty.map { "\($0.value)" }
        aspects["stop"] = sampling.stop.isEmpty ? nil : sampling.stop.map(\.string).joined(separator: "|")
        aspects["maxOutput"] = conversation.maxOutput.map { "\($0)" }
        aspects["reasoning"] = conversation.reasoning.map { "\($0.level ?? .medium)" }
        // What a model does anyway need not be said.
        aspects["choice"] = conversation.toolChoice.flatMap { $0 == .auto ? nil : "\($0)" }
        aspects["parallel"] = conversation.parallelTools == false ? "false" : nil
        if case .jsonSchema(let format) = conversation.output {
            aspects["format"] = JSONCompaction.text(format.schema).string
        }
        aspects["user"] = conversation.metadata.user?.string
    }

    private mutating func append(_ text: String, to aspect: String) { aspects[aspect, default: ""] += text }

    private mutating func add(_ part: Part, of role: Turn.Role) {
        switch part {
        case .text(let text): append("\(role):\(text.text.string)", to: "text")
        case .media(let media):
            if case .base64(let data) = media.source { append("\(media.type ?? "") \(data.string)|", to: "media") }
        case .thinking(let thinking):
            append("\(thinking.signature?.family.rawValue ?? "n"):\(thinking.text.string)|", to: "thinking")
        case .toolCall(let call):
            let arguments =
                switch call.arguments {
                case .object(let value): JSONCompaction.text(value).string
                case .text(let text):
                    (try? JSONDocument.parse(Array(text.string.utf8))).map { JSONCompaction.text($0.root).string } ?? ""
                }
            append("\(call.name) \(arguments)|", to: "calls")
        case .toolResult(let result):
            let text = result.parts.map { if case .text(let text) = $0 { text.text.string } else { "" } }.joined()
            let prefix = result.isError && !text.hasPrefix("Error: ") ? "Error: " : ""
            append("\(result.name ?? "")=\(prefix)\(text)|", to: "results")
        default: append("\(part)", to: "others")
        }
    }
}

@Suite struct `Round trips` {
    @Test(arguments: Dialect.spoken)
    func `a conversation loses nothing that is not noted as lost`(dialect: Dialect) throws {
        for seed in 1...150 as ClosedRange<UInt64> {
            let original = RandomConversation(seed: seed).conversation
            let (read, losses) = try roundTrip(original, dialect)
            let before = normalised(Digest(original).aspects, dialect)
            let after = normalised(Digest(read).aspects, dialect)
            for aspect in Set(before.keys).union(after.keys).sorted() where before[aspect] != after[aspect] {
                let excused = Digest.excuses[aspect, default: []].contains { feature in
                    losses.contains { $0.feature == feature }
                }
                #expect(
                    excused,
                    "\(dialect) seed \(seed) \(aspect): \(before[aspect] ?? "nil") → \(after[aspect] ?? "nil"), \(losses.map(\.name))"
                )
            }
        }
    }

    /// Through the dialect's request and back; from a client of another one, so that everything is translated.
    private func roundTrip(_ original: Conversation, _ dialect: Dialect) throws -> (Conversation, [Loss]) {
        let foreign: Dialect = dialect == .openAIChat ? .anthropicMessages : .openAIChat
        var there = makeContext(foreign, dialect, streams: false)
        var profile = TargetProfile.vendor(dialect)
        profile.reasoningReplay = .optional
        profile.topK = true
        var conversation = original
        try Repairs.apply(to: &conversation, body: .emptyObject, profile: profile, context: &there)
        let bytes = try dialect.codec.encodeRequest(conversation, profile: profile, context: &there, streams: false)
        var back = makeContext(dialect, foreign, streams: false)
        let body = try JSONDocument.parse(bytes)
        _ = try dialect.codec.checkShape(of: body.root)
        var read = try dialect.codec.decodeRequest(body, context: &back)
        // Watched for by the relay where the target does not.
        if !there.stopEmulation.isEmpty { read.sampling.stop = there.stopEmulation.map { JSONText($0) } }
        return (read, there.losses)
    }

    /// Takes out what the dialects say by other means: neither is lost.
    private func normalised(_ aspects: [String: String], _ dialect: Dialect) -> [String: String] {
        var aspects = aspects
        // White space between texts that a dialect joins, and names that it does not repeat in results.
        aspects["text"]?.removeAll { $0.isWhitespace }
        aspects["text"] = aspects["text"]?.replacing("assistant:", with: "").replacing("user:", with: "")
        aspects["results"] = aspects["results"]?.split(separator: "|").map {
            String($0.drop { $0 != "=" })
        }.joined(separator: "|")
        aspects["system"]?.removeAll { $0.isWhitespace }
        // Anthropic demands a limit, and counts thinking into it.
        if dialect == .anthropicMessages { aspects["maxOutput"] = nil }
        // Of Gemini's own thoughts only the signature goes back, on the part behind it. Chat servers and Ollama get text.
        let isOwn: (Substring) -> Bool = { dialect == .gemini && $0.hasPrefix("g:") }
        let thoughts = aspects["thinking"]?.split(separator: "|").filter { !isOwn($0) } ?? []
        aspects["thinking"] = thoughts.map { $0.dropFirst(2) }.joined(separator: "|")
        // Ollama gets no tools where none may be called.
        if dialect == .ollama, aspects["choice"] == "none" {
            aspects["choice"] = nil
            aspects["tools"] = nil
        }
        return aspects.filter { !$0.value.isEmpty }
    }
}
