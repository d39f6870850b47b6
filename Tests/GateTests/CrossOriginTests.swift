import HTTPCore
import Testing

@testable import Gate

struct CrossOriginTests {
    private func allowOrigin(_ verdict: Verdict) -> String? {
        verdict.corsHeaders.first { $0.name == "Access-Control-Allow-Origin" }?.value
    }

    private let foreign = ("Origin", "https://app.example")
    private let key = ("Authorization", "Bearer sk-client")

    @Test func `any page may use a key that its user gave to it`() throws {
        let verdict = try TestGate().verdict(.post, "/v1/chat/completions", [foreign, key])
        #expect(allowOrigin(verdict) == "*")
    }

    @Test func `without a key, or for management, no origin is let in`() throws {
        let gate = TestGate()
        #expect(allowOrigin(try gate.verdict(.get, "/v1/models", [foreign])) == nil)
        let manage = ("Authorization", "Bearer sk-manage")
        #expect(allowOrigin(try gate.verdict(.get, "/api/managed", [foreign, manage])) == nil)
    }

    @Test func `a listed origin is echoed and may do without a key`() throws {
        var gate = TestGate()
        gate.policy.allowedOrigins = ["https://app.example", "tauri://localhost"]
        for origin in ["https://app.example", "tauri://localhost"] {
            let headers = [("Origin", origin), ("Content-Type", "application/json")]
            let verdict = try gate.verdict(.post, "/v1/chat/completions", headers)
            #expect(allowOrigin(verdict) == origin)
            #expect(verdict.corsHeaders.contains { $0.name == "Vary" && $0.value == "Origin" })
            #expect(try gate.outcome(.post, "/v1/chat/completions", headers) == "ok anonymous")
        }
        #expect(
            !(try gate.verdict(.get, "/v1/models", [foreign])).corsHeaders.contains { $0.name.contains("Credentials") }
        )
    }

    @Test func `a preflight is granted when the request will carry a key`() throws {
        let gate = TestGate()
        let asked = [
            foreign, ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os"),
        ]
        let granted = try gate.verdict(.options, "/v1/chat/completions", asked)
        #expect(allowOrigin(granted) == "*")
        let headers = granted.corsHeaders.first { $0.name == "Access-Control-Allow-Headers" }?.value
        #expect(headers == "authorization, content-type, x-stainless-os")
        let keyless = [foreign, ("Access-Control-Request-Method", "POST")]
        #expect(allowOrigin(try gate.verdict(.options, "/v1/chat/completions", keyless)) == nil)
    }

    @Test func `the environment names the origins`() throws {
        let open = GatePolicy(environment: [:], listeners: [])
        #expect(open.allowsAnyOriginWithKey && open.allowedOrigins.isEmpty)
        let listed = GatePolicy(environment: ["CORS_ALLOWED_ORIGINS": "https://A.example/, http://b"], listeners: [])
        #expect(!listed.allowsAnyOriginWithKey)
        #expect(listed.allowedOrigins == ["https://a.example", "http://b"])
        let both = GatePolicy(environment: ["CORS_ORIGIN": "*", "CORS_ALLOWED_ORIGINS": "http://b"], listeners: [])
        #expect(both.allowsAnyOriginWithKey && both.allowedOrigins == ["http://b"])
    }
}
