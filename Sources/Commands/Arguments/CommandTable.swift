/// Finds the command that a command line names, and runs it.
package struct CommandTable: Sendable {
    package let commands: [CommandSpec]
    package let version: String

    package init(_ commands: [CommandSpec], version: String) {
        self.commands = commands
        self.version = version
    }

    /// What a command line turns out to be.
    package enum Request: Sendable {
        case help(String)
        case run(CommandSpec, ParsedArguments)
    }

    /// Reads the words after the program's name.
    package func request(_ words: [String]) throws(CommandError) -> Request {
        switch words.first {
        case nil, "help", "--help", "-h": return .help(Help.overview(commands, version: version))
        case "--version", "-V": return try request(["version"] + words.dropFirst())
        default: break
        }
        if let command = longestMatch(words) {
            let arguments = try ParsedArguments(words.dropFirst(command.words.count), for: command)
            return arguments.has("help") ? .help(Help.command(command)) : .run(command, arguments)
        }
        let group = commands.filter { $0.words.first == words.first }
        guard let first = words.first, !group.isEmpty else {
            throw CommandError(.usage, "Unknown command '\(words[0])'", hint: "See 'omniroute --help'.")
        }
        if words.count == 2, ["--help", "-h", "help"].contains(words[1]) { return .help(Help.group([first], group)) }
        throw CommandError(
            .usage,
            "Unknown command '\(words.prefix(2).joined(separator: " "))'",
            hint: "See 'omniroute \(first) --help'."
        )
    }

    /// Runs a command line; every failure becomes a message and a code here and nowhere else.
    package func run(_ words: [String], terminal: Terminal) async -> ExitCode {
        do {
            switch try request(words) {
            case .help(let text):
                terminal.print(text)
                return .success
            case .run(let command, let arguments):
                return try await command.action(arguments, terminal)
            }
        } catch {
            let failure = CommandError(explaining: error)
            terminal.complain("omniroute: \(failure.message)\n")
            if let hint = failure.hint { terminal.complain("\(hint)\n") }
            return failure.code
        }
    }

    private func longestMatch(_ words: [String]) -> CommandSpec? {
        commands.filter { words.starts(with: $0.words) }.max { $0.words.count < $1.words.count }
    }
}
