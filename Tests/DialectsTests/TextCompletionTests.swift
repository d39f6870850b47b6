import JSONCore
import Testing

@testable import Dialects

@Suite struct `Legacy completions` {
    private static func body(_ text: String) throws -> JSONValue {
        try TextCompletion.chatBody(from: try json(text)).root
    }

    @Test func `every prompt is a request of its own`() throws {
        #expect(try TextCompletion.prompts(of: try json(#"{"prompt":"a"}"#)) == ["a"])
        #expect(try TextCompletion.prompts(of: try json(#"{"prompt":["a","b\n"]}"#)) == ["a", "b\n"])
    }

    @Test func `the prompt becomes the user's message, and everything else stays`() throws {
        let root = try Self.body(#"{"model":"m","prompt":["a"],"n":2,"stop":"x","vendor":1.0,"logit_bias":{"1":2}}"#)
        #expect(root["messages"]?.count == 1)
        #expect(root["messages"]?.first?["content"]?.string == "a")
        #expect(root["prompt"] == nil)
        for (key, text) in [("n", "2"), ("stop", "\"x\""), ("vendor", "1.0"), ("logit_bias", #"{"1":2}"#)] {
            #expect(root.member(key).map { String(decoding: $0.raw, as: UTF8.self) } == text)
        }
    }

    @Test(arguments: [
        ("", 16), (#","max_tokens":null"#, 16), (#","max_tokens":5"#, 5), (#","max_completion_tokens":7"#, nil),
    ])
    func `sixteen tokens are generated unless the client says otherwise`(members: String, limit: Int?) throws {
        #expect(try Self.body(#"{"model":"m","prompt":"a"\#(members)}"#)["max_tokens"]?.int == limit)
    }

    @Test(arguments: [
        #""suffix":"""#, #""echo":false"#, #""best_of":1"#, #""best_of":2,"n":2"#, #""logprobs":null"#,
        #""suffix":null,"echo":null"#,
    ])
    func `what asks for nothing is left out`(members: String) throws {
        let root = try Self.body(#"{"model":"m","prompt":"a",\#(members)}"#)
        for key in ["suffix", "echo", "best_of", "logprobs"] { #expect(root.member(key) == nil) }
    }

    @Test func `neither reasoning nor calls are shown`() {
        var context = makeContext(.openAIChat, .ollama)
        context.layout = .textCompletion
        let stream =
            line(#""content":"","thinking":"hm""#) + line(#""content":"Yes""#)
            + line(#""content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]"#) + doneLine()
        let done = relay(stream, context, contentType: "application/x-ndjson")
        #expect(done.isComplete)
        #expect(done.out.frames.count == 3)
        #expect(!done.out.contains("hm") && !done.out.contains("tool"))
        #expect(done.out.frameData.dropLast().allSatisfy { $0.contains(#""object":"text_completion""#) })
        #expect(done.out.contains(#""finish_reason":"stop""#))
        #expect(done.out.hasSuffix("data: [DONE]\n\n"))
    }

    @Test func `several choices keep their numbers`() {
        var context = makeContext(.openAIChat, .openAIChat, streams: false)
        context.layout = .textCompletion
        let body =
            #"{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#
        let done = relay(body, context, contentType: "application/json")
        #expect(done.out.contains(#"{"index":0,"text":"a","logprobs":null,"finish_reason":"stop"}"#))
        #expect(done.out.contains(#"{"index":1,"text":"b","logprobs":null,"finish_reason":"length"}"#))
    }
}
