import CryptoCore
import Foundation
import LogCore
import SQLiteStore
import Synchronization
import Testing
import TimeCore

@testable import Store

/// A data directory of a test, deleted with its last reference, and ways to open a store in it.
final class Scratch: Sendable {
    let path: String
    let time = ManualTime(wall: Scratch.start)

    static let start = WallTime(milliseconds: 1_780_000_000_000)

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/omniroute-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    var now: WallTime { time.wall() }

    static let secrets = Secrets(
        jwt: Secret(String(repeating: "ab", count: 64)),
        apiKey: Secret(String(repeating: "cd", count: 32)),
        storage: Secret(String(repeating: "0f", count: 32))
    )

    func directory() throws -> DataDirectory { try DataDirectory.open(path) }

    /// The directory all stores of a test share, as one process after another would.
    private let shared = Mutex<DataDirectory?>(nil)

    /// Lets another process have the directory.
    func release() { shared.withLock { $0 = nil } }

    func sharedDirectory() throws -> DataDirectory {
        try shared.withLock { shared in
            let directory = try shared ?? DataDirectory.open(path)
            shared = directory
            return directory
        }
    }

    /// Opens a store; records reach the database only through `flush` and `close`.
    func store(secrets: Secrets = Scratch.secrets, directory: DataDirectory? = nil) throws -> Store {
        var limits = UsageJournal.Limits()
        limits.gathering = .milliseconds(1)
        limits.retry = .milliseconds(20)
        return try Store.open(
            try directory ?? sharedDirectory(),
            secrets: secrets,
            time: time,
            log: .silent,
            limits: limits
        )
    }

    /// The database as a second program would see it.
    func inspect<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try body(try Database.open(file("storage.sqlite"), .readOnly))
    }

    /// The database, writable, while no store has it open.
    func modify(_ body: (Database) throws -> Void) throws {
        try body(try Database.open(file("storage.sqlite"), .readWrite))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: file(name))), as: UTF8.self)
    }

    func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: URL(filePath: file(name))) }

    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: name.isEmpty ? path : file(name))
        return try #require(attributes[.posixPermissions] as? Int)
    }

    /// Names of all files that contain `text`, in the directory and below.
    func filesContaining(_ text: String) throws -> [String] {
        let needle = Data(text.utf8)
        let names = try #require(FileManager.default.enumerator(atPath: path)).compactMap { $0 as? String }
        return names.filter { name in
            (try? Data(contentsOf: URL(filePath: file(name))))?.range(of: needle) != nil
        }
    }

    func connection(_ provider: String, _ name: String, apiKey: String? = "sk-canary-\(UUID())") -> Connection {
        Connection(
            provider: provider,
            name: name,
            apiKey: apiKey.map { Secret($0) },
            createdAt: now,
            updatedAt: now
        )
    }
}

/// Lets no file of this process grow beyond a size, which acts like a disk that fills up; nil lifts the limit.
func limitFileSize(_ bytes: Int?) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: bytes.map { rlim_t($0) } ?? .max, rlim_max: .max)
    setrlimit(__rlimit_resource_t(1), &limit)
}
