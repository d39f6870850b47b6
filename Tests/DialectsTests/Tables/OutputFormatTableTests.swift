import JSONCore
import Testing

@testable import Dialects

/// Structured output: every client's spelling, in every target's, and what becomes of it where there is none.
@Suite struct `Table of output formats` {
    private static let paths: [Dialect: [String]] = [
        .openAIChat: ["response_format"], .openAIResponses: ["text"],
        .anthropicMessages: ["output_config", "output_format", "tools", "tool_choice"],
        .gemini: [
            "generationConfig.responseMimeType", "generationConfig.responseJsonSchema",
            "generationConfig.responseSchema",
        ],
        .ollama: ["format"],
    ]

    private static let schema =
        #"{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}"#
    /// OpenAI cannot enforce it: one property may be missing.
    private static let loose = #"{"type":"object","title":"my answer!","properties":{"a":{"type":"integer"}}}"#

    // MARK: - A schema

    private static func asked(_ schema: String) -> [Dialect: String] {
        [
            .anthropicMessages: #""output_config":{"format":{"type":"json_schema","schema":\#(schema)}}"#,
            .gemini: #""generationConfig":{"responseMimeType":"application/json","responseJsonSchema":\#(schema)}"#,
            .ollama: #""format":\#(schema)"#,
        ]
    }

    /// The schema with the description of its format, which has no other place in some dialects.
    private static let described = schema.dropLast() + #","description":"d"}"#

    static let schemaRows = [
        WishRow(
            "a schema with all its names",
            asked: [
                .openAIChat:
                    #""response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":\#(schema),"strict":true}}"#,
                .openAIResponses:
                    #""text":{"format":{"type":"json_schema","name":"n","description":"d","schema":\#(schema),"strict":true}}"#,
            ],
            sent: [
                .openAIChat:
                    #"response_format: {"type":"json_schema","json_schema":{"name":"n","description":"d","schema":\#(schema),"strict":true}}"#,
                .openAIResponses:
                    #"text: {"format":{"type":"json_schema","name":"n","description":"d","schema":\#(schema),"strict":true}}"#,
                .anthropicMessages: #"output_config: {"format":{"type":"json_schema","schema":\#(described)}}"#,
                .gemini: "generationConfig.responseMimeType: \"application/json\"\n"
                    + "generationConfig.responseJsonSchema: \(described)",
                .ollama: "format: \(described)",
            ]
        ) { $0.jsonSchema = true },
        WishRow(
            "a schema that need not be kept",
            asked: [
                .openAIChat:
                    #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema),"strict":false}}"#,
                .openAIResponses:
                    #""text":{"format":{"type":"json_schema","name":"n","schema":\#(schema),"strict":false}}"#,
            ],
            sent: [
                .openAIChat: #"response_format: {"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}"#,
                .openAIResponses:
                    #"text: {"format":{"type":"json_schema","name":"n","schema":\#(schema),"strict":false}}"#,
            ]
        ),
        WishRow(
            "a bare schema that can be enforced",
            asked: asked(schema),
            sent: [
                .openAIChat:
                    #"response_format: {"type":"json_schema","json_schema":{"name":"output","schema":\#(schema),"strict":true}}"#,
                .openAIResponses:
                    #"text: {"format":{"type":"json_schema","name":"output","schema":\#(schema),"strict":true}}"#,
                .gemini: "generationConfig.responseMimeType: \"application/json\"\n"
                    + "generationConfig.responseJsonSchema: \(schema)",
                .ollama: "format: \(schema)",
            ]
        ),
        WishRow(
            "a bare schema that cannot be enforced, with a title",
            asked: asked(loose),
            sent: [
                .openAIChat:
                    #"response_format: {"type":"json_schema","json_schema":{"name":"my_answer_","schema":\#(loose)}}"#,
                .openAIResponses:
                    #"text: {"format":{"type":"json_schema","name":"my_answer_","schema":\#(loose),"strict":false}}"#,
                .ollama: "format: \(loose)",
            ]
        ),
        WishRow(
            "Gemini's own schema",
            asked: [
                .gemini:
                    #""generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}},"propertyOrdering":["a"],"required":["a"]}}"#
            ],
            sent: [
                .ollama: #"format: {"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"]}"#
            ]
        ),
        WishRow(
            "a schema for older Gemini models",
            asked: [
                .openAIChat: #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}"#
            ],
            sent: [
                .gemini: "generationConfig.responseMimeType: \"application/json\"\n"
                    + #"generationConfig.responseSchema: {"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}"#
            ]
        ) { $0.schemaRule = .geminiSchema },
    ]

    @Test(arguments: schemaRows) func `a schema reaches every target that can keep it`(row: WishRow) throws {
        try row.check(Self.paths)
    }

    // MARK: - Any JSON

    private static let anyJSON: [Dialect: String] = [
        .openAIChat: #""response_format":{"type":"json_object"}"#,
        .openAIResponses: #""text":{"format":{"type":"json_object"}}"#,
        .gemini: #""generationConfig":{"responseMimeType":"application/json"}"#, .ollama: #""format":"json""#,
    ]

    @Test func `any JSON reaches every target in its words`() throws {
        let row = WishRow(
            "JSON",
            asked: Self.anyJSON,
            sent: [
                .openAIChat: #"response_format: {"type":"json_object"}"#,
                .openAIResponses: #"text: {"format":{"type":"json_object"}}"#,
                .gemini: #"generationConfig.responseMimeType: "application/json""#, .ollama: #"format: "json""#,
                .anthropicMessages: "",
            ],
            lost: [.anthropicMessages: ["structured-output"]]
        )
        try row.check(Self.paths)
    }

    @Test func `OpenAI is spoken to of JSON when it is to answer in JSON`() throws {
        let instruction = "Answer with one JSON object, without code fences or commentary."
        for (client, members) in Self.anyJSON where client != .openAIChat {
            let chat = try translate(client.body(with: members), client, .openAIChat).root()
            #expect(chat["messages"]?.first?["content"]?.string == instruction, "\(client)")
            let told = client.body(with: members).replacing(#""x""#, with: #""x as Json""#)
            #expect(try translate(told, client, .openAIChat).root()["messages"]?.count == 1, "\(client)")
        }
        for (client, members) in Self.anyJSON where client != .openAIResponses {
            // Only the input counts there.
            let input = try translate(client.body(with: members), client, .openAIResponses).root()["input"]
            #expect(input?.first?["role"]?.string == "developer", "\(client)")
            #expect(
                input?.first?["content"].map { String(decoding: $0.raw, as: UTF8.self) }?.contains(instruction) == true
            )
            let told = client.body(with: members).replacing(#""x""#, with: #""x as Json""#)
            #expect(try translate(told, client, .openAIResponses).root()["input"]?.count == 1, "\(client)")
        }
    }

    // MARK: - Claude

    private static let prompt =
        "Answer with one JSON value that validates against this JSON Schema, without code fences or commentary:\n"

    private static func chat(_ schema: String, _ members: String = "") -> String {
        let format = #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}"#
        return Dialect.openAIChat.body(with: members.isEmpty ? format : format + "," + members)
    }

    private static func claude(
        _ body: String,
        _ change: (inout TargetProfile) -> Void = { _ in }
    ) throws -> Translated {
        try translate(body, .openAIChat, .anthropicMessages, profile: change)
    }

    @Test func `a Claude without formats is made to call a tool`() throws {
        let object = try Self.claude(Self.chat(Self.schema))
        #expect(
            try object.root().lines(at: ["tools", "tool_choice"])
                == #"tools: [{"name":"json_output","input_schema":\#(Self.schema)}]"# + "\n"
                + #"tool_choice: {"type":"tool","name":"json_output"}"#
        )
        #expect(object.context.structuredMode == .tool(name: "json_output", unwraps: false))
        let list = #"{"type":"array","items":{"type":"string"}}"#
        let wrapped = try Self.claude(Self.chat(list))
        #expect(
            wrapped.text.contains(
                #""input_schema":{"type":"object","properties":{"value":\#(list)},"required":["value"]}"#
            )
        )
        #expect(wrapped.context.structuredMode == .tool(name: "json_output", unwraps: true))
        #expect(object.context.losses.isEmpty && wrapped.context.losses.isEmpty)
    }

    @Test(arguments: [
        (Dialect.openAIChat.tools(["f"]), false), (#""reasoning_effort":"low""#, false), ("", true),
    ])
    func `a Claude that thinks, has tools or cannot be made to call is asked in words`(
        members: String,
        cannotForce: Bool
    ) throws {
        let told = try Self.claude(Self.chat(Self.schema, members)) { $0.toolChoiceForced = !cannotForce }
        #expect(try told.root()["system"]?.first?["text"]?.string == Self.prompt + Self.schema)
        #expect(!told.text.contains("json_output") && told.context.structuredMode == .prompt)
        #expect(told.context.losses.map(\.name) == ["structured-output"])
    }

    @Test func `what nobody can enforce is asked for in words`() throws {
        let recursive = ##"{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}"##
        for isNative in [false, true] {
            let told = try Self.claude(Self.chat(recursive)) { $0.jsonSchema = isNative }
            #expect(told.context.structuredMode == .prompt && told.context.losses.map(\.name) == ["structured-output"])
        }
    }

    @Test func `T130: imitations of Claude are asked in words`() throws {
        let members = #""output_config":{"effort":"low","format":{"type":"json_schema","schema":\#(Self.schema)}}"#
        let told = try translate(
            Dialect.anthropicMessages.body(with: members),
            .anthropicMessages,
            .anthropicMessages
        ) { $0.efforts = [.low, .medium, .high] }
        #expect(try told.root().lines(at: ["output_config"]) == #"output_config: {"effort":"low"}"#)
        #expect(told.text.contains("Answer with one JSON value"))
        #expect(told.context.structuredMode == .prompt && told.context.losses.map(\.name) == ["structured-output"])
    }

    // MARK: - The others

    /// A server that lacks a form, or takes none beside tools; `kept` is what stays of the format.
    struct Lack: Sendable {
        var target: Dialect
        var kept = ""
        var change: @Sendable (inout TargetProfile) -> Void
    }

    static let lacks = [
        Lack(target: .openAIChat, kept: #"response_format: {"type":"json_object"}"#) { $0.jsonSchema = false },
        Lack(target: .openAIChat) { ($0.jsonSchema, $0.jsonObject) = (false, false) },
        Lack(target: .openAIChat) { $0.jsonWithTools = false },
        Lack(target: .openAIResponses) { $0.jsonSchema = false },
        Lack(target: .openAIResponses) { $0.jsonWithTools = false },
        Lack(target: .gemini) { $0.jsonWithTools = false },
        Lack(target: .ollama) { $0.jsonWithTools = false },
        Lack(target: .ollama, kept: #"format: "json""#) { $0.jsonSchema = false },
    ]

    @Test(arguments: lacks)
    func `what a target cannot keep it is asked for in words`(lack: Lack) throws {
        let client = Dialect.anthropicMessages
        let members = try #require(Self.asked(Self.schema)[client]) + "," + client.tools(["f"])
        let told = try translate(client.body(with: members), client, lack.target, profile: lack.change)
        #expect(try told.root().lines(at: Self.paths[lack.target] ?? []) == lack.kept)
        #expect(told.text.contains("Answer with one JSON value"))
        #expect(told.context.structuredMode == .prompt && told.context.losses.map(\.name) == ["structured-output"])
    }

    @Test func `tools in the history alone do not forbid a format`() throws {
        let told = try translate(
            Dialect.anthropicMessages.body(with: try #require(Self.asked(Self.schema)[.anthropicMessages])),
            .anthropicMessages,
            .gemini
        ) {
            $0.jsonWithTools = false
        }
        #expect(try told.root()["generationConfig"]?["responseJsonSchema"] != nil && told.context.losses.isEmpty)
    }

    @Test(arguments: [Dialect.openAIChat, .openAIResponses, .anthropicMessages, .ollama])
    func `one of several words is asked for in words`(target: Dialect) throws {
        let members =
            #""generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["yes","no"]}}"#
        let told = try translate(Dialect.gemini.body(with: members), .gemini, target)
        #expect(try told.root().lines(at: Self.paths[target] ?? []) == "")
        #expect(told.text.contains(#"Answer with exactly one of these, and nothing else:\nyes\nno"#))
        #expect(told.context.losses.map(\.name) == ["structured-output"])
    }

    @Test func `T127: a format and verbosity stand beside each other`() throws {
        let members =
            #""verbosity":"low","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(Self.schema),"strict":true}}"#
        let told = try translate(Dialect.openAIChat.body(with: members), .openAIChat, .openAIResponses)
        #expect(
            try told.root().lines(at: ["text"])
                == #"text: {"format":{"type":"json_schema","name":"n","schema":\#(Self.schema),"strict":true},"verbosity":"low"}"#
        )
    }
}
