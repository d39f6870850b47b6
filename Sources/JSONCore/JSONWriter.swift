/// Writes JSON text, commas included, into a byte array.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.member("model", model)
///     writer.key("messages")
///     writer.beginArray() …
///
/// The caller keeps begin and end in balance and gives every member a key; debug builds check it.
public struct JSONWriter: Sendable {
    /// What has been written; bytes may be appended around whole values, for example between two documents.
    public var bytes: [UInt8]

    /// A value has been finished in the container that is open, so that the next one needs a comma.
    private var needsComma = false
    private var hasKey = false
    private var depth = 0
    /// One bit for each of the outermost 64 open containers, the innermost lowest and 1 for an object.
    ///
    /// Deeper than 64 nothing is checked.
    private var kinds: UInt64 = 0

    /// Creates a writer with room for so many bytes.
    public init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Creates a writer that goes on behind bytes which are there already.
    public init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    /// Lets another top-level value follow, for example the next line of a stream.
    public mutating func startDocument() {
        assert(depth == 0, "a container is still open")
        needsComma = false
    }

    // MARK: - Containers and keys

    /// Opens an object.
    public mutating func beginObject() { begin(UInt8(ascii: "{"), kind: 1) }

    /// Closes the object opened last.
    public mutating func endObject() { end(UInt8(ascii: "}"), kind: 1) }

    /// Opens an array.
    public mutating func beginArray() { begin(UInt8(ascii: "["), kind: 0) }

    /// Closes the array opened last.
    public mutating func endArray() { end(UInt8(ascii: "]"), kind: 0) }

    /// Writes a member's key, which must need no escape.
    public mutating func key(_ key: StaticString) {
        startKey()
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        endKey()
    }

    /// Writes a member's key; a literal is taken by the method above.
    @_disfavoredOverload
    public mutating func key(_ key: JSONText) {
        startKey()
        key.appendEscaped(to: &bytes)
        endKey()
    }

    // MARK: - Values

    /// Writes a string.
    public mutating func string(_ value: String) {
        text(JSONText(value))
    }

    /// Writes a string that needs no escape.
    public mutating func literal(_ value: StaticString) {
        startValue()
        bytes.append(UInt8(ascii: "\""))
        value.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a string; escaped text keeps its spelling.
    public mutating func text(_ value: JSONText) {
        startValue()
        bytes.append(UInt8(ascii: "\""))
        value.appendEscaped(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Copies a value of a document as it stands there.
    public mutating func raw(_ value: JSONValue) {
        startValue()
        bytes.append(contentsOf: value.raw)
    }

    /// Copies the text of one valid JSON value.
    public mutating func raw(bytes raw: some Collection<UInt8>) {
        assert(!raw.isEmpty, "a value has at least one byte")
        startValue()
        bytes.append(contentsOf: raw)
    }

    /// Writes a whole number.
    public mutating func int(_ value: Int) {
        startValue()
        appendDecimal(value)
    }

    /// Writes a number in its shortest spelling, `null` if it is not finite.
    public mutating func double(_ value: Double) {
        raw(bytes: JSONLiteral.double(value))
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) {
        startValue()
        append(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() {
        startValue()
        append("null")
    }

    // MARK: - Bookkeeping

    private mutating func begin(_ bracket: UInt8, kind: UInt64) {
        startValue()
        bytes.append(bracket)
        needsComma = false
        depth += 1
        if depth <= 64 { kinds = kinds << 1 | kind }
    }

    private mutating func end(_ bracket: UInt8, kind: UInt64) {
        assert(depth > 0 && (depth > 64 || kinds & 1 == kind), "an end without its begin")
        assert(!hasKey, "a key without its value")
        bytes.append(bracket)
        needsComma = true
        if depth <= 64 { kinds >>= 1 }
        depth -= 1
    }

    private mutating func startKey() {
        assert(depth > 0 && (depth > 64 || kinds & 1 == 1) && !hasKey, "a key belongs into an object, before a value")
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func endKey() {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        hasKey = true
    }

    private mutating func startValue() {
        assert(
            depth == 0 || depth > 64 || hasKey == (kinds & 1 == 1),
            "in an object, and only there, a value has a key"
        )
        assert(depth > 0 || !needsComma, "startDocument() comes before a second top-level value")
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        hasKey = false
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func appendDecimal(_ value: Int) {
        guard value.magnitude > 9 || value < 0 else { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
        bytes.append(contentsOf: String(value).utf8)
    }
}
