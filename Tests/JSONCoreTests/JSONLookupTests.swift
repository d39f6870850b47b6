import JSONCore
import Testing

@Suite struct JSONLookupTests {
    @Test func `a lookup says what the value says`() throws {
        let text = #"{"o":{"a":1,"b":null,"a":2,"":3},"e":{"\u0061":4},"l":[1],"s":"a"}"#
        let root = try JSONDocument.parse(text: text).root
        let keys: [StaticString] = ["a", "b", "c", "", "o", "e", "ab"]
        for value in [root] + root.members.map(\.value) {
            let lookup = JSONLookup(value)
            for key in keys {
                #expect(lookup[key]?.range == value[key]?.range)
                #expect(lookup.present(key)?.range == value.present(key)?.range)
            }
        }
        #expect(JSONLookup(root)["e"]?["a"]?.int == 4)
    }

    @Test func `keys are found at the root and below, whatever their outer bytes`() throws {
        let keys = (0..<200).map { "key\($0 * 7919)x" } + ["", "a", "ab", "ä", "model", "mxxxl"]
        for depth in 0..<2 {
            for key in keys {
                let object = "{\"\(key)\":1,\"other\":2}"
                let document = try JSONDocument.parse(text: depth == 0 ? object : "[\(object)]")
                let value = depth == 0 ? document.root : try #require(document.root.first)
                #expect(value.member(key)?.int == 1)
                for absent in keys where absent != key { #expect(value.member(absent) == nil) }
            }
        }
    }

    @Test func `escaped keys are found too`() throws {
        let document = try JSONDocument.parse(text: #"{"mo\u0064el":"a","\u0000":1,"n":2}"#)
        #expect(document.root["model"]?.string == "a")
        #expect(document.root.member("\0")?.int == 1)
        #expect(document.root["n"]?.int == 2)
        #expect(document.root["m"] == nil)
    }

    @Test func `only objects have members`() throws {
        for text in ["[\"a\",1]", "\"a\"", "1", "null"] { #expect(try JSONDocument.parse(text: text).root["a"] == nil) }
    }

    @Test(
        arguments: [
            (#"{}"#, nil), (#"{"a":1,"b":{"a":2,"a":3}}"#, nil), (#"{"a":1,"b":2,"a":3}"#, "a"),
            (#"{"a":1,"\u0061":2}"#, "a"), (#"{"":1,"":2}"#, ""), (#"["a","a"]"#, nil), (#"{"ab":1,"a":2,"b":3}"#, nil),
        ] as [(String, String?)]
    )
    func `the first key that occurs twice`(text: String, key: String?) throws {
        #expect(try JSONDocument.parse(text: text).root.firstDuplicateKey() == key)
    }

    @Test func `a key that occurs twice among very many`() throws {
        let members = (0..<500).map { "\"k\($0)\":\($0)" }
        #expect(try JSONDocument.parse(text: "{\(members.joined(separator: ","))}").root.firstDuplicateKey() == nil)
        let doubled = members + ["\"k17\":0"]
        #expect(try JSONDocument.parse(text: "{\(doubled.joined(separator: ","))}").root.firstDuplicateKey() == "k17")
    }
}
