import SQLiteStore
import TimeCore

/// Records that go into the database in one transaction, and the piece of the journal they are in.
struct UsageBatch: Sendable {
    let bytes: [UInt8]
    let entries: [JournalEntry]

    /// A record the database does not take.
    struct Refusal: Sendable {
        let entry: JournalEntry
        let reason: SQLiteError
    }
}

/// A batch as a table that statements read; see `UsageRows` for them.
final class LentUsage: LentRows {
    /// The columns behind those of `JournalEntry.Text`.
    private enum Column: Int, CaseIterable {
        case timestamp, status, statusText, latency, ttft, prompt, output, cacheRead, cacheWrite, reasoning, cost
        case estimated, success, stream, isLogged, isCounted

        var index: Int { JournalEntry.Text.allCases.count + rawValue }
    }

    static let table: StaticString = "omni_lent_usage"
    static let columns = JournalEntry.Text.allCases.map { "\($0)" } + Column.allCases.map { "\($0)" }

    private let entries: [JournalEntry]
    private let bytes: UnsafeRawBufferPointer
    /// Texts that are not in the piece: the time of the present row, and behind it its status.
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 48, alignment: 8)
    private static let timeLength = 24

    /// Whoever uses it keeps `bytes`, the batch's, in place meanwhile.
    init(_ batch: UsageBatch, _ bytes: UnsafeRawBufferPointer) {
        (entries, self.bytes) = (batch.entries, bytes)
    }

    deinit { scratch.deallocate() }

    func fill(_ cells: LentCells, row: Int) {
        let entry = entries[row]
        for text in 0..<JournalEntry.textCount {
            cells.set(text, text: entry.range(at: text).map { UnsafeRawBufferPointer(rebasing: bytes[$0]) })
        }
        cells.set(Column.timestamp.index, text: time(entry.timestamp))
        cells.set(Column.status.index, entry.status)
        cells.set(Column.statusText.index, text: decimal(entry.status))
        cells.set(Column.latency.index, entry.latencyMs)
        cells.set(Column.ttft.index, entry.ttftMs)
        cells.set(Column.prompt.index, entry.promptTokens)
        cells.set(Column.output.index, entry.output)
        cells.set(Column.cacheRead.index, entry.cacheRead)
        cells.set(Column.cacheWrite.index, entry.cacheWrite)
        cells.set(Column.reasoning.index, entry.reasoning)
        cells.set(Column.cost.index, entry.costUSD)
        cells.set(Column.estimated.index, entry.estimated)
        cells.set(Column.success.index, entry.success)
        cells.set(Column.stream.index, entry.stream)
        cells.set(Column.isLogged.index, entry.isLogged)
        cells.set(Column.isCounted.index, entry.isCounted)
    }

    private func time(_ time: WallTime) -> UnsafeRawBufferPointer {
        scratch.storeBytes(of: time.iso8601Bytes, as: [24 of UInt8].self)
        return UnsafeRawBufferPointer(rebasing: scratch[..<Self.timeLength])
    }

    /// Written from the end of the scratch space forwards, which has room for every 64-bit number.
    private func decimal(_ number: Int) -> UnsafeRawBufferPointer {
        var (rest, start) = (number.magnitude, scratch.count)
        repeat {
            start -= 1
            scratch[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        return UnsafeRawBufferPointer(rebasing: scratch[start...])
    }
}
