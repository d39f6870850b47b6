import JSONCore
import Testing

@testable import Dialects

@Suite struct `Signatures` {
    @Test(arguments: [SignatureFamily.anthropic, .gemini, .openAI, .kiro])
    func `a carrier brings its signature back`(family: SignatureFamily) throws {
        let data: JSONText = "EsigXyz0/+aB=="
        for scope in [nil, "0123abcd"] {
            let carrier = Signature(family: family, scope: scope, data: data).carrier.string
            #expect(carrier.utf8.allSatisfy { $0.isCarrierByte })
            let back = try #require(Signature(carrier: carrier))
            #expect(back == Signature(family: family, scope: scope, data: data))
        }
    }

    @Test func `an unsigned carrier says that there was none`() {
        #expect(Signature.unsigned.carrier.string == "omr1.n.-.")
        #expect(Signature.read("omr1.n.-.", native: .anthropic) == .unsigned)
        #expect(!Signature.unsigned.isSigned)
    }

    @Test(arguments: [
        "omr1.", "omr1.a", "omr1.a.-", "omr1.?.-.QQ", "omr1.aa.-.QQ", "omr1.a.-.!!", "omr1.a.-.QQ.x", "omr1.a.-._w",
    ])
    func `damaged carriers are foreign`(text: String) {
        #expect(Signature.read(JSONText(text), native: .anthropic)?.family == .foreign)
    }

    @Test func `raw values belong to the dialect they sit in, unless their shape says otherwise`() {
        #expect(Signature.read("EqoBCkYIBxgC+/==", native: .anthropic)?.family == .anthropic)
        #expect(Signature.read("gAAAAABo", native: .anthropic)?.family == .openAI)
        #expect(Signature.read("not base64 at all!", native: .anthropic)?.family == .foreign)
        #expect(Signature.read("skip_thought_signature_validator", native: .gemini) == nil)
        #expect(Signature.read("", native: .anthropic) == nil)
        #expect(Signature.read(nil, native: .anthropic) == nil)
    }

    @Test func `T107: what came from a chat server is never shown to Claude as signed`() throws {
        let body =
            #"{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"omr1.n.-."},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]}"#
        let same = try translate(body, .anthropicMessages, .anthropicMessages)
        #expect(!same.text.contains("thinking"))
        let chat = try translate(body, .anthropicMessages, .openAIChat)
        #expect(!chat.text.contains("omr1"))
    }

    @Test func `T105: signed thinking reaches Claude byte for byte`() throws {
        let block = #"{"type":"thinking", "thinking":"a\u00e9\/ \ud83d\ude00","signature":"EsigXyz0/+aB=="}"#
        let body =
            #"{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[\#(block),{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}"#
        #expect(try translate(body, .anthropicMessages, .anthropicMessages).text.contains(block))
    }

    @Test func `T110: a turn of signature and call keeps the call`() throws {
        let body =
            #"{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"Eabc"},{"type":"tool_use","id":"t","name":"f","input":{"x":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}"#
        let chat = try translate(body, .anthropicMessages, .openAIChat).root()
        let assistant = try #require(chat["messages"]?.elements.dropFirst().first { _ in true })
        #expect(assistant["tool_calls"]?.count == 1)
        #expect(assistant["content"]?.isNull == true)
    }

    @Test func `thinking travels through a chat client and back`() throws {
        let stream =
            messageStart
            + event(
                "content_block_start",
                #""index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
            )
            + event("content_block_delta", #""index":0,"delta":{"type":"thinking_delta","thinking":"Why \"x\"?"}"#)
            + event(
                "content_block_delta",
                #""index":0,"delta":{"type":"signature_delta","signature":"EsigXyz0/+aB=="}"#
            )
            + event("content_block_stop", #""index":0"#) + toolBlock(1, id: "toolu_1", name: "f", ["{}"])
            + messageEnd("tool_use")
        let answer = relay(stream, makeContext(.openAIChat, .anthropicMessages, streams: false))
        let message = try #require(try JSONDocument.parse(Array(answer.out.utf8)).root["choices"]?.first?["message"])
        let raw = String(decoding: message.raw, as: UTF8.self)
        let next = try translate(
            #"{"model":"m","reasoning_effort":"low","tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"a"},\#(raw),{"role":"tool","tool_call_id":"toolu_1","content":"r"}]}"#,
            .openAIChat,
            .anthropicMessages
        )
        #expect(next.text.contains(#"{"type":"thinking","thinking":"Why \"x\"?","signature":"EsigXyz0/+aB=="}"#))
        #expect(next.text.contains(#""thinking":{"type":"enabled""#))
    }
}

extension UInt8 {
    fileprivate var isCarrierByte: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
