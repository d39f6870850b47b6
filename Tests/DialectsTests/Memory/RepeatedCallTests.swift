import JSONCore
import Testing

@testable import Dialects

/// Conversations whose calls have the same ids: what was thought in one is not sent in another.
@Suite struct `Reasoning behind ids that repeat` {
    private static let drawn = "call_Zq3vT81kLm0sXw7RbN42cYpd"
    private static let arguments = #"{"path":"a.txt","lines":[1,2.5]}"#

    private let demands: (inout TargetProfile) -> Void = { $0.reasoningReplay = .required }

    private func chatAnswer(_ id: String, _ arguments: String = arguments, thought: String = "of A alone") -> String {
        let escaped = arguments.replacing("\"", with: "\\\"")
        return
            #"{"choices":[{"message":{"role":"assistant","content":null,"reasoning_content":"\#(thought)","tool_calls":[{"id":"\#(id)","type":"function","function":{"name":"read_file","arguments":"\#(escaped)"}}]},"finish_reason":"tool_calls"}]}"#
    }

    private func loop(_ id: String, _ arguments: String = arguments, asked: String = "read a.txt") -> [Turn] {
        [.user(asked), .calling([(id, arguments)]), .answering([(id, "content")])]
    }

    @Test(arguments: Dialect.spoken, ["functions.read_file:0", "call_0", "call_00000000000000000000"])
    func `another question or another call with the same id gets nothing`(client: Dialect, id: String) throws {
        let talk = Talk(client: client)
        try talk.ask(
            try talk.request([.user("read a.txt")]),
            of: .openAIChat,
            answering: chatAnswer(id),
            profile: demands
        )
        func sent(_ turns: [Turn]) throws -> String {
            try talk.send(try talk.request(turns), to: .openAIChat, profile: demands).text
        }
        #expect(try sent(loop(id)).contains("of A alone"))
        let spelledAnew = #"{ "lines" : [1.0, 2.50], "path":"\u0061.txt" }"#
        #expect(try sent(loop(id, spelledAnew)).contains("of A alone"))
        for other in [
            loop(id, asked: "read my letters"), loop(id, #"{"path":"b.txt"}"#),
            [.user("read a.txt"), .calling([(id, Self.arguments)], saying: "Well."), .answering([(id, "content")])],
            [.user("hello"), .assistant("hi")] + loop(id),
        ] {
            let text = try sent(other)
            #expect(!text.contains("of A alone") && text.contains("(reasoning unavailable)"))
        }
    }

    @Test(arguments: Dialect.spoken)
    func `thinking of Claude is bound to its conversation too`(client: Dialect) throws {
        let talk = Talk(client: client)
        try talk.ask(try talk.request([.user("read a.txt")]), of: .anthropicMessages, answering: claudeAnswer())
        let call = Turn.calling([("toolu_1", Self.arguments)], saying: "I read it.")
        let other: [Turn] = [.user("read my letters"), call, .answering([("toolu_1", "content")])]
        #expect(!(try talk.send(try talk.request(other), to: .anthropicMessages).text.contains("Esig")))
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages])
    func `the same steps after another beginning are another conversation`(client: Dialect) throws {
        let talk = Talk(client: client)
        func path(_ step: Int) -> String { #"{"path":"\#(step).txt"}"# }
        func steps(_ beginning: String, _ count: Int) -> [Turn] {
            [.user(beginning)]
                + (0..<count).flatMap { step -> [Turn] in
                    [.calling([("call_\(step)", path(step))]), .answering([("call_\(step)", "content")])]
                }
        }
        for step in 0..<4 {
            try talk.ask(
                try talk.request(steps("mine", step)),
                of: .openAIChat,
                answering: chatAnswer("call_\(step)", path(step), thought: "thought \(step)"),
                profile: demands
            )
        }
        let own = try talk.send(try talk.request(steps("mine", 4)), to: .openAIChat, profile: demands).text
        let other = try talk.send(try talk.request(steps("yours", 4)), to: .openAIChat, profile: demands).text
        for step in 0..<4 { #expect(own.contains("thought \(step)") && !other.contains("thought \(step)")) }
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages, .openAIResponses])
    func `an id that no other call has finds its turn after the client has summed up the beginning`(
        client: Dialect
    ) throws {
        let talk = Talk(client: client)
        let body = try talk.request([.user("read a.txt")])
        try talk.ask(body, of: .openAIChat, answering: chatAnswer(Self.drawn), profile: demands)
        func sent(_ turns: [Turn]) throws -> String {
            try talk.send(try talk.request(turns), to: .openAIChat, profile: demands).text
        }
        #expect(try sent(loop(Self.drawn, asked: "Summary: the user wants a.txt")).contains("of A alone"))
        let other = loop(Self.drawn, #"{"path":"b.txt"}"#, asked: "Summary")
        #expect(!(try sent(other).contains("of A alone")))
    }

    @Test(arguments: [
        (drawn, true), ("toolu_01A09q90qw90lq917835lq9F", true), ("call_00_fvYjSRbG8hQ1x2Lm7PzK0aTe", true),
        ("chatcmpl-tool-3f9a1c77d02b4e5f8a6b9c0d1e2f3a4b", true), ("call_8c1f0a52-93de-4b7c-a1f0-5e6d7c8b9a01", true),
        ("call_0", false), ("functions.read_many_files_from_disk:12", false), ("toolu_1", false), ("", false),
        ("call-read-many-files-from-disk-12", false), ("call_1732155764123456", false), ("D681PevKs", false),
        ("function-call-12345678901234567890", false), ("readManyFilesFromDisk2", false),
    ])
    func `only ids that look drawn by lot are taken for unique`(id: String, isUnique: Bool) {
        #expect(CallIDs.isUnique(id) == isUnique)
    }
}
