import JSONCore

/// Tools whose form Responses clients and OpenAI agree on, offered to others as functions.
enum ResponsesTools {
    static let shell = "shell"
    static let applyPatch = "apply_patch"

    static func definition(_ tool: ClientTool) -> ToolDefinition? {
        switch tool {
        case .localShell:
            make(shell, "Runs a command and returns its output.", localShellSchema, .localShell)
        case .shell: make(shell, "Runs shell commands and returns their output.", shellSchema, .shell)
        case .applyPatch:
            make(applyPatch, "Creates, changes or deletes a file by a patch.", applyPatchSchema, .applyPatch)
        case .namespaced: nil
        }
    }

    private static func make(
        _ name: String,
        _ description: JSONText,
        _ schema: JSONDocument?,
        _ kind: ToolDefinition.Kind
    ) -> ToolDefinition {
        var tool = ToolDefinition(name: name, description: description, schema: schema?.root)
        tool.kind = kind
        return tool
    }

    /// The name of a tool of a namespace outside of Responses.
    static func flatName(_ name: String, in namespace: String) -> String {
        name.hasPrefix(namespace) ? name : namespace + "__" + name
    }

    private static let localShellSchema = try? JSONDocument.parse(
        text: #"{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"}},"#
            + #""workdir":{"type":"string"},"timeout_ms":{"type":"integer"}},"required":["command"]}"#
    )
    private static let shellSchema = try? JSONDocument.parse(
        text: #"{"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"}},"#
            + #""timeout_ms":{"type":"integer"},"max_output_length":{"type":"integer"}},"required":["commands"]}"#
    )
    private static let applyPatchSchema = try? JSONDocument.parse(
        text: #"{"type":"object","properties":{"operation":{"type":"object","properties":{"type":{"type":"string","#
            + #""enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},"#
            + #""diff":{"type":"string"}},"required":["type","path"]}},"required":["operation"]}"#
    )
}

/// The grammar of a custom tool, which Chat nests and Responses writes flat; a conversation holds Chat's form.
enum CustomToolFormat {
    static func read(_ format: JSONValue?) -> JSONValue? {
        guard let format, format.isObject else { return nil }
        guard format["type"]?.equals("grammar") == true, format["grammar"] == nil else { return format }
        let bytes = ResponsesItem.object { writer in
            writer.member("type", literal: "grammar")
            writer.key("grammar")
            writer.beginObject()
            if let definition = format["definition"] { writer.member("definition", definition) }
            if let syntax = format["syntax"] { writer.member("syntax", syntax) }
            writer.endObject()
        }
        return (try? JSONDocument.parse(bytes))?.root
    }

    static func write(_ format: JSONValue, to writer: inout JSONWriter) {
        writer.key("format")
        guard let grammar = format.present("grammar"), grammar.isObject else { return writer.raw(format) }
        writer.beginObject()
        writer.member("type", literal: "grammar")
        for (key, value) in grammar.members {
            writer.key(key)
            writer.raw(value)
        }
        writer.endObject()
    }
}
