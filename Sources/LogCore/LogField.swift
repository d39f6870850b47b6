/// A named value of a log line.
public struct LogField: Sendable {
    enum Value: Sendable {
        case string(String)
        case int(Int)
        case double(Double)
        case bool(Bool)
    }

    let name: StaticString
    let value: Value

    /// Text; the caller vouches that it holds no secret and no prompt.
    public static func string(_ name: StaticString, _ value: String) -> LogField {
        LogField(name: name, value: .string(value))
    }

    /// A whole number.
    public static func int(_ name: StaticString, _ value: Int) -> LogField {
        LogField(name: name, value: .int(value))
    }

    /// A number with a fraction.
    public static func double(_ name: StaticString, _ value: Double) -> LogField {
        LogField(name: name, value: .double(value))
    }

    /// Yes or no.
    public static func bool(_ name: StaticString, _ value: Bool) -> LogField {
        LogField(name: name, value: .bool(value))
    }
}
