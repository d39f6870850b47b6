/// Header fields in their order; names compare without regard to ASCII case.
public struct HTTPHeaders: Sendable {
    /// One field.
    public struct Field: Sendable {
        /// As it was received or is to be sent.
        public var name: String
        /// Without surrounding blanks.
        public var value: String

        /// Creates a field.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All fields; a name may occur several times.
    public var fields: [Field]

    /// No fields.
    public init() {
        fields = []
    }

    /// Fields in the order given.
    public init(_ pairs: [(String, String)]) {
        fields = pairs.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value of a field; setting replaces every occurrence, setting nil removes them.
    public subscript(name: String) -> String? {
        get {
            firstIndex(of: name).map { fields[$0].value }
        }
        set {
            guard let newValue else { return remove(name) }
            guard let first = firstIndex(of: name) else {
                return add(name, newValue)
            }
            fields[first].value = newValue
            let kept = fields[first]
            fields = fields.enumerated().filter {
                $0.offset <= first || !$0.element.name.equalsIgnoringASCIICase(kept.name)
            }
            .map(\.element)
        }
    }

    /// Every value of a field, in order.
    public func values(_ name: String) -> [String] {
        guard let first = firstIndex(of: name) else { return [] }
        return fields[first...].filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
    }

    /// Whether the field occurs.
    public func contains(_ name: String) -> Bool {
        firstIndex(of: name) != nil
    }

    /// Where the field occurs first; its length, which rules out most fields, is asked before its text is touched.
    private func firstIndex(of name: String) -> Int? {
        let (fields, count) = (fields.span, name.utf8.count)
        for index in fields.indices where fields[index].name.utf8.count == count {
            if fields[index].name.equalsIgnoringASCIICase(name) { return index }
        }
        return nil
    }

    /// Appends a field, also when there is one of that name.
    public mutating func add(_ name: consuming String, _ value: consuming String) {
        // Where one field is added, others follow.
        if fields.count == fields.capacity { fields.reserveCapacity(max(8, fields.count * 2)) }
        fields.append(Field(name: name, value: value))
    }

    /// Removes every field of that name.
    public mutating func remove(_ name: String) {
        fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
    }
}

extension StringProtocol {
    /// Whether two texts are equal when ASCII letters match either case; other characters compare exactly.
    public func equalsIgnoringASCIICase(_ other: some StringProtocol) -> Bool {
        let (left, right) = (utf8, other.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).allSatisfy(matchesIgnoringASCIICase)
    }
}

extension String {
    /// Whether two texts are equal when ASCII letters match either case.
    ///
    /// The same as for any two texts; written for strings because the compiler does not specialise across modules, and this
    /// runs many times for each request.
    public func equalsIgnoringASCIICase(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let (left, right) = (utf8.span, other.utf8.span)
        for index in left.indices where !matchesIgnoringASCIICase(left[index], right[index]) { return false }
        return true
    }

    /// Whether the text equals an ASCII word in lower case, its own letters in either case.
    @inlinable
    public func isASCIIEqual(_ word: StaticString) -> Bool {
        utf8.count == word.utf8CodeUnitCount && hasASCIIPrefix(word)
    }

    /// Whether the text begins with an ASCII word in lower case, its own letters in either case.
    public func hasASCIIPrefix(_ word: StaticString) -> Bool {
        utf8.span.hasASCIIPrefix(word)
    }
}

extension Span<UInt8> {
    /// Whether the bytes equal an ASCII word in lower case, their own letters in either case.
    @inlinable
    public func isASCIIEqual(_ word: StaticString) -> Bool {
        count == word.utf8CodeUnitCount && hasASCIIPrefix(word)
    }

    /// Whether the bytes begin with an ASCII word in lower case, their own letters in either case.
    @inlinable
    public func hasASCIIPrefix(_ word: StaticString) -> Bool {
        let word = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard count >= word.count else { return false }
        for index in word.indices {
            let byte = self[index]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard (isUpper ? byte | 0x20 : byte) == word[index] else { return false }
        }
        return true
    }
}

/// Whether two bytes are the same, or the same ASCII letter.
private func matchesIgnoringASCIICase(_ a: UInt8, _ b: UInt8) -> Bool {
    a == b || (a | 0x20 == b | 0x20 && (0x61...0x7A).contains(a | 0x20))
}
