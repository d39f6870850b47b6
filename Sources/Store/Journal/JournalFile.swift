private import Glibc

/// One file of the journal, open for appending and reading.
struct JournalFile: Sendable {
    let path: String
    let descriptor: Int32
    /// Bytes in the file as far as we know; the file may be longer by a torn record.
    var size: Int

    static func open(_ path: String) throws(DataDirectoryError) -> JournalFile {
        let descriptor = try PrivateFile.open(path, O_RDWR | O_CREAT | O_APPEND)
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw DataDirectoryError(errno: number, path: path)
        }
        return JournalFile(path: path, descriptor: descriptor, size: Int(information.st_size))
    }

    /// Appends with one system call: all of `bytes`, or nothing and an `errno`.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int32? {
        var written: Int
        repeat { written = Glibc.write(descriptor, bytes.baseAddress, bytes.count) } while written < 0 && errno == EINTR
        if written == bytes.count {
            size += written
            return nil
        }
        let number = written < 0 ? errno : ENOSPC
        // Part of a record went in before the disk was full. If it cannot be cut off, the reader skips it.
        if written > 0, ftruncate(descriptor, off_t(size)) != 0 { size += written }
        return number
    }

    /// Forgets the content; false when the file system refuses.
    mutating func clear() -> Bool {
        guard ftruncate(descriptor, 0) == 0 else { return false }
        size = 0
        return true
    }

    /// A piece of the file; shorter at its end.
    func read(at offset: Int, count: Int) throws(DataDirectoryError) -> [UInt8] {
        var failure: Int32?
        // Not zeroed first: that would cost more than all the reading.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let room = UnsafeMutableRawBufferPointer(buffer)
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled..<count])
                let step = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
                if step < 0, errno == EINTR { continue }
                if step < 0 { failure = errno }
                if step <= 0 { break }
                filled += step
            }
        }
        if let failure { throw DataDirectoryError(errno: failure, path: path) }
        return bytes
    }

    func close() { Glibc.close(descriptor) }
}
