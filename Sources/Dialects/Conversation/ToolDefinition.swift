import JSONCore

/// A tool that the client runs.
struct ToolDefinition {
    enum Kind {
        case function
        /// Takes free text; the value is the client's description of its grammar.
        case custom(format: JSONValue?)
        /// Tools that a Responses client runs and whose form is known to the provider.
        case localShell, shell, applyPatch
    }

    var name: String
    var description: JSONText?
    /// The JSON schema of the arguments; `nil` means none.
    var schema: JSONValue?
    var kind = Kind.function
    /// The group of tools that a Responses client declared it in.
    var namespace: String?
    var strict: Bool?
    var cache: CacheMark?

    /// Stands in for a definition that the client no longer sends although its history has calls.
    static func synthesised(_ name: String) -> ToolDefinition { ToolDefinition(name: name) }
}

/// A tool that the provider runs itself.
struct ServerTool {
    enum Kind {
        case webSearch(WebSearch)
        /// Known only by its type.
        case other(String)

        var type: String {
            switch self {
            case .webSearch: "web_search"
            case .other(let type): type
            }
        }
    }

    struct WebSearch {
        var contextSize: JSONText?
        /// `{city, country, region, timezone}`.
        var location: JSONValue?
        var allowedDomains: JSONValue?
    }

    /// What a tool that has no name of its own is called: a search by its one name, whatever its version.
    static func name(ofType type: String) -> String { type.hasPrefix("web_search") ? "web_search" : type }

    var kind: Kind
    var raw: JSONValue?
    var origin: Dialect
    var name: String?
}

/// Which tools the model may or must call.
enum ToolChoice: Equatable {
    case auto, none, required
    case named(String)
    /// Only some of the tools; `mustCall` when at least one call is demanded.
    case allowed(mustCall: Bool, names: [String])

    /// The tools that it speaks of.
    var names: [String] {
        switch self {
        case .named(let name): [name]
        case .allowed(_, let names): names
        case .auto, .none, .required: []
        }
    }

    var isForced: Bool {
        switch self {
        case .required, .named, .allowed(mustCall: true, _): true
        case .auto, .none, .allowed: false
        }
    }
}
