import JSONCore
import Testing

@testable import Dialects

@Suite struct `Token estimate` {
    private static func count(_ body: String) throws -> Int {
        TokenEstimate.inputTokens(try json(body), dialect: .anthropicMessages)
    }

    @Test func `text counts a quarter of its characters and three per message`() throws {
        #expect(try Self.count(#"{"messages":[{"role":"user","content":"12345678"}]}"#) == 2 + 3)
        #expect(
            try Self.count(#"{"system":"1234","messages":[{"role":"user","content":[{"type":"text","text":"1234"}]}]}"#)
                == 5
        )
    }

    @Test func `T149: tools, calls, results and thinking count`() throws {
        let plain = try Self.count(#"{"messages":[{"role":"user","content":"x"}]}"#)
        let tools = try Self.count(
            #"{"tools":[{"name":"read","description":"Reads a file","input_schema":{"type":"object","properties":{}}}],"messages":[{"role":"user","content":"x"}]}"#
        )
        #expect(tools > plain + 10)
        let loop = try Self.count(
            #"{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"a long thought indeed","signature":"xxxxxxxxxxxxxxxxxxxx"},{"type":"tool_use","id":"t","name":"read","input":{"path":"a.txt"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"the file's content"}]}]}]}"#
        )
        #expect((18...24).contains(loop))
    }

    @Test func `T102: an image counts by its size, never by its bytes`() throws {
        let data = String(repeating: "A", count: 2_000_000)
        let unknown = try Self.count(
            #"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"\#(data)"}}]}]}"#
        )
        #expect(unknown == 1_600 + 3)
        // A PNG header of 750 × 100 pixels.
        let header = "iVBORw0KGgoAAAANSUhEUgAAAu4AAABkCAYAAAA=" + String(repeating: "A", count: 40)
        let known = try Self.count(
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(header)"}}]}]}"#
        )
        #expect(known == 100 + 3)
    }

    @Test func `T148: a count is answered for every body that parses`() throws {
        #expect(try Self.count("{}") == 0)
        #expect(try Self.count(#"{"messages":5,"system":7,"tools":{"a":1}}"#) == 0)
        let answer = try JSONDocument.parse(CountTokens.answer(tokens: 12)).root
        #expect(answer["input_tokens"]?.int == 12)
        #expect(answer["source"]?.string == "local")
        #expect(CountTokens.read(Array(#"{"input_tokens":7}"#.utf8)) == 7)
        #expect(CountTokens.read(Array("{}".utf8)) == nil)
    }

    @Test func `a provider is asked to count without what counting does not know`() throws {
        let body = try json(#"{"model":"m","max_tokens":5,"stream":true,"messages":[],"vendor":1.0}"#)
        let asked = String(decoding: CountTokens.upstreamBody(body, upstreamModel: "up"), as: UTF8.self)
        #expect(asked == #"{"model":"up","messages":[],"vendor":1.0}"#)
    }
}
