import CryptoCore
import SQLiteStore
import TimeCore

/// Rows of `omni_reasoning`: what models thought, encrypted like credentials, because it is part of conversations.
struct ReasoningRecords {
    struct Record: Sendable {
        let keys: [Digest]
        let value: [UInt8]
        let expiry: WallTime
    }

    private static let pageSize = 200

    let database: Database
    let cipher: FieldCipher

    /// Adds records; beyond `limit` rows the oldest go, and some of those whose time is over.
    func insert(_ records: [Record], limit: Int, now: WallTime) throws {
        for record in records {
            let value = try cipher.seal(Secret(record.value), at: location(record.keys))
            try database.execute(
                "INSERT INTO omni_reasoning(keys, value, expires_at) VALUES (?, ?, ?)",
                [.blob(record.keys.flatMap(\.bytes)), .text(value), .integer(record.expiry.milliseconds)]
            )
        }
        try database.execute(
            "DELETE FROM omni_reasoning WHERE id <= (SELECT max(id) FROM omni_reasoning) - ?",
            [.integer(Int64(limit))]
        )
        try database.execute(
            """
            DELETE FROM omni_reasoning WHERE expires_at <= ?
              AND id IN (SELECT id FROM omni_reasoning ORDER BY id LIMIT 500)
            """,
            [.integer(now.milliseconds)]
        )
    }

    func deleteExpired(now: WallTime) throws {
        try database.execute("DELETE FROM omni_reasoning WHERE expires_at <= ?", [.integer(now.milliseconds)])
    }

    func deleteAll() throws {
        try database.execute("DELETE FROM omni_reasoning")
    }

    /// The newest records, newest first, up to so many bytes; what does not open is left out.
    func newest(limits: ReasoningVault.Limits, now: WallTime) throws -> [Record] {
        var records: [Record] = []
        var bytes = 0
        var before = Int64.max
        while records.count < limits.entries, bytes < limits.totalBytes {
            var read = 0
            try database.forEach(
                "SELECT id, keys, value, expires_at FROM omni_reasoning WHERE id < ? ORDER BY id DESC LIMIT ?",
                [.integer(before), .integer(Int64(Self.pageSize))]
            ) { row in
                read += 1
                before = row.int("id").map(Int64.init) ?? before
                guard let record = record(row), now < record.expiry else { return }
                records.append(record)
                bytes += record.value.count
            }
            if read < Self.pageSize { break }
        }
        return records
    }

    private func record(_ row: borrowing Row) -> Record? {
        guard let bytes = row.blob("keys"), let stored = row.text("value"), let expiry = row.int("expires_at") else {
            return nil
        }
        let keys = stride(from: 0, to: bytes.count, by: Digest.byteCount).compactMap { start in
            Digest(bytes: bytes[start..<min(start + Digest.byteCount, bytes.count)])
        }
        guard !keys.isEmpty, case .current(let secret) = cipher.open(stored, at: location(keys)) else { return nil }
        let value = secret.withBytes { Array($0) }
        return Record(keys: keys, value: value, expiry: WallTime(milliseconds: Int64(expiry)))
    }

    private func location(_ keys: [Digest]) -> FieldLocation {
        FieldLocation(table: "omni_reasoning", column: "value", row: keys.map(\.hex).joined(separator: "+"))
    }
}
