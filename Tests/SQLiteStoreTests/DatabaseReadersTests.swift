import Foundation
import SQLiteStore
import Testing

struct DatabaseReadersTests {
    private let scratch: ScratchDirectory
    private let path: String

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch("data.sqlite")
    }

    private func makeWriter() throws -> DatabaseWriter {
        let database = try Database.open(path, .readWrite)
        try database.script("CREATE TABLE item(name TEXT)")
        return try DatabaseWriter(database)
    }

    @Test func `readers see what was committed and cannot write`() async throws {
        let writer = try makeWriter()
        let readers = try DatabaseReaders(path: path)
        for number in 0..<20 {
            try await writer.write { try $0.execute("INSERT INTO item VALUES (?)", [.text("\(number)")]) }
            #expect(try await readers.read { try $0.int("SELECT count(*) FROM item") } == number + 1)
        }
        let failure = await #expect(throws: SQLiteError.self) {
            try await readers.read { try $0.execute("DELETE FROM item") }
        }
        #expect(failure?.code == .readOnly)
        readers.close()
        writer.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `an endless query is stopped and the reader lives on`() async throws {
        let writer = try makeWriter()
        let readers = try DatabaseReaders(path: path, count: 1)
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
        let failure = await #expect(throws: SQLiteError.self) {
            try await readers.read(limit: .milliseconds(50)) { try $0.int(endless) }
        }
        #expect(failure?.code == .interrupted)
        #expect(try await readers.read { try $0.int("SELECT 7") } == 7)
        readers.close()
        writer.close()
    }

    @Test func `one read sees one state of the database`() async throws {
        let writer = try makeWriter()
        let readers = try DatabaseReaders(path: path)
        let counts = try await readers.read { database in
            let before = try database.int("SELECT count(*) FROM item")
            try writer.writeAndWait { try $0.execute("INSERT INTO item VALUES ('new')") }
            return try [before, database.int("SELECT count(*) FROM item")]
        }
        #expect(counts == [0, 0])
        #expect(try await readers.read { try $0.int("SELECT count(*) FROM item") } == 1)
        readers.close()
        writer.close()
    }

    @Test func `closed readers refuse, and a missing file cannot be read`() async throws {
        let writer = try makeWriter()
        let readers = try DatabaseReaders(path: path)
        readers.close()
        readers.close()
        let failure = await #expect(throws: SQLiteError.self) { try await readers.read { _ in } }
        #expect(failure?.code == .unavailable)
        #expect(throws: SQLiteError.self) { try DatabaseReaders(path: scratch("missing.sqlite")) }
        writer.close()
    }
}
