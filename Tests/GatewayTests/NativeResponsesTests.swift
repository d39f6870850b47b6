import Dialects
import HTTPCore
import HTTPServer
import JSONCore
import Store
import Testing

@testable import Gateway

/// Responses that go on from earlier ones, with providers that keep them and with others.
@Suite(.timeLimit(.minutes(1))) struct NativeResponsesTests {
    /// Its responses are named after the account.
    private static func answer(to call: Upstream.Call) -> Response {
        let id = "resp_\(call.key)"
        guard call.streams else { return .json(Array(Responses.whole("from \(call.key)", id: id).utf8)) }
        let stream = Dialect.openAIResponses.opening("from \(call.key)") + Responses.completed(output: 5)
        return .stream(stream.replacing("resp_1", with: id), of: .openAIResponses)
    }

    private func world(_ body: @escaping @Sendable (World, Upstream) async throws -> Void) async throws {
        let upstream = try Upstream(Self.answer)
        try await withWorld { world async throws in
            try await world.connect(upstream, speaking: .openAIResponses, accounts: ["a1", "a2"])
            try await body(world, upstream)
        }
    }

    private func question(
        _ text: String,
        model: String = "responses/m1",
        after id: String? = nil,
        streams: Bool = false,
        more: String = ""
    ) -> ClientQuestion {
        let previous = id.map { #","previous_response_id":"\#($0)""# } ?? ""
        return ClientQuestion(
            dialect: .openAIResponses,
            model: model,
            streams: streams,
            text: text,
            more: previous + more
        )
    }

    /// The response objects of an answer, each in its events.
    private func responses(in answer: World.Answer) throws -> [JSONValue] {
        guard answer.sink.isStream else { return [try JSONDocument.parse(text: answer.sink.text).root] }
        return try answer.sink.events.compactMap { try JSONDocument.parse(text: $0).root["response"] }
    }

    @Test(arguments: [true, false])
    func `the account that keeps the earlier response is asked as the client asks`(streams: Bool) async throws {
        try await world { world, upstream in
            _ = await world.ask(question("one", streams: streams))
            let answer = await world.ask(question("two", after: "resp_a1", streams: streams))
            #expect(answer.status == 200 && upstream.asked == ["a1 m1", "a1 m1"])
            let asked = try #require(upstream.calls.last?.body)
            #expect(asked.contains(#""previous_response_id":"resp_a1""#) && asked.contains("two"))
            #expect(!asked.contains("one"))
        }
    }

    @Test(arguments: [true, false])
    func `another account gets the items, and the client its own reference`(streams: Bool) async throws {
        try await world { world, upstream in
            let second = try #require(world.store.configuration.connections.first { $0.name == "a2" })
            _ = await world.ask(question("one", streams: true))
            let answer = await world.ask(
                question("two", after: "resp_a1", streams: streams),
                headers: [("x-omniroute-connection", second.id)]
            )
            #expect(upstream.asked == ["a1 m1", "a2 m1"])
            let asked = try JSONDocument.parse(text: try #require(upstream.calls.last?.body)).root
            #expect(asked["previous_response_id"] == nil && asked["input"]?.count ?? 0 >= 2)
            let shown = try responses(in: answer)
            #expect(!shown.isEmpty && shown.allSatisfy { $0["previous_response_id"]?.string == "resp_a1" })
        }
    }

    @Test(arguments: Dialect.allCases.filter { $0 != .openAIResponses }, [true, false])
    func `providers of other dialects get the items too`(provider: Dialect, streams: Bool) async throws {
        let upstream = try Upstream { .answer("Hello", provider, to: $0) }
        try await withWorld { world async throws in
            let model = try await world.connect(upstream, speaking: provider) + "/m1"
            let first = try responses(in: await world.ask(question("one", model: model, streams: streams))).last
            let id = try #require(first?["id"]?.string)
            #expect(first?["previous_response_id"]?.isNull == true)
            let answer = await world.ask(question("two", model: model, after: id, streams: streams))
            let asked = try #require(upstream.calls.last?.body)
            #expect(["one", "Hello", "two"].allSatisfy { asked.contains($0) } && !asked.contains(id))
            let shown = try responses(in: answer)
            #expect(!shown.isEmpty && shown.allSatisfy { $0["previous_response_id"]?.string == id })
        }
    }

    @Test func `a provider may know of responses that are not known here`() async throws {
        try await world { world, upstream in
            #expect(await world.ask(question("two", after: "resp_elsewhere")).status == 200)
            #expect(upstream.calls.last?.body.contains(#""previous_response_id":"resp_elsewhere""#) == true)
        }
    }

    @Test func `the provider that keeps a response shows, cancels and deletes it`() async throws {
        try await world { world, upstream in
            _ = await world.ask(question("one", more: #","background":true"#))
            let request = world.request("{}", .openAIResponses)
            let shown = try JSONDocument.parse(try await world.gateway.retrieve("resp_a1", request)).root
            #expect(shown["id"]?.string == "resp_a1" && shown["model"]?.string == "responses/m1")
            _ = try await world.gateway.cancel("resp_a1", request)
            try await world.gateway.delete("resp_a1", request)
            let calls = upstream.calls.dropFirst().map { "\($0.method) \($0.path) \($0.key)" }
            #expect(
                calls == [
                    "GET /v1/responses/resp_a1 a1", "POST /v1/responses/resp_a1/cancel a1",
                    "DELETE /v1/responses/resp_a1 a1",
                ]
            )
            await #expect(throws: Failure.self) { try await world.gateway.retrieve("resp_a1", request) }
        }
    }

    @Test(arguments: [true, false])
    func `a conversation keeps its session, unless the client names another`(streams: Bool) async throws {
        try await world { world, _ in
            func session(_ text: String, after id: String?, _ headers: [(String, String)] = []) async -> String? {
                let answer = await world.ask(question(text, after: id, streams: streams), headers: headers)
                return answer.sink.headers["x-omniroute-session-id"]
            }
            let first = try #require(await session("one", after: nil))
            #expect(await session("two", after: "resp_a1") == first)
            #expect(await session("three", after: "resp_a1") == first, "also from the second on")
            #expect(await session("two", after: nil) != first)
            #expect(await session("two", after: "resp_a1", [("x-session-id", "mine")]) == "ext:mine")
        }
    }
}
