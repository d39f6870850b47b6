import Foundation
import JSONCore
import Testing

@testable import Dialects

/// Cases of the specification that concern the requests of several dialects at once.
@Suite struct `Cases of requests across dialects` {
    @Test(arguments: [Dialect.anthropicMessages, .gemini, .ollama])
    func `T042: a developer's text is the system's`(target: Dialect) throws {
        let body =
            #"{"model":"m","input":[{"role":"developer","content":"You are X."},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"developer","content":"Be Y."},{"role":"user","content":"c"}]}"#
        let sent = try translate(body, .openAIResponses, target)
        #expect(sent.text.contains("You are X.") && sent.text.contains("Be Y."))
        let root = try sent.root()
        switch target {
        case .anthropicMessages: #expect(root["system"]?.first?["text"]?.string == "You are X.")
        case .gemini: #expect(root["systemInstruction"]?["parts"]?.first?["text"]?.string == "You are X.")
        default: #expect(root["messages"]?.first?["role"]?.string == "system")
        }
        #expect(sent.context.losses.map(\.name).contains("system-position") == (target != .ollama))
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages, .gemini, .ollama])
    func `T060: outputs of parallel calls are all kept, in the order of the calls`(target: Dialect) throws {
        let body =
            #"{"model":"m","input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]},{"type":"function_call_output","call_id":"c1","output":"one"}],"tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}]}"#
        let text = try translate(body, .openAIResponses, target).text
        let one = try #require(text.firstRange(of: "\"one\""))
        let two = try #require(text.firstRange(of: "\"two\""))
        #expect(one.lowerBound < two.lowerBound)
    }

    @Test(arguments: [Dialect.openAIResponses, .anthropicMessages, .gemini, .ollama])
    func `T127, T129: a schema for the answer reaches each target in its own form`(target: Dialect) throws {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"a"}],"verbosity":"low","response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"],"additionalProperties":false}}}}"#
        let root = try translate(body, .openAIChat, target) { $0.jsonSchema = true }.root()
        let schema: JSONValue?
        switch target {
        case .openAIResponses:
            #expect(root["text"]?["verbosity"]?.string == "low")
            #expect(root["text"]?["format"]?["strict"]?.bool == true)
            schema = root["text"]?["format"]?["schema"]
        case .anthropicMessages: schema = root["output_config"]?["format"]?["schema"]
        case .gemini:
            #expect(root["generationConfig"]?["responseMimeType"]?.string == "application/json")
            schema = root["generationConfig"]?["responseJsonSchema"]
        default: schema = root["format"]
        }
        #expect(schema?["properties"]?["x"]?["type"]?.string == "integer")
    }

    @Test func `T131: stop sequences of targets without them end the answer here`() throws {
        let body =
            #"{"model":"m","max_tokens":9,"stop_sequences":["</b>"],"messages":[{"role":"user","content":"a"}]}"#
        var context = try translate(body, .anthropicMessages, .openAIResponses).context
        #expect(context.stopEmulation == ["</b>"])
        context.wantsStream = true
        let deltas = ["x</", "b", ">y"].map {
            event("response.output_text.delta", #""output_index":0,"content_index":0,"item_id":"m","delta":"\#($0)""#)
        }
        let got = relay(deltas.joined(), context)
        #expect(got.isComplete)
        #expect(got.out.contains(#""stop_reason":"stop_sequence","stop_sequence":"</b>""#))
        #expect(got.out.contains(#""text":"x""#))
        #expect(!got.out.contains("y\""))
    }
}
