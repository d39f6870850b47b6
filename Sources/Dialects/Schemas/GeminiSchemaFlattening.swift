import JSONCore

/// Reads a JSON schema as nodes that Gemini knows.
struct GeminiSchemaFlattening {
    private static let depthLimit = 24

    private let references: SchemaReferences
    /// The references that are being written out, to notice those that lead back.
    private var path: [String] = []
    /// How many more schemas may be written: references that lead to references could make any number.
    private var budget = 4_000
    private var depth = 0

    init(_ root: JSONValue) {
        references = SchemaReferences(root)
    }

    mutating func node(_ schema: JSONValue) -> GeminiSchemaNode {
        guard schema.isObject, schema.count > 0 else { return GeminiSchemaNode(type: "string") }
        budget -= 1
        depth += 1
        defer { depth -= 1 }
        guard budget > 0, depth <= Self.depthLimit else { return GeminiSchemaNode(type: "object") }
        var node = GeminiSchemaNode()
        for (key, value) in schema.members { read(key.string, value, into: &node) }
        if let reference = schema["$ref"] { node.merge(target(of: reference)) }
        for member in schema["allOf"]?.elements ?? JSONDocument.emptyArray.root.elements where member.isObject {
            node.merge(self.node(member))
        }
        readUnion(schema["anyOf"] ?? schema["oneOf"], into: &node)
        settleChoices(of: schema, in: &node)
        return node
    }

    private mutating func target(of reference: JSONValue) -> GeminiSchemaNode {
        guard let pointer = reference.string, !path.contains(pointer), let target = references.resolve(pointer),
            target.isObject
        else { return GeminiSchemaNode(type: "object") }
        path.append(pointer)
        defer { path.removeLast() }
        return node(target)
    }

    // MARK: - Keywords

    private mutating func read(_ key: String, _ value: JSONValue, into node: inout GeminiSchemaNode) {
        switch key {
        case "type": readType(value, into: &node)
        case "description": node.description = value.text
        case "format": node.format = value.string
        case "nullable": node.isNullable = node.isNullable || value.bool == true
        case "items", "prefixItems": readItems(value, into: &node)
        case "properties":
            for (name, property) in value.members {
                node.properties.append(GeminiSchemaNode.Property(name: name, node: self.node(property)))
            }
        case "required": node.required = value.elements.compactMap(\.string)
        case "minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength", "minimum", "maximum":
            if value.isNumber { node.limits.append((key, value)) }
        case "pattern": if value.isString, !SchemaPattern.hasLookaround(value) { node.limits.append((key, value)) }
        case "exclusiveMinimum" where value.isNumber:
            node.words.append(JSONText("more than \(value.numberText ?? "")"))
        case "exclusiveMaximum" where value.isNumber:
            node.words.append(JSONText("less than \(value.numberText ?? "")"))
        default: break
        }
    }

    private func readType(_ value: JSONValue, into node: inout GeminiSchemaNode) {
        if let name = value.string { return node.type = name.lowercased() }
        let names = value.elements.compactMap { $0.string?.lowercased() }
        if names.contains("null") { node.isNullable = true }
        let types = names.filter { $0 != "null" }
        if types.count == 1 { node.type = types[0] } else { node.branches = types.map { GeminiSchemaNode(type: $0) } }
    }

    /// A tuple's places are lost; the kinds of its elements stay.
    private mutating func readItems(_ value: JSONValue, into node: inout GeminiSchemaNode) {
        guard value.isArray else {
            if value.isObject, node.items.isEmpty { node.items = [self.node(value)] }
            return
        }
        let kinds = value.elements.map { self.node($0) }
        if kinds.count == 1 { node.items = kinds } else { node.items = [GeminiSchemaNode(branches: kinds)] }
    }

    private mutating func readUnion(_ union: JSONValue?, into node: inout GeminiSchemaNode) {
        guard let union, union.isArray, union.count > 0 else { return }
        let members = union.elements.filter { !Self.isNull($0) }
        if members.count < union.count { node.isNullable = true }
        let branches = members.map { self.node($0) }
        if branches.count == 1 { node.merge(branches[0]) } else { node.branches = branches }
    }

    private static func isNull(_ schema: JSONValue) -> Bool {
        schema["type"]?.equals("null") == true || schema["const"]?.isNull == true
    }

    // MARK: - Enumerations

    /// Only texts can be enumerated: other values are listed in the description.
    private func settleChoices(of schema: JSONValue, in node: inout GeminiSchemaNode) {
        let constant = schema["const"].map { [$0] }
        guard let values = schema["enum"].map({ Array($0.elements) }) ?? constant else { return }
        if values.contains(where: \.isNull) { node.isNullable = true }
        let kept = values.filter { !$0.isNull && $0.text?.isEmpty != true }
        guard !kept.isEmpty else { return }
        let isText = node.type == "string" || node.type == nil && kept.contains(where: \.isString)
        if isText {
            node.type = "string"
            node.choices = kept.map { $0.text ?? JSONCompaction.text($0) }
        } else {
            node.type = node.type ?? Self.type(of: kept[0])
            let list = JSONText.joined(kept.map { $0.text ?? JSONCompaction.text($0) }, separator: ", ")
            node.words.append(JSONText.joined(["one of: ", list], separator: ""))
        }
    }

    private static func type(of value: JSONValue) -> String {
        switch value.kind {
        case .bool: "boolean"
        case .number: value.int == nil ? "number" : "integer"
        case .array: "array"
        case .object: "object"
        case .null, .string: "string"
        }
    }
}
