package import CryptoCore
import LogCore
import SQLiteStore
import Synchronization
import TimeCore

/// Keeps the reasoning of answers: in memory, where requests find it without waiting, and in the database, where it
/// outlives the process.
///
/// What it keeps is opaque here. Values come into memory at the start by `load`; nothing is read from the database later.
package final class ReasoningVault: Sendable {
    package struct Limits: Sendable {
        /// Values in memory, and as many in the database; the ones used longest ago, or the oldest, give way.
        package var entries = 10_000
        /// Longest value that is kept.
        package var entryBytes = 128 << 10
        /// All values in memory together.
        package var totalBytes = 64 << 20
        /// Values that wait to be written; when the disk is slower than that, further ones stay in memory only.
        package var waiting = 1_000

        package init() {}
    }

    /// How much is kept, and how much was since the start.
    package struct Figures: Sendable, Equatable {
        package var entries = 0
        package var bytes = 0
        package var remembered = 0
        package var recalled = 0
    }

    private struct Waiting {
        var records: [ReasoningRecords.Record] = []
        var isWriting = false
    }

    private let limits: Limits
    private let shelf: Mutex<ReasoningShelf>
    private let waiting = Mutex(Waiting())
    private let remembered = Atomic(0)
    private let recalled = Atomic(0)
    private let writer: DatabaseWriter
    private let readers: DatabaseReaders
    private let context: StoreContext

    init(writer: DatabaseWriter, readers: DatabaseReaders, context: StoreContext, limits: Limits = Limits()) {
        (self.writer, self.readers, self.context, self.limits) = (writer, readers, context, limits)
        shelf = Mutex(ReasoningShelf(limits: limits))
    }

    package var isEmpty: Bool { shelf.withLock { $0.count == 0 } }

    package var figures: Figures {
        let (entries, bytes) = shelf.withLock { ($0.count, $0.byteCount) }
        return Figures(
            entries: entries,
            bytes: bytes,
            remembered: remembered.load(ordering: .relaxed),
            recalled: recalled.load(ordering: .relaxed)
        )
    }

    package func value(for key: Digest) -> [UInt8]? {
        let now = context.time.wall()
        guard let value = shelf.withLock({ $0.value(for: key, at: now) }) else { return nil }
        recalled.add(1, ordering: .relaxed)
        return value
    }

    /// Keeps a value under its keys, replacing what was there.
    ///
    /// Returns at once; what `persists` is written by the database's writer afterwards.
    package func keep(_ value: [UInt8], for keys: [Digest], lifetime: Duration, persists: Bool) {
        guard !keys.isEmpty, value.count <= limits.entryBytes, lifetime > .zero else { return }
        let expiry = context.time.wall().advanced(by: lifetime)
        shelf.withLock { $0.keep(value, for: keys, until: expiry) }
        remembered.add(1, ordering: .relaxed)
        guard persists else { return }
        let starts = waiting.withLock { waiting in
            guard waiting.records.count < limits.waiting else { return false }
            waiting.records.append(ReasoningRecords.Record(keys: keys, value: value, expiry: expiry))
            defer { waiting.isWriting = true }
            return !waiting.isWriting
        }
        if starts { writeNext() }
    }

    // MARK: - Database

    /// Reads what an earlier process kept.
    package func load() async {
        let (context, limits, now) = (context, limits, context.time.wall())
        do {
            let records = try await readers.read { database in
                try ReasoningRecords(database: database, cipher: context.cipher).newest(limits: limits, now: now)
            }
            shelf.withLock { shelf in
                // What has come since the start is newer.
                for record in records.reversed() where !record.keys.contains(where: { shelf.holds($0) }) {
                    shelf.keep(record.value, for: record.keys, until: record.expiry)
                }
            }
            try await writer.write { database in
                try ReasoningRecords(database: database, cipher: context.cipher).deleteExpired(now: now)
            }
        } catch {
            context.log.warn("reasoning of the last run could not be read", .string("error", "\(error)"))
        }
    }

    /// Deletes what the database holds, for operators who no longer want it there.
    package func erase() async throws {
        let cipher = context.cipher
        try await writer.write { try ReasoningRecords(database: $0, cipher: cipher).deleteAll() }
    }

    /// Writes what waits; before the writer is closed.
    func flush() {
        let records = takeWaiting()
        guard !records.isEmpty else { return }
        do {
            try writer.writeAndWait(job(records))
        } catch {
            note(error)
        }
    }

    /// One job at a time, with all that has come meanwhile.
    private func writeNext() {
        let records = takeWaiting()
        guard !records.isEmpty else { return }
        writer.enqueue(job(records)) { [weak self] result in
            if case .failure(let error) = result { self?.note(error) }
            self?.writeNext()
        }
    }

    private func takeWaiting() -> [ReasoningRecords.Record] {
        waiting.withLock { waiting in
            defer { waiting.records = [] }
            if waiting.records.isEmpty { waiting.isWriting = false }
            return waiting.records
        }
    }

    private func job(_ records: [ReasoningRecords.Record]) -> @Sendable (Database) throws -> Void {
        let (context, limit) = (context, limits.entries)
        return { database in
            try ReasoningRecords(database: database, cipher: context.cipher)
                .insert(records, limit: limit, now: context.time.wall())
        }
    }

    private func note(_ error: any Error) {
        context.log.warn("reasoning is kept in memory only", .string("error", "\(error)"))
    }
}
