private import Glibc

/// A request's body.
public enum RequestBody: Sendable {
    /// Nothing.
    case empty
    /// Bytes in memory; the array has room for 64 more, so that JSON is parsed in place.
    case memory([UInt8])
    /// Bytes in a file without a name.
    case file(TemporaryFile)

    /// Size in bytes.
    public var count: Int {
        switch self {
        case .empty: 0
        case .memory(let bytes): bytes.count
        case .file(let file): file.count
        }
    }

    /// The body in memory, read from its file if need be.
    ///
    /// - Throws: `BodyError.tooLarge` above the limit, `BodyError.unreadable` when the file cannot be read.
    public func bytes(limit: Int) throws(BodyError) -> [UInt8] {
        guard count <= limit else { throw .tooLarge }
        switch self {
        case .empty: return []
        case .memory(let bytes): return bytes
        case .file(let file): return try file.read(at: 0, count: file.count)
        }
    }
}

/// Why a body cannot be had in memory.
public enum BodyError: Error, Sendable, Equatable {
    /// It is above the caller's limit.
    case tooLarge
    /// Its file could not be read; the error number says why.
    case unreadable(Int32)
}

/// A file without a name; it is gone when the last reference is.
public final class TemporaryFile: Sendable {
    /// The open file, for calls that take one; it stays open as long as this object lives.
    public let descriptor: Int32
    /// Size in bytes.
    public let count: Int

    /// Takes over an open file that has been written.
    init(descriptor: Int32, count: Int) {
        self.descriptor = descriptor
        self.count = count
    }

    deinit {
        close(descriptor)
    }

    /// Reads a part; shorter than asked for at the end of the file.
    public func read(at offset: Int, count wanted: Int) throws(BodyError) -> [UInt8] {
        let length = max(0, min(wanted, count - offset))
        var failure: Int32 = 0
        // Room behind the end, as for bodies in memory.
        var bytes = [UInt8](unsafeUninitializedCapacity: length + 64) { buffer, filled in
            while filled < length {
                let part = pread(descriptor, buffer.baseAddress.map { $0 + filled }, length - filled, offset + filled)
                if part < 0, errno == EINTR { continue }
                guard part > 0 else {
                    failure = part < 0 ? errno : EIO
                    return
                }
                filled += part
            }
        }
        guard failure == 0 else {
            bytes = []
            throw .unreadable(failure)
        }
        return bytes
    }
}
