import Testing

@testable import Dialects

/// Cases of the specification about the frames of streams, each for all pairs of dialects.
@Suite struct `Cases of framing` {
    private static let events = Direction.all.filter { $0.upstream != .ollama }

    private func relayed(_ stream: String, _ direction: Direction, streams: Bool = true) -> Relayed {
        relay(
            stream,
            makeContext(direction.client, direction.upstream, streams: streams),
            contentType: direction.upstream.streamType
        )
    }

    @Test(arguments: events)
    func `T032: a frame of null is nothing, wherever it stands`(direction: Direction) {
        let stream = direction.upstream.stream(saying: ["a", "b"]).replacing("\r\n", with: "\n")
        let null = "data: null\n\n"
        // The last one is what servers flush when they end: it has no blank line.
        let flushed = null + stream.frames.map { $0 + "\n\n" + null }.joined() + "data: null"
        for streams in [true, false] {
            let plain = relayed(stream, direction, streams: streams)
            #expect(plain.isComplete)
            #expect(relayed(flushed, direction, streams: streams) == plain)
        }
    }

    @Test(arguments: Direction.all)
    func `T034: lines may end with CRLF, and be cut between its two bytes or anywhere`(direction: Direction) {
        let stream = direction.upstream.stream(saying: ["a", "é"]).replacing("\r\n", with: "\n")
        let whole = relayed(stream, direction)
        #expect(whole.isComplete)
        let bytes = Array(stream.replacing("\n", with: "\r\n").utf8)
        let context = makeContext(direction.client, direction.upstream)
        let type = direction.upstream.streamType
        #expect(relay(bytes.map { [$0] }, context, contentType: type) == whole, "byte by byte")
        let wrong = bytes.indices.first { cut in
            relay([Array(bytes[..<cut]), Array(bytes[cut...])], context, contentType: type) != whole
        }
        #expect(wrong == nil)
    }

    @Test(arguments: events)
    func `T035: frames without blank lines between them are told apart`(direction: Direction) {
        let stream = direction.upstream.stream(saying: ["a", "b"]).replacing("\r\n", with: "\n")
        let tight = stream.replacing("\n\n", with: "\n")
        for streams in [true, false] {
            let plain = relayed(stream, direction, streams: streams)
            #expect(plain.isComplete)
            #expect(relayed(tight, direction, streams: streams) == plain)
        }
    }

    @Test(
        arguments: Dialect.spoken,
        [
            (#"{"content":"b"}"#, "stop"), (#"{"reasoning_content":"b"}"#, "stop"),
            (#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}"#, "tool_calls"),
        ]
    )
    func `T036: content beside the reason for the end comes before it`(
        client: Dialect,
        last: (delta: String, reason: String)
    ) throws {
        let first = chunk(#"{"role":"assistant","content":"a"}"#)
        let usage = #","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}"#
        let together = first + chunk(last.delta, finish: last.reason, extra: usage) + "data: [DONE]\n\n"
        let apart =
            first + chunk(last.delta) + chunk("{}", finish: last.reason, extra: usage) + "data: [DONE]\n\n"
        for streams in [true, false] {
            let context = makeContext(client, .openAIChat, streams: streams)
            let got = relay(together, context)
            #expect(got.isComplete && got.usage.output == 2)
            // Chat's own clients get the frame as it is.
            let expected = streams && client == .openAIChat ? together.passedOn : relay(apart, context).out
            #expect(got.out == expected)
        }
    }
}
