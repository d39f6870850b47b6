import JSONCore
import Store
import TestSupport
import Testing

@testable import ClientAPI

/// What a client of Gemini finds here.
@Suite(.timeLimit(.minutes(1))) struct GeminiTests {
    private static let body = #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#

    @Test(arguments: [
        "/v1beta/models/near/m1", "/v1beta/models/near%2Fm1", "/v1alpha/models/near/m1", "/v1/models/near/m1",
        "/api/v1beta/models/models/near/m1", "/v1/v1beta/tunedModels/near/m1",
    ])
    func `the path says the model and what it is to do`(path: String) async throws {
        let surface = try Surface()
        let upstream = try Upstream()
        try await surface.connect(upstream)
        let answer = try surface.send("POST", path + ":generateContent", Self.body)
        #expect(answer.status == 200 && answer["content-type"] == "application/json")
        let part = answer.json["candidates"]?.first?["content"]?["parts"]?.first
        #expect(part?["text"]?.string == "Hello" && answer["x-omniroute-model"] == "m1")
        #expect(upstream.asked.first?.contains(#""model":"m1""#) == true)
    }

    @Test func `a stream is events with alt=sse, else one array`() async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let path = "/v1beta/models/near/m1:streamGenerateContent"
        let events = try surface.send("POST", path + "?alt=sse", Self.body)
        #expect(events["content-type"] == "text/event-stream; charset=utf-8" && events.text.hasPrefix("data: {"))
        #expect(!events.text.contains("x-omniroute") && !events.text.contains("[DONE]"))
        let array = try surface.send("POST", path, Self.body)
        #expect(array["content-type"] == "application/json; charset=utf-8" && array.json.isArray)
        #expect(array.json.elements.contains { $0["candidates"]?.first?["finishReason"]?.string == "STOP" })
    }

    @Test(arguments: [
        body, #"{"generateContentRequest":{"model":"models/near/m1","contents":[{"parts":[{"text":"hi"}]}]}}"#,
    ])
    func `tokens are counted`(body: String) async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let answer = try surface.send("POST", "/v1beta/models/near/m1:countTokens", body)
        #expect(answer.status == 200 && answer.json["totalTokens"]?.int ?? 0 > 0)
    }

    @Test func `models are listed page by page and shown`() async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        try await surface.connect(try Upstream(), as: "far")
        let all = try surface.send("GET", "/v1beta/models").json
        #expect(all["models"]?.count == 2 && all["nextPageToken"] == nil)
        let first = try surface.send("GET", "/v1beta/models?pageSize=1").json
        let token = try #require(first["nextPageToken"]?.string)
        let second = try surface.send("GET", "/v1beta/models?pageSize=1&pageToken=\(token)").json
        let names = [first, second].compactMap { $0["models"]?.first?["name"]?.string }
        #expect(Set(names) == ["models/near/m1", "models/far/m1"] && second["nextPageToken"] == nil)
        let shown = try surface.send("GET", "/v1beta/models/near/m1").json
        let methods = shown["supportedGenerationMethods"]?.elements.compactMap(\.string)
        #expect(methods == ["generateContent", "streamGenerateContent", "countTokens"])
        #expect(shown["inputTokenLimit"]?.int == 128_000 && shown["displayName"]?.string == "m1")
        let shared = try surface.send("GET", "/v1/models", headers: ["x-goog-api-key": "dummy"]).json
        #expect(shared["models"]?.count == 2)
    }

    @Test(
        arguments: [
            ("POST", "/v1beta/models/near/m1:embedContent", "{}", 404, "NOT_FOUND"),
            ("POST", "/v1beta/models/near/m1", "{}", 404, "NOT_FOUND"),
            ("GET", "/v1beta/models/nobody", nil, 404, "NOT_FOUND"),
            ("GET", "/v1beta/models?pageToken=x", nil, 400, "INVALID_ARGUMENT"),
            ("POST", "/v1beta/models/near/m1:generateContent", "{", 400, "INVALID_ARGUMENT"),
            ("POST", "/v1beta/models/near/m1:generateContent", "{}", 400, "INVALID_ARGUMENT"),
            ("POST", "/v1beta/models/near/m1:generateContent", #"{"contents":7}"#, 400, "INVALID_ARGUMENT"),
            ("DELETE", "/v1beta/models/near/m1", nil, 405, nil), ("GET", "/v1beta/nothing", nil, 404, "NOT_FOUND"),
        ] as [(String, String, String?, Int, String?)]
    )
    func `every error is one of Gemini's`(
        method: String,
        path: String,
        body: String?,
        status: Int,
        word: String?
    ) async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let answer = try surface.send(method, path, body)
        let error = try #require(answer.json["error"])
        #expect(answer.status == status && error["code"]?.int == status && answer["request-id"] == nil)
        if let word { #expect(error["status"]?.string == word) }
    }

    @Test(arguments: ["header", "query"])
    func `a key is taken where Gemini's clients put it, and is not recorded`(carrier: String) async throws {
        let surface = try Surface(requiresKey: true)
        try await surface.connect(try Upstream())
        let key = try await surface.makeKey()
        let path = "/v1beta/models/near/m1:generateContent"
        let refused = try surface.send("POST", path + "?key=wrong", Self.body)
        #expect(refused.status == 401 && refused.json["error"]?["status"]?.string == "UNAUTHENTICATED")
        #expect(!refused.text.contains("wrong"))
        let isHeader = carrier == "header"
        let answer = try surface.send(
            "POST",
            isHeader ? path : path + "?key=" + key,
            Self.body,
            headers: isHeader ? ["x-goog-api-key": key] : [:]
        )
        #expect(answer.status == 200)
        #expect(try await surface.store.callLogs().first?.path == path)
    }
}
