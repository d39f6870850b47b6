import Dialects
import HTTPCore
import HTTPServer
import JSONCore
import Store
import Testing

@testable import Gateway

/// Which responses and items a request may name, and what becomes of them where nobody keeps them.
@Suite(.timeLimit(.minutes(1))) struct ResponseReferencesTests {
    /// Its output has thinking that only the account can look up.
    private static let thought = #"{"id":"rs_1","type":"reasoning","summary":[]}"#
    private static let spoken =
        #"{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"said","annotations":[]}]}"#

    private static func response(_ id: String, status: String = "completed", output: String) -> Response {
        .json(
            Array(
                #"{"id":"\#(id)","object":"response","created_at":1,"status":"\#(status)","model":"up-model","output":[\#(output)],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}"#
                    .utf8
            )
        )
    }

    /// A world with two accounts of a provider that keeps responses, named after them, and one that keeps none.
    private func world(
        _ answer: @escaping @Sendable (Upstream.Call) -> Response = {
            ResponseReferencesTests.response("resp_\($0.key)", output: "\(thought),\(spoken)")
        },
        _ body: @escaping @Sendable (World, Upstream, _ accounts: [String: String]) async throws -> Void
    ) async throws {
        let (upstream, other) = (try Upstream(answer), try Upstream { _ in .chat() })
        try await withWorld { world async throws in
            try await world.connect(upstream, speaking: .openAIResponses, accounts: ["a1", "a2"])
            try await world.connect(other, speaking: .openAIChat, accounts: ["b1"])
            let ids = Dictionary(
                uniqueKeysWithValues: world.store.configuration.connections.map { ($0.name ?? "", $0.id) }
            )
            try await body(world, upstream, ids)
        }
    }

    private func ask(
        _ world: World,
        _ input: String,
        after id: String? = nil,
        model: String = "responses/m1",
        account: String? = nil,
        key: APIKey? = nil,
        more: String = ""
    ) async -> World.Answer {
        let previous = id.map { #","previous_response_id":"\#($0)""# } ?? ""
        let request = world.request(
            #"{"model":"\#(model)","input":\#(input)\#(previous)\#(more)}"#,
            .openAIResponses,
            headers: account.map { [("x-omniroute-connection", $0)] } ?? [],
            key: key
        )
        let sink = RecordingSink()
        do {
            try await world.gateway.answer(request, to: sink)
            return World.Answer(sink: sink, failure: nil)
        } catch {
            return World.Answer(sink: sink, failure: error)
        }
    }

    private func sent(_ upstream: Upstream) throws -> JSONValue {
        try JSONDocument.parse(text: try #require(upstream.calls.last?.body)).root
    }

    private static let reference = #"[{"type":"item_reference","id":"msg_1"},{"role":"user","content":"go on"}]"#

    // MARK: - Whose they are

    @Test func `where there are several keys nobody names what the gateway does not know`() async throws {
        try await world { world, upstream, _ async throws in
            let mine = try await world.store.createKey(APIKeyDraft(name: "mine")).key
            #expect(await ask(world, #""x""#, after: "resp_elsewhere", key: mine).status == 200, "the only key")
            let other = try await world.store.createKey(APIKeyDraft(name: "other")).key
            for key in [other, nil] {
                let refused = await ask(world, #""x""#, after: "resp_before", key: key)
                #expect(refused.status == 400 && refused.failure?.code == "previous_response_not_found")
                let item = await ask(world, Self.reference, key: key)
                #expect(item.status == 400 && item.failure?.param == "input")
                #expect(item.failure?.message == "Item with id 'msg_1' not found.")
                for body in [#""input":"x","previous_response_id":"resp_a1""#, #""input":\#(Self.reference)"#] {
                    let request = world.request(#"{"model":"responses/m1",\#(body)}"#, .openAIResponses, key: key)
                    await #expect(throws: Failure.self) { try await world.gateway.compact(request) }
                    await #expect(throws: Failure.self) { try await world.gateway.countTokens(request) }
                }
            }
            #expect(upstream.calls.count == 1, "nothing of it was passed on")
        }
    }

    @Test func `a key goes on with its response after it was forgotten here, and at its account`() async throws {
        try await world { world, upstream, accounts async throws in
            let mine = try await world.store.createKey(APIKeyDraft(name: "mine")).key
            let other = try await world.store.createKey(APIKeyDraft(name: "other")).key
            _ = await ask(world, #""one""#, account: accounts["a2"], key: mine)
            world.gateway.storedResponses.remove("resp_a2", of: mine.id)
            #expect(await ask(world, #""two""#, after: "resp_a2", key: other).status == 400)
            #expect(await ask(world, #""two""#, after: "resp_a2", key: mine).status == 200)
            #expect(upstream.asked == ["a2 m1", "a2 m1"])
            #expect(try sent(upstream)["previous_response_id"]?.string == "resp_a2")
        }
    }

    // MARK: - Items

    @Test func `an item of a response that is kept is looked up here unless its account does that`() async throws {
        try await world { world, upstream, accounts async throws in
            _ = await ask(world, #""one""#)
            _ = await ask(world, Self.reference)
            #expect(try sent(upstream)["input"]?.first?["type"]?.string == "item_reference")
            _ = await ask(world, Self.reference, account: accounts["a2"])
            let item = try #require(try sent(upstream)["input"]?.first)
            #expect(item["type"]?.string == "message" && item["id"] == nil)
            #expect(item["content"]?.first?["text"]?.string == "said")
            _ = await ask(world, Self.reference, more: #","store":false"#)
            #expect(try sent(upstream)["input"]?.first?["type"]?.string == "message")
            let chat = await ask(world, Self.reference, model: "chat/m1")
            #expect(chat.status == 200 && chat.sink.headers["x-omniroute-loss"] == nil)
        }
    }

    // MARK: - Conversations that began elsewhere

    @Test func `only its account goes on with a conversation whose beginning is not known here`() async throws {
        try await world { world, upstream, accounts async throws in
            _ = await ask(world, #""two""#, after: "resp_elsewhere")
            for refused in [
                await ask(world, #""three""#, after: "resp_a1", account: accounts["a2"]),
                await ask(world, #""three""#, after: "resp_a1", model: "chat/m1"),
            ] {
                #expect(refused.status == 400 && refused.failure?.code == "previous_response_not_found")
            }
            #expect(await ask(world, #""three""#, after: "resp_a1").status == 200)
            #expect(upstream.asked == ["a1 m1", "a1 m1"])
            #expect(try sent(upstream)["previous_response_id"]?.string == "resp_a1")
        }
    }

    @Test func `a request finds the account that knows its conversation`() async throws {
        try await world { world, upstream, accounts async throws in
            _ = await ask(world, #""two""#, after: "resp_elsewhere", account: accounts["a2"])
            #expect(await ask(world, #""three""#, after: "resp_a2").status == 200)
            #expect(upstream.asked == ["a2 m1", "a2 m1"])
            #expect(try world.isReady("responses/m1"))
        }
    }

    @Test func `another account gets no identifiers of the first one, nor thinking without its content`() async throws {
        try await world { world, upstream, accounts async throws in
            _ = await ask(world, #""one""#)
            let answer = await ask(world, #""two""#, after: "resp_a1", account: accounts["a2"])
            let items = try #require(try sent(upstream)["input"]).elements.map { $0 }
            #expect(items.map { $0["type"]?.string } == ["message", "message", "message"])
            #expect(items.allSatisfy { $0["id"] == nil })
            #expect(answer.sink.headers["x-omniroute-loss"] == "reasoning-history")
        }
    }

    // MARK: - Providers that keep nothing

    @Test(arguments: [
        (400, "Previous response with id 'resp_a1' not found."),
        (400, "This server does not support 'previous_response_id'."), (404, "Response with id 'resp_a1' not found."),
    ])
    func `a provider that has forgotten its own response gets the items, and from then on at once`(
        status: Int,
        message: String
    ) async throws {
        try await world { call in
            call.body.contains("previous_response_id")
                ? .failure(status, message) : Self.response("resp_\(call.key)", output: Self.spoken)
        } _: { world, upstream, _ async throws in
            _ = await ask(world, #""one""#)
            #expect(await ask(world, #""two""#, after: "resp_a1").status == 200)
            #expect(upstream.asked == ["a1 m1", "a1 m1", "a1 m1"])
            let asked = try sent(upstream)
            #expect(asked["previous_response_id"] == nil && asked["input"]?.count == 3)
            #expect(await ask(world, #""three""#, after: "resp_a1").status == 200)
            #expect(upstream.calls.count == 4)
            #expect(try sent(upstream)["input"]?.count == 5)
        }
    }

    // MARK: - Compaction

    @Test func `a conversation that is kept here is compacted and counted as a whole`() async throws {
        let compacted =
            #"{"id":"resp_c","object":"response.compaction","created_at":1,"output":[],"input_tokens":41,"usage":{"input_tokens":9223372036854775807,"input_tokens_details":{"cached_tokens":-1},"output_tokens":-9223372036854775808}}"#
        try await world { _ in
            .json(Array(compacted.utf8))
        } _: { world, upstream, _ async throws in
            let address = try JSONDocument.parse(text: #"{"baseUrl":"\#(upstream.url)/responses"}"#)
            try await world.addAccounts(["o1"], of: "openai", address)
            let first = await ask(world, #""one""#, model: "chat/m1")
            let id = try #require(try JSONDocument.parse(text: first.sink.text).root["id"]?.string)
            func request(_ model: String) -> ChatRequest {
                let body = #"{"model":"\#(model)","input":"two","previous_response_id":"\#(id)"}"#
                return world.request(body, .openAIResponses)
            }
            func count(_ model: String) async throws -> Int? {
                try JSONDocument.parse(try await world.gateway.countTokens(request(model))).root["input_tokens"]?.int
            }
            #expect(try await world.gateway.compact(request("responses/m1")) == Array(compacted.utf8))
            #expect(try await count("openai/gpt-5") == 41)
            #expect(upstream.calls.map(\.path) == ["/v1/responses/compact", "/v1/responses/input_tokens"])
            for call in upstream.calls {
                #expect(!call.body.contains(id))
                #expect(["one", "Hello", "two"].allSatisfy { call.body.contains($0) })
            }
            let alone = world.request(#"{"model":"chat/m1","input":"two"}"#, .openAIResponses)
            let least = try JSONDocument.parse(try await world.gateway.countTokens(alone)).root["input_tokens"]?.int
            #expect(try await count("chat/m1") ?? 0 > least ?? 0, "also where it is estimated")
            #expect(try await world.usage().count == 2, "absurd figures are bounded")
        }
    }

    // MARK: - Later

    /// A job that is queued until its client asks for it.
    private func jobs(
        _ body: @escaping @Sendable (World, Upstream, _ accounts: [String: String]) async throws -> Void
    ) async throws {
        try await world { call in
            let isFirst = call.method == .post && call.body.contains(#""background":true"#)
            let text = Self.response(
                "resp_job",
                status: isFirst ? "queued" : "completed",
                output: isFirst ? "" : Self.spoken
            )
            return call.method == .delete ? .failure(500, "not now") : text
        } _: { world, upstream, accounts async throws in
            try await body(world, upstream, accounts)
        }
    }

    @Test func `an answer that is still to be made is an answer, and is made once`() async throws {
        try await jobs { world, upstream, accounts async throws in
            let answer = await ask(world, #""one""#, more: #","background":true"# + Dialect.openAIResponses.tools)
            let root = try JSONDocument.parse(text: answer.sink.text).root
            #expect(answer.status == 200 && root["status"]?.string == "queued" && root["id"]?.string == "resp_job")
            #expect(root["model"]?.string == "responses/m1" && upstream.asked == ["a1 m1"])
            // Nobody else knows what it will say.
            let early = await ask(world, #""two""#, after: "resp_job", model: "chat/m1")
            #expect(early.failure?.code == "previous_response_not_found")
            let request = world.request("{}", .openAIResponses)
            let done = try JSONDocument.parse(try await world.gateway.retrieve("resp_job", request)).root
            #expect(done["status"]?.string == "completed")
            _ = await ask(world, #""two""#, after: "resp_job", account: accounts["a2"])
            #expect(upstream.calls.last?.key == "a2" && upstream.calls.last?.body.contains("said") == true)
            let last = await ask(world, #""two""#, after: "resp_job", model: "chat/m1")
            #expect(last.status == 200)
        }
    }

    @Test func `an answer that is not made in the background has to say something`() async throws {
        try await world { _ in
            Self.response("resp_1", status: "queued", output: "")
        } _: { world, upstream, _ async throws in
            #expect(await ask(world, #""one""#).status == 502)
            #expect(upstream.calls.count == 2)
        }
    }

    @Test func `a response that its provider does not delete is not deleted`() async throws {
        try await jobs { world, _, _ async throws in
            _ = await ask(world, #""one""#, more: #","background":true"#)
            let request = world.request("{}", .openAIResponses)
            let failure = await #expect(throws: Failure.self) { try await world.gateway.delete("resp_job", request) }
            #expect(failure?.status == 500)
            #expect(try world.gateway.storedResponse("resp_job", request).id == "resp_job")
        }
        try await world { call in
            call.method == .post ? Self.response("resp_1", output: Self.spoken) : .failure(404, "no such response")
        } _: { world, _, _ async throws in
            _ = await ask(world, #""one""#)
            let request = world.request("{}", .openAIResponses)
            try await world.gateway.delete("resp_1", request)
            #expect(throws: Failure.self) { try world.gateway.storedResponse("resp_1", request) }
        }
    }
}
