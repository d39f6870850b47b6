import JSONCore

/// The root of a text that must be valid.
func json(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
    try JSONDocument.parse(text: text, limits: limits).root
}

func string(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: [UInt8](bytes), as: UTF8.self)
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Makes random valid texts with blanks, escapes, duplicates and odd numbers.
struct RandomJSON {
    var generator: SplitMix

    init(seed: UInt64) {
        generator = SplitMix(seed: seed)
    }

    mutating func pick(_ count: Int) -> Int {
        Int.random(in: 0..<count, using: &generator)
    }

    mutating func text(depth: Int = 5) -> String {
        switch pick(depth > 0 ? 9 : 5) {
        case 0: return ["null", "true", "false"][pick(3)]
        case 1, 2: return number()
        case 3, 4: return quoted()
        case 5, 6:
            let elements = (0..<pick(5)).map { _ in blank() + text(depth: depth - 1) + blank() }
            return "[" + (elements.isEmpty ? blank() : elements.joined(separator: ",")) + "]"
        default:
            let members = (0..<pick(5)).map { _ in
                blank() + quoted() + blank() + ":" + blank() + text(depth: depth - 1) + blank()
            }
            return "{" + (members.isEmpty ? blank() : members.joined(separator: ",")) + "}"
        }
    }

    mutating func blank() -> String {
        pick(3) > 0 ? "" : ["  ", "\n\t", "\r\n", " ", String(repeating: " ", count: 70)][pick(5)]
    }

    mutating func number() -> String {
        let numbers = [
            "0", "-0", "1", "-17", "3.50", "1e5", "1E-7", "-2.5e+10", "12345678901234567890123", "0.1", "1e400",
            "9223372036854775807", "-9223372036854775808", "9007199254740993",
        ]
        return numbers[pick(numbers.count)]
    }

    mutating func quoted() -> String {
        let pieces = [
            "a", "key", "\\n", "\\\"", "\\\\", "\\/", "\\u0000", "\\u00e9", "é", "\\ud83d\\ude00", "👩‍👩‍👧", "\\ud83d",
            "\\ude00", "{",
            "]", ",", ":", "\u{2028}", "\u{7F}", String(repeating: "x", count: 80),
        ]
        return "\"" + (0..<pick(6)).map { _ in pieces[pick(pieces.count)] }.joined() + "\""
    }
}
