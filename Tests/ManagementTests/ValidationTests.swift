import Gate
import JSONCore
import Testing
import TimeCore

@testable import Management

struct ValidationTests {
    private func body(_ json: String) throws -> Body { Body(try JSONDocument.parse(text: json).root) }

    @Test func `good fields are read`() throws {
        let body = try body(
            #"{"a":"  x ","n":5,"d":0.5,"f":true,"l":["p"," q "],"o":{"z":1},"t":"2026-01-31T12:00:00Z"}"#
        )
        #expect(body.text("a", 1...3) == "x" && body.untrimmedText("a", 1...9) == "  x ")
        #expect(body.optionalInt("n", 1...5) == 5 && body.optionalDouble("d", 0...1) == 0.5)
        #expect(body.optionalBool("f") == true && body.texts("l", count: 1...2, length: 1...1) == ["p", "q"])
        #expect(body.optionalObject("o")?.optionalInt("z", 0...1) == 1)
        #expect(body.patchTime("t").value?.iso8601 == "2026-01-31T12:00:00.000Z")
        try body.check()
    }

    @Test func `absent, null and present are three things`() throws {
        let body = try body(#"{"cleared":null,"set":"x"}"#)
        #expect(!body.patchText("absent", 0...9).isPresent)
        #expect(body.patchText("cleared", 0...9).isPresent && body.patchText("cleared", 0...9).value == nil)
        var (absent, cleared, set): (String?, String?, String?) = ("a", "b", "c")
        body.patchText("absent", 0...9).apply(to: &absent)
        body.patchText("cleared", 0...9).apply(to: &cleared)
        body.patchText("set", 0...9).apply(to: &set)
        #expect(absent == "a" && cleared == nil && set == "x")
    }

    @Test func `every mistake is named with its path`() throws {
        let body = try body(#"{"a":7,"n":1.5,"b":"no","l":["",3],"o":{"p":{"q":-1}},"w":"z"}"#)
        _ = body.text("a", 1...3)
        _ = body.text("missing", 1...3)
        _ = body.optionalInt("n", 0...9)
        _ = body.optionalBool("b")
        _ = body.optionalTexts("l", count: 0...9, length: 1...9)
        _ = body.optionalObject("o")?.optionalObject("p")?.optionalInt("q", 0...9)
        _ = body.optionalWord("w", ["x", "y"])
        body.allowOnly(["a", "n", "b", "l", "o"])
        let error = #expect(throws: Refusal.self) { try body.check() }
        let expected: Set = ["a", "missing", "n", "b", "l.0", "l.1", "o.p.q", "w"]
        #expect(Set(error?.details.map(\.field) ?? []) == expected)
    }

    @Test(arguments: [
        ("sk-ant-0123456789abcdefXYZ9", "sk-ant-0****XYZ9"), ("short", "****"), ("", "****"),
        ("0123456789012345678", "****"), ("01234567890123456789", "01234567****6789"),
    ])
    func `masks hide most of a secret`(_ secret: String, _ mask: String) {
        #expect(SecretMask.mask(secret) == mask)
    }

    @Test func `a combo graph knows circles and depth`() {
        let graph = ComboGraph(["a": ["b", "c"], "b": ["c"], "c": [], "x": ["y"], "y": ["x"], "s": ["s"]])
        #expect(graph.fault(from: "a", limit: 3) == nil)
        #expect(graph.fault(from: "a", limit: 2) == .tooDeep)
        #expect(graph.fault(from: "x", limit: 9) == .circle("x"))
        #expect(graph.fault(from: "s", limit: 9) == .circle("s"))
    }

    @Test func `a wide combo graph is walked in no time`() {
        var references: [String: [String]] = [:]
        for level in 0..<30 {
            for index in 0..<10 { references["\(level)-\(index)"] = (0..<10).map { "\(level + 1)-\($0)" } }
        }
        #expect(ComboGraph(references).fault(from: "0-0", limit: 10) == .tooDeep)
    }
}
