import JSONCore

/// Writes JSON schemas in a form that a target accepts; a schema that is fine is copied byte for byte.
struct SchemaCleaner {
    private static let depthLimit = 64

    private let root: JSONValue
    private let references: SchemaReferences
    private let found = FoundDefects()

    /// Where the schemas stand that must change, so that none is searched again for each one around it.
    private final class FoundDefects {
        var places: Set<Int> = []
    }

    /// Writes the schema of a tool's arguments as far as the target needs it changed.
    static func write(_ schema: JSONValue?, rule: TargetProfile.SchemaRule, to writer: inout JSONWriter) {
        switch rule {
        case .standard: write(schema, to: &writer)
        case .loose:
            if let schema, schema.isObject { writer.raw(schema) } else { write(schema, to: &writer) }
        case .geminiJSONSchema: GeminiJSONSchema.write(schema, to: &writer)
        case .geminiSchema: GeminiSchema.writeTool(schema, to: &writer)
        }
    }

    /// Writes the schema of a tool's arguments.
    static func write(_ schema: JSONValue?, to writer: inout JSONWriter) {
        guard let schema, schema.isObject, schema.count > 0 else { return writeEmpty(to: &writer) }
        let cleaner = SchemaCleaner(root: schema, references: SchemaReferences(schema))
        guard cleaner.hasDefect(schema, depth: 0) else { return writer.raw(schema) }
        guard SchemaBranches.hasBranches(schema), let merged = try? JSONDocument.parse(SchemaBranches.merged(schema))
        else {
            return cleaner.writeObject(schema, depth: 0, to: &writer)
        }
        write(merged.root, to: &writer)
    }

    /// The schema in a form that targets accept; `nil` if it is fine as it is.
    static func cleaned(_ schema: JSONValue) -> [UInt8]? {
        if schema.isObject, schema.count > 0 {
            let cleaner = SchemaCleaner(root: schema, references: SchemaReferences(schema))
            guard cleaner.hasDefect(schema, depth: 0) else { return nil }
        }
        var writer = JSONWriter()
        write(schema, to: &writer)
        return writer.bytes
    }

    /// The schema of a tool without arguments.
    static func writeEmpty(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: "object")
        writer.key("properties")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
    }

    // MARK: - Search

    /// Whether anything in the schema must change.
    private func hasDefect(_ schema: JSONValue, depth: Int) -> Bool {
        let place = schema.range.lowerBound
        guard !found.places.contains(place) else { return true }
        guard search(schema, depth: depth) else { return false }
        found.places.insert(place)
        return true
    }

    private func search(_ schema: JSONValue, depth: Int) -> Bool {
        guard depth <= Self.depthLimit else { return true }
        var isObjectType = false
        var properties: JSONValue?
        var required: JSONValue?
        for (key, value) in schema.members {
            switch SchemaKeyword(key) {
            case .type: isObjectType = value.equals("object")
            case .properties:
                properties = value
                if hasDefect(inMap: value, depth: depth) { return true }
            case .required: required = value
            case .items: if value.isArray || hasDefect(inSchema: value, depth: depth) { return true }
            case .pattern: if SchemaPattern.hasLookaround(value) { return true }
            case .reference: if !references.isUsable(value) { return true }
            case .identity, .stray: return true
            case .schemaMap: if hasDefect(inMap: value, depth: depth) { return true }
            case .anyOf, .oneOf, .allOf:
                if depth == 0 { return true }
                for branch in value.elements where hasDefect(inSchema: branch, depth: depth) { return true }
            case .schema, .additionalProperties: if hasDefect(inSchema: value, depth: depth) { return true }
            case .description, .enumeration, .numericLimit, .lengthLimit, .other: break
            }
        }
        if depth == 0, !isObjectType || properties?.isObject != true { return true }
        return required.map { hasDefect(required: $0, properties: properties) } ?? false
    }

    private func hasDefect(inSchema value: JSONValue, depth: Int) -> Bool {
        value.isObject && hasDefect(value, depth: depth + 1)
    }

    private func hasDefect(inMap map: JSONValue, depth: Int) -> Bool {
        for (_, value) in map.members where !value.isObject || hasDefect(value, depth: depth + 1) {
            return true
        }
        return false
    }

    private func hasDefect(required: JSONValue, properties: JSONValue?) -> Bool {
        guard required.isArray, required.count > 0 else { return true }
        guard let properties, properties.isObject else { return false }
        let known = MemberTable(properties)
        return required.elements.contains { name in name.string.map { known[$0] == nil } ?? true }
    }

    // MARK: - Cleaning

    private func write(_ schema: JSONValue, depth: Int, to writer: inout JSONWriter) {
        guard schema.isObject else {
            // `true` allows everything, as `{}` does; some readers know only the latter.
            guard schema.bool == false else {
                writer.beginObject()
                return writer.endObject()
            }
            return writer.raw(schema)
        }
        guard hasDefect(schema, depth: depth) else { return writer.raw(schema) }
        writeObject(schema, depth: depth, to: &writer)
    }

    private func writeObject(_ schema: JSONValue, depth: Int, to writer: inout JSONWriter) {
        let isRoot = depth == 0
        if let reference = schema["$ref"], !references.isUsable(reference) || depth > Self.depthLimit {
            writer.beginObject()
            writer.member("type", literal: "object")
            if let description = schema["description"] { writer.member("description", description) }
            return writer.endObject()
        }
        writer.beginObject()
        if isRoot { writer.member("type", literal: "object") }
        let properties = schema["properties"]
        for (key, value) in schema.members {
            writeMember(key, value, beside: properties, depth: depth, to: &writer)
        }
        if isRoot, properties?.isObject != true {
            writer.key("properties")
            writer.beginObject()
            writer.endObject()
        }
        writer.endObject()
    }

    private func writeMember(
        _ key: JSONText,
        _ value: JSONValue,
        beside properties: JSONValue?,
        depth: Int,
        to writer: inout JSONWriter
    ) {
        switch SchemaKeyword(key) {
        case .type where depth == 0, .identity, .stray: break
        case .properties, .schemaMap:
            guard value.isObject else { return }
            writer.key(key)
            writer.beginObject()
            for (name, property) in value.members {
                writer.key(name)
                write(property, depth: depth + 1, to: &writer)
            }
            writer.endObject()
        case .required: writeRequired(value, properties: properties, to: &writer)
        case .items where value.isArray:
            // A tuple: the places are lost, the kinds of elements stay.
            writer.key("items")
            writer.beginObject()
            writeList("anyOf", value, depth: depth, to: &writer)
            writer.endObject()
        case .items, .schema, .additionalProperties:
            writer.key(key)
            if value.isObject { write(value, depth: depth + 1, to: &writer) } else { writer.raw(value) }
        case .pattern where SchemaPattern.hasLookaround(value): break
        case .anyOf: writeList("anyOf", value, depth: depth, to: &writer)
        case .oneOf: writeList("oneOf", value, depth: depth, to: &writer)
        case .allOf: writeList("allOf", value, depth: depth, to: &writer)
        case .type, .enumeration, .pattern, .reference, .description, .numericLimit, .lengthLimit, .other:
            writer.key(key)
            writer.raw(value)
        }
    }

    private func writeList(_ key: StaticString, _ list: JSONValue, depth: Int, to writer: inout JSONWriter) {
        guard list.isArray, list.count > 0 else { return }
        writer.key(key)
        writer.beginArray()
        for element in list.elements { write(element, depth: depth + 1, to: &writer) }
        writer.endArray()
    }

    private func writeRequired(_ value: JSONValue, properties: JSONValue?, to writer: inout JSONWriter) {
        let known = properties.flatMap { $0.isObject ? MemberTable($0) : nil }
        let names = value.elements.filter { name in
            name.string.map { known == nil || known?[$0] != nil } ?? false
        }
        guard !names.isEmpty else { return }
        writer.key("required")
        writer.beginArray()
        for name in names { writer.raw(name) }
        writer.endArray()
    }
}

/// Regular expressions in schemas.
enum SchemaPattern {
    /// Whether the pattern looks around, which engines without backtracking refuse.
    static func hasLookaround(_ pattern: JSONValue) -> Bool {
        guard let text = pattern.string, text.contains("(?") else { return false }
        return ["(?=", "(?!", "(?<=", "(?<!"].contains(where: text.contains)
    }

    static func hasBackReference(_ pattern: JSONValue) -> Bool {
        guard let text = pattern.string else { return false }
        return (1...9).contains { text.contains("\\\($0)") }
    }
}

/// Schemas whose root is a choice between objects, which tools cannot have.
enum SchemaBranches {
    private static let keys: [StaticString] = ["allOf", "anyOf", "oneOf"]

    static func hasBranches(_ schema: JSONValue) -> Bool { keys.contains { schema[$0]?.isArray == true } }

    /// One object with the properties of the root and of all branches.
    ///
    /// Required is what the root, every branch of a
    /// choice, or any member of `allOf` requires.
    static func merged(_ schema: JSONValue) -> [UInt8] {
        let references = SchemaReferences(schema)
        var objects = [schema]
        var required = names(schema["required"])
        for key in keys {
            let branches = (schema[key]?.elements).map(Array.init) ?? []
            let targets = branches.compactMap { branch -> JSONValue? in
                let target = branch["$ref"]?.string.flatMap(references.resolve) ?? branch
                return target.isObject ? target : nil
            }
            objects += targets
            let sets = targets.map { names($0["required"]) }
            if key.description == "allOf" {
                required.formUnion(sets.reduce(into: Set<String>()) { $0.formUnion($1) })
            } else {
                required.formUnion(sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) })
            }
        }
        return write(schema, objects, required)
    }

    private static func names(_ list: JSONValue?) -> Set<String> { Set(list?.elements.compactMap(\.string) ?? []) }

    private static func write(_ schema: JSONValue, _ objects: [JSONValue], _ required: Set<String>) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", literal: "object")
        if let description = schema["description"] { writer.member("description", description) }
        writer.key("properties")
        writer.beginObject()
        var known: Set<String> = []
        for object in objects {
            guard let properties = object["properties"] else { continue }
            for (key, value) in properties.members where known.insert(key.string).inserted {
                writer.key(key)
                writer.raw(value)
            }
        }
        writer.endObject()
        let kept = required.intersection(known).sorted()
        if !kept.isEmpty {
            writer.key("required")
            writer.beginArray()
            for name in kept { writer.string(name) }
            writer.endArray()
        }
        for key in ["$defs", "definitions"] as [StaticString] {
            if let definitions = schema[key] { writer.member(key, definitions) }
        }
        writer.endObject()
        return writer.bytes
    }
}
