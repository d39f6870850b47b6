import Dialects
import HTTPCore
import HTTPServer
import JSONCore
import Testing

@testable import Gate

/// Clients of every dialect: where their keys stand, and in which words they are refused.
struct ClientFamilyTests {
    private let strict = {
        var gate = TestGate()
        gate.policy.requireAPIKey = true
        return gate
    }()

    @Test(
        arguments: [
            (.post, "/v1beta/models/m:generateContent?key=sk-client"),
            (.post, "/v1beta/models/a/m:streamGenerateContent?alt=sse&key=sk-client"),
            (.post, "/api/v1beta/models/m:generateContent?key=sk%2Dclient"),
            (.post, "/v1/models/m:generateContent?key=sk-client"),
            (.post, "/models/m:generateContent?key=sk-client"), (.get, "/v1/models?key=sk-client"),
            (.post, "/v1/vscode/sk-client/api/chat"), (.post, "/api/v1/vscode/sk-client/api/chat"),
            (.post, "/v1/v1/vscode/sk%2Dclient/api/chat"),
        ] as [(HTTPMethod, String)]
    )
    func `a key may stand in the address of some clients`(method: HTTPMethod, path: String) throws {
        #expect(try strict.outcome(method, path, [("Content-Type", "application/json")]) == "ok key:client")
    }

    @Test(
        arguments: [
            (.post, "/v1/chat/completions?key=sk-client", "401 AUTH_002"),
            (.post, "/v1/messages?key=sk-client", "401 AUTH_002"),
            (.post, "/v1/responses?key=sk-client", "401 AUTH_002"),
            (.get, "/api/managed?key=sk-manage", "401 AUTH_001"),
            (.post, "/v1beta/models/m:generateContent?key=nobody", "401 AUTH_002"),
            (.post, "/v1beta/models/m:generateContent?key=sk-off", "403 KEY_DISABLED"),
            (.post, "/v1beta/models/m:generateContent?key=", "401 AUTH_002"),
            (.post, "/v1/vscode/nobody/api/chat", "401 AUTH_002"),
            (.post, "/v1beta/models/m:generateContent?key=sk-client&key=sk-manage", "400 AUTH_003"),
        ] as [(HTTPMethod, String, String)]
    )
    func `a key in the address counts nowhere else, and must be good`(
        method: HTTPMethod,
        path: String,
        outcome: String
    ) throws {
        let found = try strict.outcome(method, path)
        #expect(found.prefix(3) == outcome.prefix(3))
        if !outcome.hasPrefix("403") { #expect(found == outcome) }
    }

    @Test func `the header of Gemini's clients is a carrier like the others`() throws {
        let key = ("x-goog-api-key", "sk-client")
        for path in ["/v1beta/models/m:generateContent", "/v1/chat/completions", "/v1/messages"] {
            #expect(try strict.outcome(.post, path, [key]) == "ok key:client")
        }
        #expect(
            try strict.outcome(.post, "/v1/messages", [key, ("x-api-key", "sk-manage")]) == "400 AUTH_003"
        )
        #expect(try strict.outcome(.post, "/v1beta/models/m:x?key=sk-client", [key]) == "ok key:client")
    }

    @Test(
        arguments: [
            (.post, "/v1beta/models/m:generateContent", .gemini), (.get, "/v1beta/nothing", .gemini),
            (.post, "/v1alpha/x", .gemini), (.post, "/api/v1beta/x", .gemini), (.post, "/v1/models/m:x", .gemini),
            (.get, "/v1/models/m", .openAIChat), (.put, "/v1/chat/completions", .openAIChat),
            (.get, "/v1/nothing", .openAIChat), (.post, "/chat/nothing", .openAIChat), (.put, "/models", .openAIChat),
            (.get, "/v1/messages/x", .anthropicMessages), (.put, "/v1/v1/messages", .anthropicMessages),
            (.get, "/v1/responses/x/y/z", .openAIResponses), (.put, "/responses", .openAIResponses),
            (.put, "/codex/responses", .openAIResponses), (.get, "/v1/api/chat", .ollama), (.get, "/api/chat", .ollama),
            (.post, "/api/embed", .ollama), (.post, "/api/embeddings", .ollama), (.get, "/v1/vscode/t/api/x", .ollama),
            (.get, "/api/v1/api/x", .ollama),
        ] as [(HTTPMethod, String, Dialect)]
    )
    func `a refusal speaks the dialect of its path`(method: HTTPMethod, path: String, dialect: Dialect) throws {
        #expect(try TestGate().verdict(method, path).errors == .dialect(dialect))
    }

    @Test(arguments: ["/api/managed/x", "/api/chat/x", "/api/tags/x", "/dashboard", "/", "/api", "/vscode/t/api/chat"])
    func `other paths are management's, or nobody's`(path: String) throws {
        let isChat = path == "/api/chat/x"
        #expect(try TestGate().verdict(.get, path).errors == (isChat ? .dialect(.openAIChat) : .management))
    }

    @Test func `a list that several kinds of clients ask for is refused in the words of each`() throws {
        func errors(_ path: String, _ headers: [(String, String)]) throws -> ErrorStyle {
            try strict.verdict(.get, path, headers).errors
        }
        #expect(try errors("/v1/models", []) == .dialect(.openAIChat))
        #expect(try errors("/v1/models", [("anthropic-version", "2023-06-01")]) == .dialect(.anthropicMessages))
        #expect(try errors("/v1/models", [("x-goog-api-key", "nobody")]) == .dialect(.gemini))
        #expect(try errors("/v1/models?key=nobody", []) == .dialect(.gemini))
    }

    @Test func `only answers to Anthropic's clients carry its id`() throws {
        for path in ["/v1beta/models/m:x", "/v1/api/chat", "/v1/responses"] {
            let verdict = try strict.verdict(.post, path)
            guard case .refuse(let refusal) = verdict.outcome else {
                Issue.record("\(path) is let through")
                continue
            }
            let answer = refusal.response(verdict.errors, requestID: "r1")
            #expect(answer.status == .unauthorized && !answer.headers.contains("request-id"))
        }
    }

    @Test func `a page may show a key in the address`() throws {
        let foreign = ("Origin", "https://app.example")
        let verdict = try TestGate().verdict(.post, "/v1beta/models/m:generateContent?key=sk-client", [foreign])
        #expect(verdict.corsHeaders.contains { $0.name == "Access-Control-Allow-Origin" && $0.value == "*" })
        let asks = [
            foreign, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-goog-api-key"),
        ]
        let preflight = try TestGate().verdict(.options, "/v1beta/models/m:generateContent", asks)
        #expect(preflight.corsHeaders.contains { $0.value == "x-goog-api-key" })
    }
}
