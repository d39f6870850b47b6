/// One command: how it is called, what it explains about itself, and what it does.
package struct CommandSpec: Sendable {
    package typealias Action = @Sendable (ParsedArguments, Terminal) async throws -> ExitCode

    /// The words that name it: `["keys", "create"]`.
    package let words: [String]
    /// One line.
    package let summary: String
    /// Further paragraphs of its help.
    package let details: String?
    package let operands: [OperandSpec]
    package let options: [OptionSpec]
    package let action: Action

    package init(
        _ words: String,
        _ summary: String,
        details: String? = nil,
        operands: [OperandSpec] = [],
        options: [OptionSpec] = [],
        action: @escaping Action
    ) {
        self.words = words.split(separator: " ").map(String.init)
        self.summary = summary
        self.details = details
        self.operands = operands
        self.options = options
        self.action = action
    }
}

/// A value that is recognised by its position.
package struct OperandSpec: Sendable {
    package enum Count: Sendable { case one, optional, oneOrMore }

    package let name: String
    package let summary: String
    package let count: Count

    package init(_ name: String, _ summary: String, _ count: Count = .one) {
        self.name = name
        self.summary = summary
        self.count = count
    }

    /// As the usage line shows it.
    var usage: String {
        switch count {
        case .one: "<\(name)>"
        case .optional: "[<\(name)>]"
        case .oneOrMore: "<\(name)>..."
        }
    }
}

/// A value or a switch that is recognised by its name.
package struct OptionSpec: Sendable {
    /// Long name without dashes.
    package let name: String
    /// One letter, without its dash.
    package let short: Character?
    /// The name of its value; a switch has none.
    package let value: String?
    package let summary: String
    package let isRepeatable: Bool

    package init(
        _ name: String,
        short: Character? = nil,
        value: String? = nil,
        _ summary: String,
        isRepeatable: Bool = false
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.summary = summary
        self.isRepeatable = isRepeatable
    }

    /// As the help shows it.
    var usage: String {
        let long = value.map { "--\(name) <\($0)>" } ?? "--\(name)"
        return short.map { "-\($0), \(long)" } ?? "    \(long)"
    }
}

extension OptionSpec {
    /// Every command has these.
    static let common = [
        OptionSpec("data-dir", value: "path", "use this data directory (default: DATA_DIR, else ~/.omniroute)"),
        OptionSpec("help", short: "h", "show this help"),
    ]
    static let json = OptionSpec("json", "print JSON for programs")
}
