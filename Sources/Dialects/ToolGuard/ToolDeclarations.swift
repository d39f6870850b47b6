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
    private let entries = Mutex<[String: Entry]?>(nil)

    private init(_ source: [UInt8]) {
        self.source = source
    }

    /// The entry of a tool; nil when it was not declared.
    func entry(_ name: String) -> Entry? { table[name] }

    /// The only tool whose name differs from `name` in nothing but case.
    func name(like name: String) -> String? {
        let wanted = Array(name.utf8)
        let matches = table.keys.filter { Array($0.utf8).equalsIgnoringCase(wanted) }
        return matches.count == 1 ? matches.first : nil
    }

    private var table: [String: Entry] {
        entries.withLock { entries in
            if let known = entries { return known }
            let read = (try? JSONDocument.parse(source)).map { Self.read($0.root) } ?? [:]
            entries = read
            return read
        }
    }

    // MARK: - Reading

    /// Reads the declarations of every dialect: they differ in where the name and the schema stand.
    private static func read(_ tools: JSONValue) -> [String: Entry] {
        var table: [String: Entry] = [:]
        for tool in tools.elements {
            if let group = tool["functionDeclarations"] ?? tool["function_declarations"] ?? tool["tools"] {
                for member in group.elements { add(member, to: &table) }
            } else {
                add(tool["function"] ?? tool["custom"] ?? tool, isCustom: isCustom(tool), to: &table)
            }
        }
        return table
    }

    private static func isCustom(_ tool: JSONValue) -> Bool {
        tool["custom"] != nil || tool["type"]?.equals("custom") == true && tool["input_schema"] == nil
    }

    private static func add(_ tool: JSONValue, isCustom: Bool = false, to table: inout [String: Entry]) {
        guard let name = tool["name"]?.string, table[name] == nil else { return }
        let schema =
            tool.present("parameters") ?? tool.present("input_schema") ?? tool.present("parametersJsonSchema")
            ?? tool.present("parameters_json_schema")
        if isCustom {
            table[name] = .freeText
        } else if let schema {
            var reader = ToolSchemaReader(schema)
            table[name] = .function(reader.read())
        } else {
            table[name] = .function(.anything)
        }
    }

    // MARK: - Sharing

    private static let shared = Mutex<[ToolDeclarations]>([])
    private static let sharedLimit = 32

    /// The declarations in a request; nil when it has none.
    package static func of(_ request: JSONDocument) -> ToolDeclarations? {
        guard let tools = request.root.present("tools"), tools.isArray, tools.count > 0 else { return nil }
        let bytes = tools.raw
        if let known = shared.withLock({ known in known.first { bytes.isSame(as: $0.source[...]) } }) { return known }
        let made = ToolDeclarations(Array(bytes))
        shared.withLock { known in
            if known.count >= sharedLimit { known.removeFirst() }
            known.append(made)
        }
        return made
    }
}
