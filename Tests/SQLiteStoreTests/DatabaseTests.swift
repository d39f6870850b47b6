import Foundation
import SQLiteStore
import Testing

struct DatabaseTests {
    private let scratch: ScratchDirectory
    private let database: Database

    init() throws {
        scratch = try ScratchDirectory()
        database = try Database.open(scratch("data.sqlite"), .readWrite)
        try database.script("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, size REAL, data BLOB)")
    }

    @Test func `values of every kind come back as they went in`() throws {
        try database.execute(
            "INSERT INTO item(name, size, data) VALUES (?, ?, ?)",
            [.text("nul\0in the middle é 👍"), .real(1.5), .blob([0, 255, 0])]
        )
        try database.execute("INSERT INTO item(name, size, data) VALUES (?, ?, ?)", [.text(""), .null, .blob([])])
        let rows = try database.rows("SELECT * FROM item ORDER BY id") { row in
            (row.int("id"), row.text("name"), row.double("size"), row.blob("data"))
        }
        #expect(rows.count == 2)
        #expect(rows[0] == (1, "nul\0in the middle é 👍", 1.5, [0, 255, 0]))
        #expect(rows[1] == (2, "", nil, []))
        #expect(database.lastInsertedRow == 2)
    }

    @Test func `optional and odd numbers become NULL where they must`() {
        #expect(SQLiteValue(nil as String?) == .null)
        #expect(SQLiteValue(7 as Int?) == .integer(7))
        #expect(SQLiteValue(true as Bool?) == .integer(1))
        #expect(SQLiteValue(Double.infinity) == .null)
        #expect(SQLiteValue(Double.nan) == .null)
        #expect(SQLiteValue(Int64.min) == .integer(.min))
    }

    @Test func `columns of another type convert or read as nil`() throws {
        let sql = "SELECT '12' AS number, 'x' AS word, 3.0 AS float, 'true' AS flag, NULL AS missing, 1e300 AS huge"
        try database.forEach(sql) { row in
            let numbers = ["number", "word", "float", "huge", "missing", "absent"].map { row.int($0) }
            #expect(numbers == [12, nil, 3, nil, nil, nil])
            let texts = ["number", "float", "missing", "absent"].map { row.text($0) }
            #expect(texts == ["12", "3.0", nil, nil])
            let flags = ["flag", "number", "word", "missing"].map { row.bool($0) }
            #expect(flags == [true, true, nil, nil])
            let presence = ["missing", "absent"].map { row.has($0) }
            #expect(presence == [true, false])
            let (word, number) = (row.double("word"), row.value("number"))
            #expect(word == nil && number == .text("12"))
        }
    }

    @Test func `the same statement may run inside itself`() throws {
        for name in ["a", "b", "c"] { try database.execute("INSERT INTO item(name) VALUES (?)", [.text(name)]) }
        var pairs = 0
        try database.forEach("SELECT id FROM item") { _ in
            try database.forEach("SELECT id FROM item") { _ in pairs += 1 }
        }
        #expect(pairs == 9)
    }

    @Test func `a closure that throws leaves the statement usable`() throws {
        struct Stop: Error {}
        try database.execute("INSERT INTO item(name) VALUES ('a')")
        #expect(throws: Stop.self) { try database.forEach("SELECT id FROM item") { _ in throw Stop() } }
        #expect(try database.rows("SELECT id FROM item") { $0.int("id") } == [1])
    }

    @Test func `a cached statement sees columns added later`() throws {
        try database.execute("INSERT INTO item(name) VALUES ('a')")
        #expect(try database.rows("SELECT * FROM item") { $0.has("extra") } == [false])
        try database.script("ALTER TABLE item ADD COLUMN extra TEXT DEFAULT 'new'")
        #expect(try database.rows("SELECT * FROM item") { $0.text("extra") } == ["new"])
        #expect(try database.columns(of: "item") == ["id", "name", "size", "data", "extra"])
        #expect(try database.hasTable("item"))
        #expect(try !database.hasTable("nothing"))
    }

    @Test func `a broken rule is told apart and names no value`() throws {
        try database.execute("INSERT INTO item(name) VALUES ('canary')")
        let failure = #expect(throws: SQLiteError.self) {
            try database.execute("INSERT INTO item(name) VALUES ('canary')")
        }
        #expect(failure?.code == .constraint)
        #expect(failure?.isDuplicate == true)
        #expect(failure?.description.contains("canary") == false)
        let wrong = #expect(throws: SQLiteError.self) { try database.execute("SELEKT") }
        #expect(wrong?.code == .statement)
        #expect(wrong?.isDuplicate == false)
    }

    @Test func `a transaction that throws leaves nothing`() throws {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try database.transaction {
                try database.execute("INSERT INTO item(name) VALUES ('a')")
                throw Stop()
            }
        }
        #expect(try database.int("SELECT count(*) FROM item") == 0)
        try database.transaction {
            try database.execute("INSERT INTO item(name) VALUES ('kept')")
            _ = try? database.savepoint {
                try database.execute("INSERT INTO item(name) VALUES ('lost')")
                throw Stop()
            }
        }
        #expect(try database.rows("SELECT name FROM item") { $0.text("name") } == ["kept"])
    }

    @Test func `a read-only connection cannot write`() throws {
        let reader = try Database.open(scratch("data.sqlite"), .readOnly)
        let failure = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO item(name) VALUES ('x')") }
        #expect(failure?.code == .readOnly)
        #expect(throws: SQLiteError.self) { try reader.execute("SELECT load_extension('x')") }
    }

    @Test func `another writer shows as busy`() throws {
        let other = try Database.open(scratch("data.sqlite"), .readWrite, busyTimeout: 10)
        try database.transaction {
            let failure = #expect(throws: SQLiteError.self) {
                try other.transaction { try other.execute("INSERT INTO item(name) VALUES ('x')") }
            }
            #expect(failure?.code == .busy)
            #expect(failure?.description.contains("another process") == true)
        }
    }

    @Test func `something that is no database is refused and left alone`() throws {
        let path = scratch("other.sqlite")
        let content = Data(repeating: 65, count: 8192)
        try content.write(to: URL(filePath: path))
        let failure = #expect(throws: SQLiteError.self) { try Database.open(path, .readWrite) }
        #expect(failure?.code == .notADatabase)
        #expect(try Data(contentsOf: URL(filePath: path)) == content)
    }

    @Test func `a path that leads nowhere cannot be opened`() throws {
        let file = scratch("file")
        try Data().write(to: URL(filePath: file))
        for path in [file + "/below.sqlite", scratch.path, scratch("missing/data.sqlite")] {
            let failure = #expect(throws: SQLiteError.self) { try Database.open(path, .readWrite) }
            #expect(failure?.code == .cannotOpen)
        }
    }

    @Test func `a symbolic link is not followed`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: scratch("link.sqlite"),
            withDestinationPath: scratch("data.sqlite")
        )
        #expect(throws: SQLiteError.self) { try Database.open(scratch("link.sqlite"), .readWrite) }
    }

    @Test func `damage is found by the checks`() throws {
        let path = scratch("damaged.sqlite")
        do {
            let writer = try Database.open(path, .readWrite)
            try writer.script("CREATE TABLE t(a TEXT, b TEXT); CREATE INDEX i ON t(b)")
            try writer.transaction {
                for number in 0..<2000 {
                    try writer.execute("INSERT INTO t VALUES (?, ?)", [.text("row \(number)"), .text("\(number)")])
                }
            }
            #expect(try writer.quickCheck() == nil)
            #expect(try writer.integrityCheck() == nil)
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        let page = try #require(bytes.count > 3 * 4096 ? 2 * 4096 : nil)
        for offset in page..<page + 4096 { bytes[offset] = 0xA5 }
        try bytes.write(to: URL(filePath: path))
        let reader = try Database.open(path, .readWrite)
        let verdict = Result { try reader.quickCheck() }
        switch verdict {
        case .success(let finding): #expect(finding != nil)
        case .failure(let error): #expect((error as? SQLiteError)?.code == .corrupt)
        }
    }

    @Test func `a backup is a complete database of its own`() throws {
        for number in 0..<100 { try database.execute("INSERT INTO item(name) VALUES (?)", [.text("\(number)")]) }
        try database.backup(to: scratch("copy.sqlite"))
        let copy = try Database.open(scratch("copy.sqlite"), .readWrite)
        #expect(try copy.integrityCheck() == nil)
        #expect(try copy.int("SELECT count(*) FROM item") == 100)
        #expect(throws: SQLiteError.self) { try database.backup(to: scratch("missing/copy.sqlite")) }
    }

    @Test func `migrations run once, in order, each completely or not at all`() throws {
        struct Stop: Error {}
        let first = Migration(version: "001", name: "first") { try $0.script("CREATE TABLE a(x)") }
        let broken = Migration(version: "002", name: "second") {
            try $0.script("CREATE TABLE b(x)")
            throw Stop()
        }
        let repaired = Migration(version: "002", name: "second") { try $0.script("CREATE TABLE b(x)") }
        #expect(throws: Stop.self) { try Migrations([first, broken], table: "applied").run(on: database) }
        #expect(try database.hasTable("a"))
        #expect(try !database.hasTable("b"))
        let all = Migrations([first, repaired], table: "applied")
        #expect(try all.pending(in: database).map(\.version) == ["002"])
        #expect(try all.run(on: database) == 1)
        #expect(try all.run(on: database) == 0)
        #expect(try all.applied(in: database) == ["001", "002"])
    }
}
