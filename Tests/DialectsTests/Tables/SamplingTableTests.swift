import JSONCore
import Testing

@testable import Dialects

/// Sampling and limits: every client's spelling, in every target's.
@Suite struct `Table of sampling and limits` {
    private static let paths: [Dialect: [String]] = [
        .openAIChat: [
            "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty",
            "logit_bias", "logprobs", "top_logprobs", "n", "seed", "stop", "verbosity", "truncation", "max_tool_calls",
        ],
        .openAIResponses: [
            "include", "temperature", "top_p", "top_logprobs", "text", "top_k", "stop", "seed", "n", "presence_penalty",
            "logit_bias", "truncation", "max_tool_calls",
        ],
        .anthropicMessages: [
            "stop_sequences", "temperature", "top_p", "top_k", "seed", "n", "logprobs", "presence_penalty",
        ],
        .gemini: [
            "temperature", "topP", "topK", "presencePenalty", "frequencyPenalty", "candidateCount", "responseLogprobs",
            "logprobs", "seed", "stopSequences", "min_p", "logitBias",
        ].map { "generationConfig." + $0 },
        .ollama: [
            "temperature", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty", "seed",
            "stop", "logit_bias", "n",
        ].map { "options." + $0 } + ["logprobs", "top_logprobs"],
    ]

    private static let limitPaths: [Dialect: [String]] = [
        .openAIChat: ["max_tokens", "max_completion_tokens"], .openAIResponses: ["max_output_tokens"],
        .anthropicMessages: ["max_tokens"], .gemini: ["generationConfig"], .ollama: ["options"],
    ]

    private static func config(_ members: String) -> String { #""generationConfig":{\#(members)}"# }
    private static func options(_ members: String) -> String { #""options":{\#(members)}"# }

    // MARK: - Limits

    private static func limit(_ tokens: Int) -> [Dialect: String] {
        [
            .openAIChat: #""max_tokens":\#(tokens)"#, .openAIResponses: #""max_output_tokens":\#(tokens)"#,
            .anthropicMessages: #""max_tokens":\#(tokens)"#, .gemini: config(#""maxOutputTokens":\#(tokens)"#),
            .ollama: options(#""num_predict":\#(tokens)"#),
        ]
    }

    private static func limited(_ tokens: Int, atResponses: Int? = nil) -> [Dialect: String] {
        [
            .openAIChat: "max_tokens: \(tokens)", .openAIResponses: "max_output_tokens: \(atResponses ?? tokens)",
            .anthropicMessages: "max_tokens: \(tokens)", .gemini: #"generationConfig: {"maxOutputTokens":\#(tokens)}"#,
            .ollama: #"options: {"num_predict":\#(tokens)}"#,
        ]
    }

    private static let unlimited: [Dialect: String] = [
        .openAIChat: "", .openAIResponses: "", .anthropicMessages: "max_tokens: 64000", .gemini: "", .ollama: "",
    ]

    static let limitRows = [
        WishRow("a limit", asked: limit(300), sent: limited(300)),
        WishRow("less than the least", asked: limit(5), sent: limited(5, atResponses: 16)),
        WishRow("0 is no limit", asked: limit(0).filter { $0.key != .anthropicMessages }, sent: unlimited),
        WishRow("nor is less", asked: limit(-1).filter { $0.key != .anthropicMessages }, sent: unlimited),
        WishRow(
            "nothing said",
            asked: [.openAIChat: "", .openAIResponses: "", .gemini: "", .ollama: ""],
            sent: unlimited
        ),
        WishRow(
            "nothing said to a model with a limit",
            asked: [.openAIChat: "", .openAIResponses: "", .gemini: "", .ollama: ""],
            sent: unlimited.merging([.anthropicMessages: "max_tokens: 8192"]) { $1 }
        ) { $0.maxOutput = 8_192 },
        WishRow(
            "more than the model has",
            asked: limit(9_000),
            sent: limited(8_192),
            lost: Dictionary(uniqueKeysWithValues: Dialect.spoken.map { ($0, ["max-output"]) })
        ) { $0.maxOutput = 8_192 },
        WishRow(
            "the limit's newer name",
            asked: limit(300),
            sent: [.openAIChat: "max_completion_tokens: 300"]
        ) { $0.maxTokensField = .maxCompletionTokens },
        WishRow(
            "several limits: the newest name counts, then the largest",
            asked: [.openAIChat: #""max_tokens":900,"max_completion_tokens":300"#],
            sent: limited(300)
        ),
        WishRow(
            "several limits without the newest name",
            asked: [.openAIChat: #""max_tokens":200,"max_output_tokens":300"#],
            sent: limited(300)
        ),
        WishRow(
            "0 to warm the cache",
            asked: [.anthropicMessages: #""max_tokens":0"#],
            sent: limited(1, atResponses: 16)
        ),
    ]

    @Test(arguments: limitRows) func `limits of the output`(row: WishRow) throws { try row.check(Self.limitPaths) }

    // MARK: - Sampling

    private static func temperature(_ value: String) -> [Dialect: String] {
        [
            .openAIChat: #""temperature":\#(value)"#, .openAIResponses: #""temperature":\#(value)"#,
            .anthropicMessages: #""temperature":\#(value)"#, .gemini: config(#""temperature":\#(value)"#),
            .ollama: options(#""temperature":\#(value)"#),
        ]
    }

    private static func heated(_ value: String, anthropic: String? = nil, ollama: String? = nil) -> [Dialect: String] {
        [
            .openAIChat: "temperature: \(value)", .openAIResponses: "temperature: \(value)",
            .anthropicMessages: "temperature: \(anthropic ?? value)", .gemini: "generationConfig.temperature: \(value)",
            .ollama: "options.temperature: \(ollama ?? value)",
        ]
    }

    static let rows = [
        WishRow("temperature", asked: temperature("0.70"), sent: heated("0.70")),
        WishRow("temperature 0", asked: temperature("0"), sent: heated("0")),
        WishRow(
            "a temperature above Claude's",
            asked: temperature("1.5"),
            sent: heated("1.5", anthropic: "1"),
            lost: [.anthropicMessages: ["temperature:1.5->1"]]
        ),
        WishRow(
            "a temperature above all",
            asked: temperature("2.5"),
            sent: heated("2", anthropic: "1", ollama: "2.5"),
            lost: [
                .openAIChat: ["temperature:2.5->2"], .openAIResponses: ["temperature:2.5->2"],
                .anthropicMessages: ["temperature:2.5->1"], .gemini: ["temperature:2.5->2"],
            ]
        ),
        WishRow(
            "top_p",
            asked: [
                .openAIChat: #""top_p":0.5"#, .openAIResponses: #""top_p":0.5"#, .anthropicMessages: #""top_p":0.5"#,
                .gemini: config(#""topP":0.5"#), .ollama: options(#""top_p":0.5"#),
            ],
            sent: [
                .openAIChat: "top_p: 0.5", .openAIResponses: "top_p: 0.5", .anthropicMessages: "top_p: 0.5",
                .gemini: "generationConfig.topP: 0.5", .ollama: "options.top_p: 0.5",
            ]
        ) { $0.tempAndTopP = false },
        WishRow(
            "T124: temperature and top_p where only one is taken",
            asked: [
                .openAIChat: #""temperature":0.2,"top_p":0.5"#, .anthropicMessages: #""temperature":0.2,"top_p":0.5"#,
                .openAIResponses: #""temperature":0.2,"top_p":0.5"#, .gemini: config(#""temperature":0.2,"topP":0.5"#),
                .ollama: options(#""temperature":0.2,"top_p":0.5"#),
            ],
            sent: [
                .openAIChat: "temperature: 0.2", .openAIResponses: "temperature: 0.2",
                .anthropicMessages: "temperature: 0.2", .gemini: "generationConfig.temperature: 0.2",
            ],
            lost: [
                .openAIChat: ["top-p"], .openAIResponses: ["top-p"], .anthropicMessages: ["top-p"], .gemini: ["top-p"],
            ]
        ) { $0.tempAndTopP = false },
        WishRow(
            "top_k",
            asked: [
                .openAIChat: #""top_k":40"#, .anthropicMessages: #""top_k":40"#, .gemini: config(#""topK":40"#),
                .ollama: options(#""top_k":40"#),
            ],
            sent: [
                .openAIChat: "", .openAIResponses: "", .anthropicMessages: "top_k: 40",
                .gemini: "generationConfig.topK: 40", .ollama: "options.top_k: 40",
            ],
            lost: [.openAIChat: ["top-k"], .openAIResponses: ["top-k"]]
        ),
        WishRow(
            "min_p and a penalty for repetition",
            asked: [
                .openAIChat: #""min_p":0.1,"repetition_penalty":1.2"#,
                .ollama: options(#""min_p":0.1,"repeat_penalty":1.2"#),
            ],
            sent: [
                .openAIChat: "", .openAIResponses: "", .anthropicMessages: "", .gemini: "",
                .ollama: "options.min_p: 0.1\noptions.repeat_penalty: 1.2",
            ],
            lost: [
                .openAIChat: ["min-p", "penalty:repeat"], .openAIResponses: ["min-p", "penalty:repeat"],
                .anthropicMessages: ["min-p", "penalty:repeat"], .gemini: ["min-p", "penalty:repeat"],
            ]
        ),
        WishRow(
            "what vendors' Chat servers take",
            asked: [.ollama: options(#""top_k":40,"min_p":0.1,"repeat_penalty":1.2"#)],
            sent: [.openAIChat: "top_k: 40\nmin_p: 0.1\nrepetition_penalty: 1.2"]
        ) { ($0.topK, $0.minP) = (true, true) },
        WishRow(
            "presence and frequency",
            asked: [
                .openAIChat: #""presence_penalty":0.5,"frequency_penalty":-1"#,
                .gemini: config(#""presencePenalty":0.5,"frequencyPenalty":-1"#),
                .ollama: options(#""presence_penalty":0.5,"frequency_penalty":-1"#),
            ],
            sent: [
                .openAIChat: "presence_penalty: 0.5\nfrequency_penalty: -1", .openAIResponses: "",
                .anthropicMessages: "",
                .gemini: "generationConfig.presencePenalty: 0.5\ngenerationConfig.frequencyPenalty: -1",
                .ollama: "options.presence_penalty: 0.5\noptions.frequency_penalty: -1",
            ],
            lost: [
                .openAIResponses: ["penalty:frequency", "penalty:presence"],
                .anthropicMessages: ["penalty:frequency", "penalty:presence"],
            ]
        ),
        WishRow(
            "seed",
            asked: [
                .openAIChat: #""seed":12345678901"#, .gemini: config(#""seed":12345678901"#),
                .ollama: options(#""seed":12345678901"#),
            ],
            sent: [
                .openAIChat: "seed: 12345678901", .openAIResponses: "", .anthropicMessages: "",
                .gemini: "generationConfig.seed: 12345678901", .ollama: "options.seed: 12345678901",
            ],
            lost: [.openAIResponses: ["seed"], .anthropicMessages: ["seed"]]
        ),
        WishRow(
            "several answers",
            asked: [.openAIChat: #""n":2"#, .gemini: config(#""candidateCount":2"#)],
            sent: [.openAIChat: "n: 2", .gemini: "generationConfig.candidateCount: 2"]
        ),
        WishRow(
            "one answer",
            asked: [.openAIChat: #""n":1"#, .gemini: config(#""candidateCount":1"#)],
            sent: [.openAIChat: "", .openAIResponses: "", .anthropicMessages: "", .gemini: "", .ollama: ""]
        ),
        WishRow(
            "logit bias",
            asked: [.openAIChat: #""logit_bias":{"50256":-100}"#],
            sent: [.openAIResponses: "", .anthropicMessages: "", .gemini: "", .ollama: ""],
            lost: Dictionary(uniqueKeysWithValues: Dialect.spoken.map { ($0, ["logit-bias"]) })
        ),
        WishRow(
            "log probabilities",
            asked: [
                .openAIChat: #""logprobs":true,"top_logprobs":2"#,
                .openAIResponses: #""top_logprobs":2,"include":["message.output_text.logprobs"]"#,
                .gemini: config(#""responseLogprobs":true,"logprobs":2"#),
                .ollama: #""logprobs":true,"top_logprobs":2"#,
            ],
            sent: [
                .openAIChat: "logprobs: true\ntop_logprobs: 2",
                .openAIResponses: "include: [\"message.output_text.logprobs\"]\ntop_logprobs: 2",
                .anthropicMessages: "",
                .gemini: "generationConfig.responseLogprobs: true\ngenerationConfig.logprobs: 2",
                .ollama: "logprobs: true\ntop_logprobs: 2",
            ],
            lost: [.anthropicMessages: ["logprobs"]]
        ),
        WishRow(
            "verbosity",
            asked: [.openAIChat: #""verbosity":"low""#, .openAIResponses: #""text":{"verbosity":"low"}"#],
            sent: [
                .openAIChat: "", .openAIResponses: #"text: {"verbosity":"low"}"#, .anthropicMessages: "", .gemini: "",
                .ollama: "",
            ],
            lost: [
                .openAIChat: ["verbosity"], .anthropicMessages: ["verbosity"], .gemini: ["verbosity"],
                .ollama: ["verbosity"],
            ]
        ),
        WishRow(
            "verbosity at OpenAI's own Chat",
            asked: [.openAIResponses: #""text":{"verbosity":"low"}"#],
            sent: [.openAIChat: #"verbosity: "low""#]
        ) { $0.nativeExtras = true },
        WishRow(
            "what only Responses has",
            asked: [.openAIResponses: #""truncation":"auto","max_tool_calls":3"#],
            sent: [.openAIChat: "", .anthropicMessages: "", .gemini: "", .ollama: ""],
            lost: Dictionary(
                uniqueKeysWithValues: Dialect.spoken.map { ($0, ["field:max_tool_calls", "truncation"]) }
            )
        ),
        WishRow(
            "OpenAI's reasoning models sample as they like",
            asked: [
                .anthropicMessages: #""temperature":0.5,"top_p":0.5"#,
                .ollama: options(#""temperature":0.5,"top_p":0.5"#),
                .gemini: config(#""temperature":0.5,"topP":0.5"#),
            ],
            sent: [.openAIChat: "", .openAIResponses: ""],
            lost: [.openAIChat: ["temperature", "top-p"], .openAIResponses: ["temperature", "top-p"]]
        ) { $0.samplingAllowed = false },
        WishRow(
            "nor have they penalties, biases and probabilities",
            asked: [.openAIChat: #""presence_penalty":1,"logit_bias":{"1":1},"logprobs":true,"top_k":3"#],
            sent: [.openAIResponses: "", .gemini: "", .ollama: ""],
            lost: Dictionary(
                uniqueKeysWithValues: Dialect.spoken.map {
                    ($0, ["logit-bias", "logprobs", "penalty:presence", "top-k"])
                }
            )
        ) { $0.samplingAllowed = false },
    ]

    @Test(arguments: rows) func `sampling`(row: WishRow) throws { try row.check(Self.paths) }

    // MARK: - Several answers

    @Test(arguments: Direction.all.filter { [.openAIChat, .gemini].contains($0.client) })
    func `nobody is given one answer who asked for two`(direction: Direction) throws {
        let (client, target) = (direction.client, direction.upstream)
        guard !(client == .gemini && target == .gemini) else { return }
        let body = client.body(with: client == .gemini ? Self.config(#""candidateCount":2"#) : #""n":2"#)
        let refusals: [(inout TargetProfile) -> Void] =
            [.openAIChat, .gemini].contains(target)
            ? [{ $0.multipleChoices = false }, { $0.samplingAllowed = false }] : [{ _ in }]
        for refuse in refusals {
            let error = #expect(throws: DialectError.self) { try translate(body, client, target, profile: refuse) }
            #expect(error?.failure.status == 400 && error?.code == "unsupported_parameter")
            #expect(error?.param == (client == .gemini ? "generationConfig.candidateCount" : "n"))
        }
    }

    // MARK: - Stop sequences

    /// What is sent of six stop sequences, of which the first is blank; the relay watches for the others.
    @Test(
        arguments: [
            (Dialect.openAIChat, #"stop: ["\n","b","c","d"]"#, ["e", "f"]),
            (.openAIResponses, "", ["\n", "b", "c", "d", "e", "f"]),
            (.anthropicMessages, #"stop_sequences: ["b","c","d","e","f"]"#, ["\n"]),
            (.gemini, #"generationConfig.stopSequences: ["\n","b","c","d","e"]"#, ["f"]),
            (.ollama, #"options.stop: ["\n","b","c","d","e","f"]"#, []),
        ] as [(Dialect, String, [String])]
    )
    func `T131, T132: stop sequences that a target does not take are watched for`(
        target: Dialect,
        sent: String,
        watched: [String]
    ) throws {
        let list = #"["\n","","b","c","d","e","f"]"#
        let asked: [Dialect: String] = [
            .openAIChat: #""stop":\#(list)"#, .anthropicMessages: #""stop_sequences":\#(list)"#,
            .gemini: Self.config(#""stopSequences":\#(list)"#), .ollama: Self.options(#""stop":\#(list)"#),
        ]
        for (client, members) in asked where client != target {
            let told = try translate(client.body(with: members), client, target)
            #expect(try told.root().lines(at: Self.paths[target] ?? []) == sent, "\(client)")
            #expect(told.context.stopEmulation == watched && told.context.losses.isEmpty, "\(client)")
        }
        for client in [Dialect.openAIChat, .ollama] where client != target {
            let one = client == .openAIChat ? #""stop":"END""# : Self.options(#""stop":"END""#)
            let told = try translate(client.body(with: one), client, target)
            #expect(told.text.contains(#"["END"]"#) == (target != .openAIResponses), "\(client)")
        }
    }

    @Test func `a Chat server that takes no stop sequences is sent none`() throws {
        let told = try translate(
            Dialect.anthropicMessages.body(with: #""stop_sequences":["a"]"#),
            .anthropicMessages,
            .openAIChat
        ) { $0.stopSequences = false }
        #expect(try told.root()["stop"] == nil && told.context.stopEmulation == ["a"])
    }
}
