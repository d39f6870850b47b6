import SQLiteStore
import Testing

struct LentRowsTests {
    private let scratch: ScratchDirectory
    private let database: Database

    init() throws {
        scratch = try ScratchDirectory()
        database = try Database.open(scratch("data.sqlite"), .readWrite)
        try database.script("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, size REAL, flag INTEGER)")
    }

    /// Names in one piece of memory; every third is nil.
    private final class Names: LentRows {
        static let table: StaticString = "lent_names"
        static let columns = ["name", "size", "flag"]
        let text: UnsafeRawBufferPointer
        var filled = 0

        init(_ text: UnsafeRawBufferPointer) { self.text = text }

        func fill(_ cells: LentCells, row: Int) {
            filled += 1
            let range = row < 2 ? row * 3..<row * 3 + 3 : 0..<0
            cells.set(0, text: row % 3 == 2 ? nil : UnsafeRawBufferPointer(rebasing: text[range]))
            cells.set(1, row == 1 ? nil : Double(row) / 2)
            cells.set(2, row == 1)
        }
    }

    private let insert = "INSERT INTO item(name, size, flag) SELECT name, size, flag FROM lent_names"

    private func lend<Result>(
        _ range: Range<Int>,
        _ body: () throws -> Result
    ) throws -> (result: Result, filled: Int) {
        try Array("onetwo".utf8).withUnsafeBytes { bytes in
            let names = Names(bytes)
            return (try database.lend(names, range, body), names.filled)
        }
    }

    @Test func `lent rows are read like a table, each asked for once`() throws {
        let (count, filled) = try lend(0..<4) { try database.execute(insert) }
        #expect(count == 4 && filled == 4)
        let rows = try database.rows("SELECT * FROM item ORDER BY id") { row in
            "\(row.text("name") ?? "-") \(row.double("size") ?? -1) \(row.int("flag") ?? -1)"
        }
        #expect(rows == ["one 0.0 0", "two -1.0 1", "- 1.0 0", " 1.5 0"])
    }

    @Test func `a loan covers its range and ends with the closure`() throws {
        #expect(try lend(1..<2) { try database.execute(insert) }.result == 1)
        #expect(try database.text("SELECT name FROM item") == "two")
        #expect(try lend(0..<0) { try database.execute(insert) }.result == 0)
        #expect(try database.int("SELECT count(*) FROM lent_names") == 0)
        struct Stop: Error {}
        #expect(throws: Stop.self) { try lend(0..<2) { throw Stop() } }
        #expect(try database.int("SELECT count(*) FROM lent_names") == 0)
    }

    @Test func `values can be used in conditions, but only one statement reads at a time`() throws {
        let (names, _) = try lend(0..<2) {
            try database.rows("SELECT name FROM lent_names WHERE flag") { $0.text("name") }
        }
        #expect(names == ["two"])
        #expect(throws: SQLiteError.self) {
            try lend(0..<2) { try database.int("SELECT count(*) FROM lent_names a, lent_names b") }
        }
        #expect(try lend(0..<2) { try database.int("SELECT count(*) FROM lent_names") }.result == 2)
    }

    @Test func `a rule that is broken undoes all rows of the statement`() throws {
        _ = try lend(1..<2) { try database.execute(insert) }
        let failure = #expect(throws: SQLiteError.self) { try lend(0..<2) { try database.execute(insert) } }
        #expect(failure?.isDuplicate == true)
        #expect(try database.int("SELECT count(*) FROM item") == 1)
        let tolerant = insert + " WHERE true ON CONFLICT(name) DO NOTHING"
        #expect(try lend(0..<2) { try database.execute(tolerant) }.result == 1)
    }
}
