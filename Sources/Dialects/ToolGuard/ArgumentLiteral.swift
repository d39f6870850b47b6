/// Numbers and words among arguments.
enum ArgumentLiteral {
    private static let pythonWords: [[UInt8]: [UInt8]] = [
        Array("True".utf8): Array("true".utf8), Array("False".utf8): Array("false".utf8),
        Array("None".utf8): Array("null".utf8),
    ]

    /// JSON's word for one of Python's.
    static func meant(by word: [UInt8]) -> [UInt8]? { pythonWords[word] }

    /// Whether it is a word, which nothing can make longer.
    static func isWord(_ literal: [UInt8]) -> Bool {
        wordType(of: pythonWords[literal]?[...] ?? literal[...]) != nil
    }

    /// The type of JSON's literal; `nil` if it is none.
    static func type(of literal: ArraySlice<UInt8>) -> ToolSchema.Types? {
        wordType(of: literal) ?? numberType(of: literal)
    }

    private static func wordType(of literal: ArraySlice<UInt8>) -> ToolSchema.Types? {
        if literal.elementsEqual("true".utf8) || literal.elementsEqual("false".utf8) { return .boolean }
        return literal.elementsEqual("null".utf8) ? .null : nil
    }

    private static func numberType(of literal: ArraySlice<UInt8>) -> ToolSchema.Types? {
        var rest = literal
        var type = ToolSchema.Types.integer
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let leadsWithZero = rest.first == UInt8(ascii: "0")
        let count = takeDigits(from: &rest)
        guard count == 1 || count > 1 && !leadsWithZero else { return nil }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            type = .number
            guard takeDigits(from: &rest) > 0 else { return nil }
        }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            type = .number
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard takeDigits(from: &rest) > 0 else { return nil }
        }
        return rest.isEmpty ? type : nil
    }

    private static func takeDigits(from rest: inout ArraySlice<UInt8>) -> Int {
        let digits = rest.prefix { (0x30...0x39).contains($0) }.count
        rest = rest.dropFirst(digits)
        return digits
    }
}
