import CryptoCore
import Foundation
import LogCore
import SQLiteStore
import Testing
import TimeCore

@testable import Store

struct OpeningTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func failure(_ secrets: Secrets = Scratch.secrets) -> StoreError? {
        #expect(throws: StoreError.self) { try scratch.store(secrets: secrets) }
    }

    // MARK: - Trouble

    @Test func `a new database is private and sound`() async throws {
        let store = try scratch.store()
        for name in ["storage.sqlite", "storage.sqlite-wal", "storage.sqlite-shm", "usage.journal", "usage.journal.2"] {
            #expect(try scratch.mode(name) == 0o600)
        }
        #expect(try await store.quickCheck() == nil)
        #expect(
            try await store.schemaVersions() == [
                "012", "omni-0001", "omni-0002", "omni-0003", "omni-0004", "omni-0005",
            ]
        )
        #expect(store.notices.isEmpty && store.failure == nil)
        store.close()
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
        #expect(left == ["omniroute.lock", "storage.sqlite", "usage.journal", "usage.journal.2"])
    }

    @Test func `another storage key is noticed before anything is served`() async throws {
        let store = try scratch.store()
        store.close()
        let other = Secrets(
            jwt: Scratch.secrets.jwt,
            apiKey: Scratch.secrets.apiKey,
            storage: Secret(String(repeating: "1e", count: 32))
        )
        let failure = failure(other)
        #expect(failure?.code == .wrongStorageKey)
        #expect(failure?.description.contains("STORAGE_ENCRYPTION_KEY") == true)
        try scratch.store().close()
    }

    @Test func `what is no database is refused and left alone`() throws {
        try scratch.write(String(repeating: "x", count: 9000), to: "storage.sqlite")
        let failure = failure()
        #expect(failure?.code == .database && failure?.underlying?.code == .notADatabase)
        #expect(try scratch.text("storage.sqlite").count == 9000)
    }

    @Test func `a damaged database is refused with the way out`() async throws {
        let store = try scratch.store()
        for number in 0..<200 {
            _ = try await store.createConnection(scratch.connection("openai", "connection \(number)"))
        }
        store.close()
        let path = scratch.file("storage.sqlite")
        let page = try scratch.inspect {
            try $0.int("SELECT rootpage FROM sqlite_schema WHERE name = 'provider_connections'")
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        let start = (try #require(page) - 1) * 4096
        for index in start..<start + 4096 { bytes[index] = 0x5A }
        try bytes.write(to: URL(filePath: path))
        let failure = failure()
        #expect(failure?.underlying?.code == .corrupt)
        #expect(failure?.description.contains("restore a backup") == true)
    }

    @Test func `a truncated database is refused`() throws {
        try scratch.store().close()
        let path = scratch.file("storage.sqlite")
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: path))
        #expect(failure()?.code == .database)
    }

    @Test(.timeLimit(.minutes(1)))
    func `random damage never traps and is never overwritten`() async throws {
        let store = try scratch.store()
        for number in 0..<20 {
            _ = try await store.createConnection(scratch.connection("openai", "connection \(number)"))
        }
        store.close()
        let path = scratch.file("storage.sqlite")
        let sound = try Data(contentsOf: URL(filePath: path))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<30 {
            var bytes = sound
            for _ in 0..<20 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            try bytes.write(to: URL(filePath: path))
            (try? scratch.store())?.close()
            for name in ["storage.sqlite-wal", "storage.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: scratch.file(name))
            }
        }
        try sound.write(to: URL(filePath: path))
        let again = try scratch.store()
        #expect(again.configuration.connections.count == 20)
        again.close()
    }

    @Test func `a database of a newer version is refused`() throws {
        try scratch.store().close()
        try scratch.modify {
            try $0.execute("INSERT INTO _omniroute_migrations(version, name) VALUES ('omni-9999', 'future')")
        }
        let failure = failure()
        #expect(failure?.code == .newerSchema)
        #expect(failure?.description.contains("omni-9999") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a database locked by another program is explained`() throws {
        try scratch.store().close()
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("CREATE TABLE IF NOT EXISTS held(x)")
            print("ready", flush=True)
            sys.stdin.read()
            """
        let other = Process()
        other.executableURL = URL(filePath: "/usr/bin/env")
        other.arguments = ["python3", "-c", script, scratch.file("storage.sqlite")]
        let (input, output) = (Pipe(), Pipe())
        (other.standardInput, other.standardOutput) = (input, output)
        try other.run()
        #expect(output.fileHandleForReading.availableData.starts(with: Data("ready".utf8)))
        let failure = failure()
        #expect(failure?.underlying?.code == .busy)
        #expect(failure?.description.contains("another process") == true)
        try input.fileHandleForWriting.close()
        other.waitUntilExit()
        try scratch.store().close()
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"), .timeLimit(.minutes(1)))
    func `a database that may not be written is explained`() async throws {
        try scratch.store().close()
        let path = scratch.file("closed")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            atPath: scratch.file("storage.sqlite"),
            toPath: path + "/storage.sqlite"
        )
        chown(path, 65_534, 65_534)
        chmod(path + "/storage.sqlite", 0o444)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            setuid(65_534)
            let directory = try DataDirectory.open(path)
            do {
                _ = try Store.open(directory, secrets: Scratch.secrets, time: SystemTime(), log: .silent)
            } catch let error as StoreError where error.underlying?.code == .readOnly {
                exit(7)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a disk that is full fails changes, keeps the store and recovers`() async throws {
        let path = scratch.path
        await #expect(processExitsWith: .success) {
            [path = path as String] in
            let store = try Store.open(
                try DataDirectory.open(path),
                secrets: Scratch.secrets,
                time: SystemTime(),
                log: .silent
            )
            func connection(_ name: String) -> Connection {
                Connection(provider: "openai", name: name, createdAt: .now(), updatedAt: .now())
            }
            _ = try await store.createConnection(connection("before"))
            let size = try FileManager.default.attributesOfItem(atPath: "\(path)/storage.sqlite-wal")[.size] as? Int
            limitFileSize(size)
            let failure = await #expect(throws: SQLiteError.self) {
                try await store.createConnection(connection("lost"))
            }
            #expect(failure?.code == .diskFull)
            #expect(store.failure == nil)
            #expect(store.configuration.connections.map(\.name) == ["before"])
            limitFileSize(nil)
            _ = try await store.createConnection(connection("after"))
            #expect(store.configuration.connections.map(\.name) == ["before", "after"])
            store.close()
        }
        let store = try scratch.store()
        #expect(store.configuration.connections.map(\.name) == ["before", "after"])
        store.close()
    }

    @Test func `a failed commit leaves the snapshot as it was`() async throws {
        let store = try scratch.store()
        try await store.writer.write {
            try $0.script(
                "CREATE TABLE a(id INTEGER PRIMARY KEY);"
                    + "CREATE TABLE b(a REFERENCES a(id) DEFERRABLE INITIALLY DEFERRED)"
            )
        }
        let connection = scratch.connection("openai", "main")
        await #expect(throws: SQLiteError.self) {
            try await store.perform { mutation in
                try mutation.connections.save(connection)
                try mutation.reloadConnections(of: "openai")
                try mutation.database.execute("INSERT INTO b VALUES (1)")
            }
        }
        #expect(store.configuration.connections.isEmpty)
        _ = try await store.createConnection(scratch.connection("openai", "other"))
        #expect(store.configuration.connections.map(\.name) == ["other"])
        store.close()
    }

    // MARK: - Backups

    @Test(.timeLimit(.minutes(1)))
    func `backups are complete, private and seven at most`() async throws {
        let store = try scratch.store()
        _ = try await store.createConnection(scratch.connection("openai", "main"))
        var last = ""
        for _ in 0..<9 {
            scratch.time.advance(by: .seconds(1))
            last = try await store.backUp(reason: "manual; rm -rf")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("db_backups")).sorted()
        #expect(names.count == 7)
        #expect(last.hasSuffix("/db_backups/\(try #require(names.last))"))
        #expect(try scratch.mode("db_backups") == 0o700)
        #expect(try scratch.mode("db_backups/\(names[0])") == 0o600)
        let copy = try Database.open(last, .readOnly)
        #expect(try copy.int("SELECT count(*) FROM provider_connections") == 1)
        store.close()
    }

    @Test func `a database of an earlier version loses indexes and still counts records once`() async throws {
        try scratch.store().close()
        try scratch.modify {
            try $0.script(
                """
                DROP INDEX omni_usage_record;
                CREATE UNIQUE INDEX omni_usage_request ON usage_history(request_id);
                CREATE INDEX idx_uh_timestamp ON usage_history(timestamp);
                CREATE INDEX idx_call_logs_status ON call_logs(status);
                DELETE FROM _omniroute_migrations WHERE version = 'omni-0003';
                INSERT INTO usage_history(timestamp, request_id) VALUES ('\(Scratch.start.iso8601)', 'r1');
                """
            )
        }
        let store = try scratch.store()
        for id in ["r1", "r2"] {
            store.journal.append(UsageRecord(requestID: id, timestamp: Scratch.start, status: 200, success: true))
        }
        #expect(try await store.recentUsage().map(\.requestID) == ["r2", "r1"])
        store.close()
        let indexes = try scratch.inspect {
            try $0.rows("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'usage_history'") {
                $0.text("name")
            }
        }
        #expect(indexes == ["omni_usage_record"])
    }

    @Test func `old rows are pruned and sums stay`() async throws {
        let store = try scratch.store()
        for id in 0..<5 {
            store.journal.append(
                UsageRecord(requestID: "r\(id)", timestamp: scratch.now, provider: "p", status: 200, success: true)
            )
            scratch.time.advance(by: .seconds(60))
        }
        await store.journal.flush()
        let limit = Scratch.start.advanced(by: .seconds(121))
        #expect(try await store.prune(callLogs: limit, usage: limit, audit: limit) == 6)
        #expect(try await store.recentUsage().map(\.requestID) == ["r4", "r3"])
        #expect(try await store.callLogs().map(\.id) == ["r4", "r3"])
        #expect(try await store.usageSummary().total.requests == 5)
        store.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `once a day there is a backup and old rows go`() async throws {
        let store = try scratch.store()
        let hourly = { (hours: Int) async throws -> String? in
            self.scratch.time.advance(by: .seconds(3600 * hours))
            return try await store.maintain()
        }
        func backups() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: scratch.file("db_backups")).count
        }
        store.journal.append(UsageRecord(requestID: "old", timestamp: scratch.now, status: 200, success: true))
        #expect(try await hourly(0) == nil)
        #expect(try await hourly(1) == nil)
        #expect(try backups() == 1)
        #expect(try await store.recentUsage().count == 1)
        #expect(try await hourly(31 * 24) == nil)
        #expect(try backups() == 2)
        #expect(try await store.recentUsage().isEmpty)
        store.close()
    }
}
