package import JSONCore
import Synchronization

/// The tools that a client declared, by name; their schemas are read when a call needs them.
///
/// An agent sends the same tools with every turn and its streams stay open for long: those of one agent share one object.
package final class ToolDeclarations: Sendable {
    /// What is known of a tool by its name.
    enum Entry: Sendable {
        /// Arguments are free text.
        case freeText
        case function(ToolSchema)
    }

    /// The `tools` of a request as the client wrote them.
    private let source: [UInt8]
    private let entries = Mutex<Table?>(nil)

    private struct Table {
        var entries: [String: Entry] = [:]
        /// Names by their spelling in lower case; nil for one that several tools share.
        var likeNames: [String: String?] = [:]

        mutating func add(_ name: String, _ entry: Entry) {
            guard entries.updateValue(entry, forKey: name) == nil else { return }
            let folded = name.asciiLowercased()
            likeNames[folded] = .some(likeNames[folded] == nil ? name : nil)
        }
    }

    private init(_ source: [UInt8]) {
        self.source = source
    }

    /// The entry of a tool; nil when it was not declared.
    func entry(_ name: String) -> Entry? { table.entries[name] }

    /// The only tool whose name differs from `name` in nothing but case.
    func name(like name: String) -> String? {
        table.likeNames[name.asciiLowercased()] ?? nil
    }

    private var table: Table {
        entries.withLock { entries in
            if let known = entries { return known }
            let read = (try? JSONDocument.parse(source)).map { Self.read($0.root) } ?? Table()
            entries = read
            return read
        }
    }

    // MARK: - Reading

    /// Reads the declarations of every dialect: they differ in where the name and the schema stand.
    private static func read(_ tools: JSONValue) -> Table {
        var table = Table()
        var room = schemaRoom
        for tool in tools.elements {
            if let group = tool["functionDeclarations"] ?? tool["function_declarations"] ?? tool["tools"] {
                for member in group.elements { add(member, to: &table, room: &room) }
            } else {
                add(tool["function"] ?? tool["custom"] ?? tool, isCustom: isCustom(tool), to: &table, room: &room)
            }
        }
        return table
    }

    private static func isCustom(_ tool: JSONValue) -> Bool {
        tool["custom"] != nil || tool["type"]?.equals("custom") == true && tool["input_schema"] == nil
    }

    private static func add(
        _ tool: JSONValue,
        isCustom: Bool = false,
        to table: inout Table,
        room: inout Int
    ) {
        guard let name = tool["name"]?.string, table.entries[name] == nil else { return }
        let schema =
            tool.present("parameters") ?? tool.present("input_schema") ?? tool.present("parametersJsonSchema")
            ?? tool.present("parameters_json_schema")
        if isCustom {
            table.add(name, .freeText)
        } else if let schema {
            var reader = ToolSchemaReader(schema, room: room)
            table.add(name, .function(reader.read()))
            room = reader.room
        } else {
            table.add(name, .function(.anything))
        }
    }

    // MARK: - Sharing

    private static let shared = Mutex<[ToolDeclarations]>([])
    private static let sharedLimit = 32
    /// Larger declarations live as long as their request only.
    private static let sharedSize = 1 << 20
    /// What is read of all schemas of a request together.
    private static let schemaRoom = 40_000

    /// The declarations in a request; nil when it has none.
    package static func of(_ request: JSONDocument) -> ToolDeclarations? {
        guard let tools = request.root.present("tools"), tools.isArray, tools.count > 0 else { return nil }
        let bytes = tools.raw
        if let known = shared.withLock({ known in known.first { bytes.isSame(as: $0.source[...]) } }) { return known }
        let made = ToolDeclarations(Array(bytes))
        guard bytes.count <= sharedSize else { return made }
        shared.withLock { known in
            if known.count >= sharedLimit { known.removeFirst() }
            known.append(made)
        }
        return made
    }
}
