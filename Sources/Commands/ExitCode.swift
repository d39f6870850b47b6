/// How a command ends, after sysexits(3) where that has a word for it.
package enum ExitCode: Int32, Sendable, CaseIterable {
    case success = 0
    /// The command was understood and did not succeed: a test that found a fault, an unknown id.
    case failure = 1
    /// The command line is wrong.
    case usage = 2
    /// A service that is needed does not answer: the upstream, or the running server.
    case unavailable = 69
    /// Something is wrong inside the program.
    case software = 70
    /// The data directory cannot be made or written.
    case cannotCreate = 73
    /// Try again later: another instance holds the data directory, or the port is taken.
    case temporary = 75
    /// Not allowed: wrong owner of the data directory, wrong key, refused by the server.
    case permission = 77
    /// The configuration is wrong or unsafe.
    case configuration = 78

    /// What the code means, for the help text.
    package var meaning: String {
        switch self {
        case .success: "success"
        case .failure: "the command did not succeed"
        case .usage: "wrong use of the command line"
        case .unavailable: "the server or an upstream does not answer"
        case .software: "internal error"
        case .cannotCreate: "the data directory cannot be created or written"
        case .temporary: "another instance is running, or the port is taken"
        case .permission: "not permitted, or the wrong storage key"
        case .configuration: "the configuration is wrong or unsafe"
        }
    }
}

/// A failure of a command: one line for people, and the code for scripts.
package struct CommandError: Error, Sendable, Hashable {
    package let code: ExitCode
    /// What is wrong.
    package let message: String
    /// What to do about it.
    package let hint: String?

    package init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}
