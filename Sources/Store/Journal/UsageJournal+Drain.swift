import LogCore
import SQLiteStore
import Synchronization

extension UsageJournal {
    private static let chunk = 1 << 20

    /// Moves everything from the files into the database.
    ///
    /// For one thread at a time.
    ///
    /// - Parameters:
    ///   - writer: Commits the rows.
    ///   - dying: Called between the steps; a test throws here to play a crash.
    /// - Throws: When the database or a file refuses; nothing is lost, the next call goes on.
    func drain(into writer: DatabaseWriter, dying: (Step) throws -> Void = { _ in }) throws {
        try drain(dying: dying) { batch in
            try writer.writeAndWait { try UsageRows(database: $0).insert(batch) }
        }
    }

    /// The same on the connection at hand, before the writer has its thread.
    func drain(into database: Database) throws {
        try drain(dying: { _ in }) { batch in
            try database.transaction { try UsageRows(database: database).insert(batch) }
        }
    }

    private typealias Insert = (UsageBatch) throws -> [UsageBatch.Refusal]

    private func drain(dying: (Step) throws -> Void, insert: Insert) throws {
        // Left over from a crash or from a failure of the database.
        try emptyOther(dying: dying, insert: insert)
        flushOverflow()
        let hasMore = state.withLock { state in
            guard state.active.size > 0, state.other.size == 0 else { return false }
            swap(&state.active, &state.other)
            return true
        }
        guard hasMore else { return }
        try dying(.exchanged)
        try emptyOther(dying: dying, insert: insert)
    }

    /// Writes the records of the inactive file into the database, then empties it.
    private func emptyOther(dying: (Step) throws -> Void, insert: Insert) throws {
        // Nobody else touches this file until its size is 0 again.
        var file = state.withLock { $0.other }
        guard file.size > 0 else { return }
        var offset = 0
        var refused: [UInt8] = []
        while offset < file.size {
            let wanted = min(Self.chunk, file.size - offset)
            let bytes = try file.read(at: offset, count: wanted)
            let isLast = bytes.count < wanted || offset + wanted == file.size
            let scan = JournalFrame.scan(bytes, isEnd: isLast)
            let entries = scan.payloads.compactMap { JournalEntry($0, of: bytes) }
            let isTorn = isLast && scan.rest < bytes.count
            try commit(entries, of: bytes, refused: &refused, dying: dying, insert: insert)
            noteDamages(scan.damages + scan.payloads.count - entries.count + (isTorn ? 1 : 0))
            if isLast { break }
            offset += scan.rest
        }
        try keep(refused)
        try dying(.beforeTruncation)
        // Outside the lock, for the file system may take its time to free a large file.
        guard file.clear() else { throw SQLiteError(.inputOutput, "the usage journal cannot be emptied") }
        state.withLock { $0.other = file }
        try dying(.truncated)
    }

    private func commit(
        _ entries: [JournalEntry],
        of bytes: [UInt8],
        refused: inout [UInt8],
        dying: (Step) throws -> Void,
        insert: Insert
    ) throws {
        var start = 0
        while start < entries.count {
            let end = min(start + limits.batch, entries.count)
            let refusals = try insert(UsageBatch(bytes: bytes, entries: Array(entries[start..<end])))
            setAside(refusals, of: bytes, in: &refused)
            state.withLock { $0.counters.drained += end - start - refusals.count }
            start = end
            try dying(.batchCommitted)
        }
    }

    private func noteDamages(_ count: Int) {
        guard count > 0 else { return }
        state.withLock { $0.counters.damaged += count }
        log.warn("damaged usage records were skipped", .int("records", count))
    }

    /// Gathers records that the database refused, frames and all.
    private func setAside(_ refusals: [UsageBatch.Refusal], of bytes: [UInt8], in refused: inout [UInt8]) {
        guard !refusals.isEmpty else { return }
        state.withLock { $0.counters.damaged += refusals.count }
        for refusal in refusals {
            let payload = refusal.entry.payload
            refused.append(contentsOf: bytes[payload.lowerBound - JournalFrame.headerCount..<payload.upperBound])
        }
        for refusal in refusals.prefix(10) {
            let entry = refusal.entry
            log.error(
                "a usage record is refused by the database",
                .string("reason", "\(refusal.reason)"),
                .string("request", bytes.withUnsafeBytes { entry.string(.requestID, in: $0) } ?? ""),
                .string("model", bytes.withUnsafeBytes { entry.string(.model, in: $0) } ?? ""),
                .int("promptTokens", entry.promptTokens ?? 0),
                .int("completionTokens", entry.output ?? 0),
                .double("costUSD", entry.costUSD ?? 0)
            )
        }
        log.error("usage records are set aside", .int("records", refusals.count))
    }

    /// Keeps refused records in a file of their own, which the next start tries again, before the journal forgets them.
    ///
    /// - Throws: When the disk does not take them now. A file that is full takes no more: what the database refuses for
    ///   good must not keep the journal from being emptied.
    private func keep(_ refused: [UInt8]) throws {
        guard !refused.isEmpty else { return }
        var file = try JournalFile.open(refusedPath)
        defer { file.close() }
        guard file.size + refused.count <= limits.fileBytes else {
            return log.error("refused usage records are lost: their file is full", .int("bytes", refused.count))
        }
        guard refused.withUnsafeBytes({ file.append($0) }) == nil else {
            throw SQLiteError(.inputOutput, "refused usage records cannot be kept")
        }
    }

    /// Brings records from memory into the file once the disk takes them again.
    private func flushOverflow() {
        state.withLock { state in
            guard !state.overflow.isEmpty, state.active.size + state.overflow.count <= limits.fileBytes else { return }
            guard state.overflow.withUnsafeBytes({ state.active.append($0) }) == nil else { return }
            state.overflow = []
            state.overflowCount = 0
            noteOverflow(of: state)
        }
    }
}
