import Dialects
import HTTPServer
import Testing

@testable import Gateway

/// Calls that do not fit the tool that the client declared.
@Suite(.timeLimit(.minutes(1))) struct ToolCallTests {
    /// The model writes the number as a string.
    private static func answer(to call: Upstream.Call) -> Response {
        let tool = #"{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"n\":\"5\"}"}}"#
        func choice(_ key: String, _ reason: String) -> String {
            #"{"index":0,"\#(key)":{"role":"assistant","content":null,"tool_calls":[\#(tool)]},"finish_reason":\#(reason)}"#
        }
        let head = #"{"id":"c1","object":"chat.completion","created":1,"model":"m1","choices":["#
        guard call.streams else { return .json(Array((head + choice("message", #""tool_calls""#) + "]}").utf8)) }
        return .stream("data: " + head + choice("delta", "null") + "]}\n\n" + Chat.finish("tool_calls") + Chat.done)
    }

    private static func settings(_ policy: ToolCallPolicy) -> GatewaySettings {
        var settings = GatewaySettings.quiet()
        settings.toolCallGuard = policy
        return settings
    }

    @Test(arguments: Dialect.allCases, [ToolCallPolicy.off, .observe, .repair])
    func `calls are counted per model and repaired where that is wanted`(
        client: Dialect,
        policy: ToolCallPolicy
    ) async throws {
        let upstream = try Upstream(Self.answer)
        try await withWorld(Self.settings(policy)) { world async throws in
            try await world.connect(upstream, speaking: .openAIChat)
            for streams in [true, false] {
                let question = ClientQuestion(dialect: client, model: "chat/m1", streams: streams, more: client.tools)
                let answer = await world.ask(question)
                let text = answer.sink.text.replacing("\\", with: "")
                #expect(answer.status == 200)
                #expect(text.contains(#""n":"5""#) == (policy != .repair))
            }
            let scores = world.gateway.toolCallScores.all
            guard policy != .off else { return #expect(scores.isEmpty) }
            let report = try #require(scores.first?.value)
            #expect(scores.count == 1 && scores.first?.key.model == "m1")
            #expect(report.calls == 2 && report.valid == 0 && report.faults == [.wrongType: 2])
            #expect(report.repaired == (policy == .repair ? 2 : 0))
        }
    }
}
