private import COpenSSL

/// A 32-byte SHA-256 digest or HMAC code, small enough to be a dictionary key without an allocation.
public struct Digest: Sendable, Hashable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The number of bytes of every digest.
    public static let byteCount = 32

    /// Lets `fill` write the 32 bytes.
    init<Failure: Error>(fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void) throws(Failure) {
        var outcome: Result<Void, Failure> = .success(())
        withUnsafeMutableBytes(of: &words) { raw in
            raw.withMemoryRebound(to: UInt8.self) { bytes in
                guard let start = bytes.baseAddress else { return }
                do throws(Failure) { try fill(start) } catch { outcome = .failure(error) }
            }
        }
        try outcome.get()
    }

    /// The digest with exactly these 32 bytes; nil for any other number of them.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// Reads 64 hexadecimal digits.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { withUnsafeBytes(of: words) { Hex.encode($0) } }

    /// The first 16 hexadecimal digits, for names that need not be secure.
    public var shortHex: String { withUnsafeBytes(of: words.0) { Hex.encode($0) } }

    /// Compares in constant time.
    public static func == (left: Digest, right: Digest) -> Bool {
        withUnsafeBytes(of: left.words) { first in
            withUnsafeBytes(of: right.words) { second in
                CRYPTO_memcmp(first.baseAddress, second.baseAddress, byteCount) == 0
            }
        }
    }

    /// Feeds the digest to a hash table.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
