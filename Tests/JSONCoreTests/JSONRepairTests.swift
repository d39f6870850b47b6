import JSONCore
import Testing

struct JSONRepairTests {
    private func repaired(_ text: String) -> String {
        string(JSONRepair.object(from: JSONText(text)).bytes)
    }

    @Test(arguments: ["{}", #"{"b":1.50,"a":"\u0041"}"#, #"{ "a" : [1, 2] }"#, #"{"a":1,"a":2}"#])
    func `an object is kept as it is`(_ text: String) {
        #expect(repaired(text) == text)
        #expect(JSONRepair.isObject(JSONText(text)))
    }

    @Test(arguments: [
        (" \n{\"a\":1}\t ", "{\"a\":1}"), ("\u{FEFF}{\"a\":1}", "{\"a\":1}"), ("", "{}"), ("  \n", "{}"),
        ("null", "{}"),
        (#""{\"a\":1.0}""#, "{\"a\":1.0}"), (#"" {\"a\":\"x\"} ""#, "{\"a\":\"x\"}"),
        (#""\"{\\\"a\\\":1}\"""#, "{\"a\":1}"), (#""""#, "{}"),
        (#""{}""#, "{}"), ("{\"a\":1,}", "{\"a\":1}"), ("{\"a\":[1,2, ],\n}", "{\"a\":[1,2]}"),
        ("{\"a\":1},", #"{"_raw":"{\"a\":1},"}"#),
    ])
    func `small faults are mended`(_ text: String, _ expected: String) {
        #expect(repaired(text) == expected)
    }

    @Test(arguments: [
        ("{", "{}"), ("{\"", "{}"), ("{\"a", "{}"), ("{\"a\"", "{}"), ("{\"a\":", "{}"), ("{\"a\": ", "{}"),
        ("{\"a\":1", "{\"a\":1}"),
        ("{\"a\":1,", "{\"a\":1}"), ("{\"a\":1,\"b", "{\"a\":1}"), ("{\"a\":1,\"b\":", "{\"a\":1}"),
        ("{\"a\":\"", "{\"a\":\"\"}"),
        ("{\"a\":\"x y", "{\"a\":\"x y\"}"), ("{\"a\":\"x\\", "{\"a\":\"x\"}"), ("{\"a\":\"x\\u00e", "{\"a\":\"x\"}"),
        ("{\"a\":\"x\\n", "{\"a\":\"x\\n\"}"), ("{\"a\":[", "{\"a\":[]}"), ("{\"a\":[1,", "{\"a\":[1]}"),
        ("{\"a\":[{\"b\":\"c", "{\"a\":[{\"b\":\"c\"}]}"),
        ("{\"a\":tr", "{\"a\":true}"), ("{\"a\":fals", "{\"a\":false}"), ("{\"a\":n", "{\"a\":null}"),
        ("{\"a\":-", "{}"), ("{\"a\":12.", "{\"a\":12}"),
        ("{\"a\":1e+", "{\"a\":1}"), ("{\"b\":0,\"a\":-", "{\"b\":0}"), ("{\"a\":[1,-", "{\"a\":[1]}"),
        ("{\"a\":{\"b\":{}", "{\"a\":{\"b\":{}}}"),
        (#""{\"a\":\"b"#, "{\"a\":\"b\"}"), ("{\"a\":[1 ", "{\"a\":[1]}"), (" \u{FEFF} {\"a\":1", "{\"a\":1}"),
        ("{\"a\":\"line\nbreak\"}", "{\"a\":\"line\\nbreak\"}"),
    ])
    func `a cut text is closed`(_ text: String, _ expected: String) {
        #expect(repaired(text) == expected)
    }

    @Test(arguments: [
        "hello", "[1]", "1", "true", "\"text\"", "{\"a\":1}}", "{a:1}", "{]", "{\"a\":[1}", "{\"a\" 1}", "<x>",
        "{\"a\":}", "{\"a\":1 2}", "{'a':1}", "\u{0}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"\\u166\":,0a[]}",
    ])
    func `what is no object is wrapped whole`(_ text: String) throws {
        let document = JSONRepair.object(from: JSONText(text))
        if text == "\u{0}" {  // only a control character: nothing after trimming
            #expect(string(document.bytes) == "{}")
        } else {
            #expect(document.root.count == 1)
            #expect(document.root["_raw"]?.string == text)
        }
        #expect(!JSONRepair.isObject(JSONText(text)))
    }

    @Test(arguments: [
        (#""{\"a\":1}""#, #"{"a":1}"#), (#" \#n"{\"b\": 1.50, \"a\":\"\\\"\"}" "#, #"{"b": 1.50, "a":"\""}"#),
    ])
    func `an object that was encoded twice is decoded once`(_ text: String, _ object: String) throws {
        #expect(JSONRepair.decodedOnce(JSONText(text))?.string == object)
        let carrier = try JSONDocument.parse(JSONLiteral.string(text))
        #expect(carrier.root.text.flatMap(JSONRepair.decodedOnce)?.string == object)
        #expect(
            JSONRepair.decodedOnce(JSONText(rawEscaped: Array(carrier.bytes.dropFirst().dropLast())))?.string == object
        )
    }

    @Test(arguments: [
        #"{"a":1}"#, "", " ", "\"", #""text""#, #""[1]""#, #""{\"a\":""#, #""{}" x"#, "null", #""\"{}\"""#, "\\", "\n",
    ])
    func `nothing else is decoded`(_ text: String) throws {
        #expect(JSONRepair.decodedOnce(JSONText(text)) == nil)
        let carrier = try JSONDocument.parse(JSONLiteral.string(text))
        #expect(carrier.root.text.flatMap(JSONRepair.decodedOnce) == nil)
    }

    @Test func `escaped text is decoded first`() throws {
        let message = try json(#"{"arguments":"{\"city\":\"K\u00f6ln\",\"n\":1.10,"}"#)
        let text = try #require(message["arguments"]?.text)
        #expect(string(JSONRepair.object(from: text).bytes) == "{\"city\":\"Köln\",\"n\":1.10}")
    }

    @Test func `a lone surrogate stays valid text`() throws {
        let text = try #require(try json(#""no object \ud800""#).text)
        #expect(JSONRepair.object(from: text).root["_raw"]?.string == "no object \u{FFFD}")
    }

    @Test(arguments: 0..<150) func `every prefix of an object gives an object`(_ seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed) &+ 1000)
        let text = "{\"k\":\(random.text(depth: 3)),\"l\":[\(random.text(depth: 2))]}"
        let bytes = [UInt8](text.utf8)
        for cut in 0...bytes.count {
            let document = JSONRepair.object(from: JSONText(String(decoding: bytes[..<cut], as: UTF8.self)))
            #expect(document.root.isObject)
            #expect(document.root["_raw"] == nil, "\(string(bytes[..<cut]))")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `hostile arguments end in a wrapper, in linear time`() {
        for text in [
            String(repeating: "[", count: 1_000_000), String(repeating: "{\"a\":", count: 200_000),
            String(repeating: "\"\\\"", count: 300_000),
        ] {
            let document = JSONRepair.object(from: JSONText(text))
            #expect(document.root["_raw"]?.text?.string == text)
        }
    }

    @Test(arguments: [
        ("{}", true), ("", true), (#"{"a":1,"#, true), (#"{"a":"b"#, true), (#"{"a":[1,2,],}"#, true),
        ("no object", true), ("{\"a\":\"x\ny\",}", true), (#"{"a":1,"b"#, false), (#""{\"a\":1}""#, true),
        (#"{"a": zz"#, false), (#""{\"a\": zz""#, false),
    ])
    func `mending tells whether it left something out`(text: String, isWhole: Bool) {
        #expect(JSONRepair.reading(of: JSONText(text)).isWhole == isWhole)
    }

    @Test(arguments: [
        (#"{"path":"/home/us"#, #"{"_raw":"{\"path\":\"/home/us"}"#), (#"{"n":12"#, #"{"_raw":"{\"n\":12"}"#),
        (#"{"flag":t"#, #"{"_raw":"{\"flag\":t"}"#), (#"{"path":"#, #"{"_raw":"{\"path\":"}"#),
        (#"[{"x":"cut"#, #"{"_raw":"[{\"x\":\"cut"}"#), (#"{"path":"/home""#, #"{"path":"/home"}"#),
        (#"{"a":{"b":[1]"#, #"{"a":{"b":[1]}}"#), (#"{"a":1,}"#, #"{"a":1}"#), ("", "{}"),
        (#""{\"a\":1}""#, #"{"a":1}"#),
    ])
    func `what a model has said is never added to`(said: String, object: String) {
        #expect(String(decoding: JSONRepair.object(said: JSONText(said)).bytes, as: UTF8.self) == object)
    }
}
