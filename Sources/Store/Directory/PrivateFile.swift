private import Glibc

/// Files that only this user may read, written so that a crash leaves either the old content or the new one.
enum PrivateFile {
    /// Opens a file without following a symbolic link, and makes sure it is ours alone.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - flags: As for `open(2)`; a new file gets mode 0600.
    /// - Returns: The descriptor.
    /// - Throws: `unsafeEntry` for anything but a regular file, `wrongOwner` for another user's.
    static func open(_ path: String, _ flags: Int32) throws(DataDirectoryError) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw DataDirectoryError(errno: errno, path: path) }
        do throws(DataDirectoryError) {
            try inspect(descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func inspect(_ descriptor: Int32, _ path: String) throws(DataDirectoryError) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw DataDirectoryError(errno: errno, path: path) }
        guard information.st_mode & S_IFMT == S_IFREG else { throw DataDirectoryError(.unsafeEntry, path: path) }
        // root may look after the files of the user it runs for, for example a mounted volume of a container.
        guard information.st_uid == geteuid() || geteuid() == 0 else {
            throw DataDirectoryError(.wrongOwner, path: path)
        }
        if information.st_mode & 0o077 != 0 { fchmod(descriptor, 0o600) }
    }

    /// The content of a small file; nil when there is none.
    static func read(_ path: String, limit: Int = 1 << 20) throws(DataDirectoryError) -> [UInt8]? {
        let descriptor: Int32
        do {
            descriptor = try open(path, O_RDONLY)
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return nil
        }
        defer { close(descriptor) }
        return try readAll(descriptor, path, limit: limit)
    }

    /// The content of a small file of the system.
    static func readPublic(_ path: String, limit: Int) throws(DataDirectoryError) -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DataDirectoryError(errno: errno, path: path) }
        defer { close(descriptor) }
        return try readAll(descriptor, path, limit: limit)
    }

    static func readAll(_ descriptor: Int32, _ path: String, limit: Int) throws(DataDirectoryError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw DataDirectoryError(errno: errno, path: path) }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    /// Replaces a file: the content is on the disk under the final name when this returns.
    static func write(_ bytes: [UInt8], to path: String) throws(DataDirectoryError) {
        let temporary = path + ".new"
        // A leftover of a crash; never written to, so that nobody who holds it open sees the content.
        unlink(temporary)
        let descriptor = try open(temporary, O_WRONLY | O_CREAT | O_EXCL)
        do throws(DataDirectoryError) {
            defer { close(descriptor) }
            try writeAll(bytes, descriptor, path)
            guard fsync(descriptor) == 0 else { throw DataDirectoryError(errno: errno, path: path) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let number = errno
            unlink(temporary)
            throw DataDirectoryError(errno: number, path: path)
        }
        syncDirectory(of: path)
    }

    static func writeAll(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws(DataDirectoryError) {
        var position = 0
        while position < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + position }, buffer.count - position)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw DataDirectoryError(errno: count < 0 ? errno : ENOSPC, path: path) }
            position += count
        }
    }

    /// Deletes a file if it is there.
    static func remove(_ path: String) {
        if unlink(path) == 0 { syncDirectory(of: path) }
    }

    /// Makes a rename or a deletion survive a power cut; best effort, because some file systems refuse it.
    static func syncDirectory(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = path[..<slash].isEmpty ? "/" : String(path[..<slash])
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
