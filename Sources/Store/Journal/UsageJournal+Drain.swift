import LogCore
import SQLiteStore
import Synchronization

extension UsageJournal {
    private static let chunk = 1 << 20
    private static let batch = 256

    /// Moves everything from the files into the database.
    ///
    /// For one thread at a time.
    ///
    /// - Parameters:
    ///   - writer: Commits the rows.
    ///   - dying: Called between the steps; a test throws here to play a crash.
    /// - Throws: When the database or a file refuses; nothing is lost, the next call goes on.
    func drain(into writer: DatabaseWriter, dying: (Step) throws -> Void = { _ in }) throws {
        try drain(dying: dying) { records in
            try writer.writeAndWait { try UsageRows(database: $0).insert(records) }
        }
    }

    /// The same on the connection at hand, before the writer has its thread.
    func drain(into database: Database) throws {
        try drain(dying: { _ in }) { records in
            try database.transaction { try UsageRows(database: database).insert(records) }
        }
    }

    private func drain(dying: (Step) throws -> Void, insert: ([UsageRecord]) throws -> Void) throws {
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
    private func emptyOther(dying: (Step) throws -> Void, insert: ([UsageRecord]) throws -> Void) throws {
        let file = state.withLock { $0.other }
        guard file.size > 0 else { return }
        var offset = 0
        var carried: [UInt8] = []
        while true {
            let piece = try file.read(at: offset, count: Self.chunk)
            offset += piece.count
            let bytes = carried + piece
            let isLast = piece.count < Self.chunk
            let scan = JournalFrame.scan(bytes, isEnd: isLast)
            let records = scan.payloads.compactMap { UsageRecord(payload: bytes[$0]) }
            let rest = Array(bytes[scan.rest...])
            let damages = scan.damages + scan.payloads.count - records.count + (isLast && !rest.isEmpty ? 1 : 0)
            try commit(records, dying: dying, insert: insert)
            note(drained: records.count, damaged: damages)
            if isLast { break }
            carried = rest
        }
        try dying(.beforeTruncation)
        let isCleared = state.withLock { $0.other.clear() }
        guard isCleared else { throw SQLiteError(.inputOutput, "the usage journal cannot be emptied") }
        try dying(.truncated)
    }

    private func commit(
        _ records: [UsageRecord],
        dying: (Step) throws -> Void,
        insert: ([UsageRecord]) throws -> Void
    ) throws {
        var start = 0
        while start < records.count {
            let end = min(start + Self.batch, records.count)
            try insertTolerantly(Array(records[start..<end]), insert)
            start = end
            try dying(.batchCommitted)
        }
    }

    /// A record the schema of a foreign database refuses must not hold up all others for ever.
    private func insertTolerantly(_ records: [UsageRecord], _ insert: ([UsageRecord]) throws -> Void) throws {
        do {
            try insert(records)
        } catch let error as SQLiteError where error.code == .constraint || error.code == .statement {
            guard records.count > 1 else {
                log.error("a usage record is refused by the database", .string("reason", "\(error)"))
                note(drained: -1, damaged: 1)
                return
            }
            for record in records { try insertTolerantly([record], insert) }
        }
    }

    private func note(drained: Int, damaged: Int) {
        state.withLock { state in
            state.counters.drained += drained
            state.counters.damaged += damaged
        }
        if damaged > 0 { log.warn("damaged usage records were skipped", .int("records", damaged)) }
    }

    /// Brings records from memory into the file once the disk takes them again.
    private func flushOverflow() {
        state.withLock { state in
            guard !state.overflow.isEmpty, state.active.size + state.overflow.count <= limits.fileBytes else { return }
            guard state.active.append(state.overflow) == nil else { return }
            state.overflow = []
            state.overflowCount = 0
        }
    }
}
