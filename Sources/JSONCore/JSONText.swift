/// The text of a JSON string, wherever it comes from: still escaped in a document, escaped in bytes of its own, or a
/// `String`.
///
/// Text that only travels from one document into another is copied as it is spelled, without being decoded.
public struct JSONText: Sendable {
    private enum Storage {
        case owned(String)
        case slice(JSONValue)
        case raw([UInt8])
    }

    private let storage: Storage

    /// Wraps a string.
    public init(_ string: String) {
        storage = .owned(string)
    }

    /// Wraps string content that is escaped already, without quotes.
    ///
    /// The bytes must come from valid JSON strings; joining parts of several is fine.
    public init(rawEscaped bytes: [UInt8]) {
        storage = .raw(bytes)
    }

    /// Wraps bytes as they would stand between the quotes of a JSON string; `nil` if they could not.
    public init?(content bytes: ArraySlice<UInt8>) {
        guard SimdJSON.isContent(bytes) else { return nil }
        storage = .raw([UInt8](bytes))
    }

    /// Wraps a string value; its document stays alive with the text.
    init(_ value: JSONValue) {
        storage = .slice(value)
    }

    /// The text decoded; lone surrogates become U+FFFD.
    public var string: String {
        switch storage {
        case .owned(let string): string
        case .slice(let value): JSONValue.string(value.node, value.document)
        case .raw(let bytes): SimdJSON.unescaped(0..<bytes.count, of: bytes)
        }
    }

    /// Where the text stands in `document.bytes`, without its quotes; `nil` if it is not a string of that document.
    public func place(in document: JSONDocument) -> Range<Int>? {
        guard case .slice(let value) = storage, value.document === document else { return nil }
        return value.node.content
    }

    /// Whether there is no character.
    public var isEmpty: Bool {
        utf8Count == 0
    }

    /// The number of UTF-8 bytes, where an escape counts as long as it is spelled (an upper bound; 0 only for empty text).
    public var utf8Count: Int {
        switch storage {
        case .owned(let string): string.utf8.count
        case .slice(let value): value.node.content.count
        case .raw(let bytes): bytes.count
        }
    }

    /// Appends the text as content of a JSON string, without quotes; escaped text is copied verbatim.
    public func appendEscaped(to out: inout [UInt8]) {
        switch storage {
        case .owned(let string): string.withUTF8Bytes { SimdJSON.appendEscaped($0, to: &out) }
        case .slice(let value): out.append(contentsOf: value.document.bytes[value.node.content])
        case .raw(let bytes): out.append(contentsOf: bytes)
        }
    }

    /// Appends the text as plain UTF-8.
    public func appendUnescaped(to out: inout [UInt8]) {
        switch storage {
        case .owned(let string):
            string.withUTF8Bytes { out.append(contentsOf: $0) }
        case .slice(let value):
            let node = value.node
            if node.isFlagged {
                SimdJSON.appendUnescaped(node.content, of: value.document.bytes, to: &out)
            } else {
                out.append(contentsOf: value.document.bytes[node.content])
            }
        case .raw(let bytes):
            SimdJSON.appendUnescaped(0..<bytes.count, of: bytes, to: &out)
        }
    }

    /// Whether the text is this literal; allocates nothing.
    public func equals(_ literal: StaticString) -> Bool {
        switch storage {
        case .owned(let string):
            literal.withUTF8Buffer { expected in string.withUTF8Bytes { $0.elementsEqual(expected) } }
        case .slice(let value): value.node.mayEqual(literal) && value.equals(literal)
        case .raw(let bytes): literal.withUTF8Buffer { SimdJSON.content(0..<bytes.count, of: bytes, equals: $0) }
        }
    }

    /// Whether the text reads like a JSON string itself: a quote comes first, white space aside.
    var isQuoted: Bool {
        switch storage {
        case .owned(let string): string.utf8.first { $0 > 0x20 } == UInt8(ascii: "\"")
        case .slice(let value): Self.isQuoted(value.document.bytes[value.node.content])
        case .raw(let bytes): Self.isQuoted(bytes[...])
        }
    }

    /// Whether the text ends in the first half of a character that takes two escapes (`\ud83d`): the second is missing.
    public var endsInHighSurrogate: Bool {
        switch storage {
        case .owned: false
        case .slice(let value):
            value.node.isFlagged && Self.endsInHighSurrogate(value.document.bytes[value.node.content])
        case .raw(let bytes): Self.endsInHighSurrogate(bytes[...])
        }
    }

    private static func endsInHighSurrogate(_ escaped: ArraySlice<UInt8>) -> Bool {
        let last = escaped.suffix(6)
        guard last.count == 6, last.starts(with: "\\u".utf8), last[last.startIndex + 2] | 0x20 == UInt8(ascii: "d"),
            "89abAB".utf8.contains(last[last.startIndex + 3])
        else { return false }
        // The backslash may itself be escaped.
        let slashes = escaped[..<last.startIndex].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
        return slashes.isMultiple(of: 2)
    }

    private static func isQuoted(_ escaped: ArraySlice<UInt8>) -> Bool {
        var rest = escaped
        while let first = rest.popFirst() {
            if first == 0x20 { continue }
            guard first == UInt8(ascii: "\\"), let character = rest.popFirst() else { return false }
            guard "nrt".utf8.contains(character) else { return character == UInt8(ascii: "\"") }
        }
        return false
    }

    /// One text of several; escaped parts are joined as they are spelled.
    public static func joined(_ texts: [JSONText], separator: String) -> JSONText {
        if let only = texts.first, texts.count == 1 { return only }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(texts.reduce(0) { $0 + $1.utf8Count + separator.utf8.count })
        let separator = JSONText(separator)
        for (index, text) in texts.enumerated() {
            if index > 0 { separator.appendEscaped(to: &bytes) }
            text.appendEscaped(to: &bytes)
        }
        return JSONText(rawEscaped: bytes)
    }
}

extension JSONText: Equatable {
    /// Whether both stand for the same Unicode scalars, however they are spelled.
    public static func == (left: JSONText, right: JSONText) -> Bool {
        left.unescaped == right.unescaped
    }

    private var unescaped: [UInt8] {
        var bytes: [UInt8] = []
        appendUnescaped(to: &bytes)
        return bytes
    }
}

extension JSONText: ExpressibleByStringLiteral, CustomStringConvertible {
    /// Wraps a literal.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The text decoded.
    public var description: String {
        string
    }
}
