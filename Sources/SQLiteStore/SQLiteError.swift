private import CSQLite
private import Glibc

/// Why a database operation failed.
public struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure a caller can act on.
    public enum Code: Sendable, Equatable {
        /// Another process holds the database.
        case busy
        /// The file system, a quota or a limit of the process leaves no room.
        case diskFull
        /// The file or its directory may not be written.
        case readOnly
        /// The file cannot be opened or created.
        case cannotOpen
        /// The file is damaged.
        case corrupt
        /// The file is something else than a database.
        case notADatabase
        /// A rule of the schema would be broken: a duplicate, a missing reference, a missing value.
        case constraint
        /// A query ran longer than it may, or was stopped.
        case interrupted
        /// The device or the file system failed.
        case inputOutput
        /// A statement is wrong; a mistake in the program or an unexpected schema.
        case statement
        /// A commit failed earlier, so that nothing written since is certain; the program must be restarted.
        case poisoned
        /// The database was closed, or too much is waiting for it.
        case unavailable
    }

    /// What went wrong.
    public let code: Code
    /// SQLite's extended result code; 0 when the failure is not SQLite's.
    public let extendedCode: Int32
    /// `errno` of the failed system call; 0 when there was none.
    public let systemError: Int32
    /// SQLite's own words, which name tables and columns but never values.
    public let message: String

    /// A failure that did not come out of SQLite.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.extendedCode = 0
        self.systemError = 0
        self.message = message
    }

    init(extendedCode: Int32, systemError: Int32, message: String) {
        self.code = Self.code(extendedCode, systemError: systemError)
        self.extendedCode = extendedCode
        self.systemError = systemError
        self.message = message
    }

    /// True for a broken UNIQUE or PRIMARY KEY rule.
    public var isDuplicate: Bool {
        // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID are macros with arithmetic, which Swift does not import.
        extendedCode & 0xFF == SQLITE_CONSTRAINT && [6, 8, 10].contains(extendedCode >> 8)
    }

    /// True when data may have been lost on the way to the disk, so that going on would be guessing.
    var losesTrust: Bool { code == .inputOutput || code == .corrupt || code == .notADatabase }

    /// What was wrong and what to do about it.
    public var description: String {
        switch code {
        case .busy: "the database is locked by another process; stop the other instance"
        case .diskFull: "the disk is full (or a quota or file size limit is reached); free some space"
        case .readOnly: "the database may not be written; check the permissions of the data directory"
        case .cannotOpen: "the database cannot be opened (\(detail))"
        case .corrupt: "the database is damaged (\(detail)); restore a backup"
        case .notADatabase: "the file is not a database, or it is encrypted by another program"
        case .constraint: "the change breaks a rule of the database (\(message))"
        case .interrupted: "the query took too long and was stopped"
        case .inputOutput: "reading or writing the database failed (\(detail))"
        case .statement: "a database statement failed (\(message))"
        case .poisoned: "an earlier write to the disk failed (\(message)); nothing is written until a restart"
        case .unavailable: message
        }
    }

    private var detail: String {
        guard systemError != 0 else { return message }
        return "\(message): \(String(cString: strerror(systemError)))"
    }

    private static func code(_ extendedCode: Int32, systemError: Int32) -> Code {
        switch extendedCode & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
        case SQLITE_FULL: .diskFull
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_CORRUPT: .corrupt
        case SQLITE_NOTADB: .notADatabase
        case SQLITE_CONSTRAINT: .constraint
        case SQLITE_INTERRUPT: .interrupted
        case SQLITE_IOERR: isLackOfRoom(extendedCode, systemError) ? .diskFull : .inputOutput
        case SQLITE_NOMEM: .unavailable
        default: .statement
        }
    }

    /// A quota or a file size limit surfaces as a plain write error; nothing was lost, there is only no room.
    ///
    /// A failed `fsync` is never that harmless, whatever its `errno`.
    private static func isLackOfRoom(_ extendedCode: Int32, _ systemError: Int32) -> Bool {
        // SQLITE_IOERR_WRITE and SQLITE_IOERR_SHMSIZE are macros with arithmetic, which Swift does not import.
        [3, 19].contains(extendedCode >> 8) && [EDQUOT, EFBIG, ENOSPC].contains(systemError)
    }
}
