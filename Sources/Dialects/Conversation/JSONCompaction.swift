import JSONCore

/// Rewrites JSON values without the blanks between their tokens; spelling and order stay.
enum JSONCompaction {
    static func compact(_ value: JSONValue) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(value.range.count)
        append(value, to: &out)
        return out
    }

    /// The compact text of a value as the content of a JSON string.
    static func text(_ value: JSONValue) -> JSONText { JSONText(String(decoding: compact(value), as: UTF8.self)) }

    // The parser's depth limit bounds the recursion.
    private static func append(_ value: JSONValue, to out: inout [UInt8]) {
        switch value.kind {
        case .object:
            var separator = UInt8(ascii: "{")
            for (key, value) in value.members {
                out.append(separator)
                out.append(UInt8(ascii: "\""))
                key.appendEscaped(to: &out)
                out.append(UInt8(ascii: "\""))
                out.append(UInt8(ascii: ":"))
                append(value, to: &out)
                separator = UInt8(ascii: ",")
            }
            if value.count == 0 { out.append(separator) }
            out.append(UInt8(ascii: "}"))
        case .array:
            var separator = UInt8(ascii: "[")
            for element in value.elements {
                out.append(separator)
                append(element, to: &out)
                separator = UInt8(ascii: ",")
            }
            if value.count == 0 { out.append(separator) }
            out.append(UInt8(ascii: "]"))
        case .null, .bool, .number, .string: out.append(contentsOf: value.raw)
        }
    }
}
