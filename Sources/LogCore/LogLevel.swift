/// How much a log line matters.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    /// Every step.
    case trace
    /// What a developer wants to know.
    case debug
    /// What an operator wants to know.
    case info
    /// Something went wrong and was dealt with.
    case warn
    /// Something went wrong.
    case error
    /// The program cannot go on.
    case fatal

    /// Reads a level's name in any case, also `warning`.
    public init?(name: some StringProtocol) {
        switch name.lowercased() {
        case "trace": self = .trace
        case "debug": self = .debug
        case "info": self = .info
        case "warn", "warning": self = .warn
        case "error": self = .error
        case "fatal": self = .fatal
        default: return nil
        }
    }

    /// The name in lower case.
    public var name: String { "\(self)" }

    /// Orders by weight.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
