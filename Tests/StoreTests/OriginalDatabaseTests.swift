import CryptoCore
import Foundation
import JSONCore
import LogCore
import SQLiteStore
import Testing
import TimeCore

@testable import Store

/// A file made by the original: other column order, no columns of ours, keys in clear text, two kinds of encryption.
struct OriginalDatabaseTests {
    private let scratch: Scratch
    private let secrets = Secrets(
        jwt: Scratch.secrets.jwt,
        apiKey: Scratch.secrets.apiKey,
        storage: Secret("test-storage-key")
    )

    private static let current =
        "enc:v1:000102030405060708090a0b0c0d0e0f:d85597e0617c25c67c63839fdc26279d8b8588f7:47a5156d58b39aff3656fea2cc102975"
    private static let legacy =
        "enc:v1:000102030405060708090a0b0c0d0e0f:49e2e9cc7b7fd3f98eb0b1e26c7a7bf9f59031d2:2dde541ee1954f23368c9e38aef3fbf3"
    private static let plaintextKey = "sk-0123456789abcdef-a1b2c3-d6d9f451"

    init() throws {
        scratch = try Scratch()
        try scratch.modify { database in
            try database.script(
                """
                CREATE TABLE db_meta(key TEXT PRIMARY KEY, value TEXT);
                INSERT INTO db_meta VALUES ('schema_version', '1');
                CREATE TABLE _omniroute_migrations(version TEXT PRIMARY KEY, name TEXT NOT NULL,
                  applied_at TEXT NOT NULL DEFAULT (datetime('now')));
                INSERT INTO _omniroute_migrations(version, name) VALUES ('001', 'initial'), ('011', 'something');
                CREATE TABLE provider_connections(updated_at TEXT NOT NULL, created_at TEXT NOT NULL, id TEXT PRIMARY KEY,
                  provider TEXT NOT NULL, auth_type TEXT, name TEXT, email TEXT, priority INTEGER DEFAULT 0,
                  is_active INTEGER DEFAULT 1, access_token TEXT, refresh_token TEXT, api_key TEXT, id_token TEXT,
                  provider_specific_data TEXT, expires_at TEXT, "group" TEXT, unknown_column TEXT);
                CREATE TABLE provider_nodes(id TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, prefix TEXT,
                  api_type TEXT, base_url TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
                INSERT INTO provider_nodes VALUES ('openai-compatible-chat-1', 'openai-compatible', 'Mine', 'my', 'chat',
                  'http://localhost:8000/v1', '2026-01-31 12:00:00', '2026-01-31T12:00:00.000Z');
                CREATE TABLE combos(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, data TEXT NOT NULL,
                  created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
                INSERT INTO combos VALUES ('c1', 'mix', '{"models":["openai/gpt-4o"],"strategy":"usage"}', '2026-01-01',
                  '2026-01-01');
                INSERT INTO combos VALUES ('c2', 'broken', 'no json', '2026-01-01', '2026-01-01');
                CREATE TABLE api_keys(id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL UNIQUE, machine_id TEXT,
                  allowed_models TEXT DEFAULT '[]', no_log INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL,
                  key_hash TEXT, scopes TEXT);
                CREATE TABLE key_value(namespace TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (namespace, key));
                INSERT INTO key_value VALUES ('settings', 'requireLogin', 'true'), ('settings', 'odd', 'no json'),
                  ('settings', 'skillsmpApiKey', '"plain-canary"'), ('modelAliases', 'fast', '"openai/x"'),
                  ('feature_flags', 'SOME_FLAG', 'on');
                CREATE TABLE usage_history(id INTEGER PRIMARY KEY, provider TEXT, model TEXT, connection_id TEXT,
                  tokens_input INTEGER DEFAULT 0, tokens_output INTEGER DEFAULT 0, tokens_cache_read INTEGER DEFAULT 0,
                  tokens_cache_creation INTEGER DEFAULT 0, status TEXT, timestamp TEXT NOT NULL);
                INSERT INTO usage_history(provider, model, tokens_input, tokens_output, tokens_cache_read,
                  tokens_cache_creation, timestamp) VALUES ('openai', 'gpt-4o', 10, 5, 3, 2, '2026-01-31T12:00:00.000Z');
                CREATE TABLE webhooks(id TEXT PRIMARY KEY, url TEXT NOT NULL);
                INSERT INTO webhooks VALUES ('w1', 'https://example.test');
                """
            )
            let rows: [(String, String, String)] = [
                ("p1", "api_key", Self.current), ("p2", "access_token", Self.legacy), ("p3", "api_key", "plain-canary"),
            ]
            for (id, column, value) in rows {
                try database.execute(
                    """
                    INSERT INTO provider_connections(id, provider, auth_type, name, priority, created_at, updated_at,
                      unknown_column, provider_specific_data, \(column))
                    VALUES (?1, 'openai', 'apikey', ?1, 0, '2026-01-31 12:00:00', '2026-01-31 12:00:00', 'kept',
                      '{"clientSecret":"data-canary"}', ?2)
                    """,
                    [.text(id), .text(value)]
                )
            }
            try database.execute(
                """
                INSERT INTO api_keys(id, name, key, created_at, key_hash, scopes)
                VALUES ('k1', 'old', ?, '2026-01-01', 'abc', '["manage"]')
                """,
                [.text(Self.plaintextKey)]
            )
        }
    }

    @Test func `its accounts, keys and settings are at hand`() throws {
        let store = try scratch.store(secrets: secrets)
        let configuration = store.configuration
        #expect(configuration.connection("p1")?.apiKey == Secret("sk-ant-example-token"))
        #expect(configuration.connection("p2")?.accessToken == Secret("sk-ant-example-token"))
        #expect(configuration.connection("p3")?.apiKey == Secret("plain-canary"))
        #expect(configuration.connection("p1")?.createdAt.iso8601 == "2026-01-31T12:00:00.000Z")
        #expect(configuration.nodesByPrefix["my"]?.baseURL == "http://localhost:8000/v1")
        #expect(configuration.combosByName["mix"]?.strategy == "least-used")
        #expect(configuration.combosByName["mix"]?.steps.count == 1)
        #expect(configuration.combosByName["broken"]?.steps == [])
        let key = store.key(matching: Self.plaintextKey, in: configuration)
        #expect((key?.name, key?.managesServer, key?.masked) == ("old", true, "sk-01234****f451"))
        #expect(configuration.modelAliases == ["fast": "openai/x"])
        #expect(configuration.featureFlags == ["SOME_FLAG": "on"])
        #expect(configuration.settings["skillsmpApiKey"]?.string == "plain-canary")
        #expect(configuration.settings["odd"] == nil)
        store.close()
    }

    @Test func `nothing secret stays in clear text, except in the copy made before`() throws {
        let store = try scratch.store(secrets: secrets)
        guard case .adopted(let backup) = try #require(store.notices.first) else {
            Issue.record("the operator is told where the copy is")
            return
        }
        store.close()
        let copy = "db_backups/" + URL(filePath: backup).lastPathComponent
        #expect(try scratch.mode(copy) == 0o600)
        for text in ["canary", "d6d9f451", "enc:v1:"] { #expect(try scratch.filesContaining(text) == [copy]) }
        // Later starts change nothing.
        let again = try scratch.store(secrets: secrets)
        #expect(again.notices == [])
        #expect(again.configuration.connection("p1")?.apiKey == Secret("sk-ant-example-token"))
        #expect(again.key(matching: Self.plaintextKey, in: again.configuration)?.id == "k1")
        again.close()
    }

    @Test func `what nobody here knows is kept`() async throws {
        let store = try scratch.store(secrets: secrets)
        try await store.updateConnection("p1") { $0.name = "renamed" }
        let kept = try scratch.inspect {
            try $0.text("SELECT unknown_column FROM provider_connections WHERE id = 'p1'")
        }
        #expect(kept == "kept")
        #expect(try scratch.inspect { try $0.int("SELECT count(*) FROM webhooks") } == 1)
        #expect(try scratch.inspect { try $0.text("SELECT value FROM key_value WHERE key = 'odd'") } == "no json")
        store.close()
    }

    @Test func `usage figures are corrected once and summed`() async throws {
        let store = try scratch.store(secrets: secrets)
        #expect(try scratch.inspect { try $0.int("SELECT tokens_input FROM usage_history") } == 15)
        let summary = try await store.usageSummary()
        #expect((summary.total.requests, summary.total.promptTokens, summary.total.unknownCosts) == (1, 15, 1))
        #expect(try await store.recentUsage().first?.input == 10)
        store.close()
        let again = try scratch.store(secrets: secrets)
        #expect(try scratch.inspect { try $0.int("SELECT tokens_input FROM usage_history") } == 15)
        #expect(
            try await again.schemaVersions() == [
                "001", "011", "012", "omni-0001", "omni-0002", "omni-0003", "omni-0004", "omni-0005",
            ]
        )
        again.close()
    }

    @Test func `figures the original corrected itself are left alone`() throws {
        try scratch.modify {
            try $0.execute("INSERT INTO _omniroute_migrations(version, name) VALUES ('012', 'cache tokens')")
        }
        try scratch.store(secrets: secrets).close()
        #expect(try scratch.inspect { try $0.int("SELECT tokens_input FROM usage_history") } == 10)
    }

    @Test func `a wrong key changes nothing`() throws {
        let before = try Data(contentsOf: URL(filePath: scratch.file("storage.sqlite")))
        let failure = #expect(throws: StoreError.self) { try scratch.store() }
        #expect(failure?.code == .wrongStorageKey)
        try scratch.modify { try $0.truncateLog() }
        let stored = try scratch.inspect { try $0.text("SELECT api_key FROM provider_connections WHERE id = 'p1'") }
        #expect(stored == Self.current)
        #expect(before.count > 0)
        let store = try scratch.store(secrets: secrets)
        #expect(store.configuration.connections.count == 3)
        store.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `death during adoption leaves a file that can be adopted`() async throws {
        let original = try Data(contentsOf: URL(filePath: scratch.file("storage.sqlite")))
        for delay in [2000, 5000, 10_000, 20_000, 40_000, 80_000] {
            let path = scratch.path
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, delay = delay as Int] in
                Thread {
                    usleep(UInt32(delay))
                    kill(getpid(), SIGKILL)
                }.start()
                let secrets = Secrets(
                    jwt: Scratch.secrets.jwt,
                    apiKey: Scratch.secrets.apiKey,
                    storage: Secret("test-storage-key")
                )
                let directory = try DataDirectory.open(path)
                let store = try Store.open(directory, secrets: secrets, time: SystemTime(), log: .silent)
                withExtendedLifetime(store) { _ = sleep(10) }
            }
            let store = try scratch.store(secrets: secrets)
            #expect(store.configuration.connection("p1")?.apiKey == Secret("sk-ant-example-token"))
            #expect(store.key(matching: Self.plaintextKey, in: store.configuration)?.id == "k1")
            #expect(try scratch.inspect { try $0.int("SELECT tokens_input FROM usage_history") } == 15)
            store.close()
            scratch.release()
            for name in ["storage.sqlite", "storage.sqlite-wal", "storage.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: scratch.file(name))
            }
            try original.write(to: URL(filePath: scratch.file("storage.sqlite")))
        }
    }
}
