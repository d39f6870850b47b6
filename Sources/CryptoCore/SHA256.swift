private import COpenSSL

/// The hash function SHA-256 (FIPS 180-4).
public enum SHA256 {
    // Fetched once: looking an algorithm up costs more than hashing a short text. Immutable and shared by design.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    /// The digest of `bytes`.
    public static func hash(_ bytes: some Collection<UInt8>) -> Digest {
        bytes.withBytes(digest)
    }

    /// The digest of an array; written for arrays because the compiler does not specialise across modules, and every request
    /// has one hashed.
    public static func hash(_ bytes: [UInt8]) -> Digest {
        bytes.withBytes(digest)
    }

    private static func digest(_ start: UnsafePointer<UInt8>, _ count: Int) -> Digest {
        Digest { out in
            let done = EVP_Digest(start, count, out, nil, algorithm, nil)
            precondition(done == 1, "SHA-256 needs no input that could be wrong")
        }
    }
}
