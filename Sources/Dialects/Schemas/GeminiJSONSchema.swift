import JSONCore

/// Writes JSON schemas as Gemini's `parametersJsonSchema` takes them: standard, without the keys of vendors and without
/// titles, which make some models write broken calls.
enum GeminiJSONSchema {
    /// `isTool` tells the schema of a tool's arguments, whose root is an object, from that of an answer.
    static func write(_ schema: JSONValue?, isTool: Bool = true, to writer: inout JSONWriter) {
        guard isTool || schema?.isObject != true else { return strip(schema, to: &writer) }
        if let schema, SchemaCleaner.cleaned(schema) == nil { return strip(schema, to: &writer) }
        var cleaned = JSONWriter()
        SchemaCleaner.write(schema, to: &cleaned)
        strip((try? JSONDocument.parse(cleaned.bytes))?.root, to: &writer)
    }

    private static func strip(_ schema: JSONValue?, to writer: inout JSONWriter) {
        guard let schema else { return SchemaCleaner.writeEmpty(to: &writer) }
        guard hasVendorKeys(schema) else { return writer.raw(schema) }
        write(schema, to: &writer)
    }

    private static let vendorKeys: Set<String> = [
        "$schema", "$id", "$comment", "title", "encrypted", "enumDescriptions", "markdownDescription", "deprecated",
        "cache_control", "defer_loading", "strict",
    ]

    private static func isVendor(_ key: JSONText) -> Bool {
        switch SchemaKeyword(key) {
        // What schemas are full of is not looked up.
        case .type, .properties, .description, .items, .required, .enumeration: return false
        default: break
        }
        guard key.utf8Count < 64 else { return false }
        let name = key.string
        return vendorKeys.contains(name) || name.hasPrefix("x-")
    }

    /// What a keyword's value is made of; names of properties are no keywords.
    private enum Content { case schema, map, plain }

    private static func content(of key: JSONText) -> Content {
        switch SchemaKeyword(key) {
        case .properties, .schemaMap: .map
        case .items, .anyOf, .oneOf, .allOf, .schema, .additionalProperties: .schema
        case .type, .required, .enumeration, .pattern, .reference, .identity, .description, .numericLimit,
            .lengthLimit, .stray, .other:
            key.equals("prefixItems") ? .schema : .plain
        }
    }

    private static func hasVendorKeys(_ schema: JSONValue) -> Bool {
        if schema.isArray { return schema.elements.contains(where: hasVendorKeys) }
        return schema.members.contains { key, value in
            if isVendor(key) { return true }
            switch content(of: key) {
            case .schema: return hasVendorKeys(value)
            case .map: return value.members.contains { hasVendorKeys($0.value) }
            case .plain: return false
            }
        }
    }

    // The parser's depth limit bounds the recursion.
    private static func write(_ schema: JSONValue, to writer: inout JSONWriter) {
        if schema.isArray {
            writer.beginArray()
            for element in schema.elements { write(element, to: &writer) }
            return writer.endArray()
        }
        guard schema.isObject else { return writer.raw(schema) }
        writer.beginObject()
        for (key, value) in schema.members where !isVendor(key) {
            writer.key(key)
            switch content(of: key) {
            case .schema: write(value, to: &writer)
            case .map: write(map: value, to: &writer)
            case .plain: writer.raw(value)
            }
        }
        writer.endObject()
    }

    private static func write(map: JSONValue, to writer: inout JSONWriter) {
        guard map.isObject else { return writer.raw(map) }
        writer.beginObject()
        for (name, schema) in map.members {
            writer.key(name)
            write(schema, to: &writer)
        }
        writer.endObject()
    }
}
