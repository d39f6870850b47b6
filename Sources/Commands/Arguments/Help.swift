/// Writes the help texts from the command table.
package enum Help {
    /// The overview: `omniroute --help`.
    package static func overview(_ commands: [CommandSpec], version: String) -> String {
        var lines = [
            "omniroute \(version) - one address for all language models",
            "",
            "Usage: omniroute <command> [options]",
            "",
            "Commands:",
        ]
        lines += table(commands.map { ($0.words.joined(separator: " "), $0.summary) })
        lines += ["", "'omniroute <command> --help' explains a command.", ""]
        lines += exitCodes
        return lines.joined(separator: "\n") + "\n"
    }

    /// The commands that begin with the same words: `omniroute keys --help`.
    package static func group(_ words: [String], _ commands: [CommandSpec]) -> String {
        var lines = ["Usage: omniroute \(words.joined(separator: " ")) <command> [options]", "", "Commands:"]
        lines += table(commands.map { ($0.words.joined(separator: " "), $0.summary) })
        return lines.joined(separator: "\n") + "\n"
    }

    /// One command.
    package static func command(_ command: CommandSpec) -> String {
        let usage = ["omniroute"] + command.words + command.operands.map(\.usage) + ["[options]"]
        var lines = [command.summary, "", "Usage: \(usage.joined(separator: " "))"]
        if let details = command.details { lines += ["", details] }
        if !command.operands.isEmpty {
            lines += ["", "Arguments:"] + table(command.operands.map { ("<\($0.name)>", $0.summary) })
        }
        lines += ["", "Options:"] + table((command.options + OptionSpec.common).map { ($0.usage, $0.summary) })
        return lines.joined(separator: "\n") + "\n"
    }

    private static var exitCodes: [String] {
        ["Exit codes:"] + table(ExitCode.allCases.map { (String($0.rawValue), $0.meaning) })
    }

    /// Two columns; a long left side puts its text on the next line.
    private static func table(_ rows: [(String, String)]) -> [String] {
        let width = min(32, rows.map(\.0.count).max() ?? 0)
        return rows.flatMap { left, right -> [String] in
            let blanks = String(repeating: " ", count: max(0, width - left.count))
            if left.count <= width { return ["  \(left)\(blanks)  \(right)"] }
            return ["  \(left)", "  " + String(repeating: " ", count: width) + "  \(right)"]
        }
    }
}
