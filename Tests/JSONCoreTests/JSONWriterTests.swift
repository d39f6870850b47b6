import JSONCore
import Testing

struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) throws -> Void) rethrows -> String {
        var writer = JSONWriter()
        try body(&writer)
        return string(writer.bytes)
    }

    @Test func `commas come by themselves`() throws {
        let source = try json(#"{"x":[1, 2],"s":"\u0041"}"#)
        let result = try written { writer in
            writer.beginObject()
            writer.member("string", "a\"b")
            writer.member("int", -7)
            writer.member("double", 0.5)
            writer.member("bool", true)
            writer.member("text", try #require(source["s"]?.text))
            writer.member("value", try #require(source["x"]))
            writer.member("raw", raw: [UInt8]("[]".utf8))
            writer.member("literal", literal: "fixed")
            writer.memberNull("null")
            writer.key("array")
            writer.beginArray()
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.int(1)
            writer.double(2.5)
            writer.bool(false)
            writer.null()
            writer.string("s")
            writer.text("t")
            writer.raw(source)
            writer.endArray()
            writer.key(JSONText("dynamic\n"))
            writer.beginObject()
            writer.member("a", 1)
            writer.endObject()
            writer.endObject()
        }
        #expect(
            result == #"{"string":"a\"b","int":-7,"double":0.5,"bool":true,"text":"\u0041","value":[1, 2],"raw":[],"#
                + #""literal":"fixed","null":null,"array":[{},[],1,2.5,false,null,"s","t",{"x":[1, 2],"s":"\u0041"}],"#
                + #""dynamic\n":{"a":1}}"#
        )
        #expect(try json(result).firstDuplicateKey() == nil)
    }

    @Test(arguments: [0, 1, 9, 10, -1, -9, 1_000_000, .max, .min] as [Int])
    func `whole numbers are exact`(_ value: Int) throws {
        let text = written { $0.int(value) }
        #expect(text == "\(value)")
        #expect(try json(text).int == value)
        #expect(JSONLiteral.int(value) == [UInt8](text.utf8))
    }

    @Test(
        arguments: [
            0, -0.0, 0.1, 1, 1e21, 1e-7, .leastNonzeroMagnitude, 1.7976931348623157e308, 1 / 3, 123_456_789.125,
        ] as [Double]
    )
    func `doubles read back as the same`(_ value: Double) throws {
        let read = try #require(try json(written { $0.double(value) }).double)
        #expect(read.bitPattern == value.bitPattern)
    }

    @Test func `what is no number becomes null`() {
        #expect(written { $0.double(.nan) } == "null")
        #expect(written { $0.double(-.infinity) } == "null")
    }

    @Test func `several documents share one buffer`() {
        var writer = JSONWriter(appendingTo: [UInt8]("data: ".utf8))
        writer.beginObject()
        writer.endObject()
        writer.bytes += [UInt8]("\n\ndata: ".utf8)
        writer.startDocument()
        writer.beginArray()
        writer.int(1)
        writer.int(2)
        writer.endArray()
        #expect(string(writer.bytes) == "data: {}\n\ndata: [1,2]")
    }

    @Test func `literals are valid JSON`() throws {
        #expect(string(JSONLiteral.string("a\n")) == #""a\n""#)
        #expect(string(JSONLiteral.quoted(try #require(try json(#""\u0041""#).text))) == #""\u0041""#)
        #expect(string(JSONLiteral.bool(true) + JSONLiteral.bool(false)) == "truefalse")
        #expect(string(JSONLiteral.null) == "null")
        #expect(string(JSONLiteral.double(1.5)) == "1.5")
        #expect(string(JSONLiteral.double(.infinity)) == "null")
    }

    @Test func `deep nesting stays balanced`() throws {
        let result = written { writer in
            for _ in 0..<100 { writer.beginArray() }
            for _ in 0..<100 { writer.endArray() }
        }
        #expect(try json(result).count == 1)
    }

    @Test func `an object goes on behind deep nesting`() throws {
        let result = written { writer in
            writer.beginObject()
            writer.key("deep")
            for _ in 0..<100 { writer.beginArray() }
            for _ in 0..<100 { writer.endArray() }
            writer.member("next", 1)
            writer.endObject()
        }
        #expect(try json(result)["next"]?.int == 1)
    }

    @Test func `an unbalanced use is caught in debug builds`() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.endArray()
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.int(1)
        }
    }
}
