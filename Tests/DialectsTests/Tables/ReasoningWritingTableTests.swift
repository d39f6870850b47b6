import JSONCore
import Testing

@testable import Dialects

/// How each kind of target is told to think.
@Suite struct `Table of reasoning controls` {
    /// What a client asks for.
    enum Wish: Sendable {
        case off, auto
        case level(EffortLevel)
        case budget(Int)

        /// The wish in the words of a client that can express all of them.
        func members(of client: Dialect) -> String {
            switch (self, client) {
            case (.off, .anthropicMessages): #""thinking":{"type":"disabled"}"#
            case (.auto, .anthropicMessages): #""thinking":{"type":"enabled"}"#
            case (.level(let level), .anthropicMessages): #""output_config":{"effort":"\#(level.rawValue)"}"#
            case (.budget(let tokens), .anthropicMessages): #""thinking":{"type":"enabled","budget_tokens":\#(tokens)}"#
            case (.off, _): #""reasoning_effort":"none""#
            case (.auto, _): #""reasoning":{"enabled":true}"#
            case (.level(let level), _): #""reasoning_effort":"\#(level.rawValue)""#
            case (.budget(let tokens), _): #""reasoning":{"max_tokens":\#(tokens)}"#
            }
        }
    }

    /// A kind of target, and what it is sent for: off, auto, the six levels from minimal to max, and a budget of 2000.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var target: Dialect
        var sent: [String]
        /// What is lost of the nine wishes.
        var lost: [[String]]
        var profile: @Sendable (inout TargetProfile) -> Void

        init(
            _ name: String,
            _ target: Dialect,
            sent: [String],
            lost: [[String]] = Array(repeating: [], count: 9),
            profile: @escaping @Sendable (inout TargetProfile) -> Void
        ) {
            (testDescription, self.target, self.sent, self.lost, self.profile) = (name, target, sent, lost, profile)
        }
    }

    private static let wishes: [Wish] = [.off, .auto] + EffortLevel.allCases.map { .level($0) } + [.budget(2_000)]

    private static let paths: [Dialect: [String]] = [
        .openAIChat: ["reasoning_effort", "thinking", "enable_thinking", "thinking_budget", "reasoning"],
        .openAIResponses: ["reasoning", "include"], .anthropicMessages: ["max_tokens", "thinking", "output_config"],
        .gemini: ["generationConfig.thinkingConfig"], .ollama: ["think"],
    ]

    private static let aboutOff = [["reasoning:off"]] + Array(repeating: [], count: 8)

    private static let aboutEffort = [[], []] + Array(repeating: ["reasoning:effort"], count: 7)

    // MARK: - Chat

    private static func effort(_ words: String...) -> [String] {
        words.map { $0.isEmpty ? "" : "reasoning_effort: \"\($0)\"" }
    }

    static let chatRows = [
        Row(
            "effort",
            .openAIChat,
            sent: effort("none", "", "minimal", "low", "medium", "high", "xhigh", "max", "medium")
        ) { $0.reasoningStyle = .effort },
        Row(
            "effort without the level none",
            .openAIChat,
            sent: effort("minimal", "", "minimal", "low", "medium", "high", "xhigh", "max", "medium"),
            lost: aboutOff
        ) { $0.reasoningStyle = .effortNoNone },
        Row(
            "effort of three levels",
            .openAIChat,
            sent: effort("", "", "low", "low", "medium", "high", "high", "high", "medium"),
            lost: aboutOff
        ) { ($0.reasoningStyle, $0.efforts) = (.effortNoNone, [.low, .medium, .high]) },
        Row(
            "thinking.type",
            .openAIChat,
            sent: [#"thinking: {"type":"disabled"}"#, ""]
                + Array(repeating: #"thinking: {"type":"enabled"}"#, count: 7),
            lost: aboutEffort
        ) { $0.reasoningStyle = .thinkingType },
        Row(
            "thinking.type with two efforts",
            .openAIChat,
            sent: [#"thinking: {"type":"disabled"}"#, ""]
                + effort("high", "high", "high", "high", "max", "max", "high").map {
                    $0 + "\n" + #"thinking: {"type":"enabled"}"#
                }
        ) { ($0.reasoningStyle, $0.efforts) = (.thinkingType, [.high, .max]) },
        Row(
            "enable_thinking",
            .openAIChat,
            sent: ["enable_thinking: false", ""]
                + ["512", "1024", "10240", "24576", "32768"].map { "enable_thinking: true\nthinking_budget: \($0)" }
                // Without a budget the model thinks as long as it can.
                + ["enable_thinking: true", "enable_thinking: true\nthinking_budget: 2000"]
        ) { $0.reasoningStyle = .enableThinking },
        Row(
            "enable_thinking of a model with limits",
            .openAIChat,
            sent: ["enable_thinking: false", ""]
                + ["512", "1024", "1500", "1500", "1500", "1500", "1500"].map {
                    "enable_thinking: true\nthinking_budget: \($0)"
                }
        ) { ($0.reasoningStyle, $0.thinkingBudget) = (.enableThinking, 0...1_500) },
        Row(
            "OpenRouter",
            .openAIChat,
            sent: [#"reasoning: {"enabled":false}"#, ""]
                + EffortLevel.allCases.map { #"reasoning: {"effort":"\#($0.rawValue)"}"# }
                + [#"reasoning: {"max_tokens":2000}"#]
        ) { $0.reasoningStyle = .openRouter },
        Row(
            "a Chat model that does not think",
            .openAIChat,
            sent: Array(repeating: "", count: 9),
            lost: [[]] + Array(repeating: ["reasoning"], count: 8)
        ) { $0.reasoningStyle = .none },
    ]

    // MARK: - The others

    private static let include = "\ninclude: [\"reasoning.encrypted_content\"]"

    private static func responses(_ words: [String]) -> [String] {
        words.map { #"reasoning: {"effort":"\#($0)","summary":"auto"}"# + include }
    }

    private static func levels(_ words: String...) -> [String] {
        words.map { #"generationConfig.thinkingConfig: {"includeThoughts":true,"thinkingLevel":"\#($0)"}"# }
    }

    private static func budgets(_ numbers: Int...) -> [String] {
        numbers.map { #"generationConfig.thinkingConfig: {"includeThoughts":true,"thinkingBudget":\#($0)}"# }
    }

    private static let shown = #"generationConfig.thinkingConfig: {"includeThoughts":true}"#

    static let otherRows = [
        Row(
            "Responses",
            .openAIResponses,
            sent: [#"reasoning: {"effort":"none"}"#, #"reasoning: {"summary":"auto"}"# + include]
                + responses(EffortLevel.allCases.map(\.rawValue) + ["medium"])
        ) { _ in },
        Row(
            "Responses of a model that always thinks",
            .openAIResponses,
            sent: [#"reasoning: {"effort":"low"}"#, #"reasoning: {"summary":"auto"}"# + include]
                + responses(["low", "low", "medium", "high", "high", "high", "medium"]),
            lost: aboutOff
        ) { ($0.canSkipThinking, $0.efforts) = (false, [.low, .medium, .high]) },
        Row(
            "Gemini 2.5 Flash",
            .gemini,
            sent: [#"generationConfig.thinkingConfig: {"thinkingBudget":0}"#, shown]
                + budgets(512, 1_024, 8_192, 24_576, 24_576, 24_576, 2_000)
        ) { $0.thinkingBudget = 0...24_576 },
        Row(
            "Gemini 2.5 Pro",
            .gemini,
            sent: [#"generationConfig.thinkingConfig: {"thinkingBudget":128}"#, shown]
                + budgets(512, 1_024, 8_192, 24_576, 32_768, 32_768, 2_000),
            lost: aboutOff
        ) { ($0.thinkingBudget, $0.canSkipThinking) = (128...32_768, false) },
        Row(
            "Gemini 2.5 Flash-Lite",
            .gemini,
            sent: [#"generationConfig.thinkingConfig: {"thinkingBudget":0}"#, shown]
                + budgets(600, 1_024, 8_192, 24_576, 24_576, 24_576, 2_000)
        ) { $0.thinkingBudget = 600...24_576 },
        Row(
            "Gemini 3 Flash",
            .gemini,
            sent: [#"generationConfig.thinkingConfig: {"thinkingLevel":"MINIMAL"}"#, shown]
                + levels("MINIMAL", "LOW", "MEDIUM", "HIGH", "HIGH", "HIGH", "MEDIUM"),
            lost: aboutOff
        ) { profile in
            (profile.reasoningStyle, profile.canSkipThinking) = (.geminiLevel, false)
            profile.efforts = [.minimal, .low, .medium, .high]
        },
        Row(
            "Gemini 3 Pro, of two levels",
            .gemini,
            sent: [#"generationConfig.thinkingConfig: {"thinkingLevel":"LOW"}"#, shown]
                + levels("LOW", "LOW", "HIGH", "HIGH", "HIGH", "HIGH", "HIGH"),
            lost: aboutOff
        ) { ($0.reasoningStyle, $0.canSkipThinking, $0.efforts) = (.geminiLevel, false, [.low, .high]) },
        Row(
            "newer Gemini Pro",
            .gemini,
            sent: [#"generationConfig.thinkingConfig: {"thinkingLevel":"LOW"}"#, shown]
                + levels("LOW", "LOW", "MEDIUM", "HIGH", "HIGH", "HIGH", "MEDIUM"),
            lost: aboutOff
        ) { ($0.reasoningStyle, $0.canSkipThinking, $0.efforts) = (.geminiLevel, false, [.low, .medium, .high]) },
        Row(
            "Gemma",
            .gemini,
            sent: Array(repeating: "", count: 9),
            lost: [[]] + Array(repeating: ["reasoning"], count: 8)
        ) { $0.reasoningStyle = .none },
        Row(
            "Ollama's flag",
            .ollama,
            sent: ["think: false"] + Array(repeating: "think: true", count: 8),
            lost: aboutEffort
        ) { _ in },
        Row(
            "Ollama's levels",
            .ollama,
            sent: ["think: false", "think: true"]
                + ["low", "low", "medium", "high", "high", "high", "medium"].map { "think: \"\($0)\"" }
        ) { ($0.reasoningStyle, $0.efforts) = (.ollamaLevel, [.low, .medium, .high]) },
        Row(
            "Ollama's levels with max",
            .ollama,
            sent: ["think: false", "think: true"]
                + ["low", "low", "medium", "high", "max", "max", "medium"].map { "think: \"\($0)\"" }
        ) { ($0.reasoningStyle, $0.efforts) = (.ollamaLevel, [.low, .medium, .high, .max]) },
    ]

    // MARK: - Anthropic

    private static func budget(_ tokens: Int, of limit: Int = 200_000) -> String {
        "max_tokens: \(limit)\n" + #"thinking: {"type":"enabled","budget_tokens":\#(tokens)}"#
    }

    private static func adaptive(_ effort: String) -> String {
        "max_tokens: 4000\n" + #"thinking: {"type":"adaptive"}"# + "\n" + #"output_config: {"effort":"\#(effort)"}"#
    }

    static let anthropicRows = [
        Row(
            "Claude with a budget",
            .anthropicMessages,
            sent: ["max_tokens: 200000"]
                + [10_240, 1_024, 1_024, 10_240, 32_768, 65_536, 131_072, 2_000].map { budget($0) }
        ) { $0.defaultMaxOutput = 200_000 },
        Row(
            "adaptive Claude",
            .anthropicMessages,
            sent: [
                "max_tokens: 4000\n" + #"thinking: {"type":"disabled"}"#,
                "max_tokens: 4000\n" + #"thinking: {"type":"adaptive"}"#,
            ] + ["low", "low", "medium", "high", "xhigh", "max", "medium"].map(adaptive)
        ) { ($0.reasoningStyle, $0.defaultMaxOutput) = (.anthropicAdaptive, 4_000) },
        Row(
            "adaptive Claude of fewer levels",
            .anthropicMessages,
            sent: [
                "max_tokens: 4000\n" + #"thinking: {"type":"disabled"}"#,
                "max_tokens: 4000\n" + #"thinking: {"type":"adaptive"}"#,
            ] + ["low", "low", "medium", "high", "high", "high", "medium"].map(adaptive)
        ) { profile in
            (profile.reasoningStyle, profile.defaultMaxOutput) = (.anthropicAdaptive, 4_000)
            profile.efforts = [.minimal, .low, .medium, .high]
        },
        Row(
            "adaptive Claude that always thinks",
            .anthropicMessages,
            sent: ["max_tokens: 4000", "max_tokens: 4000\n" + #"thinking: {"type":"adaptive"}"#]
                + ["low", "low", "medium", "high", "xhigh", "max", "medium"].map(adaptive),
            lost: aboutOff
        ) { profile in
            (profile.reasoningStyle, profile.defaultMaxOutput) = (.anthropicAdaptive, 4_000)
            profile.canSkipThinking = false
        },
    ]

    @Test(arguments: chatRows + otherRows + anthropicRows)
    func `every target is told in its own way how much to think`(row: Row) throws {
        let client: Dialect = row.target == .openAIChat ? .anthropicMessages : .openAIChat
        try #require(row.sent.count == 9 && row.lost.count == 9)
        for (number, wish) in Self.wishes.enumerated() {
            let body = client.body(with: wish.members(of: client))
            let told = try translate(body, client, row.target, profile: row.profile)
            #expect(try told.root().lines(at: Self.paths[row.target] ?? []) == row.sent[number], "\(wish)")
            #expect(told.context.losses.map(\.name) == row.lost[number], "\(wish)")
        }
    }

    // MARK: - Anthropic's constraints

    /// `limit` and `budget` as the client sends them, the model's `cap`, and what is sent: no budget means no thinking.
    @Test(
        arguments: [
            // There is room for both.
            (limit: 8_000, budget: 2_000, cap: nil, sent: 8_000, thinks: 2_000),
            // The least budget, and the least answer.
            (4_000, 500, nil, 4_000, 1_024), (3_024, 2_000, nil, 3_024, 2_000),
            // T118: the limit grows by the budget, and by 1024 at least.
            (3_023, 2_000, nil, 5_023, 2_000), (2_000, 2_000, nil, 4_000, 2_000), (100, 2_000, nil, 3_024, 2_000),
            // Up to what the model can; then the budget shrinks.
            (2_000, 8_000, 9_000, 9_000, 7_976), (100, 2_000, 2_048, 2_048, 1_024),
            // Until nothing is left of it.
            (100, 2_000, 2_047, 100, nil), (9_000, 2_000, 1_500, 1_500, nil),
            // T125: a probe stays one.
            (16, 2_000, nil, 16, nil), (1, 2_000, nil, 1, nil), (17, 2_000, nil, 3_024, 2_000),
        ] as [(limit: Int, budget: Int, cap: Int?, sent: Int, thinks: Int?)]
    )
    func `budget and limit are made to fit`(row: (limit: Int, budget: Int, cap: Int?, sent: Int, thinks: Int?)) throws {
        let members = #""max_tokens":\#(row.limit),"reasoning":{"max_tokens":\#(row.budget)}"#
        let told = try translate(Dialect.openAIChat.body(with: members), .openAIChat, .anthropicMessages) {
            $0.maxOutput = row.cap
        }
        let root = try told.root()
        #expect(root["max_tokens"]?.int == row.sent)
        #expect(root["thinking"]?["budget_tokens"]?.int == row.thinks)
        let lost = told.context.losses.map(\.name).sorted()
        let isClamped = row.cap.map { row.limit > $0 } ?? false
        #expect(lost == (isClamped ? ["max-output"] : []) + (row.thinks == nil ? ["reasoning"] : []))
    }

    @Test func `a probe of an adaptive model does not think`() throws {
        let body = Dialect.openAIChat.body(with: #""max_tokens":16,"reasoning_effort":"high""#)
        let told = try translate(body, .openAIChat, .anthropicMessages) { $0.reasoningStyle = .anthropicAdaptive }
        #expect(try told.root().lines(at: ["thinking", "output_config"]) == #"thinking: {"type":"disabled"}"#)
        #expect(told.context.losses.map(\.name) == ["reasoning"])
    }

    @Test(arguments: [
        (#""temperature":0.7,"top_p":0.5,"top_k":3"#, "", ["temperature", "top-k", "top-p"]),
        (#""temperature":1,"top_p":0.95"#, "top_p: 0.95", []), (#""top_p":1.0"#, "top_p: 1.0", []),
        (#""top_p":0.94"#, "", ["top-p"]),
    ])
    func `a Claude that thinks has its own sampling`(members: String, sent: String, lost: [String]) throws {
        for style in [TargetProfile.ReasoningStyle.anthropicBudget, .anthropicAdaptive] {
            let body = Dialect.openAIChat.body(with: members + #","reasoning_effort":"low""#)
            let told = try translate(body, .openAIChat, .anthropicMessages) { $0.reasoningStyle = style }
            #expect(try told.root().lines(at: ["temperature", "top_p", "top_k"]) == sent)
            #expect(told.context.losses.map(\.name).sorted() == lost)
        }
    }

    @Test func `tool loops keep thinking`() throws {
        let history = #"""
            {"model":"m","reasoning_effort":"low","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,
            "tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c","content":"r"}],"tools":[{"type":"function","function":{"name":"f"}}]}
            """#
        for target in [Dialect.openAIResponses, .gemini, .ollama] {
            let told = try translate(history, .openAIChat, target)
            #expect(try told.root().lines(at: Self.paths[target] ?? []) != "", "\(target)")
            #expect(!told.context.losses.contains { $0.feature == .reasoning && $0.detail == nil }, "\(target)")
        }
    }

    // MARK: - Whether it is shown

    @Test(arguments: [
        (Dialect.openAIResponses, "reasoning: {\"effort\":\"low\"}" + include),
        (
            .gemini,
            #"generationConfig.thinkingConfig: {"includeThoughts":false,"thinkingBudget":1024}"#
        ),
    ])
    func `T123: thinking that the client wants to be left out is not asked for`(target: Dialect, sent: String) throws {
        let members = #""thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"low"}"#
        let told = try translate(Dialect.anthropicMessages.body(with: members), .anthropicMessages, target)
        #expect(try told.root().lines(at: Self.paths[target] ?? []) == sent)
        #expect(told.context.losses.isEmpty)
    }

    @Test func `how thinking is shown reaches Claude from Gemini's clients`() throws {
        let members = #""generationConfig":{"thinkingConfig":{"thinkingBudget":2000,"includeThoughts":false}}"#
        let told = try translate(Dialect.gemini.body(with: members), .gemini, .anthropicMessages)
        #expect(
            try told.root().lines(at: ["thinking"])
                == #"thinking: {"type":"enabled","budget_tokens":2000,"display":"omitted"}"#
        )
    }
}
