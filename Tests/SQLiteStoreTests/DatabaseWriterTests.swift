import Foundation
import SQLiteStore
import Synchronization
import Testing

struct DatabaseWriterTests {
    private let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    private func makeDatabase() throws -> sending Database {
        let database = try Database.open(scratch("data.sqlite"), .readWrite)
        try database.script(
            """
            CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY, name TEXT UNIQUE);
            CREATE TABLE IF NOT EXISTS part(item INTEGER NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED);
            """
        )
        return database
    }

    private func names() throws -> [String] {
        let reader = try Database.open(scratch("data.sqlite"), .readOnly)
        return try reader.rows("SELECT name FROM item ORDER BY id") { $0.text("name") ?? "" }
    }

    /// Counts what threads did.
    final class Tally: Sendable {
        private let number = Atomic(0)
        var count: Int { number.load(ordering: .relaxed) }
        @discardableResult func add() -> Int { number.add(1, ordering: .relaxed).newValue }
    }

    /// Counts what the observer hears.
    final class Counter: DatabaseWriter.Observer {
        let commits = Atomic(0)
        let rollbacks = Atomic(0)
        func groupDidCommit() { commits.add(1, ordering: .relaxed) }
        func groupDidRollBack() { rollbacks.add(1, ordering: .relaxed) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `ten thousand concurrent writes share commits and all arrive`() async throws {
        let counter = Counter()
        let writer = try DatabaseWriter(makeDatabase(), observer: counter)
        try await withThrowingTaskGroup(of: Int64.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    try await writer.write { database in
                        try database.execute("INSERT INTO item(name) VALUES (?)", [.text("\(number)")])
                        return database.lastInsertedRow
                    }
                }
            }
            var identifiers: Set<Int64> = []
            for try await identifier in group { identifiers.insert(identifier) }
            #expect(identifiers.count == 10_000)
        }
        let commits = counter.commits.load(ordering: .relaxed)
        #expect(commits < 5000)
        #expect(counter.rollbacks.load(ordering: .relaxed) == 0)
        writer.close()
        #expect(try names().count == 10_000)
    }

    @Test func `a job that throws undoes its own changes only`() async throws {
        struct Stop: Error {}
        let writer = try DatabaseWriter(makeDatabase())
        // The first job holds the writer until the others wait, so that all of them form one group.
        let gate = DispatchSemaphore(value: 0)
        async let first: Void = writer.write { database in
            gate.wait()
            _ = try database.execute("INSERT INTO item(name) VALUES ('first')")
        }
        async let second: Void = writer.write { database in
            _ = try database.execute("INSERT INTO item(name) VALUES ('second')")
            throw Stop()
        }
        async let third: Void = writer.write { database in
            _ = try database.execute("INSERT INTO item(name) VALUES ('third')")
        }
        gate.signal()
        try await first
        do {
            try await second
            Issue.record("the job should have failed")
        } catch {
            #expect(error is Stop)
        }
        try await third
        #expect(try Set(names()) == ["first", "third"])
        writer.close()
    }

    @Test func `a commit that breaks a deferred rule fails its group and nothing else`() async throws {
        let counter = Counter()
        let writer = try DatabaseWriter(makeDatabase(), observer: counter)
        await #expect(throws: SQLiteError.self) {
            try await writer.write { try $0.execute("INSERT INTO part(item) VALUES (77)") }
        }
        #expect(counter.rollbacks.load(ordering: .relaxed) == 1)
        #expect(writer.failure == nil)
        try await writer.write { try $0.execute("INSERT INTO item(name) VALUES ('after')") }
        #expect(try names() == ["after"])
        writer.close()
    }

    @Test func `jobs undone because the disk filled up run again`() async throws {
        let writer = try DatabaseWriter(makeDatabase())
        try await writer.write { try $0.script("PRAGMA max_page_count=16") }
        let gate = DispatchSemaphore(value: 0)
        let started = DispatchSemaphore(value: 0)
        async let small: Void = writer.write { database in
            started.signal()
            gate.wait()
            _ = try database.execute("INSERT INTO item(name) VALUES ('small')")
        }
        await Task.detached { started.wait() }.value
        async let large: Int = writer.write { database in
            try database.execute("INSERT INTO item(name) VALUES (?)", [.text(String(repeating: "x", count: 1 << 20))])
        }
        gate.signal()
        gate.signal()
        do {
            _ = try await large
            Issue.record("the job should have failed")
        } catch {
            #expect((error as? SQLiteError)?.code == .diskFull)
        }
        try await small
        #expect(writer.failure == nil)
        #expect(try names() == ["small"])
        writer.close()
    }

    @Test func `a full device refuses the write and recovers when there is room`() async throws {
        let writer = try DatabaseWriter(makeDatabase())
        try await writer.write { try $0.execute("INSERT INTO item(name) VALUES ('before')") }
        let log = try OpenFile(path: scratch("data.sqlite-wal"))
        try log.replace(by: "/dev/full", O_RDWR)
        let failure = await #expect(throws: SQLiteError.self) {
            try await writer.write { try $0.execute("INSERT INTO item(name) VALUES ('lost')") }
        }
        #expect(failure?.code == .diskFull)
        #expect(writer.failure == nil)
        try log.restore()
        try await writer.write { try $0.execute("INSERT INTO item(name) VALUES ('after')") }
        #expect(try names() == ["before", "after"])
        writer.close()
        #expect(try names() == ["before", "after"])
    }

    @Test func `a device that fails poisons the writer`() async throws {
        let writer = try DatabaseWriter(makeDatabase())
        try await writer.write { try $0.execute("INSERT INTO item(name) VALUES ('before')") }
        let log = try OpenFile(path: scratch("data.sqlite-wal"))
        try log.replace(by: "/dev/null", O_RDONLY)
        await #expect(throws: SQLiteError.self) {
            try await writer.write { try $0.execute("INSERT INTO item(name) VALUES ('lost')") }
        }
        #expect(writer.failure?.code == .inputOutput)
        try log.restore()
        let failure = await #expect(throws: SQLiteError.self) {
            try await writer.write { try $0.execute("INSERT INTO item(name) VALUES ('refused')") }
        }
        #expect(failure?.code == .poisoned)
        writer.close()
        #expect(try names() == ["before"])
    }

    @Test func `the log is moved into the file and cut when it grows`() async throws {
        let writer = try DatabaseWriter(makeDatabase())
        for number in 0..<60 {
            let name = "\(number)" + String(repeating: "x", count: 500_000)
            try await writer.write { try $0.execute("INSERT INTO item(name) VALUES (?)", [.text(name)]) }
        }
        let size = try FileManager.default.attributesOfItem(atPath: scratch("data.sqlite-wal"))[.size] as? Int
        #expect(try #require(size) < 17 << 20)
        writer.close()
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(left == ["data.sqlite"])
        #expect(try names().count == 60)
    }

    @Test func `a closed writer refuses and closing twice is harmless`() async throws {
        let writer = try DatabaseWriter(makeDatabase())
        writer.close()
        writer.close()
        let failure = await #expect(throws: SQLiteError.self) { try await writer.write { _ in } }
        #expect(failure?.code == .unavailable)
        #expect(throws: SQLiteError.self) { try writer.writeAndWait { _ in } }
    }

    @Test func `closing finishes what was accepted`() throws {
        let writer = try DatabaseWriter(makeDatabase())
        let done = Tally()
        let threads = (0..<4).map { thread in
            Thread {
                for number in 0..<50 {
                    let name = "\(thread)-\(number)"
                    _ = try? writer.writeAndWait { try $0.execute("INSERT INTO item(name) VALUES (?)", [.text(name)]) }
                    done.add()
                }
            }
        }
        for thread in threads { thread.start() }
        while done.count < 200 { usleep(1000) }
        writer.close()
        #expect(try names().count == 200)
    }

    @Test func `too many waiting jobs are refused`() async throws {
        var policy = DatabaseWriter.Policy()
        policy.queueLimit = 2
        let writer = try DatabaseWriter(makeDatabase(), policy: policy)
        let gate = DispatchSemaphore(value: 0)
        let started = DispatchSemaphore(value: 0)
        async let blocking: Void = writer.write { _ in
            started.signal()
            gate.wait()
        }
        await Task.detached { started.wait() }.value
        let refused = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do { try await writer.write { _ in } } catch {
                        // The last refusal lets the writer go on, so that the two accepted jobs can finish.
                        if refused.add() == 8 { gate.signal() }
                    }
                }
            }
        }
        #expect(refused.count == 8)
        try await blocking
        writer.close()
    }
}
