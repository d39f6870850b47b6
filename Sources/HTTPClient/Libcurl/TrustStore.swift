private import CLinux
private import Glibc

/// The file of certificates a client trusts.
///
/// libcurl caches a parsed bundle across connections only when it comes from one file and no directory (parsing Debian's
/// takes some 15 ms each time), so additional certificates are joined with the bundle in a file in memory.
struct TrustStore: ~Copyable {
    /// What libcurl is given; nil for its built-in default.
    let path: String?
    private let descriptor: Int32

    init(_ configuration: ClientConfiguration) throws(TransferError) {
        guard !configuration.additionalCertificates.isEmpty else {
            path = configuration.certificateBundle
            descriptor = -1
            return
        }
        let base = configuration.certificateBundle ?? CurlLibrary.defaultCertificateBundle
        descriptor = omni_memory_file("certificates")
        path = "/proc/self/fd/\(descriptor)"
        var isComplete = descriptor >= 0
        if let base { isComplete = isComplete && Self.copy(base, to: descriptor) }
        isComplete = isComplete && Self.write([0x0A] + configuration.additionalCertificates, to: descriptor)
        guard isComplete else {
            throw TransferError(.internal, host: "", diagnostic: "the certificates could not be read")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    private static func copy(_ path: String, to target: Int32) -> Bool {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { return false }
        defer { close(source) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { return count == 0 }
            guard write(Array(buffer[..<count]), to: target) else { return false }
        }
    }

    private static func write(_ bytes: [UInt8], to target: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
