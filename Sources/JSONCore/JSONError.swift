/// Why a text is not JSON, or a value not what was asked for.
public struct JSONError: Error, Sendable, Equatable {
    /// The kinds of trouble.
    public enum Code: Sendable {
        /// A token stands where the grammar has no place for it.
        case syntax
        /// The text is empty or ends inside a string or a container.
        case incomplete
        /// The text is not UTF-8.
        case encoding
        /// A string holds a control character that should have been escaped.
        case controlCharacter
        /// More containers are nested than `JSONLimits.depth`.
        case tooDeep
        /// There are more values than `JSONLimits.nodes`.
        case tooManyNodes
        /// A number is longer than `JSONLimits.numberLength`.
        case numberTooLong
        /// A key is longer than `JSONLimits.keyLength`.
        case keyTooLong
        /// The text has 4 GiB or more.
        case tooLarge
        /// A value is of another kind than the reader needs.
        case unexpectedType
        /// A member that the reader needs is absent.
        case missing
    }

    /// The kind of trouble.
    public let code: Code

    /// The byte of the text at which it was noticed.
    public let offset: Int

    /// The member concerned, for `unexpectedType` and `missing`.
    public let key: String?

    /// Creates an error.
    public init(_ code: Code, offset: Int, key: String? = nil) {
        self.code = code
        self.offset = offset
        self.key = key
    }
}

extension JSONError: CustomStringConvertible {
    /// What is wrong, without a byte of the text itself.
    public var description: String {
        switch code {
        case .unexpectedType: "\(named) has an unexpected type at byte \(offset)"
        case .missing: "\(named) is missing from the object at byte \(offset)"
        default: "invalid JSON at byte \(offset): \(shortDescription)"
        }
    }

    /// The kind of trouble in words that never vary, fit for a metric's label.
    public var shortDescription: String {
        switch code {
        case .syntax: "unexpected token"
        case .incomplete: "unexpected end of text"
        case .encoding: "not UTF-8"
        case .controlCharacter: "unescaped control character in a string"
        case .tooDeep: "nested too deeply"
        case .tooManyNodes: "too many values"
        case .numberTooLong: "number too long"
        case .keyTooLong: "key too long"
        case .tooLarge: "text too large"
        case .unexpectedType: "unexpected type"
        case .missing: "missing member"
        }
    }

    private var named: String {
        key.map { "'\($0)'" } ?? "value"
    }
}
