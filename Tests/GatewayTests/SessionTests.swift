import HTTPCore
import JSONCore
import Testing

@testable import Gateway

/// Which requests belong to one conversation.
struct SessionTests {
    private func id(_ body: String, model: String = "m", headers: [(String, String)] = []) throws -> String {
        Session.id(headers: HTTPHeaders(headers), body: try JSONDocument.parse(text: body).root, model: model)
    }

    private static let first = #"{"role":"user","content":"hello"}"#

    @Test func `the turns of a conversation have one id`() throws {
        let begun = try id(#"{"messages":[\#(Self.first)]}"#)
        let later = try id(
            #"{"messages":[\#(Self.first),{"role":"assistant","content":"hi"},{"role":"user","content":"more"}]}"#
        )
        #expect(begun == later && !begun.isEmpty)
    }

    @Test(arguments: [
        (
            #""input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}"#,
            #"{"role":"user","content":"b"}]"#
        ),
        (
            #""instructions":"be nice","input":[{"type":"message","role":"user","content":"hello"}"#,
            #"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]"#
        ),
        (
            #""systemInstruction":{"parts":[{"text":"be nice"}]},"contents":[{"role":"user","parts":[{"text":"hello"}]}"#,
            #"{"role":"model","parts":[{"text":"hi"}]}]"#
        ),
        (#""contents":[{"parts":[{"text":"hello"}]}"#, #"{"role":"user","parts":[{"text":"more"}]}]"#),
        (
            #""messages":[{"role":"system","content":"be nice"},{"role":"user","content":"hello","images":["AAAA"]}"#,
            #"{"role":"assistant","content":"hi"}]"#
        ),
    ])
    func `the turns of a conversation have one id in every dialect`(first: String, next: String) throws {
        let begun = try id("{" + first + "]}")
        #expect(try id("{" + first + "," + next + "}") == begun)
        #expect(try id("{" + first.replacing("hello", with: "other") + "]}") != begun)
        #expect(try id("{" + first.replacing("be nice", with: "be short") + "]}") != begun || !first.contains("nice"))
    }

    @Test func `a cache mark that moves on with the turns changes nothing`() throws {
        let mark = #","cache_control":{"type":"ephemeral"}"#
        func body(_ firstMark: String, _ rest: String) -> String {
            #"{"system":[{"type":"text","text":"be nice"\#(mark)}],"messages":[{"role":"user","content":"#
                + #"[{"type":"text","text":"hello"\#(firstMark)}]}\#(rest)]}"#
        }
        let answer = #",{"role":"assistant","content":"hi"},{"role":"user","content":"more"}"#
        #expect(try id(body(mark, "")) == id(body("", answer)))
    }

    @Test(arguments: [
        #"{"messages":[{"role":"user","content":"other"}]}"#,
        #"{"system":"be nice","messages":[{"role":"user","content":"hello"}]}"#,
        #"{"messages":[{"role":"system","content":"be nice"},{"role":"user","content":"hello"}]}"#,
        #"{"messages":[{"role":"user","content":"hello"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#,
        #"{"messages":[{"role":"user","content":[{"type":"image","source":{"data":"AAAA"}}]}]}"#,
        #"{"messages":[]}"#,
        #"{}"#,
    ])
    func `other beginnings have other ids`(body: String) throws {
        #expect(try id(body) != id(#"{"messages":[\#(Self.first)]}"#))
    }

    @Test func `the model is part of it`() throws {
        let body = #"{"messages":[\#(Self.first)]}"#
        #expect(try id(body, model: "a") != id(body, model: "b"))
    }

    @Test(arguments: ["x-session-id", "x_session_id", "x-omniroute-session", "session-id"])
    func `the client's own id wins`(name: String) throws {
        #expect(try id("{}", headers: [(name, "mine")]) == "ext:mine")
        #expect(try id("{}", headers: [(name, "")]) == id("{}"))
        #expect(try id("{}", headers: [(name, String(repeating: "x", count: 200))]).count == 68)
    }

    @Test(arguments: [#"{"messages":7}"#, #"{"messages":[7,null,{"role":3}],"system":null,"tools":"x"}"#])
    func `odd bodies have an id too`(body: String) throws {
        #expect(try !id(body).isEmpty)
    }
}
