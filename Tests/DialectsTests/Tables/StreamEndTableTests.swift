import Testing

@testable import Dialects

/// Streams that end without their end: only what the provider itself has finished is complete.
@Suite struct `Table of stream ends` {
    struct Row: Sendable, CustomTestStringConvertible {
        var provider: Dialect
        var testDescription: String
        var stream: String
        /// Whether the answer is complete when the body ends properly; where servers are known to end so; and when the
        /// connection breaks.
        var isComplete: (clean: Bool, lenient: Bool, broken: Bool)

        init(_ provider: Dialect, _ name: String, _ stream: String, _ clean: Bool, _ lenient: Bool, _ broken: Bool) {
            (self.provider, testDescription, self.stream) = (provider, "\(provider): \(name)", stream)
            isComplete = (clean, lenient, broken)
        }
    }

    private static let text = chunk(#"{"content":"a"}"#)
    private static let call = chunk(
        #"{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]}"#
    )
    private static let halfCall = chunk(
        #"{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":"}}]}"#
    )
    private static let finish = chunk("{}", finish: "stop")
    private static let done = "data: [DONE]\n\n"
    private static let added = event(
        "response.output_item.added",
        #""output_index":0,"item":{"type":"message","id":"m","role":"assistant","content":[]}"#
    )
    private static let delta = event(
        "response.output_text.delta",
        #""item_id":"m","output_index":0,"content_index":0,"delta":"a""#
    )

    static let rows = [
        Row(.openAIChat, "finish reason and end mark", text + finish + done, true, true, true),
        Row(.openAIChat, "T018: finish reason, no end mark", text + finish, true, true, true),
        Row(.openAIChat, "T019: end mark, no finish reason", text + done, true, true, true),
        Row(.openAIChat, "T019: end mark behind a call", call + done, true, true, true),
        Row(.openAIChat, "end mark behind half a call", halfCall + done, false, false, false),
        Row(.openAIChat, "end mark behind nothing", done, false, false, false),
        Row(.openAIChat, "text and neither", text, false, true, false),
        Row(.openAIChat, "T020: a call and neither", call, false, true, false),
        Row(.openAIChat, "T020: half a call and neither", halfCall, false, false, false),
        Row(.openAIChat, "nothing", "", false, false, false),
        Row(
            .openAIChat,
            "one of two answers without a finish reason",
            text + finish + text.replacing(#""index":0"#, with: #""index":1"#),
            false,
            true,
            false
        ),
        Row(.ollama, "done", line(#""content":"a""#) + doneLine(), true, true, true),
        Row(.ollama, "text without done", line(#""content":"a""#), false, true, false),
        Row(.ollama, "nothing", "", false, false, false),
        Row(
            .anthropicMessages,
            "stop reason and end",
            messageStart + textBlock(0, ["a"]) + messageEnd("end_turn"),
            true,
            true,
            true
        ),
        Row(
            .anthropicMessages,
            "stop reason, no end",
            messageStart + textBlock(0, ["a"])
                + event(
                    "message_delta",
                    #""delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}"#
                ),
            true,
            true,
            true
        ),
        Row(.anthropicMessages, "a block and no more", messageStart + textBlock(0, ["a"]), false, false, false),
        Row(.gemini, "finish reason", geminiChunk(#"{"text":"a"}"#, #","finishReason":"STOP""#), true, true, true),
        Row(.gemini, "text and no more", geminiChunk(#"{"text":"a"}"#), false, false, false),
        Row(
            .openAIResponses,
            "completed",
            added + delta + event("response.completed", #""response":{"id":"r","status":"completed","output":[]}"#),
            true,
            true,
            true
        ),
        Row(.openAIResponses, "text and no more", added + delta, false, false, false),
    ]

    /// What a clean end looks like to each client.
    private static let ends: [Dialect: [String]] = [
        .openAIChat: [#""finish_reason":"stop""#, #""finish_reason":"tool_calls""#],
        .openAIResponses: ["response.completed"], .anthropicMessages: ["message_stop"], .gemini: [#""finishReason":"#],
        .ollama: [#""done":true"#],
    ]

    @Test(arguments: rows, Dialect.spoken)
    func `only what a provider has finished ends well`(row: Row, client: Dialect) {
        let cases = [
            (cleanEnd: true, isLenient: false, expected: row.isComplete.clean), (true, true, row.isComplete.lenient),
            (false, false, row.isComplete.broken), (false, true, row.isComplete.broken),
        ]
        for (cleanEnd, isLenient, expected) in cases {
            let got = relay(
                row.stream,
                makeContext(client, row.provider),
                contentType: row.provider.streamType,
                cleanEnd: cleanEnd
            ) { $0.lenientEnd = isLenient }
            let place: Comment = "clean \(cleanEnd), lenient \(isLenient)"
            #expect(got.isComplete == expected, place)
            #expect((got.failure == nil) == expected, place)
            if !expected, got.hasContent {
                #expect(got.failure?.status == 502 && got.failure?.isRetryable == true, place)
                // What was forwarded as it came is the provider's; an end of ours is none.
                let isOurs = client != row.provider || !row.stream.contains(#""finish_reason":"stop""#)
                if isOurs { for end in Self.ends[client] ?? [] { #expect(!got.out.contains(end), place) } }
                #expect(got.out.contains("upstream closed the stream early"), place)
            }
        }
    }

    @Test func `nobody is lenient unless told`() {
        for dialect in Dialect.allCases { #expect(!TargetProfile(dialect).lenientEnd) }
    }
}
