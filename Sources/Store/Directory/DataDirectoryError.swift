private import Glibc

/// Why the data directory cannot be used; `description` is meant for the person who starts the program.
package struct DataDirectoryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: Sendable, Equatable {
        /// Another process uses the directory; its number, if it left one.
        case inUse(processID: Int?)
        /// The user may not write there.
        case notWritable
        /// The file system is mounted read-only.
        case readOnlyFileSystem
        /// Something on the path is not a directory.
        case notADirectory
        /// The directory or a file in it belongs to another user.
        case wrongOwner
        /// A file is a symbolic link or no regular file.
        case unsafeEntry
        case diskFull
        /// Neither `DATA_DIR` nor a home directory is known.
        case noHome
        /// Anything else; see `systemError`.
        case failed
    }

    package let code: Code
    package let path: String
    /// `errno` of the failed call, 0 if there was none.
    package let systemError: Int32

    init(_ code: Code, path: String, systemError: Int32 = 0) {
        (self.code, self.path, self.systemError) = (code, path, systemError)
    }

    /// Sorts a failed system call into the kinds above.
    init(errno number: Int32, path: String) {
        let code: Code =
            switch number {
            case EACCES, EPERM: .notWritable
            case EROFS: .readOnlyFileSystem
            case ENOTDIR: .notADirectory
            case ENOSPC, EDQUOT, EFBIG: .diskFull
            case ELOOP: .unsafeEntry
            default: .failed
            }
        self.init(code, path: path, systemError: number)
    }

    package var description: String {
        switch code {
        case .inUse(let processID):
            "another OmniRoute\(processID.map { " (process \($0))" } ?? "") already uses the data directory \(path);"
                + " stop it, or set DATA_DIR to another directory"
        case .notWritable:
            "\(path) cannot be written by this user; change its permissions, or set DATA_DIR to another directory"
        case .readOnlyFileSystem:
            "\(path) is on a read-only file system; set DATA_DIR to a directory that can be written"
        case .notADirectory:
            "\(path) cannot be the data directory because something on its path is a file; set DATA_DIR"
        case .wrongOwner:
            "\(path) belongs to another user; give it to this one (chown) or set DATA_DIR to another directory"
        case .unsafeEntry:
            "\(path) is not a regular file of its own (a symbolic link?); move it away and start again"
        case .diskFull: "there is no room left for \(path); free some space"
        case .noHome: "no home directory is known; set DATA_DIR to the directory to keep data in"
        case .failed: "\(path) cannot be used: \(String(cString: strerror(systemError)))"
        }
    }
}
