import CryptoCore
import Foundation
import JSONCore
import SQLiteStore
import Synchronization
import Testing

@testable import Store

struct ConnectionTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func names(_ provider: String) -> [String] {
        (store.configuration.connectionsByProvider[provider] ?? []).map { "\($0.priority) \($0.name ?? "")" }
    }

    @Test func `a connection is visible at once and the same after a restart`() async throws {
        var connection = scratch.connection("openai", "main", apiKey: "sk-secret-canary-1234")
        connection.authType = "oauth"
        connection.email = "a@b.c"
        connection.accessToken = Secret("access-canary")
        connection.refreshToken = Secret("refresh-canary")
        connection.idToken = Secret("id-canary")
        connection.expiresAt = scratch.now
        connection.scope = "x y"
        connection.projectID = "p-1"
        connection.testStatus = "active"
        connection.backoffLevel = 2
        connection.rateLimitedUntil = scratch.now
        connection.group = "team"
        connection.maxConcurrent = 4
        connection.globalPriority = 9
        connection.quotaWindowThresholds = try JSONDocument.parse(text: #"{"5h": 80}"#)
        connection.providerSpecificData = try JSONDocument.parse(
            text: #"{"region": "eu", "clientSecret": "data-canary", "n": 1e2}"#
        )
        let saved = try await store.createConnection(connection)
        #expect(saved.priority == 1)
        #expect(store.configuration.connection(saved.id)?.apiKey == Secret("sk-secret-canary-1234"))
        store.close()
        for canary in ["canary"] { #expect(try scratch.filesContaining(canary) == []) }
        let reopened = try scratch.store()
        let read = try #require(reopened.configuration.connection(saved.id))
        #expect(read.apiKey == connection.apiKey && read.accessToken == connection.accessToken)
        #expect(read.refreshToken == connection.refreshToken && read.idToken == connection.idToken)
        #expect(read.providerSpecificData.bytes == connection.providerSpecificData.bytes)
        #expect(read.quotaWindowThresholds?.bytes == connection.quotaWindowThresholds?.bytes)
        #expect((read.email, read.scope, read.projectID) == ("a@b.c", "x y", "p-1"))
        #expect((read.testStatus, read.backoffLevel, read.group) == ("active", 2, "team"))
        #expect((read.maxConcurrent, read.globalPriority, read.expiresAt) == (4, 9, scratch.now))
        #expect(read.createdAt == scratch.now && !read.hasUnreadableCredential)
        reopened.close()
    }

    @Test func `priorities are numbered without gaps after every change`() async throws {
        var ids: [String] = []
        for name in ["a", "b", "c"] {
            ids.append(try await store.createConnection(scratch.connection("openai", name)).id)
        }
        _ = try await store.createConnection(scratch.connection("claude", "other"))
        #expect(names("openai") == ["1 a", "2 b", "3 c"])
        try await store.updateConnection(ids[0]) { $0.priority = 3 }
        #expect(names("openai") == ["1 b", "2 c", "3 a"])
        try await store.updateConnection(ids[0]) { $0.priority = 1 }
        #expect(names("openai") == ["1 a", "2 b", "3 c"])
        var first = scratch.connection("openai", "first")
        first.priority = 1
        _ = try await store.createConnection(first)
        #expect(names("openai") == ["1 first", "2 a", "3 b", "4 c"])
        try await store.deleteConnection(ids[1])
        #expect(names("openai") == ["1 first", "2 a", "3 c"])
        try await store.updateConnection(ids[2]) { $0.priority = 77 }
        #expect(names("openai") == ["1 first", "2 a", "3 c"])
        #expect(names("claude") == ["1 other"])
        #expect(store.configuration.connections.count == 4)
    }

    @Test func `the same account is refused or overwritten, as asked`() async throws {
        let first = try await store.createConnection(scratch.connection("openai", "main", apiKey: "sk-old"))
        let again = scratch.connection("openai", "main", apiKey: "sk-new")
        let failure = await #expect(throws: StoreError.self) { try await store.createConnection(again) }
        #expect(failure?.code == .duplicate && failure?.existingID == first.id)
        let merged = try await store.createConnection(again, onDuplicate: .overwrite)
        #expect(merged.id == first.id && merged.apiKey == Secret("sk-new"))
        #expect(store.configuration.connections.count == 1)
        // Overwriting encrypts, unlike the original.
        let stored = try scratch.inspect { try $0.text("SELECT api_key FROM provider_connections") }
        #expect(stored?.hasPrefix("enc:v2:") == true)
        _ = try await store.createConnection(scratch.connection("openai", "other"))
        _ = try await store.createConnection(scratch.connection("claude", "main"))
        #expect(store.configuration.connections.count == 3)
    }

    @Test func `OAuth accounts are told apart by e-mail and workspace`() async throws {
        func account(_ email: String?, _ workspace: String) throws -> Connection {
            var connection = scratch.connection("codex", "x", apiKey: nil)
            connection.authType = "oauth"
            connection.email = email
            connection.providerSpecificData = try JSONDocument.parse(text: #"{"workspaceId": "\#(workspace)"}"#)
            return connection
        }
        _ = try await store.createConnection(account("a@b.c", "w1"))
        _ = try await store.createConnection(account("a@b.c", "w2"))
        _ = try await store.createConnection(account(nil, "w1"))
        _ = try await store.createConnection(account(nil, "w1"))
        let failure = await #expect(throws: StoreError.self) {
            try await store.createConnection(account("a@b.c", "w2"))
        }
        #expect(failure?.code == .duplicate)
    }

    @Test func `a change that fails changes nothing`() async throws {
        struct Stop: Error {}
        let connection = try await store.createConnection(scratch.connection("openai", "main"))
        let version = store.configuration.version
        await #expect(throws: Stop.self) {
            try await store.updateConnection(connection.id) { connection in
                connection.name = "changed"
                throw Stop()
            }
        }
        let missing = await #expect(throws: StoreError.self) { try await store.updateConnection("nobody") { _ in } }
        #expect(missing?.code == .notFound)
        let gone = await #expect(throws: StoreError.self) { try await store.deleteConnection("nobody") }
        #expect(gone?.code == .notFound)
        #expect(store.configuration.connection(connection.id)?.name == "main")
        #expect(store.configuration.version == version)
    }

    @Test func `deleting a connection releases what was pinned to it`() async throws {
        let first = try await store.createConnection(scratch.connection("openai", "a"))
        let second = try await store.createConnection(scratch.connection("openai", "b"))
        let steps = [
            ComboStep.model(id: "1", model: "openai/x", connectionID: first.id),
            ComboStep.model(id: "2", model: "openai/x", connectionID: second.id),
        ]
        let combo = Combo(name: "mix", steps: steps, createdAt: scratch.now, updatedAt: scratch.now)
        try await store.saveCombo(combo)
        let deleted = try await store.deleteConnections([first.id, "nobody"])
        #expect(deleted.map(\.id) == [first.id])
        #expect(
            store.configuration.combosByName["mix"]?.steps
                == [
                    .model(id: "1", model: "openai/x"),
                    .model(id: "2", model: "openai/x", connectionID: second.id),
                ]
        )
    }

    @Test func `a credential of another key is reported and survives other changes`() async throws {
        let connection = try await store.createConnection(scratch.connection("openai", "main", apiKey: "sk-1"))
        store.close()
        let foreign = try FieldCipher(secret: Secret("another key"), keyID: "v1").seal(
            Secret("sk-2"),
            at: FieldLocation(table: "provider_connections", column: "api_key", row: connection.id)
        )
        try scratch.modify {
            try $0.execute("UPDATE provider_connections SET api_key = ?", [.text(foreign)])
        }
        let reopened = try scratch.store()
        #expect(reopened.notices == [.unreadableCredentials(count: 1)])
        let read = try #require(reopened.configuration.connection(connection.id))
        #expect(read.hasUnreadableCredential && read.testStatus == "error" && read.apiKey == nil)
        try await reopened.updateConnection(connection.id) { $0.name = "renamed" }
        #expect(try scratch.inspect { try $0.text("SELECT api_key FROM provider_connections") } == foreign)
        try await reopened.updateConnection(connection.id) { $0.apiKey = Secret("sk-3") }
        #expect(reopened.configuration.connection(connection.id)?.hasUnreadableCredential == false)
        reopened.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `many changes at once all count`() async throws {
        let connection = try await store.createConnection(scratch.connection("openai", "main"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<500 {
                group.addTask { [store] in
                    _ = try? await store.updateConnection(connection.id) { $0.backoffLevel += 1 }
                }
            }
        }
        #expect(store.configuration.connection(connection.id)?.backoffLevel == 500)
    }

    @Test func `a request keeps the configuration it took`() async throws {
        let before = store.configuration
        _ = try await store.createConnection(scratch.connection("openai", "main"))
        #expect(before.connections.isEmpty)
        #expect(store.configuration.connections.count == 1)
        #expect(store.configuration.version > before.version)
    }

    @Test(.timeLimit(.minutes(1)))
    func `changes that nobody waits for happen in the order they were given`() async throws {
        let created = try await store.createConnection(scratch.connection("openai", "main"))
        let seen = Mutex<[Int]>([])
        for level in 1...200 {
            store.enqueueConnectionUpdate(created.id) {
                $0.backoffLevel = level
            } completion: { result in
                if let saved = try? result.get() { seen.withLock { $0.append(saved.backoffLevel) } }
            }
        }
        let failure = await withCheckedContinuation { continuation in
            store.enqueueConnectionUpdate("missing") { _ in
            } completion: {
                continuation.resume(returning: $0)
            }
        }
        #expect(throws: StoreError.self) { try failure.get() }
        try await store.updateConnection(created.id) { $0.name = "last" }
        #expect(seen.withLock { $0 } == Array(1...200))
        #expect(store.configuration.connection(created.id)?.backoffLevel == 200)
    }
}
