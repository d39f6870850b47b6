import JSONCore

/// The subsets of JSON Schema that providers enforce themselves.
enum StrictSchema {
    private static let depthLimit = 32

    // MARK: - OpenAI

    /// Whether OpenAI can enforce the schema: every object closed, every property required, no other keywords.
    static func isOpenAIStrict(_ schema: JSONValue, depth: Int = 0) -> Bool {
        guard schema.isObject, depth <= depthLimit else { return false }
        if schema["type"]?.equals("object") == true || schema["properties"] != nil {
            guard schema["additionalProperties"]?.bool == false else { return false }
            let properties = schema["properties"] ?? JSONDocument.emptyObject.root
            let required = Set(schema["required"]?.elements.compactMap(\.string) ?? [])
            guard required.count == properties.count else { return false }
            for (key, value) in properties.members {
                guard required.contains(key.string), isOpenAIStrict(value, depth: depth + 1) else { return false }
            }
        }
        for (key, value) in schema.members {
            switch SchemaKeyword(key) {
            case .items: if !isOpenAIStrict(value, depth: depth + 1) { return false }
            case .anyOf: if !value.elements.allSatisfy({ isOpenAIStrict($0, depth: depth + 1) }) { return false }
            case .schemaMap:
                guard key.equals("$defs") || key.equals("definitions") else { return false }
                for (_, definition) in value.members where !isOpenAIStrict(definition, depth: depth + 1) {
                    return false
                }
            case .oneOf, .allOf, .schema: return false
            case .pattern where SchemaPattern.hasLookaround(value): return false
            default: break
            }
        }
        return true
    }

    // MARK: - Anthropic

    /// The schema as Anthropic's structured outputs take it: objects closed, unknown constraints described in words.
    ///
    /// `nil` when it refers to itself, which cannot be enforced.
    static func anthropic(_ schema: JSONValue) -> [UInt8]? {
        guard !isRecursive(schema) else { return nil }
        var writer = JSONWriter()
        writeAnthropic(schema, depth: 0, to: &writer)
        return writer.bytes
    }

    private static func isRecursive(_ root: JSONValue) -> Bool {
        let references = SchemaReferences(root)
        func search(_ value: JSONValue) -> Bool {
            if value.isArray { return value.elements.contains(where: search) }
            return value.members.contains { key, member in
                key.equals("$ref") ? !references.isUsable(member) : search(member)
            }
        }
        return search(root)
    }

    private static func writeAnthropic(_ schema: JSONValue, depth: Int, to writer: inout JSONWriter) {
        guard schema.isObject, depth <= depthLimit else { return writer.raw(schema) }
        var words: [JSONText] = []
        var description: JSONText?
        let isObject = schema["type"]?.equals("object") == true || schema["properties"] != nil
        writer.beginObject()
        for (key, value) in schema.members {
            switch SchemaKeyword(key) {
            case .identity, .stray: break
            case .description: description = value.text
            case .additionalProperties where isObject: break
            case .numericLimit, .lengthLimit:
                if key.equals("minItems"), let count = value.int, count <= 1 {
                    writer.member("minItems", value)
                } else {
                    words.append(JSONText.joined([key, ": ", JSONCompaction.text(value)], separator: ""))
                }
            case .pattern where SchemaPattern.hasLookaround(value) || SchemaPattern.hasBackReference(value):
                words.append(JSONText.joined(["pattern: ", value.text ?? ""], separator: ""))
            case .properties, .schemaMap: writeAnthropic(map: key, value, depth: depth, to: &writer)
            case .anyOf, .oneOf: writeAnthropic(list: "anyOf", value, depth: depth, to: &writer)
            case .allOf: writeAnthropic(list: "allOf", value, depth: depth, to: &writer)
            case .items, .schema, .additionalProperties:
                writer.key(key)
                writeAnthropic(value, depth: depth + 1, to: &writer)
            case .type, .required, .enumeration, .pattern, .reference, .other:
                writer.key(key)
                writer.raw(value)
            }
        }
        if isObject { writer.member("additionalProperties", false) }
        writeDescription(description, words, to: &writer)
        writer.endObject()
    }

    private static func writeAnthropic(map key: JSONText, _ map: JSONValue, depth: Int, to writer: inout JSONWriter) {
        writer.key(key)
        writer.beginObject()
        for (name, value) in map.members {
            writer.key(name)
            writeAnthropic(value, depth: depth + 1, to: &writer)
        }
        writer.endObject()
    }

    private static func writeAnthropic(
        list key: StaticString,
        _ list: JSONValue,
        depth: Int,
        to writer: inout JSONWriter
    ) {
        writer.key(key)
        writer.beginArray()
        for value in list.elements { writeAnthropic(value, depth: depth + 1, to: &writer) }
        writer.endArray()
    }

    private static func writeDescription(_ text: JSONText?, _ words: [JSONText], to writer: inout JSONWriter) {
        guard !words.isEmpty else {
            if let text { writer.member("description", text) }
            return
        }
        let constraints = JSONText.joined(["(", JSONText.joined(words, separator: ", "), ")"], separator: "")
        writer.member("description", text.map { JSONText.joined([$0, constraints], separator: " ") } ?? constraints)
    }
}
