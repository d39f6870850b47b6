import JSONCore
import Testing

@testable import Dialects

/// Every field of every dialect's requests is said to the target in its words, named as lost, or no loss for a reason.
@Suite struct `Fields of requests` {
    @Test(arguments: ChatFields.rows)
    func `a field of Chat is said or lost`(row: FieldRow) throws { try row.check() }

    @Test(arguments: ResponsesFields.rows)
    func `a field of Responses is said or lost`(row: FieldRow) throws { try row.check() }

    @Test(arguments: MessagesFields.rows)
    func `a field of Anthropic is said or lost`(row: FieldRow) throws { try row.check() }

    @Test(arguments: GeminiFields.rows)
    func `a field of Gemini is said or lost`(row: FieldRow) throws { try row.check() }

    @Test(arguments: OllamaFields.rows)
    func `a field of Ollama is said or lost`(row: FieldRow) throws { try row.check() }

    /// Other names for fields that have a row, and the switches of streaming, which belong to the gateway.
    private static let aliases: Set<String> = [
        "model", "stream", "streaming", "non_stream", "disable_stream", "disable_streaming", "extra_body",
        "repeat_penalty", "max_output_tokens", "max_tokens", "output_format",
    ]

    @Test func `every member that a decoder reads has a row`() {
        let tables: [(known: Set<String>, rows: [FieldRow], prefix: String)] = [
            (ChatRequestDecoder.known, ChatFields.rows, ""),
            (Set(ResponsesRequestDecoder.known.map(\.description)), ResponsesFields.rows, ""),
            (MessagesRequestDecoder.known, MessagesFields.rows, ""),
            (GeminiRequestDecoder.known, GeminiFields.rows, ""),
            (GeminiSettingsReader.known, GeminiFields.rows, "generationConfig."),
            (OllamaRequestDecoder.known, OllamaFields.rows, ""),
            (OllamaRequestDecoder.knownOptions, OllamaFields.rows, "options."),
        ]
        for (known, rows, prefix) in tables {
            let isGemini = rows.first?.client == .gemini
            for name in known where !Self.aliases.contains(name) && !(isGemini && name.contains("_")) {
                let path = prefix + name
                let hasRow = rows.contains { $0.field == path || $0.field.hasPrefix(path + ".") }
                #expect(hasRow, "\(rows.first?.client.rawValue ?? ""): \(path)")
            }
        }
    }

    // MARK: - Values that change

    @Test(arguments: [
        (Dialect.anthropicMessages, "1.7", ["temperature:1.7->1"], "1"), (.anthropicMessages, "1.0", [], "1.0"),
        (.gemini, "2.5", ["temperature:2.5->2"], "2"), (.openAIResponses, "2e0", [], "2e0"), (.ollama, "9", [], "9"),
    ])
    func `a temperature beyond the target's is a loss`(
        target: Dialect,
        asked: String,
        lost: [String],
        sent: String
    ) throws {
        let told = try translate(Dialect.openAIChat.body(with: "\"temperature\":\(asked)"), .openAIChat, target)
        #expect(told.context.losses.map(\.name) == lost)
        #expect(told.text.contains("\"temperature\":\(sent)"))
        #expect(told.text.contains(asked) == (asked == sent))
    }

    @Test(arguments: [
        (TargetProfile.ReasoningStyle.geminiBudget, Dialect.gemini, false, ["reasoning:off"]),
        (.geminiBudget, .gemini, true, []), (.geminiLevel, .gemini, false, ["reasoning:off"]),
        (.anthropicAdaptive, .anthropicMessages, false, ["reasoning:off"]),
        (.anthropicAdaptive, .anthropicMessages, true, []), (.anthropicBudget, .anthropicMessages, true, []),
        (.responses, .openAIResponses, false, ["reasoning:off"]), (.effortNoNone, .openAIChat, true, ["reasoning:off"]),
        (.effort, .openAIChat, true, []), (.none, .openAIChat, false, []),
    ])
    func `thinking that cannot be switched off is a loss`(
        style: TargetProfile.ReasoningStyle,
        target: Dialect,
        canSkip: Bool,
        lost: [String]
    ) throws {
        let (client, member): (Dialect, String) =
            target == .openAIChat
            ? (.anthropicMessages, #""thinking":{"type":"disabled"}"#) : (.openAIChat, #""reasoning_effort":"none""#)
        let told = try translate(client.body(with: member), client, target) {
            ($0.reasoningStyle, $0.canSkipThinking) = (style, canSkip)
        }
        #expect(told.context.losses.map(\.name) == lost)
    }

    @Test(arguments: [
        (#"{\"a\": zz"#, true), (#"{\"a\":\"b"#, false), (#"{\"a\":[1,2,],}"#, false), ("", false),
        (#"no json"#, false), (#"\"{\\\"a\\\":1}\""#, false),
    ])
    func `arguments of earlier calls that cannot be read whole are a loss where they are objects`(
        arguments: String,
        isLost: Bool
    ) throws {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"\#(arguments)"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]}"#
        for target in [Dialect.anthropicMessages, .gemini, .ollama] {
            let lost = try translate(body, .openAIChat, target).context.losses.map(\.name)
            #expect(lost == (isLost ? ["content-part:arguments"] : []), "\(target)")
        }
        #expect(try translate(body, .openAIChat, .openAIResponses).context.losses.isEmpty)
    }

    @Test func `an answer that was spoken leaves its words or a note`() throws {
        let turn = { (audio: String) in
            #"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","audio":{\#(audio)}},{"role":"user","content":"b"}]}"#
        }
        for target in Dialect.spoken where target != .openAIChat {
            let noted = try translate(turn(#""id":"audio_1""#), .openAIChat, target)
            #expect(noted.text.contains("[audio omitted: this model cannot hear audio]"))
            #expect(noted.context.losses.map(\.name) == ["media:audio"])
            let said = try translate(turn(#""id":"audio_1","transcript":"Hello.""#), .openAIChat, target)
            #expect(said.text.contains("Hello."))
        }
    }
}
