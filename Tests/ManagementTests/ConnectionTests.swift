import CryptoCore
import Foundation
import JSONCore
import Store
import Synchronization
import Testing
import TimeCore

@testable import Management

struct ConnectionTests {
    private let key = "sk-ant-0123456789abcdefXYZ9"

    @Test func `a connection lives from creation to deletion`() async throws {
        let server = try TestServer()
        let client = try server.manager()
        let body: [String: Any] = ["provider": "anthropic", "name": "Mine", "apiKey": key]
        let made = try client.send("POST", "/api/providers", body)
        #expect(made.status == 201)
        let connection = try #require(made.json["connection"] as? [String: Any])
        let id = try #require(connection["id"] as? String)
        #expect(connection["apiKey"] as? String == "sk-ant-0****XYZ9")
        #expect(connection["priority"] as? Int == 1 && connection["authType"] as? String == "apikey")
        #expect(connection["maxConcurrent"] is NSNull && connection["email"] == nil)
        let change: [String: Any] = [
            "name": "Ours", "isActive": false, "apiKey": "sk-ant-0****XYZ9", "maxConcurrent": 4, "group": "g",
            "quotaWindowThresholds": ["weekly": 20, "session": NSNull()],
        ]
        let changed = try client.send("PUT", "/api/providers/\(id)", change)
        #expect(changed.status == 200, "\(changed.text)")
        #expect(server.store.configuration.connection(id)?.apiKey?.exposedText() == key, "a mask is no new key")
        let shown = try #require(try client.send("GET", "/api/providers/\(id)").json["connection"] as? [String: Any])
        #expect(shown["name"] as? String == "Ours" && shown["group"] as? String == "g")
        #expect((shown["quotaWindowThresholds"] as? [String: Int]) == ["weekly": 20])
        #expect(try client.send("PUT", "/api/providers/\(id)", ["apiKey": "sk-ant-new-0123456789"]).status == 200)
        #expect(server.store.configuration.connection(id)?.apiKey?.exposedText() == "sk-ant-new-0123456789")
        #expect(try client.send("DELETE", "/api/providers/\(id)").status == 200)
        #expect(try client.send("GET", "/api/providers/\(id)").error == "Connection not found")
        let log = try await server.store.auditLog().records
        #expect(log.prefix(2).map(\.action) == ["provider.credentials.revoked", "provider.credentials.updated"])
        for record in log {
            let text = String(decoding: record.details?.bytes ?? [], as: UTF8.self)
            #expect(!text.contains("sk-ant-new"), "\(record.action)")
        }
    }

    @Test func `settings of a provider are merged, and their secrets kept to ourselves`() throws {
        let server = try TestServer()
        let client = try server.manager()
        let data: [String: Any] = [
            "baseUrl": "https://example.org/v1", "consoleApiKey": "console-secret-0123456789", "tag": "x",
            "extraApiKeys": ["sk-extra-0123456789-abcdef", "sk-other-0123456789-ghijkl"],
            "codexLimitPolicy": ["use5h": true, "useWeekly": true], "clientSecret": "client-secret-0123456789",
        ]
        let body: [String: Any] = ["provider": "openai", "name": "a", "apiKey": key, "providerSpecificData": data]
        let made = try client.send("POST", "/api/providers", body)
        #expect(made.status == 201)
        for secret in ["console-secret", "client-secret", "0123456789-abcdef"] { #expect(!made.text.contains(secret)) }
        let connection = try #require(made.json["connection"] as? [String: Any])
        let id = try #require(connection["id"] as? String)
        let shown = try #require(connection["providerSpecificData"] as? [String: Any])
        let masks = try #require(shown["extraApiKeys"] as? [String])
        let update: [String: Any] = [
            "providerSpecificData": [
                "tag": NSNull(), "region": "eu", "codexLimitPolicy": ["use5h": false],
                "extraApiKeys": [masks[1], "sk-third-0123456789-mnopqr"],
            ]
        ]
        #expect(try client.send("PUT", "/api/providers/\(id)", update).status == 200)
        let stored = try #require(server.store.configuration.connection(id)).providerSpecificData.root
        #expect(stored["baseUrl"]?.string == "https://example.org/v1" && stored["tag"] == nil)
        #expect(stored["region"]?.string == "eu" && stored["consoleApiKey"]?.string == "console-secret-0123456789")
        #expect(
            stored["codexLimitPolicy"]?["use5h"]?.bool == false
                && stored["codexLimitPolicy"]?["useWeekly"]?.bool == true
        )
        let extra = stored["extraApiKeys"]?.elements.compactMap(\.string)
        #expect(extra == ["sk-other-0123456789-ghijkl", "sk-third-0123456789-mnopqr"])
    }

    @Test(arguments: [
        (#"{}"#, ["provider", "name"]), (#"[]"#, ["body"]), (#"{"provider":"openai","name":"x"}"#, ["apiKey"]),
        (#"{"provider":"openai","name":" ","apiKey":"k"}"#, ["name"]),
        (#"{"provider":"openai","name":"x","apiKey":"k","priority":101}"#, ["priority"]),
        (#"{"provider":"openai","name":"x","apiKey":"k","priority":1.5}"#, ["priority"]),
        (
            #"{"provider":"openai","name":"x","apiKey":"k","providerSpecificData":{"baseUrl":"ftp://x"}}"#,
            ["providerSpecificData.baseUrl"]
        ),
        (
            #"{"provider":"openai","name":"x","apiKey":"k","providerSpecificData":{"baseUrl":"http://u:p@x/"}}"#,
            ["providerSpecificData.baseUrl"]
        ),
        (
            #"{"provider":"openai","name":"x","apiKey":"k","providerSpecificData":{"excludedModels":["**"]}}"#,
            ["providerSpecificData.excludedModels"]
        ),
        (
            #"{"provider":"openai","name":"x","apiKey":"k","providerSpecificData":{"customHeaders":{"Host":"x"}}}"#,
            ["providerSpecificData.customHeaders.Host"]
        ),
        (
            #"{"provider":"openai","name":"x","apiKey":"k","providerSpecificData":{"requestDefaults":{"reasoningEffort":"x"}}}"#,
            ["providerSpecificData.requestDefaults.reasoningEffort"]
        ),
        (#"{"provider":"openai","name":"x","apiKey":"sk-abcd1****wxyz"}"#, ["apiKey"]),
    ])
    func `bad input names the field`(_ body: String, _ fields: [String]) throws {
        let answer = try TestServer().manager().send("POST", "/api/providers", raw: Data(body.utf8))
        #expect(answer.status == 400)
        #expect(answer.invalidFields == Set(fields), "\(answer.text)")
    }

    @Test func `unknown providers and nodes are told apart`() throws {
        let client = try TestServer().manager()
        func error(_ provider: String) throws -> String {
            let answer = try client.send("POST", "/api/providers", ["provider": provider, "name": "x", "apiKey": "k"])
            return "\(answer.status) \(answer.error ?? "")"
        }
        #expect(try error("nope") == "400 Invalid provider")
        #expect(try error("openai-compatible-chat-1") == "404 OpenAI Compatible node not found")
        #expect(try error("anthropic-compatible-1") == "404 Anthropic Compatible node not found")
        #expect(try error("anthropic-compatible-cc-1") == "404 CC Compatible node not found")
    }

    @Test func `an account is connected once unless it is to be overwritten`() throws {
        let server = try TestServer()
        let client = try server.manager()
        var body: [String: Any] = ["provider": "openai", "name": "a", "apiKey": key]
        let first = try client.send("POST", "/api/providers", body)
        let id = (first.json["connection"] as? [String: Any])?["id"] as? String
        let second = try client.send("POST", "/api/providers", body)
        #expect(second.status == 409 && second.json["existingId"] as? String == id)
        body["overwrite"] = true
        body["apiKey"] = "sk-another-0123456789"
        #expect(try client.send("POST", "/api/providers", body).status == 201)
        #expect(server.store.configuration.connections.count == 1)
        #expect(server.store.configuration.connections.first?.apiKey?.exposedText() == "sk-another-0123456789")
    }

    @Test func `several connections are deleted in one go`() throws {
        let server = try TestServer()
        let client = try server.manager()
        let ids = try (0..<3).map { number -> String in
            let body: [String: Any] = ["provider": "openai", "name": "a\(number)", "apiKey": "k"]
            let made = try client.send("POST", "/api/providers", body)
            return try #require((made.json["connection"] as? [String: Any])?["id"] as? String)
        }
        let answer = try client.send("DELETE", "/api/providers", ["ids": [ids[0], ids[2], "unknown"]])
        #expect(answer.json["deleted"] as? Int == 2)
        #expect(server.store.configuration.connections.map(\.id) == [ids[1]])
        #expect(server.store.configuration.connections.map(\.priority) == [1])
        #expect(try client.send("DELETE", "/api/providers", ["ids": [String]()]).status == 400)
    }

    // MARK: - Trials

    private func connect(_ client: TestClient, _ provider: String = "openai") throws -> String {
        let made = try client.send("POST", "/api/providers", ["provider": provider, "name": "a", "apiKey": key])
        return try #require((made.json["connection"] as? [String: Any])?["id"] as? String)
    }

    @Test func `a trial tells the state of an account and leaves a trace`() async throws {
        let server = try TestServer()
        let client = try server.manager()
        let id = try connect(client)
        server.probe.state.withLock {
            $0.result = ProbeResult(
                isValid: false,
                diagnosis: .upstreamAuthError,
                error: "Invalid API key",
                statusCode: 401,
                latencyMilliseconds: 30,
                code: "invalid_api_key"
            )
        }
        let failed = try client.send("POST", "/api/providers/\(id)/test")
        #expect(failed.status == 200 && failed.json["valid"] as? Bool == false)
        #expect((failed.json["diagnosis"] as? [String: Any])?["type"] as? String == "upstream_auth_error")
        #expect(failed.json["statusCode"] as? Int == 401)
        let sick = try #require(server.store.configuration.connection(id))
        #expect(
            sick.testStatus == "error" && sick.lastError == "Invalid API key" && sick.errorCode == "invalid_api_key"
        )

        server.probe.state.withLock { $0.result = ProbeResult(isValid: true, diagnosis: .ok, latencyMilliseconds: 3) }
        let passed = try client.send("POST", "/api/providers/\(id)/test", ["validationModelId": "m"])
        #expect(passed.json["valid"] as? Bool == true && passed.json["error"] is NSNull)
        let well = try #require(server.store.configuration.connection(id))
        #expect(well.testStatus == "active" && well.lastError == nil && well.lastTested != nil)
        #expect(server.probe.state.withLock(\.calls) == ["test openai \(key) - -", "test openai \(key) - m"])
        let logs = try await server.store.callLogs()
        #expect(logs.map(\.model) == ["connection-test", "connection-test"])
        #expect(try await server.store.usageSummary().total.requests == 0, "trials are not counted")
        #expect(try client.send("POST", "/api/providers/unknown/test").status == 404)
    }

    @Test func `model lists come from the provider, the cache or the catalogue`() throws {
        let server = try TestServer()
        let client = try server.manager()
        let id = try connect(client)
        let path = "/api/providers/\(id)/models"
        let first = try client.send("GET", path).json
        #expect(first["source"] as? String == "api")
        #expect((first["models"] as? [[String: String]]) == [["id": "m1", "name": "Model 1"]])
        #expect(try client.send("GET", path).json["source"] as? String == "cache")
        server.probe.state.withLock { $0.listing = .failed(status: 503, message: "busy") }
        #expect(try client.send("GET", path).json["source"] as? String == "cache")
        let fallback = try client.send("GET", path + "?refresh=true").json
        #expect(fallback["source"] as? String == "local_catalog" && fallback["warning"] as? String == "busy")
        #expect((fallback["models"] as? [[String: String]])?.isEmpty == false)
    }

    @Test func `a key is tried before it is stored`() throws {
        let server = try TestServer()
        let client = try server.manager()
        let body = ["provider": "groq", "apiKey": "gsk_x", "baseUrl": "http://127.0.0.1:1/v1"]
        #expect(try client.send("POST", "/api/providers/validate", body).json["valid"] as? Bool == true)
        #expect(server.probe.state.withLock(\.calls) == ["test groq gsk_x - -"])
        #expect(server.store.configuration.connections.isEmpty)
        server.probe.state.withLock {
            $0.result = ProbeResult(isValid: false, diagnosis: .unsupported, latencyMilliseconds: 0)
        }
        #expect(try client.send("POST", "/api/providers/validate", body).error == "Provider validation not supported")
    }
}
