import Foundation
import Store
import Testing
import TimeCore

@testable import Management

struct LoginTests {
    @Test func `the password opens a session, and logging out ends it everywhere`() async throws {
        let server = try TestServer()
        let client = server.stranger()
        #expect(try client.send("GET", "/api/auth/status").json["authenticated"] as? Bool == false)
        let login = try client.send("POST", "/api/auth/login", ["password": TestServer.password])
        #expect(login.status == 200 && login.json["success"] as? Bool == true)
        let cookie = try #require(login.header("Set-Cookie"))
        #expect(cookie.hasPrefix("auth_token=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
        #expect(!cookie.contains("Max-Age") && !cookie.contains("Secure"))
        #expect(try client.send("GET", "/api/auth/status").json["authenticated"] as? Bool == true)
        #expect(try client.send("GET", "/api/keys").status == 200)

        let copy = client.with()
        #expect(try client.send("POST", "/api/auth/logout").status == 200)
        #expect(try client.send("GET", "/api/keys").status == 401)
        #expect(try copy.send("GET", "/api/keys").status == 401, "the token itself is void")
        #expect(try await server.auditActions().prefix(2) == ["auth.logout.success", "auth.login.success"])
    }

    @Test func `a session lasts thirty days and is renewed in its last week`() throws {
        let server = try TestServer()
        let client = try server.manager()
        server.time.advance(by: .seconds(22 * 86_400))
        #expect(try client.send("GET", "/api/keys").header("Set-Cookie") == nil)
        server.time.advance(by: .seconds(2 * 86_400))
        #expect(try client.send("GET", "/api/keys").header("Set-Cookie")?.hasPrefix("auth_token=") == true)
        server.time.advance(by: .seconds(29 * 86_400))
        #expect(try client.send("GET", "/api/keys").status == 200)
        server.time.advance(by: .seconds(31 * 86_400))
        #expect(try client.send("GET", "/api/keys").status == 401)
    }

    @Test func `bad bodies are refused before any password is compared`() throws {
        let server = try TestServer()
        let client = server.stranger()
        for body in [[:], ["password": ""], ["password": 7], ["password": String(repeating: "x", count: 201)]]
            as [[String: Any]]
        {
            let answer = try client.send("POST", "/api/auth/login", body)
            #expect(answer.status == 400 && answer.invalidFields == ["password"])
        }
        let broken = try client.send("POST", "/api/auth/login", raw: Data("{".utf8))
        #expect(broken.status == 400 && broken.invalidFields == ["body"])
        let huge = try client.send("POST", "/api/auth/login", ["password": String(repeating: "x", count: 5000)])
        #expect(huge.status == 413)
    }

    @Test func `guessing is slowed down, also for the right password`() async throws {
        let server = try TestServer()
        let client = server.stranger()
        for attempt in 1...4 {
            #expect(try client.send("POST", "/api/auth/login", ["password": "guess \(attempt)"]).status == 401)
        }
        let fifth = try client.send("POST", "/api/auth/login", ["password": "guess 5"])
        #expect(fifth.status == 429)
        let wait = try #require(fifth.header("Retry-After").flatMap { Int($0) })
        #expect(wait > 0)
        let right = try client.send("POST", "/api/auth/login", ["password": TestServer.password])
        #expect(right.status == 429 && right.text == fifth.text)
        server.time.advance(by: .seconds(wait + 1))
        #expect(try client.send("POST", "/api/auth/login", ["password": TestServer.password]).status == 200)
        #expect(try await server.auditActions().contains("auth.login.locked"))
    }

    @Test func `a changed password ends all sessions but the one that changed it`() throws {
        let server = try TestServer()
        let (mine, other) = (try server.manager(), try server.manager())
        let path = "/api/settings/require-login"
        #expect(try mine.send("POST", path, ["password": "another good one"]).error == "Current password required")
        let wrong = try mine.send("POST", path, ["password": "another good one", "currentPassword": "nope nope"])
        #expect(wrong.status == 401)
        let change = ["password": "another good one", "currentPassword": TestServer.password]
        #expect(try mine.send("PUT", path, change).status == 200)
        #expect(try mine.send("GET", "/api/keys").status == 200)
        #expect(try other.send("GET", "/api/keys").status == 401)
        let again = server.stranger()
        #expect(try again.send("POST", "/api/auth/login", ["password": TestServer.password]).status == 401)
        #expect(try again.send("POST", "/api/auth/login", ["password": "another good one"]).status == 200)
    }

    @Test(arguments: ["short", "password123", "12345678", "aaaaaaaaaaaa", "CHANGEME"])
    func `weak passwords are not taken`(_ weak: String) throws {
        let client = try TestServer().manager()
        let body = ["password": weak, "currentPassword": TestServer.password]
        let answer = try client.send("POST", "/api/settings/require-login", body)
        #expect(answer.status == 400 && answer.invalidFields == ["password"])
    }

    @Test(arguments: ["123456", "CHANGEME", "admin123", "seven77"])
    func `a weak initial password only serves to choose another one`(_ weak: String) throws {
        let server = try TestServer(initialPassword: weak)
        let client = server.stranger()
        let login = try client.send("POST", "/api/auth/login", ["password": weak])
        #expect(login.status == 200 && login.json["mustChangePassword"] as? Bool == true)
        #expect(try client.send("GET", "/api/keys").status == 403)
        let path = "/api/settings/require-login"
        #expect(try client.send("POST", path, ["requireLogin": false]).status == 403)
        #expect(try client.send("POST", path, ["password": weak]).status == 400)
        #expect(try client.send("POST", path, ["password": "a much better one"]).status == 200)
        #expect(try client.send("GET", "/api/keys").status == 200)
    }

    @Test func `from elsewhere a weak password opens nothing`() throws {
        let server = try TestServer(initialPassword: "123456")
        let client = server.stranger().with(("X-Forwarded-For", "203.0.113.9"))
        let login = try client.send("POST", "/api/auth/login", ["password": "123456"])
        #expect(login.status == 403 && login.header("Set-Cookie") == nil)
    }

    @Test func `the login can be switched off with the password, and what is dangerous stays protected`() throws {
        let server = try TestServer()
        let manager = try server.manager()
        let path = "/api/settings/require-login"
        #expect(try manager.send("POST", path, ["requireLogin": false]).status == 400)
        let off: [String: Any] = ["requireLogin": false, "currentPassword": TestServer.password]
        #expect(try manager.send("POST", path, off).status == 200)
        let stranger = server.stranger()
        #expect(try stranger.send("GET", path).json["requireLogin"] as? Bool == false)
        #expect(try stranger.send("GET", "/api/providers").status == 200)
        #expect(try stranger.send("POST", "/api/keys", ["name": "x"]).status == 401)
        #expect(try stranger.send("POST", "/api/shutdown").status == 401)
        #expect(try stranger.send("POST", path, ["requireLogin": true]).status == 401)
        let remote = stranger.with(("X-Forwarded-For", "203.0.113.9"))
        #expect(try remote.send("GET", "/api/providers").status == 401)
        #expect(try manager.send("POST", path, ["requireLogin": true]).status == 200)
        #expect(try stranger.send("GET", "/api/providers").status == 401)
    }
}
