import JSONCore
import Testing

/// Texts of RFC 8259: what every parser must accept, what it must refuse, and what we decided where it leaves the choice.
struct JSONConformanceTests {
    static let accepted: [String] = [
        // Structure
        "{}", "[]", "[[]]", "[{}]", "{\"a\":[]}", "{\"a\":{}}", "[null]", "[1,null,true,false,\"\"]",
        "{\"a\":1,\"b\":2}",
        "{\"\":0}", "{\"a\":1,\"a\":2}", "{\"a\":\"b\",\"a\":\"b\"}", "[[[[[]]]],[[]],{}]", "[{\"a\":{\"b\":[{}]}}]",
        "{\"x\":[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}],\"id\":\"x\"}",
        // Blanks
        " []", "[] ", "\n[]\r\n", "\t{ \"a\" \t:\r1\n, \"b\" : 2 } ", "[ ]", "{ }", "[ 1 , 2 ]", "   1   ", " \"a\" ",
        "\n\n\n\nnull",
        // Scalars alone
        "null", "true", "false", "0", "-1", "\"\"", "\"abc\"", "1e1",
        // Numbers
        "[0]", "[-0]", "[0.0]", "[-0.0]", "[0e1]", "[0E1]", "[0e+1]", "[0e-1]", "[1]", "[10]", "[-10]", "[123]",
        "[1.5]", "[1.50]",
        "[123.456e78]", "[1E22]", "[1E-2]", "[1E+2]", "[1e-2]", "[123e65]", "[20e1]", "[-1.5e-10]", "[0.4e00669999]",
        "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
        // Strings
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]",
        "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
        "[\"\\u0000\"]", "[\"\\u005C\"]", "[\"\\u0022\"]", "[\"\\uFFFF\"]", "[\"\\uDBFF\\uDFFE\"]", "[\"\\u200B\"]",
        "[\"\\u2064\"]",
        "[\"\\uFDD0\"]", "[\"asd\"]", "[\"asd \"]", "[\"a/*b*/c\"]", "[\"new\\u00A0line\"]", "[\"\\\\u0000\"]",
        "[\"\\\\n\"]",
        "[\"\u{7F}\"]", "[\"€𝄞\"]", "[\"\u{2028}\u{2029}\"]", "[\"\u{10FFFF}\"]", "[\"\u{FFFE}\"]", "[\"⍂㈴⍂\"]",
        "{\"\\u0061\":1}",
        "{\"title\":\"\\u041f\\u043e\\u043b\"}", "[\"{}[]:,\"]", "[\"\\\\\\\\\\\\\\\\\"]", "[\"\\\\\",\"\\\\\\\"\"]",
        "{\"min\":-1.0e+28,\"max\":1.0e+28}",
    ]

    static let refused: [String] = [
        // Nothing
        "", " ", "\n\t\r ",
        // Structure
        "[", "]", "{", "}", "[}", "{]", "[[]", "[]]", "{}}", "[1}", "{\"a\":1]", "[][]", "[]{}", "{}{}", "[],", ",[]",
        "[1]x", "1 2",
        "[,]", "[,1]", "[1,]", "[1,,2]", "[1,,]", "[\"\",]", "[1 2]", "[1:2]", "[\"a\":1]", "[\"a\"", "[\"a\",",
        "[\"a\" 1]", "[{}",
        "{,}", "{\"a\"}", "{\"a\":}", "{:1}", "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1,}", "{\"a\":1,,\"b\":2}",
        "{\"a\":1 \"b\":2}",
        "{1:2}", "{a:1}", "{'a':1}", "{null:1}", "{[]:1}", "{{}:1}", "{\"a\":1,\"b\"}", "{\"a\":1,\"b\":}",
        "{\"a\":\"b\"}/**/", "{\"a\"",
        "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":[", "{\"a\":{}", "[1]/", "/**/[]", "//\n[]", "[1,\n1\n,1", ":", ",",
        "[:]", "{\"a\",1}",
        "{\"a\":1}#", "*", "[*]", "<a>", "abc", "[a", "[]\u{0}", "{} x", "\"a\"\"b\"", "[\"a\"\"b\"]", "[\"a\"b]",
        "[1\"a\"]", "[true\"a\"]",
        // Literals
        "nul", "nulll", "tru", "truee", "truth", "fals", "falsee", "True", "NULL", "[nul]", "[truefalse]",
        "[true false]", "[tr ue]", "n",
        "t", "f", "[null1]", "nan", "NaN", "[NaN]", "[-NaN]", "Infinity", "[-Infinity]", "[Inf]", "undefined",
        // Numbers
        "[+1]", "[++1]", "[-]", "[- 1]", "[--1]", "[-01]", "[01]", "[00]", "[-00]", "[012]", "[1.]", "[.1]", "[-.1]",
        "[1.e1]", "[.e1]",
        "[1e]", "[1e+]", "[1e-]", "[1E+-1]", "[0e]", "[0e+]", "[0.e1]", "[0.3e]", "[0.3e+]", "[1.0e]", "[1.0e-]",
        "[1.2.3]", "[1e1e1]",
        "[1e1.5]", "[0x1]", "[0x]", "[1_000]", "[1,000]x", "[1 000.0]", "[1a]", "[1-]", "[1+2]", "[-1x]", "[１]",
        "[1\u{0}]", "[2.]", "-",
        "+", ".", "-.", "[1ea]", "[1eE2]", "[9.e+]", "[-2.]", "[0.1.2]", "[0 .1]", "[1. 5]",
        // Strings
        "\"", "[\"]", "[\"a]", "[\"\\\"]", "[\"\\", "[\"\\\"", "['a']", "[\"\\a\"]", "[\"\\x00\"]", "[\"\\0\"]",
        "[\"\\'\"]", "[\"\\ \"]",
        "[\"\\\u{0}\"]", "[\"\\é\"]", "[\"\\😀\"]", "[\"\\u\"]", "[\"\\u1\"]", "[\"\\u12\"]", "[\"\\u123\"]",
        "[\"\\u123g\"]", "[\"\\uD834\\uDd\"]",
        "[\"\\u00A\"]", "[\"\\U0041\"]", "[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]", "[\"\\u{41}\"]", "[\\n]",
        "[\\u0020\"a\"]", "\\", "[\"a\\\\\"\"]",
        "[\"\u{0}\"]", "[\"\n\"]", "[\"a\tb\"]", "[\"\r\"]", "[\"\u{1F}\"]", "[\"a\u{8}\"]", "{\"a\n\":1}", "[“a”]",
        "[\u{A0}]", "[\u{C}]", "\u{2060}[]",
        "[\u{2028}]", "[1,\u{B}1]", "[\u{1A}]", "[1\u{C}2]", "{\"a\"\u{1A}1}",
    ]

    @Test(arguments: accepted)
    func `valid texts are accepted and kept`(_ text: String) throws {
        let document = try JSONDocument.parse(text: text)
        #expect(string(document.bytes) == text)
        #expect(try json(rewritten(document.root)).isStructurallyEqual(to: document.root))
    }

    @Test(arguments: refused)
    func `invalid texts are refused`(_ text: String) {
        let error = #expect(throws: JSONError.self) { try json(text) }
        #expect((0...text.utf8.count).contains(error?.offset ?? -1))
    }

    @Test(arguments: accepted)
    func `a text cut anywhere is refused or another valid text`(_ text: String) throws {
        let bytes = [UInt8](text.utf8)
        for cut in 0..<bytes.count {
            guard let document = try? JSONDocument.parse([UInt8](bytes[..<cut])) else { continue }
            #expect(document.root.isNumber || !bytes[cut...].contains { $0 > 0x20 }, "cut at \(cut)")
        }
    }

    /// Byte sequences that are no UTF-8 at all.
    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xE0, 0xFF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0xBF, 0xBF, 0xBF], [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF],
            [0x80], [0xBF], [0xC3], [0xE2, 0x82], [0xF0, 0x9D, 0x84], [0xE9], [0xC3, 0x28], [0xFE, 0xFE],
        ] as [[UInt8]]
    )
    func `what is not UTF-8 is refused everywhere`(_ bad: [UInt8]) {
        for (head, tail) in [
            ("[\"", "\"]"), ("{\"a", "\":1}"), ("[", "]"), ("", ""), ("[\"\(String(repeating: "é", count: 99))", "\"]"),
        ] {
            let bytes = [UInt8](head.utf8) + bad + [UInt8](tail.utf8)
            let error = #expect(throws: JSONError.self) { try JSONDocument.parse(bytes) }
            #expect(error?.code == .encoding)
            #expect((0...bytes.count).contains(error?.offset ?? -1))
        }
    }

    @Test func `other encodings are refused`() {
        for bytes in [
            [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00], [0xFE, 0xFF, 0x00, 0x5B, 0x00, 0x5D], [0x00, 0x5B, 0x00, 0x5D],
        ] as [[UInt8]] {
            #expect(throws: JSONError.self) { try JSONDocument.parse(bytes) }
        }
    }

    // MARK: - Where the RFC leaves the choice

    @Test(arguments: [
        ("\\ud800", "\u{FFFD}"), ("\\udc00", "\u{FFFD}"), ("\\ud800\\ud800", "\u{FFFD}\u{FFFD}"),
        ("\\ud800a", "\u{FFFD}a"),
        ("\\ud800\\n", "\u{FFFD}\n"), ("\\udd1e\\ud834", "\u{FFFD}\u{FFFD}"), ("\\ud800\\udc00", "\u{10000}"),
        ("\\uDADA", "\u{FFFD}"),
        ("\\ud834\\ud834\\udd1e", "\u{FFFD}\u{1D11E}"), ("a\\uDBFF\\uDFFFb", "a\u{10FFFF}b"),
        ("\\ud800\\u0041", "\u{FFFD}A"),
    ])
    func `lone surrogates are tolerated and read as U+FFFD`(_ escaped: String, _ text: String) throws {
        #expect(try json("\"\(escaped)\"").string == text)
        #expect(try json("{\"\(escaped)\":1}").member(text)?.int == 1)
    }

    @Test func `a byte order mark is tolerated and counted in offsets`() throws {
        let document = try JSONDocument.parse(text: "\u{FEFF}{\"a\": 1}")
        #expect(document.bytes.count == 11)
        #expect(document.root.range == 3..<11)
        #expect(document.root["a"]?.range == 9..<10)
        #expect(document.root["a"]?.int == 1)
        let error = #expect(throws: JSONError.self) { try json("\u{FEFF}[x]") }
        #expect(error?.offset == 4)
        #expect(throws: JSONError.self) { try json("\u{FEFF}") }
        #expect(throws: JSONError.self) { try json("\u{FEFF}\u{FEFF}[]") }
        #expect(throws: JSONError.self) { try json("[\u{FEFF}]") }
    }

    @Test(arguments: [
        "1e309", "-1e309", "1e-400", "123123e100000", "-123123123123123123123123123123", "100000000000000000000",
        "0.4e006699999999999999999999999999999999999999999999999999999999999999999999999999999999", "9007199254740993",
    ])
    func `huge and tiny numbers keep their spelling`(_ spelling: String) throws {
        let value = try #require(try json("[\(spelling)]").first)
        #expect(value.numberText == spelling)
        #expect(value.double?.isFinite ?? true)
    }
}

/// A text of the same value made by the writer.
func rewritten(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    rewrite(value, to: &writer)
    return string(writer.bytes)
}

private func rewrite(_ value: JSONValue, to writer: inout JSONWriter) {
    switch value.kind {
    case .null: writer.null()
    case .bool: writer.bool(value.bool ?? false)
    case .number: writer.raw(value)
    case .string: if let text = value.text { writer.text(text) }
    case .array:
        writer.beginArray()
        for element in value.elements { rewrite(element, to: &writer) }
        writer.endArray()
    case .object:
        writer.beginObject()
        for (key, value) in value.members {
            writer.key(key)
            rewrite(value, to: &writer)
        }
        writer.endObject()
    }
}
