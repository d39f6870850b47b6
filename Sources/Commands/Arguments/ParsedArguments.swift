/// What a command line asks for.
package struct ParsedArguments: Sendable {
    private var values: [String: [String]] = [:]
    private var operands: [String: [String]] = [:]

    /// Whether a switch or option was given.
    package func has(_ option: String) -> Bool { values[option] != nil }

    /// The value of an option; the last one if it was given several times.
    package func value(_ option: String) -> String? { values[option]?.last }

    /// All values of a repeatable option.
    package func all(_ option: String) -> [String] { values[option] ?? [] }

    /// The value of an operand.
    package func operand(_ name: String) -> String? { operands[name]?.first }

    /// All values of a repeated operand.
    package func operandList(_ name: String) -> [String] { operands[name] ?? [] }

    /// The value of an option that must be a number within `range`.
    package func number(_ option: String, in range: ClosedRange<Int>) throws(CommandError) -> Int? {
        guard let text = value(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw CommandError(
                .usage,
                "--\(option) expects a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"
            )
        }
        return number
    }

    /// Reads the words that follow a command's name.
    package init(_ words: some Sequence<String>, for command: CommandSpec) throws(CommandError) {
        var reader = Reader(words: Array(words), options: command.options + OptionSpec.common)
        try reader.read()
        values = reader.values
        // `--help` is answered whatever else is missing.
        if !has("help") { operands = try ParsedArguments.assign(reader.operands, to: command.operands) }
    }

    private static func assign(
        _ words: [String],
        to specs: [OperandSpec]
    ) throws(CommandError) -> [String: [String]] {
        var rest = words[...]
        var assigned: [String: [String]] = [:]
        for spec in specs {
            switch spec.count {
            case .one:
                guard let word = rest.popFirst() else { throw CommandError(.usage, "Missing <\(spec.name)>") }
                assigned[spec.name] = [word]
            case .optional:
                if let word = rest.popFirst() { assigned[spec.name] = [word] }
            case .oneOrMore:
                guard !rest.isEmpty else { throw CommandError(.usage, "Missing <\(spec.name)>") }
                assigned[spec.name] = Array(rest)
                rest = []
            }
        }
        if let extra = rest.first { throw CommandError(.usage, "Unexpected argument '\(extra)'") }
        return assigned
    }
}

/// Sorts words into options and operands.
private struct Reader {
    let words: [String]
    let options: [OptionSpec]
    var values: [String: [String]] = [:]
    var operands: [String] = []
    private var position = 0

    init(words: [String], options: [OptionSpec]) {
        self.words = words
        self.options = options
    }

    mutating func read() throws(CommandError) {
        while position < words.count {
            let word = words[position]
            position += 1
            if word == "--" {
                operands += words[position...]
                return
            } else if word.hasPrefix("--") {
                try readLong(word.dropFirst(2))
            } else if word.hasPrefix("-"), word.count > 1 {
                try readShort(word.dropFirst())
            } else {
                operands.append(word)
            }
        }
    }

    private mutating func readLong(_ word: Substring) throws(CommandError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = options.first(where: { $0.name == name }) else {
            throw CommandError(.usage, "Unknown option '--\(name)'", hint: suggestion(for: name))
        }
        try take(option, attached: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// `-p 1`, `-p1`, and several switches behind one dash.
    private mutating func readShort(_ word: Substring) throws(CommandError) {
        var rest = word
        while let letter = rest.popFirst() {
            guard let option = options.first(where: { $0.short == letter }) else {
                throw CommandError(.usage, "Unknown option '-\(letter)'")
            }
            if option.value != nil {
                try take(option, attached: rest.isEmpty ? nil : String(rest))
                return
            }
            try take(option, attached: nil)
        }
    }

    private mutating func take(_ option: OptionSpec, attached: String?) throws(CommandError) {
        guard option.value != nil else {
            if attached != nil { throw CommandError(.usage, "--\(option.name) takes no value") }
            values[option.name] = []
            return
        }
        let value: String
        if let attached {
            value = attached
        } else {
            guard position < words.count else { throw CommandError(.usage, "--\(option.name) expects a value") }
            value = words[position]
            position += 1
        }
        if values[option.name] != nil, !option.isRepeatable {
            throw CommandError(.usage, "--\(option.name) is given twice")
        }
        values[option.name, default: []].append(value)
    }

    private func suggestion(for name: String) -> String? {
        let close = options.map(\.name).filter { $0.hasPrefix(name) || name.hasPrefix($0) }
        return close.first.map { "Did you mean --\($0)?" }
    }
}
