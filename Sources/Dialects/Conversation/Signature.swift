import CryptoCore
import JSONCore

/// Who can verify a signature of thinking.
package enum SignatureFamily: Character, Sendable, Hashable {
    case anthropic = "a"
    case gemini = "g"
    case openAI = "o"
    case kiro = "k"
    /// Nobody: the thinking is unsigned.
    case none = "n"
    /// Damaged or unknown; dropped for every target.
    case foreign = "?"
}

/// A provider's proof that thinking text is its own, or the encrypted thinking itself.
struct Signature: Equatable {
    var family: SignatureFamily
    /// The account it is bound to, as eight hex digits.
    var scope: String?
    /// The provider's own text.
    var data: JSONText

    /// Whether there is anything to verify.
    var isSigned: Bool { family != .none && family != .foreign && !data.isEmpty }
}

// A signature of one family travels through a client of another dialect as `omr1.<family>.<scope>.<payload>`:
// only `[A-Za-z0-9._-]`, so that every client passes it on unchanged.
extension Signature {
    static let unsigned = Signature(family: .none, scope: nil, data: "")

    /// The carrier text.
    var carrier: JSONText {
        var bytes = Array("omr1.".utf8)
        bytes.append(family.rawValue.asciiValue ?? UInt8(ascii: "n"))
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: (scope ?? "-").utf8)
        bytes.append(UInt8(ascii: "."))
        if family != .none { bytes.append(contentsOf: Base64URL.encode(Array(data.string.utf8)).utf8) }
        return JSONText(rawEscaped: bytes)
    }

    /// Reads a carrier; `nil` when the text is not one.
    init?(carrier text: String) {
        guard text.hasPrefix("omr1.") else { return nil }
        let fields = text.utf8.dropFirst(5).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0].count == 1, let letter = fields[0].first,
            let family = SignatureFamily(rawValue: Character(UnicodeScalar(letter))), family != .foreign
        else {
            self.init(family: .foreign, scope: nil, data: "")
            return
        }
        let scope = String(decoding: fields[1], as: UTF8.self)
        guard let payload = Base64URL.decode(String(decoding: fields[2], as: UTF8.self)),
            let data = String(validating: payload, as: UTF8.self)
        else {
            self.init(family: .foreign, scope: nil, data: "")
            return
        }
        self.init(family: family, scope: scope == "-" ? nil : scope, data: JSONText(data))
    }

    /// Reads what stands where a dialect keeps signatures of `family`; `nil` for nothing.
    static func read(_ text: JSONText?, native family: SignatureFamily) -> Signature? {
        guard let text, !text.isEmpty else { return nil }
        let value = text.string
        if let carried = Signature(carrier: value) { return carried.family == .none ? .unsigned : carried }
        if Self.dummies.contains(value) { return nil }
        if value.hasPrefix("gAAAA") { return Signature(family: .openAI, scope: nil, data: text) }
        guard value.utf8.allSatisfy(\.isBase64) else { return Signature(family: .foreign, scope: nil, data: text) }
        return Signature(family: family, scope: nil, data: text)
    }

    /// Values that tell Gemini to skip the check; they sign nothing.
    private static let dummies: Set<String> = [
        "skip_thought_signature_validator", "context_engineering_is_the_way_to_go",
    ]
}

extension UInt8 {
    /// Whether the byte occurs in base64 of either alphabet.
    fileprivate var isBase64: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
