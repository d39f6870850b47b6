import JSONCore
import Testing

struct JSONDocumentTests {
    @Test func `a chat chunk reads back`() throws {
        let root = try json(
            #"{"id":"x","choices":[{"index":0,"delta":{"content":"Hé\n"},"finish_reason":null}],"usage":{"n":1.5e3}}"#
        )
        let choice = try #require(root["choices"]?.first)
        #expect(choice["delta"]?["content"]?.string == "Hé\n")
        #expect(choice["index"]?.int == 0)
        #expect(choice["finish_reason"]?.isNull == true)
        #expect(root["usage"]?["n"]?.numberText == "1.5e3")
        #expect(root["absent"] == nil)
        #expect(root["id"]?["x"] == nil)
    }

    @Test func `every kind answers only for itself`() throws {
        let elements = [JSONValue](try json(#"[null,true,false,1,"s",[1,2],{"a":1}]"#).elements)
        #expect(elements.map(\.kind) == [.null, .bool, .bool, .number, .string, .array, .object])
        #expect(elements.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(elements.map(\.isBool) == [false, true, true, false, false, false, false])
        #expect(elements.map(\.bool) == [nil, true, false, nil, nil, nil, nil])
        #expect(elements.map(\.int) == [nil, nil, nil, 1, nil, nil, nil])
        #expect(elements.map(\.double) == [nil, nil, nil, 1, nil, nil, nil])
        #expect(elements.map(\.numberText) == [nil, nil, nil, "1", nil, nil, nil])
        #expect(elements.map(\.string) == [nil, nil, nil, nil, "s", nil, nil])
        #expect(elements.map { $0.text?.string } == [nil, nil, nil, nil, "s", nil, nil])
        #expect(elements.map(\.count) == [0, 0, 0, 0, 0, 2, 1])
        #expect(elements.map { [JSONValue]($0.elements).count } == [0, 0, 0, 0, 0, 2, 0])
        #expect(elements.map { Array($0.members).count } == [0, 0, 0, 0, 0, 0, 1])
        #expect(elements.map { $0["a"] != nil } == [false, false, false, false, false, false, true])
        #expect(elements.map { $0.member("a") != nil } == [false, false, false, false, false, false, true])
        #expect(elements.map { $0.first != nil } == [false, false, false, false, false, true, false])
        #expect(elements.map { $0.equals("s") } == [false, false, false, false, true, false, false])
        #expect(elements.map { string($0.raw) } == ["null", "true", "false", "1", "\"s\"", "[1,2]", "{\"a\":1}"])
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", .max),
            ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("18446744073709551616", nil),
            ("4096.0", 4096),
            ("1e3", 1000), ("1.5e1", 15), ("1.5", nil), ("1e-3", nil), ("1e400", nil), ("1e17", nil), ("0.0", 0),
            ("99999999999999999999999999", nil),
        ] as [(String, Int?)]
    )
    func `whole numbers are read exactly or not at all`(_ text: String, _ value: Int?) throws {
        #expect(try json(text).int == value)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0.0", -0.0), ("1.5", 1.5), ("1e3", 1000), ("0.1", 0.1), ("1e308", 1e308), ("1e309", nil),
            ("-1e309", nil),
            ("1e-400", 0), ("5e-324", .leastNonzeroMagnitude), ("12345678901234567890", 12_345_678_901_234_567_890.0),
        ] as [(String, Double?)]
    )
    func `doubles are the nearest ones`(_ text: String, _ value: Double?) throws {
        #expect(try json(text).double == value)
    }

    @Test func `of duplicates the last counts, however it is escaped`() throws {
        let root = try json(#"{"model":1,"a":2,"\u006dodel":3,"A":4}"#)
        #expect(root["model"]?.int == 3)
        #expect(root.member("model")?.int == 3)
        #expect(root.firstDuplicateKey() == "model")
        #expect(root.members.map(\.key.string) == ["model", "a", "model", "A"])
        #expect(root.count == 4)
        #expect(try json(#"{"a":1,"A":2,"b":{"a":1,"a":2}}"#).firstDuplicateKey() == nil)
        #expect(try json(#"[{"a":1,"a":2}]"#).firstDuplicateKey() == nil)
        // Equal to the eye is not equal: composed and decomposed letters are different keys.
        #expect(try json("{\"\u{E9}\":1,\"e\u{301}\":2}").firstDuplicateKey() == nil)
        #expect(try json("{\"\u{E9}\":1}").member("e\u{301}") == nil)
    }

    @Test func `null members are there but not present`() throws {
        let root = try json(#"{"a":null,"b":false}"#)
        #expect(root["a"]?.isNull == true)
        #expect(root.present("a") == nil)
        #expect(root.present("b")?.bool == false)
        #expect(root.present("c") == nil)
        #expect(try root.required("b").bool == false)
        let error = #expect(throws: JSONError.self) { try root.required("a") }
        #expect(error == JSONError(.missing, offset: 0, key: "a"))
    }

    @Test(arguments: ["", "a", "model", "a\"b", "a\\b", "é", "\n", "👩‍👩‍👧", "\u{0}"])
    func `a key is found however it is spelled`(_ key: String) throws {
        let other = "{\"zz\":0,\"\(key.utf8.map { _ in "x" }.joined())x\":1,"
        let plain = string(JSONLiteral.string(key))
        let escaped = "\"" + key.utf16.map { "\\u" + String(0x10000 | Int($0), radix: 16).dropFirst() }.joined() + "\""
        for spelling in [plain, escaped] {
            let root = try json("\(other)\(spelling):[7],\"last\":0}")
            #expect(root.member(key)?.first?.int == 7, "\(spelling)")
            #expect(root.member(key + "x")?.int != 7)
        }
    }

    @Test func `a string is compared without decoding it`() throws {
        #expect(try json(#""\u0061b""#).equals("ab"))
        #expect(try json(#""ab""#).equals("ab"))
        #expect(try json(#""ab""#).equals("a") == false)
        #expect(try json(#""ab""#).equals("abc") == false)
        #expect(try json(#""a\nb""#).equals("a\nb"))
        #expect(try json(#""""#).equals(""))
        #expect(try json(#""\ud800""#).equals("\u{FFFD}"))
        #expect(try json("1").equals("1") == false)
    }

    @Test func `ranges are those of the original bytes`() throws {
        let text = " { \"a\" : [ 1 , \"é\" ] , \"b\" : { } } "
        let root = try json(text)
        #expect(string(root.raw) == text.trimmingPrefix(" ").dropLast())
        #expect(string(try #require(root["a"]).raw) == "[ 1 , \"é\" ]")
        #expect(string(try #require(root["b"]).raw) == "{ }")
        #expect(root["a"]?.elements.map { string($0.raw) } == ["1", "\"é\""])
    }

    @Test func `texts that are not UTF-8 can be mended`() throws {
        let bytes: [UInt8] = [0x5B, 0x22, 0x61, 0xFF, 0xC3, 0x22, 0x5D]
        #expect(try JSONDocument.parse(mending: bytes).root.first?.string == "a\u{FFFD}\u{FFFD}")
        #expect(throws: JSONError.self) { try JSONDocument.parse(mending: [0x5B, 0xFF]) }
        #expect(try JSONDocument.parse(mending: [0x5B, 0x5D]).root.isArray)
    }

    @Test func `constants are what they say`() {
        #expect(JSONDocument.emptyObject.root.isObject)
        #expect(JSONDocument.emptyArray.root.isArray)
        #expect(JSONDocument.null.root.isNull)
    }

    @Test(arguments: [
        ("{\"a\":1,\"b\":[true]}", "{ \"b\" : [ true ], \"a\" : 1.0 }", true), ("{\"a\":1,\"a\":2}", "{\"a\":2}", true),
        ("\"\\u00e9\"", "\"é\"", true), ("[1,2]", "[2,1]", false), ("[1]", "[1,1]", false),
        ("{\"a\":1}", "{\"a\":1,\"b\":1}", false),
        ("1e2", "100", true), ("9007199254740992", "9007199254740993", false), ("1", "\"1\"", false),
        ("null", "false", false),
        ("99999999999999999998", "99999999999999999999", false), ("1e999", "1e999", true), ("true", "false", false),
    ])
    func `structural equality looks at what is meant`(_ left: String, _ right: String, _ isEqual: Bool) throws {
        #expect(try json(left).isStructurallyEqual(to: json(right)) == isEqual)
        #expect(try json(right).isStructurallyEqual(to: json(left)) == isEqual)
    }
}
