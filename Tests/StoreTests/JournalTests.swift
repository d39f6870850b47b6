import Foundation
import LogCore
import SQLiteStore
import Synchronization
import Testing
import TimeCore

@testable import Store

struct JournalTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func record(_ id: String, model: String = "gpt-4o") -> UsageRecord {
        UsageRecord(
            requestID: id,
            timestamp: scratch.now,
            provider: "openai",
            model: model,
            requestedModel: "openai/gpt-4o",
            connectionID: "c1",
            apiKeyID: "k1",
            apiKeyName: "laptop",
            input: 10,
            output: 20,
            cacheRead: 3,
            cacheWrite: 1,
            reasoning: 5,
            costUSD: 0.25,
            serviceTier: "default",
            status: 200,
            success: true,
            latencyMs: 1234,
            ttftMs: 56,
            errorCode: nil,
            comboName: "mix",
            comboStepID: "s1",
            sourceFormat: "anthropic",
            targetFormat: "chat",
            stream: true,
            path: "/v1/messages",
            account: "main",
            requestType: "chat"
        )
    }

    private func frames(_ records: [UsageRecord]) -> [UInt8] {
        var bytes: [UInt8] = []
        for record in records { record.withFrame { bytes.append(contentsOf: $0) } }
        return bytes
    }

    private func decoded(_ bytes: [UInt8]) -> [UsageRecord] {
        JournalFrame.scan(bytes, isEnd: true).payloads.compactMap { UsageRecord(payload: bytes[$0]) }
    }

    private func rows() throws -> [String] {
        try scratch.inspect { database in
            try database.rows("SELECT request_id FROM usage_history ORDER BY request_id") {
                $0.text("request_id") ?? ""
            }
        }
    }

    // MARK: - The format

    @Test func `a record comes back as it was`() {
        let full = record("r1")
        let bare = UsageRecord(
            requestID: "",
            timestamp: WallTime(milliseconds: 0),
            estimated: true,
            status: 0,
            success: false,
            isLogged: false,
            isCounted: false
        )
        var extreme = record("r2")
        (extreme.input, extreme.ttftMs, extreme.costUSD) = (1 << 40, .max - 1, 1e-12)
        #expect(decoded(frames([full, bare, extreme])) == [full, bare, extreme])
    }

    @Test func `long texts are cut and nonsense figures made sane`() throws {
        var odd = record("r1", model: String(repeating: "é", count: 5000))
        (odd.input, odd.output, odd.cacheRead, odd.costUSD) = (-5, .max, .min, .infinity)
        let read = try #require(decoded(frames([odd])).first)
        #expect(read.model?.utf8.count == 1024)
        #expect((read.input, read.output, read.cacheRead, read.costUSD) == (0, 1 << 40, 0, nil))
        #expect(odd.promptTokens == 1)
        // The cut does not go through a character.
        odd.model = "a" + String(repeating: "é", count: 5000)
        #expect(try #require(decoded(frames([odd])).first).model == "a" + String(repeating: "é", count: 511))
        // Longest texts everywhere.
        let long = String(repeating: "x", count: 3000)
        (odd.requestID, odd.provider, odd.requestedModel, odd.connectionID) = (long, long, long, long)
        (odd.apiKeyID, odd.apiKeyName, odd.serviceTier, odd.errorCode) = (long, long, long, long)
        (odd.errorSummary, odd.comboName, odd.comboStepID, odd.sourceFormat) = (long, long, long, long)
        (odd.targetFormat, odd.method, odd.path, odd.account) = (long, long, long, long)
        (odd.cacheSource, odd.requestType) = (long, long)
        #expect(try #require(decoded(frames([odd])).first).requestType == String(long.prefix(1024)))
    }

    @Test func `whatever is torn off the end, the whole records before it are read`() {
        let bytes = frames([record("r1"), record("r2"), record("r3")])
        let length = frames([record("r1")]).count
        for count in 0...bytes.count {
            let read = decoded(Array(bytes[..<count]))
            #expect(read.map(\.requestID) == ["r1", "r2", "r3"].prefix(count / length).map { $0 })
        }
    }

    @Test func `a damaged record hides no other`() {
        let bytes = frames([record("r1"), record("r2"), record("r3")])
        let length = frames([record("r1")]).count
        for index in length..<2 * length {
            var damaged = bytes
            damaged[index] ^= 0x55
            let scan = JournalFrame.scan(damaged, isEnd: true)
            let read = scan.payloads.compactMap { UsageRecord(payload: damaged[$0]) }
            #expect(read.map(\.requestID) == ["r1", "r3"])
            #expect(scan.damages >= 1)
        }
        // A record torn in the middle of the file, as after a full disk and a crash.
        for count in 1..<length {
            let torn = bytes[..<length] + bytes[length..<length + count] + bytes[(2 * length)...]
            #expect(decoded(Array(torn)).map(\.requestID) == ["r1", "r3"])
        }
    }

    @Test func `a client cannot smuggle in a record inside a name`() {
        let forged = String(decoding: frames([record("forged")]), as: UTF8.self)
        let bytes = frames([record("r1", model: forged), record("r2")])
        #expect(decoded(bytes).map(\.requestID) == ["r1", "r2"])
        #expect(decoded(Array(bytes.dropFirst(3))).map(\.requestID) == ["r2"])
    }

    @Test func `random bytes are survived`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let bytes = (0..<500).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(decoded(bytes).isEmpty)
            _ = UsageRecord(payload: [1] + bytes[...])
        }
    }

    // MARK: - Into the database

    @Test(.timeLimit(.minutes(1)))
    func `records reach usage history, call logs, sums and last uses`() async throws {
        let store = try scratch.store()
        let connection = try await store.createConnection(scratch.connection("openai", "main"))
        let (key, _) = try await store.createKey(APIKeyDraft(name: "laptop"))
        var first = record("r1")
        (first.connectionID, first.apiKeyID) = (connection.id, key.id)
        var hidden = record("r2")
        (hidden.isLogged, hidden.costUSD) = (false, nil)
        var probe = record("r3")
        probe.isCounted = false
        for record in [first, hidden, probe, first] { #expect(store.journal.append(record) == .written) }
        let usage = try await store.recentUsage()
        #expect(usage.map(\.requestID) == ["r2", "r1"])
        let read = try #require(usage.last)
        #expect((read.input, read.cacheRead, read.cacheWrite, read.output, read.reasoning) == (10, 3, 1, 20, 5))
        #expect((read.costUSD, read.stream, read.comboName, read.targetFormat) == (0.25, true, "mix", "chat"))
        let logs = try await store.callLogs()
        #expect(Set(logs.map(\.id)) == ["r1", "r3"])
        #expect(logs.first { $0.id == "r1" }?.tokensIn == 14)
        let summary = try await store.usageSummary()
        #expect((summary.total.requests, summary.total.promptTokens, summary.total.unknownCosts) == (2, 28, 1))
        #expect(summary.total.cost == 0.25)
        #expect(try await store.lastUse().keys[key.id] == scratch.now)
        #expect(try await store.lastUse().connections[connection.id] == scratch.now)
        #expect(store.journal.backlog == 0)
        #expect(store.journal.counters.drained == 4)
        store.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `many threads append and every record arrives once`() async throws {
        let store = try scratch.store()
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask { [self] in
                    for number in 0..<500 { store.journal.append(record("\(thread)-\(number)")) }
                }
            }
        }
        await store.journal.flush()
        #expect(try rows().count == 4000)
        #expect(store.journal.counters.written == 4000)
        store.close()
        #expect(try FileManager.default.attributesOfItem(atPath: scratch.file("usage.journal"))[.size] as? Int == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func `closing drains, and later records wait for the next start`() async throws {
        let store = try scratch.store()
        store.journal.append(record("before"))
        store.close()
        #expect(try rows() == ["before"])
        #expect(store.journal.append(record("after")) == .written)
        await store.journal.flush()
        let reopened = try scratch.store()
        #expect(reopened.notices == [.recoveredUsage(count: 1)])
        #expect(try rows() == ["after", "before"])
        reopened.close()
    }

    // MARK: - Death

    private struct Death: Error {}

    /// Appends records and lets the program die at the given step of draining them.
    private func die(at fatal: UsageJournal.Step, occurrence: Int, _ records: [UsageRecord]) throws {
        let database = try Database.open(scratch.file("storage.sqlite"), .readWrite)
        try SchemaMigrations.all.run(on: database)
        nonisolated(unsafe) let handedOver = database
        let writer = try DatabaseWriter(handedOver)
        defer { writer.close() }
        var limits = UsageJournal.Limits()
        limits.batch = 256
        let journal = try UsageJournal(directory: try scratch.sharedDirectory(), limits: limits, log: .silent)
        for record in records.prefix(records.count / 2) { journal.append(record) }
        var left = occurrence
        func dying(_ step: UsageJournal.Step) throws {
            guard step == fatal else { return }
            left -= 1
            if left == 0 {
                // Another thread was appending when the program died.
                for record in records.suffix(records.count - records.count / 2) { journal.append(record) }
                throw Death()
            }
        }
        #expect(throws: Death.self) { try journal.drain(into: writer, dying: dying) }
    }

    @Test(arguments: UsageJournal.Step.allCases)
    func `death at any step loses and duplicates nothing`(step: UsageJournal.Step) throws {
        let records = (0..<1000).map { record("r\(1000 + $0)") }
        let occurrences = step == .batchCommitted ? [1, 2] : [1]
        for occurrence in occurrences {
            try die(at: step, occurrence: occurrence, records)
            // It happens again during the recovery.
            try? die(at: step, occurrence: 1, [])
            let store = try scratch.store()
            #expect(try rows() == records.map(\.requestID))
            let total = try scratch.inspect { try $0.int("SELECT sum(requests) FROM omni_usage_totals") }
            #expect(total == 1000)
            store.close()
            for name in ["storage.sqlite", "storage.sqlite-wal", "storage.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: scratch.file(name))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: 0..<4)
    func `kill -9 loses no record that was accepted`(round: Int) async throws {
        let path = scratch.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, round = round as Int] in
            var limits = UsageJournal.Limits()
            limits.gathering = .milliseconds(1)
            let store = try Store.open(
                try DataDirectory.open(path),
                secrets: Scratch.secrets,
                time: SystemTime(),
                log: .silent,
                limits: limits
            )
            // Accepted records are noted outside, as a client would that saw its answer end.
            let ledger = open("\(path)/ledger", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            let appended = Tally()
            for thread in 0..<3 {
                Thread {
                    for number in 0..<1_000_000 {
                        let id = "\(thread)-\(number)"
                        let record = UsageRecord(requestID: id, timestamp: .now(), status: 200, success: true)
                        guard store.journal.append(record) == .written else { return }
                        let line = Array("\(id)\n".utf8)
                        write(ledger, line, line.count)
                        appended.add()
                    }
                }.start()
            }
            // Die in the middle of it, at another place every time.
            while appended.count < 700 * (round + 1) { usleep(100) }
            kill(getpid(), SIGKILL)
        }
        let promised = try scratch.text("ledger").split(separator: "\n").map(String.init)
        #expect(promised.count >= 700 * (round + 1))
        let store = try scratch.store()
        let stored = try rows()
        #expect(Set(stored).isSuperset(of: promised))
        #expect(Set(stored).count == stored.count)
        #expect(try await store.quickCheck() == nil)
        let total = try scratch.inspect { try $0.int("SELECT sum(requests) FROM omni_usage_totals") }
        #expect(total == stored.count)
        store.close()
    }

    // MARK: - Trouble

    @Test(.timeLimit(.minutes(1)))
    func `a full disk buffers records, and they are written when there is room`() async throws {
        let path = scratch.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let directory = try DataDirectory.open(path)
            var limits = UsageJournal.Limits()
            limits.memoryBytes = 4096
            let journal = try UsageJournal(directory: directory, limits: limits, log: .silent)
            func append(_ id: Int) -> UsageJournal.Outcome {
                journal.append(
                    UsageRecord(
                        requestID: "r\(id)",
                        timestamp: .now(),
                        model: String(repeating: "m", count: 200),
                        status: 200,
                        success: true
                    )
                )
            }
            // A limit on the size of files acts like a disk that fills up in the middle of a record.
            limitFileSize(1000)
            let outcomes = (0..<40).map { append($0) }
            #expect(outcomes.first == .written && outcomes.contains(.buffered) && outcomes.last == .dropped)
            let size = try FileManager.default.attributesOfItem(atPath: "\(path)/usage.journal")[.size] as? Int
            #expect(size.map { $0 <= 1000 } == true)
            limitFileSize(nil)
            let database = try Database.open("\(path)/storage.sqlite", .readWrite)
            try SchemaMigrations.all.run(on: database)
            try journal.drain(into: database)
            let kept = outcomes.count { $0 != .dropped }
            #expect(try database.int("SELECT count(*) FROM usage_history") == kept)
            #expect(journal.counters.damaged == 0)
            #expect(journal.counters.dropped == 40 - kept)
            #expect(append(50) == .written)
        }
    }

    @Test func `a journal says that it is full while there is still room for what is under way`() throws {
        var limits = UsageJournal.Limits()
        (limits.fileBytes, limits.memoryBytes) = (2500, 4096)
        let journal = try UsageJournal(directory: try scratch.directory(), limits: limits, log: .silent)
        var appended = 0
        while !journal.isFull, appended < 200 {
            #expect(journal.append(record("r\(appended)")) != .dropped)
            appended += 1
        }
        #expect(journal.isFull && journal.counters.buffered > 0)
        #expect(journal.append(record("under way")) == .buffered)

        let database = try Database.open(scratch.file("storage.sqlite"), .readWrite)
        try SchemaMigrations.all.run(on: database)
        // The first pass empties the files, the second brings in what was in memory.
        try journal.drain(into: database)
        try journal.drain(into: database)
        #expect(!journal.isFull)
    }

    @Test func `a file that reaches its limit goes on in memory`() throws {
        var limits = UsageJournal.Limits()
        (limits.fileBytes, limits.memoryBytes) = (600, 600)
        let journal = try UsageJournal(directory: try scratch.directory(), limits: limits, log: .silent)
        let outcomes = (0..<8).map { journal.append(record("r\($0)")) }
        #expect(outcomes.first == .written)
        #expect(outcomes.contains(.buffered))
        #expect(outcomes.last == .dropped)
        #expect(journal.counters.dropped > 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func `while the database refuses, records wait in the file`() async throws {
        let store = try scratch.store()
        let blocker = try Database.open(scratch.file("storage.sqlite"), .readWrite)
        try store.writer.writeAndWait { try $0.script("PRAGMA busy_timeout=1") }
        try blocker.execute("BEGIN IMMEDIATE")
        store.journal.append(record("r1"))
        await store.journal.flush()
        #expect(store.journal.backlog > 0)
        #expect(try rows() == [])
        try blocker.execute("ROLLBACK")
        // The drain thread tries again by itself.
        while store.journal.backlog > 0 { await store.journal.flush() }
        #expect(try rows() == ["r1"])
        store.close()
    }

    @Test func `appending is cheap`() throws {
        let journal = try UsageJournal(directory: try scratch.directory(), log: .silent)
        let record = record(UUID().uuidString)
        let elapsed = ContinuousClock().measure {
            for _ in 0..<1000 { journal.append(record) }
        }
        // Without optimisation; the bound only catches accidents.
        #expect(elapsed < .seconds(1))
    }
}

/// Counts what threads did.
final class Tally: Sendable {
    private let number = Atomic(0)
    var count: Int { number.load(ordering: .relaxed) }
    func add() { number.add(1, ordering: .relaxed) }
}
