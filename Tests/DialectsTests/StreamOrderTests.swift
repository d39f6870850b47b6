import Foundation
import JSONCore
import Testing

@testable import Dialects

/// Streams whose pieces come in another order than a client's dialect allows, or broken where nobody would break them.
@Suite struct `Orders of streams` {
    private static let done = "data: [DONE]\n\n"

    private func legal(_ got: Relayed, _ client: Dialect) -> Bool {
        let log = Complaints()
        let end = client.validator.checkStream(got.out, log)
        return end == (got.failure == nil ? .clean : .failed) && log.texts.isEmpty
    }

    // MARK: - Late text

    private static func delta(_ kind: String, _ index: Int, _ part: Int, _ text: String) -> String {
        event(
            "response.\(kind).delta",
            #""item_id":"i\#(index)","output_index":\#(index),"content_index":\#(part),"delta":"\#(text)""#
        )
    }

    private static func call(_ type: String, _ index: Int, _ arguments: String) -> String {
        event(
            "response.output_item.\(type)",
            #""output_index":\#(index),"item":{"id":"i\#(index)","type":"function_call","call_id":"c\#(index)","name":"run\#(index)","arguments":"\#(arguments)"}"#
        )
    }

    private static let completed = event(
        "response.completed",
        #""response":{"id":"r","object":"response","status":"completed","model":"up-model","output":[],"usage":null}"#
    )

    @Test(
        arguments: Dialect.spoken,
        [
            delta("output_text", 0, 0, "A1;") + call("added", 1, "") + delta("output_text", 0, 0, "B2;")
                + call("done", 1, "{}") + delta("output_text", 0, 0, "C3;"),
            delta("output_text", 0, 0, "A1;") + delta("refusal", 0, 1, "B2;") + delta("output_text", 0, 0, "C3;"),
            delta("output_text", 0, 0, "A1;") + delta("output_text", 1, 0, "B2;") + delta("output_text", 0, 0, "C3;"),
            delta("reasoning_summary_text", 0, 0, "A1;") + delta("output_text", 1, 0, "B2;")
                + delta("reasoning_summary_text", 0, 0, "C3;"),
        ]
    )
    func `what comes late for a block is written nevertheless`(client: Dialect, stream: String) throws {
        guard client != .openAIResponses else { return }
        let got = relay(stream + Self.completed, makeContext(client, .openAIResponses))
        #expect(got.isComplete && legal(got, client), "\(got.out)")
        for text in ["A1;", "B2;", "C3;"] { #expect(got.out.contains(text), "\(got.out)") }
        guard client == .anthropicMessages, !stream.contains("function_call") else { return }
        let starts = try got.out.events().filter { $0["type"]?.string == "content_block_start" }
        #expect(starts.count == 3, "each piece has a block of its own: \(got.out)")
    }

    @Test(arguments: [Dialect.gemini, .ollama, .openAIChat, .anthropicMessages])
    func `calls leave in the order in which they were made`(client: Dialect) throws {
        let stream =
            (0..<3).map { Self.call("added", $0, "") }.joined()
            + [2, 0, 1].map { Self.call("done", $0, #"{\"n\":\#($0)}"#) }.joined() + Self.completed
        let got = relay(stream, makeContext(client, .openAIResponses))
        let places = (0..<3).map { got.out.firstRange(of: "run\($0)")?.lowerBound }
        #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
        #expect(got.stopReason == .toolCalls && legal(got, client), "\(got.out)")
    }

    // MARK: - Names in pieces

    private static func name(_ name: String, _ rest: String = "") -> String {
        chunk(#"{"tool_calls":[{"index":0,"function":{"name":"\#(name)"\#(rest)}}]}"#)
    }

    private static let begin = chunk(
        #"{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"get_","arguments":""}}]}"#
    )
    private static let arguments = chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}}]}"#)
    private static let other = chunk(
        #"{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"other","arguments":"{}"}}]}"#
    )
    private static let end = chunk("{}", finish: "tool_calls") + done

    @Test(
        arguments: [Dialect.anthropicMessages, .openAIResponses, .gemini, .ollama],
        [
            begin + name("weather") + arguments, begin + name("wea") + name("ther", #","arguments":"{}""#),
            begin + name("get_weather") + name("get_weather") + arguments, begin + name("weather") + other,
            begin + name("weather") + chunk(#"{"content":"text"}"#), begin + name("weather"),
            begin + name("weather") + arguments + name("get_weather") + name("other"),
        ]
    )
    func `a name that comes in pieces is put together`(client: Dialect, call: String) {
        let got = relay(call + Self.end, makeContext(client, .openAIChat))
        #expect(got.out.contains(#""name":"get_weather""#) && got.stopReason == .toolCalls, "\(got.out)")
        #expect(legal(got, client), "\(got.out)")
    }

    @Test func `a call to a declared tool is passed on before its arguments come`() throws {
        let request =
            #"{"model":"m","max_tokens":9,"stream":true,"tools":[{"name":"get_","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"a"}]}"#
        let sent = try translate(request, .anthropicMessages, .openAIChat, streams: true)
        var relay = AnswerRelay(context: sent.context, profile: TargetProfile(.openAIChat), upstreamContentType: nil)
        var out: [UInt8] = []
        relay.receive(Array(Self.begin.utf8), into: &out)
        #expect(String(decoding: out, as: UTF8.self).contains(#""name":"get_""#) && relay.hasMeaningfulContent)
    }

    // MARK: - Errors

    @Test(
        arguments: Dialect.spoken,
        [
            (Dialect.openAIChat, chunk(#"{"content":"a"}"#), "event: error\ndata: {\"message\":\"boom\"}\n\n"),
            (
                .openAIChat, chunk(#"{"content":"a"}"#),
                "data: {\"object\":\"error\",\"message\":\"boom\",\"code\":500}\n\n"
            ),
            (.gemini, geminiChunk(#"{"text":"a"}"#), "event: error\ndata: {\"message\":\"boom\"}\n\n"),
            (.anthropicMessages, messageStart + textBlock(0, ["a"]), "event: error\ndata: {\"message\":\"boom\"}\n\n"),
            (.openAIResponses, delta("output_text", 0, 0, "a"), "event: error\ndata: {\"message\":\"boom\"}\n\n"),
        ]
    )
    func `an error that only its event's name tells of keeps its message`(
        client: Dialect,
        answer: (upstream: Dialect, start: String, error: String)
    ) {
        let got = relay(answer.start + answer.error, makeContext(client, answer.upstream))
        #expect(got.failure?.message == "boom" && got.out.contains("boom"), "\(got.out)")
        #expect(!got.isComplete && !got.out.contains("early"))
    }

    // MARK: - Characters

    @Test(arguments: Dialect.spoken.filter { $0 != .openAIChat }, ["content", "reasoning_content"])
    func `halves of a character become one`(client: Dialect, member: String) throws {
        func pieces(_ texts: [String]) -> String {
            texts.map { chunk(#"{"\#(member)":"\#($0)"}"#) }.joined() + chunk(#"{"content":"."}"#)
                + chunk("{}", finish: "stop") + Self.done
        }
        for texts in [[#"a"#, #"b\ud83d"#, #"\ude00c"#, "d"], [#"\ud83d"#, #"\ude00\uD83D"#, #"\uDE00"#]] {
            let got = relay(pieces(texts), makeContext(client, .openAIChat))
            #expect(got.isComplete && legal(got, client), "\(got.out)")
            #expect(Self.isSound(got.out), "\(got.out)")
        }
        // A half that stays alone is passed on, and an escaped backslash begins none.
        let alone = relay(pieces([#"a\ud83d"#, "b", #"c\ud83d"#]), makeContext(client, .openAIChat))
        #expect(alone.isComplete && legal(alone, client) && alone.out.components(separatedBy: #"\ud83d"#).count >= 3)
        let text = relay(pieces([#"\\ud83d"#, #"\ude00"#]), makeContext(client, .openAIChat))
        #expect(text.isComplete && legal(text, client))
    }

    /// Whether no escape stands for half of a character in any frame.
    private static func isSound(_ out: String) -> Bool {
        let high = out.components(separatedBy: #"\ud83d"#) + out.components(separatedBy: #"\uD83D"#)
        let pairs = out.components(separatedBy: #"\ud83d\ude00"#) + out.components(separatedBy: #"\uD83D\uDE00"#)
        return high.count == pairs.count && !out.contains("\u{FFFD}")
    }

    // MARK: - Time

    @Test(.timeLimit(.minutes(1))) func `blocks that alternate cost as much each as a few`() {
        let context = makeContext(.openAIResponses, .openAIChat)
        for client in Dialect.spoken {
            let encoder = client.codec.makeAnswerEncoder(context: context)
            var out: [UInt8] = []
            encoder.write(.start(AnswerStart()), into: &out)
            for block in 0..<200_000 {
                encoder.write(.open(block: block, choice: 0, block % 2 == 0 ? .text : .thinking), into: &out)
                encoder.write(block % 2 == 0 ? .text(block, "t") : .thinking(block, "t"), into: &out)
                if block % 4 == 0 { encoder.write(.close(block), into: &out) }
                out.removeAll(keepingCapacity: true)
            }
            encoder.write(.finish(choice: 0, .stop), into: &out)
            encoder.write(.end, into: &out)
            #expect(!out.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `many blocks that wait for a call are written quickly`() {
        let encoder = MessagesAnswerEncoder(context: makeContext(.anthropicMessages, .openAIResponses))
        var out: [UInt8] = []
        encoder.write(.start(AnswerStart()), into: &out)
        encoder.write(.open(block: 0, choice: 0, .toolCall(id: "c", name: "f", .function)), into: &out)
        for block in 1...100_000 { encoder.write(.open(block: block, choice: 0, .text), into: &out) }
        for block in 1...100_000 { encoder.write(.text(block, "t"), into: &out) }
        encoder.write(.close(0), into: &out)
        encoder.write(.finish(choice: 0, .toolCalls), into: &out)
        encoder.write(.end, into: &out)
        #expect(String(decoding: out, as: UTF8.self).components(separatedBy: "text_delta").count == 100_001)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Dialect.openAIChat, .ollama])
    func `calls that share an id are told apart quickly`(upstream: Dialect) {
        let calls = (0..<40_000).map { index in
            upstream == .ollama
                ? #"{"id":"x","function":{"name":"f","arguments":{}}}"#
                : #"{"index":\#(index),"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}"#
        }
        let list = #""tool_calls":[\#(calls.joined(separator: ","))]"#
        let stream =
            upstream == .ollama
            ? line(#""content":"","# + list) + doneLine() : chunk("{\(list)}") + Self.end
        let got = relay(stream, makeContext(.anthropicMessages, upstream), contentType: upstream.streamType)
        #expect(got.isComplete && got.out.contains(#""x_40000""#))
    }

    @Test(.timeLimit(.minutes(1))) func `a long body of one line is read once`() {
        let piece = Array(String(repeating: "x", count: 64).utf8)
        var chunks = [Array(#"{"model":"up-model","message":{"role":"assistant","content":""#.utf8)]
        chunks += [[UInt8]](repeating: piece, count: 100_000)
        chunks.append(Array(#""},"done":true,"done_reason":"stop"}"#.utf8))
        for ends in [[[]], [[UInt8]](repeating: Array("\n ".utf8), count: 2_000)] {
            let got = relay(chunks + ends, makeContext(.openAIChat, .ollama), contentType: "application/json")
            #expect(got.isComplete && got.out.utf8.count > 6_400_000)
        }
    }
}
