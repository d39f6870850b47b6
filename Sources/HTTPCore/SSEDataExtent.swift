/// Tells whether data that arrives in pieces is complete JSON, by counting brackets outside of strings.
///
/// Looks at each byte once, and only when somebody asks: well-formed streams never do.
struct SSEDataExtent: Sendable {
    private var scanned = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var hasClosed = false
    private var isOther = false

    /// Whether the data is a whole object or array (`[DONE]` looks like one) or `null`.
    ///
    /// The data may only have grown since the last call.
    mutating func isComplete(_ data: [UInt8]) -> Bool {
        while scanned < data.count, !isOther {
            scan(data[scanned])
            scanned += 1
        }
        return isOther ? data.elementsEqual("null".utf8) : hasClosed
    }

    private mutating func scan(_ byte: UInt8) {
        if isInString { return scanInString(byte) }
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: return
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: "\""): isInString = depth > 0
        default: break
        }
        // Outside of all brackets only the last closing one may stand, and nothing behind it.
        isOther = hasClosed || depth < 0 || (depth == 0 && byte != UInt8(ascii: "}") && byte != UInt8(ascii: "]"))
        hasClosed = depth == 0
    }

    private mutating func scanInString(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
        }
    }
}
