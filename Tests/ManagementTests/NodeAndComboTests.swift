import CryptoCore
import Foundation
import JSONCore
import Store
import Synchronization
import Testing

@testable import Management

struct NodeTests {
    private func create(_ client: TestClient, _ body: [String: Any]) throws -> [String: Any] {
        let made = try client.send("POST", "/api/provider-nodes", body)
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.json["node"] as? [String: Any])
    }

    @Test func `a node lives with its connections`() throws {
        let server = try TestServer()
        let client = try server.manager()
        let node = try create(
            client,
            ["name": "Mine", "prefix": "mine", "apiType": "chat", "baseUrl": "http://127.0.0.1:9/v1//"]
        )
        let id = try #require(node["id"] as? String)
        #expect(id.hasPrefix("openai-compatible-chat-") && node["baseUrl"] as? String == "http://127.0.0.1:9/v1")
        let made = try client.send("POST", "/api/providers", ["provider": id, "name": "a"])
        #expect(made.status == 201, "a node needs no key")
        let data = (made.json["connection"] as? [String: Any])?["providerSpecificData"] as? [String: Any]
        #expect(data?["prefix"] as? String == "mine" && data?["baseUrl"] as? String == "http://127.0.0.1:9/v1")
        let update = ["name": "Ours", "prefix": "ours", "baseUrl": "http://127.0.0.1:8/v1", "chatPath": "/c"]
        #expect(try client.send("PUT", "/api/provider-nodes/\(id)", update).status == 200)
        let stored = try #require(server.store.configuration.connectionsByProvider[id]?.first)
        #expect(stored.providerSpecificData.root["prefix"]?.string == "ours")
        #expect(stored.providerSpecificData.root["chatPath"]?.string == "/c")
        #expect(try client.send("DELETE", "/api/provider-nodes/\(id)").json["success"] as? Bool == true)
        #expect(server.store.configuration.connections.isEmpty && server.store.configuration.nodes.isEmpty)
        #expect(try client.send("DELETE", "/api/provider-nodes/\(id)").error == "Provider node not found")
    }

    @Test func `Anthropic's path is cut off the base URL`() throws {
        let client = try TestServer().manager()
        let node = try create(
            client,
            ["name": "A", "prefix": "a", "type": "anthropic-compatible", "baseUrl": "https://x.example/v1/messages/"]
        )
        #expect(node["baseUrl"] as? String == "https://x.example/v1")
        let standard = try create(client, ["name": "B", "prefix": "b", "type": "anthropic-compatible"])
        #expect(standard["baseUrl"] as? String == "https://api.anthropic.com/v1")
    }

    @Test(arguments: [
        (#"{}"#, ["name", "prefix", "apiType"]), (#"{"name":"x","prefix":"a/b","apiType":"chat"}"#, ["prefix"]),
        (#"{"name":"x","prefix":"y","apiType":"nonsense"}"#, ["apiType"]),
        (#"{"name":"x","prefix":"y","type":"nonsense","apiType":"chat"}"#, ["type"]),
        (#"{"name":"x","prefix":"y","apiType":"chat","chatPath":"no-slash"}"#, ["chatPath"]),
        (#"{"name":"x","prefix":"y","apiType":"chat","chatPath":"//evil.example/x"}"#, ["chatPath"]),
        (#"{"name":"x","prefix":"y","apiType":"chat","baseUrl":"not a url"}"#, ["baseUrl"]),
    ])
    func `bad input names the field`(_ body: String, _ fields: [String]) throws {
        let answer = try TestServer().manager().send("POST", "/api/provider-nodes", raw: Data(body.utf8))
        #expect(answer.status == 400 && answer.invalidFields == Set(fields), "\(answer.text)")
    }

    @Test func `a prefix belongs to one node`() throws {
        let client = try TestServer().manager()
        _ = try create(client, ["name": "A", "prefix": "same", "apiType": "chat"])
        let second = ["name": "B", "prefix": "SAME", "apiType": "chat"]
        #expect(try client.send("POST", "/api/provider-nodes", second).status == 409)
    }

    @Test func `an endpoint is tried before it is stored`() throws {
        let server = try TestServer()
        let body = ["baseUrl": "http://127.0.0.1:9/v1/", "apiKey": "k"]
        let answer = try server.manager().send("POST", "/api/provider-nodes/validate", body)
        #expect(answer.json["valid"] as? Bool == true)
        #expect(server.probe.state.withLock(\.calls) == ["test openai-compatible-validation k http://127.0.0.1:9/v1 -"])
        #expect(server.store.configuration.nodes.isEmpty)
    }
}

struct ComboTests {
    private func create(
        _ client: TestClient,
        _ name: String,
        _ models: [Any],
        _ more: [String: Any] = [:]
    ) throws
        -> [String: Any]
    {
        let body = more.merging(["name": name, "models": models]) { first, _ in first }
        let made = try client.send("POST", "/api/combos", body)
        #expect(made.status == 201, "\(made.text)")
        return made.json
    }

    @Test func `steps are taken in every form`() throws {
        let client = try TestServer().manager()
        _ = try create(client, "inner", ["x/y"])
        let combo = try create(
            client,
            "outer",
            [
                "openai/gpt-4o", ["model": "anthropic/claude", "weight": 30], "inner",
                ["kind": "model", "id": "own", "model": "a/b", "connectionId": "c", "label": "L", "tags": ["t"]],
                ["kind": "combo-ref", "comboName": "inner"],
            ],
            ["strategy": "usage"]
        )
        let steps = try #require(combo["models"] as? [[String: Any]])
        #expect(steps.map { $0["kind"] as? String } == ["model", "model", "combo-ref", "model", "combo-ref"])
        #expect(steps[0]["id"] as? String == "outer-model-1-openai-gpt-4o")
        #expect(steps[1]["weight"] as? Int == 30 && steps[2]["comboName"] as? String == "inner")
        #expect(steps[3]["id"] as? String == "own" && steps[3]["tags"] as? [String] == ["t"])
        #expect(combo["strategy"] as? String == "least-used")
    }

    @Test func `a combo says what is done about answers that go wrong`() throws {
        let client = try TestServer().manager()
        let policies = ["streamContinuation": "text+tools", "toolCallGuard": "repair"]
        let combo = try create(client, "safe", ["a/b"], ["config": policies])
        let path = "/api/combos/\(combo["id"] as? String ?? "")"
        let config = try client.send("GET", path).json["config"] as? [String: String]
        #expect(config == policies)
    }

    @Test func `a combo lives from creation to deletion`() async throws {
        let server = try TestServer()
        let client = try server.manager()
        let combo = try create(client, "coding", ["a/b"], ["config": ["maxRetries": 2]])
        let path = "/api/combos/\(combo["id"] as? String ?? "")"
        let change: [String: Any] = [
            "name": "renamed", "compressionOverride": "lite", "isActive": false, "context_length": 5000,
            "system_message": "Be brief.",
        ]
        let changed = try client.send("PUT", path, change).json
        #expect(changed["name"] as? String == "renamed" && changed["isActive"] as? Bool == false)
        let config = try #require(changed["config"] as? [String: Any])
        #expect(config["maxRetries"] as? Int == 2 && config["compressionMode"] as? String == "lite")
        #expect(try client.send("PUT", path, ["context_length": NSNull()]).json["context_length"] == nil)
        #expect(try client.send("GET", path).json["system_message"] as? String == "Be brief.")
        #expect(try client.send("PUT", path, [String: Any]()).status == 400)
        #expect(try client.send("DELETE", path).json["success"] as? Bool == true)
        #expect(try client.send("GET", path).error == "Combo not found")
        let actions = try await server.auditActions()
        #expect(actions.first == "combo.deleted" && actions.contains("combo.created"))
    }

    @Test func `names are unique, circles and towers are refused`() throws {
        let client = try TestServer().manager()
        let one = try create(client, "one", ["x/y"])
        _ = try create(client, "two", ["one"])
        _ = try create(client, "three", ["two"])
        #expect(try client.send("POST", "/api/combos", ["name": "one"]).error == "Combo name already exists")
        let path = "/api/combos/\(one["id"] as? String ?? "")"
        let circle = try client.send("PUT", path, ["models": ["three"]])
        #expect(circle.status == 400 && circle.error?.hasPrefix("Circular combo reference detected") == true)
        #expect(try client.send("POST", "/api/combos", ["name": "four", "models": ["three"]]).status == 400)
        let deep: [String: Any] = ["name": "four", "models": ["three"], "config": ["maxComboDepth": 4]]
        #expect(try client.send("POST", "/api/combos", deep).status == 201)
        let missing = ["kind": "combo-ref", "comboName": "nobody"]
        #expect(try client.send("POST", "/api/combos", ["name": "five", "models": [missing]]).status == 400)
        #expect(try client.send("PUT", path, ["name": "first"]).status == 200)
        let names = try client.send("GET", "/api/combos").json["combos"] as? [[String: Any]]
        let two = names?.first { $0["name"] as? String == "two" }
        #expect((two?["models"] as? [[String: Any]])?.first?["comboName"] as? String == "first")
    }

    @Test(arguments: [
        (#"{}"#, ["name"]), (#"{"name":"bad|name"}"#, ["name"]), (#"{"name":"x","models":"y"}"#, ["models"]),
        (#"{"name":"x","models":[7]}"#, ["models.0"]),
        (#"{"name":"x","models":[{"weight":101,"model":"m"}]}"#, ["models.0.weight"]),
        (#"{"name":"x","models":[{"id":"a","model":"m"},{"id":"a","model":"n"}]}"#, ["models.1.id"]),
        (#"{"name":"x","config":{"maxRetries":11}}"#, ["config.maxRetries"]),
        (#"{"name":"x","config":{"nonsense":1}}"#, ["config.nonsense"]),
        (#"{"name":"x","config":{"streamContinuation":"tools"}}"#, ["config.streamContinuation"]),
        (#"{"name":"x","config":{"toolCallGuard":1}}"#, ["config.toolCallGuard"]),
        (#"{"name":"x","config":{"weights":{"quota":2}}}"#, ["config.weights.quota"]),
        (
            #"{"name":"x","config":{"compositeTiers":{"defaultTier":"a","tiers":{"b":{}}}}}"#,
            ["config.compositeTiers.tiers.b.stepId", "config.compositeTiers.defaultTier"]
        ),
        (#"{"name":"x","tool_filter_regex":"("}"#, ["tool_filter_regex"]),
        (#"{"name":"x","context_length":999}"#, ["context_length"]),
    ])
    func `bad input names the field`(_ body: String, _ fields: [String]) throws {
        let answer = try TestServer().manager().send("POST", "/api/combos", raw: Data(body.utf8))
        #expect(answer.status == 400 && answer.invalidFields == Set(fields), "\(answer.text)")
    }

    @Test func `combos are put in order`() throws {
        let client = try TestServer().manager()
        let ids = try ["a", "b", "c"].map { try create(client, $0, ["x/y"])["id"] as? String ?? "" }
        let answer = try client.send("POST", "/api/combos/reorder", ["comboIds": [ids[2], ids[0]]])
        let names = (answer.json["combos"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == ["c", "a", "b"])
        #expect(try client.send("POST", "/api/combos/reorder", ["comboIds": [ids[0], ids[0]]]).status == 400)
        #expect(try client.send("POST", "/api/combos/reorder", ["comboIds": ["nobody"]]).status == 404)
    }

    @Test func `a test asks every target, nested ones in their place`() throws {
        let server = try TestServer()
        let client = try server.manager()
        _ = try create(client, "inner", ["b/2"])
        _ = try create(client, "outer", ["a/1", "inner", ["model": "c/3", "connectionId": "conn"]])
        server.probe.state.withLock {
            $0.chats["a/1"] = ChatProbe(statusCode: 500, latencyMilliseconds: 9, error: "broken")
        }
        let answer = try client.send("POST", "/api/combos/test", ["comboName": "outer"]).json
        let results = try #require(answer["results"] as? [[String: Any]])
        #expect(results.map { $0["model"] as? String } == ["a/1", "b/2", "c/3"])
        #expect(results.map { $0["status"] as? String } == ["error", "ok", "ok"])
        #expect(answer["resolvedBy"] as? String == "b/2")
        #expect(results[1]["executionKey"] as? String == "outer/inner/inner-model-1-b-2")
        #expect(Set(server.probe.state.withLock(\.calls)) == ["chat a/1 -", "chat b/2 -", "chat c/3 conn"])
        #expect(try client.send("POST", "/api/combos/test", ["comboName": "nobody"]).status == 404)
    }
}
