import JSONCore
import Testing

@testable import Dialects

@Suite struct `Ollama` {
    // MARK: - Load calls

    @Test(arguments: [
        (#"{"model":"m"}"#, "load"), (#"{"model":"m","messages":[]}"#, "load"),
        (#"{"model":"m","messages":null,"keep_alive":"10m"}"#, "load"),
        (#"{"model":"m","messages":[],"keep_alive":0}"#, "unload"),
        (#"{"model":"m","keep_alive":"0s"}"#, "unload"), (#"{"model":"m","keep_alive":-1}"#, "load"),
    ])
    func `a request without messages asks to load the model`(body: String, reason: String) throws {
        let root = try json(body).root
        #expect(OllamaLoad.isAsked(by: root))
        #expect(try RequestFacts.read(root.document, dialect: .ollama).messageCount == 0)
        let answer = OllamaLoad.answer(to: root, model: "m", createdAt: 1_755_000_000, layout: .standard)
        #expect(
            String(decoding: answer, as: UTF8.self)
                == #"{"model":"m","created_at":"2025-08-12T12:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"\#(reason)"}"#
                + "\n"
        )
        #expect(throws: DialectError.self) { try translate(body, .ollama, .openAIChat) }
    }

    @Test func `an empty prompt asks to load the model`() throws {
        for prompt in [#""prompt":"","#, "", #""prompt":null,"system":"s","#] {
            let body = try OllamaGenerate.chatBody(from: try json("{\(prompt)\"model\":\"m\"}"))
            #expect(OllamaLoad.isAsked(by: body.root))
            let answer = OllamaLoad.answer(to: body.root, model: "m", createdAt: 0, layout: .generate)
            #expect(
                String(decoding: answer, as: UTF8.self)
                    == #"{"model":"m","created_at":"1970-01-01T00:00:00Z","response":"","done":true,"done_reason":"load"}"#
                    + "\n"
            )
        }
        #expect(!OllamaLoad.isAsked(by: try OllamaGenerate.chatBody(from: try json(#"{"prompt":"x"}"#)).root))
    }

    @Test(arguments: [#"{"model":"m","messages":"x"}"#, #"{"model":"m","messages":{}}"#])
    func `messages that are none are refused`(body: String) throws {
        #expect(throws: DialectError("messages must be an array", param: "messages")) {
            try RequestFacts.read(try json(body), dialect: .ollama)
        }
    }

    @Test func `an Ollama client that does not say gets a stream`() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
        #expect(try RequestFacts.read(try json(body), dialect: .ollama).streams == true)
    }

    // MARK: - Lines

    @Test(arguments: [Dialect.openAIChat, .ollama])
    func `a keep-alive is a line without text`(upstream: Dialect) throws {
        var out: [UInt8] = []
        var context = makeContext(.ollama, upstream)
        context.stopwatch = SteppingStopwatch()
        var relay = AnswerRelay(
            context: context,
            profile: TargetProfile(upstream),
            upstreamContentType: upstream.streamType
        )
        relay.writeKeepAlive(into: &out)
        relay.receive(
            Array((upstream == .ollama ? line(#""content":"a""#) : chunk(#"{"content":"a"}"#)).utf8),
            into: &out
        )
        relay.writeKeepAlive(into: &out)
        let objects = try String(decoding: out, as: UTF8.self).objects()
        #expect(objects.map { $0["message"]?["content"]?.string } == ["", "a", ""])
        #expect(objects.allSatisfy { $0["done"]?.bool == false })
    }

    @Test func `lines that call themselves plain JSON arrive as they come`() {
        var out: [UInt8] = []
        var relay = AnswerRelay(
            context: makeContext(.openAIChat, .ollama),
            profile: TargetProfile(.ollama),
            upstreamContentType: "application/json; charset=utf-8"
        )
        relay.receive(Array(line(#""content":"one""#).utf8), into: &out)
        relay.receive(Array(line(#""content":"two""#).utf8), into: &out)
        #expect(String(decoding: out, as: UTF8.self).contains("two"))
        #expect(!relay.isComplete)
    }

    @Test func `the durations of an answer are never 0`() throws {
        struct Stopped: Stopwatch { var nanoseconds: Int { 0 } }
        let durations = OllamaLines.Durations(total: 0, untilFirstPiece: 0)
        let lines = OllamaLines(model: "m", createdAt: 0, layout: .standard, stopwatch: Stopped())
        var out: [UInt8] = []
        lines.writeEnd(.stop, Usage(), durations, into: &out)
        let end = try #require(try String(decoding: out, as: UTF8.self).objects().first)
        for key in ["total_duration", "load_duration", "prompt_eval_duration", "eval_duration"] {
            #expect(end.member(key)?.int ?? 0 > 0)
        }
        #expect(RunningStopwatch().nanoseconds > 0)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_755_000_000, "2025-08-12T12:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
    ])
    func `times are written as RFC 3339`(seconds: Int, text: String) {
        #expect(OllamaTime.text(seconds) == text)
    }

    @Test func `arguments over several lines stay on one`() throws {
        let call = #"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\n \"a\": [1,\r\n2]}"}}]}"#
        let stream = chunk(call) + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n"
        let done = relay(stream, makeContext(.ollama, .openAIChat))
        let objects = try done.out.objects()
        #expect(objects.count == 2)
        let function = objects.first?["message"]?["tool_calls"]?.first?["function"]
        #expect(function?["arguments"].map { String(decoding: $0.raw, as: UTF8.self) } == #"{"a":[1,2]}"#)
    }

    // MARK: - Counting

    @Test func `images beside the text count, and thinking and calls do`() throws {
        let plain = try json(#"{"messages":[{"role":"user","content":"12345678"}]}"#)
        #expect(TokenEstimate.inputTokens(plain, dialect: .ollama) == 2 + 3)
        let image = try json(#"{"messages":[{"role":"user","content":"12345678","images":["AAAA","BBBB"]}]}"#)
        #expect(TokenEstimate.inputTokens(image, dialect: .ollama) == 2 + 3 + 3_200)
        let loop = try json(
            #"{"messages":[{"role":"assistant","content":"","thinking":"12345678","tool_calls":[{"function":{"name":"f","arguments":{"a":12}}}]}]}"#
        )
        #expect(TokenEstimate.inputTokens(loop, dialect: .ollama) == 5 + 3)
    }

    // MARK: - Hostile requests

    @Test func `every field in every wrong form is refused or read, never worse`() throws {
        let wrong = ["null", "true", "7", "-1e300", #""text""#, "[]", "{}", "[1]", #"["x"]"#, #"{"a":1}"#]
        let fields = ["messages", "format", "tools", "think", "options", "logprobs", "top_logprobs", "keep_alive"]
        let inMessage = ["role", "content", "images", "thinking", "tool_calls", "tool_name", "tool_call_id"]
        for value in wrong {
            var bodies = fields.map { #"{"model":"m","messages":[{"role":"user","content":"x"}],"\#($0)":\#(value)}"# }
            bodies += inMessage.flatMap { field in
                ["user", "assistant", "tool"].map {
                    #"{"model":"m","messages":[{"role":"\#($0)","content":"x","\#(field)":\#(value)},{"role":"user","content":"y"}]}"#
                }
            }
            bodies += ["num_predict", "temperature", "stop", "seed", "min_p"].map {
                #"{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"\#($0)":\#(value)}}"#
            }
            for body in bodies {
                do {
                    let bytes = try translate(body, .ollama, .anthropicMessages).bytes
                    #expect((try? JSONDocument.parse(bytes)) != nil)
                } catch let error as DialectError {
                    #expect(error.failure.status == 400)
                    #expect(error.param != nil)
                }
            }
        }
    }
}
