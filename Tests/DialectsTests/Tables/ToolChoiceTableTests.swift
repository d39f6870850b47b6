import JSONCore
import Testing

@testable import Dialects

/// Which tools the model may or must call: every client's word for it, in every target's.
@Suite struct `Table of tool choices` {
    private static let paths: [Dialect: [String]] = [
        .openAIChat: ["tool_choice", "parallel_tool_calls"], .openAIResponses: ["tool_choice", "parallel_tool_calls"],
        .anthropicMessages: ["tool_choice"], .gemini: ["toolConfig"],
        .ollama: ["tool_choice", "parallel_tool_calls"],
    ]

    private static func config(_ members: String) -> String { #""toolConfig":{"functionCallingConfig":{\#(members)}}"# }

    private static func check(_ row: WishRow, offering tools: [String] = ["a", "b", "c"]) throws {
        try row.check(paths) { client, members in
            client.body(with: [client.tools(tools), members].filter { !$0.isEmpty }.joined(separator: ","))
        }
    }

    /// The names of the tools that a request offers.
    private static func offered(_ root: JSONValue) -> [String] {
        let tools = root["tools"]?.first?["functionDeclarations"] ?? root["tools"]
        return (tools?.elements ?? JSONDocument.emptyArray.root.elements).compactMap {
            ($0["function"] ?? $0)["name"]?.string
        }
    }

    // MARK: - Words

    static let rows = [
        WishRow(
            "nothing said",
            asked: [.openAIChat: "", .openAIResponses: "", .anthropicMessages: "", .gemini: "", .ollama: ""],
            sent: [.openAIChat: "", .openAIResponses: "", .anthropicMessages: "", .gemini: "", .ollama: ""]
        ),
        WishRow(
            "auto",
            asked: [
                .openAIChat: #""tool_choice":"auto""#, .openAIResponses: #""tool_choice":"auto""#,
                .anthropicMessages: #""tool_choice":{"type":"auto"}"#, .gemini: config(#""mode":"AUTO""#),
            ],
            sent: [
                .openAIChat: #"tool_choice: "auto""#, .openAIResponses: #"tool_choice: "auto""#,
                .anthropicMessages: #"tool_choice: {"type":"auto"}"#,
                .gemini: #"toolConfig: {"functionCallingConfig":{"mode":"AUTO"}}"#, .ollama: "",
            ]
        ),
        WishRow(
            "none",
            asked: [
                .openAIChat: #""tool_choice":"none""#, .openAIResponses: #""tool_choice":"none""#,
                .anthropicMessages: #""tool_choice":{"type":"none"}"#, .gemini: config(#""mode":"NONE""#),
            ],
            sent: [
                .openAIChat: #"tool_choice: "none""#, .openAIResponses: #"tool_choice: "none""#,
                .anthropicMessages: #"tool_choice: {"type":"none"}"#,
                .gemini: #"toolConfig: {"functionCallingConfig":{"mode":"NONE"}}"#, .ollama: "",
            ]
        ),
        WishRow(
            "required",
            asked: [
                .openAIChat: #""tool_choice":"required""#, .openAIResponses: #""tool_choice":"required""#,
                .anthropicMessages: #""tool_choice":{"type":"any"}"#, .gemini: config(#""mode":"ANY""#),
            ],
            sent: [
                .openAIChat: #"tool_choice: "required""#, .openAIResponses: #"tool_choice: "required""#,
                .anthropicMessages: #"tool_choice: {"type":"any"}"#,
                .gemini: #"toolConfig: {"functionCallingConfig":{"mode":"ANY"}}"#, .ollama: "",
            ],
            lost: [.ollama: ["tool-choice"]]
        ),
        WishRow(
            "named",
            asked: [
                .openAIChat: #""tool_choice":{"type":"function","function":{"name":"b"}}"#,
                .openAIResponses: #""tool_choice":{"type":"function","name":"b"}"#,
                .anthropicMessages: #""tool_choice":{"type":"tool","name":"b"}"#,
                .gemini: config(#""mode":"ANY","allowedFunctionNames":["b"]"#),
            ],
            sent: [
                .openAIChat: #"tool_choice: {"type":"function","function":{"name":"b"}}"#,
                .openAIResponses: #"tool_choice: {"type":"function","name":"b"}"#,
                .anthropicMessages: #"tool_choice: {"type":"tool","name":"b"}"#,
                .gemini: #"toolConfig: {"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["b"]}}"#,
                .ollama: "",
            ],
            lost: [.ollama: ["tool-choice"]]
        ),
        WishRow(
            "not in parallel",
            asked: [
                .openAIChat: #""parallel_tool_calls":false"#, .openAIResponses: #""parallel_tool_calls":false"#,
            ],
            sent: [
                .openAIChat: "parallel_tool_calls: false", .openAIResponses: "parallel_tool_calls: false",
                .anthropicMessages: #"tool_choice: {"type":"auto","disable_parallel_tool_use":true}"#,
                .gemini: "", .ollama: "",
            ],
            lost: [.gemini: ["parallel-tools"], .ollama: ["parallel-tools"]]
        ),
        WishRow(
            "auto, and not in parallel",
            asked: [.anthropicMessages: #""tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#],
            sent: [
                .openAIChat: "tool_choice: \"auto\"\nparallel_tool_calls: false",
                .openAIResponses: "tool_choice: \"auto\"\nparallel_tool_calls: false",
                .gemini: #"toolConfig: {"functionCallingConfig":{"mode":"AUTO"}}"#, .ollama: "",
            ],
            lost: [.gemini: ["parallel-tools"], .ollama: ["parallel-tools"]]
        ),
        WishRow(
            "in parallel",
            asked: [
                .openAIChat: #""parallel_tool_calls":true"#, .openAIResponses: #""parallel_tool_calls":true"#,
            ],
            sent: [
                .openAIChat: "", .openAIResponses: "", .anthropicMessages: "", .gemini: "", .ollama: "",
            ]
        ),
        WishRow(
            "T065: none, and not in parallel",
            asked: [
                .openAIChat: #""tool_choice":"none","parallel_tool_calls":false"#,
                .openAIResponses: #""tool_choice":"none","parallel_tool_calls":false"#,
            ],
            sent: [.anthropicMessages: #"tool_choice: {"type":"none"}"#]
        ),
        WishRow(
            "required, and not in parallel",
            asked: [
                .openAIChat: #""tool_choice":"required","parallel_tool_calls":false"#,
                .openAIResponses: #""tool_choice":"required","parallel_tool_calls":false"#,
                .anthropicMessages: #""tool_choice":{"type":"any","disable_parallel_tool_use":true}"#,
            ],
            sent: [
                .openAIChat: "tool_choice: \"required\"\nparallel_tool_calls: false",
                .openAIResponses: "tool_choice: \"required\"\nparallel_tool_calls: false",
                .anthropicMessages: #"tool_choice: {"type":"any","disable_parallel_tool_use":true}"#,
            ]
        ),
    ]

    @Test(arguments: rows) func `a choice reaches every target in its words`(row: WishRow) throws {
        try Self.check(row)
    }

    @Test func `a model that must not call is shown no tools where there is no choice`() throws {
        for client in Dialect.spoken where client != .ollama {
            let members = try #require(Self.rows[2].asked[client])
            let sent = try translate(client.body(with: client.tools(["a"]) + "," + members), client, .ollama)
            #expect(Self.offered(try sent.root()) == [])
        }
    }

    // MARK: - Some of the tools

    /// What `allowed_tools` says of two of three tools; the targets that lack it are shown only these.
    private static func allowed(_ isRequired: Bool) -> [Dialect: String] {
        let mode = isRequired ? "required" : "auto"
        let names = #"[{"type":"function","name":"a"},{"type":"function","name":"b"}]"#
        let nested =
            #"[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}]"#
        return [
            .openAIChat:
                #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"\#(mode)","tools":\#(nested)}}"#,
            .openAIResponses: #""tool_choice":{"type":"allowed_tools","mode":"\#(mode)","tools":\#(names)}"#,
            .gemini: config(#""mode":"\#(isRequired ? "ANY" : "VALIDATED")","allowedFunctionNames":["a","b"]"#),
        ]
    }

    /// A member of a body as a line of what is sent.
    private static func asLine(_ member: String) -> String {
        let parts = member.split(separator: ":", maxSplits: 1)
        return "\(parts[0].dropFirst().dropLast()): \(parts[1])"
    }

    static let allowedRows = [false, true].map { isRequired in
        WishRow(
            isRequired ? "allowed, required" : "allowed, auto",
            asked: allowed(isRequired),
            sent: [
                .openAIChat: isRequired ? #"tool_choice: "required""# : #"tool_choice: "auto""#,
                .openAIResponses: allowed(isRequired)[.openAIResponses].map(asLine) ?? "",
                .anthropicMessages: isRequired ? #"tool_choice: {"type":"any"}"# : #"tool_choice: {"type":"auto"}"#,
                .gemini: #"toolConfig: {"functionCallingConfig":{"mode":"\#(isRequired ? "ANY" : "AUTO")"}}"#,
                .ollama: "",
            ],
            lost: isRequired ? [.ollama: ["tool-choice"]] : [:]
        )
    }

    @Test(arguments: allowedRows)
    func `T068: only the allowed tools are offered where a choice cannot name several`(row: WishRow) throws {
        try Self.check(row)
        for (client, members) in row.asked {
            for target in row.sent.keys where target != client {
                let sent = try translate(
                    client.body(with: client.tools(["a", "b", "c"]) + "," + members),
                    client,
                    target
                )
                let all = target == .openAIResponses
                #expect(
                    Self.offered(try sent.root()) == (all ? ["a", "b", "c"] : ["a", "b"]),
                    "\(client) to \(target)"
                )
            }
        }
    }

    @Test func `OpenAI's own Chat is told which tools are allowed`() throws {
        for client in [Dialect.openAIResponses, .gemini] {
            let members = try #require(Self.allowed(true)[client])
            let body = client.body(with: client.tools(["a", "b", "c"]) + "," + members)
            let sent = try translate(body, client, .openAIChat) { $0.customTools = true }
            let expected = try #require(Self.allowed(true)[.openAIChat])
            #expect(sent.text.contains(expected))
            #expect(Self.offered(try sent.root()) == ["a", "b", "c"])
        }
    }

    @Test func `a search of the provider's own may be among the allowed tools`() throws {
        let body = Dialect.openAIResponses.body(
            with:
                #""tools":[{"type":"function","name":"a"},{"type":"function","name":"b"},{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"b"},{"type":"web_search"}]}"#
        )
        let claude = try translate(body, .openAIResponses, .anthropicMessages) {
            $0.hostedWebSearch = .anthropic(type: "web_search_20250305")
        }
        #expect(Self.offered(try claude.root()) == ["b", "web_search"])
        let only = body.replacing(
            #"{"type":"function","name":"b"},{"type":"web_search"}]}"#,
            with: #"{"type":"web_search"}]}"#
        )
        let search = try translate(only, .openAIResponses, .anthropicMessages) {
            $0.hostedWebSearch = .anthropic(type: "web_search_20250305")
        }
        #expect(Self.offered(try search.root()) == ["web_search"])
        let functions = try translate(body, .openAIResponses, .openAIChat)
        #expect(Self.offered(try functions.root()) == ["b"])
        #expect(functions.context.losses.map(\.name) == ["hosted-tool:web_search"])
    }

    @Test func `the tools of Codex may be among the allowed ones`() throws {
        for (type, name) in [("local_shell", "shell"), ("shell", "shell"), ("apply_patch", "apply_patch")] {
            let body = Dialect.openAIResponses.body(
                with:
                    #""tools":[{"type":"function","name":"a"},{"type":"\#(type)"}],"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"\#(type)"}]}"#
            )
            #expect(Self.offered(try translate(body, .openAIResponses, .gemini).root()) == [name])
        }
    }

    @Test func `the allowed tools are kept when there are too many`() throws {
        let names = (0..<9).map { "t\($0)" }
        let choice = #""tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"t8"}]}"#
        let chat =
            #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"t8"}}]}}"#
        let body = Dialect.openAIChat.body(with: Dialect.openAIChat.tools(names) + "," + chat)
        let sent = try translate(body, .openAIChat, .openAIResponses) { $0.maxTools = 2 }
        #expect(Self.offered(try sent.root()) == ["t0", "t8"])
        #expect(sent.text.contains(choice))
    }

    // MARK: - Rules

    @Test func `a choice without tools is removed on every target`() throws {
        let asked: [Dialect: [String]] = [
            .openAIChat: [
                #""tool_choice":"auto","parallel_tool_calls":false"#, #""tool_choice":"required","tools":[]"#,
            ],
            .openAIResponses: [#""tool_choice":"required","parallel_tool_calls":true"#],
            .anthropicMessages: [#""tool_choice":{"type":"any","disable_parallel_tool_use":true}"#],
            .gemini: [Self.config(#""mode":"ANY","allowedFunctionNames":["a"]"#)],
        ]
        for (client, bodies) in asked {
            for members in bodies {
                for target in Dialect.spoken where !(client == .gemini && target == .gemini) {
                    let sent = try translate(client.body(with: members), client, target)
                    #expect(try sent.root().lines(at: Self.paths[target] ?? []) == "", "\(client) to \(target)")
                    #expect(sent.context.losses.isEmpty, "\(client) to \(target)")
                }
            }
        }
    }

    @Test func `a choice that names no tool is the client's mistake`() throws {
        let asked: [Dialect: (String, param: String)] = [
            .openAIChat: (#""tool_choice":{"type":"function","function":{"name":"z"}}"#, "tool_choice"),
            .openAIResponses: (#""tool_choice":{"type":"function","name":"z"}"#, "tool_choice"),
            .anthropicMessages: (#""tool_choice":{"type":"tool","name":"z"}"#, "tool_choice"),
            .gemini: (Self.config(#""mode":"ANY","allowedFunctionNames":["z"]"#), "toolConfig"),
        ]
        for (client, choice) in asked {
            for target in Dialect.spoken where target != client {
                let body = client.body(with: client.tools(["a"]) + "," + choice.0)
                let error = #expect(throws: DialectError.self) { try translate(body, client, target) }
                #expect(error?.failure.status == 400 && error?.param == choice.param, "\(client) to \(target)")
                #expect(error?.message.contains("\"z\"") == true)
            }
        }
        let none = #""tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"z"}]}"#
        let body = Dialect.openAIResponses.body(with: Dialect.openAIResponses.tools(["a"]) + "," + none)
        for target in Dialect.spoken where target != .openAIResponses {
            for isNative in target == .openAIChat ? [false, true] : [false] {
                let error = #expect(throws: DialectError.self) {
                    try translate(body, .openAIResponses, target) { $0.customTools = isNative }
                }
                #expect(error?.param == "tool_choice")
            }
        }
    }

    @Test(arguments: [Dialect.openAIChat, .openAIResponses])
    func `T067: models that cannot be made to call are asked to`(target: Dialect) throws {
        for word in [#"{"type":"any"}"#, #"{"type":"tool","name":"a"}"#] {
            let members = Dialect.anthropicMessages.tools(["a"]) + #","tool_choice":\#(word)"#
            let body = Dialect.anthropicMessages.body(with: members)
            let sent = try translate(body, .anthropicMessages, target) { $0.toolChoiceForced = false }
            #expect(try sent.root()["tool_choice"]?.string == "auto")
            #expect(sent.context.losses.map(\.name) == ["tool-choice"])
        }
    }

    // MARK: - Thinking

    /// How much room there is to think, and whether the model can: only real thinking forbids to force a call.
    @Test(
        arguments: [
            (#""reasoning_effort":"high""#, nil, #"{"type":"auto"}"#, true, ["tool-choice"]),
            (#""reasoning_effort":"none""#, nil, #"{"type":"any"}"#, false, []),
            ("", nil, #"{"type":"any"}"#, false, []),
            (#""reasoning_effort":"high","max_tokens":16"#, nil, #"{"type":"any"}"#, false, ["reasoning"]),
            (#""reasoning_effort":"high""#, 1_500, #"{"type":"any"}"#, false, ["reasoning"]),
        ] as [(String, Int?, String, Bool, [String])]
    )
    func `T066: a wish to think comes before a call that is demanded`(
        members: String,
        limit: Int?,
        choice: String,
        thinks: Bool,
        lost: [String]
    ) throws {
        let all = [Dialect.openAIChat.tools(["a"]), #""tool_choice":"required""#, members].filter { !$0.isEmpty }
        let body = Dialect.openAIChat.body(with: all.joined(separator: ","))
        let sent = try translate(body, .openAIChat, .anthropicMessages) { $0.maxOutput = limit }
        let root = try sent.root()
        #expect(root["tool_choice"].map { String(decoding: $0.raw, as: UTF8.self) } == choice)
        #expect((root["thinking"] != nil) == thinks)
        #expect(sent.context.losses.map(\.name).sorted() == lost)
    }

    @Test func `a model that cannot think can be made to call`() throws {
        let members = Dialect.openAIChat.tools(["a"]) + #","tool_choice":"required","reasoning_effort":"high""#
        let sent = try translate(Dialect.openAIChat.body(with: members), .openAIChat, .anthropicMessages) {
            $0.reasoningStyle = .none
        }
        #expect(try sent.root()["tool_choice"]?["type"]?.string == "any")
        #expect(sent.context.losses.map(\.name) == ["reasoning"])
    }

    @Test func `thinking that nobody asked for gives way to a call that is demanded`() throws {
        let tools = Dialect.openAIResponses.tools(["a"])
        let body = Dialect.openAIResponses.body(
            with: tools + #","tool_choice":"required","reasoning":{"summary":"auto"}"#
        )
        let sent = try translate(body, .openAIResponses, .anthropicMessages)
        #expect(try sent.root()["tool_choice"]?["type"]?.string == "any")
        #expect(try sent.root()["thinking"] == nil && sent.context.losses.isEmpty)
        let asked = try translate(body, .openAIResponses, .anthropicMessages) { $0.toolChoiceForced = false }
        #expect(try asked.root()["tool_choice"]?["type"]?.string == "auto")
        #expect(try asked.root()["thinking"] != nil, "an optional call leaves room to think")
    }
}
