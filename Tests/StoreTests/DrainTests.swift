import LogCore
import SQLiteStore
import Testing
import TimeCore

@testable import Store

/// What happens to records between the journal's files and the rows of the database.
struct DrainTests {
    private let scratch: Scratch
    private let database: Database

    init() throws {
        scratch = try Scratch()
        database = try Database.open(scratch.file("storage.sqlite"), .readWrite)
        try SchemaMigrations.all.run(on: database)
    }

    private func record(_ id: String, model: String = "gpt-4o") -> UsageRecord {
        UsageRecord(
            requestID: id,
            timestamp: scratch.now,
            provider: "openai",
            model: model,
            connectionID: "c1",
            apiKeyID: "k1",
            apiKeyName: "laptop",
            input: 10,
            output: 20,
            costUSD: 0.25,
            status: 200,
            success: true,
            path: "/v1/messages",
            account: "main"
        )
    }

    private func rows() throws -> [String] {
        try database.rows("SELECT request_id FROM usage_history ORDER BY request_id") { $0.text("request_id") ?? "" }
    }

    @Test(arguments: ["SELECT raise(ABORT, 'no')", "SELECT abs(new.tokens_output - 20 - 9223372036854775807 - 1)"])
    func `a record the database cannot take is set aside and tried again at the next start`(refusal: String) throws {
        try database.script(
            """
            CREATE TRIGGER refuse BEFORE INSERT ON usage_history WHEN new.model = 'bad'
            BEGIN \(refusal); END
            """
        )
        let directory = try scratch.sharedDirectory()
        do {
            let journal = try UsageJournal(directory: directory, log: .silent)
            for id in 0..<5 { journal.append(record("r\(id)", model: id == 2 ? "bad" : "good")) }
            try journal.drain(into: database)
            #expect(try database.int("SELECT count(*) FROM usage_history") == 4)
            #expect(try database.int("SELECT sum(requests) FROM omni_usage_totals") == 4)
            #expect(journal.backlog == 0 && journal.counters.damaged == 1 && journal.counters.drained == 4)
        }
        // Refused again, nothing else changes.
        try UsageJournal(directory: directory, log: .silent).drain(into: database)
        #expect(try database.int("SELECT count(*) FROM call_logs") == 4)
        try database.script("DROP TRIGGER refuse")
        try UsageJournal(directory: directory, log: .silent).drain(into: database)
        #expect(try rows() == ["r0", "r1", "r2", "r3", "r4"])
        #expect(try database.int("SELECT count(*) FROM call_logs") == 5)
        #expect(try database.int("SELECT sum(requests) FROM omni_usage_totals") == 5)
    }

    @Test func `records the database has already are passed over, whatever comes with them`() throws {
        let journal = try UsageJournal(directory: try scratch.directory(), log: .silent)
        for ids in [0..<600, 300..<900, 899..<900] {
            for id in ids { journal.append(record("r\(id)", model: id % 2 == 0 ? "even" : "odd")) }
            try journal.drain(into: database)
        }
        #expect(try rows().count == 900)
        #expect(try database.int("SELECT sum(requests) FROM omni_usage_totals WHERE model = 'even'") == 450)
        #expect(try database.int("SELECT sum(tokens_output) FROM omni_usage_totals") == 900 * 20)
        #expect(try database.int("SELECT count(*) FROM omni_usage_totals") == 2)
    }

    @Test func `a file of many pieces is read to its end`() throws {
        var limits = UsageJournal.Limits()
        limits.batch = 1000
        let journal = try UsageJournal(directory: try scratch.directory(), limits: limits, log: .silent)
        for id in 0..<20_000 { journal.append(record("r\(id)")) }
        #expect(journal.backlog > 2 << 20)
        try journal.drain(into: database)
        #expect(try rows().count == 20_000)
        #expect(journal.counters.damaged == 0 && journal.backlog == 0)
    }

    @Test func `texts with odd bytes and figures without a value reach the rows`() throws {
        let journal = try UsageJournal(directory: try scratch.directory(), log: .silent)
        journal.append(
            UsageRecord(
                requestID: "r",
                timestamp: scratch.now,
                model: "a'\u{1F600}",
                status: 0,
                success: false,
                account: ""
            )
        )
        try journal.drain(into: database)
        let log = try database.first("SELECT * FROM call_logs") { CallLog(row: $0) }
        #expect((log?.model, log?.account, log?.provider) == ("a'\u{1F600}", "", nil))
        #expect((log?.tokensIn, log?.costUSD, log?.status, log?.timestamp) == (nil, nil, 0, scratch.now))
        let texts = "SELECT typeof(status) || status || service_tier FROM usage_history"
        #expect(try database.text(texts) == "text0standard")
    }
}
