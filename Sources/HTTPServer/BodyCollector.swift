private import CLinux
private import Glibc

/// Gathers a request's body: in memory up to a threshold, in an unlinked file above it.
struct BodyCollector {
    /// Room behind the bytes, so that JSON is parsed without a copy.
    private static let padding = 64

    enum Outcome {
        case taken
        /// The body is above its limit.
        case tooLarge
        /// The file cannot be written; the error number says why.
        case failed(Int32)
    }

    private let limit: Int
    private let threshold: Int
    private let directory: String
    /// What was announced, so that memory is reserved once.
    private let expected: Int?
    private var memory: [UInt8] = []
    private var file: Spool?
    private(set) var count = 0

    /// Closes the file of a body that was never finished.
    private final class Spool {
        var descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    init(limit: Int, threshold: Int, directory: String, expected: Int?) {
        self.limit = limit
        self.threshold = threshold
        self.directory = directory
        self.expected = expected
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard bytes.count <= limit - count else { return .tooLarge }
        count += bytes.count
        if file == nil, count > threshold || (expected ?? 0) > threshold {
            let descriptor = omni_temporary_file(directory)
            guard descriptor >= 0 else { return .failed(errno) }
            file = Spool(descriptor)
            if let failure = memory.withUnsafeBytes({ write($0) }) { return .failed(failure) }
            memory = []
        }
        if file != nil { return write(bytes).map { .failed($0) } ?? .taken }
        if memory.isEmpty { memory.reserveCapacity(max(expected ?? 0, bytes.count) + Self.padding) }
        memory.append(contentsOf: bytes)
        return .taken
    }

    /// The body, once it is complete.
    mutating func finish() -> RequestBody {
        if let file {
            defer { file.descriptor = -1 }
            return .file(TemporaryFile(descriptor: file.descriptor, count: count))
        }
        guard count > 0 else { return .empty }
        memory.reserveCapacity(count + Self.padding)
        defer { memory = [] }
        return .memory(memory)
    }

    /// Writes to the file, nil on success; the page cache takes it, so this waits for the disk only under memory pressure.
    private func write(_ bytes: UnsafeRawBufferPointer) -> Int32? {
        guard let file else { return EBADF }
        var written = 0
        while written < bytes.count {
            let part = Glibc.write(file.descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { return part < 0 ? errno : EIO }
            written += part
        }
        return nil
    }
}
