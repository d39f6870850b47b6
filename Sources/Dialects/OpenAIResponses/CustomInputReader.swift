import JSONCore

/// Reads the free text of a custom tool out of arguments `{"input": "…"}` that arrive in pieces.
///
/// What stands inside the inner string is the content of a JSON string already, so that it is passed on as it is spelled;
/// only a piece never ends inside of an escape or between the halves of a surrogate pair.
struct CustomInputReader {
    private enum State { case opening, text, closed, other }

    private var state = State.opening
    /// All arguments until the text begins, or all of them if they have another form.
    private var opening: [UInt8] = []
    /// The beginning of an escape that is not complete.
    private var held: [UInt8] = []
    /// The text so far, escaped.
    private(set) var text: [UInt8] = []

    /// Takes a piece of the arguments; returns the text that it adds.
    mutating func feed(_ piece: JSONText) -> JSONText? {
        var bytes: [UInt8] = []
        piece.appendUnescaped(to: &bytes)
        var rest = bytes[...]
        if state == .opening { rest = readOpening(rest) }
        guard state == .text else { return nil }
        return readText(rest)
    }

    /// The text that is missing at the end of the arguments.
    mutating func finish() -> JSONText? {
        guard state == .opening || state == .other, !opening.isEmpty else { return nil }
        var escaped: [UInt8] = []
        ChatCalls.customInput(opening).appendEscaped(to: &escaped)
        text = escaped
        return escaped.isEmpty ? nil : JSONText(rawEscaped: escaped)
    }

    /// Looks for `{"input":"`; returns what follows it.
    private mutating func readOpening(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let byte = rest.popFirst() {
            opening.append(byte)
            let seen = opening.filter { $0 > 0x20 }
            let wanted = Array("{\"input\":\"".utf8)
            guard wanted.starts(with: seen) else {
                state = .other
                opening.append(contentsOf: rest)
                return []
            }
            if seen.count == wanted.count {
                state = .text
                return rest
            }
        }
        return []
    }

    private mutating func readText(_ bytes: ArraySlice<UInt8>) -> JSONText? {
        var out: [UInt8] = []
        for byte in bytes where state == .text {
            if !held.isEmpty {
                held.append(byte)
                if isWhole(held) {
                    out.append(contentsOf: held)
                    held = []
                }
            } else if byte == UInt8(ascii: "\\") {
                held = [byte]
            } else if byte == UInt8(ascii: "\"") {
                state = .closed
            } else if byte < 0x20 {
                JSONText(String(UnicodeScalar(byte))).appendEscaped(to: &out)
            } else {
                out.append(byte)
            }
        }
        guard !out.isEmpty else { return nil }
        let content = JSONText(content: out[...]) ?? JSONText(String(decoding: out, as: UTF8.self))
        content.appendEscaped(to: &text)
        return content
    }

    /// Whether an escape is complete; half of a surrogate pair waits for the other.
    private func isWhole(_ escape: [UInt8]) -> Bool {
        guard escape.count >= 2, escape[1] == UInt8(ascii: "u") else { return escape.count >= 2 }
        guard escape.count >= 6 else { return false }
        let isHighHalf = escape[2] | 0x20 == UInt8(ascii: "d") && "89abAB".utf8.contains(escape[3])
        guard isHighHalf else { return true }
        if escape.count >= 7, escape[6] != UInt8(ascii: "\\") { return true }
        if escape.count >= 8, escape[7] != UInt8(ascii: "u") { return true }
        return escape.count >= 12
    }
}
