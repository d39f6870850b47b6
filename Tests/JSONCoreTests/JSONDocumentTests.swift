import JSONCore
import Testing

struct SmokeTests {
    @Test func `a chat chunk reads back`() throws {
        let text = #"{"id":"x","choices":[{"index":0,"delta":{"content":"Hé\n"},"finish_reason":null}],"n":1.5e3}"#
        let document = try JSONDocument.parse(text: text)
        let root = document.root
        let choice = try #require(root["choices"]?.first)
        #expect(choice["delta"]?["content"]?.string == "Hé\n")
        #expect(choice["index"]?.int == 0)
        #expect(choice["finish_reason"]?.isNull == true)
        #expect(choice.present("finish_reason") == nil)
        #expect(root["n"]?.int == 1500)
        #expect(root["n"]?.numberText == "1.5e3")
        #expect(root.range == 0..<text.utf8.count)
        var writer = JSONWriter()
        writer.raw(root)
        #expect(writer.bytes == document.bytes)
        var editor = JSONEditor(document)
        editor.setMember("id", of: root, to: JSONLiteral.string("y"))
        editor.setMember("new", of: root, to: JSONLiteral.int(3))
        editor.removeMember("n", of: root)
        #expect(
            String(decoding: editor.finish(), as: UTF8.self)
                == text.replacing(#""x""#, with: #""y""#).replacing(#","n":1.5e3"#, with: #","new":3"#)
        )
        #expect(
            JSONRepair.object(from: #"{"a":[1,{"b":"c"#).root.isStructurallyEqual(
                to: try JSONDocument.parse(text: #"{"a":[1,{"b":"c"}]}"#).root
            )
        )
        #expect(throws: JSONError.self) { try JSONDocument.parse(text: "{]") }
    }
}
