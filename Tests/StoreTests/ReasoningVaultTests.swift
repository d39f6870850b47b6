import CryptoCore
import SQLiteStore
import Testing
import TimeCore

@testable import Store

@Suite struct ReasoningVaultTests {
    private let scratch = try? Scratch()
    private static let day = Duration.seconds(86_400)

    private func key(_ number: Int) -> Digest { SHA256.hash(Array("key \(number)".utf8)) }
    private func value(_ number: Int) -> [UInt8] { Array("value \(number) canary".utf8) }

    private func store() throws -> Store { try #require(scratch).store() }

    /// A second vault over the database of a store, with limits of its own.
    private func vault(_ store: Store, _ change: (inout ReasoningVault.Limits) -> Void) -> ReasoningVault {
        var limits = ReasoningVault.Limits()
        change(&limits)
        return ReasoningVault(writer: store.writer, readers: store.readers, context: store.context, limits: limits)
    }

    private func rows(_ store: Store) async throws -> Int {
        try await store.query { try $0.int("SELECT count(*) FROM omni_reasoning") ?? 0 }
    }

    @Test func `a value is found under each of its keys until its time is over`() throws {
        let store = try store()
        let vault = store.reasoning
        #expect(vault.isEmpty && vault.value(for: key(1)) == nil)
        vault.keep(value(1), for: [key(1), key(2)], lifetime: .seconds(60), persists: false)
        #expect(vault.value(for: key(1)) == value(1) && vault.value(for: key(2)) == value(1))
        vault.keep(value(2), for: [key(2)], lifetime: .seconds(60), persists: false)
        // The turn that was known by both keys is another one now.
        #expect(vault.value(for: key(2)) == value(2) && vault.value(for: key(1)) == nil)
        #expect(vault.figures.entries == 1 && vault.figures.bytes == value(2).count)
        try #require(scratch).time.advance(by: .seconds(60))
        #expect(vault.value(for: key(2)) == nil && vault.isEmpty && vault.figures.bytes == 0)
        store.close()
    }

    @Test func `the values used longest ago give way`() throws {
        let store = try store()
        let vault = vault(store) { $0.entries = 10 }
        for number in 0..<10 { vault.keep(value(number), for: [key(number)], lifetime: Self.day, persists: false) }
        #expect(vault.value(for: key(0)) != nil)
        vault.keep(value(10), for: [key(10)], lifetime: Self.day, persists: false)
        #expect(vault.value(for: key(0)) != nil && vault.value(for: key(1)) == nil && vault.figures.entries == 10)
        for _ in 0..<1_000 { #expect(vault.value(for: key(0)) != nil) }
        for number in 20..<500 { vault.keep(value(number), for: [key(number)], lifetime: Self.day, persists: false) }
        #expect(vault.figures.entries == 10 && vault.value(for: key(0)) == nil && vault.value(for: key(499)) != nil)
        store.close()
    }

    @Test func `bytes are limited, of one value and of all`() throws {
        let store = try store()
        let vault = vault(store) { ($0.entryBytes, $0.totalBytes) = (100, 1_000) }
        vault.keep([UInt8](repeating: 1, count: 101), for: [key(0)], lifetime: Self.day, persists: false)
        #expect(vault.isEmpty)
        for number in 0..<20 {
            vault.keep([UInt8](repeating: 1, count: 100), for: [key(number)], lifetime: Self.day, persists: false)
        }
        #expect(vault.figures.bytes == 1_000 && vault.figures.entries == 10)
        #expect(vault.value(for: key(9)) == nil && vault.value(for: key(10)) != nil)
        store.close()
    }

    @Test func `what persists is there after a restart, encrypted`() async throws {
        let scratch = try #require(scratch)
        var store = try store()
        for number in 0..<50 {
            store.reasoning.keep(
                value(number),
                for: [key(2 * number), key(2 * number + 1)],
                lifetime: number == 7 ? .seconds(60) : Self.day,
                persists: number != 8
            )
        }
        store.close()
        #expect(try scratch.filesContaining("canary").isEmpty)
        scratch.time.advance(by: .seconds(61))
        store = try self.store()
        #expect(store.reasoning.isEmpty)
        store.reasoning.keep(value(99), for: [key(0)], lifetime: Self.day, persists: false)
        await store.reasoning.load()
        #expect(store.reasoning.figures.entries == 48)
        for number in 0..<50 where number != 0 {
            let found = store.reasoning.value(for: key(2 * number + 1))
            #expect(found == (number == 7 || number == 8 ? nil : value(number)))
        }
        // What came after the start is newer than what is loaded.
        #expect(store.reasoning.value(for: key(0)) == value(99))
        #expect(try await rows(store) == 48)
        try await store.reasoning.erase()
        #expect(try await rows(store) == 0)
        store.close()
    }

    @Test func `the table holds the newest, and other keys or damage open nothing`() async throws {
        let scratch = try #require(scratch)
        var store = try store()
        let small = vault(store) { $0.entries = 20 }
        for number in 0..<100 {
            small.keep(value(number), for: [key(number)], lifetime: Self.day, persists: true)
            small.flush()
        }
        // Writes may still be under way; what is written now comes after them.
        try await store.writer.write { _ in }
        #expect(try await rows(store) == 20)
        store.close()
        try scratch.modify {
            try $0.script(
                """
                UPDATE omni_reasoning SET keys = x'00' WHERE id = (SELECT max(id) FROM omni_reasoning);
                UPDATE omni_reasoning SET keys = (SELECT keys FROM omni_reasoning WHERE id = 90) WHERE id = 91;
                UPDATE omni_reasoning SET value = 'plain' WHERE id = 92;
                """
            )
        }
        store = try self.store()
        await store.reasoning.load()
        #expect(store.reasoning.figures.entries == 17 && store.reasoning.value(for: key(89)) == value(89))
        let page = vault(store) { $0.entries = 5 }
        await page.load()
        #expect(page.figures.entries == 5 && page.value(for: key(98)) == value(98))
        store.close()
    }

    @Test func `many at once are all written`() async throws {
        let store = try store()
        await withTaskGroup(of: Void.self) { tasks in
            for task in 0..<4 {
                tasks.addTask {
                    for number in 0..<200 {
                        let number = 1_000 * task + number
                        store.reasoning.keep(value(number), for: [key(number)], lifetime: Self.day, persists: true)
                    }
                }
            }
        }
        #expect(store.reasoning.figures.entries == 800)
        store.close()
        let again = try self.store()
        await again.reasoning.load()
        #expect(again.reasoning.figures.entries == 800)
        again.close()
    }
}
