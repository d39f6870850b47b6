import JSONCore

/// Reads Gemini's `Schema` objects as JSON Schema.
enum GeminiSchemaReader {
    private static let depthLimit = 24

    static func jsonSchema(_ schema: JSONValue) -> JSONValue {
        var writer = JSONWriter(capacity: schema.range.count + 64)
        write(schema, depth: 0, to: &writer)
        return (try? JSONDocument.parse(writer.bytes))?.root ?? JSONDocument.emptyObject.root
    }

    private static func write(_ schema: JSONValue, depth: Int, to writer: inout JSONWriter) {
        guard schema.isObject, depth <= depthLimit else {
            writer.beginObject()
            return writer.endObject()
        }
        let isNullable = schema["nullable"]?.bool == true
        writer.beginObject()
        for (key, value) in schema.members where !value.isNull {
            switch key.string {
            case "nullable", "propertyOrdering", "property_ordering", "example": break
            case "type": write(type: value, isNullable: isNullable, to: &writer)
            case "properties" where value.isObject:
                writer.key("properties")
                writer.beginObject()
                for (name, property) in value.members {
                    writer.key(name)
                    write(property, depth: depth + 1, to: &writer)
                }
                writer.endObject()
            case "items" where value.isObject:
                writer.key("items")
                write(value, depth: depth + 1, to: &writer)
            case "anyOf", "any_of":
                writer.key("anyOf")
                writer.beginArray()
                for branch in value.elements { write(branch, depth: depth + 1, to: &writer) }
                writer.endArray()
            default: writeLimit(key, value, to: &writer)
            }
        }
        writer.endObject()
    }

    private static func write(type: JSONValue, isNullable: Bool, to writer: inout JSONWriter) {
        guard let name = type.string?.lowercased() else { return writer.member("type", type) }
        guard name != "type_unspecified" else { return }
        writer.key("type")
        guard isNullable, name != "null" else { return writer.string(name) }
        writer.beginArray()
        writer.string(name)
        writer.literal("null")
        writer.endArray()
    }

    private static let limits: [(snake: StaticString, camel: StaticString)] = [
        ("min_items", "minItems"), ("max_items", "maxItems"), ("min_properties", "minProperties"),
        ("max_properties", "maxProperties"), ("min_length", "minLength"), ("max_length", "maxLength"),
    ]

    /// Numbers of 64 bits are strings in the JSON of protocol buffers.
    private static func writeLimit(_ key: JSONText, _ value: JSONValue, to writer: inout JSONWriter) {
        guard let limit = limits.first(where: { key.equals($0.camel) || key.equals($0.snake) }) else {
            writer.key(key)
            return writer.raw(value)
        }
        guard let number = value.int ?? value.string.flatMap({ Int($0) }) else { return }
        writer.member(limit.camel, number)
    }
}
