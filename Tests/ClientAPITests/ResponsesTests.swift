import JSONCore
import Store
import TestSupport
import Testing

@testable import ClientAPI

/// Responses whose providers keep none: what is kept here.
@Suite(.timeLimit(.minutes(1))) struct ResponsesTests {
    private func connected() async throws -> (Surface, Upstream) {
        let surface = try Surface()
        let upstream = try Upstream()
        try await surface.connect(upstream)
        return (surface, upstream)
    }

    /// The id of an answer, whole or streamed.
    private func responseID(of answer: RawClient.Answer) -> String? {
        if let id = answer.json["id"]?.string { return id }
        let last = answer.text.split(separator: "\n").last { $0.hasPrefix(#"data: {"type":"response.completed""#) }
        guard let last, let event = try? JSONDocument.parse(text: String(last.dropFirst(6))) else { return nil }
        return event.root["response"]?["id"]?.string
    }

    @Test(arguments: [
        ("/v1/responses", ""), ("/v1/responses", #","stream":true"#), ("/responses", ""), ("/codex/responses", ""),
        ("/v1/chat/completions", ""),
    ])
    func `a request goes on from an earlier response`(path: String, more: String) async throws {
        let (surface, upstream) = try await connected()
        let first = try surface.send("POST", path, #"{"model":"near/m1","input":"one"\#(more)}"#)
        let id = try #require(responseID(of: first))
        let body = #"{"model":"near/m1","input":[{"role":"user","content":"two"}],"previous_response_id":"\#(id)"}"#
        let second = try surface.send("POST", path, body)
        #expect(second.status == 200)
        let asked = try #require(upstream.asked.last)
        let places = ["one", "Hello", "two"].map { asked.firstRange(of: $0)?.lowerBound }
        #expect(!places.contains(nil) && places.compactMap(\.self) == places.compactMap(\.self).sorted())
    }

    @Test func `a response is shown, listed and deleted`() async throws {
        let (surface, _) = try await connected()
        let id = try #require(
            responseID(of: try surface.send("POST", "/v1/responses", #"{"model":"near/m1","input":"one"}"#))
        )
        let path = "/v1/responses/" + id
        let shown = try surface.send("GET", path)
        #expect(shown.json["id"]?.string == id && shown.json["status"]?.string == "completed")
        #expect(try surface.send("GET", path + "?stream=true").status == 400)
        let items = try surface.send("GET", path + "/input_items").json
        #expect(items["object"]?.string == "list" && items["data"]?.count == 1 && items["has_more"]?.bool == false)
        #expect(items["first_id"]?.string == items["data"]?.first?["id"]?.string)
        #expect(try surface.send("POST", path + "/cancel", "{}").status == 400)
        let deleted = try surface.send("DELETE", path)
        #expect(deleted.json["deleted"]?.bool == true && deleted.json["id"]?.string == id)
        for (method, target) in [
            ("GET", path), ("DELETE", path), ("GET", path + "/input_items"), ("POST", path + "/cancel"),
        ] {
            let answer = try surface.send(method, target, method == "POST" ? "{}" : nil)
            #expect(answer.status == 404 && answer.json["error"]?["code"]?.string == "response_not_found")
        }
    }

    @Test func `items come in pages, in both orders`() async throws {
        let (surface, _) = try await connected()
        let input = (1...5).map { #"{"id":"i\#($0)","role":"user","content":"\#($0)"}"# }.joined(separator: ",")
        let answer = try surface.send("POST", "/v1/responses", #"{"model":"near/m1","input":[\#(input)]}"#)
        let path = "/v1/responses/\(try #require(responseID(of: answer)))/input_items"
        func ids(_ query: String) throws -> [String] {
            try surface.send("GET", path + query).json["data"]?.elements.compactMap { $0["id"]?.string } ?? []
        }
        #expect(try ids("") == ["i5", "i4", "i3", "i2", "i1"])
        #expect(try ids("?order=asc&limit=2") == ["i1", "i2"])
        #expect(try ids("?order=asc&limit=2&after=i2") == ["i3", "i4"])
        #expect(try surface.send("GET", path + "?limit=2").json["has_more"]?.bool == true)
        #expect(try surface.send("GET", path + "?after=nobody").status == 400)
    }

    @Test func `what is not to be kept is not, and nobody knows others`() async throws {
        let (surface, _) = try await connected()
        let answer = try surface.send("POST", "/v1/responses", #"{"model":"near/m1","input":"one","store":false}"#)
        let id = try #require(responseID(of: answer))
        #expect(try surface.send("GET", "/v1/responses/" + id).status == 404)
        let body = #"{"model":"near/m1","input":"two","previous_response_id":"\#(id)"}"#
        let refused = try surface.send("POST", "/v1/responses", body)
        #expect(refused.status == 400 && refused.json["error"]?["code"]?.string == "previous_response_not_found")
        #expect(refused.json["error"]?["param"]?.string == "previous_response_id")
    }

    @Test func `another key does not see a response`() async throws {
        let surface = try Surface(requiresKey: true)
        try await surface.connect(try Upstream())
        let (mine, other) = (try await surface.makeKey("mine"), try await surface.makeKey("other"))
        let body = #"{"model":"near/m1","input":"one"}"#
        let answer = try surface.send("POST", "/v1/responses", body, headers: ["Authorization": "Bearer " + mine])
        let path = "/v1/responses/\(try #require(responseID(of: answer)))"
        #expect(try surface.send("GET", path, headers: ["Authorization": "Bearer " + mine]).status == 200)
        #expect(try surface.send("GET", path, headers: ["Authorization": "Bearer " + other]).status == 404)
        #expect(try surface.send("DELETE", path, headers: ["Authorization": "Bearer " + other]).status == 404)
    }

    @Test func `an answer in the background is there at once, and can be asked for`() async throws {
        let (surface, _) = try await connected()
        let answer = try surface.send("POST", "/v1/responses", #"{"model":"near/m1","input":"one","background":true}"#)
        #expect(answer.status == 200 && answer["x-omniroute-loss"]?.contains("background") == true)
        let path = "/v1/responses/\(try #require(responseID(of: answer)))"
        #expect(try surface.send("GET", path).status == 200)
        #expect(try surface.send("POST", path + "/cancel", "{}").json["status"]?.string == "completed")
    }

    @Test func `tokens are counted, and nobody but a provider of the dialect compacts`() async throws {
        let (surface, upstream) = try await connected()
        let counted = try surface.send("POST", "/v1/responses/input_tokens", #"{"model":"near/m1","input":"12345678"}"#)
        #expect(counted.json["object"]?.string == "response.input_tokens" && counted.json["input_tokens"]?.int ?? 0 > 0)
        #expect(try surface.send("POST", "/v1/responses/input_tokens", #"{"input":"x"}"#).status == 200)
        let compact = try surface.send("POST", "/v1/responses/compact", #"{"model":"near/m1","input":"x"}"#)
        #expect(compact.status == 400 && upstream.asked.isEmpty)
    }
}
