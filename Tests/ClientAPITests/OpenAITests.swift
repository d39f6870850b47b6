import Dialects
import JSONCore
import TestSupport
import Testing

@testable import ClientAPI

/// Chats and legacy completions, and what the gateway says of losses.
@Suite(.timeLimit(.minutes(1))) struct OpenAITests {
    @Test(arguments: ["/v1/completions", "/api/v1/completions", "/v1/v1/completions"])
    func `a legacy completion is text without a chat`(path: String) async throws {
        let surface = try Surface()
        let upstream = try Upstream()
        try await surface.connect(upstream)
        let answer = try surface.send("POST", path, #"{"model":"near/m1","prompt":"Say hi"}"#)
        #expect(answer.json["object"]?.string == "text_completion" && answer.json["model"]?.string == "near/m1")
        #expect(answer.json["choices"]?.first?["text"]?.string == "Hello")
        let asked = try #require(upstream.asked.first)
        #expect(asked.contains(#""messages":[{"role":"user","content":"Say hi"}]"#))
        let stream = try surface.send("POST", path, #"{"model":"near/m1","prompt":"Say hi","stream":true}"#)
        #expect(stream.text.contains(#""text":"Hello""#) && stream.text.contains("data: [DONE]"))
    }

    @Test func `tokens in place of a prompt are refused by name`() async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let answer = try surface.send("POST", "/v1/completions", #"{"model":"near/m1","prompt":[1,2]}"#)
        #expect(answer.status == 400 && answer.json["error"]?["param"]?.string == "prompt")
    }

    @Test(arguments: ["/v1/chat/completions", "/chat/completions", "/v1/providers/near/chat/completions"])
    func `chats are answered under all their spellings`(path: String) async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let body = #"{"model":"near/m1","messages":[{"role":"user","content":"hi"}]}"#
        let answer = try surface.send("POST", path, body)
        #expect(answer.json["choices"]?.first?["message"]?["content"]?.string == "Hello")
        #expect(answer["x-omniroute-loss"] == nil)
    }

    private static let lossy =
        #"{"model":"near/m1","max_tokens":9,"top_k":3,"messages":[{"role":"user","content":"hi"}]}"#

    @Test(arguments: [true, false])
    func `what the target cannot express is named`(streams: Bool) async throws {
        let surface = try Surface()
        try await surface.connect(try Upstream())
        let body = streams ? Self.lossy.replacing(#""top_k""#, with: #""stream":true,"top_k""#) : Self.lossy
        let answer = try surface.send("POST", "/v1/messages", body)
        #expect(answer.status == 200 && answer["x-omniroute-loss"] == "top-k")
    }

    @Test func `a strict client gets no answer to less than it asked, and no account is blamed`() async throws {
        let surface = try Surface()
        let upstream = try Upstream()
        try await surface.connect(upstream)
        let strict = ["X-OmniRoute-Strict": "true"]
        let answer = try surface.send("POST", "/v1/messages", Self.lossy, headers: strict)
        #expect(answer.status == 400 && upstream.asked.isEmpty)
        #expect(answer.json["error"]?["message"]?.string?.contains("top-k") == true)
        let plain = #"{"model":"near/m1","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#
        #expect(try surface.send("POST", "/v1/messages", plain, headers: strict).status == 200)
    }
}
