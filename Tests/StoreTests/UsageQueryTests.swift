import Foundation
import SQLiteStore
import Testing
import TimeCore

@testable import Store

struct UsageQueryTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func append(
        _ id: String,
        provider: String = "openai",
        model: String = "gpt",
        key: String? = "k1",
        cost: Double? = 0.5,
        status: Int = 200,
        ago seconds: Int = 0,
        error: String? = nil
    ) {
        store.journal.append(
            UsageRecord(
                requestID: id,
                timestamp: scratch.now.advanced(by: .seconds(-seconds)),
                provider: provider,
                model: model,
                connectionID: "c-\(provider)",
                apiKeyID: key,
                apiKeyName: key.map { "name of \($0)" },
                input: 100,
                output: 10,
                costUSD: cost,
                status: status,
                success: status < 400,
                errorSummary: error,
                path: "/v1/chat/completions",
                account: "account of \(provider)"
            )
        )
    }

    @Test func `sums are right for every grouping`() async throws {
        append("1")
        append("2", model: "gpt-mini", cost: nil)
        append("3", provider: "claude", model: "gpt", key: nil, ago: 90)
        append("4", provider: "claude", key: "k2", ago: 3600)
        let summary = try await store.usageSummary()
        #expect(summary.total.requests == 4 && summary.total.promptTokens == 400)
        #expect(summary.total.completionTokens == 40 && summary.total.cost == 1.5 && summary.total.unknownCosts == 1)
        #expect(summary.total.lastUsed == scratch.now)
        #expect(summary.byProvider.mapValues(\.requests) == ["openai": 2, "claude": 2])
        #expect(summary.byModel[.init(provider: "claude", model: "gpt")]?.requests == 2)
        #expect(summary.byModel[.init(provider: "openai", model: "gpt")]?.requests == 1)
        #expect(summary.byAccount[.init(connectionID: "c-openai", provider: "openai")]?.requests == 2)
        #expect(summary.byAPIKey[.init(id: "k1", name: "name of k1")]?.requests == 2)
        #expect(summary.byAPIKey.count == 2)
        #expect(summary.last10Minutes.map(\.requests) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(summary.last10Minutes[9].unknownCosts == 1)
        #expect(try await store.usageSummary(apiKeyID: "k2").total.requests == 1)
        #expect(try await store.usageSummary(since: scratch.now.advanced(by: .seconds(86_400))).total.requests == 0)
    }

    @Test func `an empty history is all zeros`() async throws {
        let summary = try await store.usageSummary()
        #expect(summary.total == .init() && summary.byProvider.isEmpty)
        #expect(summary.last10Minutes.count == 10)
    }

    @Test func `call logs are filtered, paged and found one by one`() async throws {
        append("ok-1", ago: 3)
        append("ok-2", provider: "claude", ago: 2)
        append("bad", status: 502, ago: 1, error: "upstream 100% broken")
        func ids(_ change: (inout CallLogFilter) -> Void) async throws -> [String] {
            var filter = CallLogFilter()
            change(&filter)
            return try await store.callLogs(filter).map(\.id)
        }
        #expect(try await ids { _ in } == ["bad", "ok-2", "ok-1"])
        #expect(try await ids { $0.status = .error } == ["bad"])
        #expect(try await ids { $0.status = .ok } == ["ok-2", "ok-1"])
        #expect(try await ids { $0.status = .code(502) } == ["bad"])
        #expect(try await ids { $0.provider = "CLAU" } == ["ok-2"])
        #expect(try await ids { $0.account = "account of claude" } == ["ok-2"])
        #expect(try await ids { $0.apiKey = "name of" } == ["bad", "ok-2", "ok-1"])
        #expect(try await ids { $0.search = "100%" } == ["bad"])
        #expect(try await ids { $0.search = "%" } == ["bad"])
        #expect(try await ids { $0.model = "_" } == [])
        #expect(
            try await ids { filter in
                filter.limit = 1
                filter.offset = 1
            } == ["ok-2"]
        )
        #expect(
            try await ids { filter in
                filter.limit = -5
                filter.offset = -5
            } == ["bad"]
        )
        let log = try #require(try await store.callLog("bad"))
        #expect((log.status, log.error, log.path) == (502, "upstream 100% broken", "/v1/chat/completions"))
        #expect(try await store.callLog("nothing") == nil)
    }

    @Test func `recent rows come newest first, a page at a time`() async throws {
        for number in 0..<5 { append("\(number)", ago: 10 - number) }
        #expect(try await store.recentUsage(limit: 2, offset: 1).map(\.requestID) == ["3", "2"])
        #expect(try await store.recentUsage(limit: -1).count == 1)
    }

    @Test func `failed calls and times are found through indexes`() throws {
        func plan(_ sql: String) throws -> String {
            try scratch.inspect { try $0.rows("EXPLAIN QUERY PLAN \(sql)") { $0.text("detail") ?? "" } }.joined()
        }
        var filter = CallLogFilter()
        for status in [CallLogFilter.Status.error, .code(502)] {
            filter.status = status
            let condition = filter.condition.sql.replacing("?", with: "502")
            let found = try plan("SELECT * FROM call_logs\(condition) ORDER BY timestamp DESC, id DESC LIMIT 200")
            #expect(found.contains("omni_call_logs_errors"))
        }
        let recent = try plan("SELECT * FROM usage_history ORDER BY timestamp DESC, id DESC LIMIT 200")
        #expect(recent.contains("omni_usage_record"))
        #expect(try plan("DELETE FROM usage_history WHERE timestamp < '2026'").contains("omni_usage_record"))
    }
}
