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
        // By length first: most keys are compared with one or two words only.
        self = Self.words(ofLength: key.utf8Count).first { key.equals($0.word) }?.keyword ?? .other
    }

    private typealias Entry = (word: StaticString, keyword: SchemaKeyword)

    private static func words(ofLength length: Int) -> [Entry] {
        table.indices.contains(length) ? table[length] : []
    }

    private static let table: [[Entry]] = {
        var table: [[Entry]] = Array(repeating: [], count: 24)
        for entry in entries { table[entry.word.utf8CodeUnitCount].append(entry) }
        return table
    }()

    private static let entries: [Entry] = [
        ("type", .type), ("description", .description), ("properties", .properties), ("required", .required),
        ("items", .items), ("enum", .enumeration), ("pattern", .pattern), ("$ref", .reference),
        ("$schema", .identity), ("$id", .identity), ("$defs", .schemaMap), ("definitions", .schemaMap),
        ("patternProperties", .schemaMap), ("dependentSchemas", .schemaMap), ("anyOf", .anyOf), ("oneOf", .oneOf),
        ("allOf", .allOf), ("not", .schema), ("if", .schema), ("then", .schema), ("else", .schema),
        ("contains", .schema), ("propertyNames", .schema), ("additionalProperties", .additionalProperties),
        ("minimum", .numericLimit), ("maximum", .numericLimit), ("exclusiveMinimum", .numericLimit),
        ("exclusiveMaximum", .numericLimit), ("multipleOf", .numericLimit), ("minLength", .lengthLimit),
        ("maxLength", .lengthLimit), ("minItems", .lengthLimit), ("maxItems", .lengthLimit),
        ("uniqueItems", .lengthLimit), ("cache_control", .stray), ("defer_loading", .stray),
    ]
}
