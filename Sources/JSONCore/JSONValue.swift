/// A value of a document: a reference to the document and the place of a node, cheap to copy.
///
/// Holding on to a value holds on to its whole document.
public struct JSONValue: Sendable {
    /// The document this value belongs to.
    public let document: JSONDocument

    let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    var node: JSONNode {
        document.tape[index]
    }

    /// The six kinds of JSON values.
    public enum Kind: Sendable {
        /// The literal `null`.
        case null
        /// The literal `true` or `false`.
        case bool
        /// A number, kept as it is spelled.
        case number
        /// A string.
        case string
        /// An array.
        case array
        /// An object.
        case object
    }

    /// What kind of value this is.
    public var kind: Kind {
        switch node.tag {
        case .null: .null
        case .false, .true: .bool
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// Whether this is the literal `null`.
    public var isNull: Bool { node.has(.null) }

    /// Whether this is an object.
    public var isObject: Bool { node.has(.object) }

    /// Whether this is an array.
    public var isArray: Bool { node.has(.array) }

    /// Whether this is a string.
    public var isString: Bool { node.has(.string) }

    /// Whether this is a number.
    public var isNumber: Bool { node.has(.number) }

    /// Whether this is `true` or `false`.
    public var isBool: Bool { node.has(.true) || node.has(.false) }

    /// Where the value stands in `document.bytes`, quotes and brackets included.
    public var range: Range<Int> {
        let node = node
        return node.start..<node.end
    }

    /// The bytes of the value as they came.
    public var raw: ArraySlice<UInt8> {
        document.bytes[range]
    }
}
