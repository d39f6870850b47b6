private import CSimdJSON

// The only file that touches C and raw pointers.

/// Calls into the C++ half: parsing, and the byte loops that Swift would run with a bounds check per byte.
enum SimdJSON {
    /// Texts above this size make the parser grow beyond what a thread may keep.
    private static let largeText = 1 << 20

    /// Parses a text into a tape; the bytes are neither copied nor read past their end.
    static func parse(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> [JSONNode] {
        var nodes: [JSONNode] = []
        let result = bytes.withUnsafeBufferPointer { source -> omni_json_result in
            guard let base = source.baseAddress else {
                return omni_json_result(status: Int32(OMNI_JSON_INCOMPLETE), count: 0, offset: 0)
            }
            return parse(base, source.count, limits, into: &nodes)
        }
        if bytes.count > largeText { omni_json_trim() }
        guard result.status == OMNI_JSON_OK else { throw JSONError(code(of: result.status), offset: result.offset) }
        return nodes
    }

    private static func parse(
        _ base: UnsafePointer<UInt8>,
        _ count: Int,
        _ limits: JSONLimits,
        into nodes: inout [JSONNode]
    ) -> omni_json_result {
        let index = omni_json_index(base, count)
        guard index.status == OMNI_JSON_OK else { return index }
        let marks = Int(index.count)
        var result = walk(base, count, limits, capacity: marks / 2 + 1, into: &nodes)
        if result.status == Int32(OMNI_JSON_TAPE_FULL) {
            result = walk(base, count, limits, capacity: marks, into: &nodes)
        }
        return result
    }

    private static func walk(
        _ base: UnsafePointer<UInt8>,
        _ count: Int,
        _ limits: JSONLimits,
        capacity: Int,
        into nodes: inout [JSONNode]
    ) -> omni_json_result {
        let limits = omni_json_limits(
            depth: UInt32(clamping: limits.depth),
            nodes: UInt32(clamping: min(limits.nodes, 1 << 27)),
            number_length: UInt32(clamping: limits.numberLength),
            key_length: UInt32(clamping: limits.keyLength)
        )
        var result = omni_json_result()
        nodes = [JSONNode](unsafeUninitializedCapacity: capacity) { buffer, initialized in
            guard let tape = buffer.baseAddress else { return }
            result = omni_json_walk(base, count, limits, tape, buffer.count)
            initialized = Int(result.count)
        }
        return result
    }

    private static func code(of status: Int32) -> JSONError.Code {
        switch Int(status) {
        case OMNI_JSON_INCOMPLETE: .incomplete
        case OMNI_JSON_ENCODING: .encoding
        case OMNI_JSON_CONTROL: .controlCharacter
        case OMNI_JSON_TOO_DEEP: .tooDeep
        case OMNI_JSON_TOO_MANY_NODES: .tooManyNodes
        case OMNI_JSON_NUMBER_TOO_LONG: .numberTooLong
        case OMNI_JSON_KEY_TOO_LONG: .keyTooLong
        case OMNI_JSON_TOO_LARGE: .tooLarge
        default: .syntax
        }
    }

    // MARK: - Strings

    /// The node of the last member's value with this key, if any.
    static func find(_ key: UnsafeBufferPointer<UInt8>, in object: Int, of document: JSONDocument) -> Int? {
        let found = document.nodes.withUnsafeBufferPointer { nodes in
            document.bytes.withUnsafeBufferPointer { bytes -> UInt32 in
                guard let tape = nodes.baseAddress, let base = bytes.baseAddress else { return 0 }
                return omni_json_find(tape, UInt32(truncatingIfNeeded: object), base, key.baseAddress, key.count)
            }
        }
        return found == 0 ? nil : Int(found)
    }

    /// Whether raw string content says the same as plain text.
    static func content(_ range: Range<Int>, of bytes: [UInt8], equals text: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { source in
            let raw = UnsafeBufferPointer(rebasing: source[range])
            guard let base = raw.baseAddress else { return text.isEmpty }
            return omni_json_equals(base, raw.count, text.baseAddress, text.count)
        }
    }

    /// The text that raw string content stands for.
    static func unescaped(_ range: Range<Int>, of bytes: [UInt8]) -> String {
        guard !range.isEmpty else { return "" }
        return bytes.withUnsafeBufferPointer { source in
            String(unsafeUninitializedCapacity: range.count) { unescape(source, range, into: $0) }
        }
    }

    /// Appends the text that raw string content stands for.
    static func appendUnescaped(_ range: Range<Int>, of bytes: [UInt8], to out: inout [UInt8]) {
        guard !range.isEmpty else { return }
        bytes.withUnsafeBufferPointer { source in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: range.count) { buffer in
                let count = unescape(source, range, into: buffer)
                out.append(contentsOf: buffer[..<count])
            }
        }
    }

    private static func unescape(
        _ source: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        let raw = UnsafeBufferPointer(rebasing: source[range])
        guard let from = raw.baseAddress, let to = output.baseAddress, output.count >= raw.count else { return 0 }
        return omni_json_unescape(from, raw.count, to)
    }

    /// Appends text as string content, without quotes.
    ///
    /// U+2028 and U+2029 are escaped because JavaScript once took them for line ends.
    static func appendEscaped(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        var rest = text
        while let base = rest.baseAddress, !rest.isEmpty {
            let plain = omni_json_plain_prefix(base, rest.count)
            out.append(contentsOf: rest[..<plain])
            guard plain < rest.count else { return }
            let used = JSONEscape.append(UnsafeBufferPointer(rebasing: rest[plain...]), to: &out)
            rest = UnsafeBufferPointer(rebasing: rest[(plain + used)...])
        }
    }
}

/// The spelling of single characters that cannot stand in a string as they are.
private enum JSONEscape {
    /// Appends the first character's escape, or the byte itself if it needs none, and returns how many bytes it took.
    static func append(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) -> Int {
        let byte = text[0]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
        case 0x08: append("\\b", to: &out)
        case 0x09: append("\\t", to: &out)
        case 0x0A: append("\\n", to: &out)
        case 0x0C: append("\\f", to: &out)
        case 0x0D: append("\\r", to: &out)
        case 0x00..<0x20:
            append("\\u00", to: &out)
            out += [hexadecimal(byte >> 4), hexadecimal(byte & 15)]
        case 0xE2 where text.count > 2 && text[1] == 0x80 && (text[2] == 0xA8 || text[2] == 0xA9):
            append(text[2] == 0xA8 ? "\\u2028" : "\\u2029", to: &out)
            return 3
        default: out.append(byte)
        }
        return 1
    }

    private static func append(_ text: StaticString, to out: inout [UInt8]) {
        text.withUTF8Buffer { out.append(contentsOf: $0) }
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
        nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }
}
