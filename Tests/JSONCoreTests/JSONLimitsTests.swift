import JSONCore
import Testing

struct JSONLimitsTests {
    private func code(of text: String, limits: JSONLimits = .standard) -> JSONError.Code? {
        do {
            _ = try json(text, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    private func nested(_ depth: Int, _ open: String, _ close: String, _ inner: String = "") -> String {
        String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
    }

    @Test(arguments: [("[", "]", ""), ("{\"a\":", "}", "1"), ("[{\"a\":", "}]", "[]")])
    func `the depth limit is exact`(_ open: String, _ close: String, _ inner: String) {
        let perStep = open.utf8.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
        let innermost = inner == "[]" ? 1 : 0
        for depth in [1, 2, 63, 64] {
            let text = nested(depth, open, close, inner)
            #expect(code(of: text, limits: JSONLimits(depth: depth * perStep + innermost)) == nil)
            #expect(code(of: text, limits: JSONLimits(depth: depth * perStep + innermost - 1)) == .tooDeep)
        }
    }

    @Test func `128 levels pass and 129 do not`() {
        #expect(code(of: nested(127, "[", "]")) == nil)
        #expect(code(of: nested(128, "[", "]")) == nil)
        #expect(code(of: nested(129, "[", "]")) == .tooDeep)
        #expect(code(of: nested(128, "{\"a\":", "}", "1")) == nil)
        #expect(code(of: nested(129, "{\"a\":", "}", "1")) == .tooDeep)
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":", "[[],"]) func `deep texts are refused, closed or not`(_ open: String)
    {
        for depth in [1000, 100_000, 1_000_000] {
            #expect(code(of: nested(depth, open, "")) == .tooDeep)
            #expect(code(of: nested(depth, open, "]")) == .tooDeep)
            let lenient = JSONLimits(depth: 10_000_000, nodes: 10_000_000)
            #expect(code(of: nested(depth, open, ""), limits: lenient) == .incomplete)
        }
    }

    @Test func `depth costs no stack`() throws {
        let text = nested(100_000, "[", "]")
        let value = try json(text, limits: JSONLimits(depth: 100_000))
        #expect(value.range == 0..<200_000)
        #expect(value.count == 1)
        let objects = try json(nested(100_000, "{\"a\":", "}", "7"), limits: JSONLimits(depth: 100_000))
        #expect(objects["a"]?["a"]?["a"]?.isObject == true)
    }

    @Test func `values are counted and keys are not`() throws {
        let limits = JSONLimits(nodes: 4)
        #expect(code(of: "[1,2,3]", limits: limits) == nil)
        #expect(code(of: "[1,2,3,4]", limits: limits) == .tooManyNodes)
        #expect(code(of: "{\"a\":1,\"b\":2,\"c\":3}", limits: limits) == nil)
        #expect(code(of: "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", limits: limits) == .tooManyNodes)
    }

    @Test func `two million values pass and one more does not`() throws {
        let ones = String(repeating: "1,", count: 1_999_998)
        #expect(try json("[\(ones)1]").count == 1_999_999)
        #expect(code(of: "[\(ones)1,1]") == .tooManyNodes)
        #expect(code(of: "[" + String(repeating: "[],", count: 3_000_000) + "1]") == .tooManyNodes)
    }

    @Test func `the number limit is exact`() throws {
        let digits = String(repeating: "7", count: 1024)
        #expect(try json(digits).numberText == digits)
        #expect(code(of: digits + "7") == .numberTooLong)
        #expect(code(of: "[-\(digits)]") == .numberTooLong)
        #expect(code(of: "0." + digits) == .numberTooLong)
        #expect(code(of: "1e" + String(repeating: "0", count: 100_000)) == .numberTooLong)
    }

    @Test func `the key limit is exact`() throws {
        let key = String(repeating: "k", count: 65_536)
        #expect(try json("{\"\(key)\":1}").member(key)?.int == 1)
        #expect(code(of: "{\"\(key)k\":1}") == .keyTooLong)
        #expect(code(of: "{\"a\":\"\(key)k\"}") == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `large texts of every shape are read in linear time`() throws {
        let million = String(repeating: "x", count: 10_000_000)
        #expect(try json("\"\(million)\"").text?.utf8Count == 10_000_000)
        #expect(try json("\"" + String(repeating: "\\u0041", count: 1_600_000) + "\"").string?.utf8.count == 1_600_000)
        #expect(try json(String(repeating: " ", count: 10_000_000) + "[]").range == 10_000_000..<10_000_002)
        #expect(try json("[\"a\"" + String(repeating: " \n", count: 5_000_000) + "]").count == 1)
        let keys = try json("{" + (0..<500_000).map { "\"k\($0)\":0" }.joined(separator: ",") + "}")
        #expect(keys["k499999"]?.int == 0)
        #expect(keys.firstDuplicateKey() == nil)
        #expect(code(of: "\"\(million)") == .incomplete)
        #expect(code(of: String(repeating: "\\", count: 10_000_000)) == .syntax)
    }

    @Test func `large and small texts alternate on one thread`() throws {
        for size in [10, 3_000_000, 10, 5000, 3_000_000, 1] {
            let text = "[\"" + String(repeating: "y", count: size) + "\"]"
            #expect(try json(text).first?.text?.utf8Count == size)
        }
    }

    @Test func `errors say what and where, without quoting the text`() {
        let error = JSONError(.syntax, offset: 7)
        #expect(error.description == "invalid JSON at byte 7: unexpected token")
        #expect(
            JSONError(.missing, offset: 0, key: "model").description == "'model' is missing from the object at byte 0"
        )
        #expect(JSONError(.unexpectedType, offset: 3).description == "value has an unexpected type at byte 3")
    }

    @Test(
        arguments: [
            ("[1,]", 3, .syntax), ("{\"a\" 1}", 5, .syntax), ("[1", 2, .incomplete), ("{\"a\":\"b", 5, .incomplete),
            ("", 0, .incomplete),
            ("  ", 2, .incomplete), ("[\"a\nb\"]", 3, .controlCharacter), ("[\"\\x\"]", 2, .syntax),
            ("[truex]", 5, .syntax),
            ("[] x", 3, .syntax), ("[01]", 2, .syntax), ("{\"a\":{\"b\":{\"c\":[", 16, .incomplete),
            ("[[[[", 4, .incomplete),
        ] as [(String, Int, JSONError.Code)]
    )
    func `errors point at their byte`(_ text: String, _ offset: Int, _ code: JSONError.Code) {
        let error = #expect(throws: JSONError.self) { try json(text) }
        #expect(error == JSONError(code, offset: offset))
    }
}
