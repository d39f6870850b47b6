import JSONCore
import Testing

struct JSONEditorTests {
    private func edited(_ text: String, _ body: (inout JSONEditor, JSONValue) throws -> Void) throws -> String {
        let document = try JSONDocument.parse(text: text)
        var editor = JSONEditor(document)
        try body(&editor, document.root)
        let bytes = editor.finish()
        _ = try JSONDocument.parse(bytes)
        return string(bytes)
    }

    private let three = "{ \"a\" : 1 ,\n  \"b\" : [2] ,\n  \"c\" : 3.50 }"

    @Test func `nothing changed is nothing changed`() throws {
        let document = try JSONDocument.parse(text: " {\"a\" : 1.50 }\n")
        var editor = JSONEditor(document)
        #expect(editor.isEmpty)
        #expect(editor.finish() == document.bytes)
        editor.removeMember("x", of: document.root)
        #expect(editor.isEmpty)
        #expect(editor.finish() == document.bytes)
    }

    @Test func `a member is set in place and everything else survives`() throws {
        let text = "\u{FEFF} {\"model\" : \"a\\u0041\", \"n\":1.00,\"x\":{\"model\":\"keep\"} , \"é\\/\":[ ]}\n"
        let result = try edited(text) { $0.setMember("model", of: $1, to: JSONLiteral.string("b")) }
        #expect(result == text.replacing("\"a\\u0041\"", with: "\"b\""))
    }

    @Test func `every duplicate is set`() throws {
        let result = try edited(#"{"m":1,"x":2,"\u006d":3}"#) { $0.setMember("m", of: $1, to: [0x39]) }
        #expect(result == #"{"m":9,"x":2,"\u006d":9}"#)
    }

    @Test(arguments: [
        #"{"m":1,"x":2,"\u006d":3}"#, #"{"x":{"m":1},"m" : [1,2] }"#, "{}", "[]", #""m""#, #"{"x":"m"}"#,
        "\u{FEFF} {\"m\" : \"a\", \"é\":1.00}\n",
    ])
    func `one member is replaced as an editor would`(text: String) throws {
        let document = try JSONDocument.parse(text: text)
        var editor = JSONEditor(document)
        if document.root["m"] != nil { editor.setMember("m", of: document.root, to: JSONLiteral.int(9)) }
        #expect(document.replacing("m", with: JSONLiteral.int(9)) == editor.finish())
    }

    @Test func `absent members are appended in order, once each`() throws {
        for (text, expected) in [
            ("{}", "{\"a\":3,\"b\":2}"), ("{ }", "{\"a\":3,\"b\":2 }"), ("{\"x\":1 }", "{\"x\":1,\"a\":3,\"b\":2 }"),
        ] {
            let result = try edited(text) { editor, root in
                editor.setMember("a", of: root, to: [0x31])
                editor.setMember("b", of: root, to: [0x32])
                editor.setMember("a", of: root, to: [0x33])
            }
            #expect(result == expected)
        }
    }

    @Test func `keys are escaped when they are written`() throws {
        #expect(try edited("{}") { $0.setMember("a\"\n", of: $1, to: [0x31]) } == #"{"a\"\n":1}"#)
    }

    @Test(arguments: [
        (["a"], "{ \"b\" : [2] ,\n  \"c\" : 3.50 }"), (["b"], "{ \"a\" : 1 ,\n  \"c\" : 3.50 }"),
        (["c"], "{ \"a\" : 1 ,\n  \"b\" : [2] }"),
        (["a", "b"], "{ \"c\" : 3.50 }"), (["b", "c"], "{ \"a\" : 1 }"), (["a", "c"], "{ \"b\" : [2] }"),
        (["c", "b", "a"], "{  }"),
        (["x"], "{ \"a\" : 1 ,\n  \"b\" : [2] ,\n  \"c\" : 3.50 }"),
    ])
    func `members are removed with one comma each`(_ keys: [String], _ expected: String) throws {
        let result = try edited(three) { editor, root in for key in keys { editor.removeMember(key, of: root) } }
        #expect(result == expected)
    }

    @Test func `every duplicate is removed`() throws {
        #expect(try edited(#"{"m":1,"x":2,"\u006d":3}"#) { $0.removeMember("m", of: $1) } == #"{"x":2}"#)
    }

    @Test func `the last call for a key counts`() throws {
        #expect(
            try edited("{\"a\":1,\"b\":2}") { editor, root in
                editor.removeMember("a", of: root)
                editor.setMember("a", of: root, to: [0x39])
                editor.setMember("b", of: root, to: [0x38])
                editor.removeMember("b", of: root)
                editor.setMember("c", of: root, to: [0x37])
                editor.removeMember("c", of: root)
            } == "{\"a\":9}"
        )
    }

    @Test(arguments: [
        ([0], "[ 2 , 3 ]"), ([1], "[ 1 , 3 ]"), ([2], "[ 1 , 2 ]"), ([0, 1], "[ 3 ]"), ([1, 2], "[ 1 ]"),
        ([0, 1, 2], "[  ]"), ([0, 2], "[ 2 ]"),
    ])
    func `elements are removed with one comma each`(_ indexes: [Int], _ expected: String) throws {
        let result = try edited("[ 1 , 2 , 3 ]") { editor, root in
            let elements = [JSONValue](root.elements)
            for index in indexes { editor.removeElement(elements[index], of: root) }
        }
        #expect(result == expected)
    }

    @Test(arguments: [
        ("[]", [0], "[A]"), ("[ ]", [0, 5], "[A,B ]"), ("[1]", [0], "[A,1]"), ("[1]", [1], "[1,A]"),
        ("[1, 2]", [1], "[1,A, 2]"),
        ("[1, 2]", [0, 0, 2, 2], "[A,B,1, 2,C,D]"), ("[1, 2]", [-3, 9], "[A,1, 2,B]"),
    ])
    func `elements are inserted where they belong`(_ text: String, _ indexes: [Int], _ expected: String) throws {
        let document = try JSONDocument.parse(text: text)
        var editor = JSONEditor(document)
        for (index, name) in zip(indexes, "ABCD".utf8) { editor.insertElement([name], at: index, of: document.root) }
        #expect(string(editor.finish()) == expected)
    }

    @Test func `inserting and removing go together`() throws {
        let result = try edited("[1, 2, 3, 4]") { editor, root in
            let elements = [JSONValue](root.elements)
            editor.removeElement(elements[0], of: root)
            editor.insertElement([UInt8]("10".utf8), at: 0, of: root)
            editor.removeElement(elements[2], of: root)
            editor.insertElement([UInt8]("30".utf8), at: 2, of: root)
            editor.removeElement(elements[3], of: root)
            editor.insertElement([UInt8]("50".utf8), at: 4, of: root)
            editor.replace(elements[1], with: [UInt8]("20".utf8))
            editor.replace(elements[3], with: [UInt8]("lost".utf8))
        }
        #expect(result == "[10,20,30,50]")
    }

    @Test func `all elements can be exchanged`() throws {
        for text in ["[1]", "[1,2]", "[[1],{}]"] {
            let result = try edited(text) { editor, root in
                for element in root.elements {
                    editor.replace(element, with: [UInt8]("0".utf8))
                    editor.removeElement(element, of: root)
                }
                editor.insertElement([UInt8]("7".utf8), at: 0, of: root)
            }
            #expect(result == "[7]")
        }
    }

    @Test func `changes at every depth land in one copy`() throws {
        let text = #"{"a":{"b":[{"c":1},{"c":2}],"d":{}},"e":[[]],"f":"x"}"#
        let result = try edited(text) { editor, root in
            let list = try #require(root["a"]?["b"])
            for element in list.elements { editor.setMember("c", of: element, to: [0x30]) }
            editor.insertElement([UInt8]("{}".utf8), at: 1, of: list)
            editor.setMember("new", of: try #require(root["a"]?["d"]), to: [0x31])
            editor.insertElement([0x32], at: 0, of: try #require(root["e"]?.first))
            editor.removeMember("f", of: root)
            editor.setMember("g", of: root, to: [0x33])
        }
        #expect(result == #"{"a":{"b":[{"c":0},{},{"c":0}],"d":{"new":1}},"e":[[2]],"g":3}"#)
    }

    @Test func `changes inside a replaced or removed value vanish`() throws {
        let result = try edited(#"{"a":{"b":1},"c":[{"d":1}],"e":0}"#) { editor, root in
            let a = try #require(root["a"])
            editor.setMember("b", of: a, to: [0x32])
            editor.setMember("z", of: a, to: [0x32])
            editor.replace(a, with: [UInt8]("null".utf8))
            editor.setMember("d", of: try #require(root["c"]?.first), to: [0x33])
            editor.removeMember("c", of: root)
        }
        #expect(result == #"{"a":null,"e":0}"#)
    }

    @Test func `the root can be replaced`() throws {
        #expect(try edited(" {\"a\":[]} ") { $0.replace($1, with: [0x31]) } == " 1 ")
    }

    @Test func `a value of another document is refused`() async {
        await #expect(processExitsWith: .failure) {
            var editor = JSONEditor(.emptyObject)
            editor.replace(JSONDocument.emptyArray.root, with: [0x31])
        }
    }

    /// Random edits on random documents, checked against a model that knows nothing of bytes.
    @Test(arguments: 0..<200) func `random edits give what a model gives`(_ seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed))
        let text =
            "["
            + (0..<random.pick(7)).map { _ in random.text(depth: 2) }.joined(
                separator: random.blank() + "," + random.blank()
            ) + "]"
        let document = try JSONDocument.parse(text: text)
        let elements = [JSONValue](document.root.elements)
        var editor = JSONEditor(document)
        var inserted: [Int: [String]] = [:]
        var kept = elements.map { string($0.raw) as String? }
        for step in 0..<random.pick(8) {
            switch random.pick(3) {
            case 0:
                let index = random.pick(elements.count + 1)
                editor.insertElement([UInt8]("\(1000 + step)".utf8), at: index, of: document.root)
                inserted[index, default: []].append("\(1000 + step)")
            case 1 where !elements.isEmpty:
                let index = random.pick(elements.count)
                editor.removeElement(elements[index], of: document.root)
                kept[index] = nil
            case 2 where !elements.isEmpty:
                let index = random.pick(elements.count)
                editor.replace(elements[index], with: [UInt8]("\(2000 + step)".utf8))
                if kept[index] != nil { kept[index] = "\(2000 + step)" }
            default: break
            }
        }
        let expected = (0...elements.count).flatMap { index in
            (inserted[index] ?? []) + (index < elements.count ? [kept[index]].compactMap(\.self) : [])
        }
        let result = try JSONDocument.parse(editor.finish())
        #expect(result.root.elements.map { string($0.raw) } == expected)
    }
}
