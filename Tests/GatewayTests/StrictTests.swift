import Dialects
import Foundation
import HTTPCore
import HTTPServer
import Testing

@testable import Gateway

/// Clients that would rather have no answer than one to less than they asked (`X-OmniRoute-Strict`).
@Suite(.timeLimit(.minutes(1))) struct StrictTests {
    private static let strict = [("X-OmniRoute-Strict", "true")]

    /// Anthropic's models know no seed.
    private func question(_ model: String, streams: Bool = false) -> ClientQuestion {
        ClientQuestion(dialect: .openAIChat, model: model, streams: streams, more: #","seed":7"#)
    }

    @Test(arguments: [true, false])
    func `the next model of a combo is tried, and no account is to blame`(streams: Bool) async throws {
        let messages = try Upstream { .answer("from messages", .anthropicMessages, to: $0) }
        let chat = try Upstream { .answer("from chat", .openAIChat, to: $0) }
        try await withWorld { world async throws in
            try await world.connect(messages, speaking: .anthropicMessages, accounts: ["a1", "a2"])
            try await world.connect(chat, speaking: .openAIChat)
            try await world.addCombo("mix", ["messages/m1", "chat/m2"])
            let answer = await world.ask(question("mix", streams: streams), headers: Self.strict)
            #expect(answer.status == 200 && answer.sink.text.contains("from chat"))
            #expect(messages.calls.isEmpty && chat.asked == ["a1 m2"])
            #expect(answer.sink.headers["x-omniroute-loss"] == nil)
            #expect(try world.isReady("messages/m1"))
            // Others take what they can get.
            let relaxed = await world.ask(question("mix", streams: streams))
            #expect(relaxed.sink.text.contains("from messages"))
            #expect(relaxed.sink.headers["x-omniroute-loss"] == "seed")
        }
    }

    @Test func `without another model it is a bad request that names what is lost`() async throws {
        let messages = try Upstream { .answer("from messages", .anthropicMessages, to: $0) }
        try await withWorld { world async throws in
            try await world.connect(messages, speaking: .anthropicMessages, accounts: ["a1", "a2"])
            try await world.addCombo("mix", ["messages/m1", "messages/m2"])
            for model in ["messages/m1", "mix"] {
                let answer = await world.ask(question(model), headers: Self.strict)
                #expect(answer.status == 400 && answer.failure?.code == "strict_loss")
                #expect(answer.failure?.message.contains("seed") == true)
            }
            #expect(messages.calls.isEmpty)
            #expect(try world.isReady("messages/m1"))
            #expect(await world.ask("messages/m1", headers: Self.strict).status == 200, "nothing is lost of this")
        }
    }

    @Test(arguments: [["messages/m1", "chat/m2"], ["chat/m2", "messages/m1"]])
    func `a failure of a provider is told before what was not asked`(models: [String]) async throws {
        let messages = try Upstream { .answer("from messages", .anthropicMessages, to: $0) }
        let chat = try Upstream { _ in .failure(500, "boom") }
        try await withWorld { world async throws in
            try await world.connect(messages, speaking: .anthropicMessages)
            try await world.connect(chat, speaking: .openAIChat)
            try await world.addCombo("mix", models)
            let answer = await world.ask(question("mix"), headers: Self.strict)
            #expect(answer.status == 500 && answer.failure?.code != "strict_loss")
            #expect(answer.failure?.message.contains("boom") == true)
            #expect(answer.failure?.message.contains("seed") == false)
        }
    }

    @Test(arguments: Loss.Feature.allCases)
    func `the documentation names every loss`(feature: Loss.Feature) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let page = tests.deletingLastPathComponent().appending(path: "docs/api.md")
        #expect(try String(contentsOf: page, encoding: .utf8).contains("`\(feature.rawValue)`"))
    }
}
