import JSONCore

/// Follows JSON text that arrives in pieces and tells whether it is a whole value yet; it checks brackets and strings
/// only, which is what tells a truncated argument from a complete one.
struct JSONBalance {
    private var depth = 0
    private var inString = false
    private var isEscaped = false
    private var hasValue = false
    private var scratch: [UInt8] = []

    /// Whether an object or array has been opened and closed again.
    var isComplete: Bool { hasValue && depth == 0 && !inString }

    var isEmpty: Bool { !hasValue }

    mutating func feed(_ text: JSONText) {
        scratch.removeAll(keepingCapacity: true)
        text.appendUnescaped(to: &scratch)
        for byte in scratch { feed(byte) }
    }

    private mutating func feed(_ byte: UInt8) {
        if inString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                inString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""):
            inString = true
            hasValue = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            hasValue = true
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case 0x20, 0x09, 0x0A, 0x0D: break
        default: hasValue = true
        }
    }

    /// Whether `text` is one JSON value from end to end.
    static func isComplete(_ text: [UInt8]) -> Bool { (try? JSONDocument.parse(text)) != nil }
}
