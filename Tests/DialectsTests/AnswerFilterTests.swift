import JSONCore
import Testing

@testable import Dialects

/// Filters of answers that have several choices or several blocks.
@Suite struct `Filters of answers` {
    private static func chunk(_ choice: Int, _ text: String?, finish: String? = nil) -> String {
        let delta = text.map { #"{"content":"\#($0)"}"# } ?? "{}"
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return #"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"up-model","choices":[{"index":"#
            + "\(choice)" + #","delta":\#(delta),"finish_reason":\#(reason)}]}"# + "\n\n"
    }

    private static let end = "data: [DONE]\n\n"

    /// Relays a stream of a server without stop sequences to a Chat client that asked for several choices.
    private func relayed(_ frames: [String], stop: String, choices: Int) throws -> Relayed {
        let request =
            #"{"model":"m","stream":true,"n":\#(choices),"stop":"\#(stop)","messages":[{"role":"user","content":"a"}]}"#
        let sent = try translate(request, .openAIChat, .openAIChat, streams: true) { $0.stopSequences = false }
        #expect(sent.context.stopEmulation == [stop])
        return relay(frames.map { Array($0.utf8) }, sent.context)
    }

    private struct Choice: Equatable {
        var text = ""
        var finishes: [String] = []
    }

    private func choices(_ relayed: Relayed) throws -> [Int: Choice] {
        var out: [Int: Choice] = [:]
        for data in relayed.out.frameData where data != "[DONE]" {
            for choice in try json(data).root["choices"]?.elements.map({ $0 }) ?? [] {
                let index = try #require(choice["index"]?.int)
                out[index, default: Choice()].text += choice["delta"]?["content"]?.string ?? ""
                if let reason = choice["finish_reason"]?.string {
                    out[index, default: Choice()].finishes.append(reason)
                }
            }
        }
        return out
    }

    // MARK: - Stop sequences

    @Test func `text held back for a stop sequence stays with its choice`() throws {
        let got = try relayed(
            [
                Self.chunk(0, "one <"), Self.chunk(1, "two "), Self.chunk(0, "b> more"), Self.chunk(1, "<e"),
                Self.chunk(0, nil, finish: "stop"), Self.chunk(1, "nd>"), Self.chunk(1, nil, finish: "length"),
                Self.end,
            ],
            stop: "<end>",
            choices: 2
        )
        #expect(
            try choices(got) == [
                0: Choice(text: "one <b> more", finishes: ["stop"]), 1: Choice(text: "two ", finishes: ["stop"]),
            ]
        )
        #expect(got.isComplete && got.failure == nil)
    }

    @Test func `a choice that has stopped says nothing more while the others go on`() throws {
        let got = try relayed(
            [
                Self.chunk(0, "one<en"), Self.chunk(1, "d> two"), Self.chunk(0, "d> hidden"),
                Self.chunk(0, "hidden too"),
                Self.chunk(1, " and three"), Self.chunk(0, nil, finish: "length"), Self.chunk(1, nil, finish: "length"),
                Self.end,
            ],
            stop: "<end>",
            choices: 2
        )
        #expect(
            try choices(got) == [
                0: Choice(text: "one", finishes: ["stop"]), 1: Choice(text: "d> two and three", finishes: ["length"]),
            ]
        )
    }

    @Test(arguments: [1, 2, 3]) func `an answer ends when its last choice has stopped`(count: Int) throws {
        let frames = (0..<count).map { Self.chunk($0, "t\($0)END") }
        let got = try relayed(frames, stop: "END", choices: count)
        #expect(got.isComplete, "nothing need be waited for")
        #expect(try choices(got).values.map(\.finishes) == [[String]](repeating: ["stop"], count: count))
        guard count > 1 else { return }
        #expect(try !relayed(Array(frames.dropLast()), stop: "END", choices: count).isComplete)
    }

    // MARK: - Code fences

    private func unfenced(_ events: [AnswerEvent]) -> [Int: String] {
        let filter = CodeFenceFilter()
        var out: [Int: String] = [:]
        for event in events {
            var events = [event]
            filter.apply(to: &events)
            for case .text(let block, let text) in events { out[block, default: ""] += text.string }
        }
        return out
    }

    @Test func `a fence is removed from each choice`() {
        let texts = unfenced([
            .open(block: 0, choice: 0, .text), .text(0, "``"), .open(block: 1, choice: 1, .text), .text(1, "{\"b\":"),
            .text(0, "`json\n{\"a\":1}\n"), .text(1, "2}"), .text(0, "```"), .close(0), .close(1),
        ])
        #expect(texts == [0: "{\"a\":1}", 1: "{\"b\":2}"])
    }

    @Test func `a fence behind thinking is removed`() {
        let texts = unfenced([
            .open(block: 0, choice: 0, .thinking), .thinking(0, "hm"), .close(0), .open(block: 1, choice: 0, .text),
            .text(1, "```json\n{}\n```"), .close(1),
        ])
        #expect(texts == [1: "{}"])
    }
}
