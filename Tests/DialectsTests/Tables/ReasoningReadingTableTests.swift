import JSONCore
import Testing

@testable import Dialects

/// What every client may say of thinking, and what it is read as.
@Suite struct `Table of reasoning wishes` {
    struct Row: Sendable, CustomTestStringConvertible {
        var client: Dialect
        var members: String
        var mode: ReasoningRequest.Mode?
        var display: String?

        init(_ client: Dialect, _ members: String, _ mode: ReasoningRequest.Mode?, display: String? = nil) {
            (self.client, self.members, self.mode, self.display) = (client, members, mode, display)
        }

        var testDescription: String { "\(client) \(members)" }
    }

    private static func read(_ client: Dialect, _ members: String) throws -> ReasoningRequest? {
        var context = makeContext(client, .openAIChat)
        return try client.codec.decodeRequest(try json(client.body(with: members)), context: &context).reasoning
    }

    private static let levels = EffortLevel.allCases

    static let chatRows =
        levels.map { Row(.openAIChat, #""reasoning_effort":"\#($0.rawValue)""#, .effort($0)) } + [
            Row(.openAIChat, "", nil),
            Row(.openAIChat, #""reasoning_effort":"none""#, .off), Row(.openAIChat, #""reasoning_effort":null"#, nil),
            Row(.openAIChat, #""reasoning":{"enabled":false}"#, .off),
            Row(.openAIChat, #""reasoning":{"enabled":true}"#, .auto),
            Row(.openAIChat, #""reasoning":{"effort":"high"}"#, .effort(.high)),
            Row(.openAIChat, #""reasoning":{"effort":"none"}"#, .off),
            Row(.openAIChat, #""reasoning":{"max_tokens":2000}"#, .budget(2_000)),
            Row(.openAIChat, #""reasoning":{"max_tokens":0}"#, .off), Row(.openAIChat, #""reasoning":{}"#, nil),
            Row(.openAIChat, #""thinking":{"type":"disabled"}"#, .off),
            Row(.openAIChat, #""thinking":{"type":"enabled"}"#, .auto),
            Row(.openAIChat, #""thinking":{"type":"enabled","budget_tokens":2000}"#, .budget(2_000)),
            Row(.openAIChat, #""thinking":{"type":"adaptive"}"#, .adaptive(nil)),
            Row(.openAIChat, #""enable_thinking":false"#, .off), Row(.openAIChat, #""enable_thinking":true"#, .auto),
            Row(.openAIChat, #""enable_thinking":true,"thinking_budget":2000"#, .budget(2_000)),
            Row(.openAIChat, #""thinking_budget":2000"#, .budget(2_000)),
            Row(.openAIChat, #""enable_thinking":false,"thinking_budget":2000"#, .off),
            Row(.openAIChat, #""extra_body":{"enable_thinking":false}"#, .off),
            // What is said twice.
            Row(.openAIChat, #""thinking":{"type":"disabled"},"reasoning_effort":"low""#, .effort(.low)),
            Row(.openAIChat, #""reasoning":{"effort":"high","max_tokens":9},"reasoning_effort":"none""#, .off),
            Row(
                .openAIChat,
                #""thinking":{"type":"enabled","budget_tokens":9000},"output_config":{"effort":"low"}"#,
                .effort(.low)
            ),
        ]

    static let responsesRows =
        levels.map { Row(.openAIResponses, #""reasoning":{"effort":"\#($0.rawValue)"}"#, .effort($0)) } + [
            Row(.openAIResponses, "", nil), Row(.openAIResponses, #""reasoning":{}"#, nil),
            Row(.openAIResponses, #""reasoning":{"effort":null}"#, nil),
            Row(.openAIResponses, #""reasoning":{"effort":"none"}"#, .off),
            Row(.openAIResponses, #""reasoning":{"effort":"low","summary":"detailed"}"#, .effort(.low)),
            Row(.openAIResponses, #""reasoning":{"summary":"auto"}"#, .auto),
            Row(.openAIResponses, #""reasoning":{"generate_summary":"concise"}"#, .auto),
        ]

    static let anthropicRows =
        levels.map { Row(.anthropicMessages, #""output_config":{"effort":"\#($0.rawValue)"}"#, .effort($0)) } + [
            Row(.anthropicMessages, "", nil), Row(.anthropicMessages, #""thinking":{"type":"disabled"}"#, .off),
            Row(.anthropicMessages, #""thinking":{"type":"enabled","budget_tokens":2000}"#, .budget(2_000)),
            Row(
                .anthropicMessages,
                #""thinking":{"type":"enabled","budget_tokens":2000,"display":"summarized"}"#,
                .budget(2_000),
                display: "summarized"
            ),
            Row(.anthropicMessages, #""thinking":{"type":"adaptive"}"#, .adaptive(nil)),
            Row(
                .anthropicMessages,
                #""thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"max"}"#,
                .adaptive(.max),
                display: "omitted"
            ),
            Row(
                .anthropicMessages,
                #""thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"high"}"#,
                .effort(.high)
            ),
            Row(.anthropicMessages, #""thinking":{"type":"disabled"},"output_config":{"effort":"high"}"#, .off),
        ]

    private static func gemini(
        _ thinking: String,
        _ mode: ReasoningRequest.Mode?,
        display: String? = nil
    ) -> Row {
        Row(.gemini, #""generationConfig":{"thinkingConfig":{\#(thinking)}}"#, mode, display: display)
    }

    static let geminiRows = [
        gemini(#""thinkingLevel":"MINIMAL""#, .effort(.minimal)), gemini(#""thinkingLevel":"low""#, .effort(.low)),
        gemini(#""thinkingLevel":"MEDIUM""#, .effort(.medium)), gemini(#""thinkingLevel":"HIGH""#, .effort(.high)),
        gemini(#""thinkingLevel":"THINKING_LEVEL_UNSPECIFIED""#, .auto), gemini(#""thinkingBudget":0"#, .off),
        gemini(#""thinkingBudget":-1"#, .auto), gemini(#""thinkingBudget":2000"#, .budget(2_000)),
        gemini(#""thinking_budget":2000,"include_thoughts":true"#, .budget(2_000)),
        gemini(#""thinkingBudget":2000,"includeThoughts":false"#, .budget(2_000), display: "omitted"),
        gemini(#""includeThoughts":true"#, .auto), gemini(#""includeThoughts":false"#, nil), gemini("", nil),
    ]

    static let ollamaRows =
        levels.map { Row(.ollama, #""think":"\#($0.rawValue)""#, .effort($0)) } + [
            Row(.ollama, "", nil), Row(.ollama, #""think":false"#, .off), Row(.ollama, #""think":true"#, .auto),
            Row(.ollama, #""think":"none""#, .off), Row(.ollama, #""think":null"#, nil),
        ]

    @Test(arguments: chatRows + responsesRows + anthropicRows + geminiRows + ollamaRows)
    func `wishes to think are read from every dialect`(row: Row) throws {
        let reasoning = try Self.read(row.client, row.members)
        #expect(reasoning?.mode == row.mode)
        #expect(reasoning?.display == row.display)
    }

    @Test func `only a summary is no wish to think`() throws {
        #expect(try Self.read(.openAIResponses, #""reasoning":{"summary":"auto"}"#)?.isExplicit == false)
        for row in Self.chatRows + Self.responsesRows + Self.anthropicRows
        where !row.members.contains("summary\":\"auto") {
            #expect(try Self.read(row.client, row.members)?.isExplicit != false || row.members.contains("generate"))
        }
    }

    // MARK: - Levels and budgets

    @Test(arguments: [
        (1, EffortLevel.minimal), (512, .minimal), (513, .low), (1_024, .low), (1_025, .medium), (10_240, .medium),
        (10_241, .high), (32_768, .high), (32_769, .xhigh), (131_071, .xhigh), (131_072, .xhigh), (1 << 40, .xhigh),
    ])
    func `a budget stands for a level`(tokens: Int, level: EffortLevel) throws {
        let members = #""thinking":{"type":"enabled","budget_tokens":\#(tokens)}"#
        let sent = try translate(
            Dialect.anthropicMessages.body(with: members),
            .anthropicMessages,
            .openAIChat
        ) { $0.reasoningStyle = .effort }
        #expect(try sent.root()["reasoning_effort"]?.string == level.rawValue)
    }

    @Test(arguments: [
        ([EffortLevel.low, .medium, .high], ["low", "low", "medium", "high", "high", "high"]),
        ([.minimal, .low, .medium, .high, .xhigh], ["minimal", "low", "medium", "high", "xhigh", "xhigh"]),
        ([.high, .max], ["high", "high", "high", "high", "high", "max"]),
        ([.low, .high], ["low", "low", "low", "high", "high", "high"]),
        ([], ["minimal", "low", "medium", "high", "xhigh", "max"]),
    ])
    func `a level that a target lacks becomes the next lower one, or the lowest`(
        known: [EffortLevel],
        sent: [String]
    ) {
        #expect(EffortLevel.allCases.map { $0.nearest(in: Set(known)).rawValue } == sent)
    }
}
