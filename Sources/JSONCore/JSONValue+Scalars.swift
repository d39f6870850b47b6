extension JSONValue {
    /// The text of a string, `nil` for other kinds; lone surrogates become U+FFFD.
    public var string: String? {
        let node = node
        guard node.has(.string) else { return nil }
        return Self.string(node, document)
    }

    /// The text of a string without decoding it, `nil` for other kinds.
    public var text: JSONText? {
        isString ? JSONText(self) : nil
    }

    /// The value of `true` or `false`, `nil` for other kinds.
    public var bool: Bool? {
        switch node.tag {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The value of a whole number that fits, `nil` for everything else.
    ///
    /// `4096.0` and `1e3` are whole numbers too: many clients have no integers.
    public var int: Int? {
        let node = node
        guard node.has(.number) else { return nil }
        if !node.isFlagged { return Self.integer(document.bytes[node.start..<node.end]) }
        guard let double, let exact = Int(exactly: double), abs(double) <= 9_007_199_254_740_992 else { return nil }
        return exact
    }

    /// The nearest double of a number, `nil` for other kinds and for numbers beyond its range.
    public var double: Double? {
        guard let spelling = numberText, let value = Double(spelling), value.isFinite else { return nil }
        return value
    }

    /// A number as it is spelled, `nil` for other kinds.
    public var numberText: String? {
        isNumber ? String(decoding: raw, as: UTF8.self) : nil
    }

    /// Whether this is a string with the given text; allocates nothing.
    public func equals(_ literal: StaticString) -> Bool {
        let node = node
        guard node.has(.string), node.mayEqual(literal) else { return false }
        return literal.withUTF8Buffer { SimdJSON.content(node.content, of: document.bytes, equals: $0) }
    }

    static func string(_ node: JSONNode, _ document: JSONDocument) -> String {
        node.isFlagged
            ? SimdJSON.unescaped(node.content, of: document.bytes)
            : String(decoding: document.bytes[node.content], as: UTF8.self)
    }

    private static func integer(_ digits: ArraySlice<UInt8>) -> Int? {
        let isNegative = digits.first == UInt8(ascii: "-")
        var value = 0
        for digit in isNegative ? digits.dropFirst() : digits {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.subtractingReportingOverflow(Int(digit & 15))
            guard !overflow, !carry else { return nil }
            value = sum  // counted downwards, because Int.min has no positive twin
        }
        guard !isNegative else { return value }
        return value == .min ? nil : -value
    }
}
