extension JSONWriter {
    /// Writes a member with a string.
    public mutating func member(_ key: StaticString, _ value: String) {
        self.key(key)
        string(value)
    }

    /// Writes a member with a whole number.
    public mutating func member(_ key: StaticString, _ value: Int) {
        self.key(key)
        int(value)
    }

    /// Writes a member with a number.
    public mutating func member(_ key: StaticString, _ value: Double) {
        self.key(key)
        double(value)
    }

    /// Writes a member with `true` or `false`.
    public mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        bool(value)
    }

    /// Writes a member with a string that may be escaped already.
    public mutating func member(_ key: StaticString, _ value: JSONText) {
        self.key(key)
        text(value)
    }

    /// Writes a member with a value of a document, as it stands there.
    public mutating func member(_ key: StaticString, _ value: JSONValue) {
        self.key(key)
        raw(value)
    }

    /// Writes a member with the text of one valid JSON value.
    public mutating func member(_ key: StaticString, raw bytes: some Collection<UInt8>) {
        self.key(key)
        raw(bytes: bytes)
    }

    /// Writes a member with a fixed string that needs no escape.
    public mutating func member(_ key: StaticString, literal value: StaticString) {
        self.key(key)
        literal(value)
    }

    /// Writes a member with `null`.
    public mutating func memberNull(_ key: StaticString) {
        self.key(key)
        null()
    }
}
