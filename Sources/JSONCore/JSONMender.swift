/// One pass over a broken text that makes whole what a cut left open.
///
/// Drops trailing commas, escapes bare control characters in strings, and closes open strings and brackets. Knows just
/// enough grammar for that; the parser judges the result.
struct JSONMender {
    private enum Token {
        case open, comma, colon, key, value
    }

    private let source: [UInt8]
    private var out: [UInt8] = []
    private var position = 0
    private var closers: [UInt8] = []
    private var last = Token.open
    /// How much of `out` would be whole if the closers followed: up to the last value or opening bracket.
    private var whole = 0
    /// Whether nothing but commas went.
    private var keepsAll = true
    /// Whether the text ends within a value, so that nobody knows what was to come.
    private var endsInside = false

    private init(_ source: [UInt8]) {
        self.source = source
        out.reserveCapacity(source.count + 16)
    }

    struct Mended {
        let text: [UInt8]
        /// Whether all that was said is in it.
        let keepsAll: Bool
        /// Whether it says nothing that was not said: only brackets were missing.
        let addsNothing: Bool
    }

    /// The mended text; `nil` if the brackets do not match.
    static func mended(_ source: [UInt8]) -> Mended? {
        var mender = JSONMender(source)
        guard mender.run() else { return nil }
        return Mended(
            text: mender.out,
            keepsAll: mender.keepsAll,
            addsNothing: mender.keepsAll && !mender.endsInside
        )
    }

    private mutating func run() -> Bool {
        while position < source.count {
            guard token(source[position]) else { return false }
        }
        if last != .value, !closers.isEmpty { cut() }
        out.append(contentsOf: closers.reversed())
        return true
    }

    private mutating func token(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"): open(byte, closer: UInt8(ascii: "}"))
        case UInt8(ascii: "["): open(byte, closer: UInt8(ascii: "]"))
        case UInt8(ascii: "}"), UInt8(ascii: "]"): return close(byte)
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: ","): copy(byte, as: .comma)
        case UInt8(ascii: ":"): copy(byte, as: .colon)
        case 0...0x20:
            out.append(byte)
            position += 1
        default: scalar()
        }
        return true
    }

    private mutating func copy(_ byte: UInt8, as token: Token) {
        out.append(byte)
        position += 1
        last = token
    }

    private mutating func open(_ byte: UInt8, closer: UInt8) {
        copy(byte, as: .open)
        closers.append(closer)
        whole = out.count
    }

    private mutating func close(_ byte: UInt8) -> Bool {
        guard closers.popLast() == byte else { return false }
        if last == .comma { cut() }
        copy(byte, as: .value)
        whole = out.count
        return true
    }

    private mutating func cut() {
        if out[whole...].contains(where: { $0 > 0x20 && $0 != UInt8(ascii: ",") }) { keepsAll = false }
        out.removeLast(out.count - whole)
    }

    private mutating func string() {
        let isKey = closers.last == UInt8(ascii: "}") && (last == .open || last == .comma)
        copy(UInt8(ascii: "\""), as: isKey ? .key : .value)
        while position < source.count {
            let byte = source[position]
            if byte == UInt8(ascii: "\\") {
                guard escape() else { break }
                continue
            }
            position += 1
            if byte < 0x20 {
                appendControl(byte)
                continue
            }
            out.append(byte)
            guard byte != UInt8(ascii: "\"") else { return finishValue() }
        }
        // The text ends inside the string: a value keeps what there is, half a key is of no use.
        position = source.count
        endsInside = true
        out.append(UInt8(ascii: "\""))
        finishValue()
    }

    /// Copies an escape; `false` if the text ends within it.
    ///
    /// A wrong escape is copied byte by byte, so that it cannot hide the closing quote; the parser will refuse it.
    private mutating func escape() -> Bool {
        let isUnicode = position + 1 < source.count && source[position + 1] == UInt8(ascii: "u")
        let digits = isUnicode ? source[(position + 2)...].prefix(4).prefix { Self.isHexadecimal($0) }.count : 0
        let end = position + 2 + digits
        guard end < source.count || (end == source.count && (!isUnicode || digits == 4)) else { return false }
        out.append(contentsOf: source[position..<end])
        position = end
        return true
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private mutating func appendControl(_ byte: UInt8) {
        JSONText(String(UnicodeScalar(byte))).appendEscaped(to: &out)
    }

    private mutating func finishValue() {
        if last == .value { whole = out.count }
    }

    private mutating func scalar() {
        let start = position
        while position < source.count, !Self.endsScalar(source[position]) { position += 1 }
        let text = source[start..<position]
        last = .value
        if position < source.count || closers.isEmpty {
            out.append(contentsOf: text)
        } else if let completed = Self.completed(text) {
            endsInside = true
            out.append(contentsOf: completed)
        } else {
            keepsAll = false
            return cut()
        }
        whole = out.count
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }

    /// A scalar at the end of a cut text: the one literal it can become, or the digits there are.
    private static func completed(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        for literal in ["true", "false", "null"] where literal.utf8.starts(with: text) {
            return [UInt8](literal.utf8)
        }
        var digits = text
        while let last = digits.last, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last) { digits.removeLast() }
        return digits.isEmpty ? nil : [UInt8](digits)
    }
}
