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
    let words: Set<[UInt8]>?
    /// How many members must be there.
    let requiredCount: Int
    private let places: [[UInt8]: Int]
    /// Places by names in lower case; nil for one that several properties share.
    private let likePlaces: [[UInt8]: Int?]

    init(
        types: Types,
        properties: [Property] = [],
        isOpen: Bool = true,
        items: ToolSchema? = nil,
        words: Set<[UInt8]>? = nil
    ) {
        (self.types, self.properties, self.isOpen, self.items, self.words) = (types, properties, isOpen, items, words)
        requiredCount = Set(properties.filter(\.isRequired).map(\.name)).count
        places = Dictionary(properties.enumerated().map { ($1.name, $0) }) { first, _ in first }
        likePlaces = Dictionary(properties.enumerated().map { ($1.name.asciiLowercased(), .some($0)) }) { _, _ in nil }
    }

    /// Where a member of this name is among the properties.
    func place(of name: [UInt8]) -> Int? { places[name] }

    /// The only property whose name differs from `name` in nothing but case.
    func place(like name: [UInt8]) -> Int? { likePlaces[name.asciiLowercased()] ?? nil }
}

extension [UInt8] {
    /// The same with ASCII letters in lower case.
    func asciiLowercased() -> [UInt8] { map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
}

extension String {
    /// The same with ASCII letters in lower case.
    func asciiLowercased() -> String { String(decoding: Array(utf8).asciiLowercased(), as: UTF8.self) }
}

/// Reads JSON schemas into what arguments are compared with.
struct ToolSchemaReader {
    /// Deeper schemas allow everything; references that lead in a circle end here too.
    private static let depthLimit = 24
    /// So that a small schema of references cannot unfold into a large one.
    private static let schemaLimit = 4_000
    /// Looking one up goes through all members beside it.
    private static let referenceLimit = 500
    private static let longestReference = 512

    /// How much may be read beside this schema: its parts and words were taken off.
    private(set) var room: Int
    private let root: JSONValue
    private let end: Int
    private var references = 0

    /// - Parameters:
    ///   - root: The schema of a tool's arguments, to which its references are relative.
    ///   - room: How many parts and words may be read; what is behind them allows everything.
    init(_ root: JSONValue, room: Int = schemaLimit) {
        self.root = root
        self.room = room
        end = max(0, room - Self.schemaLimit)
    }

    mutating func read() -> ToolSchema { read(root, depth: 0) }

    private mutating func read(_ json: JSONValue, depth: Int) -> ToolSchema {
        guard json.isObject, depth < Self.depthLimit, room > end else { return .anything }
        room -= 1
        if let reference = json["$ref"] {
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

    private mutating func target(of json: JSONValue) -> JSONValue? {
        references += 1
        guard references <= Self.referenceLimit, json.raw.count <= Self.longestReference,
            let reference = json.string, reference.hasPrefix("#")
        else { return nil }
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

    private mutating func words(of json: JSONValue) -> Set<[UInt8]>? {
        guard let values = json["enum"], values.isArray, values.count > 0 else { return nil }
        room -= values.count
        guard room > end else { return nil }
        var words: Set<[UInt8]> = []
        for value in values.elements {
            guard let text = value.string else { return nil }
            words.insert(Array(text.utf8))
        }
        return words
    }
}
