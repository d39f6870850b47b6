private import Glibc
import SQLiteStore
import TimeCore

/// Copies of the database in `DATA_DIR/db_backups`, the latest seven of them.
struct Backups {
    let directory: DataDirectory
    static let folder = "db_backups"
    private static let kept = 7

    /// Copies the database, checks the copy and deletes the oldest ones beyond seven.
    ///
    /// - Returns: The path of the copy, which is complete: it got its name only after the check.
    func make(_ database: Database, reason: String, _ time: any TimeSource) throws -> String {
        let folder = directory.file(Self.folder)
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw DataDirectoryError(errno: errno, path: folder)
        }
        let stamp = String(time.wall().iso8601.map { $0 == ":" || $0 == "." ? "-" : $0 })
        let path = "\(folder)/db_\(stamp)_\(reason).sqlite"
        let temporary = path + ".new"
        PrivateFile.remove(temporary)
        do {
            try database.backup(to: temporary)
            try check(temporary)
        } catch {
            PrivateFile.remove(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else { throw DataDirectoryError(errno: errno, path: path) }
        PrivateFile.syncDirectory(of: path)
        deleteOldest(folder)
        return path
    }

    private func check(_ path: String) throws {
        let finding = try Database.open(path, .readWrite).quickCheck()
        if let finding { throw SQLiteError(.corrupt, "the backup is damaged: \(finding)") }
        // The copy is not written to again; its log files were emptied when the connection closed.
        PrivateFile.remove(path + "-wal")
        PrivateFile.remove(path + "-shm")
    }

    /// When the newest copy was made.
    var newest: WallTime? {
        names(directory.file(Self.folder)).last.flatMap { name in
            // db_2026-01-31T12-00-00-000Z_reason.sqlite
            let stamp = Array(name.dropFirst(3).prefix(24))
            guard stamp.count == 24 else { return nil }
            return WallTime(iso8601: String(stamp[..<13] + ":" + stamp[14..<16] + ":" + stamp[17..<19] + "Z"))
        }
    }

    private func deleteOldest(_ folder: String) {
        for name in names(folder).dropLast(Self.kept) { PrivateFile.remove("\(folder)/\(name)") }
    }

    /// The copies, oldest first: their names begin with the time.
    private func names(_ folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("db_"), name.hasSuffix(".sqlite") { names.append(name) }
        }
        return names.sorted()
    }
}
