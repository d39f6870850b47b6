import JSONCore

/// The keywords of JSON Schema that matter when schemas are cleaned.
enum SchemaKeyword {
    case type, properties, required, items, enumeration, pattern, reference
    /// `$schema` and `$id`, which name a schema and say nothing about values.
    case identity
    /// Values are schemas by name: `$defs`, `definitions`, `patternProperties`, `dependentSchemas`.
    case schemaMap
    /// The value is a list of schemas.
    case anyOf, oneOf, allOf
    /// The value is a schema (or true or false).
    case schema
    case additionalProperties
    case description
    /// Constraints that Anthropic's strict mode does not know.
    case numericLimit, lengthLimit
    /// Marks of tools that strayed into their schema.
    case stray
    /// Everything else, copied as it is.
    case other

    init(_ key: JSONText) {
        // By length first: most keys are compared with one or two words only, and there are thousands of them.
        self = Self.keyword(key, length: key.utf8Count)
    }

    private static func keyword(_ key: JSONText, length: Int) -> SchemaKeyword {
        switch length {
        case 2: key.equals("if") ? .schema : .other
        case 3: key.equals("$id") ? .identity : key.equals("not") ? .schema : .other
        case 4: ofFour(key)
        case 5: ofFive(key)
        case 7: ofSeven(key)
        case 8: ofEight(key)
        case 9: key.equals("minLength") || key.equals("maxLength") ? .lengthLimit : .other
        case 10: key.equals("properties") ? .properties : key.equals("multipleOf") ? .numericLimit : .other
        case 11: ofEleven(key)
        case 13...: ofMore(key)
        default: .other
        }
    }

    private static func ofFour(_ key: JSONText) -> SchemaKeyword {
        if key.equals("type") { return .type }
        if key.equals("enum") { return .enumeration }
        if key.equals("$ref") { return .reference }
        return key.equals("then") || key.equals("else") ? .schema : .other
    }

    private static func ofFive(_ key: JSONText) -> SchemaKeyword {
        if key.equals("items") { return .items }
        if key.equals("anyOf") { return .anyOf }
        if key.equals("oneOf") { return .oneOf }
        if key.equals("allOf") { return .allOf }
        return key.equals("$defs") ? .schemaMap : .other
    }

    private static func ofSeven(_ key: JSONText) -> SchemaKeyword {
        if key.equals("pattern") { return .pattern }
        if key.equals("$schema") { return .identity }
        return key.equals("minimum") || key.equals("maximum") ? .numericLimit : .other
    }

    private static func ofEight(_ key: JSONText) -> SchemaKeyword {
        if key.equals("required") { return .required }
        if key.equals("contains") { return .schema }
        return key.equals("minItems") || key.equals("maxItems") ? .lengthLimit : .other
    }

    private static func ofEleven(_ key: JSONText) -> SchemaKeyword {
        if key.equals("description") { return .description }
        if key.equals("definitions") { return .schemaMap }
        return key.equals("uniqueItems") ? .lengthLimit : .other
    }

    private static func ofMore(_ key: JSONText) -> SchemaKeyword {
        if key.equals("additionalProperties") { return .additionalProperties }
        return rare.first { key.equals($0.word) }?.keyword ?? .other
    }

    private static let rare: [(word: StaticString, keyword: SchemaKeyword)] = [
        ("patternProperties", .schemaMap), ("dependentSchemas", .schemaMap), ("propertyNames", .schema),
        ("exclusiveMinimum", .numericLimit), ("exclusiveMaximum", .numericLimit), ("cache_control", .stray),
        ("defer_loading", .stray),
    ]
}
