import JSONCore

/// Writes JSON schemas as Gemini's own `Schema` objects, a small part of OpenAPI's: references are written out, unions
/// merged as far as they can be, and what has no form is said in the description or left out.
enum GeminiSchema {
    static func write(_ schema: JSONValue?, to writer: inout JSONWriter) {
        guard let schema, schema.isObject, schema.count > 0 else { return SchemaCleaner.writeEmpty(to: &writer) }
        var reader = GeminiSchemaFlattening(schema)
        reader.node(schema).write(to: &writer)
    }

    /// The schema of a tool's arguments, which is an object.
    static func writeTool(_ schema: JSONValue?, to writer: inout JSONWriter) {
        guard let schema, schema.isObject, schema.count > 0 else { return SchemaCleaner.writeEmpty(to: &writer) }
        var reader = GeminiSchemaFlattening(schema)
        var node = reader.node(schema)
        for branch in node.branches { node.mergeBranch(branch) }
        node.branches = []
        node.type = "object"
        node.isNullable = false
        node.write(to: &writer)
    }
}

/// One schema as Gemini knows it.
struct GeminiSchemaNode {
    struct Property {
        var name: JSONText
        var node: GeminiSchemaNode
    }

    var type: String?
    var format: String?
    var description: JSONText?
    var isNullable = false
    var choices: [JSONText]?
    /// What is said in words because it cannot be said otherwise.
    var words: [JSONText] = []
    /// A list to break the recursion of the type; at most one element.
    var items: [GeminiSchemaNode] = []
    var properties: [Property] = []
    var required: [String] = []
    var branches: [GeminiSchemaNode] = []
    /// Limits that are copied, such as `minItems`.
    var limits: [(key: String, value: JSONValue)] = []

    /// Whether nothing is known of the value.
    var isBlank: Bool { type == nil && branches.isEmpty && properties.isEmpty && choices == nil && items.isEmpty }

    // MARK: - Merging

    /// Takes over what another schema for the same value says; of two statements the first counts.
    mutating func merge(_ other: GeminiSchemaNode) {
        type = type ?? other.type
        format = format ?? other.format
        description = description ?? other.description
        isNullable = isNullable || other.isNullable
        choices = choices ?? other.choices
        words += other.words
        if items.isEmpty { items = other.items }
        if branches.isEmpty { branches = other.branches }
        addProperties(of: other)
        let known = Set(required)
        required += other.required.filter { !known.contains($0) }
        for limit in other.limits where !limits.contains(where: { $0.key == limit.key }) { limits.append(limit) }
    }

    /// Takes over the properties of one of several forms that the value may have; none of them is required.
    mutating func mergeBranch(_ branch: GeminiSchemaNode) { addProperties(of: branch) }

    private mutating func addProperties(of other: GeminiSchemaNode) {
        guard !other.properties.isEmpty else { return }
        var places: [String: Int] = [:]
        for (place, property) in properties.enumerated().reversed() { places[property.name.string] = place }
        for property in other.properties {
            if let known = places[property.name.string] {
                properties[known].node.merge(property.node)
            } else {
                places[property.name.string] = properties.count
                properties.append(property)
            }
        }
    }

    // MARK: - Writing

    func write(to writer: inout JSONWriter) {
        let kind = type ?? (properties.isEmpty ? branches.isEmpty ? "string" : nil : "object")
        writer.beginObject()
        if let kind { writer.member("type", kind) }
        if let format = knownFormat(of: kind) { writer.member("format", format) }
        writeDescription(to: &writer)
        if isNullable { writer.member("nullable", true) }
        if let choices, kind == "string", !choices.isEmpty {
            writer.key("enum")
            writer.beginArray()
            for choice in choices { writer.text(choice) }
            writer.endArray()
        }
        if kind == "array" { writeItems(to: &writer) }
        if kind == "object" { writeProperties(to: &writer) }
        if !branches.isEmpty {
            writer.key("anyOf")
            writer.beginArray()
            for branch in branches { branch.write(to: &writer) }
            writer.endArray()
        }
        for limit in limits where Self.applies(limit.key, to: kind) {
            writer.key(JSONText(limit.key))
            writer.raw(limit.value)
        }
        writer.endObject()
    }

    private func writeItems(to writer: inout JSONWriter) {
        writer.key("items")
        (items.first ?? GeminiSchemaNode(type: "string")).write(to: &writer)
    }

    private func writeProperties(to writer: inout JSONWriter) {
        writer.key("properties")
        writer.beginObject()
        for property in properties {
            writer.key(property.name)
            property.node.write(to: &writer)
        }
        writer.endObject()
        let names = Set(properties.map(\.name.string))
        let kept = required.filter(names.contains)
        guard !kept.isEmpty else { return }
        writer.key("required")
        writer.beginArray()
        for name in kept { writer.string(name) }
        writer.endArray()
    }

    private func writeDescription(to writer: inout JSONWriter) {
        guard !words.isEmpty else {
            if let description { writer.member("description", description) }
            return
        }
        let all = JSONText.joined(["(", JSONText.joined(words, separator: ", "), ")"], separator: "")
        writer.member("description", description.map { JSONText.joined([$0, all], separator: " ") } ?? all)
    }

    private func knownFormat(of kind: String?) -> String? {
        let known: [String: Set<String>] = [
            "string": ["enum", "date-time"], "integer": ["int32", "int64"], "number": ["float", "double"],
        ]
        guard let format, let kind, known[kind]?.contains(format) == true else { return nil }
        return format
    }

    private static func applies(_ limit: String, to kind: String?) -> Bool {
        switch limit {
        case "minItems", "maxItems": kind == "array"
        case "minProperties", "maxProperties": kind == "object"
        case "minLength", "maxLength", "pattern": kind == "string"
        case "minimum", "maximum": kind == "number" || kind == "integer"
        default: true
        }
    }
}
