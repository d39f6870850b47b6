import CryptoCore
import Foundation
import SQLiteStore
import Testing
import TimeCore

@testable import Store

struct KeyTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    @Test func `a key is shown once, found by digest and stored nowhere`() async throws {
        let (key, plaintext) = try await store.createKey(APIKeyDraft(name: "laptop", scopes: ["manage"]))
        let parts = plaintext.split(separator: "-")
        #expect(parts.map(\.count) == [2, 16, 6, 32])
        #expect(key.masked == "\(plaintext.prefix(8))****\(plaintext.suffix(4))")
        #expect(key.managesServer)
        let found = store.key(matching: plaintext, in: store.configuration)
        #expect(found?.id == key.id && found?.name == "laptop" && found?.scopes == ["manage"])
        #expect(store.key(matching: plaintext + "x", in: store.configuration) == nil)
        #expect(store.key(matching: "", in: store.configuration) == nil)
        #expect(store.key(matching: String(repeating: "x", count: 100_000), in: store.configuration) == nil)
        #expect(try await store.revealKey(key.id) == nil)
        store.close()
        #expect(try scratch.filesContaining(String(parts[3])) == [])
        let reopened = try scratch.store()
        #expect(reopened.key(matching: plaintext, in: reopened.configuration)?.id == key.id)
        reopened.close()
    }

    @Test func `a revealable key is kept encrypted`() async throws {
        let (key, plaintext) = try await store.createKey(APIKeyDraft(name: "x", isRevealable: true))
        #expect(try await store.revealKey(key.id) == Secret(plaintext))
        #expect(store.configuration.key(key.id)?.isRevealable == true)
        let (_, renewed) = try await store.regenerateKey(key.id)
        #expect(try await store.revealKey(key.id) == nil)
        #expect(renewed != plaintext)
        await #expect(throws: StoreError.self) { try await store.revealKey("nobody") }
        store.close()
        #expect(try scratch.filesContaining(String(plaintext.suffix(32))) == [])
    }

    @Test func `a new value makes the old one void at once`() async throws {
        let (key, old) = try await store.createKey(APIKeyDraft(name: "x"))
        let (_, new) = try await store.regenerateKey(key.id)
        #expect(store.key(matching: old, in: store.configuration) == nil)
        #expect(store.key(matching: new, in: store.configuration)?.id == key.id)
    }

    @Test func `every property of a key is kept`() async throws {
        let (key, plaintext) = try await store.createKey(APIKeyDraft(name: "x"))
        let expiry = scratch.now.advanced(by: .seconds(60))
        try await store.updateKey(key.id) { key in
            key.name = "renamed"
            (key.allowedModels, key.allowedConnections) = (["openai/*"], ["c1"])
            (key.noLog, key.autoResolve, key.isActive, key.isBanned) = (true, true, false, true)
            (key.scopes, key.ipAllowlist) = (["read:health"], ["10.0.0.0/8"])
            key.accessSchedule = AccessSchedule(
                enabled: true,
                from: "22:00",
                until: "06:00",
                days: [1, 2],
                zone: "Europe/Berlin"
            )
            key.rateLimits = [RateLimit(limit: 5, window: 60)]
            (key.maxRequestsPerDay, key.maxRequestsPerMinute, key.maxSessions) = (100, 10, 3)
            key.expiresAt = expiry
            key.digest = nil
        }
        store.close()
        let reopened = try scratch.store()
        let read = try #require(reopened.key(matching: plaintext, in: reopened.configuration))
        #expect((read.name, read.allowedModels, read.allowedConnections) == ("renamed", ["openai/*"], ["c1"]))
        #expect((read.noLog, read.autoResolve, read.isActive, read.isBanned) == (true, true, false, true))
        #expect(read.ipAllowlist == ["10.0.0.0/8"] && read.scopes == ["read:health"])
        #expect(read.accessSchedule?.zone == "Europe/Berlin" && read.accessSchedule?.days == [1, 2])
        #expect(read.rateLimits == [RateLimit(limit: 5, window: 60)])
        #expect((read.maxRequestsPerDay, read.maxRequestsPerMinute, read.maxSessions) == (100, 10, 3))
        #expect(read.expiresAt == expiry)
        reopened.close()
    }

    @Test func `a key is usable unless something speaks against it`() {
        let now = scratch.now
        var key = APIKey(name: "x", digest: nil, createdAt: now)
        #expect(key.isUsable(at: now))
        key.expiresAt = now
        #expect(!key.isUsable(at: now))
        key.expiresAt = now.advanced(by: .seconds(1))
        #expect(key.isUsable(at: now))
        key.isBanned = true
        #expect(!key.isUsable(at: now))
        (key.isBanned, key.revokedAt) = (false, now)
        #expect(!key.isUsable(at: now))
    }

    @Test func `a deleted key is gone`() async throws {
        let (key, plaintext) = try await store.createKey(APIKeyDraft(name: "x"))
        try await store.deleteKey(key.id)
        #expect(store.key(matching: plaintext, in: store.configuration) == nil)
        await #expect(throws: StoreError.self) { try await store.deleteKey(key.id) }
        await #expect(throws: StoreError.self) { try await store.updateKey(key.id) { _ in } }
        await #expect(throws: StoreError.self) { try await store.regenerateKey(key.id) }
    }

    @Test func `another API_KEY_SECRET is noticed`() async throws {
        let (_, plaintext) = try await store.createKey(APIKeyDraft(name: "x"))
        store.close()
        let other = Secrets(
            jwt: Scratch.secrets.jwt,
            apiKey: Secret("something else"),
            storage: Scratch.secrets.storage
        )
        let reopened = try scratch.store(secrets: other)
        #expect(reopened.notices == [.apiKeySecretChanged])
        #expect(reopened.key(matching: plaintext, in: reopened.configuration) == nil)
        reopened.close()
    }

    @Test func `looking a key up is cheap`() async throws {
        let (_, plaintext) = try await store.createKey(APIKeyDraft(name: "x"))
        let configuration = store.configuration
        let elapsed = ContinuousClock().measure {
            for _ in 0..<1000 { _ = store.key(matching: plaintext, in: configuration) }
        }
        // A few microseconds even without optimisation; the bound only catches accidents.
        #expect(elapsed < .milliseconds(200))
    }
}
