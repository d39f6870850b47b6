import JSONCore
import Store
import TestSupport
import Testing

@testable import ClientAPI

/// T150: what a client of Ollama finds here.
@Suite(.timeLimit(.minutes(1))) struct OllamaTests {
    private static let chat = #"{"model":"near/m1","messages":[{"role":"user","content":"hi"}]}"#
    private static let whole = #"{"model":"near/m1","messages":[{"role":"user","content":"hi"}],"stream":false}"#

    @Test(arguments: ["/api/chat", "/v1/api/chat", "/api/v1/api/chat"])
    func `a chat is streamed line by line unless the client says otherwise`(path: String) async throws {
        let surface = try Surface()
        let upstream = try Upstream()
        try await surface.connect(upstream)
        let stream = try surface.send("POST", path, Self.chat)
        #expect(stream.status == 200 && stream["content-type"] == "application/x-ndjson")
        #expect(stream["x-omniroute-provider"] == "near" && stream["x-omniroute-cache"] == "MISS")
        let lines = stream.text.split(separator: "\n")
        #expect(lines.count >= 2 && lines.filter { $0.contains(#""done":true"#) }.count == 1)
        #expect(!stream.text.contains("data:") && !stream.text.contains(": x-omniroute"))
        let whole = try surface.send("POST", path, Self.whole)
        #expect(whole["content-type"] == "application/json")
        #expect(whole.json["message"]?["content"]?.string == "Hello" && whole.json["done"]?.bool == true)
        #expect(whole.json["model"]?.string == "near/m1")
    }

    @Test func `a prompt is answered without a chat around it`() async throws {
        let surface = try Surface()
        let upstream = try Upstream()
        try await surface.connect(upstream)
        let body = #"{"model":"near/m1:latest","prompt":"hi","system":"be nice","stream":false}"#
        let answer = try surface.send("POST", "/api/generate", body)
        #expect(answer.json["response"]?.string == "Hello" && answer.json["message"] == nil)
        #expect(answer.json["model"]?.string == "near/m1:latest")
        let asked = try #require(upstream.asked.first)
        #expect(asked.contains("be nice") && asked.contains(#""model":"m1""#))
    }

    @Test(arguments: [
        ("/api/chat", #"{"model":"near/m1"}"#), ("/api/chat", #"{"model":"near/m1","messages":[]}"#),
        ("/api/generate", #"{"model":"near/m1"}"#), ("/api/generate", #"{"model":"near/m1","prompt":""}"#),
    ])
    func `a call that only loads a model asks no provider`(path: String, body: String) async throws {
        let surface = try Surface()
        let upstream = try Upstream()
        try await surface.connect(upstream)
        let answer = try surface.send("POST", path, body)
        #expect(answer.status == 200 && answer["content-type"] == "application/x-ndjson")
        #expect(answer.json["done"]?.bool == true && answer.json["done_reason"]?.string == "load")
        #expect(answer["x-omniroute-session-id"] != nil)
        #expect(upstream.asked.isEmpty)
    }

    @Test(arguments: ["/api", "/v1/api", "/v1/vscode/anything/api"])
    func `the catalogue is listed and shown`(base: String) async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let list = try surface.send("GET", base + "/tags")
        let first = try #require(list.json["models"]?.first)
        #expect(first["name"]?.string == "near/m1" && first["size"]?.int == 0)
        #expect(first["digest"]?.string?.utf8.count == 64 && first["details"]?["family"]?.string == "near")
        for body in [#"{"model":"near/m1"}"#, #"{"name":"near/m1:latest"}"#] {
            let shown = try surface.send("POST", base + "/show", body)
            #expect(shown.status == 200 && shown.json["capabilities"]?.first?.string == "completion")
            #expect(shown.json["model_info"]?["general.architecture"]?.string == "near")
        }
        #expect(try surface.send("GET", base + "/version").json["version"]?.string?.contains(".") == true)
    }

    @Test func `nothing is running, but Ollama is`() throws {
        let surface = try Surface()
        #expect(try surface.send("GET", "/api/ps").text == #"{"models":[]}"#)
        #expect(try surface.send("GET", "/").text == "Ollama is running")
        #expect(try surface.send("HEAD", "/").status == 200)
    }

    @Test(
        arguments: [
            ("POST", "/api/show", "{}", 400), ("POST", "/api/show", #"{"model":"nobody"}"#, 404),
            ("POST", "/api/show", "{", 400), ("POST", "/api/show", #"{"model":7}"#, 400),
            ("POST", "/api/chat", "{", 400),
            ("POST", "/api/chat", "[]", 400), ("POST", "/api/chat", #"{"model":"near/m1","messages":7}"#, 400),
            ("GET", "/api/chat", nil, 405), ("POST", "/v1/api/nothing", "{}", 404), ("POST", "/api/embed", "{}", 404),
            ("POST", "/api/generate", #"{"model":"near/m1","prompt":7}"#, 400),
        ] as [(String, String, String?, Int)]
    )
    func `every error is one text`(method: String, path: String, body: String?, status: Int) async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let answer = try surface.send(method, path, body)
        #expect(answer.status == status)
        #expect(answer.json["error"]?.string?.isEmpty == false && answer["request-id"] == nil)
    }

    @Test func `a token in the path is the key, and is not recorded`() async throws {
        let surface = try Surface(requiresKey: true)
        try await surface.connect(try Upstream())
        let key = try await surface.makeKey()
        #expect(try surface.send("POST", "/v1/vscode/wrong/api/chat", Self.whole).status == 401)
        #expect(try surface.send("POST", "/api/chat", Self.whole).status == 401)
        let answer = try surface.send("POST", "/v1/vscode/\(key)/api/chat", Self.whole)
        #expect(answer.status == 200)
        let record = try #require(try await surface.store.callLogs().first)
        #expect(record.path == "/v1/vscode/*/api/chat" && record.apiKeyName == "laptop")
    }
}
