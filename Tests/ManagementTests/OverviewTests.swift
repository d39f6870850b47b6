import CryptoCore
import Foundation
import Store
import Testing
import TimeCore

@testable import Management

struct OverviewTests {
    @Test func `strangers see that the server is well and nothing more`() throws {
        let server = try TestServer()
        server.time.advance(by: .seconds(90))
        let short = try server.stranger().send("GET", "/api/monitoring/health")
        #expect(short.status == 200 && short.json["status"] as? String == "healthy")
        #expect(short.json["uptime"] as? Double == 90 && short.json["setupComplete"] as? Bool == true)
        let names: Set = ["status", "timestamp", "version", "uptime", "setupComplete", "providerSummary"]
        #expect(Set(short.json.keys) == names)
        let long = try server.manager().send("GET", "/api/monitoring/health").json
        #expect((long["system"] as? [String: Any])?["pid"] as? Int == Int(ProcessInfo.processInfo.processIdentifier))
        #expect((long["memoryUsage"] as? [String: Int])?["rss"] ?? 0 > 1_000_000)
        #expect(try server.stranger().send("GET", "/api/init").json["initialized"] as? Bool == true)
    }

    @Test func `usage is summed, and unknown costs stay unknown`() throws {
        let server = try TestServer()
        let client = try server.manager()
        for (index, cost) in [0.5, nil, 0.25].enumerated() {
            server.store.journal.append(
                UsageRecord(
                    requestID: "r\(index)",
                    timestamp: server.time.wall(),
                    provider: "openai",
                    model: cost == nil ? "priceless" : "gpt",
                    connectionID: "c",
                    apiKeyID: "k",
                    apiKeyName: "K",
                    input: 10,
                    output: 5,
                    costUSD: cost,
                    status: 200,
                    success: true
                )
            )
        }
        let history = try client.send("GET", "/api/usage/history").json
        #expect(history["totalRequests"] as? Int == 3 && history["totalCost"] as? Double == 0.75)
        #expect(history["unknownCosts"] as? Int == 1 && history["totalPromptTokens"] as? Int == 30)
        let models = try #require(history["byModel"] as? [String: [String: Any]])
        #expect(models["gpt (openai)"]?["cost"] as? Double == 0.75)
        #expect(models["priceless (openai)"]?["cost"] is NSNull)
        #expect((history["byApiKey"] as? [String: [String: Any]])?["id:k"]?["requests"] as? Int == 3)
        let minutes = try #require(history["last10Minutes"] as? [[String: Any]])
        #expect(minutes.count == 10 && minutes.compactMap { $0["requests"] as? Int }.reduce(0, +) == 3)
        #expect((history["activeRequests"] as? [[String: Any]])?.first?["count"] as? Int == 2)
    }

    @Test func `prices are those of the catalogue and the user's own`() async throws {
        let server = try TestServer()
        let client = try server.manager()
        let price = Array(#"{"gpt-4o":{"input":1,"output":2},"own":{"input":3}}"#.utf8)
        try await server.store.setValues("pricing", ["openai": price])
        let prices = try client.send("GET", "/api/pricing?includeSources=1").json
        let openAI = (prices["pricing"] as? [String: [String: [String: Any]]])?["openai"]
        #expect(openAI?["gpt-4o"]?["input"] as? Double == 1 && openAI?["gpt-4o"]?["cached"] as? Double == 1.25)
        #expect(openAI?["own"]?["output"] is NSNull)
        let sources = (prices["sourceMap"] as? [String: [String: String]])?["openai"]
        #expect(sources?["gpt-4o"] == "user" && sources?["gpt-4.1-mini"] == "default")
        let defaults = try client.send("GET", "/api/pricing/defaults").json
        #expect((defaults["openai"] as? [String: [String: Any]])?["gpt-4o"]?["input"] as? Double == 2.5)
    }

    @Test func `a shutdown is answered before it begins`() async throws {
        let server = try TestServer()
        let answer = try server.manager().send("POST", "/api/shutdown")
        #expect(answer.json["success"] as? Bool == true && server.shutdownWasAsked())
        #expect(try await server.auditActions().first == "system.shutdown")
    }

    @Test func `answers of the management API are kept by nobody`() throws {
        let answer = try TestServer().manager().send("GET", "/api/keys")
        #expect(answer.header("Cache-Control") == "no-store" && answer.header("X-Content-Type-Options") == "nosniff")
    }

    @Test func `the client's request id is echoed if it is one`() throws {
        let server = try TestServer()
        let given = server.stranger().with(("x-request-id", "abc-123"))
        #expect(try given.send("GET", "/api/init").header("x-request-id") == "abc-123")
        let odd = server.stranger().with(("x-request-id", "a b<c>"))
        #expect(try odd.send("GET", "/api/init").header("x-request-id")?.count == 36)
    }

    @Test func `how models call tools is told to managers, those that call most first`() throws {
        let server = try TestServer()
        #expect(try server.stranger().send("GET", "/api/usage/tool-calls").status == 401)
        let answer = try server.manager().send("GET", "/api/usage/tool-calls")
        #expect(answer.status == 200 && Set(answer.json.keys) == ["models"])
        let models = try #require(answer.json["models"] as? [[String: Any]])
        #expect(models.map { $0["model"] as? String } == ["often", "seldom"])
        #expect(Set(models[0].keys) == ["provider", "model", "calls", "valid", "repaired", "invalid", "faults"])
        #expect(models[0]["calls"] as? Int == 9 && models[0]["invalid"] as? Int == 1)
        #expect(models[0]["faults"] as? [String: Int] == ["wrongType": 3, "malformed": 1])
        #expect(models[1]["invalid"] as? Int == 0 && (models[1]["faults"] as? [String: Int])?.isEmpty == true)
    }

    @Test func `managers see how much reasoning is kept`() throws {
        let server = try TestServer()
        func figures() throws -> [String: Int]? {
            try server.manager().send("GET", "/api/monitoring/health").json["reasoningMemory"] as? [String: Int]
        }
        #expect(try figures() == ["entries": 0, "bytes": 0, "remembered": 0, "recalled": 0])
        let key = SHA256.hash(Array("k".utf8))
        server.store.reasoning.keep([1, 2, 3], for: [key], lifetime: .seconds(60), persists: false)
        #expect(server.store.reasoning.value(for: key) == [1, 2, 3])
        #expect(try figures() == ["entries": 1, "bytes": 3, "remembered": 1, "recalled": 1])
        #expect(try server.stranger().send("GET", "/api/monitoring/health").json["reasoningMemory"] == nil)
    }
}
