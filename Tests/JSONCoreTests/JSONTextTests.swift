import JSONCore
import Testing

struct JSONTextTests {
    private func escaped(_ text: JSONText) -> String {
        var out: [UInt8] = []
        text.appendEscaped(to: &out)
        return string(out)
    }

    private func unescaped(_ text: JSONText) -> String {
        var out: [UInt8] = []
        text.appendUnescaped(to: &out)
        return string(out)
    }

    @Test func `text from a document keeps its spelling`() throws {
        let text = try #require(try json(#""\u0041\/é\ud83d\ude00""#).text)
        #expect(escaped(text) == #"\u0041\/é\ud83d\ude00"#)
        #expect(unescaped(text) == "A/é😀")
        #expect(text.string == "A/é😀")
        #expect("\(text)" == "A/é😀")
    }

    @Test(arguments: [
        ("plain", "plain"), ("\"\\", "\\\"\\\\"), ("\u{8}\u{9}\u{A}\u{C}\u{D}", "\\b\\t\\n\\f\\r"),
        ("\u{0}\u{1F}\u{1B}", "\\u0000\\u001f\\u001b"),
        ("\u{7F}é€😀", "\u{7F}é€😀"), ("a\u{2028}b\u{2029}c", "a\\u2028b\\u2029c"), ("’ “ ” …", "’ “ ” …"), ("/", "/"),
        ("", ""), ("\u{2027}\u{202A}", "\u{2027}\u{202A}"),
    ])
    func `strings are escaped as little as possible`(_ plain: String, _ expected: String) throws {
        #expect(escaped(JSONText(plain)) == expected)
        for length in [0, 1, 15, 16, 30, 31, 32, 33, 100] {  // around the width of the fast loop
            let padding = String(repeating: "x", count: length)
            let text = JSONText(padding + plain + padding)
            #expect(escaped(text) == padding + expected + padding)
            #expect(try json("\"\(escaped(text))\"").string == text.string)
        }
    }

    @Test func `all three kinds are equal when they mean the same`() throws {
        let texts = [
            JSONText("a\né"), JSONText(rawEscaped: [UInt8](#"a\n\u00e9"#.utf8)),
            try #require(try json(#""\u0061\n\u00E9""#).text),
            try #require(try json(#""a\né""#).text),
        ]
        for left in texts {
            for right in texts { #expect(left == right) }
            #expect(left != "a\ne")
            #expect(left != "")
            #expect(left.equals("a\né"))
            #expect(!left.equals("a\n"))
            #expect(left.string == "a\né")
            #expect(unescaped(left) == "a\né")
            #expect(!left.isEmpty)
        }
        #expect(JSONText("\u{E9}") != JSONText("e\u{301}"))
    }

    @Test func `empty text is empty in every kind`() throws {
        for text in [JSONText(""), JSONText(rawEscaped: []), try #require(try json("\"\"").text)] {
            #expect(text.isEmpty)
            #expect(text.utf8Count == 0)
            #expect(text.string.isEmpty)
            #expect(escaped(text).isEmpty)
            #expect(unescaped(text).isEmpty)
            #expect(text.equals(""))
        }
    }

    @Test func `joining keeps spellings and heals a cut pair`() throws {
        let high = try #require(try json(#""a\ud83d""#).text)
        let low = try #require(try json(#""\ude00""#).text)
        #expect(high.string == "a\u{FFFD}")
        #expect(JSONText.joined([high, low], separator: "").string == "a😀")
        #expect(escaped(JSONText.joined([high, low, "é\""], separator: "\n")) == #"a\ud83d\n\ude00\né\""#)
        #expect(JSONText.joined([], separator: ",").isEmpty)
        #expect(JSONText.joined(["x"], separator: ",").string == "x")
    }

    @Test func `raw bytes cut within an escape do not trap`() {
        for cut in [#"\"#, #"a\"#, #"\u"#, #"\u1"#, #"\u12"#, #"\u123"#, #"\ud83d\u"#, #"\ud83d\ude"#, #"\uzzzz"#] {
            let text = JSONText(rawEscaped: [UInt8](cut.utf8))
            #expect(text.string.utf8.count <= cut.utf8.count)
            #expect(unescaped(text) == text.string)
            #expect(text == text)
        }
    }

    @Test func `long texts survive`() throws {
        let long = String(repeating: "é\n\"", count: 100_000)
        var writer = JSONWriter()
        writer.string(long)
        #expect(try JSONDocument.parse(writer.bytes).root.string == long)
    }
}
