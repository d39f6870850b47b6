import JSONCore

/// What a tool's JSON schema says about one value, as far as arguments are compared with it.
///
/// Read leniently: what is not understood allows everything, so that nothing is ever called wrong on a guess.
/// Source: JSON Schema 2020-12, validation vocabulary.
final class ToolSchema: Sendable {
    struct Types: OptionSet, Sendable {
        let rawValue: UInt8
        static let object = Types(rawValue: 1)
        static let array = Types(rawValue: 2)
        static let string = Types(rawValue: 4)
        static let number = Types(rawValue: 8)
        static let integer = Types(rawValue: 16)
        static let boolean = Types(rawValue: 32)
        static let null = Types(rawValue: 64)
        static let any = Types(rawValue: 127)
    }

    struct Property: Sendable {
        /// As plain UTF-8.
        let name: [UInt8]
        let isRequired: Bool
        let schema: ToolSchema
    }

    static let anything = ToolSchema(types: .any)

    let types: Types
    let properties: [Property]
    /// Whether members other than `properties` are allowed.
    let isOpen: Bool
    let items: ToolSchema?
    /// The strings that are allowed; nil for all.
    let words: [[UInt8]]?

    init(
        types: Types,
        properties: [Property] = [],
        isOpen: Bool = true,
        items: ToolSchema? = nil,
        words: [[UInt8]]? = nil
    ) {
        (self.types, self.properties, self.isOpen, self.items, self.words) = (types, properties, isOpen, items, words)
    }

    /// Where a member of this name is among the properties.
    func place(of name: [UInt8]) -> Int? { properties.firstIndex { $0.name == name } }

    /// The only property whose name differs from `name` in nothing but case.
    func place(like name: [UInt8]) -> Int? {
        let matches = properties.indices.filter { properties[$0].name.equalsIgnoringCase(name) }
        return matches.count == 1 ? matches.first : nil
    }
}

extension [UInt8] {
    /// Whether both are the same but for the case of ASCII letters.
    func equalsIgnoringCase(_ other: [UInt8]) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
        return count == other.count && zip(self, other).allSatisfy { lower($0) == lower($1) }
    }
}

/// Reads JSON schemas into what arguments are compared with.
struct ToolSchemaReader {
    /// Deeper schemas allow everything; references that lead in a circle end here too.
    private static let depthLimit = 24
    /// So that a small schema of references cannot unfold into a large one.
    private static let nodeLimit = 4_000

    private let root: JSONValue
    private var nodeCount = 0

    /// - Parameter root: The schema of a tool's arguments, to which its references are relative.
    init(_ root: JSONValue) {
        self.root = root
    }

    mutating func read() -> ToolSchema { read(root, depth: 0) }

    private mutating func read(_ json: JSONValue, depth: Int) -> ToolSchema {
        nodeCount += 1
        guard json.isObject, depth < Self.depthLimit, nodeCount < Self.nodeLimit else { return .anything }
        if let reference = json["$ref"]?.string {
            guard let target = target(of: reference) else { return .anything }
            return read(target, depth: depth + 1)
        }
        // Several schemas at once: what they allow together is not worked out here.
        let isComposed = json["anyOf"] ?? json["oneOf"] ?? json["allOf"] ?? json["if"] ?? json["not"]
        if isComposed != nil { return .anything }
        return ToolSchema(
            types: types(of: json),
            properties: properties(of: json, depth: depth),
            isOpen: json["additionalProperties"]?.bool ?? true || json["patternProperties"] != nil,
            items: json["items"].map { read($0, depth: depth + 1) },
            words: words(of: json)
        )
    }

    private func target(of reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        var value = root
        for segment in reference.dropFirst().split(separator: "/") {
            guard let next = value.member(String(segment)) else { return nil }
            value = next
        }
        return value
    }

    private mutating func properties(of json: JSONValue, depth: Int) -> [ToolSchema.Property] {
        guard let properties = json["properties"], properties.isObject else { return [] }
        let required = Set(json["required"]?.elements.compactMap(\.string) ?? [])
        var read: [ToolSchema.Property] = []
        for (key, value) in properties.members {
            let name = key.string
            let schema = self.read(value, depth: depth + 1)
            read.append(.init(name: Array(name.utf8), isRequired: required.contains(name), schema: schema))
        }
        return read
    }

    private func types(of json: JSONValue) -> ToolSchema.Types {
        var types: ToolSchema.Types
        if let name = json["type"]?.string {
            types = Self.type(name)
        } else if let names = json["type"], names.isArray {
            types = ToolSchema.Types(names.elements.map { Self.type($0.string ?? "") })
        } else if json["properties"] != nil {
            // Without a type nothing is said about other kinds of values, but no model means that.
            types = .object
        } else {
            return .any
        }
        if json["nullable"]?.bool == true { types.insert(.null) }
        return types
    }

    private static func type(_ name: String) -> ToolSchema.Types {
        switch name.lowercased() {
        case "object": .object
        case "array": .array
        case "string": .string
        case "number": [.number, .integer]
        case "integer": .integer
        case "boolean": .boolean
        case "null": .null
        default: .any
        }
    }

    private func words(of json: JSONValue) -> [[UInt8]]? {
        guard let values = json["enum"], values.isArray, values.count > 0 else { return nil }
        var words: [[UInt8]] = []
        for value in values.elements {
            guard let text = value.string else { return nil }
            words.append(Array(text.utf8))
        }
        return words
    }
}
