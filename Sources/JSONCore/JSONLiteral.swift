/// Scalars as JSON text, for edits and templates.
public enum JSONLiteral {
    /// A string with its quotes.
    public static func string(_ string: String) -> [UInt8] {
        quoted(JSONText(string))
    }

    /// A text with quotes; escaped text keeps its spelling.
    public static func quoted(_ text: JSONText) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8Count + 2)
        bytes.append(UInt8(ascii: "\""))
        text.appendEscaped(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }

    /// A whole number.
    public static func int(_ value: Int) -> [UInt8] {
        [UInt8](String(value).utf8)
    }

    /// A number in its shortest spelling; `null` if it is not finite.
    public static func double(_ value: Double) -> [UInt8] {
        [UInt8]((value.isFinite ? value.description : "null").utf8)
    }

    /// `true` or `false`.
    public static func bool(_ value: Bool) -> [UInt8] {
        [UInt8]((value ? "true" : "false").utf8)
    }

    /// `null`.
    public static let null: [UInt8] = [UInt8]("null".utf8)
}
