private import CSimdJSON

// The only file that touches C and raw pointers.

/// Calls into the C++ half: parsing, and the byte loops that Swift would run with a bounds check per byte.
enum SimdJSON {
    /// Texts above this size make the parser grow beyond what a thread may keep.
    private static let largeText = 1 << 20

    /// Parses a text into a tape; the bytes are neither copied nor read past their end.
    static func parse(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> JSONTape {
        var nodes: UnsafeMutablePointer<JSONNode>?
        let result = bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else {
                return omni_json_result(status: Int32(OMNI_JSON_INCOMPLETE), count: 0, offset: 0)
            }
            return parse(base, source.count, limits, into: &nodes)
        }
        if bytes.count > largeText { omni_json_trim() }
        guard result.status == OMNI_JSON_OK, let nodes else {
            nodes?.deallocate()
            throw JSONError(code(of: result.status), offset: result.offset)
        }
        return JSONTape(owning: nodes, count: Int(result.count))
    }

    private static func parse(
        _ base: UnsafePointer<UInt8>,
        _ count: Int,
        _ limits: JSONLimits,
        into nodes: inout UnsafeMutablePointer<JSONNode>?
    ) -> omni_json_result {
        let index = omni_json_index(base, count)
        guard index.status == OMNI_JSON_OK else { return index }
        let marks = Int(index.count)
        let result = walk(base, count, limits, capacity: marks / 2 + 1, into: &nodes)
        guard result.status == OMNI_JSON_TAPE_FULL else { return result }
        return walk(base, count, limits, capacity: marks, into: &nodes)
    }

    private static func walk(
        _ base: UnsafePointer<UInt8>,
        _ count: Int,
        _ limits: JSONLimits,
        capacity: Int,
        into nodes: inout UnsafeMutablePointer<JSONNode>?
    ) -> omni_json_result {
        nodes?.deallocate()
        let tape = UnsafeMutablePointer<JSONNode>.allocate(capacity: capacity)
        nodes = tape
        return omni_json_walk(base, count, bounds(limits), tape, capacity)
    }

    private static func bounds(_ limits: JSONLimits) -> omni_json_limits {
        omni_json_limits(
            depth: UInt32(clamping: limits.depth),
            nodes: UInt32(clamping: min(limits.nodes, 1 << 27)),
            number_length: UInt32(clamping: limits.numberLength),
            key_length: UInt32(clamping: limits.keyLength)
        )
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

    /// The bits of the outermost object's keys; none when it is no object.
    static func rootKeys(of tape: borrowing JSONTape, _ bytes: [UInt8]) -> UInt64 {
        guard tape.count > 0, tape[0].has(.object) else { return 0 }
        return bytes.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { omni_json_keys(tape.base, 0, $0) } ?? 0
        }
    }

    /// The bits of an object's keys.
    static func keys(of object: JSONValue) -> UInt64 {
        if object.index == 0 { return object.document.rootKeys }
        return object.document.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress, object.index < object.document.tape.count else { return 0 }
            return omni_json_keys(object.document.tape.base, UInt32(truncatingIfNeeded: object.index), base)
        }
    }

    /// Whether an object whose keys have these bits surely has no such key, at a glance.
    static func lacks(_ key: StaticString, _ keys: UInt64) -> Bool {
        guard key.hasPointerRepresentation else { return false }
        return omni_json_key_bit(key.utf8Start, key.utf8CodeUnitCount) & keys == 0
    }

    /// The same for a key that is not known at compile time.
    static func lacks(_ key: UnsafeBufferPointer<UInt8>, _ keys: UInt64) -> Bool {
        guard let first = key.baseAddress else { return false }
        return omni_json_key_bit(first, key.count) & keys == 0
    }

    /// The node of the last member's value with this key, if any.
    static func find(_ key: UnsafeBufferPointer<UInt8>, in object: Int, of document: JSONDocument) -> Int? {
        let found = document.bytes.withUnsafeBufferPointer { bytes -> UInt32 in
            guard let base = bytes.baseAddress, object < document.tape.count else { return 0 }
            let index = UInt32(truncatingIfNeeded: object)
            return omni_json_find(document.tape.base, index, base, key.baseAddress, key.count)
        }
        return found == 0 ? nil : Int(found)
    }

    enum DuplicateKey {
        case none
        /// The node of a key that occurs a second time.
        case some(Int)
        /// Many members or escaped keys: to be found out otherwise.
        case unsure
    }

    /// Compares the keys of an object as they are spelled.
    static func duplicateKey(in object: Int, of document: JSONDocument) -> DuplicateKey {
        let found = document.bytes.withUnsafeBufferPointer { bytes -> UInt32 in
            guard let base = bytes.baseAddress, object < document.tape.count else { return 0 }
            return omni_json_duplicate(document.tape.base, UInt32(truncatingIfNeeded: object), base)
        }
        return found == 0 ? .none : found == UInt32.max ? .unsure : .some(Int(found))
    }

    /// Whether raw string content says the same as plain text.
    static func content(_ range: Range<Int>, of bytes: [UInt8], equals text: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { source in
            let raw = UnsafeBufferPointer(rebasing: source[range])
            guard let base = raw.baseAddress else { return text.isEmpty }
            return omni_json_equals(base, raw.count, text.baseAddress, text.count)
        }
    }

    /// Whether bytes can stand between the quotes of a string.
    static func isContent(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { omni_json_is_content($0, buffer.count) } ?? true
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
                out.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<count]))
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
    static func appendEscaped(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        guard let base = text.baseAddress, !text.isEmpty else { return }
        let plain = omni_json_plain_prefix(base, text.count)
        out.append(contentsOf: UnsafeBufferPointer(rebasing: text[..<plain]))
        guard plain < text.count else { return }
        // Most texts fit into one round of this.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { buffer in
            guard let room = buffer.baseAddress else { return }
            var done = plain
            while done < text.count {
                var consumed = 0
                let written = omni_json_escape(base + done, text.count - done, room, buffer.count, &consumed)
                out.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<written]))
                done += consumed
            }
        }
    }
}
