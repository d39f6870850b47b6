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
            for field in fields where field.name.equalsIgnoringASCIICase(name) { return field.value }
            return nil
        }
        set {
            guard let newValue else { return remove(name) }
            guard let first = fields.firstIndex(where: { $0.name.equalsIgnoringASCIICase(name) }) else {
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
        fields.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
    }

    /// Whether the field occurs.
    public func contains(_ name: String) -> Bool {
        fields.contains { $0.name.equalsIgnoringASCIICase(name) }
    }

    /// Appends a field, also when there is one of that name.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Removes every field of that name.
    public mutating func remove(_ name: String) {
        fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
    }
}

extension String {
    /// Whether two texts are equal when ASCII letters match either case.
    ///
    /// The same as for any two texts; written for strings because the compiler does not specialise across modules, and this
    /// runs many times for each request.
    public func equalsIgnoringASCIICase(_ other: String) -> Bool {
        let (left, right) = (utf8, other.utf8)
        guard left.count == right.count else { return false }
        var (a, b) = (left.makeIterator(), right.makeIterator())
        while let x = a.next(), let y = b.next() {
            guard x == y || (x | 0x20 == y | 0x20 && (0x61...0x7A).contains(x | 0x20)) else { return false }
        }
        return true
    }
}

extension StringProtocol {
    /// Whether two texts are equal when ASCII letters match either case; other characters compare exactly.
    public func equalsIgnoringASCIICase(_ other: some StringProtocol) -> Bool {
        let (left, right) = (utf8, other.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).allSatisfy { a, b in
            a == b || (a | 0x20 == b | 0x20 && (0x61...0x7A).contains(a | 0x20))
        }
    }
}
