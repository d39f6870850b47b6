import CryptoCore
import JSONCore
import Testing

@testable import Dialects

@Suite struct `Visible content` {
    private func digest(_ turn: Turn) -> Digest? {
        var digests = TurnDigests([turn])
        return digests.content(of: 0)
    }

    private static var history: [Turn] {
        [
            .user("read a.txt"),
            .calling(
                [("c1", #"{"path":"a.txt","n":1}"#), ("c2", #"{"path":"b.txt","deep":{"z":[],"a":null}}"#)],
                saying: "Sure."
            ),
            .answering([("c1", "one\ntwo"), ("c2", "zwei \u{1F600} \"quoted\"")]),
            .assistant("First part.\n\nSecond part: <b>&amp;</b>"),
            .user("thanks, \\ go on"),
        ]
    }

    /// The requirement behind every key: what a client of any dialect sends back is known again.
    @Test(arguments: Dialect.spoken)
    func `a history is the same in every dialect`(dialect: Dialect) throws {
        let body = try json(try Talk(client: dialect).request(Self.history))
        var context = makeContext(dialect, dialect)
        let turns = try dialect.codec.decodeRequest(body, context: &context).turns
        var (there, here) = (TurnDigests(turns), TurnDigests(Self.history))
        let theirs = turns.indices.filter { turns[$0].role == .assistant }
        let ours = Self.history.indices.filter { Self.history[$0].role == .assistant }
        #expect(theirs.count == ours.count)
        for (left, right) in zip(theirs, ours) {
            #expect(there.content(of: left) == here.content(of: right))
            #expect(there.place(before: left) == here.place(before: right))
        }
        #expect(there.place(before: turns.count) == here.place(before: Self.history.count))
        if let recent = dialect.codec.history(of: body.root)?.recent {
            var short = TurnDigests(recent)
            #expect(short.place(before: recent.count) == here.place(before: Self.history.count))
        }
    }

    @Test func `a place is known by the beginning, the last answer and what stood around it`() {
        let between = [Self.history[0], .assistant("older"), .user("new")] + Self.history.dropFirst()
        let begun = [Turn.user("old"), .assistant("older")] + Self.history
        var (long, other, short) = (TurnDigests(between), TurnDigests(begun), TurnDigests(Self.history))
        // The place of the answer to come looks back to the results before "First part", and at the beginning.
        #expect(long.place(before: between.count) == short.place(before: Self.history.count))
        #expect(other.place(before: begun.count) != short.place(before: Self.history.count))
        #expect(long.place(before: 3) != short.place(before: 1))
        #expect(short.place(before: 0) == nil)
        let places = Self.history.indices.dropFirst().map { short.place(before: $0) } + [short.place(before: 5)]
        #expect(Set(places.map { $0?.hex }).count == places.count)
    }

    @Test func `system text in mid-conversation does not count`() {
        var with = TurnDigests([.user("a"), Turn(.system, [.text("be kind")]), .assistant("b"), .user("c")])
        var without = TurnDigests([.user("a"), .assistant("b"), .user("c")])
        #expect(with.place(before: 4) == without.place(before: 3))
    }

    @Test(arguments: [
        (#"{"a":1,"b":"x y"}"#, #"{ "b" : "x y", "a" : 1.0 }"#, true),
        (#"{"a":"\u00e9\/"}"#, #"{"a":"é/"}"#, true),
        (#"{"a":1e2}"#, #"{"a":100}"#, true),
        ("", "{}", true),
        (#"{"a":"x y"}"#, #"{"a":"xy"}"#, false),
        (#"{"a":"1"}"#, #"{"a":1}"#, false),
        (#"{"a":[1,2]}"#, #"{"a":[12]}"#, false),
        (#"{"a":[]}"#, #"{"a":[[]]}"#, false),
        (#"{"a":{"b":1}}"#, #"{"a":{},"b":1}"#, false),
        (#"{"a":null}"#, #"{"a":"null"}"#, false),
        (#"{"ab":"c"}"#, #"{"a":"bc"}"#, false),
    ])
    func `arguments are compared by value`(left: String, right: String, isSame: Bool) {
        #expect((digest(.calling([("1", left)])) == digest(.calling([("2", right)]))) == isSame)
    }

    @Test func `names, the order of calls and words count; cuts, blanks and thinking do not`() {
        let turn = Turn(.assistant, [.text("ab c"), .text("d")])
        let thinking = Part.thinking(Thinking(text: "t", signature: nil))
        #expect(digest(turn) == digest(.assistant("a bcd\n")))
        #expect(digest(turn) == digest(Turn(.assistant, [thinking] + turn.parts)))
        #expect(digest(turn) != digest(.assistant("abdc")))
        let (one, two) = (("1", #"{"a":1}"#), ("2", #"{"a":2}"#))
        #expect(digest(.calling([one, two])) != digest(.calling([two, one])))
        #expect(digest(.calling([one])) != digest(.calling([one, two])))
        #expect(digest(Turn(.assistant, [thinking])) == nil)
    }

    @Test func `free text of a custom tool is the same as its function's arguments`() {
        let custom = ToolCall(id: "1", name: "t", arguments: .text("x\n"), kind: .custom)
        let function = ToolCall(id: "1", name: "t", arguments: .text(#"{"input":"x\n"}"#))
        #expect(digest(Turn(.assistant, [.toolCall(custom)])) == digest(Turn(.assistant, [.toolCall(function)])))
    }

    @Test func `text has one digest however it is cut and escaped`() {
        let text = String(repeating: "Wörter 😀 und \"Zeichen\"\t", count: 700)
        var whole = TextDigest()
        whole.append(JSONText(text))
        var single = TextDigest()
        for character in text { single.append(JSONText(String(character))) }
        var escaped = TextDigest()
        for scalar in text.unicodeScalars {
            let units = String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            escaped.append(JSONText(rawEscaped: Array(units.joined().utf8)))
        }
        #expect(whole.digest == single.digest && whole.digest == escaped.digest)
        whole.append("x")
        #expect(whole.digest != single.digest)
    }
}
