private import COpenSSL
import Synchronization

/// Message authentication with HMAC-SHA256 (RFC 2104) under one key that is prepared once.
///
///     let mac = try HMACSHA256(key: secret)
///     let code = mac.code(for: "message".utf8)
public final class HMACSHA256: Sendable {
    /// The prepared key schedule of OpenSSL; Sendable because it is reached through the lock only.
    private struct Context: ~Copyable, @unchecked Sendable {
        let pointer: OpaquePointer

        deinit { EVP_MAC_CTX_free(pointer) }
    }

    /// A context and its lock.
    private final class Slot: Sendable {
        let context: Mutex<Context>

        init(key: Secret) throws(CryptoError) {
            let pointer = key.withBytes { bytes in
                bytes.withBytes { start, count in omni_openssl_hmac_sha256_new(start, count) }
            }
            guard let pointer else { throw .fromOpenSSL() }
            context = Mutex(Context(pointer: pointer))
        }
    }

    /// Several, because every event loop computes a code for every request.
    private let slots: [Slot]

    /// Prepares the key, which may have any length but should have at least 32 random bytes.
    public init(key: Secret) throws(CryptoError) {
        slots = [try Slot(key: key), try Slot(key: key), try Slot(key: key), try Slot(key: key)]
    }

    /// The code of one message.
    ///
    /// Safe to call from any thread; a lock is held for the computation only.
    public func code(for message: some Collection<UInt8>) -> Digest {
        message.withBytes { start, count in
            Digest { out in
                let done = withContext { omni_openssl_hmac_sha256($0, start, count, out) }
                precondition(done == 1, "a prepared HMAC key accepts every message")
            }
        }
    }

    /// Lends the first context that is free; waits only when all of them are busy.
    private func withContext(_ body: (OpaquePointer) -> Int32) -> Int32 {
        for slot in slots {
            if let result = slot.context.withLockIfAvailable({ body($0.pointer) }) { return result }
        }
        return slots[0].context.withLock { body($0.pointer) }
    }

    /// True when `code` is the code of `message`; takes the same time either way.
    public func isValid(_ code: some Collection<UInt8>, for message: some Collection<UInt8>) -> Bool {
        guard let digest = Digest(bytes: code) else { return false }
        return digest == self.code(for: message)
    }
}
