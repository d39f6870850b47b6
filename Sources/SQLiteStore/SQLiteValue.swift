/// A value on its way into a statement.
public enum SQLiteValue: Sendable, Equatable {
    /// NULL.
    case null
    /// A whole number.
    case integer(Int64)
    /// A floating-point number.
    case real(Double)
    /// Text.
    case text(String)
    /// Bytes.
    case blob([UInt8])

    /// Text, or NULL for nil.
    public init(_ text: String?) {
        self = text.map(Self.text) ?? .null
    }

    /// A whole number, or NULL for nil.
    public init(_ number: Int?) {
        self = number.map { .integer(Int64($0)) } ?? .null
    }

    /// A whole number, or NULL for nil.
    public init(_ number: Int64?) {
        self = number.map(Self.integer) ?? .null
    }

    /// A floating-point number, or NULL for nil.
    ///
    /// Infinities and NaN, which no report can sum, become NULL too.
    public init(_ number: Double?) {
        self = number.flatMap { $0.isFinite ? .real($0) : nil } ?? .null
    }

    /// 1 or 0, or NULL for nil.
    public init(_ flag: Bool?) {
        self = flag.map { .integer($0 ? 1 : 0) } ?? .null
    }
}
