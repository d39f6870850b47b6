import JSONCore
import Testing

@testable import Dialects

@Suite struct FramePatternTests {
    /// Texts that a careless comparison would take for content, or would not.
    private static let texts = [
        "a", " word", "\\n", "\\\"", "\\\\", "\\u00e9", "é", "日本", "\"}", "x\",\"y\":\"z", "\\", "\\u12", "\\x", "",
        "\u{1}", "tab\\t", "\\ud83d\\ude00", "\\ud83d", "}}]}", "\u{2028}",
    ]

    private func frame(_ text: String) -> String {
        #"{"id":"c1","model":"up","choices":[{"index":0,"delta":{"content":""# + text + #""},"finish_reason":null}]}"#
    }

    /// Each text twice in a row, behind a frame that teaches the pattern.
    private func stream(_ texts: [String]) -> String {
        (["first"] + texts).map { "data: \(frame($0))\n\n" }.joined()
    }

    @Test(arguments: texts, [Dialect.openAIChat, .anthropicMessages])
    func `a known frame means what a parsed one means`(text: String, client: Dialect) {
        // A comment-like member in front keeps the second relay from ever knowing a frame.
        let plain = stream([text, text])
        let varied = (["first", text, text]).enumerated().map { number, text in
            "data: " + frame(text).replacing("{\"id\"", with: "{\"n\":\(number),\"id\"") + "\n\n"
        }.joined()
        let context = makeContext(client, .openAIChat)
        let known = relay(plain, context)
        let parsed = relay(varied, context)
        #expect(known.failure?.message == parsed.failure?.message)
        #expect(strip(known.out) == strip(parsed.out))
    }

    private func strip(_ text: String) -> String {
        text.replacing(#/"n":\d,/#, with: "").replacing(#/msg_\w+/#, with: "msg")
    }

    @Test func `only the frame right before counts`() throws {
        let document = try JSONDocument.parse(text: frame("a"))
        let text = try #require(document.root["choices"]?.first?["delta"]?["content"]?.text)
        let pattern = FramePattern()
        var out: [UInt8] = []
        #expect(pattern.event(for: Array(frame("b").utf8), name: nil, into: &out) == nil)
        pattern.learn(document, name: nil, events: [.text(3, text)], output: nil)
        #expect(isText(pattern.event(for: Array(frame("b").utf8), name: nil, into: &out), "b"))
        #expect(pattern.event(for: Array(frame("b").utf8), name: "other", into: &out) == nil)
        #expect(pattern.event(for: Array(frame("b").utf8.dropLast()), name: nil, into: &out) == nil)
        #expect(pattern.event(for: Array("{}".utf8), name: nil, into: &out) == nil)
        #expect(pattern.event(for: [], name: nil, into: &out) == nil)
        pattern.learn(document, name: nil, events: [.text(3, text), .close(3)], output: nil)
        #expect(pattern.event(for: Array(frame("b").utf8), name: nil, into: &out) == nil)
        #expect(out.isEmpty)
    }

    private func isText(_ event: AnswerEvent?, _ expected: String) -> Bool {
        guard case .text(3, let text) = event else { return false }
        return text.string == expected
    }

    @Test(arguments: [
        #"data: {"model":"mine","choices":["a"]}"#, #"data: {"choices":["a"],"model":"mine"}"#,
    ])
    func `what a client was sent is split around the text, on either side of an edit`(sent: String) throws {
        let theirs = sent.dropFirst(6).replacing("mine", with: "theirs")
        let document = try JSONDocument.parse(text: String(theirs))
        let text = try #require(document.root["choices"]?.first?.text)
        let pattern = FramePattern()
        pattern.learn(document, name: nil, events: [.text(3, text)], output: Array((sent + "\n\n").utf8)[...])
        var out: [UInt8] = []
        let next = theirs.replacing("\"a\"", with: "\"bcd\"")
        #expect(isText(pattern.event(for: Array(next.utf8), name: nil, into: &out), "bcd"))
        #expect(String(decoding: out, as: UTF8.self) == sent.replacing("\"a\"", with: "\"bcd\"") + "\n\n")
    }

    @Test func `a chunk that was held back is sent once, whatever follows it`() {
        func choice(_ index: Int, _ text: String, _ reason: String = "null") -> String {
            let delta = #""delta":{"content":""# + text + #""}"#
            return
                #"data: {"id":"c","model":"up","choices":[{"index":\#(index),\#(delta),"finish_reason":\#(reason)}]}"#
                + "\n\n"
        }
        let texts = ["two", "three", "four"].map { choice(1, $0) }.joined()
        let begun = choice(0, "A") + choice(1, "one") + choice(0, "!", #""stop""#)
        let stream = begun + texts + choice(1, "", #""stop""#) + "data: [DONE]\n\n"
        let answer = relay(stream, makeContext(.openAIChat, .openAIChat))
        #expect(answer.isComplete)
        #expect(answer.out.ranges(of: "\"!\"").count == 1)
        for text in ["A", "one", "two", "three", "four"] {
            #expect(answer.out.ranges(of: "\"\(text)\"").count == 1, "\(text)")
        }
    }

    @Test func `pieces of calls beside a text are never passed over`() {
        let fragment = #","tool_calls":[{"index":0,"id":"c1","function":{"arguments":"{"}}]}"#
        let rest = #","tool_calls":[{"index":0,"function":{"name":"f","arguments":"1}"}}]}"#
        let stream =
            ["a", "b", "c"].map { chunk("{\"content\":\"\($0)\"" + fragment) }.joined()
            + chunk(#"{"content":"d""# + rest)
            + chunk("{}", finish: "tool_calls") + "data: [DONE]\n\n"
        let answer = relay(stream, makeContext(.anthropicMessages, .openAIChat))
        #expect(answer.out.contains("{{{1}"))
    }
}
