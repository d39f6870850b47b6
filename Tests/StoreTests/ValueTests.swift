import Foundation
import JSONCore
import SQLiteStore
import Testing

@testable import Store

struct ValueTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    @Test func `settings are typed, and unknown ones are kept`() async throws {
        #expect(store.configuration.settings.requireLogin)
        #expect(store.configuration.settings.usageTokenBuffer == 0)
        try await store.setSettings([
            "requireLogin": JSONLiteral.bool(false),
            "corsOrigins": JSONLiteral.string("https://a.test, https://b.test"),
            "requestRetry": JSONLiteral.int(7), "maxBodySizeMb": JSONLiteral.string("25"),
            "future": Array("[1.0]".utf8),
            "wildcardAliases": Array(#"[{"pattern":"claude-*","target":"a/b"},{"pattern":1}]"#.utf8),
            "modelAliases": Array(#"{"old":"new"}"#.utf8),
        ])
        let settings = store.configuration.settings
        #expect(!settings.requireLogin && settings.requestRetry == 7 && settings.maxBodySizeMB == 25)
        #expect(settings.corsOrigins == ["https://a.test", "https://b.test"])
        #expect(settings.wildcardAliases.map(\.pattern) == ["claude-*"])
        #expect(settings.deprecatedModels == ["old": "new"])
        #expect(settings.raw["future"]?.bytes == Array("[1.0]".utf8))
        try await store.setSettings(["requireLogin": nil, "requestRetry": JSONLiteral.int(99)])
        #expect(store.configuration.settings.requireLogin)
        #expect(store.configuration.settings.requestRetry == 3)
    }

    @Test func `what is no JSON is refused and nothing is written`() async throws {
        let failure = await #expect(throws: StoreError.self) {
            try await store.setSettings(["a": JSONLiteral.int(1), "b": Array("{".utf8)])
        }
        #expect(failure?.code == .invalid)
        #expect(store.configuration.settings["a"] == nil)
    }

    @Test func `settings that are credentials are encrypted`() async throws {
        try await store.setSettings(["skillsmpApiKey": JSONLiteral.string("settings-canary")])
        try await store.setValues("proxyConfig", ["global": JSONLiteral.string("http://u:proxy-canary@h")])
        try await store.setValues("secrets", ["jwtSecret": JSONLiteral.string("secrets-canary")])
        #expect(store.configuration.settings["skillsmpApiKey"]?.string == "settings-canary")
        #expect(store.configuration.value("proxyConfig", "global")?.string == "http://u:proxy-canary@h")
        #expect(store.configuration.value("secrets", "jwtSecret") == nil)
        #expect(try await store.storedValue("secrets", "jwtSecret")?.root.string == "secrets-canary")
        store.close()
        #expect(try scratch.filesContaining("canary") == [])
        let reopened = try scratch.store()
        #expect(reopened.configuration.settings["skillsmpApiKey"]?.string == "settings-canary")
        reopened.close()
    }

    @Test func `aliases, prices and flags are at hand`() async throws {
        #expect(try await store.setModelAlias("fast", to: "openai/gpt-4o-mini"))
        #expect(store.configuration.modelAliases == ["fast": "openai/gpt-4o-mini"])
        #expect(try await store.setModelAlias("fast", to: nil))
        #expect(try await !store.setModelAlias("fast", to: nil))
        try await store.setValues(
            "pricing",
            ["openai": Array(#"{"gpt-4o":{"input":2.5,"output":10,"cached":1.25},"odd":7}"#.utf8)]
        )
        let price = try #require(store.configuration.pricingOverrides["openai"]?["gpt-4o"])
        #expect(price.input == 2.5 && price.output == 10 && price.cached == 1.25 && price.reasoning == nil)
        #expect(store.configuration.pricingOverrides["openai"]?["odd"] == nil)
        try await store.setFeatureFlag("ALLOW_API_KEY_REVEAL", to: "true")
        #expect(store.configuration.featureFlags == ["ALLOW_API_KEY_REVEAL": "true"])
        try await store.setFeatureFlag("ALLOW_API_KEY_REVEAL", to: nil)
        #expect(store.configuration.featureFlags.isEmpty)
    }
}
