import JSONCore
import Testing

@testable import Dialects

/// Answers and requests made to be slow to read, or to fill the memory.
@Suite(.timeLimit(.minutes(1))) struct `Hostile streams` {
    private static let lengths = [0, 1, 2, 3, 5, 11, 12, 13, 20, 40]

    // MARK: - Repetitions

    /// What a trimmer does by definition, without any care for time.
    private func trimmed(_ before: [UInt8], _ pieces: [[UInt8]]) -> [UInt8] {
        var held: [UInt8] = []
        var out: [UInt8] = []
        var isDecided = false
        func decide() {
            isDecided = true
            var count = min(held.count, before.count)
            while count > 0 {
                let isShort = count == before.count ? count < 4 : count > 1 || held[0] != 0x20
                if count >= 12 || !isShort, before.suffix(count).elementsEqual(held.prefix(count)) { break }
                count -= 1
            }
            out += held.dropFirst(count)
        }
        for piece in pieces {
            guard !isDecided else {
                out += piece
                continue
            }
            held += piece
            let starts = 0...max(0, before.count - held.count)
            let isFound = starts.contains { before.dropFirst($0).starts(with: held) }
            if held.count >= before.count || !isFound { decide() }
        }
        if !isDecided { decide() }
        return out
    }

    @Test func `repetitions are found as they are defined`() {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<3_000 {
            let alphabet = Array("ab ".utf8)
            func random(_ count: Int) -> [UInt8] {
                (0..<count).map { _ in alphabet.randomElement(using: &numbers) ?? 0 }
            }
            let before = random(Self.lengths.randomElement(using: &numbers) ?? 0)
            let again = Array(before.suffix(Self.lengths.randomElement(using: &numbers) ?? 0))
            var rest = (again + random(Self.lengths.randomElement(using: &numbers) ?? 0))[...]
            var pieces: [[UInt8]] = []
            while !rest.isEmpty {
                let count = Int.random(in: 1...6, using: &numbers)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            var trimmer = OverlapTrimmer(behind: before)
            var out: [UInt8] = []
            for piece in pieces { out += trimmer.feed(piece) }
            out += trimmer.finish()
            #expect(out == trimmed(before, pieces), "\(before) \(pieces)")
        }
    }

    @Test func `a text that almost repeats itself everywhere is read in linear time`() {
        let half = [UInt8](repeating: 0x61, count: 8_000)
        for before in [half + [0x62] + half, half + half] {
            for _ in 0..<20 {
                var trimmer = OverlapTrimmer(behind: before)
                var count = 0
                for _ in 0..<7_999 { count += trimmer.feed([0x61]).count }
                count += trimmer.feed([0x62]).count
                for _ in 0..<8_000 { count += trimmer.feed([0x61]).count }
                count += trimmer.finish().count
                #expect(count <= 16_000)
            }
        }
    }

    // MARK: - Filters

    private func filtered(_ filter: any AnswerFilter, _ pieces: [String]) -> (text: String, stop: StopReason?) {
        var (text, stop): (String, StopReason?) = ("", nil)
        func run(_ event: AnswerEvent) {
            var events = [event]
            filter.apply(to: &events)
            for event in events {
                if case .text(_, let piece) = event { text += piece.string }
                if case .finish(_, let reason) = event { stop = stop ?? reason }
            }
        }
        run(.open(block: 0, choice: 0, .text))
        for piece in pieces { run(.text(0, JSONText(piece))) }
        run(.close(0))
        return (text, stop)
    }

    @Test func `a long stop sequence that never quite comes costs no more than a short one`() {
        let stop = String(repeating: "a", count: 200_000) + "b"
        let pieces = [String](repeating: String(repeating: "a", count: 10), count: 30_000)
        let (text, reason) = filtered(StopSequenceFilter([stop, "zz"]), pieces)
        #expect(text.utf8.count == 300_000 && reason == nil)
        let hit = filtered(StopSequenceFilter([stop]), pieces + ["bc"])
        #expect(hit.text.utf8.count == 100_000 && hit.stop == .stopSequence(stop))
    }

    @Test(arguments: ["xabcdy", "ababc", "abab", "aXbc", "cab"])
    func `where a stop sequence is found does not depend on the pieces`(text: String) {
        let stops = ["abc", "bc", "bab", "X"]
        let whole = filtered(StopSequenceFilter(stops), [text])
        let bytewise = filtered(StopSequenceFilter(stops), text.map(String.init))
        #expect(whole.text == bytewise.text && whole.stop == bytewise.stop)
    }

    @Test func `the longest of the stop sequences that end together counts`() {
        let (text, stop) = filtered(StopSequenceFilter(["bc", "abc"]), ["xa", "bcd"])
        #expect(text == "x" && stop == .stopSequence("abc"))
    }

    @Test(arguments: ["```", "   "])
    func `a fence that never begins does not hold an answer back`(opening: String) {
        let pieces = [opening] + [String](repeating: opening == "   " ? "   " : "abc", count: 60_000)
        let (text, _) = filtered(CodeFenceFilter(), pieces)
        #expect(text.utf8.count >= 180_000)
    }

    // MARK: - Tools

    private static let bomb = ##"""
        {"type":"object","properties":{"x":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"object","properties":{
          "1":{"$ref":"#/$defs/a"},"2":{"$ref":"#/$defs/a"},"3":{"$ref":"#/$defs/a"},"4":{"$ref":"#/$defs/a"}},
          "required":["1"]}}}
        """##

    @Test func `schemas that unfold do so together only so far`() throws {
        let tools = (0..<20_000).map { #"{"name":"t\#($0)","input_schema":\#(Self.bomb)}"# }
        let request = try json(#"{"tools":[\#(tools.joined(separator: ","))]}"#)
        let declarations = try #require(ToolDeclarations.of(request))
        guard case .function(let first) = declarations.entry("t0"),
            case .function(let last) = declarations.entry("t19999")
        else {
            Issue.record("the tools are functions")
            return
        }
        #expect(first.properties.count == 1 && last.properties.isEmpty && last.types == .any)
        #expect(declarations.name(like: "T7") == "t7" && declarations.name(like: "T20000") == nil)
    }

    @Test func `names that differ in case alone stand for none`() throws {
        let request = try json(#"{"tools":[{"name":"Read"},{"name":"read"},{"name":"Write"}]}"#)
        let declarations = try #require(ToolDeclarations.of(request))
        #expect(declarations.name(like: "READ") == nil && declarations.name(like: "wRITE") == "Write")
    }

    @Test func `many members of many properties are compared quickly`() throws {
        let properties = (0..<3_900).map { #""property\#($0)":{"type":"integer"}"# }.joined(separator: ",")
        let schema = try json(#"{"type":"object","required":["property1"],"properties":{\#(properties)}}"#).root
        var reader = ToolSchemaReader(schema)
        let tool = reader.read()
        for repairs in [false, true] {
            var checker = ArgumentsMender(tool, repairs: repairs)
            var out: [UInt8] = []
            checker.feed(
                Array(("{" + (0..<60_000).map { #""unknown\#($0)":{}"# }.joined(separator: ",") + "}").utf8),
                into: &out
            )
            checker.finish(into: &out)
            #expect(checker.faults == [.missingMember])
        }
    }

    @Test func `what waits for the end of a call that was cut off is limited`() throws {
        let tools = try #require(ToolDeclarations.of(try json(#"{"tools":[{"name":"f"}]}"#)))
        let filter = ToolCallGuard(tools, repairs: true)
        var sent = 0
        func run(_ event: AnswerEvent) {
            var events = [event]
            filter.apply(to: &events)
            sent += events.count
        }
        run(.open(block: 0, choice: 0, .toolCall(id: "c", name: "f", .function)))
        run(.arguments(0, "{"))
        run(.close(0))
        run(.open(block: 1, choice: 0, .text))
        let before = sent
        for _ in 0..<20 { run(.text(1, JSONText(String(repeating: "x", count: 100_000)))) }
        #expect(sent > before + 10)
    }

    // MARK: - Requests

    @Test func `of many media the newest are fetched`() throws {
        let images = (0..<60_000).map { #"{"type":"image_url","image_url":{"url":"https://a.test/\#($0)"}}"# }
        let body = try json(
            #"{"model":"m","messages":[{"role":"user","content":[\#(images.joined(separator: ","))]}]}"#
        )
        var profile = TargetProfile(.ollama)
        (profile.images, profile.imageURLs) = (true, false)
        let urls = RequestTranslator.mediaToFetch(body, profile: profile, context: makeContext(.openAIChat, .ollama))
        #expect(urls == (59_992..<60_000).map { "https://a.test/\($0)" })
    }

    @Test func `each medium is fetched once`() throws {
        let images = ["a", "b", "a"].map { #"{"type":"image_url","image_url":{"url":"https://x.test/\#($0)"}}"# }
        let body = try json(
            #"{"model":"m","messages":[{"role":"user","content":[\#(images.joined(separator: ","))]}]}"#
        )
        var profile = TargetProfile(.ollama)
        (profile.images, profile.imageURLs) = (true, false)
        let urls = RequestTranslator.mediaToFetch(body, profile: profile, context: makeContext(.openAIChat, .ollama))
        #expect(urls == ["https://x.test/b", "https://x.test/a"])
    }
}
