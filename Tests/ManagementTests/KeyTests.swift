import Foundation
import Store
import Testing
import TimeCore

@testable import Management

struct KeyTests {
    @Test func `a key is shown once and then only recognised`() async throws {
        let server = try TestServer()
        let client = try server.manager()
        let made = try client.send("POST", "/api/keys", ["name": " laptop ", "scopes": ["manage"]])
        #expect(made.status == 201)
        let key = try #require(made.json["key"] as? String)
        let id = try #require(made.json["id"] as? String)
        #expect(key.hasPrefix("sk-") && made.json["name"] as? String == "laptop")
        let list = try client.send("GET", "/api/keys")
        #expect(!list.text.contains(key))
        let row = try #require((list.json["keys"] as? [[String: Any]])?.first)
        #expect(row["key"] as? String == "\(key.prefix(8))****\(key.suffix(4))")
        #expect(row["scopes"] as? [String] == ["manage"] && row["keyHash"] == nil)
        #expect(list.json["total"] as? Int == 1 && list.json["allowKeyReveal"] as? Bool == false)
        #expect(try client.send("GET", "/api/keys/\(id)/reveal").status == 403)

        let holder = server.stranger().with(("Authorization", "Bearer \(key)"))
        #expect(try holder.send("GET", "/api/providers").status == 200)
        let fresh = try client.send("POST", "/api/keys/\(id)/regenerate")
        #expect(try holder.send("GET", "/api/providers").status == 403)
        let newKey = try #require(fresh.json["key"] as? String)
        let newHolder = server.stranger().with(("x-api-key", newKey))
        #expect(try newHolder.send("GET", "/api/providers").status == 200)
        #expect(try client.send("DELETE", "/api/keys/\(id)").status == 200)
        #expect(try newHolder.send("GET", "/api/providers").status == 403)
        #expect(try client.send("GET", "/api/keys/\(id)").status == 404)
        #expect(try await server.auditActions().prefix(3) == ["apiKey.delete", "apiKey.regenerate", "apiKey.create"])
    }

    @Test func `a key can be limited in every way`() async throws {
        let server = try TestServer()
        let client = try server.manager()
        let id = try #require(try client.send("POST", "/api/keys", ["name": "k"]).json["id"] as? String)
        let update: [String: Any] = [
            "name": "renamed", "allowedModels": ["openai/*"], "noLog": true, "isActive": false,
            "expiresAt": "2027-01-01T00:00:00Z", "maxSessions": 3,
            "accessSchedule": [
                "enabled": true, "from": "08:00", "until": "18:00", "days": [1, 2], "tz": "Europe/Berlin",
            ],
            "rateLimits": [["limit": 5, "window": 60]], "scopes": ["read"], "ipAllowlist": ["10.0.0.0/8"],
        ]
        let answer = try client.send("PATCH", "/api/keys/\(id)", update)
        #expect(answer.status == 200)
        let row = try client.send("GET", "/api/keys/\(id)").json
        #expect(row["name"] as? String == "renamed" && row["isActive"] as? Bool == false)
        #expect(row["expiresAt"] as? String == "2027-01-01T00:00:00.000Z")
        #expect((row["accessSchedule"] as? [String: Any])?["tz"] as? String == "Europe/Berlin")
        #expect((row["rateLimits"] as? [[String: Int]]) == [["limit": 5, "window": 60]])
        let cleared =
            ["accessSchedule": NSNull(), "rateLimits": NSNull(), "expiresAt": NSNull(), "isActive": true]
            as [String: Any]
        #expect(try client.send("PATCH", "/api/keys/\(id)", cleared).status == 200)
        let after = try client.send("GET", "/api/keys/\(id)").json
        #expect(after["accessSchedule"] is NSNull && after["expiresAt"] is NSNull)
        #expect(try await server.auditActions().prefix(2) == ["apiKey.activate", "apiKey.deactivate"])
    }

    @Test(arguments: [
        (#"{"name":""}"#, "name"), (#"{"maxSessions":10001}"#, "maxSessions"), (#"{"expiresAt":"soon"}"#, "expiresAt"),
        (#"{"rateLimits":[{"limit":0,"window":1}]}"#, "rateLimits.0"), (#"{"scopes":"manage"}"#, "scopes"),
        (#"{"accessSchedule":{"from":"8:00","until":"18:00","days":[1],"tz":"UTC"}}"#, "accessSchedule.from"),
        (#"{"accessSchedule":{"from":"08:00","until":"18:00","days":[7],"tz":"UTC"}}"#, "accessSchedule.days"),
        (#"{"accessSchedule":{"from":"08:00","until":"18:00","days":[1],"tz":"Moon/Base"}}"#, "accessSchedule.tz"),
        (#"{"ipAllowlist":["x"]}"#, "ipAllowlist.0"), (#"{"isActive":"yes"}"#, "isActive"), ("{}", "body"),
        (#"{"unknown":1}"#, "body"),
    ])
    func `bad changes name the field`(_ body: String, _ field: String) throws {
        let client = try TestServer().manager()
        let id = try #require(try client.send("POST", "/api/keys", ["name": "k"]).json["id"] as? String)
        let answer = try client.send("PATCH", "/api/keys/\(id)", raw: Data(body.utf8))
        #expect(answer.status == 400)
        #expect(answer.invalidFields.contains(field), "\(answer.text)")
    }

    @Test func `where it is allowed a key can be shown again with the password`() throws {
        let server = try TestServer(allowsKeyReveal: true)
        let client = try server.manager()
        let made = try client.send("POST", "/api/keys", ["name": "k"]).json
        let path = "/api/keys/\(made["id"] as? String ?? "")/reveal"
        #expect(try client.send("GET", path).status == 403)
        #expect(try client.with(("X-OmniRoute-Password", "wrong one")).send("GET", path).status == 403)
        let shown = try client.with(("X-OmniRoute-Password", TestServer.password)).send("GET", path)
        #expect(shown.json["key"] as? String == made["key"] as? String)
    }

    @Test func `lists come in pages`() throws {
        let server = try TestServer()
        let client = try server.manager()
        for number in 0..<5 {
            try client.send("POST", "/api/keys", ["name": "k\(number)"])
            server.time.advance(by: .seconds(1))
        }
        let page = try client.send("GET", "/api/keys?limit=2&offset=3").json
        #expect((page["keys"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["k3", "k4"])
        #expect(page["total"] as? Int == 5)
        #expect(try client.send("GET", "/api/keys?limit=x").status == 400)
    }

    @Test func `a key says what is done about answers that go wrong, and leaves it to others again`() throws {
        let client = try TestServer().manager()
        let id = try #require(try client.send("POST", "/api/keys", ["name": "k"]).json["id"] as? String)
        let path = "/api/keys/\(id)"
        let fresh = try client.send("GET", path).json
        #expect(fresh["streamContinuation"] is NSNull && fresh["toolCallGuard"] is NSNull)
        for (continuation, guarding) in [("never", "off"), ("text", "observe"), ("text+tools", "repair")] {
            let update = ["streamContinuation": continuation, "toolCallGuard": guarding]
            #expect(try client.send("PATCH", path, update).status == 200)
            let row = try client.send("GET", path).json
            #expect(row["streamContinuation"] as? String == continuation && row["toolCallGuard"] as? String == guarding)
        }
        #expect(try client.send("PATCH", path, ["streamContinuation": NSNull()]).status == 200)
        let half = try client.send("GET", path).json
        #expect(half["streamContinuation"] is NSNull && half["toolCallGuard"] as? String == "repair")
        #expect(try client.send("PATCH", path, ["toolCallGuard": NSNull(), "name": "n"]).status == 200)
        #expect(try client.send("GET", path).json["toolCallGuard"] is NSNull)
    }

    @Test(arguments: [
        (#"{"streamContinuation":"always"}"#, "streamContinuation"),
        (#"{"streamContinuation":1}"#, "streamContinuation"),
        (#"{"toolCallGuard":"Repair"}"#, "toolCallGuard"), (#"{"toolCallGuard":true}"#, "toolCallGuard"),
        (#"{"toolCallGuard":""}"#, "toolCallGuard"),
    ])
    func `policies that do not exist are refused and change nothing`(_ body: String, _ field: String) throws {
        let client = try TestServer().manager()
        let id = try #require(try client.send("POST", "/api/keys", ["name": "k"]).json["id"] as? String)
        #expect(
            try client.send("PATCH", "/api/keys/\(id)", ["toolCallGuard": "off", "streamContinuation": "text"]).status
                == 200
        )
        let answer = try client.send("PATCH", "/api/keys/\(id)", raw: Data(body.utf8))
        #expect(answer.status == 400 && answer.invalidFields.contains(field), "\(answer.text)")
        let row = try client.send("GET", "/api/keys/\(id)").json
        #expect(row["streamContinuation"] as? String == "text" && row["toolCallGuard"] as? String == "off")
    }
}
