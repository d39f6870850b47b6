private import Glibc

/// The terminal, or what stands in for it in tests.
package struct Terminal: Sendable {
    /// Prints to standard output.
    package let print: @Sendable (String) -> Void
    /// Prints to standard error.
    package let complain: @Sendable (String) -> Void
    /// Reads a line from standard input; `nil` at its end.
    package let readLine: @Sendable () -> String?
    /// Whether a person sits at both ends.
    package let isInteractive: Bool
    /// The environment of the process.
    package let environment: [String: String]

    package init(
        print: @escaping @Sendable (String) -> Void,
        complain: @escaping @Sendable (String) -> Void,
        readLine: @escaping @Sendable () -> String?,
        isInteractive: Bool,
        environment: [String: String]
    ) {
        self.print = print
        self.complain = complain
        self.readLine = readLine
        self.isInteractive = isInteractive
        self.environment = environment
    }

    /// The terminal of this process.
    package static func system(environment: [String: String]) -> Terminal {
        Terminal(
            print: { write($0, to: STDOUT_FILENO) },
            complain: { write($0, to: STDERR_FILENO) },
            readLine: { Swift.readLine(strippingNewline: true) },
            isInteractive: isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1,
            environment: environment
        )
    }

    /// Asks a yes-or-no question; silence is the answer `no`.
    package func confirms(_ question: String) -> Bool {
        guard isInteractive else { return false }
        print("\(question) [y/N] ")
        guard let answer = readLine()?.lowercased() else { return false }
        return answer == "y" || answer == "yes"
    }

    /// Reads a secret without showing it.
    package func readSecret(_ prompt: String) -> String? {
        guard isInteractive else { return readLine() }
        complain(prompt)
        var settings = termios()
        let isTerminal = tcgetattr(STDIN_FILENO, &settings) == 0
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        if isTerminal { tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) }
        defer {
            if isTerminal { tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
            complain("\n")
        }
        return readLine()
    }
}

/// The environment of this process.
package func processEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var pointer = environ
    while let entry = pointer.pointee {
        let text = String(cString: entry)
        if let mark = text.firstIndex(of: "=") {
            variables[String(text[..<mark])] = String(text[text.index(after: mark)...])
        }
        pointer += 1
    }
    return variables
}

/// Writes everything, however often the system wants to be asked.
private func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return }
        rest = rest.dropFirst(count)
    }
}
