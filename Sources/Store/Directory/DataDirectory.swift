private import CLinux
private import Glibc

/// The directory that holds everything the program keeps, locked against a second instance while this lives.
///
///     let directory = try DataDirectory.open(DataDirectory.location(environment: environment))
///
/// The directory has mode 0700 and every file in it 0600.
package final class DataDirectory: Sendable {
    /// Absolute, without symbolic links.
    package let path: String
    private let lock: Int32

    private init(path: String, lock: Int32) {
        (self.path, self.lock) = (path, lock)
    }

    deinit {
        // The lock belongs to the open file, so it ends here even if a child process copied the descriptor table.
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// Where the data lies: `DATA_DIR`; else `~/.omniroute` if it exists; else `$XDG_CONFIG_HOME/omniroute`; else
    /// `~/.omniroute`.
    package static func location(environment: [String: String]) throws(DataDirectoryError) -> String {
        if let chosen = environment["DATA_DIR"], !chosen.isEmpty {
            return expand(chosen, home: home(environment))
        }
        let home = home(environment)
        let usual = home.map { $0 + "/.omniroute" }
        if let usual, isDirectory(usual) { return usual }
        if let configuration = environment["XDG_CONFIG_HOME"], configuration.hasPrefix("/") {
            return configuration + "/omniroute"
        }
        guard let usual else { throw DataDirectoryError(.noHome, path: "") }
        return usual
    }

    /// Creates the directory if need be and takes its lock.
    ///
    /// Also sets the umask of the process to 077, so that nothing created later is readable for others.
    package static func open(_ requested: String) throws(DataDirectoryError) -> DataDirectory {
        umask(0o077)
        try create(requested)
        let path = try resolve(requested)
        try inspect(path)
        let lock = try takeLock(path)
        return DataDirectory(path: path, lock: lock)
    }

    /// The path of an entry.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    // MARK: - The directory

    private static func create(_ path: String) throws(DataDirectoryError) {
        guard !isDirectory(path) else { return }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try create(String(path[..<slash])) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw DataDirectoryError(errno: errno, path: path) }
        guard isDirectory(path) else { throw DataDirectoryError(.notADirectory, path: path) }
    }

    private static func resolve(_ path: String) throws(DataDirectoryError) -> String {
        guard let resolved = realpath(path, nil) else { throw DataDirectoryError(errno: errno, path: path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func inspect(_ path: String) throws(DataDirectoryError) {
        var information = stat()
        guard stat(path, &information) == 0 else { throw DataDirectoryError(errno: errno, path: path) }
        guard information.st_uid == geteuid() || geteuid() == 0 else {
            throw DataDirectoryError(.wrongOwner, path: path)
        }
        if information.st_mode & 0o077 != 0 { chmod(path, 0o700) }
        guard access(path, R_OK | W_OK | X_OK) == 0 else { throw DataDirectoryError(errno: errno, path: path) }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    // MARK: - The lock

    private static func takeLock(_ directory: String) throws(DataDirectoryError) -> Int32 {
        let path = directory + "/omniroute.lock"
        let descriptor = try PrivateFile.open(path, O_RDWR | O_CREAT)
        guard omni_lock_exclusive(descriptor) == 0 else {
            let number = errno
            let owner = try? PrivateFile.readAll(descriptor, path, limit: 32)
            close(descriptor)
            guard number == EWOULDBLOCK else { throw DataDirectoryError(errno: number, path: path) }
            let text = owner.map { String(decoding: $0, as: UTF8.self) } ?? ""
            let processID = Int(text.prefix { $0.isNumber })
            throw DataDirectoryError(.inUse(processID: processID), path: directory)
        }
        // Only a hint for the message above; a full disk must not keep the program from starting.
        if ftruncate(descriptor, 0) == 0 {
            try? PrivateFile.writeAll(Array("\(getpid())\n".utf8), descriptor, path)
        }
        return descriptor
    }

    // MARK: - Home

    private static func home(_ environment: [String: String]) -> String? {
        if let home = environment["HOME"], home.hasPrefix("/") { return trimmed(home) }
        guard let entry = getpwuid(getuid()), let directory = entry.pointee.pw_dir else { return nil }
        let home = String(cString: directory)
        return home.hasPrefix("/") ? trimmed(home) : nil
    }

    private static func expand(_ path: String, home: String?) -> String {
        if let home, path == "~" || path.hasPrefix("~/") { return trimmed(home + path.dropFirst()) }
        if path.hasPrefix("/") { return trimmed(path) }
        guard let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return trimmed(String(cString: current) + "/" + path)
    }

    private static func trimmed(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return String(path)
    }
}
