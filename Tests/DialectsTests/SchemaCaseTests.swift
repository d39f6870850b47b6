import JSONCore
import Testing

@testable import Dialects

/// Cases of the specification about the JSON schemas of tools for Google's models, from every other client.
///
/// Gemini's newer models take standard JSON schemas; older ones, Gemma, and Google's other services a small part of them.
@Suite struct `Cases of schemas` {
    private static let clients: [Dialect] = Dialect.spoken.filter { $0 != .gemini }

    /// The schema that a target is sent for a tool of a client.
    private func sent(
        _ schema: String,
        _ client: Dialect,
        rule: TargetProfile.SchemaRule = .geminiSchema
    ) throws -> String {
        let message = #""messages":[{"role":"user","content":"a"}]"#
        let function = #"{"type":"function","function":{"name":"f","parameters":\#(schema)}}"#
        let body =
            switch client {
            case .openAIChat, .ollama: #"{"model":"m",\#(message),"tools":[\#(function)]}"#
            case .openAIResponses:
                #"{"model":"m","input":"a","tools":[{"type":"function","name":"f","parameters":\#(schema)}]}"#
            case .anthropicMessages:
                #"{"model":"m","max_tokens":9,\#(message),"tools":[{"name":"f","input_schema":\#(schema)}]}"#
            case .gemini:
                #"{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":\#(schema)}]}]}"#
            }
        let root = try translate(body, client, .gemini) { $0.schemaRule = rule }.root()
        let declaration = try #require(root["tools"]?.first?["functionDeclarations"]?.first)
        let key: StaticString = rule == .geminiSchema ? "parameters" : "parametersJsonSchema"
        return String(decoding: try #require(declaration[key]).raw, as: UTF8.self)
    }

    @Test(arguments: clients)
    func `T083: titles as Pydantic writes them go, a property named title stays`(client: Dialect) throws {
        let schema =
            ##"{"$defs":{"Range":{"properties":{"title":{"title":"Title","type":"string"},"to":{"default":9,"title":"To","type":"integer"}},"required":["title"],"title":"Range","type":"object"}},"properties":{"title":{"description":"What to look for","title":"Title","type":"string"},"range":{"$ref":"#/$defs/Range"}},"required":["title"],"title":"search_args","type":"object"}"##
        let standard =
            ##"{"$defs":{"Range":{"properties":{"title":{"type":"string"},"to":{"default":9,"type":"integer"}},"required":["title"],"type":"object"}},"properties":{"title":{"description":"What to look for","type":"string"},"range":{"$ref":"#/$defs/Range"}},"required":["title"],"type":"object"}"##
        #expect(try sent(schema, client, rule: .geminiJSONSchema) == standard)
        let small =
            #"{"type":"object","properties":{"title":{"type":"string","description":"What to look for"},"range":{"type":"object","properties":{"title":{"type":"string"},"to":{"type":"integer"}},"required":["title"]}},"required":["title"]}"#
        #expect(try sent(schema, client) == small)
    }

    /// Words that are keywords of schemas, and of vendors' dialects of them.
    private static let keywords = [
        "title", "pattern", "format", "type", "properties", "required", "items", "enum", "default", "description",
        "$schema", "$ref", "$id", "$comment", "additionalProperties", "anyOf", "allOf", "const", "examples", "nullable",
        "strict", "deprecated", "cache_control", "x-order", "propertyNames", "encrypted",
    ]

    @Test(arguments: clients, keywords)
    func `T084: a property that is named like a keyword is one`(client: Dialect, name: String) throws {
        let schema =
            #"{"type":"object","properties":{"\#(name)":{"type":"string","description":"d"},"list":{"type":"array","items":{"type":"object","properties":{"\#(name)":{"type":"integer"}},"required":["\#(name)"]}}},"required":["\#(name)","list"]}"#
        #expect(try sent(schema, client) == schema)
        #expect(try sent(schema, client, rule: .geminiJSONSchema) == schema)
        var others = JSONWriter()
        SchemaCleaner.write(try json(schema).root, rule: .standard, to: &others)
        #expect(String(decoding: others.bytes, as: UTF8.self) == schema)
    }

    /// A schema and the small form of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let schema: String
        let small: String

        /// A property's schema.
        init(_ name: String, _ schema: String, becomes small: String) {
            testDescription = name
            self.schema = #"{"type":"object","properties":{"p":\#(schema)},"required":["p"]}"#
            self.small = #"{"type":"object","properties":{"p":\#(small)},"required":["p"]}"#
        }

        /// A tool's schema.
        init(tool name: String, _ schema: String, becomes small: String) {
            (testDescription, self.schema, self.small) = (name, schema, small)
        }
    }

    private static let rows = [
        Row(
            tool: "T086: marks of generators and vendors",
            #"{"$schema":"http://json-schema.org/draft-07/schema#","$id":"i","$comment":"c","type":"object","properties":{"a":{"type":"string","enum":["x","y"],"enumDescriptions":["1","2"],"encrypted":true,"x-google-enum-descriptions":["1","2"],"x-google-identifier":true}},"propertyNames":{"pattern":"^[a-z]+$"},"additionalProperties":false,"required":["a"]}"#,
            becomes:
                #"{"type":"object","properties":{"a":{"type":"string","enum":["x","y"]}},"required":["a"]}"#
        ),
        Row(
            tool: "T086: members of allOf at the root",
            #"{"allOf":[{"type":"object","properties":{"a":{"type":"string","description":"first"}},"required":["a"]},{"properties":{"a":{"description":"second"},"b":{"type":"integer"}},"required":["b"]}]}"#,
            becomes:
                #"{"type":"object","properties":{"a":{"type":"string","description":"first"},"b":{"type":"integer"}},"required":["a","b"]}"#
        ),
        Row(
            "T086: allOf around a reference",
            #"{"description":"own","allOf":[{"type":"object","description":"other","properties":{"x":{"type":"number"}},"required":["x"]}],"default":null}"#,
            becomes:
                #"{"type":"object","description":"own","properties":{"x":{"type":"number"}},"required":["x"]}"#
        ),
        Row("T087: a type or null", #"{"type":["string","null"]}"#, becomes: #"{"type":"string","nullable":true}"#),
        Row(
            "T087: null or a type",
            #"{"type":["null","array"],"items":{"type":["integer","null"]}}"#,
            becomes: #"{"type":"array","nullable":true,"items":{"type":"integer","nullable":true}}"#
        ),
        Row("T087: a list of one", #"{"type":["boolean"]}"#, becomes: #"{"type":"boolean"}"#),
        Row(
            "T087: several types",
            #"{"type":["string","integer","null"],"description":"d"}"#,
            becomes: #"{"description":"d","nullable":true,"anyOf":[{"type":"string"},{"type":"integer"}]}"#
        ),
        Row(
            "T087: null as a choice",
            #"{"anyOf":[{"type":"string"},{"type":"null"}],"default":null}"#,
            becomes: #"{"type":"string","nullable":true}"#
        ),
        Row(
            "T088: an array of anything",
            #"{"type":"array"}"#,
            becomes: #"{"type":"array","items":{"type":"string"}}"#
        ),
        Row(
            "T088: items that say nothing",
            #"{"type":"array","items":{}}"#,
            becomes: #"{"type":"array","items":{"type":"string"}}"#
        ),
        Row(
            "T088: an array in an array",
            #"{"type":"array","items":{"type":"array"}}"#,
            becomes: #"{"type":"array","items":{"type":"array","items":{"type":"string"}}}"#
        ),
        Row(
            "T088: items that are true",
            #"{"type":["array","null"],"items":true,"minItems":1}"#,
            becomes: #"{"type":"array","nullable":true,"items":{"type":"string"},"minItems":1}"#
        ),
        Row(
            "T089: members of a text",
            #"{"type":"string","properties":{"x":{"type":"string"}},"required":["x"],"items":{"type":"string"}}"#,
            becomes: #"{"type":"string"}"#
        ),
        Row(
            "T089: a name that is no property",
            #"{"type":"object","properties":{"x":{"type":"string"}},"required":["x","y"]}"#,
            becomes: #"{"type":"object","properties":{"x":{"type":"string"}},"required":["x"]}"#
        ),
        Row(
            "T089: names without properties",
            #"{"type":"object","required":["y"]}"#,
            becomes: #"{"type":"object","properties":{}}"#
        ),
        Row(
            tool: "T093: a schema of draft 2020-12",
            ##"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"path":{"type":"string"},"edits":{"type":"array","items":{"$ref":"#/$defs/edit"},"minItems":1},"at":{"type":"array","prefixItems":[{"type":"integer"},{"type":"integer"}],"items":false}},"required":["path","edits"],"unevaluatedProperties":false,"dependentRequired":{"at":["path"]},"$defs":{"edit":{"type":"object","properties":{"old":{"type":"string"},"new":{"type":"string"}},"required":["old","new"],"additionalProperties":false}}}"##,
            becomes:
                #"{"type":"object","properties":{"path":{"type":"string"},"edits":{"type":"array","items":{"type":"object","properties":{"old":{"type":"string"},"new":{"type":"string"}},"required":["old","new"]},"minItems":1},"at":{"type":"array","items":{"anyOf":[{"type":"integer"},{"type":"integer"}]}}},"required":["path","edits"]}"#
        ),
    ]

    @Test(arguments: clients, rows)
    func `T086, T087, T088, T089, T093: a schema is brought into the small form`(client: Dialect, row: Row) throws {
        #expect(try sent(row.schema, client) == row.small)
    }

    @Test(arguments: clients)
    func `T087, T093: what the standard form has is not made small`(client: Dialect) throws {
        let schema =
            #"{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"array","prefixItems":[{"type":"integer"}]}},"required":["a"],"unevaluatedProperties":false}"#
        #expect(try sent(schema, client, rule: .geminiJSONSchema) == schema)
    }
}
