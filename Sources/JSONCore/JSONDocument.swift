/// A JSON text that was checked completely and never changes.
///
/// The original bytes stay as they are: key order, duplicate keys, number spelling and blanks survive, and every value
/// knows its byte range. Parsing converts nothing; values are read when they are asked for.
///
///     let body = try JSONDocument.parse(bytes)
///     let model = body.root["model"]?.string
public final class JSONDocument: Sendable {
    /// The text as it came.
    public let bytes: [UInt8]

    let tape: JSONTape

    /// A bit for each key of the outermost object: most keys that are looked for there are absent.
    let rootKeys: UInt64

    private init(bytes: [UInt8], tape: consuming JSONTape) {
        rootKeys = SimdJSON.rootKeys(of: tape, bytes)
        self.bytes = bytes
        self.tape = tape
    }

    /// Parses a text; a leading byte order mark is tolerated.
    ///
    /// The array is kept, not copied, and needs no spare capacity.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONDocument {
        JSONDocument(bytes: bytes, tape: try SimdJSON.parse(bytes, limits: limits))
    }

    /// Parses a text held in a string.
    public static func parse(text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONDocument {
        try parse([UInt8](text.utf8), limits: limits)
    }

    /// Parses a text and, only if it is not UTF-8, tries again with each bad sequence replaced by U+FFFD.
    ///
    /// Meant for what providers send; offsets and `bytes` then are those of the mended text.
    public static func parse(mending bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONDocument {
        do {
            return try parse(bytes, limits: limits)
        } catch {
            guard error.code == .encoding else { throw error }
            return try parse(text: String(decoding: bytes, as: UTF8.self), limits: limits)
        }
    }

    /// The outermost value.
    public var root: JSONValue {
        JSONValue(document: self, index: 0)
    }

    /// The document `{}`.
    public static let emptyObject = constant("{}")

    /// The document `[]`.
    public static let emptyArray = constant("[]")

    /// The document `null`.
    public static let null = constant("null")

    private static func constant(_ text: String) -> JSONDocument {
        do {
            return try parse(text: text)
        } catch {
            preconditionFailure("'\(text)' is valid JSON")
        }
    }
}
